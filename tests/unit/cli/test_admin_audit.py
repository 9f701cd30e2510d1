"""`gpic admin audit` and `gpic admin person`."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select, text

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, AuditRecord, Task, TaskKind
from gpic.jobs.tables import jobs
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.nhs.trust import DEFAULT_VECTORS, ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.identity.ports import Device, Passkey
from gpic.provider.ports import Binding, Grant
from gpic.provider.sessions import Session
from gpic.storage.policy import StoragePolicy
from gpic.storage.provider.sql.chaining import TrailChain
from gpic.storage.provider.tables import metadata
from gpic.wiring.cabinets import Store, opened
from tests.unit.cli.conftest import Operator

NOW = datetime.now(UTC)
HERE, BORN = OdsCode("A99901"), "1984-02-17"
ADA, BEN = PersonId("person-ada"), PersonId("person-ben")
NUMBERS = {ADA: NhsNumber("9990001138"), BEN: NhsNumber("9990001111")}
KEY, TOKEN, HASH = "kT4m9XqZ2bLp", "7f0c1a2e-token", "$argon2id$hers"
Done = TypeVar("Done")


def stored(operator: Operator, work: Callable[[Store], Awaitable[Done]]) -> Done:
    """Do something with the operator's store, as a running provider would."""
    with opened(StoragePolicy(str(operator.database), str(operator.folder / "provider.keys"))) as store:

        async def run() -> Done:
            return await work(store)

        return asyncio.run(run())


async def settle(store: Store, person: PersonId, name: str) -> None:
    """Somebody with an account, details, a session and consents."""
    cabinets = store.cabinets
    subject = f"sub-{name}"
    account = Account(
        subject,
        person,
        f"{name}@example.test",
        "+447700900001",
        ProofingLevel.P9,
        NUMBERS[person],
        "Okafor",
        name,
        "1984-02-17",
        HERE,
    )
    await cabinets.accounts.put(account, SignInSecrets(HASH))
    held = Holding(
        person,
        State.HELD,
        supplier="emis",
        practice=HERE,
        details=GpCredentials("2917340058", HERE, Secret(KEY)),
        token=Im1Token("emis", Secret(TOKEN)),
    )
    await cabinets.holdings.save(held, AuditRecord(NOW - timedelta(days=400), person, AuditEvent.REGISTERED, 1))
    await cabinets.holdings.release(person, "partner", NOW, None)
    await cabinets.consents.agree(subject, "partner", frozenset({"openid", "profile"}), NOW)
    await cabinets.sessions.save(Session(f"session-{name}", subject, DEFAULT_VECTORS[0], NOW, NOW, NOW + timedelta(hours=1)))
    await cabinets.client_metadata.keep(subject, "partner", "what the partner keeps")
    await cabinets.devices.remember(Device(f"id-{name}", subject, "Firefox", NOW, NOW + timedelta(days=1), f"device-{name}"))
    await cabinets.passkeys.keep(Passkey(f"passkey-{name}", subject, b"public", 0, "A phone", NOW))
    grant = Grant(f"family-{name}", "partner", subject, frozenset({"openid"}), "nonce", DEFAULT_VECTORS[0], NOW, "session")
    await cabinets.codes.save(f"code-{name}", Binding("partner", "https://p.example/c"), grant, NOW + timedelta(minutes=9))
    await store.queue.enqueue(Task(TaskKind.RECHECK, person), NOW)


@pytest.fixture
def known(operator: Operator) -> Operator:
    """Ada and Ben are known, and their trail is chained."""

    async def work(store: Store) -> None:
        await settle(store, ADA, "ada")
        await settle(store, BEN, "ben")
        await TrailChain(store.database).seal()

    stored(operator, work)
    return operator


def test_a_whole_trail_is_told_with_its_head(known: Operator) -> None:
    """N7: and the head is found again."""
    shown = known.read("audit", "verify")
    assert isinstance(shown, dict)

    assert (4, 64) == (shown["records"], len(shown["head"]))
    assert shown == known.read("audit", "verify", "--head", shown["head"])
    assert shown["head"] in known.admin("audit", "verify").output


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE audit SET why = 'other' WHERE id = 2", "record 2 does not follow"),
        ("DELETE FROM audit WHERE id = 2", "record 3 does not follow"),
    ],
)
def test_a_broken_trail_is_refused_with_the_record(known: Operator, statement: str, sentence: str) -> None:
    """N7: exit code 1, one sentence."""

    async def tamper(store: Store) -> None:
        for one in ("DROP TRIGGER audit_keeps", "DROP TRIGGER audit_stands", statement):
            await store.database.unit(lambda connection, words=one: connection.execute(text(words)))  # type: ignore[misc] # binds the loop's value

    stored(known, tamper)
    ended = known.admin("audit", "verify")

    assert (1, True) == (ended.exit_code, sentence in ended.output)
    assert 1 == known.admin("audit", "verify", "--head", "0" * 64).exit_code


def test_copies_name_nobody(known: Operator) -> None:
    """N7: pseudonyms, hashes and reasons; of a time, to a file of the operator's alone."""
    file = known.folder / "copy.jsonl"
    printed = known.admin("audit", "export").output
    assert 0 == known.admin("audit", "export", "--since", f"{NOW - timedelta(days=2):%Y-%m-%d}", "--to", str(file)).exit_code
    recent = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    assert ["registered", "released"] * 2 == [json.loads(line)["event"] for line in printed.splitlines()]
    assert ["released"] * 2 == [record["event"] for record in recent]
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert 1 == known.admin("audit", "export", "--to", str(file)).exit_code
    assert [] == [word for word in ("ada", "ben", KEY, TOKEN, "9990001138", "Okafor") if word in printed]


def test_old_records_go_and_what_stays_can_be_verified(known: Operator) -> None:
    """N7: only from the beginning of the trail on; never less than a month."""
    assert 2 == known.admin("audit", "retain", "29").exit_code
    assert {"gone": 1} == known.read("audit", "retain", "365")
    shown = known.read("audit", "verify")

    assert isinstance(shown, dict)
    assert 3 == shown["records"]


def test_a_person_is_handed_what_is_kept_of_them(known: Operator) -> None:
    """N3: all but keys, tokens, passwords and the account id; in a file of the operator's alone, and written down."""
    file = known.folder / "ada.json"
    assert 0 == known.admin("person", "export", "sub-ada", "--to", str(file)).exit_code
    content = file.read_text(encoding="utf-8")
    told = json.loads(content)
    shown = known.read("credentials", "show", "sub-ada")

    assert [NUMBERS[ADA].digits] == told["nhs_numbers"]
    (account,) = told["accounts"]
    assert ("ada@example.test", BORN, 1) == (account["email"], account["birth_date"], account["sessions"])
    assert {"partner": "what the partner keeps"} == account["kept_for_services"]
    assert ["A phone"] == [one["name"] for one in account["passkeys"]]
    assert ["partner"] == [one["client_id"] for one in account["logins"]]
    assert {"openid", "profile"} == {one["scope"] for one in account["shared"]}
    assert ("held", "A99901") == (told["gp_credentials"]["state"], told["gp_credentials"]["practice"])
    assert [] == [word for word in (KEY, TOKEN, HASH, "2917340058", "ben", NUMBERS[BEN].digits) if word in content]
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert isinstance(shown, dict)
    assert "exported" == shown["trail"][-1]["what"]


def test_an_erased_person_is_gone_and_the_chain_is_whole(known: Operator) -> None:
    """N7: no row of any table names her, nor any login of hers; her lines stay, and lead to nobody; Ben is as he was."""
    assert 2 == known.admin("person", "erase", "sub-ada").exit_code
    assert {"erased": True} == known.read("person", "erase", "sub-ada", "--yes")

    async def look(store: Store) -> tuple[list[str], int]:
        def tables(connection: Connection) -> list[str]:
            return [
                table.name
                for table in (*metadata.sorted_tables, jobs)
                for row in connection.execute(select(table))
                if any(name in str(tuple(row)) for name in ("person-ada", "sub-ada", "family-ada"))
            ]

        await TrailChain(store.database).seal()
        assert None is await store.cabinets.accounts.person_of(NUMBERS[ADA])
        assert None is await store.cabinets.accounts.by_email("ada@example.test")
        return await store.database.look(tables), len(await store.cabinets.holdings.trail(BEN))

    assert ([], 2) == stored(known, look)
    shown = known.read("audit", "verify")
    assert isinstance(shown, dict)
    assert 5 == shown["records"]
    assert "erased" == json.loads(known.admin("audit", "export").output.splitlines()[-1])["event"]
    assert 1 == known.admin("credentials", "show", "sub-ada").exit_code
    assert 1 == known.admin("person", "erase", "sub-ada", "--yes").exit_code
    assert 0 == known.admin("credentials", "show", "sub-ben").exit_code


def test_whoever_was_erased_may_come_again_as_somebody_new(known: Operator) -> None:
    """N1: the same number, another person to us, and another pseudonym."""
    known.admin("person", "erase", "sub-ada", "--yes")

    async def again(store: Store) -> int:
        await settle(store, ADA, "ada")
        return len(await store.cabinets.holdings.trail(ADA))

    assert 2 == stored(known, again)
