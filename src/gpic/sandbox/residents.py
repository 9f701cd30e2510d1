"""The world's patients as people with NHS login accounts. All of them are invented."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Final

from gpic.credentials.holding import PersonId
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.passwords import hash_password
from gpic.provider.ports import Accounts
from gpic.sandbox.walk import Traveller
from gpic.simulators.people import Patient
from gpic.simulators.world import World

#: Everybody's in the sandbox; there is nothing behind it that a password could protect.
PASSWORD: Final = "sandbox-only-1948"  # noqa: S105 - printed for everybody who starts a sandbox
CODE: Final = "123456"  #: every one-time code of a sandbox, so that scripts can type it


def travellers(world: World) -> dict[str, Traveller]:
    """Everybody who can sign in, and with what, by slug."""
    people = (patient for patient in world.patients.values() if patient.email)
    return {patient.slug: Traveller(patient.slug, patient.email, PASSWORD, CODE, details_of(patient)) for patient in people}


def details_of(patient: Patient) -> dict[str, str]:
    """What somebody writes who proves who they are."""
    year, month, day = patient.birth_date.split("-")
    return {
        "nhs_number": patient.number.digits,
        "family_name": patient.family_name,
        "birth_day": day,
        "birth_month": month,
        "birth_year": year,
    }


async def settle_in(world: World, accounts: Accounts) -> dict[str, Account]:
    """Give every patient who has an e-mail address, and none yet, an NHS login account; everybody's, by slug."""
    settled = {slug: await accounts.by_email(who.email) for slug, who in travellers(world).items()}
    strangers = [slug for slug, found in settled.items() if found is None]
    there = {slug: found[0] for slug, found in settled.items() if found is not None}
    known = SignInSecrets(hash_password(PASSWORD)) if strangers else SignInSecrets("")
    for slug in strangers:
        patient = world.patient(slug)
        person = await accounts.person_of(patient.number) or PersonId(secrets.token_urlsafe(24))
        there[slug] = account_of(patient, person)
        await accounts.put(there[slug], known)
    return there


def account_of(patient: Patient, person: PersonId) -> Account:
    """What NHS login knows of a patient; below P5 nothing of the person behind the account."""
    level = ProofingLevel[patient.level]
    account = Account(
        subject=secrets.token_urlsafe(24),
        person=person,
        email=patient.email.lower(),
        phone=patient.phone,
        level=level,
    )
    if level < ProofingLevel.P5:
        return account
    return replace(
        account,
        nhs_number=patient.number,
        family_name=patient.family_name,
        given_name=patient.given_name,
        birth_date=patient.birth_date,
        practice=OdsCode(patient.pds.practice) if patient.pds.practice else None,
        phone_pds_matched=bool(patient.phone),
    )
