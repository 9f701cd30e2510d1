"""Headers of answers: nothing foreign is admitted, nothing private is kept (`attacks-and-interop.md` 7, 8, 28)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gpic.provider.policy import ProviderPolicy

SECONDS_TO_KEEP_METADATA: Final = 300
SECONDS_TO_KEEP_ASSETS: Final = 3600

#: On every answer; an answer with better ones keeps its own.
SECURITY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
#: A page shows our own styles, pictures and scripts, and has nothing to send.
PAGE_CONTENT: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
NEVER_KEPT: Final[Mapping[str, str]] = MappingProxyType({"Cache-Control": "no-store", "Pragma": "no-cache"})
#: Metadata and keys are public, for scripts of any site, too.
OPEN: Final[Mapping[str, str]] = MappingProxyType(
    {"Cache-Control": f"public, max-age={SECONDS_TO_KEEP_METADATA}", "Access-Control-Allow-Origin": "*"}
)
#: Styles and pictures are the same for everybody, and their names do not change with their content.
ASSETS: Final = "/assets/"
KEPT_A_WHILE: Final[Mapping[str, str]] = MappingProxyType({"Cache-Control": f"public, max-age={SECONDS_TO_KEEP_ASSETS}"})
HSTS: Final[Mapping[str, str]] = MappingProxyType({"Strict-Transport-Security": "max-age=31536000; includeSubDomains"})


def as_sent(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """As ASGI sends them."""
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


def security(policy: ProviderPolicy) -> dict[str, str]:
    """What belongs on every answer of this provider."""
    return {**SECURITY, **(HSTS if policy.is_secure else {})}


def keeping(path: str, status: int) -> Mapping[str, str]:
    """How long an answer may be kept that does not say so itself: assets that were found, for a while; nothing else."""
    is_asset = path.startswith(ASSETS) and status in {200, 206, 304}
    return KEPT_A_WHILE if is_asset else NEVER_KEPT
