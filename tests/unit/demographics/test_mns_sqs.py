"""The feed from Amazon SQS, against a stand-in of the service on loopback (`demographics.md` §2.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import boto3
import pytest
from moto.server import ThreadedMotoServer

from gpic.demographics.mns.consumer import Delivered, FeedSilent
from gpic.demographics.mns.sqs import SqsFeed, open_sqs

pytestmark = pytest.mark.anyio

REGION = "eu-west-2"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where the stand-in listens."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Synthetic ones, found as AWS's software finds them; nobody asks a metadata service."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "synthetic",
        "AWS_SECRET_ACCESS_KEY": "synthetic",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


class Queue:
    """A queue, and its dead letters, at the stand-in."""

    def __init__(self, endpoint: str, *, receives: int = 2, dead_letters: bool = True, hidden: int = 0) -> None:
        self.sqs = boto3.client("sqs", region_name=REGION, endpoint_url=endpoint)
        self.dead = self.sqs.create_queue(QueueName=f"dead-{id(self)}")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": receives})}
        attributes = {"VisibilityTimeout": str(hidden)} | (redrive if dead_letters else {})
        self.url = self.sqs.create_queue(QueueName=f"mns-{id(self)}", Attributes=attributes)["QueueUrl"]
        self.feed = SqsFeed(open_sqs(REGION, endpoint_url=endpoint), self.url, poll=0)

    def put(self, *bodies: str) -> None:
        """Deliver, as MNS would."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def left(self, url: str = "") -> list[str]:
        """The bodies that somebody would receive."""
        answer = self.sqs.receive_message(QueueUrl=url or self.url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", ())]


async def test_a_body_is_the_event_itself(endpoint: str) -> None:
    """No envelope stands round it."""
    queue = Queue(endpoint)
    queue.put('{"specversion": "1.0"}')

    (message,) = await queue.feed.receive()
    assert b'{"specversion": "1.0"}' == message.body


async def test_an_empty_queue_gives_nothing(endpoint: str) -> None:
    """After its poll."""
    assert () == await Queue(endpoint).feed.receive()


async def test_what_is_taken_off_does_not_come_again(endpoint: str) -> None:
    """More than one call may delete at once."""
    queue = Queue(endpoint, hidden=30)
    queue.put(*(str(number) for number in range(12)))
    taken = await queue.feed.receive()
    taken += await queue.feed.receive()
    await queue.feed.take_off(*taken)

    assert 12 == len(taken)
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = queue.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=counts)["Attributes"]
    assert dict.fromkeys(counts, "0") == answer


async def test_what_is_left_comes_again_and_ends_among_the_dead_letters(endpoint: str) -> None:
    """Nobody's reading mistake loses a message, and none comes for ever."""
    queue = Queue(endpoint, receives=2)
    queue.put("{")
    for _ in range(2):
        await queue.feed.refuse(*await queue.feed.receive())

    assert () == await queue.feed.receive()
    assert ["{"] == queue.left(queue.dead)


@pytest.mark.parametrize("dead_letters", [True, False])
async def test_a_queue_without_dead_letters_is_noticed(endpoint: str, *, dead_letters: bool) -> None:
    """Whoever starts a consumer can be told."""
    assert dead_letters == await Queue(endpoint, dead_letters=dead_letters).feed.has_dead_letters()


async def test_a_queue_that_is_not_there_is_silence(endpoint: str) -> None:
    """With the service's own code, and without its text."""
    feed = SqsFeed(open_sqs(REGION, endpoint_url=endpoint), f"{endpoint}/123456789012/nowhere", poll=0)

    with pytest.raises(FeedSilent, match="NonExistentQueue"):
        await feed.receive()


async def test_a_service_that_is_not_there_is_silence() -> None:
    """Nobody listens at this port."""
    feed = SqsFeed(open_sqs(REGION, endpoint_url="http://127.0.0.1:1"), "http://127.0.0.1:1/1/q", poll=0)

    with pytest.raises(FeedSilent, match="EndpointConnectionError"):
        await feed.receive()


async def test_what_could_not_be_deleted_is_said(endpoint: str) -> None:
    """It would come again; the consumer pauses, and nothing is lost."""

    class Refusing:
        """A client whose deletions fail one by one."""

        def receive_message(self, **words: object) -> Mapping[str, object]:
            """Never asked."""
            return words

        def delete_message_batch(self, **words: object) -> Mapping[str, object]:
            """Each message fails."""
            return {"Failed": [{"Id": "0", "Code": "InternalError"}], "asked": words}

        def get_queue_attributes(self, **words: object) -> Mapping[str, object]:
            """Never asked."""
            return words

        def close(self) -> None:
            """Nothing to let go of."""

    with pytest.raises(FeedSilent, match="delete-failed"):
        await SqsFeed(Refusing(), f"{endpoint}/1/q").take_off(Delivered(b"{}", "receipt"))
