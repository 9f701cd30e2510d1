"""`gpic admin person … --kit`: what a partner keeps of somebody; and `gpic admin sealing create`."""

from __future__ import annotations

import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party.records import Registered
from gpic.storage.key_sources import KeyFile
from gpic.wiring.partner_file import cabinets_of, read
from tests.unit.cli.conftest import Operator

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY, ACCOUNT, TOKEN = "kT4m9XqZ2bLp", "2917340058", "token-of-mary"
DETAILS = GpCredentials(ACCOUNT, OdsCode("A99901"), Secret(KEY))
SETTINGS = """
[partner]
client_id = "riverside"
issuer = "https://auth.example"
redirect_uri = "https://riverside.example/callback"
key_file = "partner.pem"
[storage]
database = "partner.sqlite"
"""


@pytest.fixture
def partner(operator: Operator) -> Path:
    """A partner's settings; Mary is connected there."""
    path = operator.write("partner.toml", SETTINGS)
    cabinets = cabinets_of(read(path).storage)

    async def settle() -> None:
        await cabinets.linkages.reserve(DETAILS.fingerprint, 0, NOW, NOW + timedelta(minutes=1))
        change = Registered(DETAILS, Im1Token("emis", Secret(TOKEN)))
        await cabinets.linkages.settle("mary", DETAILS.fingerprint, change)

    asyncio.run(settle())
    cabinets.close()
    return path


def lines(path: Path, sub: str) -> list[str]:
    """What is written down about them."""
    cabinets = cabinets_of(read(path).storage)
    assert cabinets.files is not None
    told = [what for _, what in asyncio.run(cabinets.files.written_down(sub))]
    cabinets.close()
    return told


def test_a_partner_hands_out_what_its_kit_keeps(operator: Operator, partner: Path) -> None:
    """N3 there too: no key, no token, no account id; a file of the operator's alone; written down."""
    file = operator.folder / "mary.json"
    ended = operator.admin("person", "export", "-", "--kit", str(partner), "--to", str(file), typed="mary\n")
    content = file.read_text(encoding="utf-8")

    assert (0, "A99901", "emis") == (ended.exit_code, json.loads(content)["practice"], json.loads(content)["supplier"])
    assert [] == [secret for secret in (KEY, ACCOUNT, TOKEN) if secret in content]
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert ["exported"] == lines(partner, "mary")


def test_a_partner_erases_what_its_kit_keeps(operator: Operator, partner: Path) -> None:
    """Only with --yes; a second time nothing was kept, and a name that nobody has is refused at export."""
    assert 2 == operator.admin("person", "erase", "mary", "--kit", str(partner)).exit_code
    assert {"erased": True} == operator.read("person", "erase", "mary", "--kit", str(partner), "--yes")
    assert {"erased": False} == operator.read("person", "erase", "mary", "--kit", str(partner), "--yes")
    refused = operator.admin("person", "export", "mary", "--kit", str(partner), "--to", str(operator.folder / "x.json"))

    assert (1, True) == (refused.exit_code, "Nothing is kept of that person." in refused.output)
    assert ["erased"] == lines(partner, "mary")


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        (SETTINGS.replace('[storage]\ndatabase = "partner.sqlite"\n', ""), 1, "keeps everything in memory"),
        (SETTINGS.replace("partner.sqlite", "postgresql://nobody@127.0.0.1:9/none"), 2, "sealing_keys must name a key file"),
        ("[storage", 2, "is not TOML"),
    ],
)
def test_a_kit_that_cannot_be_looked_into_is_told(operator: Operator, text: str, code: int, sentence: str) -> None:
    """One sentence and an exit code."""
    ended = operator.admin("person", "erase", "mary", "--yes", "--kit", str(operator.write("partner.toml", text)))

    assert (code, True) == (ended.exit_code, sentence in " ".join(ended.output.split()))


def test_an_operator_makes_the_sealing_keys(operator: Operator) -> None:
    """Before the first start, once, fit for production, readable by its owner alone."""
    path = operator.folder / "provider.keys"
    path.unlink(missing_ok=True)
    made = operator.admin("sealing", "create")
    again = operator.admin("sealing", "create")

    assert (0, 1) == (made.exit_code, again.exit_code)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert not KeyFile(path).is_for_development
    assert "There is a key file, and it stays as it is." in again.output


def test_keys_of_the_environment_are_not_changed_here(operator: Operator) -> None:
    """Whoever holds them changes them there."""
    text = (operator.folder / "made.keys").name
    KeyFile(operator.folder / text).read(create=True)
    variables = {
        "GPIC_STORAGE__SEALING_KEYS": "env://GPIC_TEST_KEYS",
        "GPIC_TEST_KEYS": (operator.folder / text).read_text(encoding="ascii"),
    }
    refused = [operator.admin("sealing", *words, **variables) for words in (("create",), ("add",))]
    listed = operator.read("sealing", "list", **variables)

    assert [1, 1] == [one.exit_code for one in refused]
    assert all("come from no file" in one.output for one in refused)
    assert [{"key": "k1", "current": True, "lost": False, "envelopes": 0}] == listed
