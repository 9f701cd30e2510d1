"""Writes docs/reference/clients.md anew: how partners are registered, field by field and command by command.

`python scripts/clients_page.py` rewrites the page; the house test calls `page()` and compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from gpic.cli.admin import app
from gpic.provider.registration import RULES, Entry, Rule

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reference" / "clients.md"

#: What each field of an entry means.
MEANINGS: Final = {
    "client_id": "the partner's id, as it was allocated at onboarding",
    "name": "what people read where they are asked to share",
    "redirect_uris": "where answers go, compared as whole strings: `https`, no wildcard, no query, no fragment, no user",
    "scopes": "what it may ask for; another known scope is `invalid_scope`",
    "keys": "public RSA keys of 2048 bits or more: PEM, a JWK or a JWK set, as text; the newest last",
    "key_files": "files with such keys; their names count from the folder of this file",
    "vectors": "the vectors of trust that its `vtr` may name",
    "im1_enabled": "the IM1 mark, without which `gp_integration_credentials` is refused where `require_im1` holds (N5)",
    "disabled": "keeps it out, live tokens included",
    "audience_policy": "what its assertions are addressed to: `nhs` (the token endpoint), `strict` (exactly the issuer), "
    "`lenient` (either)",
    "algorithm": "what it signs with and ID tokens for it are signed with; `RS256` where `rs256_allowed` is on",
    "hands_over_to": "other clients that believe it when it asserts who comes (N23); itself it always believes",
}

EXAMPLE: Final = """\
[[clients]]
client_id = "riverside-health"
name = "Riverside Health"
redirect_uris = ["https://riverside.example/callback"]
scopes = ["openid", "profile", "gp_integration_credentials"]
key_files = ["riverside-2025.pem", "riverside-2026.jwks.json"]
im1_enabled = true
hands_over_to = ["meadow-pharmacy"]

[[clients]]
client_id = "meadow-pharmacy"
name = "Meadow Pharmacy"
redirect_uris = ["https://meadow.example/nhs-login"]
scopes = ["openid", "basic_demographics"]
key_files = ["meadow.pem"]
vectors = ["P5.Cp.Cd"]
audience_policy = "strict"
"""

INTRODUCTION: Final = """\
# Clients

Written by `scripts/clients_page.py`; a test compares it with the code.

A client is a partner's service as the provider knows it. Clients lie in the provider's database, which the settings
`storage.database` and `storage.sealing_keys` name; `gpic admin` reads the same settings as the provider (`--settings FILE`,
`GPIC_…` variables) and works beside it while it runs. What is changed counts from the next request on, live tokens included.

Keys are handed in, never fetched: there is no `jwks_uri`. A partner that changes its key has both registered for a while
(`edit --add-key`, later `edit --remove-key`). With a `kid` in its JWK a key is found by that name and no other; a key from PEM
answers to any.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *file_section(), *rules_section(), *commands_section()])


def file_section() -> Iterator[str]:
    """The file for `import`."""
    yield "## The file\n"
    yield "`gpic admin clients import FILE` registers every client of a TOML file, or changes it to what stands there: all of"
    yield "them or, where anything is wrong, none. Clients that the file does not name stay as they are.\n"
    yield f"```toml\n{EXAMPLE}```\n"
    yield "| field | kind | default | meaning |"
    yield "|---|---|---|---|"
    for one in msgspec.structs.fields(Entry):
        yield f"| `{one.name}` | {kind_of(one)} | {default_of(one)} | {MEANINGS[one.name]} |"
    yield ""


def kind_of(one: msgspec.structs.FieldInfo) -> str:
    """The field's type, in TOML's words."""
    return {str: "text", bool: "true or false", list[str]: "list of texts"}.get(one.type, "one of its words")


def default_of(one: msgspec.structs.FieldInfo) -> str:
    """What an absent field means."""
    if one.required:
        return "must be there"
    default = one.default_factory() if one.default is msgspec.NODEFAULT else one.default
    return f"`{msgspec.json.encode(default).decode()}`"


def rules_section() -> Iterator[str]:
    """What must hold of every client, however it comes."""
    yield "## The rules\n"
    yield "Everything that is wrong is told at once, and then nothing is changed.\n"
    for rule in RULES:
        yield f"- **{name_of(rule)}**: {rule.__doc__}"
    yield ""


def name_of(rule: Rule) -> str:
    """A rule's name, as one reads it."""
    return rule.__name__.replace("_", " ")


def commands_section() -> Iterator[str]:
    """Every command with its options."""
    yield "## The commands\n"
    yield "Exit codes: 0 done, 1 refused, 2 could not begin (settings, database, spelling). `--json` prints one JSON document"
    yield "on standard output; sentences for people go to standard error.\n"
    for name, command in commands(typer.main.get_command(app), "gpic admin"):
        yield f"### `{name}`\n"
        yield f"{(command.help or '').strip()}\n"
        yield from (line for parameter in command.params if (line := line_of(parameter)))
        yield ""


def commands(command: object, name: str) -> Iterator[tuple[str, TyperCommand]]:
    """The commands below *command* that do something, in the order in which help lists them."""
    if isinstance(command, TyperGroup):
        for word, below in command.commands.items():
            yield from commands(below, f"{name} {word}")
    elif isinstance(command, TyperCommand):
        yield name, command


def line_of(parameter: object) -> str:
    """An argument or option; "" for what every command has."""
    if isinstance(parameter, TyperArgument):
        return f"- `{(parameter.name or '').upper()}`: {parameter.help}"
    if not isinstance(parameter, TyperOption) or "--help" in parameter.opts:
        return ""
    must = " (must be given)" if parameter.required else ""
    return f"- `{' / '.join(parameter.opts + parameter.secondary_opts)}`{must}: {parameter.help}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} is written.\n")
