"""The contract of couriers: a letter arrives once as it is, or CourierAway is raised, which quotes nothing of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from gpic.delivery.file_courier import FileCourier
from gpic.delivery.http_courier import HttpCourier
from gpic.outbound import open_client
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.ports import Courier, CourierAway, Letter
from gpic.sandbox.post import Post

pytestmark = pytest.mark.anyio

ADA = Contact.phone("07700900101")
LETTER = Letter("Your security code", "123456 is your code.")
Arrived = list[dict[str, str]]


@dataclass
class Office:
    """The other side of an HTTP courier."""

    status: int = 202
    arrived: Arrived = field(default_factory=list)
    headers: list[httpx2.Headers] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Take a letter."""
        self.headers.append(request.headers)
        if self.status < 300:
            self.arrived.append(json.loads(request.content))
        return httpx2.Response(self.status, json={"error": "no 07700900101 here"})


@dataclass
class Case:
    """One courier, and what it has brought."""

    courier: Courier
    arrived: list[dict[str, str]] | Path | Post

    def letters(self) -> Arrived:
        """Channel, address, subject and text of each."""
        match self.arrived:
            case Path() as path:
                return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            case Post(kept):
                return [
                    {"channel": to.channel.value, "to": to.address, "subject": letter.subject, "text": letter.text}
                    for to, letter in kept
                ]
            case list() as letters:
                return letters


@pytest.fixture(params=["memory", "file", "http"])
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """Each implementation."""
    match request.param:
        case "memory":
            post = Post()
            yield Case(post, post)
        case "file":
            yield Case(FileCourier(tmp_path / "letters.jsonl"), tmp_path / "letters.jsonl")
        case _:
            office = Office()
            async with open_client("https://post.example/letters", transport=httpx2.MockTransport(office)) as client:
                yield Case(HttpCourier(client), office.arrived)


async def test_letters_arrive_once_and_in_order(case: Case) -> None:
    """By text message and by e-mail."""
    await case.courier.deliver(ADA, LETTER)
    await case.courier.deliver(Contact.email("Ada@example.test"), Letter("Another", "Zwölf £"))

    assert [
        {"channel": "phone", "to": "07700900101", "subject": "Your security code", "text": "123456 is your code."},
        {"channel": "email", "to": "ada@example.test", "subject": "Another", "text": "Zwölf £"},
    ] == case.letters()


@pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500, 503])
async def test_what_is_not_taken_is_told(status: int) -> None:
    """Every answer but a 2xx; the reason is the status alone, since the body may quote the address."""
    office = Office(status)
    async with open_client("https://post.example/letters", transport=httpx2.MockTransport(office)) as client:
        with pytest.raises(CourierAway) as away:
            await HttpCourier(client).deliver(ADA, LETTER)

    assert f"status-{status}" == str(away.value.__cause__)
    assert 1 == len(office.headers)


async def test_silence_is_told() -> None:
    """Nobody answers there."""

    def nobody(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("07700900101", request=request)

    async with open_client("https://post.example/letters", transport=httpx2.MockTransport(nobody)) as client:
        with pytest.raises(CourierAway) as away:
            await HttpCourier(client).deliver(ADA, LETTER)

    assert "ConnectError" == str(away.value.__cause__)


async def test_a_token_is_shown_and_may_be_replaced(tmp_path: Path) -> None:
    """The file is read for each letter; every letter has a key of its own, so that the other side knows it again."""
    token, office = tmp_path / "token", Office()
    async with open_client("https://post.example/letters", transport=httpx2.MockTransport(office)) as client:
        courier = HttpCourier(client, token)
        for text in ("first\n", "second"):
            token.write_text(text, encoding="ascii")
            await courier.deliver(ADA, LETTER)
        token.unlink()
        with pytest.raises(CourierAway) as away:
            await courier.deliver(ADA, LETTER)

    assert ["Bearer first", "Bearer second"] == [one["authorization"] for one in office.headers]
    assert 2 == len({one["idempotency-key"] for one in office.headers})
    assert "FileNotFoundError" == str(away.value.__cause__)


async def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """As a courier that is away, which the page tells the person."""
    with pytest.raises(CourierAway):
        await FileCourier(tmp_path / "no" / "letters.jsonl").deliver(ADA, LETTER)


async def test_the_file_is_its_owners(tmp_path: Path) -> None:
    """Whoever reads it may sign in as anybody."""
    await FileCourier(tmp_path / "letters.jsonl").deliver(ADA, LETTER)

    assert 0o600 == (tmp_path / "letters.jsonl").stat().st_mode & 0o777
