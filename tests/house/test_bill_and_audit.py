"""The bill of materials tells all that is deployed, the audit passes over nothing in silence, no lint of security is off."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from pathlib import Path

import pytest

from scripts.audit import ACCEPTED, LOCKS, AcceptedInvalid, accepted, commands
from scripts.sbom import bill, from_the_locks, mistakes

ROOT = Path(__file__).resolve().parents[2]
TODAY = dt.date(2026, 12, 1)


def test_the_bill_tells_every_package_that_is_deployed() -> None:
    """With its version and its files' hashes; of npm what the wheel carries and nothing that only tests use."""
    lock = (ROOT / "requirements" / "run.lock").read_text(encoding="utf-8")
    wanted = {f"pkg:pypi/{name}@{version}" for name, version in re.findall(r"(?m)^([a-z0-9][\w.-]*)==([^\s;\\]+)", lock)}
    document = json.loads(json.dumps(from_the_locks()))
    told = {one["purl"]: one for one in document["components"]}

    assert len(wanted) > 40
    assert wanted == {purl for purl in told if purl.startswith("pkg:pypi/")}
    assert all(one.get("properties") or one.get("hashes") for one in told.values())
    assert ["nhsuk-frontend"] == [one["name"] for purl, one in told.items() if purl.startswith("pkg:npm/")]
    assert lock.count("--hash=sha256:") == sum(len(one.get("properties", ())) for one in told.values())


def test_the_bill_follows_its_schema_and_is_the_same_each_time() -> None:
    """CycloneDX 1.6; and who needs whom is told."""
    document = json.loads(json.dumps(from_the_locks()))
    needs = {one["ref"]: one["dependsOn"] for one in document["dependencies"]}

    assert [] == mistakes(document)
    assert document == json.loads(json.dumps(from_the_locks()))
    assert any(ref.startswith("pkg:pypi/cryptography@") for ref in needs["gpic"])
    assert len(needs["gpic"]) > 10


def test_a_bill_that_is_none_is_found() -> None:
    """Or the test above would show nothing."""
    document = bill("", '{"packages": {}}', "1")

    assert [] == mistakes(document)
    assert mistakes(document | {"components": [{"type": "nothing"}]})


def test_every_lock_is_audited_and_what_cannot_be_asked_about_fails() -> None:
    """Python's three, strictly; npm's."""
    told = [" ".join(command) for command in commands([])]

    assert set(LOCKS) == {path.name for path in (ROOT / "requirements").glob("*.lock")}
    assert all(any(f"requirements/{lock}" in line and "--strict" in line for line in told) for lock in LOCKS)
    assert any(line.startswith("npm audit") for line in told)


def test_a_weakness_is_accepted_for_a_reason_and_until_a_day() -> None:
    """Afterwards the audit fails until somebody has looked again."""
    (one,) = accepted({"GHSA-1": {"why": "we never call that", "until": TODAY}}, TODAY)

    assert ["--ignore-vuln", "GHSA-1"] == commands([one])[0][-4:-2]
    for wrong in (
        {"why": "", "until": TODAY},
        {"why": "x"},
        {"until": TODAY},
        "x",
        {"why": "x", "until": dt.date(2026, 11, 30)},
    ):
        with pytest.raises(AcceptedInvalid):
            accepted({"GHSA-1": wrong}, TODAY)
    assert accepted(tomllib.loads(ACCEPTED.read_text(encoding="utf-8")), dt.date(2000, 1, 1)) is not None


def test_no_rule_of_security_is_off_for_a_folder_of_ours() -> None:
    """Ruff's S rules hold in src, scripts and benchmarks; each exception stands in its line, with its reason."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    off = {place: [rule for rule in rules if re.fullmatch(r"S\d*", rule)] for place, rules in lint["per-file-ignores"].items()}
    sources = [path for folder in ("src", "scripts", "benchmarks", "examples") for path in (ROOT / folder).rglob("*.py")]
    lines = [(path.name, line) for path in sources for line in path.read_text(encoding="utf-8").splitlines()]

    assert "ALL" in lint["select"]
    assert [] == [rule for rule in lint["ignore"] if re.fullmatch(r"S\d*", rule)]
    assert {"tests/**": ["S101", "S105", "S106"]} == {place: rules for place, rules in off.items() if rules}
    assert [] == [
        (name, line)
        for name, line in lines
        if re.search(r"#\s*(noqa\s*$|noqa: S\d+(, [A-Z]+\d+)*\s*$|ruff: noqa$|nosec)", line)
    ]
