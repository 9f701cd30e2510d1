"""The pages that make an account, as a browser without scripts sees them."""

from __future__ import annotations

import httpx2
import pytest

from gpic.provider.identity.ports import NotDelivered, TooManyCodes
from tests.unit.provider.world import ALICE, NOW
from tests.unit.web.conftest import CODE, Visitor, seen

pytestmark = pytest.mark.anyio

NEW = "new@mail.example"
RIGHT = {"email": NEW, "code": CODE, "new_password": "four words are enough", "phone": "07700900982"}


async def begin(visitor: Visitor) -> httpx2.Response:
    """From the sign-in page to the first question."""
    return await visitor.onward(await visitor.send(await visitor.arrive(), action="register"))


def asked(page: httpx2.Response) -> str:
    """The field that the page asks for."""
    [name] = [name for name in RIGHT if seen(page).has(name)]
    return name


async def say(visitor: Visitor, page: httpx2.Response, times: int) -> httpx2.Response:
    """Right answers, as they are asked for."""
    for _ in range(times):
        name = asked(page)
        page = await visitor.onward(await visitor.send(page, **{name: RIGHT[name]}, action="continue"))
    return page


async def test_an_account_is_made_page_by_page_and_signed_in(visitor: Visitor) -> None:
    """Five questions, a fresh session, and the request goes on: the partner wants P9, so the details are next."""
    visitor.client.cookies.set("session", "older")
    page = await say(visitor, await begin(visitor), 4)
    answer = await visitor.send(page, code=CODE, action="continue")
    page = await visitor.onward(answer)

    assert "set-cookie" in answer.headers
    assert seen(page).has("nhs_number")
    assert await visitor.world.accounts.by_email(NEW) is not None


async def test_where_the_partner_wants_none_made_there_is_no_way_there(visitor: Visitor) -> None:
    """`allow_registration=false`: no button, and who presses it all the same sees the sign-in page again."""
    page = await visitor.arrive(allow_registration="false")
    again = await visitor.onward(await visitor.send(page, action="register"))

    assert not seen(page).has("register")
    assert seen(again).has("password")


async def test_whoever_has_an_account_goes_back(visitor: Visitor) -> None:
    """From any question that says so."""
    page = await say(visitor, await begin(visitor), 1)
    page = await visitor.onward(await visitor.send(page, action="sign-in"))

    assert seen(page).has("password")


async def test_an_address_that_is_taken_looks_like_any_other(visitor: Visitor) -> None:
    """No enumeration by text: the same page, letter for letter, but for the address and the page's own marks."""
    pages = []
    for email in (NEW, ALICE.email):
        visitor.client.cookies.clear()
        answer = await visitor.send(await begin(visitor), email=email, action="continue")
        pages.append(seen(await visitor.onward(answer)).text.replace(email, "…").partition("import {")[0])

    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("times", "said", "sentence"),
    [
        (0, "nonsense", "Enter an email address"),
        (1, "000000", "wrong or has expired"),
        (2, "short", "too short"),
        (2, "password123", "too easy to guess"),
        (3, "123", "Enter a mobile phone number"),
    ],
)
async def test_a_mistake_is_told_beside_its_field(visitor: Visitor, times: int, said: str, sentence: str) -> None:
    """What was typed comes back, unless it is a secret."""
    page = await say(visitor, await begin(visitor), times)
    name = asked(page)
    page = await visitor.send(page, **{name: said}, action="continue")

    assert sentence in seen(page).element(f"{name}-error").text_content()
    is_secret = name in {"code", "new_password"}
    assert ("" if is_secret else said) == seen(page).element(name).get("value", "")


async def test_a_new_code_can_be_asked_for(visitor: Visitor) -> None:
    """Or why not."""
    page = await say(visitor, await begin(visitor), 1)
    again = await visitor.onward(await visitor.send(page, action="send-again"))
    visitor.codes.answer = TooManyCodes(NOW - NOW)
    too_many = await visitor.send(again, action="send-again")
    visitor.codes.answer = NotDelivered()
    away = await visitor.send(again, action="send-again")

    assert 2 == len(visitor.codes.sent)
    assert "too many security codes" in too_many.text
    assert "could not be sent" in away.text


async def test_wrong_codes_end_it(visitor: Visitor) -> None:
    """Five, then the page takes no more answers, and shows none."""
    page = await say(visitor, await begin(visitor), 1)
    wrong = [(await visitor.send(page, code="000000", action="continue")).status_code for _ in range(5)]

    assert [200] * 4 + [403] == wrong
    assert 403 == (await visitor.send(page, code=CODE, action="continue")).status_code
    assert 403 == (await visitor.client.get(str(page.url))).status_code


async def test_the_page_before_sent_twice_does_no_harm(visitor: Visitor) -> None:
    """Who presses Continue twice answers one question."""
    first = await begin(visitor)
    await visitor.send(first, email=NEW, action="continue")
    answer = await visitor.send(first, email="other@mail.example", action="continue")

    assert NEW in (await visitor.onward(answer)).text
    assert 1 == len(visitor.codes.sent)


async def test_a_second_code_can_be_asked_for_while_signing_in(visitor: Visitor) -> None:
    """The first stops working with it; the page says why where none is sent."""
    page = await visitor.send(
        await visitor.arrive(), email=ALICE.email, password="correct horse battery staple", action="continue"
    )
    page = await visitor.onward(page)
    page = await visitor.onward(await visitor.send(page, action="send-again"))
    visitor.codes.answer = TooManyCodes(NOW - NOW)
    refused = await visitor.send(page, action="send-again")
    visitor.codes.answer = NotDelivered()
    away = await visitor.send(page, action="send-again")

    assert 2 == len(visitor.codes.sent)
    assert "too many security codes" in refused.text
    assert "could not be sent" in away.text
    assert 303 == (await visitor.send(page, code=CODE, action="continue")).status_code
