"""Making an NHS login account at P0: e-mail and phone are proved to be one's own (`nhs-login.md` §7).

e-mail → code → password → phone → code → account. No answer tells whether an address has an account already: its owner is
told by letter, in place of a code.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from gpic.credentials.holding import PersonId
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, EmailTaken, SignInSecrets
from gpic.provider.enrolling import Asked, Enrolling
from gpic.provider.identity import letters
from gpic.provider.identity.attempts import TooManyAttempts
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import CodeSent, NotDelivered, OneTimeCodes, TooManyCodes
from gpic.provider.passwords import Hashing
from gpic.provider.ports import Accounts
from gpic.provider.randomness import random_text
from gpic.provider.stages import Interaction

LONGEST_EMAIL: Final = 254  #: RFC 5321
EMAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")
PHONE: Final = re.compile(r"\+?[0-9]{10,15}")
BETWEEN_DIGITS: Final = str.maketrans("", "", " -().\u00a0")
#: The first to be tried by whoever guesses; whole lists of them belong in front of a provider for real people.
WELL_KNOWN: Final = frozenset(
    {"password", "password1", "password123", "12345678", "123456789", "1234567890", "qwertyuiop", "qwerty123", "iloveyou"}
    | {"11111111", "00000000", "letmein1", "football", "baseball", "sunshine", "princess", "superman", "trustno1", "liverpool"}
)


class Mistake(StrEnum):
    """What can be mended on the page."""

    EMAIL_UNREADABLE = "email-unreadable"
    PHONE_UNREADABLE = "phone-unreadable"
    PASSWORD_SHORT = "password-short"  # noqa: S105 - a name
    PASSWORD_KNOWN = "password-known"  # noqa: S105 - a name
    CODE_WRONG = "code-wrong"
    CODES_TOO_MANY = "codes-too-many"
    NOT_DELIVERED = "not-delivered"
    PASSWORD_WRONG = "password-wrong"  # noqa: S105 - a name
    TOO_OFTEN = "too-often"
    PASSKEY_UNUSABLE = "passkey-unusable"
    START_AGAIN = "start-again"  #: somebody else has made this account meanwhile


@dataclass(frozen=True, slots=True)
class Onward:
    """To the next question."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class Mistaken:
    """The same question again."""

    interaction: Interaction
    mistake: Mistake


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The account is there, and its owner has just proved both factors."""

    interaction: Interaction
    account: Account
    credentials_used: frozenset[str]


Step = Onward | Mistaken | Enrolled | TooManyAttempts


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The questions in their order. Whoever calls saves the interaction that comes back."""

    accounts: Accounts
    codes: OneTimeCodes
    policy: IdentityPolicy = field(default_factory=IdentityPolicy)
    hashing: Hashing = field(default_factory=Hashing)
    most_attempts: int = 5  #: wrong codes in one interaction
    new_id: Callable[[], str] = random_text

    async def answer(self, interaction: Interaction, said: str) -> Step:
        """What was said to the question that the interaction waits at."""
        if interaction.attempts >= self.most_attempts:
            return TooManyAttempts(interaction)
        return await _QUESTIONS[so_far(interaction).asked](self, interaction, said)

    async def send_again(self, interaction: Interaction) -> Step:
        """A fresh code, to whoever waits for one."""
        enrolling = so_far(interaction)
        match enrolling.asked:
            case Asked.EMAIL_CODE:
                return await self._sent(interaction, Contact.email(enrolling.email))
            case Asked.PHONE_CODE:
                return await self._sent(interaction, Contact.phone(enrolling.phone))
            case _:
                return Onward(interaction)

    async def _email(self, interaction: Interaction, said: str) -> Step:
        email = said.strip().lower()
        if len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email):
            return Mistaken(interaction, Mistake.EMAIL_UNREADABLE)
        return await self._sent(_with(interaction, email=email), Contact.email(email), interaction)

    async def _email_code(self, interaction: Interaction, said: str) -> Step:
        if not await self.codes.check(Contact.email(so_far(interaction).email), about(interaction), said.strip()):
            return self._wrong(interaction)
        return Onward(_with(interaction, email_proved=True))

    async def _password(self, interaction: Interaction, said: str) -> Step:
        mistake = weakness(said, so_far(interaction).email, self.policy.shortest_password)
        if mistake is not None:
            return Mistaken(interaction, mistake)
        return Onward(_with(interaction, password_hash=await self.hashing.hashed(said)))

    async def _phone(self, interaction: Interaction, said: str) -> Step:
        number = phone_number(said)
        if not number:
            return Mistaken(interaction, Mistake.PHONE_UNREADABLE)
        return await self._sent(_with(interaction, phone=number), Contact.phone(number), interaction)

    async def _phone_code(self, interaction: Interaction, said: str) -> Step:
        enrolling = so_far(interaction)
        if not await self.codes.check(Contact.phone(enrolling.phone), about(interaction), said.strip()):
            return self._wrong(interaction)
        account = Account(
            subject=self.new_id(),
            person=PersonId(self.new_id()),
            email=enrolling.email,
            phone=enrolling.phone,
            level=ProofingLevel.P0,
        )
        try:
            await self.accounts.put(account, SignInSecrets(enrolling.password_hash))
        except EmailTaken:  # by the same person in another window: whoever reads that mailbox knows
            return Mistaken(replace(interaction, enrolling=Enrolling()), Mistake.START_AGAIN)
        return Enrolled(interaction, account, frozenset("pd"))

    async def _sent(self, interaction: Interaction, to: Contact, otherwise: Interaction | None = None) -> Step:
        """Onward when a code is under way, or a letter in place of one; else a mistake at *otherwise*."""
        is_known = to == Contact.email(to.address) and await self.accounts.by_email(to.address) is not None
        letter = letters.already_registered() if is_known else None
        match await self.codes.send(to, about(interaction), instead=letter):
            case CodeSent():
                return Onward(interaction)
            case TooManyCodes():
                return Mistaken(otherwise or interaction, Mistake.CODES_TOO_MANY)
            case NotDelivered():
                return Mistaken(otherwise or interaction, Mistake.NOT_DELIVERED)

    def _wrong(self, interaction: Interaction) -> Step:
        counted = replace(interaction, attempts=interaction.attempts + 1)
        is_over = counted.attempts >= self.most_attempts
        return TooManyAttempts(counted) if is_over else Mistaken(counted, Mistake.CODE_WRONG)


Question = Callable[[Enrolment, Interaction, str], Awaitable[Step]]

_QUESTIONS: Final[dict[Asked, Question]] = {
    Asked.EMAIL: Enrolment._email,  # noqa: SLF001 - the table belongs to the class above
    Asked.EMAIL_CODE: Enrolment._email_code,  # noqa: SLF001
    Asked.PASSWORD: Enrolment._password,  # noqa: SLF001
    Asked.PHONE: Enrolment._phone,  # noqa: SLF001
    Asked.PHONE_CODE: Enrolment._phone_code,  # noqa: SLF001
}


def begun(interaction: Interaction) -> Interaction:
    """Somebody without an account begins; what was half proved of another account is forgotten."""
    return replace(interaction, enrolling=Enrolling(), half_signed_in="", credentials_used=frozenset())


def given_up(interaction: Interaction) -> Interaction:
    """Back to signing in."""
    return replace(interaction, enrolling=None)


def so_far(interaction: Interaction) -> Enrolling:
    """What was given so far."""
    return interaction.enrolling or Enrolling()


def about(interaction: Interaction) -> str:
    """What codes of this enrolment are about; the one to the phone replaces the one to the mailbox."""
    return f"enrolment:{interaction.id}"


def phone_number(said: str) -> str:
    """A phone number without what people write between digits; "" where it is none."""
    number = said.translate(BETWEEN_DIGITS)
    return number if PHONE.fullmatch(number) else ""


def weakness(password: str, email: str, shortest: int) -> Mistake | None:
    """Why nobody should use this password: too short, known to all, or the owner's own address."""
    if len(password) < shortest:
        return Mistake.PASSWORD_SHORT
    folded = password.casefold()
    if folded in WELL_KNOWN or len(set(folded)) == 1 or folded in {email, email.partition("@")[0]}:
        return Mistake.PASSWORD_KNOWN
    return None


def _with(interaction: Interaction, **given: str | bool) -> Interaction:
    return replace(interaction, enrolling=replace(so_far(interaction), **given))  # type: ignore[arg-type] # fields of Enrolling
