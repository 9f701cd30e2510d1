"""Edges at which a stand-in would mislead its callers: outages behind it, records that end, names that look alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import httpx2
import pytest
from joserfc.jwk import RSAKey
from lxml import etree

from gpic.simulators.faults import Fault, Kind
from tests.unit.simulators.town import TPP_PRACTICE, UUID_TEXT, Emis, Town, Tpp, connected, error_of

pytestmark = pytest.mark.anyio

KeySource = Callable[[], Awaitable[Mapping[str, object]]]


async def out_of_reach() -> Mapping[str, object]:
    """NHS login does not answer."""
    raise httpx2.ConnectError("refused")


async def not_json() -> Mapping[str, object]:
    """NHS login's key set is a page."""
    raise ValueError


async def an_error() -> Mapping[str, object]:
    """NHS login's key set is the body of a failure."""
    return {"error": "temporarily_unavailable"}


async def no_keys_at_all() -> Mapping[str, object]:
    """NHS login publishes keys, but they are none."""
    return {"keys": [1]}


@pytest.fixture(params=[out_of_reach, not_json, an_error, no_keys_at_all])
async def in_the_dark(town: Town, request: pytest.FixtureRequest) -> AsyncIterator[Emis]:
    """NHS login at an EMIS that cannot read NHS login's keys."""
    source: KeySource = request.param
    async with town.emis_client(source) as client:
        yield Emis(client)


async def test_emis_without_nhs_logins_keys_says_that_it_failed_itself(town: Town, in_the_dark: Emis) -> None:
    """G3: an outage is no verdict about the token, so the caller may try again; the journal has the call."""
    ada = town.settle("ada")
    await in_the_dark.begin()

    response = await in_the_dark.verify(ada)

    assert (500, -9999) == (response.status_code, response.json()["InternalResponseCode"])
    assert [("POST me/verifications", "500", "ada")] == [
        (message.operation, message.outcome, message.person) for message in town.journal.list()[1:]
    ]


async def test_a_stand_in_with_keys_tells_a_bad_token_from_an_outage(town: Town) -> None:
    """G3: 403, for good."""
    key = RSAKey.generate_key(2048, parameters={"kid": "key-1"})

    async def keys() -> Mapping[str, object]:
        return {"keys": [key.as_dict(private=False)]}

    async with town.emis_client(keys) as client:
        emis = Emis(client)
        await emis.begin()
        assert 403 == (await emis.verify(town.settle("ada"), token="a.b.c")).status_code


async def test_an_open_emis_session_ends_when_the_record_is_archived(town: Town, emis: Emis) -> None:
    """G4: it would live on for as long as somebody used it."""
    ada = town.settle("ada")
    session = (await emis.session(await emis.token(ada))).json()
    link_token = session["UserPatientLinks"][0]["UserPatientLinkToken"]
    query = {"userPatientLinkToken": link_token}

    before = await emis.client.get("/demographics", headers=emis.headers, params=query)
    town.world.archive("ada")
    after = await emis.client.get("/demographics", headers=emis.headers, params=query)

    assert (200, 401) == (before.status_code, after.status_code)


async def test_an_open_tpp_session_ends_when_the_record_is_archived(town: Town, tpp: Tpp) -> None:
    """G4."""
    await tpp.authenticate(*await connected(town, tpp))
    before = error_of(await tpp.send("PatientSelected"))
    town.world.archive("cleo")

    assert ("", "3") == (before, error_of(await tpp.send("PatientSelected")))


async def test_patients_with_similar_slugs_have_ids_of_their_own_at_tpp(town: Town, tpp: Tpp) -> None:
    """§3.3: an id that differs from the user's is somebody else."""
    ids = set()
    for slug in ("patient-1", "patient-2"):
        root = etree.fromstring((await tpp.authenticate(*await connected(town, tpp, slug))).content)
        ids.add(root.get("onlineUserId"))

    assert 2 == len(ids)


@pytest.mark.parametrize("path", ["/", "/tpp/"])
async def test_tpp_is_found_at_its_root_and_where_stubs_have_it(town: Town, tpp: Tpp, path: str) -> None:
    """§3.1."""
    body = f'<Logoff apiVersion="1" uuid="{UUID_TEXT}"/>'
    response = await tpp.client.post(path, headers={"type": "Logoff", "Content-Type": "text/xml"}, content=body)

    assert (200, "5") == (response.status_code, error_of(response))


async def test_a_link_account_of_no_variant_has_a_tidy_name_in_the_journal(town: Town, tpp: Tpp) -> None:
    """Faults and tallies go by operation."""
    await tpp.link_account(TPP_PRACTICE)

    assert ["LinkAccount"] == [message.operation for message in town.journal.list()]


async def test_tpp_may_say_in_its_own_way_that_it_is_unavailable(town: Town, tpp: Tpp) -> None:
    """§3.5: errorCode 0, with HTTP 200 as all of them."""
    town.faults.set(Fault(Kind.STATUS, "TPP", status=200))

    response = await tpp.retrieve(town.settle("cleo", TPP_PRACTICE))

    assert (200, "0") == (response.status_code, error_of(response))
    assert [False] == [message.ok for message in town.journal.list()]
