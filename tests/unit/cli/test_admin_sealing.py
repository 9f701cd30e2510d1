"""`gpic admin sealing`: changing the keys under which everything secret lies, and knowing what is lost (N7)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.storage.key_file import add_key, remove_key, use_key
from gpic.storage.policy import StoragePolicy
from gpic.storage.sealing import KeysUnusable, keys_from_file, make_key_file
from gpic.wiring.cabinets import opened
from tests.unit.cli.conftest import Operator

PERSON = PersonId("alice")
HELD = Holding(
    PERSON,
    state=State.HELD,
    details=GpCredentials("account", OdsCode("A99901"), Secret("key")),
    token=Im1Token("emis", Secret("token")),
)


def hold_something(operator: Operator) -> None:
    """Two envelopes: details and a token."""
    with opened(StoragePolicy(str(operator.database), str(operator.folder / "provider.keys"))) as store:
        asyncio.run(store.cabinets.holdings.save(HELD))


def listed(operator: Operator) -> list[tuple[str, bool, int]]:
    """Key, whether it seals, and how much it opens."""
    keys = operator.read("sealing", "list")
    assert isinstance(keys, list)
    return [(one["key"], one["current"], one["envelopes"]) for one in keys]


def test_a_key_is_changed_step_by_step(operator: Operator) -> None:
    """Added behind the current one, used, everything brought under it, the old one taken away."""
    hold_something(operator)

    assert [("k1", True, 2)] == listed(operator)
    assert {"added": "k2"} == operator.read("sealing", "add")
    assert [("k2", False, 0), ("k1", True, 2)] == listed(operator)
    assert {"uses": "k2"} == operator.read("sealing", "use", "k2")
    assert [("k1", False, 2), ("k2", True, 0)] == listed(operator)
    assert {"resealed": 2} == operator.read("sealing", "reseal")
    assert {"opened": 2, "broken": 0} == operator.read("sealing", "verify")
    assert {"removed": "k1"} == operator.read("sealing", "remove", "k1")
    assert [("k2", True, 2)] == listed(operator)


def test_a_key_that_is_needed_is_not_removed(operator: Operator) -> None:
    """How much needs it is said; nor is the key that seals, nor one that is not there."""
    hold_something(operator)
    operator.read("sealing", "add")
    operator.read("sealing", "use", "k2")
    refused = [operator.admin("sealing", "remove", name) for name in ("k1", "k2", "k9")]

    assert [1, 1, 1] == [one.exit_code for one in refused]
    assert "2 envelopes need k1 still" in refused[0].stderr
    assert "no key k9 that is not in use" in refused[2].stderr


def test_what_is_lost_is_counted(operator: Operator) -> None:
    """With another file: two envelopes of a key that is not there, and the drill ends with 1."""
    hold_something(operator)
    keys = operator.folder / "provider.keys"
    keys.unlink()
    make_key_file(keys)
    add_key(keys)
    use_key(keys, "k2")
    remove_key(keys, "k1")
    verified = operator.admin("sealing", "verify")

    assert [("", False, 2), ("k2", True, 0)] == listed(operator)
    assert (1, "0 envelopes open, 2 do not.\n") == (verified.exit_code, verified.stdout)
    assert 1 == operator.admin("sealing", "reseal").exit_code
    assert "lost" in operator.admin("sealing", "list").stdout


def test_no_command_shows_a_key(operator: Operator) -> None:
    """Neither when it is made nor when it is listed."""
    hold_something(operator)
    said = [operator.admin("sealing", *words) for words in (("add",), ("list",), ("use", "k2"), ("reseal",), ("remove", "k1"))]
    secrets = [line.split()[1] for line in (operator.folder / "provider.keys").read_text(encoding="ascii").splitlines()]

    assert [] == [key for key in secrets for one in said if key in one.output]


def test_comments_and_permissions_of_the_file_stay(tmp_path: Path) -> None:
    """Somebody wrote them on purpose."""
    path = tmp_path / "gpic.keys"
    make_key_file(path, for_development=False)
    path.write_text("# kept in the vault since May\n" + path.read_text(encoding="ascii"), encoding="ascii")
    path.chmod(0o640)
    add_key(path)
    use_key(path, "k2")

    lines = path.read_text(encoding="ascii").splitlines()
    assert ["#", "k1", "k2"] == [line.split()[0] for line in lines]
    assert 0o640 == path.stat().st_mode & 0o777
    assert ("k2", {"k1", "k2"}) == (keys_from_file(path)[1], set(keys_from_file(path)[0]))


def test_the_next_name_is_one_that_was_not_used(tmp_path: Path) -> None:
    """Also where keys were named by hand; a file that cannot be read is not written."""
    path = tmp_path / "gpic.keys"
    make_key_file(path)
    path.write_text(path.read_text(encoding="ascii").replace("k1 ", "by-hand "), encoding="ascii")
    path.chmod(0o600)

    assert ["k1", "k2"] == [add_key(path), add_key(path)]
    with pytest.raises(KeysUnusable):
        add_key(tmp_path / "none.keys")
    assert not (tmp_path / "none.keys").exists()
