"""Letters handed over by HTTP to whatever sends e-mails and text messages."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from gpic.nhs.answers import Unexpected, Unreachable
from gpic.outbound import Reply, ask
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.ports import CourierAway, Letter

GOOD: Final = range(200, 300)


class NotTaken(Exception):
    """What the other side answered in place of "I have it": a status or a stable code, never its words."""


@dataclass(frozen=True, slots=True)
class HttpCourier:
    """Implements the Courier port: POST of `{"channel", "to", "subject", "text"}` to the address that *client* is opened on.

    The file *token*, read for each letter so that it may be replaced at any time, is shown as a bearer token.
    """

    client: httpx2.AsyncClient
    token: Path | None = None

    async def deliver(self, to: Contact, letter: Letter) -> None:
        """Hand it over once; raises CourierAway for everything but a 2xx. A letter asked for anew is another letter."""
        body = {"channel": to.channel.value, "to": to.address, "subject": letter.subject, "text": letter.text}
        headers = {"Idempotency-Key": secrets.token_urlsafe(16), **self._shown()}
        match await ask(self.client, self.client.build_request("POST", "", json=body, headers=headers)):
            case Reply(status=status) if status in GOOD:
                return
            case Reply(status=status):
                raise CourierAway from NotTaken(f"status-{status}")
            case Unreachable(detail=detail):
                raise CourierAway from NotTaken(detail)
            case Unexpected(code=code):
                raise CourierAway from NotTaken(code)

    def _shown(self) -> dict[str, str]:
        """Who we are to them. Raises CourierAway where the file cannot be read."""
        if self.token is None:
            return {}
        try:
            return {"Authorization": f"Bearer {self.token.read_text(encoding='ascii').strip()}"}
        except (OSError, UnicodeDecodeError) as failure:
            raise CourierAway from NotTaken(type(failure).__name__)
