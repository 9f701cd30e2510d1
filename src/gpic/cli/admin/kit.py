"""Where the few commands work that look after what a partner's kit keeps: its own settings, its own database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from gpic.cli.admin.desk import NotDone, ended
from gpic.cli.exits import Exit
from gpic.relying_party.errors import SettingsInvalid
from gpic.relying_party.ports import PersonFiles

IN_MEMORY: Final = "That partner keeps everything in memory, or in a store of its own: there is nothing here to look into."

Done = TypeVar("Done")


def at_kit(settings: Path, command: Callable[[PersonFiles], Awaitable[Done]]) -> Done:
    """What *command* returns; a refusal or a failure ends the process with a sentence and its exit code."""
    from gpic.wiring.partner_file import cabinets_of, read

    try:
        cabinets = cabinets_of(read(settings).storage)
    except (SettingsInvalid, ValueError, OSError) as mistake:
        raise ended(str(mistake), Exit.CANNOT_BEGIN) from None
    try:
        return asyncio.run(_run(command, cabinets.files))
    except NotDone as refusal:
        raise ended(str(refusal), Exit.REFUSED) from None
    finally:
        cabinets.close()


async def _run(command: Callable[[PersonFiles], Awaitable[Done]], files: PersonFiles | None) -> Done:
    if files is None:
        raise NotDone(IN_MEMORY)
    return await command(files)
