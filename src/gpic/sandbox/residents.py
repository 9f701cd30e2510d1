"""The world's patients as people with NHS login accounts. All of them are invented."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from gpic.credentials.holding import PersonId
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.ports import Accounts
from gpic.provider.sign_in import hash_password
from gpic.sandbox.walk import Traveller
from gpic.simulators.people import Patient
from gpic.simulators.world import World

#: Everybody's in the sandbox; there is nothing behind it that a password could protect.
PASSWORD: Final = "sandbox-only-1948"  # noqa: S105 - printed for everybody who starts a sandbox
CODE: Final = "123456"


@dataclass(frozen=True, slots=True)
class FixedCodes:
    """One-time codes of a sandbox: always the same one, sent to nobody."""

    code: str = CODE

    async def send(self, account: Account, interaction_id: str) -> None:
        """Nothing is sent: everybody knows the code."""

    async def check(self, account: Account, interaction_id: str, code: str) -> bool:  # noqa: ARG002 - the port's signature
        """Whether it is the code that everybody knows; it may be used again, so that scripts can."""
        return secrets.compare_digest(self.code.encode(), code.encode())


async def settle_in(world: World, accounts: Accounts) -> Mapping[str, Traveller]:
    """Give every patient who has an e-mail address an NHS login account; who they are, by slug."""
    known = SignInSecrets(hash_password(PASSWORD))
    people = [patient for patient in world.patients.values() if patient.email]
    for patient in people:
        person = await accounts.person_of(patient.number) or PersonId(secrets.token_urlsafe(24))
        await accounts.put(account_of(patient, person), known)
    return {patient.slug: Traveller(patient.slug, patient.email, PASSWORD, CODE) for patient in people}


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
