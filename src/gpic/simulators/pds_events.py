"""What can happen to a patient's record at the Personal Demographics Service."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gpic.nhs.clock import EPOCH
from gpic.nhs.numbers import NhsNumber
from gpic.simulators.account_events import AccountEvents
from gpic.simulators.happenings import What
from gpic.simulators.ids import synthetic_numbers
from gpic.simulators.people import Death, Patient, PdsEntry, PdsRecord, Standing
from gpic.simulators.register import AlreadyThere, NotSynthetic, Unheard

#: Which fields of a record belong to which signal of PDS (`demographics.md` §2.3).
SIGNALS = (
    (What.PDS_PRACTICE_CHANGED, ("practice", "period_start", "period_end")),
    (What.PDS_DEATH_CHANGED, ("death", "died_on")),
    (What.PDS_NUMBER_CHANGED, ("number", "superseded_by", "invalidated")),
)
CONFIDENTIALITIES = ("U", "R", "V")


class PdsEvents(AccountEvents):
    """Events that PDS records. All raise Unheard for whom the world does not know."""

    def change_pds(self, slug: str, **changes: str | bool | Death | NhsNumber | None) -> PdsRecord:
        """Change fields of the patient's record; its version rises by one, and readers see it after the lag of PDS."""
        patient = self.patient(slug)
        before = replace(patient.pds, number=patient.pds.number or patient.number)
        after = replace(before, **changes, version=before.version + 1)  # type: ignore[arg-type] # checked by the record's own fields
        if not patient.pds_history:
            patient.pds_history.append(PdsEntry(EPOCH, before))
        patient.pds_history.append(PdsEntry(self.now() + self.lags.pds, after))
        patient.pds = after
        kinds = [kind for kind, fields in SIGNALS if any(getattr(before, name) != getattr(after, name) for name in fields)]
        if after.confidentiality != "U" and not self.switches.restricted_are_signalled:
            kinds = [kind for kind in kinds if kind is not What.PDS_PRACTICE_CHANGED]
        with self._one_event(What.PDS_CHANGED):
            for kind in (What.PDS_CHANGED, *kinds):
                self._happened(
                    kind,
                    person=slug,
                    practices=(before.practice, after.practice),
                    numbers=(before.number, after.number),
                    record_version=after.version,
                )
        return after

    def pds_record(self, patient: Patient, lag: timedelta = timedelta()) -> PdsRecord:
        """The record as PDS shows it now; *lag* is how far a read may be behind what PDS knows."""
        moment = self.now() - lag
        return next((entry.record for entry in reversed(patient.pds_history) if entry.since <= moment), self._first(patient))

    def pds_holder_of(self, number: NhsNumber, lag: timedelta = timedelta()) -> Patient | None:
        """Whom PDS finds under this number by now; one that has not reached PDS yet finds nobody."""
        patient = self.holder_of(number)
        if patient is None or not patient.pds_history:
            return patient
        moment = self.now() - lag
        known = [self._first(patient).number]
        known += [entry.record.number for entry in patient.pds_history if entry.since <= moment]
        return patient if number in (known if self.switches.old_numbers_found else known[-1:]) else None

    def _first(self, patient: Patient) -> PdsRecord:
        return patient.pds_history[0].record if patient.pds_history else patient.pds

    def restrict_record(self, slug: str, confidentiality: str = "R") -> None:
        """U, R or V; raises ValueError for anything else."""
        if confidentiality not in CONFIDENTIALITIES:
            raise ValueError("a record is U, R or V")
        with self._one_event(What.RECORD_RESTRICTED):
            self.change_pds(slug, confidentiality=confidentiality)
            self._happened(What.RECORD_RESTRICTED, person=slug)

    def die(self, slug: str, *, formal: bool = True) -> None:
        """The patient dies today. Once it is formal, the practice archives the record, and nothing can be had online."""
        patient = self.patient(slug)
        with self._one_event(What.DIED):
            if formal and patient.standing_alive is None:
                patient.standing_alive = patient.standing
                patient.standing = Standing.ARCHIVED
            self.change_pds(slug, death=Death.FORMAL if formal else Death.INFORMAL, died_on=self._today())
            self._happened(What.DIED, person=slug)

    def undo_death(self, slug: str) -> None:
        """The death was an error: the patient is alive, and the practice has them as before."""
        patient = self.patient(slug)
        with self._one_event(What.DEATH_UNDONE):
            if patient.standing_alive is not None:
                patient.standing, patient.standing_alive = patient.standing_alive, None
            self.change_pds(slug, death=Death.UNDONE, died_on="")
            self._happened(What.DEATH_UNDONE, person=slug)

    def supersede_nhs_number(self, slug: str, number: NhsNumber | None = None) -> None:
        """The patient gets another NHS number, any free one unless it is said; PDS answers the old with the new.

        Raises NotSynthetic, AlreadyThere.
        """
        patient = self.patient(slug)
        number = number or next(one for one in synthetic_numbers() if one not in self._numbers)
        if not number.is_synthetic:
            raise NotSynthetic
        if number in self._numbers:
            raise AlreadyThere("that NHS number")
        numbers = patient.number, number
        with self._one_event(What.NUMBER_SUPERSEDED):
            self._numbers[number] = slug
            self.change_pds(slug, number=number)
            patient.number = number
            self._happened(What.NUMBER_SUPERSEDED, person=slug, numbers=numbers)

    def merge_records(self, slug: str, into: str) -> None:
        """Two numbers were one person: PDS answers *slug*'s number with *into*'s record; no practice has *slug*."""
        patient, survivor = self.patient(slug), self.patient(into)
        with self._one_event(What.RECORDS_MERGED):
            self._close_accounts(slug)
            patient.practice = None
            self.change_pds(slug, superseded_by=survivor.slug)
            self._happened(What.RECORDS_MERGED, person=slug, numbers=(patient.number, survivor.number))

    def invalidate_record(self, slug: str) -> None:
        """The record was an error and nothing replaces it; no practice has such a patient."""
        patient = self.patient(slug)
        with self._one_event(What.RECORD_INVALIDATED):
            self._close_accounts(slug)
            patient.practice = None
            self.change_pds(slug, invalidated=True)
            self._happened(What.RECORD_INVALIDATED, person=slug)

    def _today(self) -> str:
        return self.now().date().isoformat()

    def _must_know(self, *slugs: str) -> None:
        for slug in slugs:
            if slug not in self.patients:
                raise Unheard(f"patient {slug}")
