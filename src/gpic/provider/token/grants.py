"""The token endpoint: who calls, with which grant, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gpic.provider.errors import GrantTypeUnsupported
from gpic.provider.policy import ProviderPolicy
from gpic.provider.stages import RawRequest
from gpic.provider.token.authentication import authenticate
from gpic.provider.token.desk import Answering, Desk, TokenReply
from gpic.provider.token.form import TokenForm
from gpic.provider.token.redeem import redeem
from gpic.provider.token.refresh import refresh

GRANTS: Final[Mapping[str, Callable[[TokenForm, ProviderPolicy], Answering]]] = MappingProxyType(
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
        """Form → GRANTS reads it → authenticate → the grant answers. Raises TokenRefused.

        The form comes first, so that whatever an authenticated client is told, its assertion is spent
        (`attacks-and-interop.md` 20): the claim is part of the answer's transaction.
        """
        form = TokenForm(raw)
        grant_type = form.required("grant_type")
        if grant_type not in GRANTS:
            raise GrantTypeUnsupported
        answering = GRANTS[grant_type](form, self.desk.policy)
        caller = await authenticate(form, self.desk.clients, self.desk.policy, self.desk.clocks.wire.now())
        return await answering(caller, self.desk)
