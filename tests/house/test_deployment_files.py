"""The files of deploy/ are good by the linters of their kinds, and hold what the code knows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from gpic.jose.keys import SigningKey
from gpic.wiring.process_file import read
from tests import wheel

ROOT: Final = Path(__file__).resolve().parents[2]
DEPLOY: Final = ROOT / "deploy"
UNITS: Final = sorted((DEPLOY / "systemd").iterdir())
GPIC: Final = "/opt/gpic/bin/gpic"
#: What keeps a process that is broken into from the rest of the machine; each long-running unit has all of it.
GUARDS: Final = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "RestrictNamespaces": "yes",
    "SystemCallFilter": "@system-service",
    "UMask": "0077",
}


def tool(name: str) -> str:
    """Where a linter lies; skips where it is not installed, and fails so with CI=true."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/sbin:{os.environ.get('PATH', '')}")
    if found is None and os.environ.get("CI") == "true" and name != "systemd-analyze":
        pytest.fail(f"{name} is not installed")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def told(*words: str | Path) -> str:
    """What a linter says; "" where it ends with 0 and says nothing."""
    done = subprocess.run([str(word) for word in words], check=False, capture_output=True, text=True, timeout=60)  # noqa: S603 - our own words
    return "" if done.returncode == 0 else done.stdout + done.stderr or str(done.returncode)


def unit(path: Path) -> dict[str, dict[str, str]]:
    """A unit's sections; values of a name that is repeated stand on lines."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if (head := re.fullmatch(r"\[(\w+)\]", line)) is not None:
            section = sections.setdefault(head[1], {})
        elif line and not line.startswith("#"):
            name, value = line.split("=", maxsplit=1)
            section[name] = f"{section[name]}\n{value}" if name in section else value
    return sections


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_finds_no_fault_with_a_unit(path: Path, tmp_path: Path) -> None:
    """By `systemd-analyze verify`, with our command where it lies here."""
    analyze = tool("systemd-analyze")
    for one in UNITS:
        text = one.read_text(encoding="utf-8").replace(GPIC, str(Path(sys.executable).with_name("gpic")))
        (tmp_path / one.name).write_text(text, encoding="utf-8")
    words = [analyze, "verify", str(tmp_path / path.name)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)  # noqa: S603 - as above
    of_ours = [line for line in done.stderr.splitlines() if "gpic" in line]

    assert (0, []) == (done.returncode, of_ours)


@pytest.mark.parametrize("name", ["gpic-provider.service", "gpic-worker.service"])
def test_a_long_running_unit_is_guarded(name: str) -> None:
    """It cannot write, cannot gain rights, and is started again when it fails, however often."""
    sections = unit(DEPLOY / "systemd" / name)

    assert GUARDS.items() <= sections["Service"].items()
    assert ("on-failure", "0") == (sections["Service"]["Restart"], sections["Unit"]["StartLimitIntervalSec"])


def test_the_example_of_settings_is_good(tmp_path: Path) -> None:
    """Every table and every name is known; the stop of the unit waits longer than the settings do."""
    (tmp_path / "provider.toml").write_text((DEPLOY / "provider.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "pds.pem").write_text(SigningKey.generate().private_pem, encoding="ascii")
    file = read(tmp_path / "provider.toml", {})
    waits = unit(DEPLOY / "systemd" / "gpic-provider.service")["Service"]["TimeoutStopSec"]

    assert file.settings.provider.require_im1
    assert (file.listen.leave_after + file.listen.patience).total_seconds() < float(waits)
    assert "target_session_attrs=read-write" in file.settings.storage.database


def test_hadolint_finds_no_fault_with_the_containerfile() -> None:
    """At its strictest."""
    assert "" == told(tool("hadolint"), "--failure-threshold", "style", DEPLOY / "Containerfile")


def test_the_image_has_what_the_wheel_wants() -> None:
    """requirements/run.lock names everything that gpic[server,postgres,aws] needs, at the versions of the tests."""
    lines = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)
    folder = ROOT / "requirements"
    run, dev = (dict(lines.findall((folder / name).read_text(encoding="utf-8"))) for name in ("run.lock", "dev.lock"))
    wanted = wheel.asked_for("gpic", frozenset({"server", "postgres", "aws"})) - {"gpic"}

    assert set() == wanted - run.keys()
    assert run.items() <= dev.items()


def test_the_image_is_built_of_the_release_and_the_lock_alone() -> None:
    """The context holds nothing else, and the files of the image are where units and settings look for them."""
    ignored = (DEPLOY / "Containerfile.containerignore").read_text(encoding="utf-8").split()
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(\S+)", text, re.MULTILINE)

    assert ["*", *(f"!{one}" for one in sorted(copied))] == ["*", *sorted(ignored[1:])]
    assert GPIC in text
    assert tomllib.loads((DEPLOY / "provider.toml").read_text(encoding="utf-8"))["listen"]["port"] == int(
        re.findall(r"127\.0\.0\.1:(\d+)/health/live", text)[0]
    )


@pytest.mark.long
def test_haproxy_finds_no_fault_with_its_file(tmp_path: Path) -> None:
    """By `haproxy -c`, without the certificate and with names that resolve."""
    text = re.sub(r"bind :443 .*", "bind 127.0.0.1:8443", (DEPLOY / "haproxy.cfg").read_text(encoding="utf-8"))
    (tmp_path / "haproxy.cfg").write_text(re.sub(r"provider\d\.internal", "127.0.0.1", text), encoding="utf-8")

    assert "" == told(tool("haproxy"), "-c", "-f", tmp_path / "haproxy.cfg")
