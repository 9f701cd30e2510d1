"""What TPP does with a readable document of a known provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from lxml import etree
from lxml.etree import _Element

from gpic.simulators.accounts import Account, Link
from gpic.simulators.lane import Call, Reply
from gpic.simulators.limits import Gate
from gpic.simulators.people import Patient, Practice, Supplier
from gpic.simulators.sessions import Sessions
from gpic.simulators.tpp import errors
from gpic.simulators.tpp.documents import (
    Document,
    Form,
    access_element,
    as_entities,
    patient_id,
    person_element,
    reply_element,
    xml_reply,
)
from gpic.simulators.tpp.errors import Refused
from gpic.simulators.tpp.linkage import (
    BEFORE_CREATING,
    BEFORE_LINKING,
    BEFORE_RETRIEVING,
    Check,
    Linkage,
    patient_numbered,
    refuse,
)
from gpic.simulators.tpp.switches import EntityCoding, TppSwitches
from gpic.simulators.world import World

OK: Final = 200
SERVICES: Final = (("1", "Appointments"), ("2", "Request medication"), ("4", "Full clinical record"))


@dataclass(slots=True)
class Turns:
    """Every other time."""

    taken: int = 0

    def take(self) -> bool:
        """True the first time, then False, and so on."""
        self.taken += 1
        return self.taken % 2 == 1


@dataclass(frozen=True, slots=True)
class Tpp:
    """The stand-in's parts."""

    world: World
    switches: TppSwitches
    providers: Mapping[str, str]
    sessions: Sessions[str]  #: the passphrase that opened each
    turns: Turns = field(default_factory=Turns)
    gate: Gate = field(default_factory=Gate)


@dataclass(frozen=True, slots=True)
class Visit:
    """One call. *suid* is the header's value, or empty."""

    document: Document
    call: Call
    suid: str


def link_account(tpp: Tpp, visit: Visit) -> Reply:
    """LinkAccount, by variant; raises Refused."""
    provider_is_known(tpp, visit.document.provider)
    linkage = Linkage(tpp.world, tpp.switches, visit.document)
    visit.call.person = person_in(linkage)
    variant = VARIANTS.get(visit.document.variant)
    if variant is None:
        raise Refused(errors.UNREADABLE)
    checks, work = variant
    for check in checks:
        check(linkage)
    return work(tpp, linkage)


def retrieve(tpp: Tpp, linkage: Linkage) -> Reply:
    """Account id and key; both blank where the patient has no account."""
    account = linkage.account_or_none()
    if account is None and tpp.switches.no_account_status != OK:
        return replace(xml_reply(reply_element(linkage.document)), status=tpp.switches.no_account_status)
    account_id, key = tpp.world.details_of(account) if account is not None else ("", "")
    return xml_reply(reply_element(linkage.document, accountId=account_id, passphraseToLink=coded(tpp, key)))


def create(tpp: Tpp, linkage: Linkage) -> Reply:
    """An account, its key, and a passphrase of the caller's own. Where there is an account already, that one."""
    account = linkage.account_or_none()
    if account is None:
        account = tpp.world.open_account(linkage.patient().slug)
        account.email = linkage.document.attributes.get("emailAddress", "").strip()
    account_id, key = tpp.world.details_of(account)
    made = tpp.world.link(account, linkage.document.provider)
    attributes = {"accountId": account_id, "passphrase": made.token, "passphraseToLink": coded(tpp, key)}
    return xml_reply(reply_element(linkage.document, **attributes))


def link(tpp: Tpp, linkage: Linkage) -> Reply:
    """A passphrase that belongs to the calling provider."""
    account = linkage.account()
    made = tpp.world.link(account, linkage.document.provider)
    repeated = {"passphraseToLink": coded(tpp, account.linkage_key)} if tpp.switches.link_repeats_key else {}
    return xml_reply(reply_element(linkage.document, passphrase=made.token, **repeated))


#: LinkAccount's variants: what is checked, and what is then done.
VARIANTS: Final[Mapping[str, tuple[tuple[Check, ...], Callable[[Tpp, Linkage], Reply]]]] = MappingProxyType(
    {
        "retrieve": (BEFORE_RETRIEVING, retrieve),
        "create": (BEFORE_CREATING, create),
        "link": (BEFORE_LINKING, link),
    }
)


def authenticate(tpp: Tpp, visit: Visit) -> Reply:
    """Start a session; its id is the header `suid`. Failures are counted (G5)."""
    document = visit.document
    named = document.attributes.get("providerId", document.provider)  # a client that has none leaves it out
    provider_is_known(tpp, named)
    practice = tpp.world.practice_of(Supplier.TPP, document["unitId"])
    found = tpp.world.link_of(document["passphrase"])
    account = account_at(tpp.world, practice, document["accountId"])
    if practice is None or account is None:
        own = found is not None and found.account.account_id == document["accountId"]
        raise Refused(replace(errors.LOGON_PROBLEM, code=tpp.switches.wrong_unit_code) if own else errors.LOGON_PROBLEM)
    visit.call.person = account.person
    refuse(errors.NO_ACCESS, when=not (practice.live and practice.online))
    refuse_login(tpp, {named, document.provider}, account, found)
    if found is None:
        raise Refused(errors.LOGON_PROBLEM)
    account.failed_logins = 0
    return session_reply(tpp, document, practice, found)


def refuse_login(tpp: Tpp, named: set[str], account: Account, found: Link | None) -> None:
    """Raise Refused, and count it, unless the passphrase is this account's, alive, and of whoever is *named*."""
    own = found is not None and found.account is account
    if own and found is not None and tpp.world.opens_sessions(found):
        if named == {found.application}:
            return
        raise Refused(replace(errors.LOGON_PROBLEM, code=tpp.switches.provider_mismatch_code))
    tpp.world.failed_login(account)
    ended = not account.is_open
    raise Refused(replace(errors.LOGON_PROBLEM, code=tpp.switches.locked_logon_code) if ended else errors.LOGON_PROBLEM)


def session_reply(tpp: Tpp, document: Document, practice: Practice, found: Link) -> Reply:
    """AuthenticateReply with the header `suid`; Person is repeated for everybody for whom the patient may act."""
    people, form = people_shown(tpp, found), form_of(tpp)
    reply = reply_element(document, onlineUserId=patient_id(people[0]), patientId=patient_id(people[0]))
    etree.SubElement(reply, "User").append(person_element(people[0], form))
    reply.extend(person_element(person, form) for person in people)
    accesses = etree.SubElement(reply, "Registration")
    accesses.extend(access_element(person, practice.name, form) for person in people)
    return xml_reply(reply, headers={"suid": tpp.sessions.open(found.token)})


def select_patient(tpp: Tpp, visit: Visit) -> Reply:
    """PatientSelected, by patientId or the patient's own: also how a session is kept alive."""
    people = people_shown(tpp, link_in_session(tpp, visit))
    wanted = visit.document.attributes.get("patientId", patient_id(people[0]))
    chosen = next((person for person in people if patient_id(person) == wanted), None)
    if chosen is None:
        raise Refused(errors.NO_ACCESS)
    reply = reply_element(visit.document, patientId=patient_id(chosen), onlineUserId=patient_id(people[0]))
    reply.append(person_element(chosen, form_of(tpp)))
    return in_session(tpp, visit, reply)


def list_accesses(tpp: Tpp, visit: Visit) -> Reply:
    """ListServiceAccesses."""
    found = link_in_session(tpp, visit)
    status, description = ("A", "Available") if found.account.services_on else ("U", "Unavailable")
    people = people_shown(tpp, found)
    shown = visit.document.attributes.get("patientId", patient_id(people[0]))
    reply = reply_element(visit.document, patientId=shown, onlineUserId=patient_id(people[0]))
    for identifier, name in SERVICES:
        attributes = {"serviceIdentifier": identifier, "description": name, "status": status, "statusDesc": description}
        etree.SubElement(reply, "ServiceAccess", attributes)
    return in_session(tpp, visit, reply)


def log_off(tpp: Tpp, visit: Visit) -> Reply:
    """Logoff; a second one is told that nobody is logged on."""
    token = tpp.sessions.use(visit.suid)
    refuse(errors.NOT_LOGGED_ON, when=token is None)
    found = tpp.world.link_of(token or "")
    if found is not None:
        visit.call.person = found.account.person
    tpp.sessions.close(visit.suid)
    return xml_reply(reply_element(visit.document))


#: By root element, which the header `type` names as well.
OPERATIONS: Final[Mapping[str, Callable[[Tpp, Visit], Reply]]] = MappingProxyType(
    {
        "LinkAccount": link_account,
        "Authenticate": authenticate,
        "PatientSelected": select_patient,
        "ListServiceAccesses": list_accesses,
        "Logoff": log_off,
    }
)


def provider_is_known(tpp: Tpp, provider: str) -> None:
    """5."""
    refuse(errors.PROVIDER_UNKNOWN, when=provider not in tpp.providers)


def link_in_session(tpp: Tpp, visit: Visit) -> Link:
    """What opened the session of this suid; raises Refused with 3."""
    found = tpp.world.link_of(tpp.sessions.use(visit.suid) or "")
    if found is None or not tpp.world.keeps_sessions(found):
        raise Refused(errors.SESSION_GONE)
    visit.call.person = found.account.person
    return found


def people_shown(tpp: Tpp, found: Link) -> list[Patient]:
    """The holder of the account, then everybody for whom they may act."""
    slugs = (found.account.person, *tpp.world.patient(found.account.person).acts_for)
    return [tpp.world.shown_for(tpp.world.patient(slug)) for slug in slugs]


def form_of(tpp: Tpp) -> Form:
    """As the switches say."""
    return Form(tpp.switches.national_id, tpp.switches.person_fields, tpp.switches.spaced_numbers)


def in_session(tpp: Tpp, visit: Visit, reply: _Element) -> Reply:
    """The answer to a call in a session, with another suid where they rotate."""
    headers = {"suid": tpp.sessions.rename(visit.suid)} if tpp.switches.suid_rotates else {}
    return xml_reply(reply, headers=headers)


def coded(tpp: Tpp, key: str) -> str:
    """passphraseToLink, with its special signs as entities when it is their turn. A bare ampersand would be ambiguous."""
    coding = tpp.switches.entity_coding
    wanted = coding is EntityCoding.ALWAYS or (coding is EntityCoding.SOMETIMES and tpp.turns.take())
    return as_entities(key) if wanted or "&" in key else key


def account_at(world: World, practice: Practice | None, account_id: str) -> Account | None:
    """The account of this number at this practice."""
    return world.account_numbered(Supplier.TPP, practice.code, account_id) if practice is not None else None


def person_in(linkage: Linkage) -> str:
    """For the journal: whom a LinkAccount is about, as far as the world can tell."""
    attributes = linkage.document.attributes
    if "nhsNumber" in attributes:
        patient = patient_numbered(linkage.world, attributes["nhsNumber"])
        return patient.slug if patient is not None else ""
    practice = linkage.world.practice_of(Supplier.TPP, attributes.get("organisationCode", ""))
    account = account_at(linkage.world, practice, attributes.get("accountId", ""))
    return account.person if account is not None else ""
