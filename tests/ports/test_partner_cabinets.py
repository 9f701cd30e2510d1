"""One suite for every implementation of the partner kit's stores."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command

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
from gpic.storage.partner.postgres import postgres_cabinets
from gpic.storage.partner.sqlite import sqlite_cabinets
from gpic.storage.sealing import Sealer
from tests.postgresql import Server
from tests.unit.relying_party import django_site

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


@pytest.fixture(scope="module")
def database(postgresql_server: Server) -> Iterator[str]:
    """A database of these tests' own."""
    with postgresql_server.database() as url:
        yield url


def emptied(url: str) -> str:
    """The same, with nothing in it."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS gpic_attempts, gpic_linkages, gpic_pointers, gpic_returns, gpic_audit")
    return url


@pytest.fixture(scope="module")
def in_django(tmp_path_factory: pytest.TempPathFactory, postgresql_server: Server) -> Callable[[str], Cabinets]:
    """A Django service's databases by alias, emptied each time."""
    django_site.ready(tmp_path_factory.getbasetemp(), postgresql_server)
    from gpic.storage.partner.django.cabinets import django_cabinets

    def emptied_too(alias: str) -> Cabinets:
        call_command("flush", database=alias, interactive=False, verbosity=0)
        return django_cabinets(Sealer({"k1": bytes(32)}, "k1"), alias=alias)

    return emptied_too


IN_DATABASES = ("sqlite", "postgresql", "django-sqlite", "django-postgresql")


@pytest.fixture(params=["memory", *IN_DATABASES])
def cabinets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cabinets]:
    """Each implementation, empty."""
    opened = empty_cabinets(request.param, request, tmp_path)
    yield opened
    opened.close()


def empty_cabinets(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Cabinets:
    """One implementation."""
    sealer = Sealer({"k1": bytes(32)}, "k1")
    made: dict[str, Callable[[], Cabinets]] = {
        "memory": memory_cabinets,
        "sqlite": lambda: sqlite_cabinets(tmp_path / "partner.db", sealer),
        "postgresql": lambda: postgres_cabinets(emptied(request.getfixturevalue("database")), sealer),
        "django-sqlite": lambda: request.getfixturevalue("in_django")(django_site.SQLITE),
        "django-postgresql": lambda: request.getfixturevalue("in_django")(django_site.POSTGRESQL),
    }
    return made[kind]()


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


async def test_hosts_agree(database: str) -> None:
    """R9, R11: many openings of one database at one moment, one reservation, two returns, one attempt."""
    sealer = Sealer({"k1": bytes(32)}, "k1")
    url = emptied(database)
    hosts = await asyncio.gather(*(asyncio.to_thread(postgres_cabinets, url, sealer) for _ in range(6)))
    await hosts[0].attempts.save(ATTEMPT, NOW)

    reserved = await asyncio.gather(*(one.linkages.reserve(PRINT, 0, NOW, LEASE) for one in hosts))
    returned = await asyncio.gather(*(one.returns.reserve("sub:mary", WHY, NOW, TWICE) for one in hosts))
    taken = await asyncio.gather(*(one.attempts.take("state", "browser", NOW) for one in hosts))
    for one in hosts:
        one.close()

    assert (1, 2, 1) == (reserved.count(True), returned.count(True), len([one for one in taken if one]))


async def test_a_server_that_went_away_is_found_again(database: str, postgresql_server: Server) -> None:
    """Connections that were cut meanwhile are replaced, and nothing that was settled is lost."""
    cabinets = postgres_cabinets(emptied(database), Sealer({"k1": bytes(32)}, "k1"))
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    postgresql_server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gpic-partner'")

    assert Linkage(PRINT, 1, DETAILS, TOKEN) == await cabinets.linkages.find("mary", PRINT)
    cabinets.close()
