"""The feed over HTTP, as a sandbox offers it in the place of a queue at Amazon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

import httpx2
import msgspec

from gpic.demographics.mns.consumer import Delivered, FeedSilent
from gpic.outbound import Reply, ask

OK: Final = 200
Said = TypeVar("Said", "_Received", "_Done")


class _Message(msgspec.Struct, frozen=True):
    body: str
    receipt: str


class _Received(msgspec.Struct, frozen=True):
    messages: tuple[_Message, ...] = ()


class _Done(msgspec.Struct, frozen=True):
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpFeed:
    """One queue below the address that *client* is opened on."""

    client: httpx2.AsyncClient
    queue: str
    wait: float = 20.0  #: seconds that a receive waits for the first message
    most: int = 10

    async def receive(self) -> tuple[Delivered, ...]:
        """The next few messages; raises FeedSilent."""
        received = await self._post("receive", {"most": self.most, "wait": self.wait}, _Received)
        return tuple(Delivered(one.body.encode(), one.receipt) for one in received.messages)

    async def take_off(self, *messages: Delivered) -> None:
        """Delete them; raises FeedSilent when one could not be, so that it is seen."""
        if (await self._post("take-off", {"receipts": [one.receipt for one in messages]}, _Done)).failed:
            raise FeedSilent("delete-failed")

    async def refuse(self, *messages: Delivered) -> None:
        """Set them aside; raises FeedSilent."""
        await self._post("refuse", {"receipts": [one.receipt for one in messages]}, _Done)

    async def _post(self, what: str, words: dict[str, object], kind: type[Said]) -> Said:
        timeout = httpx2.Timeout(self.wait + 10)
        request = self.client.build_request("POST", f"queues/{self.queue}/{what}", json=words, timeout=timeout)
        reply = await ask(self.client, request)
        if not isinstance(reply, Reply):
            raise FeedSilent(getattr(reply, "detail", "") or "no-answer")
        said = reply.read(kind) if reply.status == OK else None
        if said is None:
            raise FeedSilent(f"status-{reply.status}")
        return said
