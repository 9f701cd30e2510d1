"""Sign-in pages for somebody who guesses: pauses, and no word of whether there is such an account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.provider.world import ALICE
from tests.unit.web.conftest import PASSWORD, Visitor, seen

pytestmark = pytest.mark.anyio

PAUSED = "There were too many wrong passwords. Wait 1 minute and try again."


async def guess(visitor: Visitor, email: str, times: int, tried: str = "wrong") -> str:
    """Try so often, each time with a fresh request; what the last page says."""
    said = ""
    for _ in range(times):
        page = await visitor.send(await visitor.arrive(), email=email, password=tried, action="continue")
        said = seen(page).text if page.status_code == 200 else "signed in"
    return said


@pytest.mark.parametrize("email", [ALICE.email, "nobody@mail.example"])
async def test_the_sixth_try_waits_whether_there_is_such_an_account_or_not(visitor: Visitor, email: str) -> None:
    """A new request makes no difference, and neither does the right password while the pause lasts."""
    assert PAUSED not in await guess(visitor, email, 5)
    assert PAUSED in await guess(visitor, email, 1)
    assert PAUSED in await guess(visitor, email, 1, PASSWORD)
    assert [] == visitor.codes.sent


async def test_both_pages_are_the_same_to_the_letter(visitor: Visitor) -> None:
    """But for the address that somebody typed, the nonce and the form's own marks."""

    async def page(email: str) -> list[str]:
        return [(await guess(visitor, email, times)).replace(email, "…") for times in (1, 4, 1)]

    assert await page(ALICE.email) == await page("someone@mail.example")


async def test_after_the_pause_the_owner_gets_in_and_counts_anew(visitor: Visitor) -> None:
    """Nobody is locked out for good."""
    await guess(visitor, ALICE.email, 6)
    visitor.world.wire.move(timedelta(seconds=30))

    assert "signed in" == await guess(visitor, ALICE.email, 1, PASSWORD)
    assert PAUSED not in await guess(visitor, ALICE.email, 5)


async def test_a_pause_is_logged_without_saying_whose(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    """An operator sees that somebody guesses."""
    await guess(visitor, ALICE.email, 6)
    lines = [record for record in caplog.records if getattr(record, "code", "") == "sign_in_paused"]

    assert ["for 30 s"] == [getattr(record, "detail", "") for record in lines]
    assert ALICE.email not in caplog.text
