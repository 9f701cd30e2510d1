"""Subscribing to MNS (`demographics.md` §2.2). Whoever runs a provider does it once; `list` shows what is in force."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import uuid4

import httpx2
import msgspec

from gpic.demographics.access import AccessToken, AccessTokens
from gpic.nhs.answers import Silence, Unexpected, Unreachable
from gpic.outbound import Reply, ask, no_answer

OK: Final = frozenset({200, 201, 204})
CONFLICT: Final = 409
NOT_FOUND: Final = 404
UNAUTHENTICATED: Final = 401
MOST_PAGES: Final = 100
UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Payload(StrEnum):
    """The form in which events are delivered."""

    CLOUD_EVENTS = "application/json"
    FHIR = "application/fhir+json"


class Channel(msgspec.Struct, frozen=True):
    """Where events go to: an SQS queue in eu-west-2, or a MESH mailbox."""

    endpoint: str = ""
    payload: str = ""
    type: str = "message"


class Subscription(msgspec.Struct, frozen=True):
    """A FHIR Subscription as MNS lists it."""

    id: str = ""
    status: str = ""
    criteria: str = ""
    channel: Channel = Channel()


class _Made(msgspec.Struct, frozen=True):
    id: str = ""


class _Entry(msgspec.Struct, frozen=True):
    """A bare Subscription, or one inside `resource`: both have been seen."""

    resource: Subscription | None = None
    id: str = ""
    status: str = ""
    criteria: str = ""
    channel: Channel = Channel()

    @property
    def subscription(self) -> Subscription:
        """The one or the other."""
        return self.resource or Subscription(self.id, self.status, self.criteria, self.channel)


class _Link(msgspec.Struct, frozen=True):
    relation: str = ""
    url: str = ""


class _Page(msgspec.Struct, frozen=True):
    entry: tuple[_Entry, ...] = ()
    link: tuple[_Link, ...] = ()

    @property
    def next(self) -> str | None:
        """The `continue_from` of the next page."""
        following = (httpx2.URL(link.url).params.get("continue_from") for link in self.link if link.relation == "next")
        return next(following, None)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """It is in force from now on. *was_there* when it already was."""

    id: str
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class SubscriptionRefused:
    """MNS does not take it; *why* is the status."""

    why: str


class Subscriptions:
    """MNS's REST interface for one application. *client* is opened on its base address."""

    def __init__(
        self, client: httpx2.AsyncClient, tokens: AccessTokens, *, new_uuid: Callable[[], str] = lambda: str(uuid4())
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._new_uuid = new_uuid

    async def subscribe(self, event_type: str, endpoint: str, payload: Payload) -> Subscribed | SubscriptionRefused | Silence:
        """Ask for events of one type. One queue has one subscription for each type; asking again finds it (409)."""
        body = {
            "resourceType": "Subscription",
            "status": "requested",
            "reason": "",
            "criteria": f"eventType={event_type}",
            "channel": {"type": "message", "endpoint": endpoint, "payload": payload.value},
        }
        reply = await self._send("POST", "subscriptions", content=msgspec.json.encode(body))
        if not isinstance(reply, Reply):
            return reply
        if reply.status == CONFLICT and (there := UUID.search(reply.body.decode(errors="replace"))):
            return Subscribed(there[0], was_there=True)
        made = reply.read(_Made) if reply.status in OK else None
        return Subscribed(made.id) if made and made.id else SubscriptionRefused(f"status-{reply.status}")

    async def list(self) -> tuple[Subscription, ...] | Silence:
        """All of ours, page by page."""
        found: list[Subscription] = []
        following: str | None = ""
        for _ in range(MOST_PAGES):
            query = f"?continue_from={following}" if following else ""
            reply = await self._send("GET", f"subscriptions{query}")
            if not isinstance(reply, Reply):
                return reply
            page = reply.read(_Page) if reply.status in OK else None
            if page is None:
                return Unexpected(f"status-{reply.status}")
            found += [entry.subscription for entry in page.entry]
            following = page.next
            if not following:
                break
        return tuple(found)

    async def unsubscribe(self, subscription_id: str) -> bool | Silence:
        """Ask for no more; False when there was no such subscription."""
        if not UUID.fullmatch(subscription_id):
            return False
        reply = await self._send("DELETE", f"subscriptions/{subscription_id}")
        if not isinstance(reply, Reply):
            return reply
        if reply.status == NOT_FOUND:
            return False
        return reply.status in OK or Unexpected(f"status-{reply.status}")

    async def _send(self, method: str, path: str, content: bytes | None = None) -> Reply | Silence:
        """Ask, once more with a new token where the old was refused."""
        token = await self._tokens.current()
        reply = await self._send_with(token, method, path, content)
        if not isinstance(token, Unreachable) and isinstance(reply, Reply) and reply.status == UNAUTHENTICATED:
            reply = await self._send_with(await self._tokens.current(refused=token), method, path, content)
        return (no_answer(reply) or reply) if isinstance(reply, Reply) else reply

    async def _send_with(
        self, token: AccessToken | Unreachable, method: str, path: str, content: bytes | None
    ) -> Reply | Silence:
        if isinstance(token, Unreachable):
            return token
        headers = {"Authorization": f"Bearer {token.text.reveal()}", "X-Correlation-ID": self._new_uuid()}
        if content is not None:
            headers["Content-Type"] = "application/fhir+json"
        return await ask(self._client, self._client.build_request(method, path, headers=headers, content=content))
