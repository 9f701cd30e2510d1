"""Files that operators, partners and developers write: TOML in every one of its places, and what a sandbox has kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gpic.cli.admin.client_file import clients_in
from gpic.cli.admin.desk import NotDone
from gpic.provider.policy import ProviderPolicy
from gpic.relying_party.errors import SettingsInvalid as PartnerSettingsInvalid
from gpic.sandbox.kept import KeptInvalid
from gpic.sandbox.kept import read as read_kept
from gpic.settings import SettingsInvalid
from gpic.storage.sealing import KeysUnusable, keys_in
from gpic.wiring import partner_file, process_file
from tests.fuzz.bending import texts_like
from tests.fuzz.target import Target
from tests.unit.wiring.test_production import LIVE

PARTNER: Final = b"""
[partner]
client_id = "riverside"
issuer = "sandpit"
redirect_uri = "https://riverside.example/callback"
key_file = "key.pem"
scopes = ["openid", "profile"]
vectors = ["P9.Cp.Cd"]
returns_window = 900
[practices]
mapping = "practices.csv"
[storage]
database = "partner.sqlite"
[gp_systems.emis]
address = "https://emis.example"
options = { application_id = "x" }
"""
CLIENTS: Final = b"""
[[clients]]
client_id = "riverside"
name = "Riverside"
redirect_uris = ["https://riverside.example/callback"]
scopes = ["openid", "profile"]
keys = ["-----BEGIN PUBLIC KEY-----"]
key_files = ["key.pem"]
vectors = "P9.Cp.Cd"
im1_enabled = true
"""


def in_a_file(read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """The input as a file of a folder of its own."""

    def tried(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "fuzzed.toml"
            path.write_bytes(data)
            read(path)

    return tried


POLICY: Final = ProviderPolicy("https://auth.example")

TARGETS: Final = (
    Target("provider-toml", texts_like(LIVE.encode()), in_a_file(lambda path: process_file.read(path, {})), (SettingsInvalid,)),
    Target(
        "partner-toml",
        texts_like(PARTNER),
        in_a_file(lambda path: partner_file.settings_in(path, environment={})),
        (PartnerSettingsInvalid, KeysUnusable),
    ),
    Target("clients-toml", texts_like(CLIENTS), in_a_file(lambda path: clients_in(path, POLICY)), (NotDone,)),
    Target(
        "sealing-keys",
        texts_like(b"# kept since May\nk1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"),
        lambda data: keys_in(data.decode("latin-1"), "here"),
        (KeysUnusable,),
    ),
    Target("sandbox-state", texts_like(b'{"version":1,"world":{},"files":{}}'), in_a_file(read_kept), (KeptInvalid,)),
)
