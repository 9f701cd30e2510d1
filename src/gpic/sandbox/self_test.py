"""The self-test of an installation: `pytest --pyargs gpic.sandbox.self_test`.

It uses the plugin's fixtures as your tests would, with the sandbox's sample partner in your service's place.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

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

# ruff: noqa: S101 - these are tests


@pytest.fixture
def partner(gpic_server: Rehearsals) -> str:
    """The sample partner's first page."""
    return gpic_server.addresses["partner"]


def test_a_patient_is_connected(partner: str, patient: PatientOfTest, journal: JournalOfTest) -> None:
    """J1: one registration and one session."""
    assert patient.log_in(partner).has("connected")
    assert journal.tally("Partner", "EMIS") == {"link": 1, "session": 1}


def test_a_known_patient_is_not_registered_again(
    partner: str, patient: PatientOfTest, journal: JournalOfTest, clock: ClockOfTest
) -> None:
    """J4: an hour later the stored token serves."""
    patient.log_in(partner)
    clock.move(timedelta(hours=1))
    patient.take_another_browser()
    assert patient.log_in(partner).has("connected")
    assert journal.tally("Partner", "EMIS") == {"link": 1, "session": 2}


def test_a_patient_who_moves_is_followed(partner: str, patient: PatientOfTest, gpic_sandbox: Rehearsal) -> None:
    """J6: from EMIS to TPP."""
    patient.log_in(partner)
    patient.happens("move_patient", to="B99901", account=True)
    gpic_sandbox.settle()
    patient.take_another_browser()
    assert patient.log_in(partner).has("connected")
    assert gpic_sandbox.journal.tally("Partner", "TPP") == {"link": 1, "session": 1}


@pytest.mark.gpic_patient("cleo")
def test_each_test_has_a_world_of_its_own(patient: PatientOfTest, practice: PracticeOfTest, journal: JournalOfTest) -> None:
    """Nothing of the tests before is left."""
    assert (patient.slug, practice.code, practice.shown.system) == ("cleo", "B99901", "tpp")
    assert journal.messages == ()
