"""Files that only the operator reads."""

from __future__ import annotations

import os
from pathlib import Path

from gpic.cli.admin.desk import NotDone


def write_own(path: Path, content: bytes) -> None:
    """A new file, readable by its owner only; raises NotDone where one is there already, or nothing can be written."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
    except FileExistsError:
        raise NotDone(f"There is a file {path} already.") from None
    except OSError as mistake:
        raise NotDone(f"{path} cannot be written: {mistake.strerror}.") from None
