"""Codes and refresh tokens: the cabinets in memory and in SQL answer alike, whatever happens in whatever order."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.trust import DEFAULT_VECTORS
from gpic.provider.ports import Binding, Grant, JtiUse
from gpic.storage.provider import memory
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.database import Database
from gpic.storage.provider.sqlite import cabinets_on, open_database
from gpic.storage.provider.tables import codes, families, jti_uses, refresh_tokens
from gpic.storage.sealing import Sealer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLIENTS = ("partner", "other")
CODES = ("code-0", "code-1")
TOKENS = ("token-0", "token-1", "token-2", "token-3")
LATER = st.sampled_from([timedelta(0), timedelta(seconds=20), timedelta(seconds=40), timedelta(days=29)])
STEPS = st.tuples(
    st.one_of(
        st.tuples(st.just("redeem"), st.sampled_from(CODES), st.sampled_from(CLIENTS), st.just("")),
        st.tuples(st.just("rotate"), st.sampled_from(TOKENS), st.sampled_from(CLIENTS), st.just("")),
        st.tuples(st.just("widen"), st.sampled_from(TOKENS), st.just("partner"), st.just("")),
        st.tuples(st.just("replay"), st.sampled_from(TOKENS), st.sampled_from(CLIENTS), st.sampled_from(["jti-0", "jti-1"])),
        st.tuples(st.just("revoke"), st.sampled_from(CODES), st.just(""), st.just("")),
        st.tuples(st.just("withdraw"), st.just(""), st.sampled_from(CLIENTS), st.just("")),
    ),
    LATER,
)
Step = tuple[tuple[str, str, str, str], timedelta]


async def play(cabinets: Cabinets, steps: list[Step]) -> list[object]:
    """What these steps are answered, and who is alive after each."""
    for code in CODES:
        grant = Grant(code, "partner", "subject", frozenset({"openid"}), "nonce", DEFAULT_VECTORS[0], NOW, "session")
        await cabinets.codes.save(code, Binding("partner", "uri"), grant, NOW + timedelta(minutes=10))
    answers: list[object] = []
    now, fresh, unused = NOW, (f"token-{number}" for number in itertools.count()), itertools.count()
    for (name, text, client, jti), later in steps:
        now += later
        use = JtiUse(client, jti or f"unused-{next(unused)}", now + timedelta(minutes=5))
        if name == "revoke":
            await cabinets.families.revoke(text)
        elif name == "withdraw":
            await cabinets.consents.agree("subject", client, frozenset({"openid"}), now)
            await cabinets.consents.withdraw("subject", client, now)
        elif name == "redeem":
            answers.append(await cabinets.codes.redeem(text, Binding(client, "uri"), use, now, refresh_token=next(fresh)))
        else:
            asked = frozenset({"profile"}) if name == "widen" else frozenset[str]()
            answers.append(await cabinets.families.rotate(text, client, use, now, asked=asked, successor=next(fresh)))
        answers += [await cabinets.families.is_alive(code) for code in CODES]
    return answers


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all examples: to make one takes longer than to play."""
    opened = open_database(tmp_path_factory.mktemp("grants") / "provider.sqlite")
    yield opened
    opened.close()


def empty(connection: Connection) -> None:
    """Begin anew."""
    for table in (codes, refresh_tokens, jti_uses, families):
        connection.execute(table.delete())


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(STEPS, max_size=15))
def test_memory_and_sql_answer_alike(database: Database, steps: list[Step]) -> None:
    """Redeeming, rotating, replaying, revoking and withdrawing by two clients over weeks."""
    database.unit_here(empty)
    in_sql = cabinets_on(database, Sealer({"k1": bytes(range(32))}, "k1"), Clocks(wire=MovableClock(NOW)))

    assert asyncio.run(play(memory.cabinets(), steps)) == asyncio.run(play(in_sql, steps))
