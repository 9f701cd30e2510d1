"""What lies in the file: nothing that tells who somebody is, and nothing that opens a door (N7)."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, AuditRecord
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.nhs.trust import DEFAULT_VECTORS, ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.clients import Client
from gpic.provider.ports import Binding, Grant, JtiUse, Rotated
from gpic.provider.sessions import Session
from gpic.provider.stages import AuthorizeRequest, Interaction, Prompt
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.database import SWEEP, Database
from gpic.storage.provider.sql.grants import claim
from gpic.storage.provider.sql.resealing import BATCH, reseal
from gpic.storage.provider.sqlite import cabinets_on
from gpic.storage.provider.tables import families, jti_uses, refresh_tokens, sessions
from gpic.storage.sealing import SealBroken, Sealer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PERSON = PersonId("person-1")
ACCOUNT = Account(
    subject="subject-1",
    person=PERSON,
    email="zelda@example.org",
    phone="+447700900001",
    level=ProofingLevel.P9,
    nhs_number=NhsNumber("9990001111"),
    family_name="Zelenka",
    given_name="Zelda",
    birth_date="1980-02-29",
    practice=OdsCode("A12345"),
    landline="+441632960001",
)
HELD = Holding(
    PERSON,
    State.HELD,
    supplier="emis",
    practice=OdsCode("A12345"),
    details=GpCredentials("account-id-1", OdsCode("A12345"), Secret("linkage-key-1")),
    token=Im1Token("emis", Secret("own-token-1")),
)
SESSION = Session("session-id-1", "subject-1", DEFAULT_VECTORS[0], NOW, NOW, LATER)
CLIENT = Client("partner", "Partner", frozenset({"https://partner.example/"}), frozenset({"openid"}), ("key",))
REQUEST = AuthorizeRequest(CLIENT, "https://partner.example/", "state", "nonce-1", frozenset({"openid"}), DEFAULT_VECTORS)
BINDING = Binding("partner", "https://partner.example/")
GRANT = Grant("family-1", "partner", "subject-1", frozenset({"openid"}), "nonce-1", DEFAULT_VECTORS[0], NOW, "session-id-1")

#: Every text above that must not be found in the file.
UNSPEAKABLE = (
    *("zelda@example.org", "+447700900001", "+441632960001", "9990001111", "Zelenka", "Zelda", "1980-02-29", "$argon2id$"),
    *("account-id-1", "linkage-key-1", "own-token-1"),
    *("session-id-1", "interaction-id-1", "code-1", "refresh-1", "refresh-2", "nonce-1", "jti-1"),
)


async def fill(cabinets: Cabinets) -> None:
    """Use every cabinet once."""
    await cabinets.accounts.put(ACCOUNT, SignInSecrets("$argon2id$"))
    await cabinets.sessions.save(SESSION)
    await cabinets.interactions.save(Interaction("interaction-id-1", "", REQUEST, Prompt.CONSENT, LATER, "session-id-1"))
    await cabinets.codes.save("code-1", BINDING, GRANT, LATER)
    await cabinets.codes.redeem("code-1", BINDING, JtiUse("partner", "jti-1", LATER), NOW, refresh_token="refresh-1")
    await cabinets.families.rotate("refresh-1", "partner", JtiUse("partner", "jti-2", LATER), NOW, successor="refresh-2")
    await cabinets.holdings.save(HELD, AuditRecord(NOW, PERSON, AuditEvent.PROVED, 1))
    await cabinets.holdings.release(PERSON, "partner", NOW, None)


async def test_nothing_unspeakable_lies_in_the_files(cabinets: Cabinets, path: Path) -> None:
    """Names, numbers, contacts, keys, tokens, codes and ids are sealed or hashed, in the log beside the file too."""
    await fill(cabinets)
    files = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    assert 3 == len(files)
    assert b"A12345" in b"".join(files.values())  # or we look in the wrong place
    assert [] == [word for word in UNSPEAKABLE for content in files.values() if word.encode() in content]


async def test_the_trail_does_not_name_the_person(cabinets: Cabinets, database: Database) -> None:
    """N7: one random pseudonym a person, in a table of its own."""
    await fill(cabinets)
    with database.engine.connect() as connection:
        pseudonyms = set(connection.execute(text("SELECT pseudonym FROM audit")).scalars())

        assert pseudonyms == set(connection.execute(text("SELECT pseudonym FROM persons")).scalars())
        assert 1 == len(pseudonyms)
        assert "person-1" not in pseudonyms


def tamper(path: Path, statement: str) -> None:
    """Somebody writes into the file past us."""
    with sqlite3.connect(path) as connection:
        assert 1 == connection.execute(statement).rowcount


@pytest.mark.parametrize("column", ["details", "token"])
async def test_what_is_held_cannot_be_moved_to_another_person(cabinets: Cabinets, path: Path, column: str) -> None:
    """N7: or one patient would see another's record."""
    await cabinets.holdings.save(HELD)
    await cabinets.holdings.save(replace(HELD, person=PersonId("person-2")))
    another = f"(SELECT {column} FROM holdings WHERE person = 'person-1')"  # noqa: S608 - a test's own words
    tamper(path, f"UPDATE holdings SET {column} = {another} WHERE person = 'person-2'")  # noqa: S608 - see above

    with pytest.raises(SealBroken):
        await cabinets.holdings.release(PersonId("person-2"), "partner", NOW, None)


async def test_old_details_cannot_be_put_back(cabinets: Cabinets, path: Path) -> None:
    """N13: the version is bound into the seal."""
    await cabinets.holdings.save(HELD)
    with sqlite3.connect(path) as connection:
        old = connection.execute("SELECT details FROM holdings").fetchone()
    await cabinets.holdings.save(replace(HELD, version=1))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE holdings SET details = ?", old)

    with pytest.raises(SealBroken):
        await cabinets.holdings.load(PERSON)


async def test_an_account_cannot_be_put_in_anothers_place(cabinets: Cabinets, path: Path) -> None:
    """Nobody signs in as somebody else by moving an envelope."""
    await cabinets.accounts.put(ACCOUNT, SignInSecrets("hers"))
    await cabinets.accounts.put(replace(ACCOUNT, subject="subject-2", email="thief@example.org"), SignInSecrets("his"))
    thiefs = "(SELECT sealed FROM accounts WHERE subject = 'subject-2')"
    tamper(path, f"UPDATE accounts SET sealed = {thiefs} WHERE subject = 'subject-1'")  # noqa: S608 - a test's own words

    with pytest.raises(SealBroken):
        await cabinets.accounts.by_email("zelda@example.org")


async def test_a_successor_is_forgotten_after_its_grace(cabinets: Cabinets, database: Database) -> None:
    """Nobody shall find a live token under a seal."""
    await fill(cabinets)
    successors = select(func.count()).select_from(refresh_tokens).where(refresh_tokens.c.sealed_successor.is_not(None))
    assert 1 == await database.look(lambda connection: connection.execute(successors).scalar())

    after = NOW + timedelta(seconds=31)
    await cabinets.families.rotate("unknown", "partner", JtiUse("partner", "jti-3", LATER), after, successor="x")

    assert 0 == await database.look(lambda connection: connection.execute(successors).scalar())


async def test_after_a_rotation_of_keys_everything_is_still_found(cabinets: Cabinets, database: Database) -> None:
    """N7: by address, by number and by token; and an address does not become free."""
    await fill(cabinets)
    rotated = cabinets_on(database, Sealer({"k1": bytes(range(32)), "k2": bytes(32)}, "k2"))

    assert (ACCOUNT, SignInSecrets("$argon2id$")) == await rotated.accounts.by_email("zelda@example.org")
    assert PERSON == await rotated.accounts.person_of(NhsNumber("9990001111"))
    assert replace(HELD, version=1) == await rotated.holdings.load(PERSON)
    again = JtiUse("partner", "jti-4", LATER)
    assert Rotated(GRANT, "refresh-2") == await rotated.families.rotate("refresh-1", "partner", again, NOW, successor="x")


async def test_once_resealed_the_old_key_can_be_taken_away(cabinets: Cabinets, database: Database) -> None:
    """N7: everything is found and opened with the new key alone, and nothing is left to do."""
    await fill(cabinets)
    for number in range(BATCH + 1):
        await cabinets.holdings.save(replace(HELD, person=PersonId(f"many-{number}")))
    new = bytes(32)
    both = Sealer({"k1": bytes(range(32)), "k2": new}, "k2")
    envelopes = 3 + 2 * (1 + BATCH + 1)  # account, number, family; details and tokens

    assert [envelopes, 0] == [await reseal(database, both), await reseal(database, both)]
    alone = cabinets_on(database, Sealer({"k2": new}, "k2"))
    assert (ACCOUNT, SignInSecrets("$argon2id$")) == await alone.accounts.by_email("zelda@example.org")
    assert PERSON == await alone.accounts.person_of(NhsNumber("9990001111"))
    assert replace(HELD, version=1) == await alone.holdings.load(PERSON)
    assert replace(HELD, person=PersonId("many-50"), version=1) == await alone.holdings.load(PersonId("many-50"))
    use = JtiUse("partner", "jti-5", LATER)
    assert Rotated(GRANT, "refresh-3") == await alone.families.rotate("refresh-2", "partner", use, NOW, successor="refresh-3")


def rows(connection: Connection, table: str) -> int:
    """How many there are."""
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - a test's own words


async def test_what_is_over_is_cleared_away_by_and_by(database: Database, sealer: Sealer) -> None:
    """Sessions, interactions and families with all their codes and tokens: a few with each new one."""
    clocks = Clocks(wire=MovableClock(NOW), world=MovableClock(NOW))
    cabinets = cabinets_on(database, sealer, clocks)
    await fill(cabinets)
    for clock in (clocks.wire, clocks.world):
        assert isinstance(clock, MovableClock)
        clock.move(timedelta(days=31))
    new = NOW + timedelta(days=32)
    await cabinets.sessions.save(replace(SESSION, id="session-2", expires=new))
    await cabinets.interactions.save(Interaction("interaction-2", "", REQUEST, Prompt.CONSENT, new))
    await cabinets.codes.save("code-2", BINDING, replace(GRANT, family="family-2"), new)
    tables = ("sessions", "interactions", "families", "codes", "refresh_tokens")

    assert [1, 1, 1, 1, 0] == await database.look(lambda connection: [rows(connection, table) for table in tables])


def test_clearing_away_is_bounded(database: Database) -> None:
    """No request pays for a thousand others."""

    def work(connection: Connection) -> int:
        for number in range(SWEEP + 10):
            claim(connection, JtiUse("partner", f"old-{number}", NOW), NOW - timedelta(minutes=1))
        claim(connection, JtiUse("partner", "new", LATER), NOW)
        return rows(connection, jti_uses.name)

    assert 10 + 1 == database.unit_here(work)


def test_the_cleared_tables_are_indexed_by_expiry() -> None:
    """To find what is over costs little."""
    for table in (sessions, families, jti_uses):
        assert any(["expires"] == list(index.columns.keys()) for index in table.indexes)
