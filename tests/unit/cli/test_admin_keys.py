"""`gpic admin keys`: rotating what the provider signs with, beside the running provider."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.cli.conftest import Operator

#: So that nothing has to wait in a test.
QUICK = {"GPIC_PROVIDER__KEYS_READ_EVERY": "0.001", "GPIC_PROVIDER__KEY_LIFETIME_IN_CACHES": "0"}


Shown = list[dict[str, str | None]]


def keys(operator: Operator, *words: str, **variables: str) -> Shown:
    """The keys after a command."""
    listed = operator.read("keys", *words, **variables)
    assert isinstance(listed, list)
    return listed


def stages(listed: Shown) -> list[str | None]:
    """Where they stand, the oldest first."""
    return [key["stage"] for key in listed]


def test_at_first_there_is_no_key(operator: Operator) -> None:
    """The provider makes the first one when it starts."""
    assert [] == keys(operator, "list")


def test_a_rotation_prepares_and_then_promotes(operator: Operator) -> None:
    """The same command, once and again; names stay, stages change."""
    first = keys(operator, "rotate")
    early = operator.admin("keys", "rotate")
    second = keys(operator, "rotate", **QUICK)
    third = keys(operator, "rotate", **QUICK)

    assert (["next"], ["current", "next"], ["retired", "current", "next"]) == (stages(first), stages(second), stages(third))
    assert (first[0]["kid"], second[1]["kid"]) == (second[0]["kid"], third[1]["kid"])
    assert 1 == early.exit_code
    assert f"gpic admin: {first[0]['kid']} is not known to everybody yet; promote it from 20" in early.stderr
    assert third == keys(operator, "list", **QUICK)


def test_each_step_can_be_taken_by_itself(operator: Operator) -> None:
    """Prepare, promote, retire: refused where it is not due."""
    assert "There is no next key; prepare one first." in operator.admin("keys", "promote").stderr
    assert ["next"] == stages(keys(operator, "prepare"))
    assert 1 == operator.admin("keys", "prepare").exit_code
    assert 1 == operator.admin("keys", "promote").exit_code
    assert ["current"] == stages(keys(operator, "promote", "--at-once"))
    old = str(keys(operator, "rotate", "--at-once")[0]["kid"])
    assert f"Tokens of {old} may live until" in operator.admin("keys", "retire", old).stderr
    assert ["current"] == stages(keys(operator, "retire", old, "--at-once"))
    assert 1 == operator.admin("keys", "retire", old).exit_code


def test_moments_are_told(operator: Operator) -> None:
    """In UTC: since when it is published, when it may sign, until when it is needed."""
    keys(operator, "rotate", "--at-once")
    old, new = keys(operator, "rotate", "--at-once")
    waiting = keys(operator, "prepare")[2]

    def moment(text: str | None) -> datetime:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)

    assert timedelta(minutes=61) == moment(old["needed_until"]) - moment(old["retired_at"])
    assert timedelta(minutes=5, seconds=30) == moment(waiting["may_sign_from"]) - moment(waiting["published_at"])
    assert (None, None, None) == (new["retired_at"], new["needed_until"], new["may_sign_from"])
    assert (None, None) == (waiting["signs_since"], old["may_sign_from"])


def test_a_kid_that_begins_with_a_dash_is_no_option(operator: Operator) -> None:
    """Every sixty-fourth does."""
    ended = operator.admin("keys", "retire", "-aKid")

    assert (1, "gpic admin: There is no key -aKid.\n") == (ended.exit_code, ended.stderr)


def test_people_read_a_table(operator: Operator) -> None:
    """With what is missing as a dash."""
    ended = operator.admin("keys", "prepare")

    assert all(word in ended.stdout for word in ("kid", "stage", "published at", "may sign from", "next", "–"))


@pytest.mark.parametrize("words", [("list",), ("prepare",), ("list", "--json")])
def test_no_private_key_is_printed_or_kept_in_the_open(operator: Operator, words: tuple[str, ...]) -> None:
    """Sealed at rest; when a key retires its private half is gone."""
    keys(operator, "rotate", "--at-once")
    keys(operator, "rotate", "--at-once")

    assert "PRIVATE" not in operator.admin("keys", *words).output
    with sqlite3.connect(operator.database) as connection:
        rows = connection.execute("SELECT retired_at, sealed FROM signing_keys").fetchall()
    connection.close()
    assert all((sealed is None) == (retired_at is not None) for retired_at, sealed in rows)
    assert b"PRIVATE KEY" not in b"".join(file.read_bytes() for file in operator.folder.iterdir())


def test_the_sealing_keys_are_made_once_and_never_anew(operator: Operator) -> None:
    """Without them nothing that lies sealed can be read, and a fresh file would only hide that."""
    keys(operator, "prepare")
    (operator.folder / "provider.keys").unlink()

    ended = operator.admin("keys", "list")

    assert 2 == ended.exit_code
    assert "gpic admin: The sealing keys cannot be used: the key file provider.keys cannot be read.\n" == ended.stderr
    assert not (operator.folder / "provider.keys").exists()


def test_other_sealing_keys_are_told(operator: Operator) -> None:
    """One sentence instead of a traceback."""
    keys(operator, "prepare")
    other = operator.folder / "other.keys"
    other.write_text("k9 " + "A" * 43 + "=\n", encoding="ascii")
    other.chmod(0o600)

    ended = operator.admin("keys", "list", GPIC_STORAGE__SEALING_KEYS=str(other))

    assert 2 == ended.exit_code
    assert "gpic admin: What lies in the database was sealed with other keys than those of the settings.\n" == ended.stderr
