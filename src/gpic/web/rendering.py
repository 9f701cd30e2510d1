"""How a page leaves us: rendered, and with headers that admit nothing foreign (`attacks-and-interop.md` 7, 8)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import jinja2
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gpic.web.environment import environment

SEE_OTHER: Final = 303

#: On every page.
PRIVATE: Final = {
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Rendering:
    """Templates, and whether browsers reach us by https."""

    is_secure: bool
    templates: jinja2.Environment = field(default_factory=environment)

    def page(self, template: str, status: int, *, partner_origin: str = "", **said: object) -> Response:
        """A page; *partner_origin* is where its form may lead in the end, "" for nowhere but here."""
        nonce = secrets.token_urlsafe(16)
        html = self.templates.get_template(template).render(cspNonce=nonce, **said)
        headers = PRIVATE | {"Content-Security-Policy": content_policy(nonce, partner_origin)}
        if self.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return HTMLResponse(html, status, headers=headers)

    def told(self, heading: str, sentence: str, status: int) -> Response:
        """A page that says something and asks nothing."""
        return self.page("told.jinja", status, heading=heading, sentence=sentence)


def content_policy(nonce: str, partner_origin: str) -> str:
    """Our own assets alone. Browsers apply form-action to the redirect after a form, so the partner is admitted there."""
    return (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"script-src 'self' 'nonce-{nonce}'; form-action 'self' {partner_origin}".rstrip()
        + "; frame-ancestors 'none'; base-uri 'none'"
    )


def origin_of(redirect_uri: str) -> str:
    """The registered, validated redirect URI's origin; an app's own scheme without a host."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def see(location: str) -> Response:
    """On to *location*: 303, so that nobody repeats a form with a password in it."""
    return RedirectResponse(location, SEE_OTHER, headers=PRIVATE)
