"""What somebody may try who does not use the pages as they were meant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import anyio
import httpx2
import pytest

from gpic.provider.identity.contacts import Contact
from tests.unit.provider.world import ALICE, ISSUER, raw
from tests.unit.web.conftest import CODE, PASSWORD, Visitor, seen

pytestmark = pytest.mark.anyio

FORM: Final = "application/x-www-form-urlencoded"


@pytest.fixture
async def stranger(visitor: Visitor) -> AsyncIterator[httpx2.AsyncClient]:
    """Another browser at the same pages."""
    async with httpx2.AsyncClient(transport=visitor.transport, base_url=ISSUER) as client:
        yield client


async def test_nobody_signs_in_to_a_request_that_a_stranger_keeps(visitor: Visitor, stranger: httpx2.AsyncClient) -> None:
    """Attacks 6: a request that no browser took up shows no page, or its sender could finish it as whoever signed in."""
    kept = await stranger.post("/authorize", data=dict(raw()))
    page = kept.headers["location"].replace("/authorize/", "/interaction/")

    assert 303 == kept.status_code
    assert 410 == (await visitor.client.get(page)).status_code
    assert 410 == (await visitor.client.post(page, data={"action": "continue"})).status_code
    assert [] == visitor.codes.sent


async def test_a_form_posted_by_a_partners_page_leads_to_the_sign_in_page(
    visitor: Visitor, stranger: httpx2.AsyncClient
) -> None:
    """Attacks 6: kept, taken up with a cookie, and from then on this browser's own."""
    kept = await visitor.client.post("/authorize", data=dict(raw()))
    taken_up = await visitor.onward(kept)
    page = await visitor.onward(taken_up)

    assert seen(page).element("email") is not None
    assert 410 == (await stranger.get(str(page.url))).status_code


async def test_guesses_at_one_moment_are_counted_like_guesses_in_a_row(visitor: Visitor) -> None:
    """The limit holds for somebody who sends twenty passwords at once: four are looked at, the fifth ends it."""
    page = await visitor.arrive()
    told: list[int] = []

    async def guess(number: int) -> None:
        answer = await visitor.send(page, email=ALICE.email, password=f"guess {number}", action="continue")
        told.append(answer.status_code)

    async with anyio.create_task_group() as guesses:
        for number in range(20):
            guesses.start_soon(guess, number)

    assert [200] * 4 + [403] * 16 == sorted(told)


async def test_codes_guessed_at_one_moment_are_counted_too(visitor: Visitor) -> None:
    """Both factors share one count."""
    page = await visitor.onward(
        await visitor.send(await visitor.arrive(), email=ALICE.email, password=PASSWORD, action="continue")
    )
    told: list[int] = []

    async def guess(number: int) -> None:
        told.append((await visitor.send(page, code=f"{number:06}", action="continue")).status_code)

    async with anyio.create_task_group() as guesses:
        for number in range(9):
            guesses.start_soon(guess, number)

    assert [200] * 4 + [403] * 5 == sorted(told)


async def test_what_is_over_shows_no_form_any_more(visitor: Visitor) -> None:
    """After the fifth wrong answer the page itself says so, too."""
    page = await visitor.arrive()
    for _ in range(5):
        await visitor.send(page, email=ALICE.email, password="wrong", action="continue")

    over = await visitor.client.get(str(page.url))

    assert 403 == over.status_code
    assert "There were too many wrong answers" in over.text
    assert [] == seen(over).document.forms


async def test_a_password_sent_twice_is_not_taken_for_a_code(visitor: Visitor) -> None:
    """Who presses Continue twice gets the code page, one code and no reproach."""
    page = await visitor.arrive()
    await visitor.send(page, email=ALICE.email, password=PASSWORD, action="continue")

    again = await visitor.send(page, email=ALICE.email, password=PASSWORD, action="continue")
    code_page = await visitor.onward(again)

    assert [Contact.phone(ALICE.phone)] == visitor.codes.sent
    assert not (seen(code_page).document.findtext(".//title") or "").startswith("Error")
    assert 303 == (await visitor.send(code_page, code=CODE, action="continue")).status_code


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"&".join(b"field%d=1" % number for number in range(100))),
        (FORM, b"email=" + b"x" * 100_000),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"no part"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nc\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data\r\n\r\na field without a name\r\n--x--\r\n",
        ),
    ],
    ids=["many-fields", "giant-field", "no-boundary", "no-part", "file", "nameless"],
)
async def test_a_form_that_nobody_can_read_gets_a_page(visitor: Visitor, content_type: str, body: bytes) -> None:
    """Attacks 26: limits while reading, and the answer is a page of ours with its headers."""
    page = await visitor.arrive()

    answer = await visitor.client.post(str(page.url), content=body, headers={"content-type": content_type})

    assert 400 == answer.status_code
    assert "This form could not be read" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "no-store" == answer.headers["cache-control"]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
async def test_what_is_no_form_does_nothing(visitor: Visitor, content_type: str) -> None:
    """Another kind of body has no token in it."""
    page = await visitor.arrive()

    answer = await visitor.client.post(
        str(page.url), content=b'{"action": "continue"}', headers={"content-type": content_type} if content_type else {}
    )

    assert 403 == answer.status_code
