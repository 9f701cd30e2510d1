"""The pytest plugin, used as somebody uses it: test suites of other projects, run by pytest in processes of their own."""

from __future__ import annotations

import re
import statistics
from typing import Final

import pytest

CONFTEST: Final = """
import pytest

@pytest.fixture(scope="session")
def partner(gpic_server):
    return gpic_server.addresses["partner"]
"""


pytest_plugins = ["pytester"]


def run(pytester: pytest.Pytester, tests: str, *words: str, settings: str = "") -> pytest.RunResult:
    """What pytest says of these tests, in a process of its own."""
    pytester.makeconftest(CONFTEST)
    pytester.makeini(f"[pytest]\nfilterwarnings = error\n{settings}")
    pytester.makepyfile(test_theirs=tests)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *words, timeout=110)


def test_each_test_has_a_world_of_its_own(pytester: pytest.Pytester) -> None:
    """What one test did to Ada, her practice and the clock, the next one does not see; addresses stay."""
    tests = """
from datetime import timedelta

addresses = []

def test_one(gpic_sandbox, patient, practice, clock, journal, partner):
    addresses.append(gpic_sandbox.addresses)
    assert patient.log_in(partner).has("connected")
    patient.happens("die")
    practice.happens("close_practice")
    clock.move(timedelta(days=30))
    gpic_sandbox.fault("status", "EMIS", status=503)
    gpic_sandbox.switch("EmisSwitches.generation", "older")
    assert {"link": 1, "session": 1} == journal.tally("Partner", "EMIS")

def test_two(gpic_sandbox, patient, practice, clock, journal, partner):
    addresses.append(gpic_sandbox.addresses)
    assert patient.shown.pds.death == ""
    assert patient.shown.provider.state == "empty"
    assert practice.shown.live
    assert journal.messages == ()
    assert patient.log_in(partner).has("connected")
    assert {"link": 1, "session": 1} == journal.tally("Partner", "EMIS")
    assert len(journal.letters("ada")) == 2
    assert addresses[0] == addresses[1]
"""
    result = run(pytester, tests)

    result.assert_outcomes(passed=2)


def test_a_failing_test_shows_its_sequence_diagram(pytester: pytest.Pytester) -> None:
    """Of that test alone; a passing one shows nothing, and one without a sandbox has none."""
    tests = """
def test_passes(patient, partner):
    patient.log_in(partner)

def test_fails(patient, partner):
    patient.log_in(partner)
    assert patient.slug == "ben"

def test_fails_silently(gpic_sandbox):
    assert False

def test_has_none():
    assert False
"""
    result = run(pytester, tests)

    said = result.stdout.str()
    result.assert_outcomes(passed=1, failed=3)
    assert 2 == said.count("gpic: sequence diagram")
    assert 2 == said.count("POST me/applications → 201")
    assert 1 == said.count("Nothing was said.")
    assert "NHS login" in said


@pytest.mark.long
def test_workers_of_xdist_each_have_a_sandbox(pytester: pytest.Pytester) -> None:
    """In parallel, nobody sees what another worker's tests do; a failing test's diagram comes through."""
    tests = """
import pytest

@pytest.mark.parametrize("turn", range(6))
def test_it(turn, patient, journal, partner):
    assert patient.shown.provider.state == "empty"
    assert patient.log_in(partner).has("connected")
    assert {"link": 1, "session": 1} == journal.tally("Partner", "EMIS")
    assert turn != 5
"""
    result = run(pytester, tests, "-n", "2")

    result.assert_outcomes(passed=5, failed=1)
    assert 1 == result.stdout.str().count("gpic: sequence diagram")


@pytest.mark.long
def test_a_marker_chooses_the_patient(pytester: pytest.Pytester) -> None:
    """And the practice is theirs; somebody whom nobody knows is said to be unknown."""
    tests = """
import pytest

@pytest.mark.gpic_patient("cleo")
def test_cleo(patient, practice):
    assert (patient.slug, practice.code, practice.shown.system) == ("cleo", "B99901", "tpp")

def test_others(gpic_sandbox):
    zoe = gpic_sandbox.add_patient(
        "zoe", given_name="Zoe", family_name="Quill", birth_date="1990-01-01", practice="A99901", account=True)
    assert zoe.shown.account.status == "Active"
    with pytest.raises(KeyError):
        gpic_sandbox.patient("nobody")
"""
    result = run(pytester, tests, "--strict-markers")

    result.assert_outcomes(passed=2)


@pytest.mark.long
def test_the_clock_stands_and_runs(pytester: pytest.Pytester) -> None:
    """J4: a second login an hour later registers nobody again; and an asynchronous test may await its login."""
    tests = """
from datetime import timedelta
import anyio

def test_known(patient, clock, journal, partner, gpic_sandbox):
    patient.log_in(partner)
    clock.freeze()
    before = clock.now()
    clock.move(timedelta(hours=1))
    assert clock.now() - before == timedelta(hours=1)
    clock.thaw()
    patient.take_another_browser()
    assert patient.log_in(partner).has("connected")
    gpic_sandbox.settle()
    assert {"link": 1, "session": 2} == journal.tally("Partner", "EMIS")

def test_async(patient, partner):
    async def body():
        return await patient.log_in_beside(partner)
    assert anyio.run(body).has("connected")
"""
    result = run(pytester, tests)

    result.assert_outcomes(passed=2)


def test_nothing_is_imported_before_a_test_asks(pytester: pytest.Pytester) -> None:
    """A suite that uses none of it starts as fast as ever."""
    tests = """
import sys

def test_theirs():
    assert "gpic.sandbox.pytest_plugin" in sys.modules
    assert not {"starlette", "sqlalchemy", "gpic.nhs", "gpic.sandbox.rehearsal"} & set(sys.modules)
"""
    result = run(pytester, tests)

    result.assert_outcomes(passed=1)


@pytest.mark.long
def test_a_service_of_ones_own_is_registered_and_told(pytester: pytest.Pytester) -> None:
    """`gpic_services` in pytest's settings, as `gpic sandbox --for` would; its key is made where it is missing."""
    (pytester.path / "mine.toml").write_text(
        '[partner]\nclient_id = "mine"\nname = "Mine"\nredirect_uri = "http://localhost:8000/callback"\n'
    )
    tests = """
import tomllib

def test_told(gpic_server):
    told = tomllib.loads(gpic_server.told("mine").read_text())
    assert told["partner"]["issuer"] == gpic_server.issuer
    assert told["gp_systems"]["emis"]["options"]["application_id"] == "emis-app-mine"
"""
    for words in ((), ("-n", "1")):
        run(pytester, tests, *words, settings="gpic_services = mine.toml\n").assert_outcomes(passed=1)

    assert (pytester.path / "mine.pem").exists()


@pytest.mark.long
@pytest.mark.alone
def test_a_whole_login_takes_less_than_150_milliseconds(pytester: pytest.Pytester) -> None:
    """From the partner's button to the open session, for a new patient (J1): the best of twelve, each in a new world."""
    tests = """
import time
import pytest

@pytest.mark.parametrize("turn", range(12))
def test_it(turn, patient, partner):
    patient.open(partner)
    begun = time.perf_counter()
    assert patient.log_in(partner).has("connected")
    print(f"took={time.perf_counter() - begun:.4f}")
"""
    result = run(pytester, tests, "-s")
    times = [float(one) for one in re.findall(r"took=([\d.]+)", result.stdout.str())]

    result.assert_outcomes(passed=12)
    assert min(times) < 0.150, f"median {statistics.median(times):.3f} s"
