"""`gpic examine`: whether somebody's running service obeys the rules."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx2
from rich.console import Console

from gpic.cli.exits import Exit
from gpic.examiner import reports
from gpic.examiner.checks import Check, Finding, failures
from gpic.examiner.examination import CheckUnknown, chosen, examined, measured
from gpic.examiner.looks import Looks, LooksInvalid, looks_of
from gpic.examiner.reports import Report
from gpic.examiner.verdicts import Verdict
from gpic.sandbox.browser import browser
from gpic.sandbox.guests import Guest, GuestInvalid, described_in
from gpic.sandbox.rehearsal import Opening, Rehearsals
from gpic.sandbox.script import Script
from gpic.sandbox.servers import CannotListen, PortTaken

#: Seconds in which a service may come up once it is told where everything is.
PATIENCE: Final = 120
MARKS: Final = {Verdict.PASSED: "[green]passed  [/green]", Verdict.FAILED: "[red]failed  [/red]", Verdict.NOT_SEEN: "not seen"}
INDENTED: Final = " " * 32
REPORTS: Final[dict[str, Callable[[Report], str]]] = {
    ".html": reports.as_html,
    ".xml": reports.as_junit,
    ".json": reports.as_json,
}


class BrowserMissing(Exception):
    """What `--browser` needs is not there; the message says what to install."""


class NobodyAnswers(Exception):
    """The service did not come up."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    start: str
    client: Path
    looks: Path | None
    rules: tuple[str, ...]
    report: tuple[Path, ...]
    port: int
    json: bool
    browser: bool = False


def run(wanted: Wanted) -> int:
    """0 where nothing failed, 1 where something did, 2 where nothing could begin."""
    console = Console(highlight=False, stderr=wanted.json)
    logging.getLogger("gpic").addHandler(logging.NullHandler())  # what goes wrong here goes wrong on purpose
    try:
        looks, checks = looks_of(wanted.start, wanted.looks), chosen(wanted.rules)
        guest = described_in(wanted.client)
        must_be_reports(wanted.report)
        # Another seed each time: a service that kept something of an earlier examination meets nobody of it again.
        script = Script(services=(guest,), seed=secrets.randbelow(2**31), scripted_sign_in=True, control=True)
        server = Rehearsals(script, wanted.port)
    except (LooksInvalid, CheckUnknown, GuestInvalid, PortTaken, CannotListen) as mistake:
        Console(stderr=True).print(f"gpic examine: {mistake}", highlight=False, soft_wrap=True)
        return Exit.CANNOT_BEGIN
    try:
        report = examination(server, guest, looks, checks, wanted, console)
    except (NobodyAnswers, BrowserMissing) as mistake:
        Console(stderr=True).print(f"gpic examine: {mistake}", highlight=False, soft_wrap=True)
        return Exit.CANNOT_BEGIN
    finally:
        server.close()
    return conclude(wanted, report, console)


def examination(
    server: Rehearsals, guest: Guest, looks: Looks, checks: Sequence[Check], wanted: Wanted, console: Console
) -> Report:
    """Every check, told as it ends. Raises NobodyAnswers, BrowserMissing."""
    service = guest.table.name or guest.table.client_id
    opening = opened_chromium(server) if wanted.browser else browser
    wait_for(guest, looks, console)
    findings = []
    for finding in examined(server, service, looks, checks, opening=opening):
        tell(finding, console)
        findings.append(finding)
    return Report(service, findings, measured(server, service, looks, opening=opening))


def opened_chromium(server: Rehearsals) -> Opening:
    """Chromium, until the sandbox ends. Raises BrowserMissing."""
    try:
        from gpic.examiner.chromium import NoChromium, chromium  # whoever needs no browser needs no Playwright
    except ModuleNotFoundError:
        raise BrowserMissing("--browser needs Playwright: pip install playwright.") from None
    try:
        return server.keep(chromium())
    except NoChromium as missing:
        raise BrowserMissing(str(missing)) from None


def must_be_reports(paths: Sequence[Path]) -> None:
    """Raises LooksInvalid where nobody can tell by its name what a report is to be."""
    if strange := [path for path in paths if path.suffix not in REPORTS]:
        raise LooksInvalid(f"{strange[0]} is no kind of report; they end in {', '.join(REPORTS)}.")


def wait_for(guest: Guest, looks: Looks, console: Console) -> None:
    """The service must know where everything is before it can be asked; raises NobodyAnswers."""
    told = f"Lay {guest.told_in} over {guest.path}, and start your service: it says where everything is."
    console.print(f"\n{told}", soft_wrap=True)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            # Not the start itself: there a service may already read what NHS login says of itself.
            httpx2.get(urljoin(looks.start, "/favicon.ico"), trust_env=False, timeout=5)
        except httpx2.TransportError:
            time.sleep(0.25)
        else:
            console.print(f"{looks.start} answers.\n", soft_wrap=True)
            return
    raise NobodyAnswers(f"Nobody answers at {looks.start} within {PATIENCE} seconds.")


def tell(finding: Finding, console: Console) -> None:
    """One line, and what to do about it where it failed."""
    console.print(f"  {MARKS[finding.verdict]}  {finding.check.id:<19} {finding.check.title}", soft_wrap=True)
    if finding.verdict is Verdict.NOT_SEEN:
        console.print(f"{INDENTED}{finding.saw}", soft_wrap=True)
    if finding.note:
        console.print(f"{INDENTED}{finding.note}", soft_wrap=True)
    if finding.verdict is Verdict.FAILED:
        check = finding.check
        told = {"expected": finding.expected, "saw": finding.saw, "source": check.clause, "mend": check.mend}
        for name, text in told.items():
            console.print(f"      {name:<9} {text}", soft_wrap=True, markup=False)
        console.print(f"\n{finding.diagram}\n", soft_wrap=True, markup=False)


def conclude(wanted: Wanted, report: Report, console: Console) -> int:
    """Write what is asked for; the exit code."""
    for one in report.efforts:
        told = f"{one.redirects} redirects, {one.nhs_login} calls to NHS login, {one.surgery} to the GP system"
        console.print(f"\n  {one.what}: {told}", soft_wrap=True, end="")
    console.print("\n")
    for path in wanted.report:
        path.write_text(REPORTS[path.suffix](report), encoding="utf-8")
        console.print(f"  written: {path}", soft_wrap=True)
    if wanted.json:
        Console(highlight=False).print(reports.as_json(report), soft_wrap=True, markup=False)
    failed, told = failures(report.findings), ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items())
    console.print(f"\n  {told}.")
    return Exit.REFUSED if failed else Exit.DONE
