"""Failures on purpose (G6), at every stand-in in the same place."""

from __future__ import annotations

import json
import time

import httpx2
import pytest
from lxml import etree

from gpic.sandbox.servers import listen, serving
from gpic.simulators.emis import emis_app
from gpic.simulators.faults import Fault, Faults, Kind
from tests.unit.simulators.surgery import Pds
from tests.unit.simulators.town import APPLICATIONS, TPP_PRACTICE, Emis, Town, Tpp, root_of

pytestmark = pytest.mark.anyio

VERIFICATIONS = "POST me/verifications"


async def test_a_delay_answers_late(town: Town, emis: Emis) -> None:
    """G6: the answer is whole."""
    town.faults.set(Fault(Kind.DELAY, "EMIS", seconds=0.05))
    started = time.perf_counter()

    response = await emis.begin()

    assert 200 == response.status_code
    assert 0.05 <= time.perf_counter() - started
    assert 50 <= town.journal.list()[0].milliseconds


@pytest.mark.parametrize("kind", [Kind.TIMEOUT, Kind.RESET])
async def test_no_answer_breaks_the_connection(town: Town, emis: Emis, kind: Kind) -> None:
    """G6: the promised body never comes (in-process transports say so by an assertion)."""
    town.faults.set(Fault(kind, "EMIS", seconds=0.01))

    with pytest.raises(AssertionError):
        await emis.begin()

    assert [(kind.value, False, f"fault: {kind}")] == [
        (message.outcome, message.ok, message.note) for message in town.journal.list()
    ]


async def test_a_real_server_breaks_off_or_stays_silent(town: Town) -> None:
    """G6: a client over TCP sees its connection break, or its own patience end; the journal has both at once."""
    town.faults.set(Fault(Kind.RESET, "EMIS", only=1))
    town.faults.set(Fault(Kind.TIMEOUT, "EMIS", only=2, seconds=30))
    app = emis_app(town.world, town.journal, town.faults, town.emis, applications=APPLICATIONS)
    listening = listen(0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    async with serving({"EMIS": app}, {"EMIS": listening}), httpx2.AsyncClient(base_url=url, timeout=0.2) as client:
        emis = Emis(client)
        with pytest.raises(httpx2.RemoteProtocolError):
            await emis.begin()
        with pytest.raises(httpx2.ReadTimeout):
            await emis.begin()
        await emis.begin()

    assert ["200", "reset", "timeout"] == sorted(message.outcome for message in town.journal.list())


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_status_is_told_in_emis_way(town: Town, emis: Emis, status: int) -> None:
    """G6: JSON, with Retry-After where it is wanted."""
    town.faults.set(Fault(Kind.STATUS, "EMIS", status=status, retry_after=7))

    response = await emis.client.post("/sessions/endusersession", headers=emis.headers)

    assert (status, "7") == (response.status_code, response.headers["retry-after"])
    response.json()


async def test_a_status_is_told_in_tpps_way(town: Town, tpp: Tpp) -> None:
    """G6: no XML comes from the machinery in front."""
    town.faults.set(Fault(Kind.STATUS, "TPP", status=503))

    assert 503 == (await tpp.send("Logoff")).status_code


@pytest.mark.parametrize(
    ("status", "code"), [(408, "UNABLE_TO_CALL_SERVICE"), (429, "TOO_MANY_REQUESTS"), (503, "SERVICE_UNAVAILABLE")]
)
async def test_a_status_is_told_in_pds_way(town: Town, status: int, code: str) -> None:
    """G6, `demographics.md` §1.7: an OperationOutcome; 502 is generic."""
    ada = town.settle("ada")
    async with Pds(town) as pds:
        await pds.sign_in()
        town.faults.set(Fault(Kind.STATUS, "PDS", operation="GET Patient", status=status))
        response = await pds.get(ada.number)
        town.faults.clear()
        town.faults.set(Fault(Kind.STATUS, "PDS", status=502))
        generic = await pds.get(ada.number)

    assert (status, code) == (response.status_code, response.json()["issue"][0]["details"]["coding"][0]["code"])
    assert (502, {"error": "Unknown Error"}) == (generic.status_code, generic.json())


async def test_a_malformed_body_does_not_end(town: Town, emis: Emis, tpp: Tpp) -> None:
    """G6: the status is right and the body is not."""
    for lane in ("EMIS", "TPP"):
        town.faults.set(Fault(Kind.MALFORMED, lane))
    json_reply = await emis.client.post("/sessions/endusersession", headers=emis.headers)
    xml_reply = await tpp.retrieve(town.settle("cleo", TPP_PRACTICE))

    assert (200, 200) == (json_reply.status_code, xml_reply.status_code)
    with pytest.raises(json.JSONDecodeError):
        json_reply.json()
    with pytest.raises(etree.XMLSyntaxError):
        root_of(xml_reply)


async def test_an_empty_body_is_empty(town: Town, emis: Emis) -> None:
    """G6."""
    town.faults.set(Fault(Kind.EMPTY, "EMIS"))

    response = await emis.client.post("/sessions/endusersession", headers=emis.headers)

    assert (200, b"") == (response.status_code, response.content)


async def test_a_field_can_be_missing_at_any_depth(town: Town, emis: Emis) -> None:
    """G6: here the Self link's token."""
    guid = await emis.token(town.settle("ada"))
    town.faults.set(Fault(Kind.MISSING_FIELD, "EMIS", missing="UserPatientLinkToken"))

    session = (await emis.session(guid)).json()

    assert "UserPatientLinkToken" not in session["UserPatientLinks"][0]
    assert "Self" == session["UserPatientLinks"][0]["AssociationType"]


async def test_a_header_an_attribute_or_an_element_can_be_missing(town: Town, tpp: Tpp) -> None:
    """G6: without suid, without NationalId."""
    cleo = town.settle("cleo", TPP_PRACTICE)
    created = root_of(await tpp.create(cleo))
    for name in ("suid", "onlineUserId", "NationalId"):
        town.faults.set(Fault(Kind.MISSING_FIELD, "TPP", missing=name))

    response = await tpp.authenticate(created["accountId"], created["passphrase"])
    root = etree.fromstring(response.content)

    assert "suid" not in response.headers
    assert root.get("onlineUserId") is None
    assert root.find(".//NationalId") is None
    assert root.find("User/Person") is not None


async def test_work_may_be_done_and_only_the_answer_lost(town: Town, emis: Emis) -> None:
    """G6: the account is linked, the e-mail sent, and the caller knows nothing."""
    ada = town.settle("ada")
    await emis.begin()
    details = (await emis.verify(ada)).json()
    town.faults.set(Fault(Kind.STATUS, "EMIS", operation="POST me/applications", status=503, after_work=True))

    response = await emis.link(details)

    assert 503 == response.status_code
    assert 1 == len(town.world.outbox)


async def test_before_the_work_nothing_happens(town: Town, emis: Emis) -> None:
    """G6: and nothing has happened where the fault came first."""
    ada = town.settle("ada")
    await emis.begin()
    details = (await emis.verify(ada)).json()
    town.faults.set(Fault(Kind.STATUS, "EMIS", operation="POST me/applications", status=503))

    await emis.link(details)

    assert 0 == len(town.world.outbox)


async def test_a_rule_strikes_the_operation_and_sender_that_it_names(town: Town, emis: Emis) -> None:
    """G6: nobody else."""
    ada = town.settle("ada")
    town.faults.set(Fault(Kind.STATUS, "EMIS", operation=VERIFICATIONS, sender="Partner"))
    partner = Emis(emis.client, "partner-emis")
    await emis.begin()
    await partner.begin()

    assert [201, 503] == [(await one.verify(ada)).status_code for one in (emis, partner)]


async def test_only_the_nth_call_is_struck(town: Town, emis: Emis) -> None:
    """G6: counted from when the rule was set."""
    town.faults.set(Fault(Kind.STATUS, "EMIS", status=500, only=2))

    statuses = [(await emis.client.post("/sessions/endusersession", headers=emis.headers)).status_code for _ in range(3)]

    assert [200, 500, 200] == statuses


def test_chances_come_from_the_seed() -> None:
    """G6: the same seed strikes the same calls, about as often as it says."""

    def strikes(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.set(Fault(Kind.RESET, "EMIS", chance=0.3))
        return [bool(faults.strike("EMIS", "x", "y")) for _ in range(200)]

    assert strikes(1) == strikes(1)
    assert strikes(1) != strikes(2)
    assert 30 < sum(strikes(1)) < 90


def test_rules_are_lifted_one_by_one_or_all() -> None:
    """G6: clear."""
    faults = Faults()
    first = faults.set(Fault(Kind.DELAY, "EMIS"))
    second = faults.set(Fault(Kind.RESET, "EMIS"))

    faults.clear(first)
    left = set(faults.in_force)
    faults.clear()

    assert {second} == left
    assert {} == faults.in_force


async def test_a_body_that_is_too_large_is_refused_unread(emis: Emis, tpp: Tpp) -> None:
    """64 KiB is more than any client sends."""
    await emis.begin()
    large = b"x" * (64 * 1024 + 1)

    responses: list[httpx2.Response] = [
        await emis.client.post("/me/applications", headers=emis.headers, content=large),
        await tpp.send_text("LinkAccount", large),
    ]

    assert [413, 413] == [response.status_code for response in responses]
