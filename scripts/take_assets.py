"""Takes the pages' style sheet, script and icons from node_modules into src/gpic/web/static/vendor, which git ignores."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FRONTEND: Final = ROOT / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk"
VENDOR: Final = ROOT / "src" / "gpic" / "web" / "static" / "vendor"
#: The font belongs to the NHS and its host is not ours to call; the fall-back font serves.
FONT_FACE: Final = re.compile(r"@font-face\s*\{[^}]*\}")
#: The one among the icons that is the NHS logo.
LOGO: Final = "nhsuk-icon-mask.svg"
SOURCE_MAP: Final = re.compile(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=.*")


def main() -> int:
    """Copy what pages use: no logo, no favicon, no font. 1 when npm has not fetched it."""
    if not FRONTEND.is_dir():
        print("take_assets: nhsuk-frontend is not in node_modules; run npm ci", file=sys.stderr)
        return 1
    shutil.rmtree(VENDOR, ignore_errors=True)
    images = VENDOR / "images"
    images.mkdir(parents=True)
    for name in ("nhsuk-frontend.min.css", "nhsuk-frontend.min.js"):
        text = (FRONTEND / name).read_text(encoding="utf-8")
        (VENDOR / name).write_text(SOURCE_MAP.sub("", FONT_FACE.sub("", text)), encoding="utf-8")
    for icon in sorted((FRONTEND / "assets" / "images").glob("nhsuk-icon-*.svg")):
        if icon.name != LOGO:
            shutil.copy2(icon, images / icon.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
