"""Whatever happens in whatever order: all systems agree, apart from a lag that ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gpic.nhs.organisations import OdsCode
from gpic.simulators.accounts import Account
from gpic.simulators.happenings import Lags, Listener, System
from gpic.simulators.people import Death, Patient, Standing
from gpic.simulators.register import AlreadyThere, Unheard
from gpic.simulators.world import World
from tests.unit.simulators.town import NUMBERS, TPP_PRACTICE, Town

SLUGS = ("ada", "ben", "cleo", "dan", "eve", "fay")
SLUG = st.sampled_from(SLUGS)
SUPPLIER = st.sampled_from(["EMIS", "TPP", "MEDICUS", "Cegedim"])
LAGS = st.sampled_from([timedelta(), timedelta(minutes=30), timedelta(hours=5)])
APPLICATION = st.sampled_from(["nhs login", "partner"])
LONGEST = timedelta(hours=5)


class Sequences(RuleBasedStateMachine):
    """Any events, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.town = Town()
        self.codes = 0
        self.heard: dict[System, list[int]] = {system: [] for system in System}
        self.kept: dict[str, object] | None = None
        for system in System:
            self.town.world.subscribe(self.listener(system), hears_as=system)

    @property
    def world(self) -> World:
        """The world of this run."""
        return self.town.world

    def listener(self, system: System) -> Listener:
        """Writes down what that system hears."""
        return lambda happening: self.heard[system].append(happening.number)

    @initialize()
    def settle(self) -> None:
        """Half of the people at EMIS, half at TPP, two without accounts."""
        for place, slug in enumerate(SLUGS):
            self.town.settle(slug, TPP_PRACTICE if place % 2 else "A99901", account=place < 4)

    def code(self, choice: int) -> str:
        """Some practice that there is."""
        codes = list(self.world.practices)
        return codes[choice % len(codes)].code

    def account(self, slug: str) -> Account | None:
        """The account that the patient has now."""
        return self.world.account_of(slug)

    @rule(slug=SLUG, choice=st.integers(0, 20), account=st.booleans())
    def move(self, slug: str, choice: int, *, account: bool) -> None:
        """To any practice, their own included."""
        if not self.patient(slug).pds.superseded_by:
            self.world.move_patient(slug, self.code(choice), account=account)

    @rule(slug=SLUG)
    def leave(self, slug: str) -> None:
        """Without another practice."""
        self.world.deregister(slug)

    @rule(one=st.integers(0, 20), other=st.integers(0, 20), accounts=st.booleans(), in_ods=st.booleans())
    def merge(self, one: int, other: int, *, accounts: bool, in_ods: bool) -> None:
        """Any two."""
        closing, surviving = self.code(one), self.code(other)
        if closing != surviving:
            self.world.merge_practices(closing, surviving, accounts=accounts, in_ods=in_ods)
            assert [] == self.world.patients_at(closing)

    @rule(choice=st.integers(0, 20), accounts=st.booleans())
    def divide(self, choice: int, *, accounts: bool) -> None:
        """Every other patient goes."""
        old = self.code(choice)
        leaving = [patient.slug for patient in self.world.patients_at(old)][::2]
        self.world.divide_practice(old, self.new_code(), leaving, accounts=accounts)

    @rule(choice=st.integers(0, 20), supplier=SUPPLIER, renamed=st.booleans(), accounts=st.booleans())
    def migrate(self, choice: int, supplier: str, *, renamed: bool, accounts: bool) -> None:
        """With its code or without."""
        self.world.migrate_system(self.code(choice), supplier, new_code=self.new_code() if renamed else "", accounts=accounts)

    def new_code(self) -> str:
        """One that no practice has had."""
        self.codes += 1
        return f"C{self.codes:05}"

    @rule(
        slug=SLUG,
        event=st.sampled_from(
            ["rotate_linkage_key", "expire_linkage_key", "revoke_access", "lock_account", "unlock_account", "reset_account"]
        ),
    )
    def happen_to_account(self, slug: str, event: str) -> None:
        """Where there is one; tokens of before are dead afterwards, but for a lock that is taken away and a restriction."""
        account = self.account(slug)
        if account is None:
            with pytest.raises(Unheard):
                getattr(self.world, event)(slug)
            return
        tokens = [link for link in account.links.values() if link.works]
        getattr(self.world, event)(slug)
        if event in {"rotate_linkage_key", "expire_linkage_key", "revoke_access", "lock_account"}:
            assert not any(self.world.opens_sessions(link) for link in tokens)

    @rule(slug=SLUG, application=APPLICATION)
    def link(self, slug: str, application: str) -> None:
        """An application links; what it had before is dead, and the other application's token is not."""
        account = self.account(slug)
        if account is None or not account.is_open or not account.key_is_good:
            return
        others = {name: link for name, link in account.links.items() if name != application and link.works}
        earlier = account.links.get(application)
        made = self.world.link(account, application)
        assert made.works
        assert earlier is None or not earlier.works
        assert all(link.works for link in others.values())

    @rule(slug=SLUG)
    def retrieve(self, slug: str) -> None:
        """The key that is shown is one that works."""
        account = self.account(slug)
        if account is not None:
            shown = self.world.details_of(account)
            assert (account.account_id, account.linkage_key) == shown
            assert account.key_is_good

    @rule(slug=SLUG)
    def open_account(self, slug: str) -> None:
        """Where the patient is registered and has none."""
        if self.patient(slug).practice is not None and self.account(slug) is None:
            self.world.open_account(slug)

    @rule(slug=SLUG, formal=st.booleans())
    def die(self, slug: str, *, formal: bool) -> None:
        """Formally or not."""
        self.world.die(slug, formal=formal)

    @rule(slug=SLUG)
    def come_back(self, slug: str) -> None:
        """It was an error."""
        self.world.undo_death(slug)
        assert self.patient(slug).pds.death is Death.UNDONE

    @rule(slug=SLUG, number=st.integers(10, 39))
    def renumber(self, slug: str, number: int) -> None:
        """Another number, unless somebody has or had it."""
        before = self.patient(slug).number
        if self.world.holder_of(NUMBERS[number]) is not None:
            with pytest.raises(AlreadyThere):
                self.world.supersede_nhs_number(slug, NUMBERS[number])
            return
        self.world.supersede_nhs_number(slug, NUMBERS[number])
        assert self.world.holder_of(before) is self.patient(slug)
        assert self.world.bearer_of(before) is None

    @rule(slug=SLUG, confidentiality=st.sampled_from("URV"))
    def restrict(self, slug: str, confidentiality: str) -> None:
        """And unrestrict."""
        self.world.restrict_record(slug, confidentiality)

    @rule(pds=LAGS, mns=LAGS, ods=LAGS, directory=LAGS)
    def change_lags(self, pds: timedelta, mns: timedelta, ods: timedelta, directory: timedelta) -> None:
        """From now on."""
        self.world.lags = Lags(pds, mns, ods, directory)

    @rule(minutes=st.integers(0, 200))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.town.future.move(timedelta(minutes=minutes))
        self.world.catch_up()

    @rule()
    def keep(self) -> None:
        """Take a snapshot."""
        self.kept = self.world.snapshot()

    @precondition(lambda self: self.kept is not None)
    @rule()
    def look_back(self) -> None:
        """Another world becomes what this one was, to the last value."""
        assert self.kept is not None
        other = World(self.town.clocks)
        other.restore(self.kept)
        assert self.kept == other.snapshot()

    def patient(self, slug: str) -> Patient:
        """By slug."""
        return self.world.patient(slug)

    @invariant()
    def a_patient_has_one_account_at_most(self) -> None:
        """And it is where they are registered, on the system that the practice has."""
        for patient in self.world.patients.values():
            alive = [account for account in self.world.accounts_of(patient.slug) if not account.is_gone]
            assert len(alive) <= 1
            for account in alive:
                assert patient.practice == account.practice
                assert self.world.practice(account.practice).supplier is account.supplier

    @invariant()
    def dead_keys_have_no_live_tokens(self) -> None:
        """G1, G4: a token lives with the key that it was made from, the account and the record."""
        for slug in self.world.patients:
            for account in self.world.accounts_of(slug):
                for link in account.links.values():
                    if self.world.opens_sessions(link):
                        assert link.made_from == account.linkage_key
                        assert account.key_is_good
                        assert not account.is_gone
                        assert not account.locked
                        assert self.patient(slug).standing is not Standing.ARCHIVED

    @invariant()
    def pds_names_where_the_gp_system_has_them(self) -> None:
        """Once every lag is over: one practice for each person, the same everywhere."""
        now = self.world.now()
        for patient in self.world.patients.values():
            last = patient.pds_history[-1] if patient.pds_history else None
            if last is not None and last.since <= now:
                assert patient.pds == self.world.pds_record(patient)
            if not patient.pds.superseded_by:
                practice = OdsCode(patient.pds.practice) if patient.pds.practice else None
                assert patient.practice == practice

    @invariant()
    def versions_rise_by_one(self) -> None:
        """`demographics.md` §6 PDS 9."""
        for patient in self.world.patients.values():
            versions = [entry.record.version for entry in patient.pds_history]
            assert list(range(1, len(versions) + 1)) == versions

    @invariant()
    def the_directory_names_every_system_in_the_end(self) -> None:
        """Once every lag is over."""
        known = {code: name for code, name, _ in self.world.mapping()}
        for practice in self.world.practices.values():
            if all(listing.since <= self.world.now() for listing in practice.listings):
                assert practice.supplier_name == known[practice.code.code]

    @invariant()
    def happenings_are_numbered_and_grouped(self) -> None:
        """Without a gap; those of one correlation stand together."""
        happenings = self.world.happenings
        assert list(range(1, len(happenings) + 1)) == [one.number for one in happenings]
        correlations = [one.correlation for one in happenings]
        assert sorted(correlations) == correlations

    def teardown(self) -> None:
        """When all lags are over, everybody has heard of everything once."""
        self.town.future.move(LONGEST)
        self.world.catch_up()
        everything = [one.number for one in self.world.happenings]
        for system in System:
            assert everything == sorted(self.heard[system])
            assert len(everything) == len(self.world.heard_by(system))


Sequences.TestCase.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSequences = Sequences.TestCase
TestSequences.__doc__ = "All systems agree after any events, apart from a lag that ends; versions, tokens, listeners."
