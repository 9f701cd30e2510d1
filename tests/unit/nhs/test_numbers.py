"""NHS numbers and ODS codes."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid, check_digit
from gpic.nhs.organisations import OdsCode, OdsCodeInvalid

DIGITS = st.text("0123456789", min_size=9, max_size=9)


@pytest.mark.parametrize("text", ["9000000009", "900 000 0009", "900-000-0009", "9000000025", "9111231130", "9727022820"])
def test_a_number_with_its_check_digit_is_accepted(text: str) -> None:
    """The published example numbers pass modulus 11, with or without separators."""
    assert text.replace(" ", "").replace("-", "") == NhsNumber(text).digits


@pytest.mark.parametrize("text", ["9000000000", "900000000", "90000000090", "", "٩٠٠٠٠٠٠٠٠٩", "900000000x", "9000000008"])
def test_anything_else_is_refused(text: str) -> None:
    """Wrong check digit, wrong length, foreign digits: not an NHS number."""
    with pytest.raises(NhsNumberInvalid):
        NhsNumber(text)


@given(DIGITS)
def test_the_weighted_sum_of_a_number_is_divisible_by_eleven(stem: str) -> None:
    """The definition of the check digit, from the other side; a stem without one makes no number."""
    number = NhsNumber.from_stem(stem)

    if number is None:
        assert check_digit(stem) is None
    else:
        assert 0 == sum(int(digit) * weight for digit, weight in zip(number.digits, range(10, 0, -1), strict=True)) % 11


@given(DIGITS, st.integers(0, 9), st.integers(0, 9))
def test_a_slip_in_one_digit_is_noticed(stem: str, place: int, digit: int) -> None:
    """Modulus 11 finds every single wrong digit."""
    number = NhsNumber.from_stem(stem)
    if number is None or number.digits[place] == str(digit):
        return

    with pytest.raises(NhsNumberInvalid):
        NhsNumber(number.digits[:place] + str(digit) + number.digits[place + 1 :])


@given(st.text())
def test_no_text_makes_it_fail_in_another_way(text: str) -> None:
    """A number or a refusal, whatever comes in."""
    with contextlib.suppress(NhsNumberInvalid):
        assert len(text) >= len(NhsNumber(text).digits) == 10


def test_a_number_is_shown_to_nobody_by_accident() -> None:
    """repr, str and f-strings are masked; `spoken` is the one way to show it."""
    number = NhsNumber("9000000009")

    assert not {repr(number), str(number), f"{number}", f"{number!r}"} & {"9000000009", "900 000 0009"}
    assert "900 000 0009" == number.spoken


def test_a_number_cannot_be_changed() -> None:
    """It is a value: equal by digits, usable as a key, immutable."""
    number = NhsNumber("9000000009")

    with pytest.raises(AttributeError):
        number.digits = "9000000025"
    assert {number} == {NhsNumber("900 000 0009")}


@pytest.mark.parametrize(("text", "expected"), [("9000000009", True), ("9990001112", None), ("4010232137", False)])
def test_only_the_never_issued_range_counts_as_synthetic(text: str, expected: bool | None) -> None:  # noqa: FBT001 - a column of the table
    """Numbers that begin with 9 were never issued; others may be somebody's."""
    number = NhsNumber.from_stem(text[:9])

    if expected is not None:
        assert number is not None
        assert expected is number.is_synthetic


@pytest.mark.parametrize(
    ("text", "expected"), [("a12345", "A12345"), (" A12345 ", "A12345"), ("X4S4L", "X4S4L"), ("A12345001", "A12345001")]
)
def test_an_ods_code_is_upper_case(text: str, expected: str) -> None:
    """Codes are compared in upper case."""
    assert expected == OdsCode(text).code == str(OdsCode(text))


@pytest.mark.parametrize("text", ["", "A1", "A12345-1", "A" * 13, "Ä12345", "A1 2345"])
def test_what_is_no_ods_code_is_refused(text: str) -> None:
    """3 to 12 letters and digits."""
    with pytest.raises(OdsCodeInvalid):
        OdsCode(text)
