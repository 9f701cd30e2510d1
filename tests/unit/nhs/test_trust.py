"""Vectors of trust."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.nhs.trust import DEFAULT_VECTORS, ProofingLevel, Vector, VectorInvalid, first_satisfied, parse_vtr

VECTORS = st.builds(
    Vector,
    st.one_of(st.none(), st.sampled_from(ProofingLevel)),
    st.frozensets(st.sampled_from("pdkm")),
).filter(lambda vector: vector.level is not None or bool(vector.credentials))


@given(VECTORS)
def test_a_vector_survives_being_written_and_read(vector: Vector) -> None:
    """str() and parse() are inverses."""
    assert vector == Vector.parse(str(vector))


def test_a_vector_is_written_level_first_and_its_letters_in_one_order() -> None:
    """Two vectors that are equal are written alike: Cp, Cd, Ck, Cm."""
    assert "P9.Cp.Cd.Ck.Cm" == str(Vector(ProofingLevel.P9, frozenset("mkdp")))


@pytest.mark.parametrize("text", ["", "P1", "P9.P5", "Cx", "P9..Cp", "p9", "P9.Cp.Cp", "P9 Cp", "P9.Cp."])
def test_what_is_no_vector_is_refused(text: str) -> None:
    """Unknown, empty and repeated components are refused."""
    with pytest.raises(VectorInvalid):
        Vector.parse(text)


@pytest.mark.parametrize(
    ("reached", "wanted", "expected"),
    [
        ("P9.Cp.Cd", "P9.Cp.Cd", True),
        ("P9.Cp.Cd", "P5.Cp", True),
        ("P5.Cp.Cd", "P9.Cp.Cd", False),
        ("P9.Cp", "P9.Cp.Cd", False),
        ("P9.Cp.Cd", "Cp", True),
        ("P0.Cp", "Cp", True),
        ("P9.Cm", "P9", True),
        ("P9.Cm", "P9.Cp.Cd", False),
        ("Cp.Cd", "P0.Cp", False),
    ],
)
def test_a_login_satisfies_what_it_includes(reached: str, wanted: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    """Components are joined by AND; an omitted one means any; a higher level includes the lower."""
    assert expected is Vector.parse(reached).satisfies(Vector.parse(wanted))


@given(VECTORS, VECTORS, VECTORS)
def test_satisfying_is_transitive(one: Vector, two: Vector, three: Vector) -> None:
    """Who satisfies the stronger satisfies the weaker."""
    if one.satisfies(two) and two.satisfies(three):
        assert one.satisfies(three)


@pytest.mark.parametrize(
    ("text", "expected"), [("P9.Cp.Cd", True), ("P9.Cp.Ck", True), ("P9.Cm", True), ("P9.Cp", False), ("P9.Cd.Ck", False)]
)
def test_two_factors_are_password_and_device_or_key_or_a_passkey(text: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    """N5: a superset of Cp.Cd or Cp.Ck, or Cm."""
    assert expected is Vector.parse(text).has_two_factors


def test_the_list_is_an_or_and_its_order_counts() -> None:
    """The first vector that is satisfied is the one that the login carries."""
    wanted = parse_vtr('["P9.Cm", "P5.Cp.Cd", "P0.Cp"]')

    assert Vector.parse("P5.Cp.Cd") == first_satisfied(Vector.parse("P9.Cp.Cd"), wanted)
    assert first_satisfied(Vector.parse("P0.Cd"), wanted) is None


@pytest.mark.parametrize(
    "text", ["", "P9", '"P9"', "[]", "[9]", "{}", "null", "[" * 900, json.dumps(["P9"] * 33), '["P9"] ' + " " * 1024]
)
def test_what_is_no_list_of_vectors_is_refused(text: str) -> None:
    """A vtr is a JSON array of at most 32 vectors, at most 1024 characters."""
    with pytest.raises(VectorInvalid):
        parse_vtr(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [('["P9"]', 1), (json.dumps(["P9"] * 32), 32), ('["P9"]'.ljust(1024), 1)],
    ids=["one", "thirty-two", "longest"],
)
def test_a_list_up_to_its_bounds_is_read(text: str, expected: int) -> None:
    """One to 32 vectors, up to 1024 characters."""
    assert expected == len(parse_vtr(text))


def test_a_refusal_says_what_was_expected() -> None:
    """The message is the exception's own sentence and quotes nothing foreign."""
    with pytest.raises(VectorInvalid, match=r"^This is not a vector of trust, or not a list of them\.$"):
        Vector.parse("P1")


@given(st.text())
def test_no_vtr_makes_it_fail_in_another_way(text: str) -> None:
    """Vectors or a refusal, whatever comes in."""
    with contextlib.suppress(VectorInvalid):
        parse_vtr(text)


def test_the_default_asks_for_the_highest_level_with_two_factors() -> None:
    """What an absent vtr means, `nhs-login` §2."""
    assert ["P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"] == [str(vector) for vector in DEFAULT_VECTORS]
