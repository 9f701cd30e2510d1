"""The directory: which system a practice uses today."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.credentials.ports import Surgeries, Surgery
from gpic.gp_systems.directory import Directory, EngineSurgeries, PartnerSurgeries, Reloaded
from gpic.gp_systems.emis.client import EmisWeb
from gpic.gp_systems.mapping import Entry, MappingInvalid
from gpic.gp_systems.tpp.client import Application, TppSystmOne
from gpic.nhs.clock import MovableClock
from gpic.nhs.organisations import OdsCode
from gpic.provider.ports import PracticeNames
from gpic.relying_party.ports import GpSystems
from tests.unit.line import Line, said

A, B, C = OdsCode("A12345"), OdsCode("B12345"), OdsCode("C12345")
MONTHLY = """PUBLICATION,PRACTICE_CODE,PRACTICE_NAME,SUPPLIER_NAME
GP_PRAC_PAT_LIST,A12345,"THE SURGERY, NORTH",EMIS
GP_PRAC_PAT_LIST,b12345,,TPP
GP_PRAC_PAT_LIST,C12345,SOUTH,
"""
MOVING = """PRACTICE_CODE,SUPPLIER_NAME,PRACTICE_NAME,FROM
A12345,TPP,New name,2031-04-02
A12345,EMIS,Old name,
A12345,Medicus,Newest name,2031-05-01
"""


def clock() -> MovableClock:
    """The eve of a migration."""
    return MovableClock(datetime(2031, 4, 1, 23, tzinfo=UTC))


def client() -> httpx2.AsyncClient:
    """A client that nobody uses here."""
    return Line(said(500, b"")).client()


def test_the_monthly_file_is_read() -> None:
    """Names in any case; columns that we do not know are unread; an empty supplier is none."""
    directory = Directory.from_csv(MONTHLY)

    assert ("emis", "tpp", None) == tuple(directory.supplier_of(practice) for practice in (A, B, C))
    assert ("THE SURGERY, NORTH", "B12345", "SOUTH") == tuple(directory.name_of(practice) for practice in (A, B, C))
    assert {A, B, C} == directory.practices()


def test_a_practice_that_nobody_knows_has_no_system() -> None:
    """N11: "not covered" is an answer, and its name is its code."""
    directory = Directory()
    names: PracticeNames = directory

    assert directory.supplier_of(A) is None
    assert "A12345" == names.name_of(A)


@pytest.mark.parametrize(
    ("name", "supplier"),
    [
        ("EMIS", "emis"),
        (" Emis Web ", "emis"),
        ("The Phoenix Partnership (TPP)", "tpp"),
        ("SystmOne", "tpp"),
        ("Medicus Health", "medicus"),
        ("Brand New", "brand new"),
    ],
)
def test_suppliers_go_by_several_names(name: str, supplier: str) -> None:
    """Public files spell them differently; a new supplier is not lost."""
    assert supplier == Directory.from_csv(f"PRACTICE_CODE,SUPPLIER_NAME\nA12345,{name}\n").supplier_of(A)


def test_dated_lines_take_effect_on_their_day() -> None:
    """N19: a migration that was announced happens by itself, whatever the order of the lines."""
    now = clock()
    directory = Directory.from_csv(MOVING, clock=now)

    found = []
    for step in (timedelta(), timedelta(hours=1), timedelta(days=40)):
        now.move(step)
        found.append((directory.supplier_of(A), directory.name_of(A)))

    assert [("emis", "Old name"), ("tpp", "New name"), ("medicus", "Newest name")] == found


def test_a_practice_that_opens_later_has_no_system_yet() -> None:
    """Before its first line a practice is not covered."""
    directory = Directory.from_csv("PRACTICE_CODE,SUPPLIER_NAME,FROM\nA12345,TPP,2031-04-02\n", clock=clock())

    assert directory.supplier_of(A) is None


def test_the_later_of_two_lines_for_one_day_counts() -> None:
    """A correction is appended."""
    assert "tpp" == Directory((Entry(A, "emis"), Entry(A, "tpp"))).supplier_of(A)


def test_a_reload_tells_whose_system_changed() -> None:
    """N19: those practices' patients are treated as if they had moved; names alone change nothing."""
    directory = Directory.from_csv(MONTHLY)
    changed = directory.reload("PRACTICE_CODE,SUPPLIER_NAME,PRACTICE_NAME\nA12345,TPP,X\nB12345,tpp,Renamed\nD12345,EMIS,New\n")

    # C lost a system that nobody knew; there is nobody to withdraw.
    assert Reloaded(frozenset({A, OdsCode("D12345")})) == changed
    assert Reloaded(frozenset()) == directory.look()
    assert ("tpp", "tpp", None, "Renamed") == (
        directory.supplier_of(A),
        directory.supplier_of(B),
        directory.supplier_of(C),
        directory.name_of(B),
    )


def test_a_reload_that_fails_leaves_everything_as_it_was() -> None:
    """A broken download does not take practices away."""
    directory = Directory.from_csv(MONTHLY)
    with pytest.raises(MappingInvalid):
        directory.reload("PRACTICE_CODE,SUPPLIER_NAME\nA12345,TPP\nnonsense!,EMIS\n")

    assert "emis" == directory.supplier_of(A)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("PRACTICE,SUPPLIER\n", 1),
        ("PRACTICE_CODE,SUPPLIER_NAME\nA12345,EMIS\n!,EMIS\n", 3),
        ("PRACTICE_CODE,SUPPLIER_NAME,FROM\nA12345,EMIS,tomorrow\n", 2),
        ("PRACTICE_CODE,SUPPLIER_NAME\n,EMIS\n", 2),
    ],
)
def test_a_file_that_is_no_mapping_is_refused_with_its_line(text: str, line: int) -> None:
    """An operator finds the fault."""
    with pytest.raises(MappingInvalid) as refused:
        Directory.from_csv(text)

    assert line == refused.value.line


def test_marks_and_line_ends_do_not_matter() -> None:
    """Files come with a byte-order mark, CRLF, quotes, spaces and blank lines."""
    text = '\ufeff"practice_code" , supplier_name\r\n\r\n"A12345" , "EMIS"\r\n'

    assert "emis" == Directory.from_csv(text).supplier_of(A)


@given(
    st.text(max_size=80)
    | st.text(alphabet='A1,"\n\r\x00', max_size=40).map(lambda rest: f"PRACTICE_CODE,SUPPLIER_NAME,FROM\n{rest}")
)
def test_no_file_does_worse_than_be_refused(text: str) -> None:
    """Whatever the text, there is a directory or MappingInvalid."""
    with contextlib.suppress(MappingInvalid):
        assert Directory.from_csv(text).practices() is not None


def test_the_engine_is_given_the_system_of_a_practice() -> None:
    """The supplier's name and its adapter; None where we have none for it."""
    emis, tpp = EmisWeb(client(), "app"), TppSystmOne(client(), Application("Demo", "1.0", "prov-1"))
    surgeries: Surgeries = EngineSurgeries(Directory.from_csv(MONTHLY), {"emis": emis, "tpp": tpp})
    fewer = EngineSurgeries(Directory.from_csv(MONTHLY), {"emis": emis})

    assert (Surgery("emis", emis), Surgery("tpp", tpp), None) == tuple(surgeries.system_of(one) for one in (A, B, C))
    assert fewer.system_of(B) is None


def test_a_partner_is_given_the_system_of_a_practice() -> None:
    """The same for the kit, in its own shape."""
    emis, tpp = EmisWeb(client(), "app"), TppSystmOne(client(), Application("Demo", "1.0", "prov-1"))
    surgeries: GpSystems = PartnerSurgeries(Directory.from_csv(MONTHLY), {"emis": emis, "tpp": tpp})
    fewer = PartnerSurgeries(Directory.from_csv(MONTHLY), {"tpp": tpp})

    assert (("emis", emis), ("tpp", tpp), None) == tuple(surgeries.system_of(one) for one in (A, B, C))
    assert fewer.system_of(A) is None
