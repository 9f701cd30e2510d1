"""Fixtures for tests of your own service: a sandbox for the session, a world for each test.

pytest loads this wherever gpic is installed, so it imports nothing of the sandbox before a test asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from gpic.sandbox.rehearsal import (
        ClockOfTest,
        JournalOfTest,
        PatientOfTest,
        PracticeOfTest,
        Rehearsal,
        Rehearsals,
    )
    from gpic.sandbox.script import Script

INI: Final = "gpic_services"
MARKER: Final = "gpic_patient"
SECTION: Final = "gpic: sequence diagram"
LACKING: Final = "the gpic fixtures need the extra 'sandbox': pip install 'gpic[sandbox]'"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which services the sandbox knows from the beginning."""
    parser.addini(INI, "TOML files of your own services, as `gpic sandbox --for` reads them", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """The marker that chooses whom the fixture `patient` is."""
    config.addinivalue_line("markers", f"{MARKER}(slug): who the fixture `patient` is, instead of Ada")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test shows what was said in its sandbox."""
    report = yield
    sandbox: Rehearsal | None = getattr(item, "funcargs", {}).get("gpic_sandbox")
    if report.failed and report.when == "call" and sandbox is not None:
        report.sections.append((SECTION, sandbox.journal.diagram() or "Nothing was said."))
    return report


@pytest.fixture(scope="session")
def gpic_script(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Script:
    """How the sandbox starts; override it for other people, settings or switches."""
    try:
        from gpic.sandbox.guests import described_in
        from gpic.sandbox.rehearsal import in_memory
        from gpic.sandbox.script import Script
    except ModuleNotFoundError as missing:
        pytest.fail(f"{LACKING} ({missing.name} is not installed)", pytrace=False)
    # Workers of xdist each have a sandbox: what it tells a service must not lie in one place.
    told_in = tmp_path_factory.mktemp("gpic") if os.environ.get("PYTEST_XDIST_WORKER") else None
    services = tuple(described_in(path, told_in=told_in) for path in pytestconfig.getini(INI))
    return Script(services=services, scripted_sign_in=True, control=True, folder=in_memory())


@pytest.fixture(scope="session")
def gpic_server(gpic_script: Script) -> Iterator[Rehearsals]:
    """The sandbox of this session, or of this worker of xdist: addresses, and who is registered."""
    from gpic.sandbox.rehearsal import Rehearsals

    server = Rehearsals(gpic_script)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def gpic_sandbox(gpic_server: Rehearsals) -> Iterator[Rehearsal]:
    """A world of this test's own, as at the start."""
    sandbox = gpic_server.begin()
    try:
        yield sandbox
    finally:
        sandbox.close()


@pytest.fixture
def patient(request: pytest.FixtureRequest, gpic_sandbox: Rehearsal) -> PatientOfTest:
    """Ada, or whom `@pytest.mark.gpic_patient("ben")` names."""
    marker = request.node.get_closest_marker(MARKER)
    return gpic_sandbox.patient(marker.args[0] if marker is not None else "ada")


@pytest.fixture
def practice(patient: PatientOfTest, gpic_sandbox: Rehearsal) -> PracticeOfTest:
    """The practice where the patient is registered as the test begins, or that PDS names where it is none."""
    shown = patient.shown
    return gpic_sandbox.practice(shown.practice or shown.pds.practice)


@pytest.fixture
def journal(gpic_sandbox: Rehearsal) -> JournalOfTest:
    """What was said in this test."""
    return gpic_sandbox.journal


@pytest.fixture
def clock(gpic_sandbox: Rehearsal) -> ClockOfTest:
    """The world clock."""
    return gpic_sandbox.clock
