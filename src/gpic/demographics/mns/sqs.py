"""The feed from Amazon SQS: a standard queue whose body is the event itself (`demographics.md` §2.4). Needs `gpic[aws]`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import boto3
from anyio import to_thread
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from gpic.demographics.mns.consumer import Delivered, FeedSilent

LOG: Final = logging.getLogger("gpic.mns")
Call = Callable[[], Mapping[str, object]]

#: What the service allows at most, in messages and in seconds.
MOST_AT_ONCE: Final = 10
LONGEST_POLL: Final = 20


class SqsClient(Protocol):
    """The four calls of boto3's client that we make."""

    def receive_message(self, **words: object) -> Mapping[str, object]:
        """ReceiveMessage."""
        ...

    def delete_message_batch(self, **words: object) -> Mapping[str, object]:
        """DeleteMessageBatch."""
        ...

    def get_queue_attributes(self, **words: object) -> Mapping[str, object]:
        """GetQueueAttributes."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


def open_sqs(region: str, *, endpoint_url: str | None = None) -> SqsClient:
    """A client that finds its credentials as AWS's software does. *endpoint_url* names another place than Amazon's."""
    # One attempt: the consumer has pauses of its own. The read waits as long as a poll may last.
    patience = Config(connect_timeout=5, read_timeout=LONGEST_POLL + 10, retries={"total_max_attempts": 1})
    client: SqsClient = boto3.client("sqs", region_name=region, endpoint_url=endpoint_url, config=patience)
    return client


@dataclass(frozen=True, slots=True)
class SqsFeed:
    """One queue.

    What is not taken off comes again after the queue's visibility timeout, and goes to its dead-letter queue when that has
    happened too often: so nobody's reading mistake loses a message.
    """

    client: SqsClient
    queue_url: str
    poll: int = LONGEST_POLL  #: seconds that a receive waits for the first message

    async def receive(self) -> tuple[Delivered, ...]:
        """The next few messages; raises FeedSilent."""
        most = {"MaxNumberOfMessages": MOST_AT_ONCE, "WaitTimeSeconds": self.poll}
        answer = await self._ask(partial(self.client.receive_message, QueueUrl=self.queue_url, **most))
        messages = answer.get("Messages", ())
        return tuple(_delivered(message) for message in messages) if isinstance(messages, Sequence) else ()

    async def take_off(self, *messages: Delivered) -> None:
        """Delete them; raises FeedSilent when one could not be, so that it is seen."""
        for first in range(0, len(messages), MOST_AT_ONCE):
            some = messages[first : first + MOST_AT_ONCE]
            entries = [{"Id": str(number), "ReceiptHandle": one.receipt} for number, one in enumerate(some)]
            answer = await self._ask(partial(self.client.delete_message_batch, QueueUrl=self.queue_url, Entries=entries))
            if answer.get("Failed"):
                raise FeedSilent("delete-failed")

    async def refuse(self, *messages: Delivered) -> None:
        """Leave them: the queue itself moves what comes too often to its dead-letter queue."""

    async def has_dead_letters(self) -> bool:
        """Whether the queue sets aside what nobody can read; without it such a message comes for days. Raises FeedSilent."""
        asked = partial(self.client.get_queue_attributes, QueueUrl=self.queue_url, AttributeNames=["RedrivePolicy"])
        answer = await self._ask(asked)
        attributes = answer.get("Attributes")
        return isinstance(attributes, Mapping) and bool(attributes.get("RedrivePolicy"))

    async def _ask(self, call: Call) -> Mapping[str, object]:
        try:
            return await to_thread.run_sync(call, abandon_on_cancel=True)
        except ClientError as refusal:
            raise FeedSilent(str(refusal.response.get("Error", {}).get("Code", "refused"))[:64]) from None
        except BotoCoreError as failure:
            raise FeedSilent(type(failure).__name__) from None


def _delivered(message: object) -> Delivered:
    fields = message if isinstance(message, Mapping) else {}
    return Delivered(str(fields.get("Body", "")).encode(), str(fields.get("ReceiptHandle", "")))
