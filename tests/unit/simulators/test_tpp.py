"""TPP on the wire and its codes: `gp-systems.md` §3, §10."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from gpic.simulators.tpp import EntityCoding, NationalIdAs, Relinking
from tests.unit.simulators.town import (
    TPP_PRACTICE,
    UUID_TEXT,
    Town,
    Tpp,
    connected,
    error_of,
    key_of,
    linked,
    root_of,
)

pytestmark = pytest.mark.anyio


async def test_retrieve_shows_account_and_key_and_no_passphrase(town: Town, tpp: Tpp) -> None:
    """§3.7."""
    reply = root_of(await tpp.retrieve(town.settle("cleo", TPP_PRACTICE)))

    assert ["accountId", "passphraseToLink", "root", "uuid"] == sorted(reply)
    assert ("LinkAccountReply", UUID_TEXT) == (reply["root"], reply["uuid"])
    assert (town.world.account_of("cleo").account_id) == reply["accountId"]  # type: ignore[union-attr] # she has one
    assert (town.world.account_of("cleo").linkage_key) == key_of(reply)  # type: ignore[union-attr] # see above


async def test_retrieve_without_an_account_is_blank(town: Town, tpp: Tpp) -> None:
    """§3.2: patient found, no online account."""
    reply = root_of(await tpp.retrieve(town.settle("dan", TPP_PRACTICE, account=False)))

    assert ("", "") == (reply["accountId"], reply["passphraseToLink"])


async def test_create_yields_account_key_and_passphrase(town: Town, tpp: Tpp) -> None:
    """§3.2: the passphrase opens sessions at once."""
    dan = town.settle("dan", TPP_PRACTICE, account=False)
    created = root_of(await tpp.create(dan))

    retrieved = root_of(await tpp.retrieve(dan))
    session = await tpp.authenticate(created["accountId"], created["passphrase"])

    assert (created["accountId"], key_of(created)) == (retrieved["accountId"], key_of(retrieved))
    assert "AuthenticateReply" == root_of(session)["root"]


async def test_creating_twice_leaves_one_account(town: Town, tpp: Tpp) -> None:
    """An account that exists is answered with itself."""
    dan = town.settle("dan", TPP_PRACTICE, account=False)

    first, second = root_of(await tpp.create(dan)), root_of(await tpp.create(dan))

    assert (first["accountId"], key_of(first)) == (second["accountId"], key_of(second))
    assert first["passphrase"] != second["passphrase"]


async def test_a_session_id_is_the_header_suid(town: Town, tpp: Tpp) -> None:
    """§3.3: and the body shows the NHS number."""
    account_id, passphrase = await connected(town, tpp)
    response = await tpp.authenticate(account_id, passphrase)
    root = etree.fromstring(response.content)

    assert 200 == response.status_code
    assert response.headers["suid"]
    assert root.get("onlineUserId") == root.find("User/Person").get("patientId")  # type: ignore[union-attr] # it is there
    assert town.world.patient("cleo").number.digits == root.findtext("User/Person/NationalId")
    assert b"errorCode=" not in response.content


async def test_the_nhs_number_may_be_an_attribute(town: Town, tpp: Tpp) -> None:
    """§11.5: the form is not public."""
    town.tpp.national_id = NationalIdAs.ATTRIBUTES
    account_id, passphrase = await connected(town, tpp)

    root = etree.fromstring((await tpp.authenticate(account_id, passphrase)).content)

    assert town.world.patient("cleo").number.digits == root.find("User/Person/NationalId").get("value")  # type: ignore[union-attr] # it is there


async def test_a_session_can_be_used_and_ended(town: Town, tpp: Tpp) -> None:
    """§3.4: PatientSelected, ListServiceAccesses, Logoff; then 3, and 5 for a second Logoff."""
    await tpp.authenticate(*await connected(town, tpp))

    roots = [root_of(await tpp.send(root))["root"] for root in ("PatientSelected", "ListServiceAccesses", "Logoff")]
    errors = [error_of(await tpp.send(root)) for root in ("PatientSelected", "Logoff")]

    assert ["PatientSelectedReply", "ListServiceAccessesReply", "LogoffReply"] == roots
    assert ["3", "5"] == errors


async def test_a_session_ends_when_nobody_uses_it(town: Town, tpp: Tpp) -> None:
    """On the world clock."""
    await tpp.authenticate(*await connected(town, tpp))
    town.future.move(timedelta(minutes=20))

    assert "3" == error_of(await tpp.send("PatientSelected"))


@pytest.mark.parametrize("event", ["rotate_linkage_key", "expire_linkage_key", "revoke_access"])
async def test_a_dead_key_kills_tokens_and_sessions_of_every_provider(town: Town, tpp: Tpp, event: str) -> None:
    """G1."""
    partner = Tpp(tpp.client, "partner-tpp")
    own = await connected(town, tpp)
    theirs = await linked(town, partner)
    await tpp.authenticate(*own)

    getattr(town.world, event)("cleo")

    assert "3" == error_of(await tpp.send("PatientSelected"))
    assert ["9", "9"] == [error_of(await tpp.authenticate(*own)), error_of(await partner.authenticate(*theirs))]


async def test_an_expired_key_is_replaced_by_the_next_retrieve(town: Town, tpp: Tpp) -> None:
    """G1 at TPP."""
    cleo = town.settle("cleo", TPP_PRACTICE)
    old = root_of(await tpp.retrieve(cleo))
    town.world.expire_linkage_key("cleo")

    refused = await tpp.link(old["accountId"], key_of(old))
    new = root_of(await tpp.retrieve(cleo))

    assert "8" == error_of(refused)
    assert key_of(old) != key_of(new)
    assert "" == error_of(await tpp.link(new["accountId"], key_of(new)))


@pytest.mark.parametrize("code", [5, 9])
async def test_a_passphrase_belongs_to_its_provider(town: Town, tpp: Tpp, code: int) -> None:
    """§10 TPP 4: 5 or 9."""
    town.tpp.provider_mismatch_code = code
    account_id, passphrase = await connected(town, tpp)

    response = await Tpp(tpp.client, "partner-tpp").authenticate(account_id, passphrase)

    assert str(code) == error_of(response)
    assert "suid" not in response.headers


async def test_the_application_must_be_the_tokens_provider(town: Town, tpp: Tpp) -> None:
    """§3.3: both name the same provider."""
    account_id, passphrase = await connected(town, tpp)
    own = {"unitId": TPP_PRACTICE, "accountId": account_id, "passphrase": passphrase, "providerId": "nhs-login-tpp"}

    assert "9" == error_of(await Tpp(tpp.client, "partner-tpp").send("Authenticate", **own))


async def test_linking_again_replaces_the_passphrase(town: Town, tpp: Tpp) -> None:
    """§11.5: a guess."""
    account_id, old = await connected(town, tpp)
    _, new = await linked(town, tpp)

    assert ["9", ""] == [error_of(await tpp.authenticate(account_id, one)) for one in (old, new)]


async def test_linking_again_may_be_refused(town: Town, tpp: Tpp) -> None:
    """The other guess: 8."""
    town.tpp.relinking = Relinking.REFUSED
    await connected(town, tpp)
    details = root_of(await tpp.retrieve(town.world.patient("cleo")))

    assert "8" == error_of(await tpp.link(details["accountId"], key_of(details)))


async def test_failed_logins_lock_the_account(town: Town, tpp: Tpp) -> None:
    """G5: 9 five times in a row, then 509 on linkage calls; a login that works starts the count anew."""
    account_id, passphrase = await connected(town, tpp)
    key = town.world.account_of("cleo").linkage_key  # type: ignore[union-attr] # she has one

    reprieves = []
    for _ in range(2):
        for _ in range(4):
            await tpp.authenticate(account_id, "wrong")
        reprieves.append(error_of(await tpp.authenticate(account_id, passphrase)))
    failures = [error_of(await tpp.authenticate(account_id, "wrong")) for _ in range(5)]
    refusals = [
        error_of(await tpp.retrieve(town.world.patient("cleo"))),
        error_of(await tpp.create(town.world.patient("cleo"))),
        error_of(await tpp.link(account_id, key)),
    ]

    assert ["", ""] == reprieves
    assert ["9"] * 5 == failures
    assert ["509"] * 3 == refusals
    assert "9" == error_of(await tpp.authenticate(account_id, passphrase))


@pytest.mark.parametrize(
    ("coding", "layers"), [(EntityCoding.ALWAYS, [2, 2]), (EntityCoding.NEVER, [1, 1]), (EntityCoding.SOMETIMES, [2, 1])]
)
async def test_the_key_may_come_entity_encoded(town: Town, tpp: Tpp, coding: EntityCoding, layers: list[int]) -> None:
    """§3.2: one layer more than XML needs; decoding always yields the key."""
    town.tpp.entity_coding = coding
    cleo = town.settle("cleo", TPP_PRACTICE)
    town.world.account_of("cleo").linkage_key = "q7<w>'9dk4"  # type: ignore[union-attr] # she has one

    replies = [root_of(await tpp.retrieve(cleo)) for _ in range(2)]

    assert layers == [2 if "&lt;" in reply["passphraseToLink"] else 1 for reply in replies]
    assert ["q7<w>'9dk4"] * 2 == [key_of(reply) for reply in replies]


async def test_a_bare_ampersand_is_always_encoded(town: Town, tpp: Tpp) -> None:
    """`&lt9` without its encoding would decode to something else."""
    town.tpp.entity_coding = EntityCoding.NEVER
    cleo = town.settle("cleo", TPP_PRACTICE)
    town.world.account_of("cleo").linkage_key = "a&lt9"  # type: ignore[union-attr] # she has one

    assert "a&lt9" == key_of(root_of(await tpp.retrieve(cleo)))


async def test_the_type_header_must_be_the_root(tpp: Tpp) -> None:
    """§10 TPP 1; the uuid comes back."""
    body = f'<Logoff apiVersion="1" uuid="{UUID_TEXT}"/>'.encode()

    response = await tpp.send_text("Authenticate", body)

    assert ("1", UUID_TEXT) == (error_of(response), root_of(response)["uuid"])


async def test_a_missing_attribute_is_unreadable(tpp: Tpp) -> None:
    """No crash, an error."""
    assert "1" == error_of(await tpp.send("Authenticate", providerId="nhs-login-tpp"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b"<LinkAccount/>",
        b'<LinkAccount uuid="errorCode="/>',
        f'<!DOCTYPE x [<!ENTITY e "{"x" * 9}">]><LinkAccount uuid="{UUID_TEXT}" lastName="&e;"/>'.encode(),
        f'<Unknown uuid="{UUID_TEXT}"/>'.encode(),
    ],
)
async def test_what_cannot_be_read_is_told_so(tpp: Tpp, body: bytes) -> None:
    """No document type, no entities, no crash."""
    response = await tpp.send_text("LinkAccount", body)

    assert (200, "1") == (response.status_code, error_of(response))


async def test_the_journal_tells_variants_senders_and_persons(town: Town, tpp: Tpp) -> None:
    """Sessions know whose they are; errors are not ok."""
    account_id, passphrase = await connected(town, tpp)
    await tpp.authenticate(account_id, passphrase)
    await tpp.send("Logoff")
    await tpp.authenticate(account_id, "wrong")

    lines = [(message.sender, message.operation, message.ok, message.person, message.note) for message in town.journal.list()]

    assert [
        ("NHS login", "LinkAccount retrieve", True, "cleo", ""),
        ("NHS login", "LinkAccount link", True, "cleo", ""),
        ("NHS login", "Authenticate", True, "cleo", ""),
        ("NHS login", "Logoff", True, "cleo", ""),
        ("NHS login", "Authenticate", False, "cleo", "9"),
    ] == lines


async def test_the_wrong_patient_is_shown_while_the_world_says_so(town: Town, tpp: Tpp) -> None:
    """In sessions, by NationalId."""
    account_id, passphrase = await connected(town, tpp)
    gus = town.settle("gus")
    town.world.answer_for_wrong_patient("cleo", "gus")

    root = etree.fromstring((await tpp.authenticate(account_id, passphrase)).content)

    assert gus.number.digits == root.findtext("User/Person/NationalId")
