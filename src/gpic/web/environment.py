"""Templates: ours over those of NHS.UK frontend."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

import jinja2

HERE: Final = Path(__file__).parent
ASSETS: Final = HERE / "static" / "vendor"
#: Of our own.
SCRIPTS: Final = HERE / "static" / "scripts"


@functools.cache
def environment(*folders: Path) -> jinja2.Environment:
    """Our templates, after those of *folders*; compiled once in a process. NHS.UK's macros count on undefined being empty."""
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.FileSystemLoader([*folders, HERE / "templates"]),
                jinja2.PackageLoader("nhsuk_frontend_jinja", "templates"),
            ]
        ),
        undefined=jinja2.ChainableUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
