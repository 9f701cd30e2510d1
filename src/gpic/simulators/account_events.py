"""What can happen to an online account. The GP system alone knows of it."""

from __future__ import annotations

from gpic.simulators.accounts import Account, AccountStatus
from gpic.simulators.happenings import What
from gpic.simulators.people import Supplier
from gpic.simulators.register import Register, Unheard


class AccountEvents(Register):
    """Events of the account that a patient has now. All raise Unheard for whom the world does not know."""

    def rotate_linkage_key(self, slug: str) -> None:
        """The practice issues another key; the account id stays (G1)."""
        account = self._account(slug)
        account.rotate(self.new_key(account.supplier))
        self._happened(What.KEY_ROTATED, person=slug, practice=account.practice.code)

    def expire_linkage_key(self, slug: str) -> None:
        """The key stops working, with all tokens made from it (G1); the next retrieve issues another."""
        account = self._account(slug)
        account.key_is_good = False
        self._happened(What.KEY_EXPIRED, person=slug, practice=account.practice.code)

    def revoke_access(self, slug: str, *, may_register_again: bool = True) -> None:
        """The practice takes online access away. Where it may be had again, the account is as if it had never been."""
        account = self._account(slug)
        account.key_is_good = False
        account.status = AccountStatus.NOT_REGISTERED if may_register_again else AccountStatus.ARCHIVED
        self._happened(What.ACCESS_REVOKED, person=slug, practice=account.practice.code)

    def lock_account(self, slug: str, *, may_register_again: bool = False) -> None:
        """Too many failed logins."""
        account = self._account(slug)
        account.locked = True
        if may_register_again:
            account.status = AccountStatus.NOT_REGISTERED
        self._happened(What.ACCOUNT_LOCKED, person=slug, practice=account.practice.code)

    def unlock_account(self, slug: str) -> None:
        """The practice gives access back; tokens whose key has not changed work again."""
        account = self._account(slug)
        account.locked = False
        account.failed_logins = 0
        self._happened(What.ACCOUNT_UNLOCKED, person=slug, practice=account.practice.code)

    def reset_account(self, slug: str, *, rotates_key: bool = False, drops_links: bool = False) -> None:
        """User or practice resets the account: Restricted for every application, or all links dropped (G3).

        Only EMIS knows Restricted: elsewhere a reset always issues another key.
        """
        account = self._account(slug)
        if drops_links:
            for link in account.links.values():
                link.dropped = True
        elif account.supplier is Supplier.EMIS:
            account.restricted_since = self.clocks.wire.now()
        if rotates_key or account.supplier is not Supplier.EMIS:
            account.rotate(self.new_key(account.supplier))
        self._happened(What.ACCOUNT_RESET, person=slug, practice=account.practice.code)

    def set_account_status(self, slug: str, status: AccountStatus, *, belongs_to_patient: bool = True) -> None:
        """The practice's system holds the account differently: inactive, archived, or linked with nobody's record."""
        account = self._account(slug)
        account.status = status
        account.belongs_to_patient = belongs_to_patient
        self._happened(What.ACCOUNT_STATUS_CHANGED, person=slug, practice=account.practice.code)

    def online_services_off_for(self, slug: str) -> None:
        """The practice takes every service from the patient's account; account and tokens stay."""
        self._grant(slug, services_on=False)

    def online_services_on_for(self, slug: str) -> None:
        """The practice gives the patient's account its services back."""
        self._grant(slug, services_on=True)

    def lift_restriction(self, account: Account) -> None:
        """A verification after a fresh sign-in ends Restricted, for every application (G3)."""
        account.lift()
        self._happened(What.RESTRICTION_LIFTED, person=account.person, practice=account.practice.code)

    def details_of(self, account: Account) -> tuple[str, str]:
        """Account id and linkage key as a retrieve shows them; an expired key is replaced first, if the switch says so."""
        if not account.key_is_good and self.switches.retrieve_renews:
            account.rotate(self.new_key(account.supplier))
            self._happened(What.KEY_ROTATED, person=account.person, practice=account.practice.code)
        return account.account_id, account.linkage_key

    def failed_login(self, account: Account) -> None:
        """Count one (G5); too many lock the account."""
        account.failed_logins += 1
        most = self.switches.failures_until_locked
        if most is not None and account.failed_logins >= most and not account.locked:
            account.locked = True
            self._happened(What.ACCOUNT_LOCKED, person=account.person, practice=account.practice.code)

    def wrong_details(self, account: Account) -> None:
        """Somebody tried to link with a wrong key; whether that counts is a switch."""
        if self.switches.wrong_details_count:
            self.failed_login(account)

    def _grant(self, slug: str, *, services_on: bool) -> None:
        account = self._account(slug)
        account.services_on = services_on
        self._happened(What.ACCOUNT_STATUS_CHANGED, person=slug, practice=account.practice.code)

    def _account(self, slug: str) -> Account:
        account = self.account_of(slug)
        if account is None:
            raise Unheard(f"online account of {slug}")
        return account

    def _close_accounts(self, slug: str) -> None:
        """The patient has none from now on: they left, or the practice left the system (G4)."""
        for account in self.accounts_of(slug):
            account.status = AccountStatus.NOT_REGISTERED
