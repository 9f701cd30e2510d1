"""Every line of every adapter's table, told by the stand-in in its own envelope (`gp-systems.md` §2.3 to §2.6, §3.5)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gpic.gp_systems.emis import refusals as emis
from gpic.gp_systems.medicus import refusals as medicus
from gpic.gp_systems.rows import Answer, Row
from gpic.gp_systems.tpp import refusals as tpp
from gpic.nhs.credentials import Im1Token
from gpic.simulators.emis import switches
from gpic.simulators.faults import Fault, Kind
from tests.ports.gp_counter import WITH_ACCOUNT, WITHOUT, Counter

pytestmark = pytest.mark.anyio

Table = tuple[str, Sequence[Row[Answer]], tuple[str, ...]]
EMIS: tuple[Table, ...] = (
    ("POST sessions/endusersession", emis.BEGIN, ("retrieve", "open_account", "link", "check", "open_session")),
    ("POST sessions", emis.SESSION, ("check", "open_session")),
    ("POST me/applications", emis.LINK, ("link",)),
    ("POST me/verifications", emis.RETRIEVE, ("retrieve", "verify_anew")),
    ("POST users/nhs", emis.CREATE, ("open_account",)),
    ("GET demographics", emis.DEMOGRAPHICS, ("check", "open_session")),
)
TPP: tuple[Table, ...] = (
    ("LinkAccount link", tpp.LINK, ("link",)),
    ("LinkAccount retrieve", tpp.BY_NUMBER, ("retrieve", "verify_anew")),
    ("LinkAccount create", tpp.BY_NUMBER, ("open_account",)),
    ("Authenticate", tpp.AUTHENTICATE, ("check", "open_session")),
)
MEDICUS: tuple[Table, ...] = (
    ("POST linkage/find", medicus.FIND, ("retrieve", "verify_anew")),
    ("POST linkage", medicus.MAKE, ("open_account",)),
    ("POST token", medicus.TOKEN, ("link",)),
    ("POST session", medicus.SESSION, ("check", "open_session")),
)
#: EMIS's number for an error that only its message tells (§2.4).
GENERIC = -1002


def lines(supplier: str, tables: Sequence[Table], *, with_words: bool = True) -> list[object]:
    """Each line of each table with each question that meets it, named by what is said."""
    return [
        pytest.param(supplier, operation, question, row, id=f"{question}-{operation}-{row.status}-{row.code}-{row.words[:30]}")
        for operation, rows, questions in tables
        for row in rows
        if with_words or not row.words
        for question in questions
    ]


async def ask(counter: Counter, supplier: str, question: str, token: Im1Token) -> object:
    """One of the questions."""
    adapter, slug = counter.adapter(supplier), WITH_ACCOUNT[supplier]
    if question == "link":
        return await adapter.link(counter.demographics(slug), counter.details(slug))
    if question == "check":
        return await adapter.check(token, counter.practice(slug))
    if question == "open_session":
        return await adapter.open_session(token, counter.practice(slug))
    if question == "open_account":
        return await adapter.open_account(counter.applicant(WITHOUT[supplier]))
    return await (adapter.retrieve if question == "retrieve" else adapter.verify_anew)(counter.applicant(slug))


@pytest.mark.parametrize("generation", list(switches.Generation))
@pytest.mark.parametrize(("supplier", "operation", "question", "row"), [*lines("emis", EMIS), *lines("tpp", TPP)])
async def test_every_line_is_understood(
    supplier: str, operation: str, question: str, row: Row[Answer], generation: switches.Generation
) -> None:
    """The stand-in says exactly what the line names; the adapter makes of it what the line says, in both generations."""
    counter = Counter()
    counter.emis_switches.generation = generation
    token = await counter.token(supplier, WITH_ACCOUNT[supplier])
    status = row.status or 500
    code = GENERIC if row.code is None and row.words else row.code
    counter.faults.set(Fault(Kind.STATUS, supplier.upper(), operation, status=status, code=code, message=row.words or "No."))

    answer = await ask(counter, supplier, question, token)

    assert row.answer == answer
    told = str(getattr(answer, "code", "")) + str(getattr(answer, "detail", ""))
    assert not told or str(status) in told


@pytest.mark.parametrize(("supplier", "operation", "question", "row"), lines("medicus", MEDICUS, with_words=False))
async def test_every_line_of_the_provisional_contract_is_understood(
    supplier: str, operation: str, question: str, row: Row[Answer]
) -> None:
    """G7: as above; the lines for one field are met below, by details that are out of range."""
    counter = Counter()
    token = await counter.token(supplier, WITH_ACCOUNT[supplier])
    fault = Fault(Kind.STATUS, "MEDICUS", operation, status=row.status or 500, code=row.code, message="No.")
    counter.faults.set(fault)

    assert row.answer == await ask(counter, supplier, question, token)


def test_no_table_is_left_out() -> None:
    """Each of the adapters' tables has its operation above; that for patients under 16 has its own test."""
    assert {id(rows) for rows in emis.BY_CALL.values()} == {id(rows) for _, rows, _ in EMIS}
    assert {id(rows) for rows in tpp.BY_CALL.values()} - {id(tpp.BY_NUMBER_UNDER_AGE)} == {id(rows) for _, rows, _ in TPP}
    assert {id(rows) for rows in medicus.BY_CALL.values()} == {id(rows) for _, rows, _ in MEDICUS}
