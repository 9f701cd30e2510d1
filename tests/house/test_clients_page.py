"""The page on clients is what the code says, and its example is good."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import msgspec

from gpic.cli.admin.client_file import clients_in
from gpic.jose.keys import SigningKey
from gpic.jose.registered import as_kept
from gpic.provider.policy import ProviderPolicy
from gpic.provider.registration import Entry

ROOT = Path(__file__).resolve().parents[2]


def script() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("clients_page", ROOT / "scripts" / "clients_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_on_clients_is_up_to_date() -> None:
    """Fields, rules, commands and options; `python scripts/clients_page.py` writes it anew."""
    written = script()

    assert written.page() == written.PAGE.read_text(encoding="utf-8")


def test_every_field_of_an_entry_is_explained() -> None:
    """No more and no fewer, in the entry's order."""
    assert [field.name for field in msgspec.structs.fields(Entry)] == list(script().MEANINGS)


def test_the_example_is_a_good_file(tmp_path: Path) -> None:
    """With its key files beside it, it is imported as it stands."""
    key, other = SigningKey.generate(), SigningKey.generate()
    (tmp_path / "clients.toml").write_text(script().EXAMPLE, encoding="utf-8")
    for name in ("riverside-2025.pem", "meadow.pem"):
        (tmp_path / name).write_text(key.public_pem, encoding="ascii")
    (tmp_path / "riverside-2026.jwks.json").write_text(as_kept(other.public), encoding="ascii")

    riverside, meadow = clients_in(tmp_path / "clients.toml", ProviderPolicy("https://auth.example"))

    assert (True, frozenset({"meadow-pharmacy"}), 2) == (riverside.im1_enabled, riverside.hands_over_to, len(riverside.keys))
    assert ("strict", ["P5.Cp.Cd"]) == (meadow.audience_policy, [str(vector) for vector in meadow.vectors])
