"""People: who they are, what the practice's system has, what NHS login holds and what each partner holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditRecord
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.secret import Secret
from gpic.sandbox.control import shapes
from gpic.sandbox.control.desk import UNNAMED, Desk
from gpic.sandbox.control.told import shown
from gpic.sandbox.residents import settle_in, travellers
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.simulators.accounts import Account, Link
from gpic.simulators.ids import synthetic_numbers
from gpic.simulators.people import Patient, PdsRecord, Practice
from gpic.simulators.register import AlreadyThere

MASKED_NUMBER: Final = "••• ••• "
LAST_DIGITS: Final = 4
LATEST_LINES: Final = 20


class PersonQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the NHS number is shown whole."""

    reveal: bool = False


async def all_people(desk: Desk) -> list[shapes.PersonLine]:
    """Everybody, a line each."""
    return [await _line(desk, patient) for patient in desk.stage.world.patients.values()]


async def one_person(desk: Desk, path: Mapping[str, str], query: PersonQuery) -> shapes.Person:
    """Everything about one person. Raises Unheard."""
    world, patient = desk.stage.world, desk.stage.world.patient(path["slug"])
    practice, account = _practice(desk, patient), world.account_of(patient.slug)
    return shapes.Person(
        slug=patient.slug,
        name=patient.full_name,
        birth_date=patient.birth_date,
        sex=patient.sex,
        email=patient.email,
        phone=patient.phone,
        nhs_number=patient.number.digits if query.reveal else MASKED_NUMBER + patient.number.digits[-LAST_DIGITS:],
        level=patient.level,
        practice=practice.code.code if practice else "",
        practice_name=practice.name if practice else UNNAMED,
        system=practice.supplier.value if practice else "",
        standing=patient.standing.value,
        acts_for=list(patient.acts_for),
        shown_as=patient.shown_as,
        pds=_pds(world.pds_record(patient)),
        account=_account(desk, account) if account is not None else None,
        former_accounts=[_account(desk, one) for one in world.accounts_of(patient.slug) if one is not account],
        provider=await _held(desk, patient.slug),
        partners=await _partners(desk, patient.slug),
    )


async def add_person(desk: Desk, _: Mapping[str, str], new: shapes.NewPerson) -> shapes.Person:
    """Somebody more, with an NHS login account. Raises AlreadyThere, Unheard (the practice), ValueError."""
    world = desk.stage.world
    practice = world.practice(new.practice)
    if new.slug in world.patients:
        raise AlreadyThere(new.slug)
    number = next(one for one in synthetic_numbers() if world.holder_of(one) is None)
    patient = Patient(
        slug=new.slug,
        number=number,
        practice=practice.code,
        given_name=new.given_name,
        family_name=new.family_name,
        birth_date=new.birth_date,
        title=new.title,
        sex=new.sex,
        email=f"{new.slug}@example.test",
        phone=f"07700900{len(world.patients) % 900 + 100}",
        level=new.level,
        pds=PdsRecord(practice=practice.code.code),
    )
    world.add_patient(patient, account=new.account)
    await _settle_in(desk)
    desk.stream.tell("person", new.slug)
    return await one_person(desk, {"slug": new.slug}, PersonQuery())


async def _settle_in(desk: Desk) -> None:
    stage = desk.stage
    stage.accounts.update(await settle_in(stage.world, stage.nhs_login.cabinets.accounts))
    stage.people.update(travellers(stage.world))
    for slug, account in stage.accounts.items():
        desk.who.note(slug, account)
    if desk.theatre.ground.script.scripted_sign_in:
        stage.nhs_login.scripted.emails.update({slug: who.email for slug, who in stage.people.items()})


async def _line(desk: Desk, patient: Patient) -> shapes.PersonLine:
    practice, holding = _practice(desk, patient), await _holding(desk, patient.slug)
    return shapes.PersonLine(
        slug=patient.slug,
        name=patient.full_name,
        level=patient.level,
        practice=practice.code.code if practice else "",
        practice_name=practice.name if practice else UNNAMED,
        system=practice.supplier.value if practice else "",
        account=_in_a_word(desk.stage.world.account_of(patient.slug)),
        provider=holding.state.value,
    )


def _practice(desk: Desk, patient: Patient) -> Practice | None:
    return desk.stage.world.practice(patient.practice) if patient.practice is not None else None


def _in_a_word(account: Account | None) -> str:
    if account is None:
        return "none"
    if account.locked:
        return "locked"
    if account.restricted_since is not None:
        return "restricted"
    return "open" if account.is_open and account.key_is_good else "ended"


def _pds(record: PdsRecord) -> shapes.Pds:
    return shapes.Pds(
        practice=record.practice,
        version=record.version,
        confidentiality=record.confidentiality,
        death=record.death.value if record.death is not None else "",
        superseded_by=record.superseded_by,
        invalidated=record.invalidated,
    )


def _account(desk: Desk, account: Account) -> shapes.Account:
    return shapes.Account(
        practice=account.practice.code,
        system=account.supplier.value,
        status=account.status_shown.value,
        details=shown(_details(account, account.linkage_key).fingerprint),
        key_is_good=account.key_is_good,
        locked=account.locked,
        restricted=account.restricted_since is not None,
        services_on=account.services_on,
        failed_logins=account.failed_logins,
        opened_at=account.opened_at,
        links=[_link(name, link) for name, link in _named_links(desk, account).items()],
    )


def _details(account: Account, key: str) -> GpCredentials:
    """As NHS login and partners have them, so that fingerprints can be compared."""
    return GpCredentials(account.account_id, account.practice, Secret(key))


def _link(name: str, link: Link) -> shapes.Link:
    return shapes.Link(
        application=name,
        token=_fingerprint(link),
        works=link.works,
        of_present_key=link.made_from == link.account.linkage_key,
    )


def _fingerprint(link: Link) -> str:
    return shown(Im1Token(link.account.supplier.value, Secret(link.token)).fingerprint)


def _bought(desk: Desk, token: Im1Token | None) -> Link | None:
    """What the GP system has for this token. An adapter keeps a token in a form of its own, with the supplier's text in it."""
    text = token.text.reveal() if token is not None else ""
    try:
        form: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        form = text
    texts = form.values() if isinstance(form, dict) else [text]
    return next((link for one in texts if (link := desk.stage.world.link_of(str(one))) is not None), None)


def _shown_token(desk: Desk, token: Im1Token | None) -> str:
    """Of the supplier's own text, so that it compares with what the GP system has."""
    if token is None:
        return ""
    link = _bought(desk, token)
    return _fingerprint(link) if link is not None else shown(token.fingerprint)


async def _holding(desk: Desk, slug: str) -> Holding:
    account = await desk.account_of(slug)
    if account is None:
        return Holding(PersonId(""), State.EMPTY)
    return await desk.stage.nhs_login.cabinets.holdings.load(account.person)


async def _held(desk: Desk, slug: str) -> shapes.Held:
    holding = await _holding(desk, slug)
    trail = await desk.stage.nhs_login.cabinets.holdings.trail(holding.person) if holding.person else ()
    return shapes.Held(
        state=holding.state.value,
        version=holding.version,
        system=holding.supplier,
        practice=holding.practice.code if holding.practice is not None else "",
        details=shown(holding.details.fingerprint) if holding.details is not None else "",
        token=_shown_token(desk, holding.token),
        rejected=len(holding.rejected),
        refusal=holding.refusal.value if holding.refusal is not None else "",
        tries=holding.tries,
        silences=holding.silences,
        next_try_at=holding.next_try_at,
        registered_at=holding.registered_at,
        checked_at=holding.checked_at,
        trail=[_trail_line(desk, record) for record in trail[-LATEST_LINES:]],
    )


def _trail_line(desk: Desk, record: AuditRecord) -> shapes.TrailLine:
    partner = desk.name_of(record.client_id) if record.client_id else ""
    return shapes.TrailLine(at=record.at, event=record.event.value, version=record.version, partner=partner, why=record.why)


async def _partners(desk: Desk, slug: str) -> list[shapes.PartnerHolds]:
    """The sample partner by its own store; others by the last token that a GP system gave them."""
    sample = await _sample(desk, slug)
    latest: dict[str, Link] = {}
    for account in desk.stage.world.accounts_of(slug):
        latest |= {name: link for name, link in _named_links(desk, account).items() if name not in {NHS_LOGIN, PARTNER}}
    others = [
        shapes.PartnerHolds(
            partner=name,
            known_from="gp-system",
            practice=link.account.practice.code,
            system=link.account.supplier.value,
            details=shown(_details(link.account, link.made_from).fingerprint),
            token=_fingerprint(link),
            works=link.works,
            mark="",
        )
        for name, link in latest.items()
    ]
    return [*sample, *others]


def _named_links(desk: Desk, account: Account) -> dict[str, Link]:
    """What applications have at this account, under the names of who they are."""
    callers = desk.stage.callers
    names = (
        callers.emis_applications
        | callers.tpp_providers
        | {client_id: name for client_id, (name, _) in callers.medicus_applications.items()}
    )
    return {names.get(application, application): link for application, link in account.links.items()}


async def _sample(desk: Desk, slug: str) -> list[shapes.PartnerHolds]:
    account = await desk.account_of(slug)
    linkage = await desk.stage.sample.rows.of(account.subject) if account is not None else None
    if linkage is None:
        return []
    token, details = linkage.token, linkage.details
    there = _bought(desk, token)
    return [
        shapes.PartnerHolds(
            partner=PARTNER,
            known_from="store",
            practice=details.ods_code.code if details is not None else "",
            system=token.supplier if token is not None else "",
            details=shown(details.fingerprint) if details is not None else "",
            token=_shown_token(desk, token),
            works=there is not None and there.works,
            mark=linkage.token_mark.value,
        )
    ]
