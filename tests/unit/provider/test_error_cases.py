"""Every row of the page of errors, provoked over HTTP."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from starlette.applications import Starlette

from gpic.provider import errors
from gpic.provider.endpoints import routes
from gpic.provider.errors import SentBack, Where
from tests.unit.provider.error_cases import CASES, NEVER, SPECIFIED, Case
from tests.unit.provider.provoking import cookies
from tests.unit.provider.world import CALLBACK, World

AUTHORIZE = Path(errors.__file__).parent / "authorize"


@pytest.mark.anyio
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
async def test_the_answer_is_the_one_of_the_page(world: World, case: Case, caplog: pytest.LogCaptureFixture) -> None:
    """§2: a redirect to the registered address with code, sentence and state, or a page; never anything else."""
    case.arrange(world)
    transport = httpx2.ASGITransport(Starlette(routes=list(routes(world.provider))))
    async with httpx2.AsyncClient(transport=transport, base_url=world.policy.issuer, cookies=cookies(world)) as client:
        status, told = await case.provoke(world, client)

    if case.refusal.shown is Where.PAGE:
        assert (case.refusal.status, False) == (status, "?error=" in told)
        assert case.refusal.sentence in told
        return
    answer = dict(parse_qsl(urlsplit(told).query))
    state = {"state": case.state} if case.state is not None else {}
    assert (303, CALLBACK) == (status, told.partition("?")[0])
    assert {"error": case.refusal.code, "error_description": answer["error_description"], **state} == answer
    assert case.refusal.sentence in {"", answer["error_description"]}
    bugs = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert (case.slug == "broken") == bool(bugs)


def test_every_code_of_the_specification_has_a_row_or_a_reason() -> None:
    """§2: what can occur occurs in a test; what cannot says why."""
    shown = {case.refusal.code for case in CASES if issubclass(case.refusal, SentBack)}

    assert set(SPECIFIED) == shown | NEVER.keys()
    assert set() == shown & NEVER.keys()
    assert {refusal.code for refusal in SentBack.__subclasses__()} == shown


def test_slugs_are_names() -> None:
    """One row, one name."""
    assert len(CASES) == len({case.slug for case in CASES})
