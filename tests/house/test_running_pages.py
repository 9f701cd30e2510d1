"""What the pages on running a provider and workers show is read by the processes, and every command on them exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import httpx2
import msgspec
import pytest
import typer
from typer.core import TyperGroup

from gpic.cli.app import app
from gpic.delivery.http_courier import HttpCourier
from gpic.outbound import open_client
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.ports import Letter
from gpic.wiring.process_file import read

PAGES: Final = Path(__file__).resolve().parents[2] / "docs" / "how-to"
NAMES: Final = ("run-the-provider.md", "run-workers.md")
WITH_COMMANDS: Final = (*NAMES, "answer-a-person.md")


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_on_the_page_are_good(name: str, tmp_path: Path) -> None:
    """Read as `gpic provider` and `gpic worker` read them; what a page leaves out is the provider's own."""
    text = "\n".join(
        re.findall(r"^```toml.*?\n(.*?)^```$", (PAGES / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
    path = tmp_path / "provider.toml"
    path.write_text(text, encoding="utf-8")

    file = read(path, {"GPIC_PROVIDER__ISSUER": "https://auth.example"})

    assert (str(tmp_path / "gpic.keys"), str(tmp_path / "pds.pem")) == (file.settings.storage.sealing_keys, file.pds.key_file)
    assert {"emis"} == file.gp_systems.keys()


@pytest.mark.anyio
async def test_letters_go_out_as_the_page_shows() -> None:
    """The body that whoever sends texts and e-mails receives."""
    text = (PAGES / "run-the-provider.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    shown = msgspec.json.decode(block, type=dict[str, str])
    arrived: list[dict[str, str]] = []

    def office(request: httpx2.Request) -> httpx2.Response:
        arrived.append(msgspec.json.decode(request.content, type=dict[str, str]))
        return httpx2.Response(202)

    async with open_client("https://post.example/letters", transport=httpx2.MockTransport(office)) as client:
        await HttpCourier(client).deliver(Contact.phone(shown["to"]), Letter(shown["subject"], shown["text"]))

    assert [shown] == arrived


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_every_command_on_the_page_exists(name: str) -> None:
    """Word by word, down to the command that does something; every option is one of its own."""
    text = (PAGES / name).read_text(encoding="utf-8")
    shown = re.findall(r"`(gpic [^`|\n]*)`", text) + re.findall(r"^(?:\$ )?(gpic [^#\n]*)", text, re.MULTILINE)

    assert shown
    assert [] == [line for line in shown if line.split()[1] in {"provider", "worker", "admin"} and not is_known(line)]


def is_known(line: str) -> bool:
    """Whether its words lead to a command, and its options belong to it."""
    command: object = typer.main.get_command(app)
    words = [word for word in line.split(":", maxsplit=1)[0].split()[1:] if word != "…"]
    for word in words:
        if isinstance(command, TyperGroup) and word in command.commands:
            command = command.commands[word]
    options = {option for one in getattr(command, "params", []) for option in one.opts + one.secondary_opts}
    is_whole = not isinstance(command, TyperGroup) or words == ["admin"]  # which a sentence may name as a whole
    return is_whole and {word for word in words if word.startswith("--")} <= options
