"""The practice mapping as a file: what is read, what is refused, and on which days a line holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.gp_systems.directory import Directory, Place, Reloaded
from gpic.gp_systems.mapping import ALWAYS, FOR_EVER, Entry, MappingInvalid, read
from gpic.nhs.clock import MovableClock
from gpic.nhs.organisations import OdsCode

A, B = OdsCode("A12345"), OdsCode("B12345")
HEADER = "PRACTICE_CODE,SUPPLIER_NAME,FROM,UNTIL\n"
DAYS = st.dates(date(2030, 1, 1), date(2030, 3, 1))
ENTRIES = st.builds(
    lambda practice, supplier, name, since, length, address: Entry(
        practice,
        supplier,
        name.strip(),
        since,
        FOR_EVER if length is None else min(FOR_EVER, since + timedelta(days=length)) if since != ALWAYS else FOR_EVER,
        address,
    ),
    st.sampled_from([A, B, OdsCode("C12345")]),
    st.sampled_from(["", "emis", "tpp", "medicus", "brand new"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
    st.just(ALWAYS) | DAYS,
    st.none() | st.integers(0, 40),
    st.sampled_from(["", "https://north.gp.test/api/t/1", "http://localhost:8000"]),
)


def written(entries: Iterable[Entry]) -> str:
    """The file that says this."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(("practice_code", "Supplier_Name", "UNREAD", "PRACTICE_NAME", "FROM", "UNTIL", "ADDRESS"))
    for one in entries:
        since = "" if one.since == ALWAYS else one.since.isoformat()
        until = "" if one.until == FOR_EVER else one.until.isoformat()
        lines.writerow((one.practice.code, one.supplier.upper(), "x", one.name, since, until, one.address))
    return text.getvalue()


def standing(on: date) -> MovableClock:
    """A clock that stands at noon of that day."""
    return MovableClock(datetime.combine(on, time(12), UTC))


@given(st.lists(ENTRIES, max_size=6))
def test_what_was_written_is_read(entries: list[Entry]) -> None:
    """Names of any script with commas, quotes and line ends in them; days; addresses."""
    assert entries == list(read(written(entries)))


@given(st.lists(ENTRIES, max_size=8), DAYS)
def test_the_latest_line_that_holds_today_counts(entries: list[Entry], today: date) -> None:
    """N19: of all lines of a practice that hold on a day, the one that began last; of two of one day, the later in the file."""
    directory = Directory.from_csv(written(entries), clock=standing(today))

    for practice in (A, B):
        holding = [one for one in entries if one.practice == practice and one.since <= today <= one.until]
        best = max(enumerate(holding), key=lambda pair: (pair[1].since, pair[0]), default=(0, None))[1]
        expected = Place(best.supplier, best.address) if best is not None and best.supplier else None
        assert expected == directory.place_of(practice)
        assert (best.name if best is not None and best.name else practice.code) == directory.name_of(practice)


@given(st.lists(ENTRIES, max_size=5), st.lists(ENTRIES, max_size=5), DAYS, st.integers(0, 30))
def test_a_reload_tells_exactly_whose_system_changed(old: list[Entry], new: list[Entry], today: date, later: int) -> None:
    """N19: by the file or by the calendar, each change is told once."""
    clock = standing(today)
    directory = Directory(old, clock=clock)
    before = {practice: directory.supplier_of(practice) for practice in directory.practices()}
    clock.move(timedelta(days=later))
    told = directory.reload(written(new))

    after = {practice: directory.supplier_of(practice) for practice in directory.practices()}
    everybody = before.keys() | after.keys()
    assert {one for one in everybody if before.get(one) != after.get(one)} == told.changed
    assert Reloaded(frozenset()) == directory.look()


def test_a_line_ends_with_its_last_day() -> None:
    """UNTIL is the last day of the old system; between two lines a practice has none."""
    clock = standing(date(2031, 3, 31))
    directory = Directory.from_csv(HEADER + "A12345,EMIS,,2031-03-31\nA12345,TPP,2031-04-02,\n", clock=clock)

    found = [directory.supplier_of(A)]
    for _ in range(2):
        clock.move(timedelta(days=1))
        found.append(directory.supplier_of(A))
    assert ["emis", None, "tpp"] == found


def test_a_planned_migration_is_told_when_its_day_has_come() -> None:
    """N19: nobody changes the file on the day of a migration, and still the patients of the practice are to be followed."""
    clock = standing(date(2031, 4, 1))
    directory = Directory.from_csv(HEADER + "A12345,EMIS,,\nA12345,TPP,2031-04-02,\nB12345,TPP,,\n", clock=clock)

    assert Reloaded(frozenset()) == directory.look()
    clock.move(timedelta(days=1))
    assert Reloaded(frozenset({A})) == directory.look()
    assert Reloaded(frozenset()) == directory.look()


def test_an_exception_within_a_longer_line_passes() -> None:
    """A line of a few days over one that holds for ever: afterwards the old one holds again."""
    clock = standing(date(2031, 4, 1))
    directory = Directory.from_csv(HEADER + "A12345,EMIS,,\nA12345,TPP,2031-04-01,2031-04-01\n", clock=clock)

    assert "tpp" == directory.supplier_of(A)
    clock.move(timedelta(days=1))
    assert "emis" == directory.supplier_of(A)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (HEADER + "A12345,EMIS,2031-04-02,2031-04-01\n", 2, "UNTIL is before FROM"),
        (HEADER + "A12345,EMIS,,31.3.2031\n", 2, "UNTIL is no date (yyyy-mm-dd)"),
        (HEADER + "A12345,EMIS,,\nB12345\n", 3, "not as many cells as the header has"),
        (HEADER + "A12345,EMIS,,\nB12345,EM", 3, "not as many cells as the header has"),
        (HEADER + "A12345,EMIS,,,\n", 2, "not as many cells as the header has"),
        ("PRACTICE_CODE,SUPPLIER_NAME,supplier_name\n", 1, "a column stands there twice"),
        ("PRACTICE_CODE\nA12345\n", 1, "no column SUPPLIER_NAME"),
        ("PRACTICE_CODE,SUPPLIER_NAME,ADDRESS\nA12345,EMIS,gp.test\n", 2, "ADDRESS is no http or https address"),
        ("PRACTICE_CODE,SUPPLIER_NAME\nA12345,EMIS\n\x00\n", 3, "PRACTICE_CODE is no ODS code"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, why: str) -> None:
    """An operator finds it; half a download is one, since its last line is short."""
    with pytest.raises(MappingInvalid) as mistake:
        list(read(text))

    assert line == mistake.value.line
    assert f"line {line}: " in str(mistake.value)
    assert why in str(mistake.value) or "\x00" in text


@pytest.mark.parametrize(
    "address",
    [
        "ftp://gp.test",
        "https://",
        "https://user:secret@gp.test",
        "https://gp.test/?x=1",
        "https://gp.test/#x",
        "https://gp.test:port/",
        "https://gp.test/a b",
        "https://[::1",
    ],
)
def test_an_address_is_an_address_and_nothing_else(address: str) -> None:
    """Neither who signs in there nor what is asked for belongs into a directory."""
    with pytest.raises(MappingInvalid):
        list(read(f"PRACTICE_CODE,SUPPLIER_NAME,ADDRESS\nA12345,Medicus,{address}\n"))


def test_empty_columns_may_stand_beside_ours_twice() -> None:
    """Spreadsheets leave them behind."""
    assert [Entry(A, "emis")] == list(read("PRACTICE_CODE,SUPPLIER_NAME,,\nA12345,EMIS,,\n"))


@pytest.mark.parametrize(("name", "supplier"), [("YGA", "tpp"), ("YGJ", "emis"), ("YGM41", "emis")])
def test_suppliers_go_by_their_organisation_codes_too(name: str, supplier: str) -> None:
    """`demographics.md` §3.6: other public sources name suppliers by ODS code."""
    assert [Entry(A, supplier)] == list(read(f"PRACTICE_CODE,SUPPLIER_NAME\nA12345,{name}\n"))


def test_an_operator_can_teach_it_names() -> None:
    """A further supplier's public name, as its plug wants it, in a reload as well."""
    directory = Directory(names={"new systems ltd": "new"})
    directory.reload("PRACTICE_CODE,SUPPLIER_NAME\nA12345,New Systems Ltd\n")

    assert Place("new") == directory.place_of(A)
