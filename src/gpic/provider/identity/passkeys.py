"""Passkeys (WebAuthn): one factor that is two, Cm in a vector of trust (`nhs-login.md` §7)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar
from urllib.parse import urlsplit

import webauthn
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from gpic.nhs.clock import Clock, SystemClock
from gpic.provider.accounts import Account
from gpic.provider.identity.attempts import SignedIn, SignInRefused, TooManyAttempts
from gpic.provider.identity.ports import Passkey, Passkeys
from gpic.provider.ports import Accounts
from gpic.provider.stages import Interaction

LOG: Final = logging.getLogger("gpic.provider")
OURSELVES: Final = "NHS login simulator (gpic)"
MOST_PASSKEYS: Final = 20  #: of one account
LONGEST_CREDENTIAL: Final = 16_384
REQUIRED: Final = UserVerificationRequirement.REQUIRED  #: whoever finds the device must not be let in by it

Verified = TypeVar("Verified", VerifiedRegistration, VerifiedAuthentication, AuthenticationCredential)


@dataclass(frozen=True, slots=True)
class PasskeyDesk:
    """Making them and signing in with them. Challenges come from whoever calls: fresh for each page, and bound to it."""

    issuer: str
    accounts: Accounts
    passkeys: Passkeys
    clock: Clock = field(default_factory=SystemClock)  #: world
    most_attempts: int = 5

    @property
    def rp_id(self) -> str:
        """Our host: passkeys know no port and no IP address."""
        return urlsplit(self.issuer).hostname or ""

    def asked(self, challenge: bytes) -> str:
        """What a browser's `navigator.credentials.get` is asked, as JSON; whoever sits there chooses the account."""
        options = webauthn.generate_authentication_options(rp_id=self.rp_id, challenge=challenge, user_verification=REQUIRED)
        return webauthn.options_to_json(options)

    async def sign_in(
        self, interaction: Interaction, challenge: bytes, credential: str
    ) -> SignedIn | SignInRefused | TooManyAttempts:
        """Whoever holds the key; what is wrong is told to the log alone."""
        if interaction.attempts >= self.most_attempts:
            return TooManyAttempts(interaction)
        account = await self._owner(challenge, credential)
        if account is None:
            counted = replace(interaction, attempts=interaction.attempts + 1)
            return TooManyAttempts(counted) if counted.attempts >= self.most_attempts else SignInRefused(counted)
        return SignedIn(interaction, account, frozenset("m"))

    async def wanted(self, account: Account, challenge: bytes) -> str:
        """What `navigator.credentials.create` is asked, as JSON; an authenticator that has one of this account makes none."""
        known = await self.passkeys.of(account.subject)
        options = webauthn.generate_registration_options(
            rp_id=self.rp_id,
            rp_name=OURSELVES,
            user_name=account.email,
            user_id=account.subject.encode(),
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one.id)) for one in known],
        )
        return webauthn.options_to_json(options)

    async def add(self, account: Account, challenge: bytes, credential: str, name: str) -> Passkey | None:
        """The new passkey, None where what the browser brought proves none."""
        verified = _read(
            credential,
            lambda: webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=self.issuer,
                require_user_verification=True,
            ),
        )
        if verified is None or len(await self.passkeys.of(account.subject)) >= MOST_PASSKEYS:
            return None
        passkey = Passkey(
            id=bytes_to_base64url(verified.credential_id),
            subject=account.subject,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            name=name,
            since=self.clock.now(),
        )
        return passkey if await self.passkeys.keep(passkey) else None

    async def _owner(self, challenge: bytes, credential: str) -> Account | None:
        parsed = _read(credential, lambda: parse_authentication_credential_json(credential))
        passkey = await self.passkeys.find(parsed.id) if parsed is not None else None
        if parsed is None or passkey is None or not _names(parsed, passkey.subject):
            return None
        verified = _read(credential, lambda: self._verified(parsed, challenge, passkey))
        if verified is None or not await self.passkeys.note_use(passkey, verified.new_sign_count):
            return None
        return await self.accounts.by_subject(passkey.subject)

    def _verified(self, parsed: AuthenticationCredential, challenge: bytes, passkey: Passkey) -> VerifiedAuthentication:
        """A count that does not rise betrays a copied authenticator, and is refused by the library."""
        return webauthn.verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=self.rp_id,
            expected_origin=self.issuer,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )


def _names(parsed: AuthenticationCredential, subject: str) -> bool:
    """The authenticator says whose key it is; without a word it is the one that we know."""
    handle = parsed.response.user_handle
    return handle is None or handle == subject.encode()


def _read(credential: str, work: Callable[[], Verified]) -> Verified | None:
    """None where this is not what a browser makes for us; the library's words may quote it, so they are not logged."""
    if len(credential) > LONGEST_CREDENTIAL:
        return None
    try:
        return work()
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError) as refused:
        LOG.info("a passkey was refused", extra={"detail": type(refused).__name__})
        return None
