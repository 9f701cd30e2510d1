from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.nhs.answers import ShownPatient
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber
from gpic.relying_party.right_patient import Person, is_right_patient
from tests.unit.relying_party.world import MARY, NUMBER, OTHER_NUMBER


def shown(*numbers: NhsNumber | None, demographics: Demographics | None = None) -> ShownPatient:
    """Whom a session shows."""
    return ShownPatient(frozenset(number for number in numbers if number is not None), demographics)


@pytest.mark.parametrize(
    ("whom", "is_right"),
    [
        (shown(NUMBER), True),
        (shown(NUMBER, OTHER_NUMBER), True),
        (shown(OTHER_NUMBER, demographics=MARY), False),
        (shown(demographics=MARY), False),
        (shown(), False),
    ],
)
def test_an_nhs_number_is_the_proof_where_the_login_gave_one(whom: ShownPatient, is_right: bool) -> None:  # noqa: FBT001 - a table
    """R5: with scope profile nothing but the number counts; no surname makes up for it."""
    assert is_right == is_right_patient(Person("mary", MARY, NUMBER), whom)


@pytest.mark.parametrize(
    ("demographics", "is_right"),
    [
        (MARY, True),
        (Demographics("ASHWORTH", "1984-02-17"), True),
        (Demographics("  ash worth ", "1984-02-17"), False),
        (Demographics(" Ashworth\n", "1984-02-17"), True),
        (Demographics("Ash\u00adworth", "1984-02-17"), False),
        (Demographics("Ashworth", "1984-02-18"), False),
        (Demographics("Ashby", "1984-02-17"), False),
        (None, False),
    ],
)
def test_surname_and_birth_date_are_the_proof_without_a_number(demographics: Demographics | None, is_right: bool) -> None:  # noqa: FBT001 - a table
    """R5: case and outer spaces do not matter, anything else does."""
    assert is_right == is_right_patient(Person("mary", MARY), shown(NUMBER, demographics=demographics))


def test_nobody_is_proved_by_empty_names() -> None:
    """R5: two blanks are not a match."""
    blank = Demographics(" ", "1984-02-17")

    assert not is_right_patient(Person("mary", blank), shown(demographics=blank))
    assert not is_right_patient(Person("mary"), shown(demographics=MARY))


@pytest.mark.parametrize(
    ("ours", "theirs", "is_same"),
    [
        ("Van  Dyke", "VAN DYKE", True),
        ("Van Dyke", "Vandyke", False),
        ("Zoe\u0308", "Zo\u00eb", True),
        ("O'Neil", "ONeil", False),
    ],
)
def test_typing_differs_and_names_do_not(ours: str, theirs: str, is_same: bool) -> None:  # noqa: FBT001 - a table
    """R5: inner spaces are folded and accents composed; letters are not guessed."""
    person = Person("mary", Demographics(ours, "1984-02-17"))

    assert is_same == is_right_patient(person, shown(demographics=Demographics(theirs, "1984-02-17")))


@given(st.text(st.characters(max_codepoint=0x17F, categories=["L"]), min_size=1))
def test_typing_a_name_differently_changes_nobody(name: str) -> None:
    """R5: a surname equals itself in lower case, with spaces around it."""
    person = Person("mary", Demographics(name, "1984-02-17"))

    assert is_right_patient(person, shown(demographics=Demographics(f" {name.casefold()} ", "1984-02-17")))
