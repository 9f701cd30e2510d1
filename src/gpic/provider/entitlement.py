"""Who may be given GP credentials at all (N5)."""

from __future__ import annotations

from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.accounts import Account
from gpic.provider.clients import Client
from gpic.provider.policy import ProviderPolicy
from gpic.provider.scopes import GP_CREDENTIALS


def may_have_gp_credentials(
    scopes: frozenset[str], client: Client, account: Account, vot: Vector, policy: ProviderPolicy
) -> bool:
    """Decided before any GP call and again at /userinfo: the scope, an admitted client, P9 and two factors (N5, N6).

    *vot* is what the login's tokens say: a partner that asked for `P0.Cp.Cd` gets no claim, whoever signed in.
    """
    return (
        GP_CREDENTIALS in scopes & client.scopes
        and (client.im1_enabled or not policy.require_im1)
        and account.level is ProofingLevel.P9
        and vot.level is ProofingLevel.P9
        and vot.has_two_factors
    )
