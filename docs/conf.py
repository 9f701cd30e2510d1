"""How the site is built: Sphinx with MyST and Furo; docs/decisions/0008-the-documentation-site.md says why."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

project = "gpic"
author = "the gpic contributors"
version = release = str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
language = "en-GB"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4
nitpicky = True
# A conversation that is drawn in a page is text; so is the picture of the lifecycle where nobody draws it.
highlight_options: dict[str, dict[str, object]] = {}
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = f"gpic {version}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_theme_options = {"top_of_page_buttons": [], "footer_icons": []}
