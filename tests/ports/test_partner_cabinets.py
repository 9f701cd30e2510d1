"""One suite for every implementation of the partner kit's stores."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.ports import Allowance, Cabinets
from gpic.relying_party.records import (
    Attempt,
    KeyRefused,
    Linkage,
    Mark,
    NotRegistered,
    Proved,
    Registered,
    Return,
    ShowsAnother,
    TokenRefused,
)
from gpic.storage.partner.memory import memory_cabinets
from gpic.storage.partner.sqlite import sqlite_cabinets
from gpic.storage.sealing import SealBroken, Sealer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
LEASE = NOW + timedelta(seconds=150)
DETAILS = GpCredentials("2917340058", OdsCode("A12345"), Secret("kT4m9XqZ2bLp"))
NEWER = GpCredentials("2917340058", OdsCode("A12345"), Secret("wN7pQ2rY8sVd"))
PRINT = DETAILS.fingerprint
TOKEN = Im1Token("emis", Secret("f7c4b1de-token"))
OTHER = Im1Token("emis", Secret("0a9b8c7d-token"))
TWICE = Allowance(2, timedelta(minutes=15))
WHY = Obstacle.DETAILS_REJECTED


@pytest.fixture(params=["memory", "sqlite"])
def cabinets(request: pytest.FixtureRequest, tmp_path: Path) -> Cabinets:
    """Each implementation, empty."""
    made: dict[str, Callable[[], Cabinets]] = {
        "memory": memory_cabinets,
        "sqlite": lambda: sqlite_cabinets(tmp_path / "partner.db", Sealer({"k1": bytes(32)}, "k1")),
    }
    return made[request.param]()


ATTEMPT = Attempt("state", "nonce", "browser", NOW + timedelta(hours=1))


async def test_an_attempt_is_handed_out_once(cabinets: Cabinets) -> None:
    """R13: state is single-use."""
    await cabinets.attempts.save(ATTEMPT, NOW)

    assert [ATTEMPT, None] == [await cabinets.attempts.take("state", "browser", NOW) for _ in range(2)]


async def test_an_attempt_is_handed_out_once_to_many_at_one_moment(cabinets: Cabinets) -> None:
    """R13: exactly one of twenty gets it."""
    await cabinets.attempts.save(ATTEMPT, NOW)

    taken = await asyncio.gather(*(cabinets.attempts.take("state", "browser", NOW) for _ in range(20)))

    assert [ATTEMPT] == [one for one in taken if one]


@pytest.mark.parametrize(
    ("state", "browser", "at"),
    [("other", "browser", NOW), ("state", "other", NOW), ("state", "browser", ATTEMPT.expires)],
)
async def test_an_attempt_is_bound(cabinets: Cabinets, state: str, browser: str, at: datetime) -> None:
    """R13: another state, another browser or too late: nothing is handed out and nothing taken away."""
    await cabinets.attempts.save(ATTEMPT, NOW)

    assert None is await cabinets.attempts.take(state, browser, at)
    assert ATTEMPT == await cabinets.attempts.take("state", "browser", ATTEMPT.expires - timedelta(microseconds=1))


async def test_expired_attempts_go(cabinets: Cabinets) -> None:
    """A store does not fill with logins that nobody finished."""
    await cabinets.attempts.save(ATTEMPT, NOW)
    await cabinets.attempts.save(replace(ATTEMPT, state="later", expires=NOW + timedelta(hours=3)), ATTEMPT.expires)

    assert None is await cabinets.attempts.take("state", "browser", NOW)


async def test_nothing_is_known_at_first(cabinets: Cabinets) -> None:
    """A fresh store knows no linkage."""
    assert None is await cabinets.linkages.find("mary", PRINT)


async def test_an_intent_is_kept(cabinets: Cabinets) -> None:
    """R2: what was reserved is found, without details."""
    assert await cabinets.linkages.reserve(PRINT, 0, NOW, LEASE)

    assert Linkage(PRINT, 1, reserved_until=LEASE) == await cabinets.linkages.find("mary", PRINT)


async def test_one_of_many_reserves(cabinets: Cabinets) -> None:
    """R11: twenty at one moment, one reservation."""
    won = await asyncio.gather(*(cabinets.linkages.reserve(PRINT, 0, NOW, LEASE) for _ in range(20)))

    assert 1 == won.count(True)


async def test_a_reservation_holds_until_it_ends(cabinets: Cabinets) -> None:
    """R11: nobody takes it over before its time, whatever version they saw; afterwards one may."""
    await cabinets.linkages.reserve(PRINT, 0, NOW, LEASE)

    early = [await cabinets.linkages.reserve(PRINT, version, LEASE - timedelta(microseconds=1), LEASE) for version in range(3)]
    late = [await cabinets.linkages.reserve(PRINT, version, LEASE, LEASE + timedelta(seconds=150)) for version in (0, 2, 1, 1)]

    assert ([False] * 3, [False, False, True, False]) == (early, late)


async def test_who_saw_an_old_version_reserves_nothing(cabinets: Cabinets) -> None:
    """R11: a registration that was finished in between is looked at before another is made."""
    await cabinets.linkages.reserve(PRINT, 0, NOW, LEASE)
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))

    assert not await cabinets.linkages.reserve(PRINT, 1, LEASE, LEASE)
    assert not await cabinets.linkages.reserve(PRINT, 0, LEASE, LEASE)
    assert await cabinets.linkages.reserve(PRINT, 2, NOW, LEASE)


async def test_a_version_of_nothing_reserves_nothing(cabinets: Cabinets) -> None:
    """A linkage that was erased meanwhile is not revived by who still remembers it."""
    assert not await cabinets.linkages.reserve(PRINT, 3, NOW, LEASE)
    assert None is await cabinets.linkages.find("mary", PRINT)


async def test_a_registration_is_kept_whole(cabinets: Cabinets) -> None:
    """R2: details and token in one step, and the reservation ends."""
    await cabinets.linkages.reserve(PRINT, 0, NOW, LEASE)
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))

    assert Linkage(PRINT, 2, DETAILS, TOKEN) == await cabinets.linkages.find("mary", PRINT)


async def test_a_registration_is_kept_even_without_its_intent(cabinets: Cabinets) -> None:
    """R2: a token that was bought is never lost, even when the row has gone."""
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))

    assert Linkage(PRINT, 1, DETAILS, TOKEN) == await cabinets.linkages.find("mary", PRINT)


async def test_a_registration_forgives_what_was_said_before(cabinets: Cabinets) -> None:
    """R7: a new token starts sound; that it was the further one is remembered for good."""
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    await cabinets.linkages.settle("mary", PRINT, TokenRefused(TOKEN.fingerprint, Mark.REJECTED, NOW))
    await cabinets.linkages.settle("mary", PRINT, KeyRefused(Mark.SUSPENDED, NOW))
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, OTHER, is_renewal=True))
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))

    assert Linkage(PRINT, 5, DETAILS, TOKEN, renewed=True) == await cabinets.linkages.find("mary", PRINT)


async def test_marks_are_kept(cabinets: Cabinets) -> None:
    """R7: what was refused, and when."""
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    await cabinets.linkages.settle("mary", PRINT, TokenRefused(TOKEN.fingerprint, Mark.SUSPENDED, NOW))
    await cabinets.linkages.settle("mary", PRINT, KeyRefused(Mark.REJECTED, LEASE))

    kept = Linkage(PRINT, 3, DETAILS, TOKEN, Mark.SUSPENDED, Mark.REJECTED, LEASE)
    assert kept == await cabinets.linkages.find("mary", PRINT)


@pytest.mark.parametrize("change", [NotRegistered(), KeyRefused(Mark.REJECTED, NOW)])
async def test_a_registration_without_a_token_ends_the_reservation(
    cabinets: Cabinets, change: NotRegistered | KeyRefused
) -> None:
    """R10: the intent stays, the next may try."""
    await cabinets.linkages.reserve(PRINT, 0, NOW, LEASE)
    await cabinets.linkages.settle("mary", PRINT, change)

    kept = await cabinets.linkages.find("mary", PRINT)
    assert kept is not None
    assert (2, None, None) == (kept.version, kept.reserved_until, kept.token)
    assert await cabinets.linkages.reserve(PRINT, 2, NOW, LEASE)


async def test_a_late_refusal_spares_a_newer_token(cabinets: Cabinets) -> None:
    """R3: what is said of the old token does not touch the one that replaced it."""
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, OTHER))
    await cabinets.linkages.settle("mary", PRINT, TokenRefused(TOKEN.fingerprint, Mark.REJECTED, NOW))

    kept = await cabinets.linkages.find("mary", PRINT)
    assert kept is not None
    assert (OTHER, Mark.SOUND) == (kept.token, kept.token_mark)


@pytest.mark.parametrize(("before", "after"), [(Mark.SUSPENDED, Mark.SOUND), (Mark.REJECTED, Mark.REJECTED)])
async def test_a_session_lifts_suspensions_only(cabinets: Cabinets, before: Mark, after: Mark) -> None:
    """R7: a late success does not revive what was rejected since."""
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    await cabinets.linkages.settle("mary", PRINT, TokenRefused(TOKEN.fingerprint, before, NOW))
    await cabinets.linkages.settle("mary", PRINT, KeyRefused(before, NOW))
    await cabinets.linkages.settle("mary", PRINT, Proved(TOKEN.fingerprint))

    kept = await cabinets.linkages.find("mary", PRINT)
    assert kept is not None
    assert (after, after) == (kept.token_mark, kept.key_mark)


async def test_changes_of_nothing_change_nothing(cabinets: Cabinets) -> None:
    """Marks of a linkage that was erased meanwhile make none."""
    for change in (NotRegistered(), KeyRefused(Mark.REJECTED, NOW), TokenRefused("x", Mark.REJECTED, NOW), Proved("x")):
        await cabinets.linkages.settle("mary", PRINT, change)

    assert None is await cabinets.linkages.find("mary", PRINT)


async def test_new_details_erase_the_old(cabinets: Cabinets) -> None:
    """R4: tokens die with their key, in the step that keeps the new one."""
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    await cabinets.linkages.settle("mary", NEWER.fingerprint, Registered(NEWER, OTHER))

    assert None is await cabinets.linkages.find("mary", PRINT)
    assert Linkage(NEWER.fingerprint, 1, NEWER, OTHER) == await cabinets.linkages.find("mary", NEWER.fingerprint)


async def test_two_subs_share_a_linkage(cabinets: Cabinets) -> None:
    """R11: forgetting one leaves the other's token; forgetting both leaves nothing."""
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    await cabinets.linkages.settle("mary-again", PRINT, Proved(TOKEN.fingerprint))
    await cabinets.linkages.forget("mary")

    assert None is not await cabinets.linkages.find("mary-again", PRINT)
    await cabinets.linkages.forget("mary-again")
    await cabinets.linkages.forget("nobody")
    assert None is await cabinets.linkages.find("mary-again", PRINT)


async def test_the_wrong_patient_is_remembered_and_the_rest_erased(cabinets: Cabinets) -> None:
    """R5: for this sub only; nothing usable stays."""
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    await cabinets.linkages.settle("mary", PRINT, ShowsAnother())

    assert Linkage(PRINT, is_of_another=True) == await cabinets.linkages.find("mary", PRINT)
    assert None is await cabinets.linkages.find("john", PRINT)


async def test_a_stranger_takes_nothing_from_the_owner(cabinets: Cabinets) -> None:
    """R5: the right owner keeps the token, even when the stranger goes elsewhere or is forgotten."""
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    await cabinets.linkages.settle("mary", PRINT, Proved(TOKEN.fingerprint))
    await cabinets.linkages.settle("stranger", PRINT, ShowsAnother())
    wrong = await cabinets.linkages.find("stranger", PRINT)
    await cabinets.linkages.settle("stranger", NEWER.fingerprint, Registered(NEWER, OTHER))

    assert wrong is not None
    assert wrong.is_of_another
    right = await cabinets.linkages.find("mary", PRINT)
    assert right is not None
    assert (TOKEN, False) == (right.token, right.is_of_another)


async def test_returns_are_counted_before_they_are_made(cabinets: Cabinets) -> None:
    """R9: twenty at one moment, two returns; the order of those that count is kept."""
    admitted = await asyncio.gather(
        *(cabinets.returns.reserve("sub:mary", WHY, NOW + timedelta(seconds=number), TWICE) for number in range(20))
    )

    assert 2 == admitted.count(True)
    assert 2 == len(await cabinets.returns.since("sub:mary", NOW - timedelta(seconds=1)))


async def test_a_window_slides(cabinets: Cabinets) -> None:
    """R9: the oldest return makes room exactly when it leaves the window."""
    later = NOW + timedelta(minutes=5)
    assert await cabinets.returns.reserve("sub:mary", WHY, NOW, TWICE)
    assert await cabinets.returns.reserve("sub:mary", Obstacle.RESTRICTED, later, TWICE)

    just_before = await cabinets.returns.reserve("sub:mary", WHY, NOW + timedelta(minutes=15, microseconds=-1), TWICE)
    at_once = await cabinets.returns.reserve("sub:mary", WHY, NOW + timedelta(minutes=15), TWICE)

    assert (False, True) == (just_before, at_once)
    assert (Return(Obstacle.RESTRICTED, later), Return(WHY, NOW + timedelta(minutes=15))) == (
        await cabinets.returns.since("sub:mary", NOW)
    )


async def test_people_are_counted_apart_and_cleared_apart(cabinets: Cabinets) -> None:
    """R9: nobody pays for somebody else's returns."""
    for who in ("sub:mary", "sub:john", "browser:x"):
        await cabinets.returns.reserve(who, WHY, NOW, TWICE)
    await cabinets.returns.clear("sub:mary", "browser:x")

    counted = [len(await cabinets.returns.since(who, NOW - timedelta(1))) for who in ("sub:mary", "sub:john", "browser:x")]
    assert [0, 1, 0] == counted


def sealed_file(path: Path) -> Cabinets:
    """SQLite at *path*."""
    return sqlite_cabinets(path, Sealer({"k1": bytes(32)}, "k1"))


async def test_a_file_outlives_its_process(tmp_path: Path) -> None:
    """R2: another process finds intent, token and returns."""
    await sealed_file(tmp_path / "partner.db").linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))

    assert Linkage(PRINT, 1, DETAILS, TOKEN) == await sealed_file(tmp_path / "partner.db").linkages.find("mary", PRINT)


async def test_processes_agree(tmp_path: Path) -> None:
    """R9, R11: many openings of one file, one reservation, two returns, one attempt."""
    workers = [sealed_file(tmp_path / "partner.db") for _ in range(6)]
    await workers[0].attempts.save(ATTEMPT, NOW)

    reserved = await asyncio.gather(*(one.linkages.reserve(PRINT, 0, NOW, LEASE) for one in workers))
    returned = await asyncio.gather(*(one.returns.reserve("sub:mary", WHY, NOW, TWICE) for one in workers))
    taken = await asyncio.gather(*(one.attempts.take("state", "browser", NOW) for one in workers))

    assert (1, 2, 1) == (reserved.count(True), returned.count(True), len([one for one in taken if one]))


def everything_in(folder: Path) -> bytes:
    """The database with its journal, as it lies on the disk."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_nothing_secret_lies_open_in_the_file(tmp_path: Path) -> None:
    """`attacks-and-interop.md` 39: keys, account ids and tokens are sealed, bound to their row."""
    cabinets = sealed_file(tmp_path / "partner.db")
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    await cabinets.linkages.settle("john", NEWER.fingerprint, Registered(NEWER, OTHER))
    raw = everything_in(tmp_path)
    with sqlite3.connect(tmp_path / "partner.db") as database:
        database.execute(
            "UPDATE linkages SET sealed = (SELECT sealed FROM linkages WHERE fingerprint = ?) WHERE fingerprint = ?",
            (NEWER.fingerprint, PRINT),
        )
    database.close()

    assert [] == [secret for secret in (b"kT4m9XqZ2bLp", b"2917340058", b"f7c4b1de") if secret in raw]
    with pytest.raises(SealBroken):
        await cabinets.linkages.find("mary", PRINT)
