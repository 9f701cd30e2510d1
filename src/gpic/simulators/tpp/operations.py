"""What TPP does with a readable document of a known provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from lxml import etree

from gpic.simulators.accounts import Account, Link
from gpic.simulators.lane import Call, Reply
from gpic.simulators.people import Patient, Practice, Supplier
from gpic.simulators.sessions import Sessions
from gpic.simulators.tpp import errors
from gpic.simulators.tpp.documents import Document, as_entities, patient_id, person_element, reply_element, xml_reply
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
    sessions: Sessions[Link]
    turns: Turns = field(default_factory=Turns)


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
    account_id, key = tpp.world.details_of(account) if account is not None else ("", "")
    return xml_reply(reply_element(linkage.document, accountId=account_id, passphraseToLink=coded(tpp, key)))


def create(tpp: Tpp, linkage: Linkage) -> Reply:
    """An account, its key, and a passphrase of the caller's own. Where there is an account already, that one."""
    account = linkage.account_or_none() or tpp.world.open_account(linkage.patient().slug)
    account_id, key = tpp.world.details_of(account)
    made = tpp.world.link(account, linkage.document.provider)
    attributes = {"accountId": account_id, "passphrase": made.token, "passphraseToLink": coded(tpp, key)}
    return xml_reply(reply_element(linkage.document, **attributes))


def link(tpp: Tpp, linkage: Linkage) -> Reply:
    """A passphrase that belongs to the calling provider."""
    made = tpp.world.link(linkage.account(), linkage.document.provider)
    return xml_reply(reply_element(linkage.document, passphrase=made.token))


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
    provider_is_known(tpp, document["providerId"])
    practice = tpp.world.practice_of(Supplier.TPP, document["unitId"])
    account = account_at(tpp.world, practice, document["accountId"])
    if practice is None or account is None:
        raise Refused(errors.LOGON_PROBLEM)
    visit.call.person = account.person
    refuse(errors.NO_ACCESS, when=not (practice.live and practice.online))
    found = tpp.world.link_of(document["passphrase"])
    refuse_login(tpp, document, account, found)
    if found is None:
        raise Refused(errors.LOGON_PROBLEM)
    account.failed_logins = 0
    return session_reply(tpp, document, practice, found)


def refuse_login(tpp: Tpp, document: Document, account: Account, found: Link | None) -> None:
    """Raise Refused, and count it, unless the passphrase is this account's, alive, and of this provider."""
    own = found is not None and found.account is account
    if own and found is not None and tpp.world.opens_sessions(found):
        if found.application == document["providerId"] == document.provider:
            return
        raise Refused(errors.TppError(tpp.switches.provider_mismatch_code, errors.LOGON_PROBLEM.message))
    tpp.world.failed_login(account)
    raise Refused(errors.LOGON_PROBLEM)


def session_reply(tpp: Tpp, document: Document, practice: Practice, found: Link) -> Reply:
    """AuthenticateReply with the header `suid`."""
    shown = tpp.world.shown_for(tpp.world.patient(found.account.person))
    reply = reply_element(document, onlineUserId=patient_id(shown), patientId=patient_id(shown))
    etree.SubElement(reply, "User").append(person_element(shown, tpp.switches.national_id))
    reply.append(person_element(shown, tpp.switches.national_id))
    access = etree.SubElement(etree.SubElement(reply, "Registration"), "PatientAccess", {"patientId": patient_id(shown)})
    etree.SubElement(access, "SiteDetails", {"unitName": practice.name})
    return xml_reply(reply, headers={"suid": tpp.sessions.open(found)})


def select_patient(tpp: Tpp, visit: Visit) -> Reply:
    """PatientSelected: also how a session is kept alive."""
    shown = shown_in_session(tpp, visit)
    reply = reply_element(visit.document, patientId=patient_id(shown))
    reply.append(person_element(shown, tpp.switches.national_id))
    return xml_reply(reply)


def list_accesses(tpp: Tpp, visit: Visit) -> Reply:
    """ListServiceAccesses."""
    shown_in_session(tpp, visit)
    reply = reply_element(visit.document)
    for identifier, description in SERVICES:
        attributes = {"serviceIdentifier": identifier, "description": description, "status": "A", "statusDesc": "Available"}
        etree.SubElement(reply, "ServiceAccess", attributes)
    return xml_reply(reply)


def log_off(tpp: Tpp, visit: Visit) -> Reply:
    """Logoff; a second one is told that nobody is logged on."""
    found = tpp.sessions.use(visit.suid)
    refuse(errors.NOT_LOGGED_ON, when=found is None)
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


def shown_in_session(tpp: Tpp, visit: Visit) -> Patient:
    """Whom the session of this suid shows; raises Refused with 3."""
    found = tpp.sessions.use(visit.suid)
    if found is None or not tpp.world.opens_sessions(found):
        raise Refused(errors.SESSION_GONE)
    visit.call.person = found.account.person
    return tpp.world.shown_for(tpp.world.patient(found.account.person))


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
