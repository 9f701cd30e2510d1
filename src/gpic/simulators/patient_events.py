"""What can happen to a patient between practices, and to how a practice's system holds them."""

from __future__ import annotations

from gpic.simulators.happenings import What
from gpic.simulators.pds_events import PdsEvents
from gpic.simulators.people import Patient, Standing


class PatientEvents(PdsEvents):
    """Events of a patient. All raise Unheard for whom or what the world does not know, before anything changes."""

    def move_patient(self, slug: str, to: str, *, account: bool = False, pds: bool = True) -> None:
        """The patient registers at practice *to*, with an online account there or without. *pds* False: PDS never hears."""
        patient, practice = self.patient(slug), self.practice(to)
        practices = patient.practice.code if patient.practice else "", practice.code.code
        with self._one_event(What.PATIENT_MOVED):
            self._close_accounts(slug)
            patient.practice = practice.code
            self._register_anew(patient)
            if pds:
                self.change_pds(slug, practice=practice.code.code, period_start=self._today(), period_end="", removal_code="")
            if account:
                self.open_account(slug)
            self._happened(What.PATIENT_MOVED, person=slug, practices=practices)

    def deregister(self, slug: str, *, removal_code: str = "ORR") -> None:
        """The patient leaves the practice and joins none; PDS names none."""
        patient = self.patient(slug)
        practices = patient.practice.code if patient.practice else "", ""
        with self._one_event(What.PATIENT_LEFT):
            self._close_accounts(slug)
            patient.practice = None
            self.change_pds(slug, practice="", removal_code=removal_code)
            self._happened(What.PATIENT_LEFT, person=slug, practices=practices)

    def archive(self, slug: str) -> None:
        """The practice archives the patient's record."""
        self.set_standing(slug, Standing.ARCHIVED)

    def set_standing(self, slug: str, standing: Standing) -> None:
        """The practice's system holds the patient differently from now on."""
        self.patient(slug).standing = standing
        self._happened(What.STANDING_CHANGED, person=slug)

    def answer_for_wrong_patient(self, slug: str, other_slug: str) -> None:
        """J23: GP systems show *other_slug* in this patient's sessions; the same slug twice ends it."""
        patient, other = self.patient(slug), self.patient(other_slug)
        patient.shown_as = "" if other.slug == slug else other.slug
        self._happened(What.OTHER_PATIENT_SHOWN, person=slug)

    def let_act_for(self, slug: str, *others: str) -> None:
        """GP systems let this patient act for *others* and nobody else: their links are shown beside the patient's own."""
        patient = self.patient(slug)
        self._must_know(*others)
        patient.acts_for = tuple(other for other in dict.fromkeys(others) if other != slug)
        self._happened(What.ACTING_CHANGED, person=slug)

    def _register_anew(self, patient: Patient) -> None:
        """Another practice has them as any new patient; but a death that PDS holds is not undone by a move."""
        if patient.standing_alive is None:
            patient.standing = Standing.REGISTERED
        else:
            patient.standing_alive = Standing.REGISTERED
