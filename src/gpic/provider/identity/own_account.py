"""What somebody may change about their own account: password, phone, remembered devices, what they share (N6)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from gpic.nhs.clock import Clocks
from gpic.provider.accounts import Account
from gpic.provider.identity import letters
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.enrolment import Mistake, phone_number, weakness
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import (
    Allowances,
    CodeSent,
    Courier,
    CourierAway,
    Device,
    Devices,
    Letter,
    NotDelivered,
    OneTimeCodes,
    TooManyCodes,
)
from gpic.provider.identity.step_up import ChangingAccounts
from gpic.provider.passwords import Hashing
from gpic.provider.ports import Consents, Sessions
from gpic.provider.randomness import random_text

LOG: Final = logging.getLogger("gpic.provider")


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """Everything here is done by somebody who is signed in. What returns a Mistake returns None when it is done."""

    accounts: ChangingAccounts
    sessions: Sessions
    consents: Consents
    devices: Devices
    codes: OneTimeCodes
    allowances: Allowances
    courier: Courier
    clocks: Clocks = field(default_factory=Clocks)
    policy: IdentityPolicy = field(default_factory=IdentityPolicy)
    hashing: Hashing = field(default_factory=Hashing)
    new_text: Callable[[], str] = random_text

    async def change_password(self, account: Account, session_id: str, old: str, new: str) -> Mistake | None:
        """Whoever is signed in elsewhere is so no more, and every device is asked for a code again."""
        mistake = await self._not_the_owner(account, old) or weakness(new, account.email, self.policy.shortest_password)
        if mistake is not None:
            return mistake
        password_hash = await self.hashing.hashed(new)
        await self.accounts.change(
            account.subject, lambda known, secrets: (known, replace(secrets, password_hash=password_hash))
        )
        await self.sessions.end_all(account.subject, session_id)
        await self.devices.forget(account.subject)
        await self._tell(account, letters.password_changed())
        return None

    async def ask_for_phone(self, account: Account, password: str, said: str) -> Mistake | None:
        """A code to the new phone, for somebody who knows the password."""
        number = phone_number(said)
        if not number:
            return Mistake.PHONE_UNREADABLE
        mistake = await self._not_the_owner(account, password)
        if mistake is not None:
            return mistake
        match await self.codes.send(Contact.phone(number), _about(account)):
            case CodeSent():
                return None
            case TooManyCodes():
                return Mistake.CODES_TOO_MANY
            case NotDelivered():
                return Mistake.NOT_DELIVERED

    async def change_phone(self, account: Account, said: str, code: str) -> Mistake | None:
        """The number is theirs: the code that went there has come back."""
        number = phone_number(said)
        if not number or not await self.codes.check(Contact.phone(number), _about(account), code.strip()):
            return Mistake.CODE_WRONG
        await self.accounts.change(account.subject, lambda known, secrets: (_reached_at(known, number), secrets))
        await self._tell(account, letters.phone_changed())
        return None

    async def stop_sharing(self, account: Account, client_id: str) -> None:
        """N6: the claim ends at the next `/userinfo`, live access tokens included."""
        await self.consents.withdraw(account.subject, client_id, self.clocks.world.now())

    async def remember(self, account: Account, name: str) -> Device:
        """This browser stands for the code from now on (Cd)."""
        now = self.clocks.world.now()
        expires = now + self.policy.device_lifetime
        device = Device(self.new_text(), account.subject, name, now, expires, self.new_text())
        await self.devices.remember(device)
        return device

    async def _not_the_owner(self, account: Account, password: str) -> Mistake | None:
        """A stolen session alone changes nothing, and does not serve for guessing."""
        policy, what = self.policy, f"own-password|{account.subject}"
        wait = await self.allowances.claim(what, policy.passwords_tried, policy.passwords_within, self.clocks.wire.now())
        if wait is not None:
            return Mistake.TOO_OFTEN
        found = await self.accounts.by_email(account.email)
        is_right = found is not None and await self.hashing.matches(found[1].password_hash, password)
        return None if is_right else Mistake.PASSWORD_WRONG

    async def _tell(self, account: Account, letter: Letter) -> None:
        """By e-mail. What is done is done, whether or not it arrives."""
        try:
            await self.courier.deliver(Contact.email(account.email), letter)
        except CourierAway as away:
            LOG.warning("a letter could not be delivered", extra={"detail": type(away.__cause__).__name__})


def _reached_at(account: Account, number: str) -> Account:
    """PDS knows nothing of this number yet."""
    return replace(account, phone=number, phone_verified=True, phone_pds_matched=False)


def _about(account: Account) -> str:
    return f"phone:{account.subject}"
