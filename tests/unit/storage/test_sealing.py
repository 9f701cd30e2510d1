"""Seals at rest (N7)."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.storage.sealing import KeysUnusable, SealBroken, Sealer, keys_from_file

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
SEALER = Sealer({"old": OLD, "new": NEW}, "new")
BEFORE = Sealer({"old": OLD}, "old")
PLACE = "holdings.details:person-1:7"


@given(st.binary(max_size=200), st.text(max_size=50))
def test_what_was_sealed_opens_in_its_place(plain: bytes, place: str) -> None:
    """Whatever it was, wherever it lies."""
    assert plain == SEALER.open(SEALER.seal(plain, place=place), place=place)


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_seal_that_was_moved_does_not_open(place: str, other: str) -> None:
    """N7: neither in another row nor in another column."""
    sealed = SEALER.seal(b"key", place=place)
    if place != other:
        with pytest.raises(SealBroken):
            SEALER.open(sealed, place=other)


@given(st.data())
def test_a_seal_that_was_altered_does_not_open(data: st.DataObject) -> None:
    """One bit anywhere, the key's id included, or the end cut off."""
    sealed = bytearray(SEALER.seal(b"a linkage key", place=PLACE))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    for broken in (bytes(sealed), bytes(sealed[:at])):
        with pytest.raises(SealBroken):
            SEALER.open(broken, place=PLACE)


@given(st.binary(max_size=60))
def test_what_was_never_sealed_does_not_open(text: bytes) -> None:
    """Nor does it crash."""
    for start in (b"", b"\x01\x03new", b"\x01\x03old"):
        with pytest.raises(SealBroken):
            SEALER.open(start + text, place=PLACE)


def test_no_two_seals_are_alike() -> None:
    """Equal secrets cannot be told by their envelopes."""
    assert 100 == len({SEALER.seal(b"key", place=PLACE) for _ in range(100)})


def test_keys_rotate() -> None:
    """N7: old envelopes open while their key is kept; new ones use the new key."""
    before = BEFORE.seal(b"key", place=PLACE)
    after = SEALER.seal(b"key", place=PLACE)

    assert b"key" == SEALER.open(before, place=PLACE)
    assert [False, True] == [SEALER.is_current(sealed) for sealed in (before, after)]
    with pytest.raises(SealBroken):
        BEFORE.open(after, place=PLACE)


def test_one_key_under_two_ids_makes_two_seals() -> None:
    """The id is bound into the seal: an envelope cannot be relabelled."""
    twins = Sealer({"aaa": OLD, "bbb": OLD}, "aaa")
    sealed = twins.seal(b"key", place=PLACE)
    with pytest.raises(SealBroken):
        twins.open(sealed.replace(b"aaa", b"bbb", 1), place=PLACE)


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_keyed_hash_tells_texts_apart(text: str, other: str) -> None:
    """The same text has the same hash, another text another."""
    assert (text == other) == (SEALER.keyed_hash(text, "email") == SEALER.keyed_hash(other, "email"))


def test_a_keyed_hash_depends_on_purpose_and_key() -> None:
    """Nobody without the key can try out all NHS numbers, nor compare two columns."""
    hashes = {
        SEALER.keyed_hash("9990001111", "nhs_numbers.number"),
        SEALER.keyed_hash("9990001111", "accounts.email"),
        BEFORE.keyed_hash("9990001111", "nhs_numbers.number"),
    }
    assert 3 == len(hashes)
    assert {64} == {len(text) for text in hashes}


def test_what_was_hashed_before_a_rotation_is_still_found() -> None:
    """The current key's hash comes first, the others follow."""
    expected = (SEALER.keyed_hash("alice@example.org", "email"), BEFORE.keyed_hash("alice@example.org", "email"))

    assert expected == SEALER.keyed_hashes("alice@example.org", "email")


@pytest.mark.parametrize(
    ("keys", "current"),
    [
        ({}, "k1"),
        ({"k1": OLD}, "k2"),
        ({"k1": b"short"}, "k1"),
        ({"": OLD}, ""),
        ({"a b": OLD}, "a b"),
        ({"k" * 33: OLD}, "k" * 33),
    ],
)
def test_unusable_keys_are_refused(keys: dict[str, bytes], current: str) -> None:
    """No current key, a wrong length, or an id that does not fit an envelope."""
    with pytest.raises(KeysUnusable):
        Sealer(keys, current)


def test_neither_sealer_nor_refusal_shows_a_key(tmp_path: Path) -> None:
    """N7: reprs and messages are for logs."""
    path = written(tmp_path, "k1 not-a-key")
    with pytest.raises(KeysUnusable) as refusal:
        keys_from_file(path)

    assert "Sealer(old, new)" == repr(SEALER)
    assert "not-a-key" not in str(refusal.value)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    """A key file."""
    path = folder / "keys"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_the_last_key_of_a_file_is_current(tmp_path: Path) -> None:
    """To rotate is to append a line."""
    encoded = [base64.b64encode(key).decode() for key in (OLD, NEW)]
    path = written(tmp_path, f"# our keys\n\nold {encoded[0]}\nnew  {encoded[1]}\n")

    assert ({"old": OLD, "new": NEW}, "new") == keys_from_file(path)


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "k1\n", "k1 AAAA\n", "k1 ü\n", "k1 " + "A" * 43 + "\n", f"k1 {'A' * 43}=\n" * 2]
)
def test_a_file_without_good_keys_is_refused(tmp_path: Path, text: str) -> None:
    """Empty, or lines that are not an id and 32 bytes in base64."""
    with pytest.raises(KeysUnusable):
        keys_from_file(written(tmp_path, text))


def test_a_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    """A key that all know is none."""
    path = written(tmp_path, f"k1 {base64.b64encode(OLD).decode()}\n", mode=0o644)
    with pytest.raises(KeysUnusable):
        keys_from_file(path)


def test_a_missing_file_is_made_only_when_asked(tmp_path: Path) -> None:
    """For the sandbox: readable by its owner only, and the same the next time."""
    path = tmp_path / "keys"
    with pytest.raises(KeysUnusable):
        keys_from_file(path)
    made = keys_from_file(path, create=True)

    assert made == keys_from_file(path, create=True)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(tmp_path.iterdir())
    assert isinstance(Sealer(*made), Sealer)


def test_of_several_who_make_the_file_at_once_all_get_the_same_keys(tmp_path: Path) -> None:
    """Nobody seals with a key that the next start will not find."""
    path = tmp_path / "keys"
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: keys_from_file(path, create=True)[0]["k1"], range(16)))

    assert 1 == len(set(made))
    assert [path] == list(tmp_path.iterdir())
