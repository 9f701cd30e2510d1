"""`gpic admin credentials`, `jobs` and `practices`: what an operator sees and does of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, AuditRecord, Task, TaskKind
from gpic.credentials.rounds import Course
from gpic.nhs.answers import Reason
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from gpic.storage.policy import StoragePolicy
from gpic.wiring.cabinets import Store, opened
from tests.unit.cli.conftest import Operator

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE = OdsCode("A99901")
ADA, BEN = PersonId("person-ada"), PersonId("person-ben")
NUMBER = NhsNumber("9990001138")
KEY, TOKEN = "kT4m9XqZ2bLp", "7f0c1a2e-token"
Done = TypeVar("Done")


def stored(operator: Operator, work: Callable[[Store], Awaitable[Done]]) -> Done:
    """Do something with the operator's store, as a running provider would."""
    with opened(StoragePolicy(str(operator.database), str(operator.folder / "provider.keys"))) as store:

        async def run() -> Done:
            return await work(store)

        return asyncio.run(run())


@pytest.fixture
def known(operator: Operator) -> Operator:
    """Ada's details are held."""

    async def settle(store: Store) -> None:
        account = Account("sub-ada", ADA, "ada@example.test", "", ProofingLevel.P9, NUMBER, "Okafor", "Ada", "1984-02-17", HERE)
        await store.cabinets.accounts.put(account, SignInSecrets("hash"))
        details = GpCredentials("2917340058", HERE, Secret(KEY))
        held = Holding(ADA, State.HELD, supplier="emis", practice=HERE, details=details, token=Im1Token("emis", Secret(TOKEN)))
        await store.cabinets.holdings.save(held, AuditRecord(NOW, ADA, AuditEvent.REGISTERED, 1, why="by-session"))

    stored(operator, settle)
    return operator


@pytest.mark.parametrize(
    ("who", "typed"), [("person-ada", ""), ("sub-ada", ""), ("-", "999 000 1138\n"), ("-", "Ada@Example.test\n")]
)
def test_a_person_is_found_by_what_an_operator_has(known: Operator, who: str, typed: str) -> None:
    """Number and address come by standard input only."""
    shown = known.read("credentials", "show", who, typed=typed)

    assert isinstance(shown, dict)
    assert ("person-ada", "held", "A99901", "emis") == tuple(
        shown[name] for name in ("person", "state", "practice", "supplier")
    )
    assert [("registered", "by-session")] == [(line["what"], line["why"]) for line in shown["trail"]]


def test_nothing_secret_is_shown(known: Operator) -> None:
    """N7: neither in the table nor in the JSON; keys and tokens by their fingerprints."""
    printed = known.admin("credentials", "show", "sub-ada").output + str(known.read("credentials", "show", "sub-ada"))

    assert [] == [secret for secret in (KEY, TOKEN, NUMBER.digits, "2917340058", "Okafor", "ada@example") if secret in printed]
    assert GpCredentials("2917340058", HERE, Secret(KEY)).fingerprint[:12] in printed


@pytest.mark.parametrize(("who", "typed"), [("nobody", ""), ("9990001138", ""), ("-", "9000000009\n"), ("-", "\n")])
def test_nobody_is_refused(known: Operator, who: str, typed: str) -> None:
    """A number as an argument is not taken."""
    ended = known.admin("credentials", "show", who, typed=typed)

    assert (1, True) == (ended.exit_code, "Nobody is known by that." in ended.stderr)
    assert "9990001138" not in ended.output


def test_a_withdrawal_ends_the_release(known: Operator) -> None:
    """N11: at once, and once; the trail says that it was an operator's word."""
    first, second = (known.read("credentials", "withdraw", "sub-ada") for _ in range(2))
    shown = known.read("credentials", "show", "sub-ada")

    assert ({"withdrawn": True}, {"withdrawn": False}) == (first, second)
    assert isinstance(shown, dict)
    assert ("withdrawn", "") == (shown["state"], shown["details"])
    assert ("withdrawn", "operator") == (shown["trail"][-1]["what"], shown["trail"][-1]["why"])


def test_a_recheck_is_left_to_the_workers(known: Operator) -> None:
    """Of somebody of whom nothing is held any more it is a registration."""
    assert {"queued": "recheck"} == known.read("credentials", "recheck", "sub-ada")
    known.read("credentials", "withdraw", "sub-ada")
    assert {"queued": "register"} == known.read("credentials", "recheck", "sub-ada")
    listed = known.read("jobs", "list")

    assert isinstance(listed, dict)
    assert {"register": 1, "recheck": 1, "confirm": 0, "follow": 0} == listed["waiting"]
    assert "is queued" in known.admin("credentials", "recheck", "sub-ada").stdout


def holds(operator: Operator, holding: Holding) -> None:
    """Let this be what is held of Ada; the version is looked up."""

    async def save(store: Store) -> None:
        there = await store.cabinets.holdings.load(ADA)
        await store.cabinets.holdings.save(replace(holding, version=there.version))

    stored(operator, save)


def test_a_refused_person_is_tried_again_at_an_operators_word(known: Operator) -> None:
    """N11: at once, though the next try would be tomorrow; the trail says whose word it was."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    refused = Holding(ADA, State.REFUSED, refusal=Reason.PRACTICE_NOT_LIVE, tries=4, next_try_at=tomorrow, practice=HERE)
    holds(known, refused)

    assert {"queued": "register"} == known.read("credentials", "recheck", "sub-ada")
    shown = known.read("credentials", "show", "sub-ada")
    assert isinstance(shown, dict)
    assert ("withdrawn", "", 0) == (shown["state"], shown["next_try_at"], shown["refusals_in_a_row"])
    assert ("withdrawn", "operator") == (shown["trail"][-1]["what"], shown["trail"][-1]["why"])


def test_an_operator_cannot_lift_a_restriction(known: Operator) -> None:
    """N17: and is told who can, instead of a task that would do nothing."""
    holds(known, Holding(ADA, State.RESTRICTED, supplier="emis", practice=HERE))
    ended = known.admin("credentials", "recheck", "sub-ada")

    assert (1, True) == (ended.exit_code, "only a sign-in" in ended.stderr)


def test_what_was_given_up_is_shown_and_replayed(known: Operator) -> None:
    """A poison job is set aside with its reason; replayed, it waits again."""

    async def poison(store: Store) -> None:
        await store.queue.enqueue(Task(TaskKind.FOLLOW, ADA), NOW)
        claimed = await store.queue.claim(NOW, timedelta(minutes=1))
        assert claimed is not None
        await store.queue.set_aside(claimed, "KeyError")

    stored(known, poison)
    before = known.read("jobs", "list")
    assert isinstance(before, dict)
    assert [{"kind": "follow", "person": "person-ada", "reason": "KeyError"}] == before["given_up"]
    assert "KeyError" in known.admin("jobs", "list").stdout
    assert {"replayed": 1} == known.read("jobs", "replay", "person-ada")
    after = known.read("jobs", "list")

    assert isinstance(after, dict)
    assert ([], 1) == (after["given_up"], after["waiting"]["follow"])
    assert 1 == known.admin("jobs", "replay", "person-ada").exit_code


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("merge", "a99901", "A99902"), "merge-A99901-A99902"),
        (("divide", "A99901"), "divide-A99901"),
        (("migrate", "A99901"), "migrate-A99901"),
    ],
)
def test_a_practice_is_followed_by_a_round(known: Operator, words: tuple[str, ...], name: str) -> None:
    """N19, N20: a dry run only counts; a round begins once, and is shown, paused and resumed."""
    assert {"name": name, "expected": 1, "dry_run": True} == known.read("practices", *words, "--dry-run")
    assert [] == known.read("practices", "rounds")
    begun = known.read("practices", *words, "--no-wait")
    again = known.admin("practices", *words, "--no-wait")

    assert isinstance(begun, dict)
    assert (name, "under-way", 0, 1, ["A99901"]) == tuple(
        begun[key] for key in ("name", "state", "passed", "expected", "practices")
    )
    assert (1, True) == (again.exit_code, "is under way already" in again.stderr)
    assert {"name": name, "state": "paused"} == known.read("practices", "pause", name)
    listed = known.read("practices", "rounds")
    assert isinstance(listed, list)
    assert ["paused"] == [one["state"] for one in listed]
    assert {"name": name, "state": "under-way"} == known.read("practices", "resume", name)
    assert name in known.admin("practices", "rounds").stdout


def test_a_round_that_is_over_is_told_and_not_paused(known: Operator) -> None:
    """How many it passed, and for how many a task was left."""
    known.read("practices", "migrate", "A99901", "--no-wait")

    async def walked(store: Store) -> None:
        (one,) = await store.rounds.all()
        assert await store.rounds.move(one, replace(one, course=Course.OVER, passed=1, found=1, over_at=NOW))

    stored(known, walked)
    listed = known.read("practices", "rounds")

    assert isinstance(listed, list)
    assert [("over", 1, 1)] == [(one["state"], one["passed"], one["left_tasks"]) for one in listed]
    assert 1 == known.admin("practices", "pause", "migrate-A99901").exit_code


@pytest.mark.parametrize("words", [("merge", "A99901", "A99901"), ("divide", "??"), ("migrate", "x")])
def test_what_is_no_merger_is_refused(known: Operator, words: tuple[str, ...]) -> None:
    """With a sentence."""
    assert 2 == known.admin("practices", *words).exit_code
