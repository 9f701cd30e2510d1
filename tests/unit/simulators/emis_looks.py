"""Looking at EMIS while a switch stands somewhere: what is asked, and what is then seen."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import httpx2
from joserfc.jwk import RSAKey

from gpic.simulators.emis import JwksSource
from gpic.simulators.people import Patient
from tests.unit.simulators.switch_positions import Switch, Throw
from tests.unit.simulators.town import Emis, Json, Town, Tpp, connected, error_of

KEY: Final = RSAKey.generate_key(2048, parameters={"kid": "key-1"})
LATE: Final = 0.2  #: seconds
TEENAGER: Final = "2011-06-01"  #: fourteen
Seen = Callable[[Town, Emis, Patient], Awaitable[object]]


@asynccontextmanager
async def at_emis(town: Town, jwks: JwksSource | None = None) -> AsyncIterator[Emis]:
    """NHS login at EMIS, with an end-user session."""
    async with town.emis_client(jwks) as client:
        caller = Emis(client)
        await caller.begin()
        yield caller


def after_throwing(see: Seen, *, born: str = "1984-02-17", account: bool = True) -> Switch[Town]:
    """Ada is there and the switch is thrown; then somebody looks."""

    async def look(town: Town, throw: Throw[Town]) -> object:
        ada = town.settle("ada", account=account, born=born)
        async with at_emis(town) as caller:
            throw(town)
            return await see(town, caller, ada)

    return Switch(look, {})


def at(switch: Switch[Town], **positions: tuple[Throw[Town], object]) -> Switch[Town]:
    """The switch with its positions; an underscore in a name is a blank."""
    return Switch(switch.look, {name.strip("_").replace("_", " "): position for name, position in positions.items()})


def told(response: httpx2.Response) -> tuple[int, int]:
    """Status and code; code 0 where there is none."""
    return response.status_code, int(response.json().get("InternalResponseCode", 0))


async def details(caller: Emis, patient: Patient) -> Json:
    """What a verification returns."""
    return dict((await caller.verify(patient)).json())


async def retrieved(_: Town, caller: Emis, ada: Patient) -> object:
    """E4."""
    return told(await caller.verify(ada))


async def created(_: Town, caller: Emis, ada: Patient) -> object:
    """E5."""
    return told(await caller.create(ada))


async def linked(_: Town, caller: Emis, ada: Patient, **others: str) -> object:
    """E4, E3."""
    return told(await caller.link(await details(caller, ada), **others))


async def linked_as_issued(town: Town, caller: Emis, ada: Patient) -> object:
    """E3 with details that the practice issued."""
    issued = town.world.account_of(ada.slug)
    assert issued is not None
    shown: Json = {"AccountId": issued.account_id, "LinkageKey": issued.linkage_key}
    return told(await caller.link(shown, DateOfBirth=f"{ada.birth_date}T00:00:00"))


async def linked_with_a_wrong_key(_: Town, caller: Emis, ada: Patient) -> object:
    """E4, E3."""
    return told(await caller.link({**await details(caller, ada), "LinkageKey": "no"}))


async def linked_with_everything_wrong(_: Town, caller: Emis, ada: Patient) -> object:
    """E4, E3 with a wrong key and another surname: what is noticed first."""
    return told(await caller.link({**await details(caller, ada), "LinkageKey": "no"}, Surname="Other"))


async def seven_sessions(_: Town, caller: Emis, __: Patient) -> object:
    """E1 six times more: how many are served."""
    answers = [await caller.client.post("/sessions/endusersession", headers=caller.headers) for _ in range(7)]
    assert {429} >= {answer.status_code for answer in answers if answer.status_code != 200}
    return sum(answer.status_code == 200 for answer in answers)


async def lifted(_: Town, caller: Emis, ada: Patient) -> object:
    """E4 with a token that tells of no sign-in, E2."""
    await caller.verify(ada)
    return (await caller.session(caller.headers["guid"])).json()["ApplicationLinkLevel"]


async def linked_again(_: Town, caller: Emis, ada: Patient) -> object:
    """E3 twice; only the status of the second tells."""
    shown = await details(caller, ada)
    await caller.link(shown)
    return (await caller.link(shown)).status_code


async def key_after_expiry(town: Town, caller: Emis, ada: Patient) -> object:
    """E4 before and after: whether the key is the same."""
    before = await details(caller, ada)
    town.world.expire_linkage_key("ada")
    return before["LinkageKey"] == (await details(caller, ada))["LinkageKey"]


async def failures_until_locked(town: Town, caller: Emis, ada: Patient) -> object:
    """E2 with a dead token, seven times at most: how often until E4 says that the account is no longer usable."""
    dead = await caller.token(ada)
    town.world.rotate_linkage_key("ada")
    for failures in range(1, 8):
        await caller.session(dead)
        if told(await caller.verify(ada)) == (400, -1107):
            return failures
    return None


async def verified_after_wrong_keys(_: Town, caller: Emis, ada: Patient) -> object:
    """E3 with a wrong key five times, then E4."""
    shown = await details(caller, ada)
    for _n in range(5):
        await caller.link({**shown, "LinkageKey": "no"})
    return (await caller.verify(ada)).status_code


async def associations(_: Town, caller: Emis, ada: Patient) -> object:
    """E2: for whom the session's links are."""
    session = (await caller.session(await caller.token(ada))).json()
    return [link["AssociationType"] for link in session["UserPatientLinks"]]


async def verified_by_another(_: Town, caller: Emis, ada: Patient) -> object:
    """E4 of a second application."""
    await caller.verify(ada)
    partner = Emis(caller.client, "partner-emis")
    await partner.begin()
    return (await partner.verify(ada)).status_code


async def strange_application(_: Town, caller: Emis, __: Patient) -> object:
    """E1 of nobody."""
    caller.headers["X-API-ApplicationId"] = "stranger"
    return (await caller.client.post("/sessions/endusersession", headers=caller.headers)).status_code


async def lost_session(_: Town, caller: Emis, ada: Patient) -> object:
    """E4 in a session that never was."""
    caller.headers["X-API-EndUserSessionId"] = "EUS-no"
    return (await caller.verify(ada)).status_code


async def other_version(_: Town, caller: Emis, __: Patient) -> object:
    """E1 with another X-API-Version."""
    caller.headers["X-API-Version"] = "2"
    return (await caller.client.post("/sessions/endusersession", headers=caller.headers)).status_code


async def another_session(_: Town, caller: Emis, __: Patient) -> object:
    """E1."""
    return (await caller.client.post("/sessions/endusersession", headers=caller.headers)).status_code


async def session_with_a_dead_token(town: Town, caller: Emis, ada: Patient) -> object:
    """E2: which words tell it."""
    dead = await caller.token(ada)
    town.world.rotate_linkage_key("ada")
    told_so = (await caller.session(dead)).text
    return [word for word in ("NotRegistered", "NotLinked") if word in told_so]


async def how_long(_: Town, caller: Emis, ada: Patient) -> object:
    """E4: whether its answer is late."""
    began = time.monotonic()
    await caller.verify(ada)
    return time.monotonic() - began >= LATE


async def after_25_minutes(town: Town, caller: Emis, ada: Patient) -> object:
    """E4 in a session that nobody used meanwhile."""
    town.future.move(timedelta(minutes=25))
    return (await caller.verify(ada)).status_code


async def last_access(_: Town, caller: Emis, ada: Patient) -> object:
    """E2: how the last access is called."""
    session = (await caller.session(await caller.token(ada))).json()
    return [name for name in session if name.startswith("LastAccess")]


async def number_shown(_: Town, caller: Emis, ada: Patient) -> object:
    """E6: how many blanks the NHS number has."""
    session = (await caller.session(await caller.token(ada))).json()
    query = {"userPatientLinkToken": session["UserPatientLinks"][0]["UserPatientLinkToken"]}
    shown = (await caller.client.get("/demographics", params=query, headers=caller.headers)).json()
    return str(shown["PatientIdentifiers"][0]["IdentifierValue"]).count(" ")


async def reset(town: Town, throw: Throw[Town], see: Seen) -> object:
    """Ada has a token; the switch is thrown, and her account is reset unless that was the switch."""
    ada = town.settle("ada")
    async with at_emis(town) as caller:
        guid = await caller.token(ada)
        throw(town)
        account = town.world.account_of("ada")
        assert account is not None
        if account.restricted_since is None and not any(link.dropped for link in account.links.values()):
            town.world.reset_account("ada")
        caller.headers["guid"] = guid
        return await see(town, caller, ada)


async def session_of_the_reset(_: Town, caller: Emis, __: Patient) -> object:
    """E2: status, and the level where there is one."""
    answer = await caller.session(caller.headers["guid"])
    return answer.status_code, answer.json().get("ApplicationLinkLevel", "")


async def key_after_reset(town: Town, throw: Throw[Town]) -> object:
    """E4 before and after: whether the key is the same."""
    ada = town.settle("ada")
    async with at_emis(town) as caller:
        before = (await details(caller, ada))["LinkageKey"]
        throw(town)
        return before == (await details(caller, ada))["LinkageKey"]


async def any_token_will_do(town: Town, throw: Throw[Town]) -> object:
    """E4 with an identity token that proves nothing."""
    ada, source = town.settle("ada"), throw(town)
    async with at_emis(town, source if callable(source) else None) as caller:
        return (await caller.verify(ada)).status_code


async def somebodys_keys() -> Mapping[str, object]:
    """A key set that verifies no token of ours."""
    return {"keys": [KEY.as_dict(private=False)]}


async def open_session_of_an_archived_record(town: Town, throw: Throw[Town]) -> object:
    """TPP's PatientSelected."""
    async with town.tpp_client() as client:
        caller = Tpp(client)
        await caller.authenticate(*await connected(town, caller))
        throw(town)
        town.world.archive("cleo")
        return error_of(await caller.send("PatientSelected"))


def act_for_somebody(town: Town) -> None:
    """Ada may act for Fay."""
    town.settle("fay")
    town.world.let_act_for("ada", "fay")
