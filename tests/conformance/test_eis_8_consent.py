"""Clause 8: people agree to share, per partner and scope (`nhs-login.md` §8)."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from gpic.sandbox.browser import Page
from gpic.sandbox.walk import answers_to
from tests.conformance.op import Op, answered, registered

pytestmark = pytest.mark.anyio


@pytest.fixture
async def fresh(op: Op, request: pytest.FixtureRequest) -> Op:
    """A partner with whom nobody has shared anything yet."""
    op.client_id = f"consent-{abs(hash(request.node.name))}"
    await op.stage.nhs_login.cabinets.clients.put(registered(op.stage, op.keys, op.client_id))
    return op


async def to_consent(op: Op, **changes: str | None) -> Page:
    """Sign in, as far as the question whether to share; or where it ends without one."""
    page = await op.browser.open(f"{op.issuer}/authorize?{urlencode(op.request(**changes))}")
    while (answers := answers_to(page, op.stage.people[op.slug])) and answers != {"action": "agree"}:
        page = await op.browser.fill_in(page, **answers)
    return page


async def test_people_are_asked_the_first_time_only(fresh: Op) -> None:
    """And never again for the same."""
    first = await to_consent(fresh)
    await fresh.browser.fill_in(first, action="agree")
    second = await to_consent(fresh)

    assert {"action": "agree"} == answers_to(first, fresh.stage.people["ada"])
    assert answered(second, fresh.redirect_uri).code


async def test_people_are_asked_when_more_is_asked(fresh: Op) -> None:
    """For what is new; less is not asked about."""
    await fresh.authorize(scope="openid profile")
    less = await to_consent(fresh, scope="openid")
    more = await to_consent(fresh, scope="openid profile email")

    assert answered(less, fresh.redirect_uri).code
    assert {"action": "agree"} == answers_to(more, fresh.stage.people["ada"])


async def test_refusal_goes_back_to_the_partner(fresh: Op) -> None:
    """access_denied; and the next time people are asked again."""
    page = await to_consent(fresh, state="kept")
    refused = answered(await fresh.browser.fill_in(page, action="decline"), fresh.redirect_uri)

    assert ("access_denied", "kept") == (refused.error, refused.parameters["state"])
    assert {"action": "agree"} == answers_to(await to_consent(fresh), fresh.stage.people["ada"])


async def test_without_a_person_consent_cannot_be_given(fresh: Op) -> None:
    """`prompt=none` with a session and nothing shared yet."""
    mine, fresh.client_id = fresh.client_id, "conformance"
    await fresh.authorize()
    fresh.client_id = mine

    assert "consent_required" == (await fresh.authorize(prompt="none")).error
