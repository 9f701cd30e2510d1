"""PDS: in which order it is refused, and how fast it may be asked (`demographics.md` §1.4, §1.7, §1.8, §6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gpic.simulators.pds import Limit, Limits
from tests.unit.simulators.surgery import REQUEST_ID, Pds
from tests.unit.simulators.test_pds import coding
from tests.unit.simulators.town import NUMBERS, Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pds(town: Town) -> AsyncIterator[Pds]:
    """NHS login at PDS, with a token."""
    async with Pds(town) as caller:
        await caller.sign_in()
        yield caller


@pytest.mark.parametrize(
    ("authorization", "diagnostics"),
    [
        (None, "Missing Authorization header"),
        ("", "Empty Authorization header"),
        ("Bearer", "Missing access token"),
        ("Basic abc", "Invalid token type 'Basic', must be 'Bearer'"),
        ("Bearer nobody's", "Invalid Access Token"),
    ],
)
async def test_no_token_no_record(town: Town, pds: Pds, authorization: str | None, diagnostics: str) -> None:
    """401, by the gateway: application/json."""
    response = await pds.get(town.settle("ada").number, authorization=authorization)

    assert (401, "ACCESS_DENIED", "forbidden", "error") == coding(response)
    assert diagnostics == response.json()["issue"][0]["diagnostics"]
    assert "application/json" == response.headers["content-type"]
    assert REQUEST_ID == response.headers["x-request-id"]


async def test_a_token_dies_after_its_time_and_when_it_is_revoked(town: Town, pds: Pds) -> None:
    """§6: 599 seconds on the wire clock; and early, in mid-flight."""
    ada = town.settle("ada")
    town.wire.move(timedelta(seconds=598))
    alive = (await pds.get(ada.number)).status_code
    town.wire.move(timedelta(seconds=1))
    expired = (await pds.get(ada.number)).status_code
    await pds.sign_in()
    pds.app.state.tokens.revoke_all()

    assert [200, 401, 401] == [alive, expired, (await pds.get(ada.number)).status_code]


REFUSED: list[tuple[str, str, str | None, tuple[int, str, str, str]]] = [
    ("GET", "/Patient/{n}", None, (400, "MISSING_VALUE", "required", "error")),
    ("GET", "/Patient/{n}", "1234", (400, "INVALID_VALUE", "value", "error")),
    ("GET", "/Patient/", REQUEST_ID, (400, "UNSUPPORTED_SERVICE", "processing", "error")),
    ("PUT", "/Patient/{n}", REQUEST_ID, (400, "UNSUPPORTED_SERVICE", "processing", "error")),
    ("PATCH", "/Patient/{n}", REQUEST_ID, (403, "INVALID_METHOD", "forbidden", "error")),
    ("POST", "/Patient", REQUEST_ID, (403, "INVALID_METHOD", "forbidden", "error")),
    ("GET", "/Coverage/{n}", REQUEST_ID, (403, "INVALID_METHOD", "forbidden", "error")),
    ("GET", "/Practitioner/{n}", REQUEST_ID, (400, "UNSUPPORTED_REQUEST", "value", "error")),
]


@pytest.mark.parametrize(("method", "path", "request_id", "expected"), REFUSED)
async def test_a_request_is_refused_for_its_reason(
    town: Town, pds: Pds, method: str, path: str, request_id: str | None, expected: tuple[int, str, str, str]
) -> None:
    """§1.7, row by row; no NHS number comes back in a diagnosis."""
    number = town.settle("ada").number.digits

    response = await pds.send(method, path.format(n=number), request_id=request_id)

    assert expected == coding(response)
    assert number not in response.text


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        ("without_asid", (400, "MISSING_VALUE", "required", "error")),
        ("without_interaction", (401, "ACCESS_DENIED", "forbidden", "error")),
    ],
)
async def test_an_application_needs_an_asid_with_its_interactions(
    town: Town, pds: Pds, without: str, expected: tuple[int, str, str, str]
) -> None:
    """§1.2."""
    setattr(pds.settings, without, frozenset({pds.api_key}))

    assert expected == coding(await pds.get(town.settle("ada").number))


async def test_options_meets_an_unknown_error(pds: Pds) -> None:
    """§1.7: 502."""
    assert 502 == (await pds.send("OPTIONS", "/Patient/9990001138", request_id=REQUEST_ID)).status_code


async def test_the_words_of_request_id_refusals_are_known(town: Town, pds: Pds) -> None:
    """§1.7."""
    number = town.settle("ada").number
    path = f"/Patient/{number.digits}"

    missing, malformed = await pds.send("GET", path, request_id=None), await pds.send("GET", path, request_id="1234")

    assert (
        "Invalid request with error - X-Request-ID header must be supplied to access this resource"
        == (missing.json()["issue"][0]["diagnostics"])
    )
    assert "Invalid value - '1234' in header 'X-Request-ID'" == malformed.json()["issue"][0]["diagnostics"]


async def test_401_wins_over_429_and_429_over_400(pds: Pds) -> None:
    """§1.7: the gateway's order."""
    pds.settings.limits = Limits(app_quota=Limit(1))
    first = await pds.send("GET", "/Patient/x", request_id="bad")
    second = await pds.send("GET", "/Patient/x", request_id="bad")
    third = await pds.send("GET", "/Patient/x", request_id="bad", authorization="Bearer no")

    assert [400, 429, 401] == [one.status_code for one in (first, second, third)]
    assert "retry-after" not in second.headers


@pytest.mark.parametrize(
    ("limits", "statuses"),
    [
        (Limits(), [200] * 4),
        (Limits(app_quota=Limit(2)), [200, 200, 429, 200]),
        (Limits(api_quota=Limit(2)), [200, 200, 429, 200]),
        (Limits(app_spike=Limit(60)), [200, 429, 429, 200]),
        (Limits(api_spike=Limit(60)), [200, 429, 429, 200]),
    ],
)
async def test_rates_are_kept_exactly(town: Town, pds: Pds, limits: Limits, statuses: list[int]) -> None:
    """§1.8: three at one moment, one a minute later."""
    ada = town.settle("ada")
    pds.settings.limits = limits

    seen = [(await pds.get(ada.number)).status_code for _ in range(3)]
    town.wire.move(timedelta(minutes=1))
    seen.append((await pds.get(ada.number)).status_code)

    assert statuses == seen


async def test_five_per_second_is_a_limit_like_any_other(town: Town, pds: Pds) -> None:
    """A short window, as a slow PDS has it."""
    ada = town.settle("ada")
    pds.settings.limits = Limits(app_quota=Limit(5, timedelta(seconds=1)))

    first = [(await pds.get(ada.number)).status_code for _ in range(6)]
    town.wire.move(timedelta(seconds=1))

    assert [200] * 5 + [429] == first
    assert 200 == (await pds.get(ada.number)).status_code


async def test_the_journal_never_sees_a_number(town: Town, pds: Pds) -> None:
    """The path is templated, the person a slug."""
    ada = town.settle("ada")
    await pds.get(ada.number)
    await pds.get(NUMBERS[-1])

    lines = [
        (message.sender, message.operation, message.outcome, message.person, message.note) for message in town.journal.list()
    ]

    assert [
        ("NHS login", "POST oauth2/token", "200", "", ""),
        ("NHS login", "GET Patient", "200", "ada", ""),
        ("NHS login", "GET Patient", "404", "", "RESOURCE_NOT_FOUND"),
    ] == lines
