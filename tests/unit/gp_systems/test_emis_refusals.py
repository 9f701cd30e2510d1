"""Every refusal that EMIS is known for, in every envelope, and what it means (`gp-systems.md` §2.3 to §2.6)."""

from __future__ import annotations

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.gp_systems.emis import refusals
from gpic.gp_systems.emis.client import EmisWeb
from gpic.gp_systems.emis.replies import token_of
from gpic.gp_systems.rows import WORDS_COUNT_ON, Row, Said, judge
from gpic.nhs.answers import AlreadyLinked, NoAccount, Reason, Refused, Rejected, Unexpected, Unreachable
from tests.unit.gp_systems.persons import ADA, APPLICANT, EMIS_DETAILS, PRACTICE
from tests.unit.line import Line, said

pytestmark = pytest.mark.anyio

BEGUN = said(200, {"EndUserSessionId": "EUS-1"})
SESSION = said(200, {"SessionId": "SID-1", "UserPatientLinks": [{"UserPatientLinkToken": "UPL-1", "AssociationType": "Self"}]})
TOKEN = token_of("6b1f2c3e-0d77-4a51-9e8c-2f3b7a90d114")

API_V2_OFF = "Patient Facing Services API v2 is not enabled at this practice"
PFS_OFF = "Patient Facing Services are not enabled by this practice"
NO_USER = "No registered online user found for given linkage details"
WRONG_KEY = "Invalid linkage details"
NO_MATCH = "No match found for given demographics"
LINKED_ALREADY = "Registered online user is already linked"
NOT_REGISTERED = (
    "User Identity 'x' required account status 'Inactive, Active' from Application 'y'. "
    "Actual account status is 'NotRegistered'. Extra info: Invalid account registration status"
)
RESTRICTED = (
    "User Identity 'x' requested access level 'Linked' from Application 'y'. "
    "Actual access level is 'Restricted'. Extra info: Invalid UserApplication link level"
)
RESTRICTED_OTHERWISE = "requested access level 'Linked' but actual 'Restricted'"

Case = tuple[int, int | None, str, object]

SERVICES_OFF: list[Case] = [
    (403, -1030, API_V2_OFF, Refused(Reason.ONLINE_SERVICES_OFF)),
    (403, -1030, PFS_OFF, Refused(Reason.ONLINE_SERVICES_OFF)),
    (500, -1002, API_V2_OFF, Refused(Reason.ONLINE_SERVICES_OFF)),
]
LINK: list[Case] = [
    *SERVICES_OFF,
    (400, None, "AccountId length outside of valid range", Rejected(Reason.MALFORMED)),
    (400, -1017, "AccountId length outside of valid range", Rejected(Reason.MALFORMED)),
    (400, None, "LinkageKey length outside of valid range", Rejected(Reason.MALFORMED)),
    (400, -1017, "linkagekey LENGTH outside of valid range", Rejected(Reason.MALFORMED)),
    (400, None, "Surname length outside of valid range", Refused(Reason.MALFORMED)),
    (400, -1017, "", Refused(Reason.MALFORMED)),
    (400, -1014, "", Refused(Reason.MALFORMED)),
    (404, -1104, "", Rejected(Reason.ACCOUNT_UNKNOWN)),
    (500, -1002, NO_USER, Rejected(Reason.ACCOUNT_UNKNOWN)),
    (404, None, NO_USER, Rejected(Reason.ACCOUNT_UNKNOWN)),
    (400, -1105, "", Rejected(Reason.KEY_INVALID)),
    (400, 1105, "", Rejected(Reason.KEY_INVALID)),
    (500, -1002, WRONG_KEY, Rejected(Reason.KEY_INVALID)),
    (404, None, WRONG_KEY, Rejected(Reason.KEY_INVALID)),
    (400, None, "The request is invalid.", Rejected(Reason.KEY_INVALID)),
    (400, -1106, "", Refused(Reason.DEMOGRAPHICS_DIFFER)),
    (500, -1002, NO_MATCH, Refused(Reason.DEMOGRAPHICS_DIFFER)),
    (400, -1001, "", Refused(Reason.PRACTICE_UNKNOWN)),
    (400, -1107, "", Refused(Reason.ARCHIVED)),
    (400, -1401, "", Refused(Reason.PRACTICE_NOT_LIVE)),
    (400, -1552, "", Refused(Reason.ARCHIVED)),
    (400, -1553, "", Refused(Reason.UNDER_AGE)),
    (404, -1551, "", Refused(Reason.NOT_REGISTERED)),
    (400, -1108, "", AlreadyLinked()),
    (500, -1002, LINKED_ALREADY, AlreadyLinked()),
    (409, None, "", AlreadyLinked()),
    (409, 0, "", AlreadyLinked()),
    (500, -1030, RESTRICTED, Refused(Reason.WRONG_LINK_LEVEL)),
    (403, -1030, RESTRICTED, Refused(Reason.WRONG_LINK_LEVEL)),
    (403, -1030, NOT_REGISTERED, Refused(Reason.STATUS_NOT_VALID)),
    (400, -7777, "", Unexpected("emis-link-400-7777")),
    (403, None, "", Unexpected("emis-link-403")),
    (500, -1002, "Exception occurred during API processing.", Unreachable()),
    # The code beats the words (§2.3).
    (400, -1105, LINKED_ALREADY, Rejected(Reason.KEY_INVALID)),
]
RETRIEVE: list[Case] = [
    *SERVICES_OFF,
    (404, -1104, "", NoAccount()),
    (404, None, NO_USER, NoAccount()),
    (500, -1002, NO_USER, NoAccount()),
    (404, -1551, "", NoAccount()),
    (404, None, "", NoAccount()),
    (400, -1553, "", Refused(Reason.UNDER_AGE)),
    (400, -1555, "", Refused(Reason.SEVERAL_RECORDS)),
    (400, -1554, "", Refused(Reason.STATUS_NOT_VALID)),
    (400, -1001, "", Refused(Reason.PRACTICE_UNKNOWN)),
    (400, -1107, "", Refused(Reason.ARCHIVED)),
    (400, -1552, "", Refused(Reason.ARCHIVED)),
    (400, -1109, "", Refused(Reason.ACCOUNT_NOT_PATIENTS)),
    (400, -1401, "", Refused(Reason.PRACTICE_NOT_LIVE)),
    (400, -1014, "", Refused(Reason.MALFORMED)),
    (500, 0, "", Unreachable()),
    (501, None, "", Unreachable()),
    (502, None, "", Unreachable()),
    (403, None, "", Unexpected("emis-retrieve-403")),
    (409, None, "", Unexpected("emis-retrieve-409")),
]
CREATE: list[Case] = [
    *SERVICES_OFF,
    (400, -1553, "", Refused(Reason.UNDER_AGE)),
    (409, -1110, "", Refused(Reason.ACCOUNT_EXISTS)),
    (409, 0, "", Refused(Reason.ACCOUNT_EXISTS)),
    (409, None, "", Refused(Reason.ACCOUNT_EXISTS)),
    (400, -1107, "", Refused(Reason.ARCHIVED)),
    (404, -1551, "", Refused(Reason.NOT_REGISTERED)),
    (404, -1104, "", Refused(Reason.NOT_REGISTERED)),
    (400, -1401, "", Refused(Reason.PRACTICE_NOT_LIVE)),
    (400, -1552, "", Refused(Reason.ARCHIVED)),
    (500, 0, "", Unreachable()),
    (502, None, "", Unreachable()),
    (404, None, "", Unexpected("emis-create-404")),
]
SESSION_REFUSED: list[Case] = [
    *SERVICES_OFF,
    (403, -1030, RESTRICTED, Rejected(Reason.WRONG_LINK_LEVEL)),
    (500, -1030, RESTRICTED, Rejected(Reason.WRONG_LINK_LEVEL)),
    (403, None, RESTRICTED_OTHERWISE, Rejected(Reason.WRONG_LINK_LEVEL)),
    (403, -1030, NOT_REGISTERED, Rejected(Reason.TOKEN_INVALID)),
    (500, -1030, NOT_REGISTERED, Rejected(Reason.TOKEN_INVALID)),
    (403, -1030, "Services Access violation", Refused(Reason.ONLINE_SERVICES_OFF)),
    (403, None, "", Rejected(Reason.TOKEN_INVALID)),
    (400, None, "", Rejected(Reason.TOKEN_INVALID)),
    (403, -1030, "", Rejected(Reason.TOKEN_INVALID)),
    (404, -1104, "", Rejected(Reason.TOKEN_INVALID)),
    (400, -1001, "", Refused(Reason.PRACTICE_UNKNOWN)),
    (500, -1030, "", Unreachable()),
    (404, None, "", Unexpected("emis-session-404")),
]
DEMOGRAPHICS: list[Case] = [
    *SERVICES_OFF,
    (403, -1030, RESTRICTED, Rejected(Reason.WRONG_LINK_LEVEL)),
    (403, None, "Services Access violation", Refused(Reason.ONLINE_SERVICES_OFF)),
    (403, None, "", Refused(Reason.ONLINE_SERVICES_OFF)),
    (400, None, "", Unexpected("emis-demographics-400")),
    (500, None, "", Unreachable()),
]
BEGIN: list[Case] = [
    (403, -1030, API_V2_OFF, Refused(Reason.ONLINE_SERVICES_OFF)),
    (403, None, "", Unexpected("emis-begin-403")),
    (400, None, "", Unexpected("emis-begin-400")),
    (500, None, "", Unreachable()),
    (503, None, "", Unreachable()),
]


def envelopes(status: int, code: int | None, words: str) -> dict[str, httpx2.Response]:
    """The same refusal as each generation of EMIS would put it."""
    numbered: dict[str, object] = {} if code is None else {"InternalResponseCode": code}
    exception = {"Exceptions": [{"Message": words, "IsRootException": True}]}
    return {
        "standard": said(status, numbered | {"Message": words, "ErrorReference": "0c5d7a52"}),
        "exception": said(status, numbered | exception | {"InternalResponseMethod": "x"}),
        "both": said(status, numbered | {"Message": words} | exception),
        "older": said(
            status, numbered | {"InternalResponseMessage": words, "Message": "Exception occurred.", "Exceptions": [7]}
        ),
    }


def every(cases: list[Case]) -> list[object]:
    """Each case in each envelope, named by what it says."""
    return [
        pytest.param(envelope, case[3], id=f"{case[0]}{case[1] or ''}-{case[2][:24]}-{name}")
        for case in cases
        for name, envelope in envelopes(*case[:3]).items()
    ]


@pytest.mark.parametrize(("refusal", "answer"), every(LINK))
async def test_linking_is_refused_in_these_ways(refusal: httpx2.Response, answer: object) -> None:
    """E3: the secret's fault is Rejected and never presented again (N13); the rest is N11 or N12."""
    assert answer == await EmisWeb(Line(BEGUN, refusal).client(), "app").link(ADA, EMIS_DETAILS)


@pytest.mark.parametrize(("refusal", "answer"), every(RETRIEVE))
async def test_retrieving_is_refused_in_these_ways(refusal: httpx2.Response, answer: object) -> None:
    """E4: -1104 and -1551 go on to create (N11), everything else is final or silent."""
    assert answer == await EmisWeb(Line(BEGUN, refusal).client(), "app").retrieve(APPLICANT)


@pytest.mark.parametrize(("refusal", "answer"), every(CREATE))
async def test_creating_is_refused_in_these_ways(refusal: httpx2.Response, answer: object) -> None:
    """E5: here "not registered" is the last word (N11)."""
    assert answer == await EmisWeb(Line(BEGUN, refusal).client(), "app").open_account(APPLICANT)


@pytest.mark.parametrize(("refusal", "answer"), every(SESSION_REFUSED))
async def test_a_session_is_refused_in_these_ways(refusal: httpx2.Response, answer: object) -> None:
    """E2: 400 and 403 are the token's fault, unless words or code say otherwise (§2.6)."""
    system = EmisWeb(Line(BEGUN, refusal, BEGUN, refusal).client(), "app")

    assert answer == await system.check(TOKEN, PRACTICE)
    assert answer == await system.open_session(TOKEN, PRACTICE)


@pytest.mark.parametrize(("refusal", "answer"), every(DEMOGRAPHICS))
async def test_demographics_are_refused_in_these_ways(refusal: httpx2.Response, answer: object) -> None:
    """E6: the token did open a session, so a plain no is not the token's fault."""
    assert answer == await EmisWeb(Line(BEGUN, SESSION, refusal).client(), "app").check(TOKEN, PRACTICE)


@pytest.mark.parametrize(("refusal", "answer"), every(BEGIN))
@pytest.mark.parametrize("call", ["link", "check"])
async def test_an_end_user_session_is_refused_in_these_ways(call: str, refusal: httpx2.Response, answer: object) -> None:
    """E1: no secret was named yet, so none is rejected."""
    system = EmisWeb(Line(refusal).client(), "app")

    assert answer == await (system.link(ADA, EMIS_DETAILS) if call == "link" else system.check(TOKEN, PRACTICE))


async def test_words_in_the_model_state_count() -> None:
    """§2.3: the bad-request envelope names the field beside a general message."""
    body = {"Message": "The request is invalid.", "ModelState": {"x": ["AccountId length outside of valid range"], "y": 1}}
    answer = await EmisWeb(Line(BEGUN, said(400, body)).client(), "app").link(ADA, EMIS_DETAILS)

    assert Rejected(Reason.MALFORMED) == answer


async def test_an_answer_carries_a_code_for_the_log() -> None:
    """The supplier's code, never its words, which may quote what we sent."""
    body = {"Message": "Invalid linkage details kT4m9XqZ2bLp", "InternalResponseCode": -1105}
    answer = await EmisWeb(Line(BEGUN, said(400, body)).client(), "app").link(ADA, EMIS_DETAILS)

    assert isinstance(answer, Rejected)
    assert "emis-link-400-1105" == answer.code


@pytest.mark.parametrize("status", [408, 429, 501, 502, 503, 504])
async def test_a_gateways_words_reject_no_secret(status: int) -> None:
    """N12, N13: what is not EMIS's own 4xx or 500 says nothing about a key, whatever it says."""
    for words in (WRONG_KEY, "The request is invalid", NO_USER):
        answer = await EmisWeb(Line(BEGUN, said(status, {"Message": words})).client(), "app").link(ADA, EMIS_DETAILS)
        assert isinstance(answer, Unreachable)


TABLES = {
    "LINK": refusals.LINK,
    "RETRIEVE": refusals.RETRIEVE,
    "CREATE": refusals.CREATE,
    "BEGIN": refusals.BEGIN,
    "SESSION": refusals.SESSION,
    "DEMOGRAPHICS": refusals.DEMOGRAPHICS,
}


@pytest.mark.parametrize("name", TABLES)
def test_every_line_of_a_table_can_win(name: str) -> None:
    """No line is hidden by another: said exactly, each gives its own answer."""
    rows = TABLES[name]
    for row in rows:
        exactly = Said(row.status or 500, row.code, row.words)
        assert row.answer == judge(rows, exactly, "x"), row


@given(
    st.integers(100, 599),
    st.none() | st.integers(-2000, 0),
    st.text(max_size=20) | st.sampled_from([WRONG_KEY, RESTRICTED, PFS_OFF]),
)
def test_judging_is_the_best_fitting_line(status: int, code: int | None, words: str) -> None:
    """§2.3: code and words, then code, then words, then status; a judgement never comes from a line that does not fit."""
    saying = Said(status, code, words)
    for rows in TABLES.values():
        fitting = [row for row in rows if row.fits(saying)]
        answer = judge(rows, saying, "x")
        assert (answer is None) is (not fitting)
        if fitting:
            best = min(row.rank for row in fitting)
            assert answer == next(row for row in fitting if row.rank == best).answer


@pytest.mark.parametrize(
    ("row", "rank"),
    [
        (Row(400, -1, "words", NoAccount()), 0),
        (Row(400, -1, "", NoAccount()), 1),
        (Row(None, None, "words", NoAccount()), 2),
        (Row(400, None, "words", NoAccount()), 2),
        (Row(400, None, "", NoAccount()), 3),
    ],
)
def test_lines_rank_by_how_much_they_name(row: Row[NoAccount], rank: int) -> None:
    """§2.3's precedence."""
    assert rank == row.rank


def test_words_count_on_plain_refusals_only() -> None:
    """400 to 500, and neither 408, 425 nor 429."""
    assert {400, 403, 404, 409, 500} <= WORDS_COUNT_ON
    assert WORDS_COUNT_ON.isdisjoint({200, 399, 408, 425, 429, 501, 502, 503})
