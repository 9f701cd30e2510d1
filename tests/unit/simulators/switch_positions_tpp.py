"""What a caller of TPP sees at each position of each switch (T of the assumptions register)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from lxml import etree

from gpic.simulators.limits import Limit, Limits
from gpic.simulators.people import Patient
from gpic.simulators.tpp import (
    CreatingAgain,
    EntityCoding,
    Generation,
    KeyServes,
    NationalIdAs,
    PersonFieldsAs,
    Relinking,
)
from tests.unit.simulators.emis_looks import TEENAGER, at
from tests.unit.simulators.switch_positions import Switch, Throw, as_it_starts, tpp
from tests.unit.simulators.town import (
    OTHER_TPP_PRACTICE,
    TPP_PRACTICE,
    UUID_TEXT,
    Town,
    Tpp,
    error_of,
    key_of,
    linked,
    root_of,
)

Seen = Callable[[Town, Tpp, Patient], Awaitable[object]]


def after_throwing(see: Seen, *, account: bool = True, born: str = "1984-02-17") -> Switch[Town]:
    """Cleo is there and the switch is thrown; then somebody looks."""

    async def look(town: Town, throw: Throw[Town]) -> object:
        cleo = town.settle("cleo", TPP_PRACTICE, account=account, born=born)
        async with town.tpp_client() as client:
            throw(town)
            return await see(town, Tpp(client), cleo)

    return Switch(look, {})


async def connected(town: Town, caller: Tpp) -> tuple[str, str]:
    """Account id and passphrase."""
    return await linked(town, caller)


async def linked_again(town: Town, caller: Tpp, cleo: Patient) -> object:
    """Link twice."""
    await connected(town, caller)
    details = root_of(await caller.retrieve(cleo))
    return error_of(await caller.link(details["accountId"], key_of(details)))


async def linked_by_another(town: Town, caller: Tpp, cleo: Patient) -> object:
    """Link with a key that somebody else has linked with."""
    await connected(town, caller)
    details = root_of(await caller.retrieve(cleo))
    partner = Tpp(caller.client, "partner-tpp")
    return error_of(await partner.link(details["accountId"], key_of(details)))


async def link_reply(_: Town, caller: Tpp, cleo: Patient) -> object:
    """Whether link repeats the key."""
    details = root_of(await caller.retrieve(cleo))
    return "passphraseToLink" in root_of(await caller.link(details["accountId"], key_of(details)))


async def linked_as_issued(town: Town, caller: Tpp, cleo: Patient) -> object:
    """Link with details that the practice issued."""
    issued = town.world.account_of("cleo")
    assert issued is not None
    born = f"{cleo.birth_date}T00:00:00"
    return error_of(await caller.link(issued.account_id, issued.linkage_key, dateOfBirth=born))


async def created(_: Town, caller: Tpp, cleo: Patient) -> object:
    """Create."""
    return error_of(await caller.create(cleo, dateOfBirth=f"{cleo.birth_date}T00:00:00"))


async def mistaken_for_somebody(_: Town, caller: Tpp, cleo: Patient) -> object:
    """Retrieve under another name."""
    return error_of(await caller.retrieve(cleo, lastName="Okafo"))


async def layers_of_entities(town: Town, caller: Tpp, cleo: Patient) -> object:
    """Retrieve twice: whether the key had entities of its own."""
    account = town.world.account_of("cleo")
    assert account is not None
    account.linkage_key = "q7<w>9dk4"
    return ["&lt;" in root_of(await caller.retrieve(cleo))["passphraseToLink"] for _ in range(2)]


async def archived(town: Town, caller: Tpp, cleo: Patient) -> object:
    """Retrieve for an archived record."""
    town.world.archive("cleo")
    return error_of(await caller.retrieve(cleo))


async def misnamed(_: Town, caller: Tpp, __: Patient) -> object:
    """A document under another `type`."""
    return error_of(await caller.send_text("Authenticate", f'<Logoff apiVersion="1" uuid="{UUID_TEXT}"/>'.encode()))


async def of_another_provider(town: Town, caller: Tpp, _: Patient) -> object:
    """Authenticate with somebody else's passphrase."""
    return error_of(await Tpp(caller.client, "partner-tpp").authenticate(*await connected(town, caller)))


async def at_another_unit(town: Town, caller: Tpp, _: Patient) -> object:
    """Authenticate where the account is not."""
    return error_of(await caller.authenticate(*await connected(town, caller), OTHER_TPP_PRACTICE))


async def locked(town: Town, caller: Tpp, _: Patient) -> object:
    """Authenticate with a locked account."""
    parts = await connected(town, caller)
    town.world.lock_account("cleo")
    return error_of(await caller.authenticate(*parts))


async def session_element(town: Town, caller: Tpp, _: Patient, path: str) -> object:
    """Authenticate: which attributes that element has."""
    root = etree.fromstring((await caller.authenticate(*await connected(town, caller))).content)
    element = root.find(path)
    assert element is not None
    return sorted(map(str, element.attrib))


async def number_shown(town: Town, caller: Tpp, _: Patient) -> object:
    """Authenticate: how many blanks the NHS number has."""
    root = etree.fromstring((await caller.authenticate(*await connected(town, caller))).content)
    return str(root.findtext("User/Person/NationalId")).count(" ")


async def seven_retrieves(_: Town, caller: Tpp, cleo: Patient) -> object:
    """Retrieve seven times: how many are served."""
    answers = [await caller.retrieve(cleo) for _ in range(7)]
    assert {429} >= {answer.status_code for answer in answers if answer.status_code != 200}
    return sum(answer.status_code == 200 for answer in answers)


async def retrieved_without_account(_: Town, caller: Tpp, cleo: Patient) -> object:
    """How a retrieve is answered that finds no account."""
    answer = await caller.retrieve(cleo)
    return answer.status_code, sorted(str(name) for name in root_of(answer))


async def suid_after_a_call(town: Town, caller: Tpp, _: Patient) -> object:
    """PatientSelected: whether the reply names another session."""
    await caller.authenticate(*await connected(town, caller))
    return "suid" in (await caller.send("PatientSelected")).headers


async def after_25_minutes(town: Town, caller: Tpp, _: Patient) -> object:
    """PatientSelected in a session that nobody used meanwhile."""
    await caller.authenticate(*await connected(town, caller))
    town.future.move(timedelta(minutes=25))
    return error_of(await caller.send("PatientSelected"))


POSITIONS: Final[Mapping[str, Switch[Town]]] = {
    "T1": at(after_throwing(linked_again), replaces=(as_it_starts, ""), refused=(tpp(relinking=Relinking.REFUSED), "8")),
    "T2": at(
        after_throwing(created),
        answers=(as_it_starts, ""),
        refused=(tpp(creating_again=CreatingAgain.REFUSED), "8"),
    ),
    "T3": at(after_throwing(of_another_provider), _9=(as_it_starts, "9"), _5=(tpp(provider_mismatch_code=5), "5")),
    "T4": at(after_throwing(at_another_unit), _9=(as_it_starts, "9"), _6=(tpp(wrong_unit_code=6), "6")),
    "T5": at(after_throwing(archived), _6=(as_it_starts, "6"), _8=(tpp(without_access_code=8), "8")),
    "T6": at(after_throwing(misnamed), _1=(as_it_starts, "1"), _0=(tpp(unreadable_code=0), "0")),
    "T7": at(
        after_throwing(partial(session_element, path="User/Person/NationalId")),
        text=(as_it_starts, ["type"]),
        attributes=(tpp(national_id=NationalIdAs.ATTRIBUTES), ["type", "value"]),
    ),
    "T8": at(
        after_throwing(layers_of_entities),
        sometimes=(as_it_starts, [True, False]),
        always=(tpp(entity_coding=EntityCoding.ALWAYS), [True, True]),
        never=(tpp(entity_coding=EntityCoding.NEVER), [False, False]),
    ),
    "T9": at(
        after_throwing(mistaken_for_somebody),
        newer=(as_it_starts, "512"),
        older=(tpp(generation=Generation.OLDER), "8"),
    ),
    "T13": at(
        after_throwing(partial(session_element, path="User/Person")),
        attributes=(as_it_starts, ["dateOfBirth", "gender", "patientId"]),
        elements=(tpp(person_fields=PersonFieldsAs.ELEMENTS), ["patientId"]),
    ),
    "T14": at(
        after_throwing(linked_by_another),
        everybody=(as_it_starts, ""),
        one_provider=(tpp(key_serves=KeyServes.ONE_PROVIDER), "8"),
    ),
    "T15": at(after_throwing(suid_after_a_call), stays=(as_it_starts, False), rotates=(tpp(suid_rotates=True), True)),
    "T16": at(after_throwing(locked), _9=(as_it_starts, "9"), _509=(tpp(locked_logon_code=509), "509")),
    "T17": at(after_throwing(link_reply), without=(as_it_starts, False), **{"with": (tpp(link_repeats_key=True), True)}),
    "T18": at(after_throwing(created, account=False), never=(as_it_starts, ""), once=(tpp(stumbles=1), "556")),
    "T19": at(
        after_throwing(after_25_minutes),
        _20_minutes=(as_it_starts, "3"),
        _30_minutes=(tpp(session_lifetime=timedelta(minutes=30)), ""),
    ),
    "T20": at(
        after_throwing(created, account=False, born=TEENAGER),
        _16=(as_it_starts, "553"),
        _13=(tpp(youngest_to_create=13), ""),
    ),
    "T21": at(after_throwing(linked_as_issued, born=TEENAGER), _13=(as_it_starts, ""), _16=(tpp(youngest_to_link=16), "553")),
    "T22": at(after_throwing(number_shown), digits=(as_it_starts, 0), groups=(tpp(spaced_numbers=True), 2)),
    "T23": at(
        after_throwing(seven_retrieves),
        none=(as_it_starts, 7),
        five_in_a_minute=(tpp(limits=Limits(app_quota=Limit(5))), 5),
    ),
    "T24": at(
        after_throwing(retrieved_without_account, account=False),
        _200=(as_it_starts, (200, ["accountId", "passphraseToLink", "root", "uuid"])),
        _404=(tpp(no_account_status=404), (404, ["root", "uuid"])),
    ),
}
