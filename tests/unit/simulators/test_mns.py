"""MNS: subscriptions, and who is refused (`demographics.md` §2.1, §2.2, §6)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.unit.simulators.mns_caller import CHANGE_OF_GP, DEATH, NUMBER, RECORD, Caller, asked
from tests.unit.simulators.surgery import API_KEY
from tests.unit.simulators.town import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def caller(town: Town) -> AsyncIterator[Caller]:
    """With a token; Ada is registered somewhere."""
    town.settle("ada")
    one = Caller(town)
    await one.sign_in()
    yield one
    await one.client.aclose()


async def test_a_subscription_is_made_shown_listed_replaced_and_ended(caller: Caller) -> None:
    """§2.2: 201, 200, 200, 204, 204; then 404. `end` is kept and ignored; ids are mirrored."""
    made = await caller.ask("POST", body=asked() | {"end": "2020-01-01T00:00:00Z"})
    path = f"/{made.json()['id']}"
    shown = (await caller.ask("GET", path)).json()
    listed = (await caller.ask("GET")).json()

    assert ("active", f"eventType={CHANGE_OF_GP}", "2020-01-01T00:00:00Z") == (shown["status"], shown["criteria"], shown["end"])
    assert ("searchset", 1, [shown]) == (listed["type"], listed["total"], listed["entry"])
    assert 204 == (await caller.ask("PUT", path, asked(DEATH))).status_code
    assert f"eventType={DEATH}" == (await caller.ask("GET", path)).json()["criteria"]
    assert [204, 404, 404] == [(await caller.ask(method, path)).status_code for method in ("DELETE", "DELETE", "GET")]
    assert "c-1" == made.headers["x-correlation-id"]


async def test_a_queue_is_subscribed_to_a_type_once(caller: Caller) -> None:
    """§2.2: 409 names the one that is there; another type, and a mailbox, may be."""
    first = await caller.subscribe()
    again = await caller.ask("POST", body=asked())

    assert (409, {"errors": f"A matching SQS subscription already exists with id: {first}"}) == (
        again.status_code,
        again.json(),
    )
    await caller.subscribe(DEATH)
    mailbox = {"endpoint": "mesh://X26HC001?workflow_id=GPIC"}
    assert await caller.subscribe(**mailbox) != await caller.subscribe(**mailbox)


async def test_a_new_subscription_may_be_told_by_200(caller: Caller) -> None:
    """§2.2: as the real sandbox does."""
    caller.settings.made_status = 200

    assert 200 == (await caller.ask("POST", body=asked())).status_code


async def test_pages_go_on_where_the_last_one_ended(caller: Caller) -> None:
    """§2.2: `continue_from`."""
    caller.settings.page = 2
    ids = {await caller.subscribe(one) for one in (CHANGE_OF_GP, DEATH, NUMBER)}
    first = (await caller.ask("GET")).json()
    second = (await caller.ask("GET", "?" + first["link"][0]["url"].partition("?")[2])).json()

    assert ids == {one["id"] for page in (first, second) for one in page["entry"]}
    assert "link" not in second


WRONG: list[tuple[object, str]] = [
    (b"{", "body"),
    (b"[]", "body"),
    (asked() | {"resourceType": "Patient"}, "resourceType"),
    (asked() | {"status": "active"}, "status"),
    (asked() | {"reason": None}, "reason"),
    (asked() | {"channel": None}, "channel"),
    (asked(type="email"), "channel.type"),
    (asked(endpoint="arn:aws:sqs:us-east-1:123456789012:gpic"), "channel.endpoint"),
    (asked(endpoint="https://partner.example/hook"), "channel.endpoint"),
    (asked(payload="text/plain"), "channel.payload"),
    (asked() | {"criteria": CHANGE_OF_GP}, "criteria"),
    (asked("unknown-1"), "criteria"),
    (asked(f"{CHANGE_OF_GP} AND generalpractitioner='A99901'"), "criteria"),
    (asked(f"{RECORD} AND nonsense"), "criteria"),
]


@pytest.mark.parametrize(("body", "field"), WRONG, ids=[f"{number}-{field}" for number, (_, field) in enumerate(WRONG)])
async def test_what_is_wrong_is_named(caller: Caller, body: object, field: str) -> None:
    """§2.2: 400 with the errors by field."""
    answer = await caller.ask("POST", body=body)

    assert (400, [field]) == (answer.status_code, list(answer.json()["validationErrors"]))


async def test_who_may_not_is_told_in_mns_s_several_ways(caller: Caller) -> None:
    """§2.1, §2.2: 400 without a correlation id, 401 as a gateway's fault, 403, 404, 502."""
    caller.settings.unpermitted = frozenset({DEATH})
    assert (403, {"errors": "Unauthorised"}) == told(await caller.ask("POST", body=asked(DEATH)))
    assert 400 == (await caller.ask("GET", "/not-a-uuid")).status_code
    caller.settings.without_product = frozenset({API_KEY})
    assert 502 == (await caller.ask("GET")).status_code
    caller.settings.without_product = frozenset()
    del caller.headers["X-Correlation-ID"]
    assert (400, {"validationErrors": {"X-Correlation-ID": "is required"}}) == told(await caller.ask("GET"))
    caller.headers |= {"Authorization": "Bearer no", "X-Correlation-ID": "c"}
    assert 401 == (await caller.ask("GET")).status_code
    assert "faultstring" in (await caller.ask("GET")).json()["fault"]


def told(answer: httpx2.Response) -> tuple[int, object]:
    """Status and body."""
    return answer.status_code, answer.json()
