"""The page on changing keys is true: its commands run, one after the other."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from gpic.cli.app import app
from gpic.jose.keys import SigningKey

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "change-keys.md"
RIVERSIDE: Final = (
    "admin clients add riverside --name Riverside --redirect-uri https://riverside.example/callback"
    " --scope openid --key old.pem"
)


def test_the_commands_of_the_page_run(tmp_path: Path) -> None:
    """In their order, with the names that the commands before them printed."""
    old, new = SigningKey.generate(), SigningKey.generate()
    settings = {
        "GPIC_PROVIDER__ISSUER": "https://auth.example",
        "GPIC_STORAGE__DATABASE": str(tmp_path / "gpic.sqlite"),
        "GPIC_STORAGE__SEALING_KEYS": str(tmp_path / "gpic.keys"),
    }

    def run(line: str) -> str:
        words = [str(tmp_path / word) if word.endswith(".pem") else word for word in shlex.split(line)]
        ended = CliRunner().invoke(app, words, env=settings, catch_exceptions=False)
        assert 0 == ended.exit_code, f"{line}: {ended.output}"
        return ended.stdout

    for name, key in (("old.pem", old), ("riverside-2026.pem", new)):
        (tmp_path / name).write_text(key.public_pem, encoding="ascii")
    run(RIVERSIDE)
    run("admin keys prepare")
    run("admin keys promote --at-once")
    lines = re.findall(r"^\$ gpic (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    for line in lines:
        listed = json.loads(run("admin keys list --json"))
        retired = [key["kid"] for key in listed if key["stage"] == "retired"]
        kid = old.kid if "riverside" in line else next(iter(retired), "")
        run(line.replace("KID", kid))

    assert 13 == len(lines)
    # The first `rotate` prepared a key, the one at once promoted it and prepared another.
    assert ["current", "next"] == [key["stage"] for key in json.loads(run("admin keys list --json"))]
    assert [new.public_pem] == json.loads(run("admin clients show riverside --json"))["keys"]
