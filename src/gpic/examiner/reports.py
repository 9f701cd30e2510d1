"""The report as JSON, as JUnit XML, and as one HTML file that can be printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import msgspec

from gpic.examiner.checks import Finding, failures
from gpic.examiner.effort import Effort
from gpic.examiner.examination import RULE_NAMES
from gpic.examiner.verdicts import Verdict
from gpic.web.environment import environment

TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class OfRule:
    """What all checks of one rule come to together."""

    rule: str
    verdict: Verdict
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that an examination found."""

    service: str
    findings: Sequence[Finding]
    efforts: Sequence[Effort] = ()

    @property
    def rules(self) -> tuple[OfRule, ...]:
        """R1 to R16, those that were looked at."""
        found = ((rule, [one for one in self.findings if rule in {one.check.id, one.check.upholds}]) for rule in RULE_NAMES)
        return tuple(OfRule(rule, worst(those), tuple(one.check.id for one in those)) for rule, those in found if those)

    @property
    def counts(self) -> dict[str, int]:
        """How many checks came to each verdict."""
        return {verdict.value: sum(one.verdict is verdict for one in self.findings) for verdict in Verdict}


def worst(findings: Sequence[Finding]) -> Verdict:
    """Failed where one failed; passed where one was seen to pass."""
    verdicts = {one.verdict for one in findings}
    return next(one for one in (Verdict.FAILED, Verdict.PASSED, Verdict.NOT_SEEN) if one in verdicts)


def as_json(report: Report) -> str:
    """For programs."""
    told = [
        {
            "id": one.check.id,
            "upholds": one.check.upholds,
            "title": one.check.title,
            "clause": one.check.clause,
            "verdict": one.verdict.value,
            "expected": one.expected,
            "saw": one.saw,
            "note": one.note,
            "mend": one.check.mend if one.verdict is Verdict.FAILED else "",
            "redirects": one.redirects,
            "calls": one.calls,
            "seconds": round(one.seconds, 2),
            "diagram": one.diagram,
        }
        for one in report.findings
    ]
    rules = [{"rule": one.rule, "verdict": one.verdict.value, "checks": one.checks} for one in report.rules]
    efforts = [msgspec.to_builtins(one) for one in report.efforts]
    whole = {"service": report.service, "counts": report.counts, "rules": rules, "logins": efforts, "findings": told}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()


def as_junit(report: Report) -> str:
    """For whatever shows test results."""
    counts = {"failures": failures(report.findings), "skipped": report.counts[Verdict.NOT_SEEN.value], "errors": 0}
    told = {name: str(count) for name, count in ({"tests": len(report.findings)} | counts).items()}
    suite = ET.Element("testsuite", {"name": report.service} | told)
    properties = ET.SubElement(suite, "properties")
    for effort in report.efforts:
        for name in ("redirects", "nhs_login", "surgery"):
            ET.SubElement(properties, "property", name=f"{effort.what}: {name}", value=str(getattr(effort, name)))
    for one in report.findings:
        case = ET.SubElement(
            suite, "testcase", classname="gpic", name=f"{one.check.id} {one.check.title}", time=f"{one.seconds:.2f}"
        )
        if one.verdict is Verdict.FAILED:
            failure = ET.SubElement(case, "failure", message=f"expected {one.expected}; saw {one.saw}")
            failure.text = f"{one.check.clause}\n{one.check.mend}\n\n{one.diagram}"
        elif one.verdict is Verdict.NOT_SEEN:
            ET.SubElement(case, "skipped", message=one.saw)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def as_html(report: Report) -> str:
    """For people: one file, without scripts, that fetches nothing."""
    return environment(TEMPLATES).get_template("report.jinja").render(report=report)
