"""The control API shows who is who, and what everybody holds of them: read over HTTP, in a running sandbox."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Controlled

pytestmark = pytest.mark.anyio


async def test_everybody_is_listed_in_a_line(controlled: Controlled) -> None:
    """Level, practice, system, and the state of their account, in a word each."""
    people = {one["slug"]: one for one in await controlled.get("/people")}

    assert set(controlled.stage.world.patients) == set(people)
    assert ("P9", "Meadowbank Surgery", "emis", "open", "empty") == tuple(
        people["ada"][name] for name in ("level", "practice_name", "system", "account", "provider")
    )
    assert ("none", "P5") == (people["ben"]["account"], people["ivy"]["level"])


async def test_three_parties_hold_the_same_details_after_a_login(controlled: Controlled) -> None:
    """J1: one fingerprint of details at the practice, at NHS login and at the partner; each has a token of its own."""
    await controlled.log_in("ada")
    ada = await controlled.get("/people/ada")
    (partner,) = ada["partners"]

    assert "held" == ada["provider"]["state"]
    assert {ada["account"]["details"]} == {ada["provider"]["details"], partner["details"]}
    assert {link["application"]: link["token"] for link in ada["account"]["links"]} == {
        "NHS login": ada["provider"]["token"],
        "Partner": partner["token"],
    }
    assert ("store", "sound", True) == (partner["known_from"], partner["mark"], partner["works"])
    assert ["registered", "released"] == [line["event"] for line in ada["provider"]["trail"]]


async def test_a_rotated_key_shows_at_once_at_the_practice_alone(controlled: Controlled) -> None:
    """G1: the tokens do not work any more, and nobody but the practice knows."""
    await controlled.log_in("ada")
    before = await controlled.get("/people/ada")
    await controlled.post("/events/rotate_linkage_key", {"person": "ada"})
    after = await controlled.get("/people/ada")

    assert before["account"]["details"] != after["account"]["details"]
    assert before["provider"] == after["provider"]
    assert [False] == [one["works"] for one in after["partners"]]
    assert {False} == {link["works"] for link in after["account"]["links"]}


@pytest.mark.parametrize("slug", ["cleo", "kit"])
async def test_tokens_compare_at_every_supplier(controlled: Controlled, slug: str) -> None:
    """Whatever form an adapter keeps a token in, its fingerprint is that of the supplier's own text."""
    await controlled.log_in(slug)
    person = await controlled.get(f"/people/{slug}")
    links = {link["application"]: link["token"] for link in person["account"]["links"]}

    assert links["Partner"] == person["partners"][0]["token"]
    assert links["NHS login"] == person["provider"]["token"]


async def test_no_answer_holds_a_secret(controlled: Controlled) -> None:
    """Neither keys nor tokens nor NHS numbers: not in the list, not of one person, not in the journal."""
    await controlled.log_in("ada")
    world = controlled.stage.world
    account = world.account_of("ada")
    assert account is not None
    secrets = {account.linkage_key, *(link.token for link in account.links.values()), world.patient("ada").number.digits}
    paths = ("/people", "/people/ada", "/messages", "/happenings", "/outbox", "/logins", "/diagram", "/partners", "/sandbox")
    answers = [str(await controlled.get(path)) for path in paths]

    assert [] == [path for path, text in zip(paths, answers, strict=True) if any(secret in text for secret in secrets)]


async def test_an_nhs_number_is_shown_whole_only_where_it_is_asked_for(controlled: Controlled) -> None:
    """All of them are synthetic; masked they are all the same."""
    number = controlled.stage.world.patient("ada").number.digits
    masked = (await controlled.get("/people/ada"))["nhs_number"]

    assert (f"••• ••• {number[-4:]}", number) == (masked, (await controlled.get("/people/ada", reveal=True))["nhs_number"])


async def test_somebody_new_can_log_in_at_once(controlled: Controlled) -> None:
    """J2: with an NHS number that nobody else has, an NHS login account, and no GP online account yet."""
    new = {"slug": "zoe", "given_name": "Zoe", "family_name": "Quill", "birth_date": "1999-09-09", "practice": "A99901"}
    made = await controlled.post("/people", new)
    page = await controlled.log_in("zoe")

    assert made["account"] is None
    assert page.has("connected")
    assert "held" == (await controlled.get("/people/zoe"))["provider"]["state"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"slug": "ada"}, 409),
        ({"practice": "Z00000"}, 404),
        ({"birth_date": "1999-19-09"}, 422),
        ({"slug": "No Slug"}, 400),
        ({"nhs_number": "9990001112"}, 400),
    ],
)
async def test_nobody_is_added_by_half(controlled: Controlled, changed: dict[str, str], status: int) -> None:
    """What cannot be is refused, and nobody is there afterwards."""
    new = {"slug": "zoe", "given_name": "Zoe", "family_name": "Quill", "birth_date": "1999-09-09", "practice": "A99901"}
    before = [one["slug"] for one in await controlled.get("/people")]
    await controlled.ask("POST", "/people", status, json={**new, **changed})

    assert before == [one["slug"] for one in await controlled.get("/people")]
    assert set(before) == set(controlled.stage.world.patients)


async def test_practices_and_systems_are_shown(controlled: Controlled) -> None:
    """Who is where, what the directory knows, and what each system can be asked."""
    await controlled.post("/events/migrate_system", {"practice": "A99901", "system": "TPP"})
    practice = await controlled.get("/practices/A99901")
    systems = {one["name"]: one for one in await controlled.get("/systems")}

    assert ("tpp", "TPP", True) == (practice["system"], practice["listed_as"], practice["live"])
    assert "ada" in practice["patients"]
    assert controlled.stage.addresses.emis == systems["EMIS"]["address"]
    assert {"NHS login", "Partner", "Second partner"} == set(systems["EMIS"]["callers"])


async def test_the_directory_hears_late_of_another_system(controlled: Controlled) -> None:
    """N19: with a lag the mapping still names the old one; once the clock has moved, the new one."""
    await controlled.put("/lags", {"directory": 3600})
    await controlled.post("/events/migrate_system", {"practice": "A99901", "system": "TPP"})
    before = await controlled.get("/practices/A99901")
    await controlled.post("/clock/move", {"seconds": 3600})

    assert ("EMIS", "TPP") == (before["listed_as"], (await controlled.get("/practices/A99901"))["listed_as"])
    assert {"pds": 0, "mns": 0, "ods": 0, "directory": 3600} == await controlled.get("/lags")
