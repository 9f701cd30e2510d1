"""Names and attributes of the provider's cookies; `endpoints` and `web` set the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

from gpic.provider.policy import ProviderPolicy


class CookieAttributes(TypedDict):
    """What every cookie of ours carries, as keyword arguments of a `set_cookie`."""

    path: str
    httponly: bool
    samesite: Literal["lax"]
    secure: bool


@dataclass(frozen=True, slots=True)
class Cookies:
    """*session* holds a session id; *browser* a random text that binds interactions to a browser; *device* a device's token."""

    session: str
    browser: str
    device: str
    secure: bool

    @classmethod
    def of(cls, policy: ProviderPolicy) -> Cookies:
        """`__Host-` names under https; on loopback http plain ones, with role and port, since cookies ignore ports."""
        prefix = "__Host-gpic" if policy.is_secure else f"gpic-provider-{policy.port}"
        return cls(f"{prefix}-session", f"{prefix}-browser", f"{prefix}-device", policy.is_secure)

    @property
    def attributes(self) -> CookieAttributes:
        """No Domain and path `/`, as `__Host-` demands; ends with the browser (a device's cookie adds Max-Age)."""
        return CookieAttributes(path="/", httponly=True, samesite="lax", secure=self.secure)
