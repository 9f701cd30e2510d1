"""The examiner: a right service passes every check, and each wrong one fails its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from lxml import etree
from starlette.types import ASGIApp, Receive, Scope, Send

from gpic.examiner import reports
from gpic.examiner.checks import Check, Finding, failures
from gpic.examiner.effort import Effort
from gpic.examiner.examination import CHECKS, RULE_NAMES, CheckUnknown, chosen, examined, measured
from gpic.examiner.looks import Looks, LooksInvalid, looks_of
from gpic.examiner.reports import Report
from gpic.examiner.verdicts import Failed, Verdict
from gpic.relying_party.discovery import KnownProvider
from gpic.sandbox.guests import described_in
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.rehearsal import Rehearsals
from gpic.sandbox.script import Script
from gpic.storage.partner.memory import memory_cabinets
from gpic.wiring.partner_file import ReadyPartner, partner_from
from tests.free_ports import free_port
from tests.journeys.examined_service import Wrong, service_of
from tests.journeys.wrong_by_rules import ends_unused_sessions_soon, forgets_when_it_was_used
from tests.journeys.wrong_services import WRONG

ROOT: Final = Path(__file__).resolve().parents[2]
#: What does not show of the right service: R15 of nobody, and refresh tokens of a service that uses none.
UNSEEN: Final = {"R15", "attack 37"}
#: Shorter than in earnest, so that the tests of rotated keys need not wait for a minute.
REFETCH_PAUSE: Final = timedelta(seconds=4)
PATIENCE: Final = 20.0
#: With this set, each wrong service is put to every check; otherwise to those that look at nearly the same, and to a few.
WHOLE: Final = "GPIC_WHOLE_EXAMINATION"
BYSTANDERS: Final = {"R1", "R3", "R8", "consent", "attack 31 unknown", "attack 32 nonce", "attack 34 vot", "attack 38 markup"}
SLOW: Final = {"R4", "R6", "R7", "R9", "R12", "R14", "R16", "attack 35 rotated", "attack 35 unknown", "attack 38 errors"}

#: These fail at a page of the service's own, before it or the person has spoken with anybody: there is nothing to draw.
NOTHING_SAID: Final = {"attack 38 markup", "open redirect"}


class Stall:
    """The place where one service after another is served."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whoever stands there."""
        assert self.app is not None
        await self.app(scope, receive, send)


class Bench:
    """One sandbox, and one place in which services are examined, each with a memory of its own."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        path = folder / "my-service.toml"
        path.write_text(
            f'[partner]\nclient_id = "my-service"\nname = "My service"\n'
            f'redirect_uri = "http://localhost:{port}/callback"\nkey_file = "my-service.pem"\n',
            encoding="utf-8",
        )
        self.guest = described_in(path)
        self.server = Rehearsals(Script(services=(self.guest,), keys=SandboxKeys(), scripted_sign_in=True, control=True))
        self.stall = Stall()
        address = self.server.serve(self.stall, port)
        self.looks = Looks(f"{address}/", inside=f"{address}/", sign_out="sign-out", hand_over=f"{address}/login")

    def examine(
        self, wrong: Wrong = lambda _building: None, checks: Sequence[Check] = CHECKS, looks: Looks | None = None
    ) -> list[Finding]:
        """What an examination finds of this service."""
        ready = self.opened()
        self.stall.app = service_of(ready, wrong)
        try:
            return list(examined(self.server, "My service", looks or self.looks, checks, patience=PATIENCE))
        finally:
            self.server.run(ready.close())

    def opened(self) -> ReadyPartner:
        """The kit, new and without memory."""
        ready = partner_from(self.guest.path, self.guest.told_in, cabinets=memory_cabinets())
        login = ready.party._login
        provider = KnownProvider(replace(login.settings, refetch_pause=REFETCH_PAUSE), login.client, login.clock)
        ready.party._login = replace(login, provider=provider)
        return ready


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """For all tests of this module."""
    made = Bench(tmp_path_factory.mktemp("bench"))
    yield made
    made.server.close()


@pytest.mark.long
def test_a_right_service_passes_every_check(bench: Bench) -> None:
    """R1 to R14, R16, NHS login's scenarios and attacks 31 to 40 are seen; a login's way and calls are counted."""
    findings = bench.examine()

    assert [check.id for check in CHECKS] == [one.check.id for one in findings]
    unlike = [(one.check.id, one.verdict, one.expected, one.saw) for one in findings if one.verdict is not Verdict.PASSED]
    assert UNSEEN == {name for name, *_ in unlike}, unlike
    assert all(one.verdict is Verdict.NOT_SEEN and one.saw for one in findings if one.check.id in UNSEEN)
    rules = {one.rule: one.verdict for one in Report("My service", findings).rules}
    assert set(RULE_NAMES) == set(rules)
    assert {Verdict.PASSED} == {verdict for rule, verdict in rules.items() if rule != "R15"}


def related(name: str) -> list[Check]:
    """The check that a wrong service fails, those that look at nearly the same, and one of each other kind."""
    if os.environ.get(WHOLE):
        return list(CHECKS)
    family = " ".join(name.split()[:2]) if name.startswith("attack") else "R"
    wanted = {check.id for check in CHECKS if check.id.startswith(family)} | BYSTANDERS
    return [check for check in CHECKS if check.id == name or check.id in wanted - SLOW]


@pytest.mark.long
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_service_fails_its_own_check_and_no_other(name: str, bench: Bench) -> None:
    """What is found is what is wrong: expected, seen, the clause, what to do, and the run as a diagram."""
    findings = bench.examine(WRONG[name], related(name))

    failed = [one for one in findings if one.verdict is Verdict.FAILED]
    assert [name] == [one.check.id for one in failed], [(one.check.id, one.expected, one.saw) for one in failed]
    assert failed[0].expected
    assert failed[0].saw
    assert failed[0].check.clause
    assert failed[0].check.mend
    assert bool(failed[0].diagram) is (name not in NOTHING_SAID)
    assert failed[0].picture.startswith("<svg")


def test_every_rule_that_is_seen_and_every_attack_has_its_wrong_service() -> None:
    """All but two: what R15 would be does not show, and the uplift is NHS login's own work."""
    assert {"R15", "uplift P0", "uplift P5"} == {check.id for check in CHECKS} - set(WRONG)
    assert set(WRONG) <= {check.id for check in CHECKS}
    assert len({check.id for check in CHECKS}) == len(CHECKS)


def test_an_idle_limit_is_waited_for_where_it_is_short(bench: Bench) -> None:
    """R16: who starts the service with a short limit sees both halves; else the report says what was not looked at."""
    looks = replace_looks(bench.looks, idle=1.0)

    [right] = bench.examine(ends_unused_sessions_soon, chosen(["R16"]), looks)
    [wrong] = bench.examine(forgets_when_it_was_used, chosen(["R16"]), looks)

    assert (Verdict.PASSED, "") == (right.verdict, right.note)
    assert (Verdict.FAILED, True) == (wrong.verdict, "1 seconds after the last use" in wrong.expected)


def replace_looks(looks: Looks, **more: float) -> Looks:
    """With these differences."""
    return Looks(**{name: getattr(looks, name) for name in looks.__struct_fields__} | more)


def test_what_a_login_takes_is_counted(bench: Bench) -> None:
    """Redirects of the browser and calls of the service, of a first login and of the next."""
    ready = bench.opened()
    bench.stall.app = service_of(ready)
    try:
        first, second = measured(bench.server, "My service", bench.looks)
    finally:
        bench.server.run(ready.close())

    assert ("first login", "second login") == (first.what, second.what)
    assert (3, 3) == (first.redirects, second.redirects)  # to NHS login, to the callback, home
    assert 1 == first.kinds["POST me/applications"]
    assert "POST me/applications" not in second.kinds
    assert first.surgery == sum(first.kinds.values()) > second.surgery > 0
    assert first.nhs_login >= second.nhs_login >= 2


def test_one_rule_or_check_can_be_asked_for(bench: Bench) -> None:
    """`--rule R3`, in whatever case; R13 is several; a name that there is not is told with those that there are."""
    [finding] = bench.examine(checks=chosen(["r3"]))

    assert ("R3", Verdict.PASSED) == (finding.check.id, finding.verdict)
    assert len(chosen(["R13"])) > 12
    assert {"R13"} == {check.upholds for check in chosen(["R13"])}
    assert ["attack 36 issuer", "attack 36 endpoints", "R1"] == [check.id for check in chosen(["R1", "attack 36"])]
    assert list(CHECKS) == list(chosen([]))
    with pytest.raises(CheckUnknown, match=r"no check R99; there are R1, R2"):
        chosen(["R99"])


@pytest.fixture
def findings() -> list[Finding]:
    """One of each verdict."""

    def run(_case: object) -> None:
        raise Failed("a", "b")

    check = Check("R3", "Registers <once>", "a clause", "Keep it.", run)
    return [
        Finding(check, Verdict.PASSED, redirects=2, calls=3),
        Finding(check, Verdict.FAILED, "no <b>", "one & two", "a diagram", "<svg>a picture</svg>"),
        Finding(check, Verdict.NOT_SEEN, saw="nothing was shown"),
    ]


def test_reports_say_the_same_in_three_ways(findings: list[Finding]) -> None:
    """JSON for programs, JUnit for whatever shows tests, one HTML file for people; nothing becomes markup."""
    report = Report("My <service>", findings, [Effort("first login", 3, 4, 5, {"POST sessions": 5})])
    told = json.loads(reports.as_json(report))
    suite = etree.fromstring(reports.as_junit(report).encode())
    page = reports.as_html(report)

    assert [("R3", "failed")] == [(one["rule"], one["verdict"]) for one in told["rules"]]
    assert {"first login: redirects": "3", "first login: nhs_login": "4", "first login: surgery": "5"} == {
        one.get("name"): one.get("value") for one in suite.findall("properties/property")
    }
    assert "POST sessions: 5" in page
    assert [("first login", 3, 4, 5)] == [
        tuple(one[name] for name in ("what", "redirects", "nhs_login", "surgery")) for one in told["logins"]
    ]
    assert ["passed", "failed", "not seen"] == [one["verdict"] for one in told["findings"]]
    assert ("3", "1", "1") == (suite.get("tests"), suite.get("failures"), suite.get("skipped"))
    assert "expected no <b>; saw one & two" == suite.findall("testcase/failure")[0].get("message")
    assert "1 passed, 1 failed, 1 not seen" in page
    assert "My &lt;service&gt;" in page
    assert "no &lt;b&gt;" in page
    assert "<svg>a picture</svg>" in page
    assert "http" not in page.replace("http-equiv", "")
    assert 1 == failures(findings)


def test_a_small_file_says_how_a_service_looks(tmp_path: Path) -> None:
    """The command line's address beats the file's; what is foreign is refused."""
    path = tmp_path / "looks.toml"
    path.write_text('start = "http://localhost:1/"\nbutton = ""\nconnected = "Welcome back"\n', encoding="utf-8")
    assert Looks("http://localhost:2/", "", "Welcome back", "http://localhost:2/") == looks_of("http://localhost:2/", path)
    assert Looks("http://localhost:3/", inside="http://localhost:3/") == looks_of("http://localhost:3/", None)

    path.write_text("colour = 1\n", encoding="utf-8")
    with pytest.raises(LooksInvalid, match="does not say how the service looks"):
        looks_of("", path)


@pytest.mark.long
def test_the_page_about_evidence_runs(tmp_path: Path) -> None:
    """Its files and its command as somebody would copy them, with a service in a process of its own."""
    port, page = str(free_port()), (ROOT / "docs" / "how-to" / "evidence-for-onboarding.md").read_text(encoding="utf-8")
    for title, text in re.findall(r'^```toml title="([^"]+)"\n(.*?)^```$', page, re.MULTILINE | re.DOTALL):
        (tmp_path / title).write_text(text.replace("8000", port), encoding="utf-8")
    shutil.copy(ROOT / "examples" / "fastapi-partner" / "service.py", tmp_path)
    [command] = re.findall(r"^gpic (examine .+)$", page, re.MULTILINE)
    gpic = Path(sys.executable).with_name("gpic")
    words = [str(gpic), *command.replace("8000", port).split(), "--port", "0", "--json"]
    examining = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own
    try:
        wait_until((tmp_path / "my-service.sandbox.toml").exists)
        serving = [sys.executable, "-m", "uvicorn", "service:app", "--port", port, "--log-level", "warning"]
        with subprocess.Popen(serving, cwd=tmp_path) as service:  # noqa: S603 - our own example
            told, said = examining.communicate(timeout=240)
            service.terminate()
    finally:
        examining.kill()
        examining.wait()

    assert 0 == examining.returncode, said
    report = json.loads(told)
    assert UNSEEN == {one["id"] for one in report["findings"] if one["verdict"] != "passed"}
    assert {"R15"} == {one["rule"] for one in report["rules"] if one["verdict"] != "passed"}
    assert f"{len(CHECKS) - len(UNSEEN)} passed, 0 failed, {len(UNSEEN)} not seen" in said
    assert "first login: 3 redirects" in said
    assert "<h1>My service: examination</h1>" in (tmp_path / "evidence.html").read_text(encoding="utf-8")


def test_the_page_about_evidence_names_every_check() -> None:
    """In its tables, with what happens; and nothing that there is not."""
    page = (ROOT / "docs" / "how-to" / "evidence-for-onboarding.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|$", page, re.MULTILINE)
    named = {name.strip() for row in rows for name in row.split(",")} - {"check", "---"}

    assert {check.id for check in CHECKS} == named


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--rule", "R99"], "There is no check R99"),
        (["--report", "evidence.pdf"], "is no kind of report"),
        (["--looks", "missing.toml"], "does not say how the service looks"),
    ],
)
def test_what_cannot_begin_is_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    """Exit code 2, and nothing is started."""
    (tmp_path / "my-service.toml").write_text(
        '[partner]\nclient_id = "a"\nredirect_uri = "http://localhost:1/callback"\n', encoding="utf-8"
    )
    gpic = Path(sys.executable).with_name("gpic")
    command = [str(gpic), "examine", "http://localhost:1/", "--client", "my-service.toml", "--port", "0", *words]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)  # noqa: S603 - our own

    assert 2 == done.returncode
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def wait_until(holds: Callable[[], bool]) -> None:
    """For a while; the test fails by what comes next."""
    for _ in range(200):
        if holds():
            return
        time.sleep(0.1)
