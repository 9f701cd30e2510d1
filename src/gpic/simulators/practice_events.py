"""What can happen to a practice: another system, another code, a merger, a division, and its switches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gpic.nhs.organisations import OdsCode
from gpic.simulators.happenings import System, What
from gpic.simulators.patient_events import PatientEvents
from gpic.simulators.people import Patient, Practice, Succession, Supplier


class PracticeEvents(PatientEvents):
    """Events of a practice and of everybody there. All raise Unheard before anything changes."""

    def open_practice(self, code: str, name: str, supplier: str) -> Practice:
        """A practice begins; raises as `add_practice`."""
        with self._one_event(What.PRACTICE_OPENED):
            practice = self.add_practice(code, name, supplier)
            practice.opened_at = self.now()
            self._happened(What.PRACTICE_OPENED, practice=practice.code.code)
        return practice

    def close_practice(self, code: str) -> None:
        """The practice ends: it is not live on its system, and ODS says so after its lag."""
        practice = self.practice(code)
        practice.live = False
        practice.closed_at = practice.closed_at or self.now()
        self._happened(What.PRACTICE_CLOSED, practice=practice.code.code)

    def migrate_system(self, code: str, supplier: str, *, new_code: str = "", accounts: bool = False) -> None:
        """The practice changes its system; with *new_code* its code as well, which PDS then names for every patient.

        Old accounts end. *accounts* True: whoever had one has another in the new system. Raises Unheard, AlreadyThere.
        """
        practice = self.practice(code)
        made_by, here = Supplier.named(supplier), self.patients_at(code)
        had_one = [patient.slug for patient in here if self.account_of(patient.slug) is not None]
        with self._one_event(What.SYSTEM_CHANGED):
            practice = self._renamed(practice, new_code)
            practice.supplier, practice.supplier_name = made_by, supplier.strip().upper()
            self.list_practice(practice)
            for patient in here:
                self._close_accounts(patient.slug)
                if new_code:
                    self._take_along(patient, practice)
            for slug in had_one if accounts else []:
                self.open_account(slug)
            self._happened(What.SYSTEM_CHANGED, practices=(OdsCode(code).code, practice.code.code))

    def merge_practices(self, closing: str, surviving: str, *, accounts: bool = False, in_ods: bool = False) -> None:
        """All patients of *closing* become patients of *surviving*; the closing practice ends (J9).

        *accounts* True: whoever had one has another there. *in_ods* True: ODS holds the succession. Raises ValueError
        where both are the same.
        """
        old, new = self.practice(closing), self.practice(surviving)
        if old is new:
            raise ValueError("a practice does not merge with itself")
        with self._one_event(What.PRACTICES_MERGED):
            for patient in self.patients_at(closing):
                had_one = self.account_of(patient.slug) is not None
                self.move_patient(patient.slug, surviving, account=accounts and had_one)
            self.close_practice(closing)
            self._succeeds(new, old, told=in_ods)
            self._happened(What.PRACTICES_MERGED, practices=(old.code.code, new.code.code))

    def divide_practice(
        self, code: str, new_code: str, leaving: Iterable[str], *, accounts: bool = False, in_ods: bool = False
    ) -> None:
        """The patients *leaving* (slugs) become patients of a new practice on the same system (J22).

        *accounts* True: whoever had one has another there. Raises Unheard, AlreadyThere, ValueError (somebody who is
        not at this practice).
        """
        old, slugs = self.practice(code), tuple(dict.fromkeys(leaving))
        if any(self.patient(slug).practice != old.code for slug in slugs):
            raise ValueError("who leaves a practice was there")
        with self._one_event(What.PRACTICE_DIVIDED):
            new = self.open_practice(new_code, f"{old.name} ({new_code})", old.supplier_name)
            for slug in slugs:
                had_one = self.account_of(slug) is not None
                self.move_patient(slug, new.code.code, account=accounts and had_one)
            self._succeeds(new, old, told=in_ods)
            self._happened(What.PRACTICE_DIVIDED, practices=(old.code.code, new.code.code))

    def practice_not_live(self, code: str) -> None:
        """The practice is not live on its system."""
        self._switch(code, live=False)

    def practice_live(self, code: str) -> None:
        """The practice is live on its system."""
        self._switch(code, live=True)

    def online_services_off(self, code: str, *, only_api_v2: bool = False) -> None:
        """The practice switches online services off, or at EMIS only the second version of their interface."""
        self._switch(code, online=only_api_v2, api_v2=False)

    def online_services_on(self, code: str) -> None:
        """The practice switches all online services on."""
        self._switch(code, online=True, api_v2=True)

    def patients_at(self, code: str) -> list[Patient]:
        """Who is registered there, as its system has them."""
        practice = OdsCode(code)
        return [patient for patient in self.patients.values() if patient.practice == practice]

    def told_successions(self, by: datetime | None = None) -> tuple[Succession, ...]:
        """What ODS says of successions by now, or by another moment of the world clock."""
        heard = by or self.now()
        return tuple(one for one in self.successions if one.told_from is not None and one.told_from <= heard)

    def _take_along(self, patient: Patient, practice: Practice) -> None:
        before = patient.practice.code if patient.practice else ""
        patient.practice = practice.code
        self.change_pds(patient.slug, practice=practice.code.code, period_start=self._today(), period_end="")
        self._happened(What.PATIENT_MOVED, person=patient.slug, practices=(before, practice.code.code))

    def _renamed(self, practice: Practice, new_code: str) -> Practice:
        """The practice, or where it gets another code its successor; the old one is no longer live."""
        if not new_code:
            return practice
        successor = self.open_practice(new_code, practice.name, practice.supplier_name)
        self.close_practice(practice.code.code)
        self._succeeds(successor, practice, told=False)
        return successor

    def _succeeds(self, new: Practice, old: Practice, *, told: bool) -> None:
        told_from = self.now() + self.lags.of(System.ODS) if told else None
        self.successions.append(Succession(old.code, new.code, self.now(), told_from))

    def _switch(self, code: str, **switches: bool) -> None:
        practice = self.practice(code)
        for name, value in switches.items():
            setattr(practice, name, value)
        self._happened(What.PRACTICE_SWITCHED, practice=practice.code.code)
