"""The token endpoint: who calls, with which grant, and what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gpic.provider.errors import GrantTypeUnsupported
from gpic.provider.stages import RawRequest
from gpic.provider.token.authentication import AuthenticatedClient, authenticate
from gpic.provider.token.desk import Desk, TokenReply
from gpic.provider.token.form import TokenForm
from gpic.provider.token.redeem import redeem
from gpic.provider.token.refresh import refresh

GRANTS: Final[Mapping[str, Callable[[TokenForm, AuthenticatedClient, Desk], Awaitable[TokenReply]]]] = MappingProxyType(
    {
        "authorization_code": redeem,
        "refresh_token": refresh,
    }
)


@dataclass(frozen=True, slots=True)
class Token:
    """The token endpoint without HTTP."""

    desk: Desk

    async def grant(self, raw: RawRequest) -> TokenReply:
        """Form → authenticate → GRANTS. Raises TokenRefused."""
        form = TokenForm(raw)
        grant_type = form.required("grant_type")
        caller = await authenticate(form, self.desk.clients, self.desk.policy, self.desk.clocks.wire.now())
        if grant_type not in GRANTS:
            raise GrantTypeUnsupported
        return await GRANTS[grant_type](form, caller, self.desk)
