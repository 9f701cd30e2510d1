"""What every grant works with: the cabinets, the keys, and how a reply is put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gpic.jose.keys import Keys
from gpic.jose.sign import sign
from gpic.nhs.clock import Clocks
from gpic.provider.clients import Client
from gpic.provider.errors import GrantInvalid
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Accounts, Clients, Codes, Consents, Families, Grant
from gpic.provider.randomness import random_text
from gpic.provider.scopes import in_order, still_shared
from gpic.provider.token.authentication import AuthenticatedClient
from gpic.provider.token.claims import ACCESS_TOKEN, ID_TOKEN, Issue, stated


@dataclass(frozen=True, slots=True, repr=False)
class TokenReply:
    """What the partner gets. *id_token* is "" after a refresh (`nhs-login.md` §3)."""

    access_token: str
    expires_in: int  #: seconds
    scope: str
    refresh_token: str
    id_token: str = ""

    def fields(self) -> dict[str, str | int]:
        """The members of the JSON reply."""
        id_token = {"id_token": self.id_token} if self.id_token else {}
        return {
            "access_token": self.access_token,
            "token_type": "bearer",
            "expires_in": self.expires_in,
            "scope": self.scope,
            "refresh_token": self.refresh_token,
            **id_token,
        }


#: A grant whose form is read: what remains to be done for the client that proves itself. Raises TokenRefused.
Answering = Callable[[AuthenticatedClient, "Desk"], Awaitable[TokenReply]]


@dataclass(frozen=True, slots=True)
class Desk:
    """The token endpoint's cabinets, keys, clocks and settings."""

    clients: Clients
    accounts: Accounts
    consents: Consents
    codes: Codes
    families: Families
    keys: Keys
    policy: ProviderPolicy
    clocks: Clocks = field(default_factory=Clocks)
    new_text: Callable[[], str] = random_text  #: for jti and refresh tokens

    async def reply(
        self, client: Client, grant: Grant, scopes: frozenset[str], refresh_token: str, *, with_id_token: bool
    ) -> TokenReply:
        """Tokens for what of *scopes* is still shared (N6); raises GrantInvalid when the account is gone."""
        account = await self.accounts.by_subject(grant.subject)
        if account is None:
            raise GrantInvalid(detail="the account is gone")
        shared = still_shared(scopes, await self.consents.agreed(grant.subject, grant.client_id), client.scopes)
        now = self.clocks.wire.now()
        access = Issue(grant, account, shared, self.policy, now, self.new_text())
        # A login issues one ID token: its jti is the family's name, by which an asserted identity finds it again (N23).
        identity = Issue(grant, account, shared, self.policy, now, grant.family)
        return TokenReply(
            access_token=sign(stated(ACCESS_TOKEN, access), self.keys.current),
            expires_in=int(self.policy.access_token_lifetime.total_seconds()),
            scope=in_order(shared),
            refresh_token=refresh_token,
            id_token=sign(stated(ID_TOKEN, identity), self.keys.current, client.algorithm) if with_id_token else "",
        )
