"""docs/reference/scopes.md: every scope, the claims that it gives, and from which level of identity."""

from __future__ import annotations

from typing import Final

from gpic.provider.scopes import SCOPES, Scope
from scripts.reference.words import table

INTRODUCTION: Final = """# Scopes and claims

Printed from `gpic.provider.scopes` by `python -m scripts.reference_pages`; a house test keeps it true.

A client asks for scopes that it is registered for; another known one is `invalid_scope`, in every environment, and one that
nobody knows is ignored. A claim is given where the person agreed, the client is still registered for its scope, and the
person's identity is proved to the level named here. What cannot be given is absent, never null.
"""
GP: Final = """## `gp_integration_credentials`

One object, or absent (N4):

| member | is |
|---|---|
| `gp_user_id` | Account ID |
| `gp_ods_code` | the practice's ODS code |
| `gp_linkage_key` | Linkage Key |

Given only at P9 and where the vector of this login holds two factors (N5); with `require_im1`, only to a client with the IM1
mark. A refreshed access token has lost the scope unless `refresh_keeps_gp_scope` is on (N3). Absent does not say why: it may be
that the practice's system has not answered yet (the next login finds it), or that there is a lasting reason.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *table(("scope", "claims", "from level"), (row(one) for one in SCOPES.values())), GP])


def row(scope: Scope) -> tuple[str, str, str]:
    """One scope."""
    claims = ", ".join(f"`{claim}`" for claim in scope.claims) if scope.offered else "known, and not offered here"
    return f"`{scope.name}`", claims, scope.level.name
