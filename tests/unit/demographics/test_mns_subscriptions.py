"""Subscribing to MNS (`demographics.md` §2.2)."""

from __future__ import annotations

import json

import httpx2
import pytest
from hypothesis import given

from gpic.demographics.access import AccessTokens
from gpic.demographics.mns.subscriptions import (
    Channel,
    Payload,
    Subscribed,
    Subscription,
    SubscriptionRefused,
    Subscriptions,
)
from gpic.nhs.answers import Unexpected, Unreachable
from gpic.nhs.clock import SystemClock
from tests.unit.line import RESPONSES, Answer, Line, said

pytestmark = pytest.mark.anyio

BASE = "https://mns.test/multicast-notification-service"
ARN = "arn:aws:sqs:eu-west-2:123456789012:gpic"
ID = "236a1d4a-5d69-4fa9-9c7f-e72bf505aa5b"
GRANTED = said(200, {"access_token": "opaque-1", "expires_in": "599"})
RESOURCE = {
    "resourceType": "Subscription",
    "id": ID,
    "status": "active",
    "criteria": "eventType='pds-change-of-gp-2'",
    "channel": {"type": "message", "endpoint": ARN, "payload": "application/json"},
}
OURS = Subscription(ID, "active", "eventType='pds-change-of-gp-2'", Channel(ARN, "application/json"))


class Desk:
    """MNS and the token endpoint, each at the end of its own line."""

    def __init__(self, *answers: Answer, access: Line | None = None) -> None:
        self.line = Line(*answers)
        self.access = access or Line(GRANTED)
        tokens = AccessTokens(
            self.access.client("https://mns.test"), "https://mns.test/oauth2/token", "key", json.dumps, clock=SystemClock()
        )
        self.mns = Subscriptions(self.line.client(BASE), tokens, new_uuid=lambda: "00000000-0000-4000-8000-000000000001")

    async def subscribe(self) -> Subscribed | SubscriptionRefused | Unreachable | Unexpected:
        """Ask for changes of practice."""
        return await self.mns.subscribe("pds-change-of-gp-2", ARN, Payload.CLOUD_EVENTS)


async def test_a_subscription_is_requested_in_the_words_of_fhir() -> None:
    """With every field that is required, the correlation id included."""
    desk = Desk(said(201, {"id": ID}))

    assert Subscribed(ID) == await desk.subscribe()
    (request,) = desk.line.asked
    assert ("POST", f"{BASE}/subscriptions") == (request.method, str(request.url))
    assert ("application/fhir+json", "Bearer opaque-1", "00000000-0000-4000-8000-000000000001") == (
        request.headers["content-type"],
        request.headers["authorization"],
        request.headers["x-correlation-id"],
    )
    expected = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "",
        "criteria": "eventType=pds-change-of-gp-2",
        "channel": {"type": "message", "endpoint": ARN, "payload": "application/json"},
    }
    assert expected == json.loads(request.content)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said(200, {"id": ID}), Subscribed(ID)),
        (said(409, {"errors": f"A matching SQS subscription already exists with id: {ID}"}), Subscribed(ID, was_there=True)),
        (said(409, {"errors": "something else"}), SubscriptionRefused("status-409")),
        (said(400, {"validationErrors": {"criteria": "bad"}}), SubscriptionRefused("status-400")),
        (said(403, {"errors": "Unauthorised"}), SubscriptionRefused("status-403")),
        (said(201, {}), SubscriptionRefused("status-201")),
        (said(502, b"<html>"), Unreachable()),
        (httpx2.ConnectError("no"), Unreachable()),
    ],
)
async def test_each_answer_has_its_meaning(answer: Answer, expected: object) -> None:
    """The sandbox sends 200 where the specification says 201; who is there already is no mistake."""
    assert expected == await Desk(answer).subscribe()


@pytest.mark.parametrize("entry", [RESOURCE, {"resource": RESOURCE}])
async def test_subscriptions_are_listed_bare_or_wrapped(entry: dict[str, object]) -> None:
    """Both have been seen."""
    desk = Desk(said(200, {"resourceType": "Bundle", "entry": [entry]}))

    assert (OURS,) == await desk.mns.list()


async def test_every_page_is_read() -> None:
    """As far as `continue_from` leads."""
    following = [{"relation": "next", "url": f"{BASE}/subscriptions?continue_from=abc"}]
    desk = Desk(said(200, {"entry": [RESOURCE], "link": following}), said(200, {"entry": [RESOURCE]}))

    assert (OURS, OURS) == await desk.mns.list()
    assert [f"{BASE}/subscriptions", f"{BASE}/subscriptions?continue_from=abc"] == [str(one.url) for one in desk.line.asked]


async def test_a_list_that_leads_round_in_a_circle_ends() -> None:
    """No loop without a bound."""
    following = [{"relation": "next", "url": f"{BASE}/subscriptions?continue_from=abc"}]
    desk = Desk(said(200, {"entry": [RESOURCE], "link": following}))
    listed = await desk.mns.list()

    assert isinstance(listed, tuple)
    assert 100 == len(listed)


@pytest.mark.parametrize(("status", "ended"), [(204, True), (200, True), (404, False)])
async def test_a_subscription_ends(status: int, *, ended: bool) -> None:
    """Or was not there."""
    desk = Desk(said(status, b""))

    assert ended is await desk.mns.unsubscribe(ID)
    assert ("DELETE", f"{BASE}/subscriptions/{ID}") == (desk.line.asked[0].method, str(desk.line.asked[0].url))


async def test_what_is_no_id_is_never_sent() -> None:
    """It could name another path."""
    desk = Desk(said(204, b""))

    assert False is await desk.mns.unsubscribe("../events")
    assert [] == desk.line.asked


async def test_a_refused_token_is_replaced_once() -> None:
    """A token may end before its time."""
    fresh = said(200, {"access_token": "opaque-2", "expires_in": "599"})
    desk = Desk(said(401, {"fault": {}}), said(201, {"id": ID}), access=Line(GRANTED, fresh))

    assert Subscribed(ID) == await desk.subscribe()
    assert ["Bearer opaque-1", "Bearer opaque-2"] == [request.headers["authorization"] for request in desk.line.asked]


async def test_without_a_token_mns_is_not_asked() -> None:
    """The token endpoint is down."""
    desk = Desk(said(201, {"id": ID}), access=Line(said(503, b"")))

    assert Unreachable() == await desk.subscribe()
    assert [] == desk.line.asked


@given(RESPONSES)
async def test_no_reply_makes_it_raise(response: httpx2.Response) -> None:
    """Whatever comes."""
    desk = Desk(response)
    await desk.subscribe()
    await desk.mns.list()
    await desk.mns.unsubscribe(ID)
