"""The how-to page is true: its adapter works, plugged in as the page says."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import httpx2
import pytest

from gpic.gp_systems.directory import Place
from gpic.gp_systems.plugs import GROUP, Adapter
from gpic.gp_systems.systems import Interface, Systems
from gpic.nhs.answers import (
    Accepted,
    Found,
    Linked,
    NoAccount,
    Opened,
    Reason,
    Refused,
    Rejected,
    SessionOpened,
    ShownPatient,
    Unexpected,
    Unreachable,
)
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.secret import Secret
from tests.unit.gp_systems.persons import ADA, APPLICANT, NUMBER, PRACTICE
from tests.unit.line import Line, said

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "how-to" / "add-a-gp-system.md").read_text(encoding="utf-8")
ADAPTER, USE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(ENTRY_POINT,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
DETAILS = GpCredentials("12", PRACTICE, Secret("key-1"))
TOKEN = Im1Token("greenfield", Secret("token-1"))
ENTERED = {"session": "s-1", "nhs_number": NUMBER.digits}


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The distribution that the page describes."""
    ((name, target),) = tomllib.loads(ENTRY_POINT)["project"]["entry-points"][GROUP].items()
    dist = tmp_path / "greenfield-1.0.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: greenfield\nVersion: 1.0\n", encoding="utf-8")
    (dist / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {target}\n", encoding="utf-8")
    (tmp_path / "greenfield.py").write_text(ADAPTER, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "greenfield", raising=False)


def greenfield(*answers: httpx2.Response) -> tuple[Adapter, Line]:
    """The page's adapter, and the line that it speaks over."""
    wire = Line(*answers)
    interface = Interface("https://green.test/api", {"application": "riverside", "password": "sandbox-only-2051"})
    adapter = Systems({"greenfield": interface}, transport_to=lambda _: httpx2.MockTransport(wire)).at(Place("greenfield"))
    assert adapter is not None
    return adapter, wire


@pytest.mark.usefixtures("_installed")
async def test_the_pages_use_of_it_runs() -> None:
    """As printed: plugged in, configured, found by practice, and "not covered" for a supplier that nobody knows."""
    # The page is ours, and this is what runs it.
    exec(compile(USE, "add-a-gp-system.md", "exec"), {})  # noqa: S102


@pytest.mark.usefixtures("_installed")
async def test_the_pages_adapter_answers_every_question() -> None:
    """Both ports, in outcome values."""
    found = {"account": "12", "key": "key-1"}
    answers = [found, found | {"token": "token-1"}, {"token": "token-1"}, ENTERED, {}, ENTERED]
    adapter, wire = greenfield(*(said(200, answer) for answer in answers))

    assert Found(DETAILS) == await adapter.verify_anew(APPLICANT)
    assert Opened(TOKEN, DETAILS) == await adapter.open_account(APPLICANT)
    assert Linked(TOKEN) == await adapter.link(ADA, DETAILS)
    shown = ShownPatient(frozenset({NUMBER}))
    assert Accepted(shown) == await adapter.check(TOKEN, PRACTICE)
    session = await adapter.open_session(TOKEN, PRACTICE)
    assert isinstance(session, SessionOpened)
    assert shown == session.shown
    assert ["/api/find", "/api/open", "/api/link", "/api/enter", "/api/leave", "/api/enter"] == wire.paths


@pytest.mark.parametrize(
    ("reply", "found", "linked"),
    [
        (said(404, {"code": 1}), NoAccount(), Unexpected("greenfield-link-404-1")),
        (said(403, {"code": 2}), Refused(Reason.NOT_REGISTERED), Refused(Reason.NOT_REGISTERED)),
        (said(403, {"code": 17}), Unexpected("greenfield-find-403-17"), Rejected(Reason.KEY_INVALID)),
        (said(503, {"code": 17}), Unreachable(), Unreachable()),
        (said(200, {}), Unexpected("greenfield-find-incomplete"), Unexpected("greenfield-link-incomplete")),
        (said(200, b"<html>"), Unexpected("greenfield-find-200"), Unexpected("greenfield-link-200")),
    ],
)
@pytest.mark.usefixtures("_installed")
async def test_the_pages_tables_are_what_it_says_they_are(reply: httpx2.Response, found: object, linked: object) -> None:
    """N12, N13: what is the secret's fault, what is nobody's."""
    adapter, wire = greenfield(reply)

    assert found == await adapter.retrieve(APPLICANT)
    assert linked == await adapter.link(ADA, DETAILS)
    assert 2 == len(wire.asked)


@pytest.mark.usefixtures("_installed")
async def test_the_pages_adapter_proves_the_right_patient() -> None:
    """N2: a session that shows no number proves nothing."""
    adapter, _ = greenfield(said(200, {"session": "s-1", "nhs_number": "123"}))

    assert Unexpected("greenfield-enter-nobody") == await adapter.check(TOKEN, PRACTICE)
