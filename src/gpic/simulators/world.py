"""What can happen in the world. Every event changes all systems at once, so that they never contradict one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.simulators.accounts import Account, AccountStatus
from gpic.simulators.people import Death, Patient, PdsRecord, Practice, Standing, Supplier
from gpic.simulators.register import AlreadyThere, NotSynthetic, Register, Unheard


class World(Register):
    """Patients, practices and systems under two clocks. Events raise Unheard for whom or what the world does not know."""

    # Linkage keys and accounts

    def rotate_linkage_key(self, slug: str) -> None:
        """The practice issues another key; the account id stays (G1)."""
        account = self._account(slug)
        account.rotate(self.new_key(account.supplier))
        self._happened("linkage key rotated", person=slug)

    def expire_linkage_key(self, slug: str) -> None:
        """The key stops working, with all tokens made from it (G1); the next retrieve issues another."""
        self._account(slug).key_is_good = False
        self._happened("linkage key expired", person=slug)

    def revoke_access(self, slug: str, *, may_register_again: bool = True) -> None:
        """The practice takes online access away. Where it may be had again, the account is as if it had never been."""
        account = self._account(slug)
        account.key_is_good = False
        account.status = AccountStatus.NOT_REGISTERED if may_register_again else AccountStatus.ARCHIVED
        self._happened("access revoked", person=slug)

    def lock_account(self, slug: str, *, may_register_again: bool = False) -> None:
        """Too many failed logins."""
        account = self._account(slug)
        account.locked = True
        if may_register_again:
            account.status = AccountStatus.NOT_REGISTERED
        self._happened("account locked", person=slug)

    def unlock_account(self, slug: str) -> None:
        """The practice gives access back; tokens whose key has not changed work again."""
        account = self._account(slug)
        account.locked = False
        account.failed_logins = 0
        self._happened("account unlocked", person=slug)

    def reset_account(self, slug: str, *, rotates_key: bool = False, drops_links: bool = False) -> None:
        """User or practice resets the account: Restricted for every application, or all links dropped (G3).

        TPP knows no Restricted: there a reset always issues another key.
        """
        account = self._account(slug)
        if drops_links:
            for link in account.links.values():
                link.dropped = True
        elif account.supplier is Supplier.EMIS:
            account.restricted_since = self.clocks.wire.now()
        if rotates_key or account.supplier is Supplier.TPP:
            account.rotate(self.new_key(account.supplier))
        self._happened("account reset", person=slug)

    def details_of(self, account: Account) -> tuple[str, str]:
        """Account id and linkage key as a retrieve shows them; an expired key is replaced first."""
        if not account.key_is_good:
            account.rotate(self.new_key(account.supplier))
        return account.account_id, account.linkage_key

    # Patients

    def move_patient(self, slug: str, to: str, *, account: bool = False, pds: bool = True) -> None:
        """The patient registers at practice *to*, with an online account there or without. *pds* False: PDS does not hear."""
        patient, practice = self.patient(slug), self.practice(to)
        self._close_accounts(slug)
        patient.practice = practice.code
        patient.standing = Standing.REGISTERED
        if pds:
            self.change_pds(slug, practice=practice.code.code, period_start=self._today(), period_end="")
        if account:
            self.open_account(slug)
        self._happened("patient moved", person=slug, practice=str(practice.code))

    def deregister(self, slug: str, *, removal_code: str = "ORR") -> None:
        """The patient leaves the practice and joins none; PDS names none."""
        self._close_accounts(slug)
        self.patient(slug).practice = None
        self.change_pds(slug, practice="", removal_code=removal_code)
        self._happened("patient left the practice", person=slug)

    def archive(self, slug: str) -> None:
        """The practice archives the patient's record."""
        self.set_standing(slug, Standing.ARCHIVED)

    def set_standing(self, slug: str, standing: Standing) -> None:
        """The practice's system holds the patient differently from now on."""
        self.patient(slug).standing = standing
        self._happened(f"patient is now {standing}", person=slug)

    def answer_for_wrong_patient(self, slug: str, other_slug: str) -> None:
        """J23: GP systems show *other_slug* in this patient's sessions; the same slug twice ends it."""
        other = self.patient(other_slug)
        self.patient(slug).shown_as = "" if other.slug == slug else other.slug
        self._happened("another patient is shown", person=slug)

    # Practices

    def migrate_system(self, code: str, supplier: str, *, new_code: str = "", accounts: bool = False) -> None:
        """The practice changes its system; with *new_code* its code as well, which PDS then names for every patient.

        Old accounts end. *accounts* True: whoever had one has another in the new system.
        """
        practice = self._renamed(self.practice(code), new_code)
        had_one = [patient.slug for patient in self._patients_at(code) if self.account_of(patient.slug) is not None]
        for patient in self._patients_at(code):
            self._close_accounts(patient.slug)
            if new_code:
                patient.practice = practice.code
                self.change_pds(patient.slug, practice=practice.code.code, period_start=self._today(), period_end="")
        practice.supplier = Supplier(supplier)
        for slug in had_one if accounts else []:
            self.open_account(slug)
        self._happened("practice changed its system", practice=str(practice.code))

    def merge_practices(self, closing: str, surviving: str) -> None:
        """All patients of *closing* become patients of *surviving*; the closing practice stops (J9)."""
        for patient in self._patients_at(closing):
            self.move_patient(patient.slug, surviving)
        self.practice_not_live(closing)

    def divide_practice(self, code: str, new_code: str, leaving: Iterable[str]) -> None:
        """The patients *leaving* (slugs) become patients of a new practice on the same system (J22)."""
        old = self.practice(code)
        new = self.add_practice(new_code, f"{old.name} ({new_code})", old.supplier)
        for slug in leaving:
            self.move_patient(slug, new.code.code)
        self._happened("practice divided", practice=str(old.code))

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

    # The Personal Demographics Service

    def change_pds(self, slug: str, **changes: str | bool | Death | None) -> PdsRecord:
        """Change fields of the patient's record; its version rises by one."""
        patient = self.patient(slug)
        patient.pds_before = patient.pds
        patient.pds = replace(patient.pds, **changes, version=patient.pds.version + 1)  # type: ignore[arg-type] # checked by the record's own fields
        patient.pds_changed_at = self.clocks.world.now()
        self._happened("PDS record changed", person=slug)
        return patient.pds

    def restrict_record(self, slug: str, confidentiality: str = "R") -> None:
        """U, R or V."""
        self.change_pds(slug, confidentiality=confidentiality)

    def record_death(self, slug: str, *, formal: bool = True) -> None:
        """The patient dies today."""
        self.change_pds(slug, death=Death.FORMAL if formal else Death.INFORMAL, died_on=self._today())

    def undo_death(self, slug: str) -> None:
        """The death was an error: the patient is alive."""
        self.change_pds(slug, death=Death.UNDONE, died_on="")

    def renumber(self, slug: str, number: NhsNumber) -> None:
        """The patient gets another NHS number; PDS answers the old with the new. Raises NotSynthetic, AlreadyThere."""
        patient = self.patient(slug)
        if not number.is_synthetic:
            raise NotSynthetic
        if number in self._numbers:
            raise AlreadyThere("that NHS number")
        self._numbers[number] = slug
        patient.number = number
        self.change_pds(slug)

    def merge_records(self, slug: str, into: str) -> None:
        """Two numbers were one person: PDS answers *slug*'s number with the record of *into*."""
        self.change_pds(slug, superseded_by=self.patient(into).slug)

    def invalidate_record(self, slug: str) -> None:
        """The record was an error and nothing replaces it."""
        self.change_pds(slug, invalidated=True)

    def pds_record(self, patient: Patient, lag: timedelta = timedelta()) -> PdsRecord:
        """The record as a read sees it that may lag behind by *lag* on the world clock."""
        lags = patient.pds_changed_at is not None and self.clocks.world.now() < patient.pds_changed_at + lag
        return patient.pds_before if lags and patient.pds_before is not None else patient.pds

    # Common ground of the events

    def _account(self, slug: str) -> Account:
        account = self.account_of(slug)
        if account is None:
            raise Unheard(f"online account of {slug}")
        return account

    def _close_accounts(self, slug: str) -> None:
        for account in self._accounts_of.get(slug, []):
            account.status = AccountStatus.NOT_REGISTERED

    def _patients_at(self, code: str) -> list[Patient]:
        practice = OdsCode(code)
        return [patient for patient in self.patients.values() if patient.practice == practice]

    def _renamed(self, practice: Practice, new_code: str) -> Practice:
        """The practice, or where it gets another code its successor; the old one is no longer live."""
        if not new_code:
            return practice
        practice.live = False
        return self.add_practice(new_code, practice.name, practice.supplier)

    def _switch(self, code: str, **switches: bool) -> None:
        practice = self.practice(code)
        for name, value in switches.items():
            setattr(practice, name, value)
        self._happened("practice's switches changed", practice=str(practice.code))

    def _today(self) -> str:
        today: datetime = self.clocks.world.now()
        return today.date().isoformat()
