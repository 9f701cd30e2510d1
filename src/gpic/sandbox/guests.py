"""Somebody's own partner service in a sandbox: registered as they describe it, and told where everything is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from gpic.jose.keys import SigningKey
from gpic.provider.clients import Client
from gpic.provider.policy import ProviderPolicy
from gpic.provider.registration import Entry, RegistrationInvalid, registered
from gpic.relying_party.errors import SettingsInvalid
from gpic.sandbox.authority import Papers
from gpic.sandbox.surgeries import options_for
from gpic.wiring.partner_file import PartnerTable, tables_of

OWNER_ONLY: Final = 0o600


class GuestInvalid(ValueError):
    """This service cannot be registered; the message says all that is wrong."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A service as its file describes it, with its key, which was made where it was missing."""

    path: Path
    table: PartnerTable
    key: SigningKey
    folder: Path | None = None  #: where it is told; None: beside its own file

    @property
    def told_in(self) -> Path:
        """The file that the sandbox writes for it: `my-service.toml` is told in `my-service.sandbox.toml`."""
        return self._beside(".sandbox.toml")

    @property
    def mapping_in(self) -> Path:
        """The practice mapping that the sandbox writes for it."""
        return self._beside(".practices.csv")

    def _beside(self, suffix: str) -> Path:
        return (self.folder or self.path.parent) / self.path.with_suffix(suffix).name

    def client(self, policy: ProviderPolicy) -> Client:
        """As NHS login registers it, IM1-enabled; raises GuestInvalid."""
        table = self.table
        entry = Entry(
            client_id=table.client_id,
            name=table.name or table.client_id,
            redirect_uris=[table.redirect_uri],
            scopes=list(table.scopes or ("openid", "profile", "gp_integration_credentials")),
            keys=[self.key.public_pem],
            im1_enabled=True,
        )
        if table.vectors:
            entry = msgspec.structs.replace(entry, vectors=list(table.vectors))
        try:
            return registered(entry, policy)
        except RegistrationInvalid as mistake:
            raise GuestInvalid(f"{self.path} cannot be registered:\n  " + "\n  ".join(mistake.reasons)) from None

    def tell(self, issuer: str, addresses: Mapping[str, str], mapping: str, papers: Papers | None) -> None:
        """Write down where everything is, in the words that the partner kit reads."""
        self.mapping_in.write_text(mapping, encoding="utf-8")
        lines = [
            f"# Written by `gpic sandbox --for {self.path.name}`; lay it over that file. It holds while this sandbox runs.",
            "[partner]",
            f"issuer = {quoted(issuer)}",
            *([f"trusts = {quoted(str(papers.authority))}"] if papers else []),
            "",
            "[practices]",
            f"mapping = {quoted(self.mapping_in.name)}",
        ]
        for supplier, options in options_for(self.table.client_id).items():
            if supplier in addresses:
                lines += ["", f"[gp_systems.{supplier}]", f"address = {quoted(addresses[supplier])}"]
                lines += _papers_for(papers) if papers else []
                lines += [f"options = {{ {', '.join(f'{name} = {quoted(value)}' for name, value in options.items())} }}"]
        self.told_in.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _papers_for(papers: Papers) -> list[str]:
    """Whom to trust at a GP system's address, and what to show there: TPP opens to nobody without."""
    files = {"authority": papers.authority, "certificate": papers.callers_certificate, "key": papers.callers_key}
    return [f"{name} = {quoted(str(path))}" for name, path in files.items()]


def described_in(path: Path, *, told_in: Path | None = None) -> Guest:
    """The service that a file describes; its key is read, or made and written beside it. Raises GuestInvalid.

    It is told where everything is in a file beside its own, or in the folder *told_in*.
    """
    try:
        tables = tables_of(path)
        table = msgspec.convert({"issuer": "", **_table(tables, "partner")}, PartnerTable, strict=False)
        return Guest(path, table, _key_of(path, table), told_in)
    except (SettingsInvalid, msgspec.ValidationError, OSError, ValueError) as mistake:
        raise GuestInvalid(f"{path} does not describe a service: {mistake}") from None


def _table(tables: Mapping[str, object], name: str) -> dict[str, object]:
    found = tables.get(name)
    return found if isinstance(found, dict) else {}


def _key_of(path: Path, table: PartnerTable) -> SigningKey:
    if table.key_env and os.environ.get(table.key_env):
        return SigningKey.from_pem(os.environ[table.key_env])
    file = Path(table.key_file) if table.key_file else path.with_suffix(".pem")
    if file.exists():
        return SigningKey.from_pem(file.read_text(encoding="utf-8"))
    key = SigningKey.generate()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="utf-8") as opened:
        opened.write(key.private_pem)
    return key


def quoted(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)
