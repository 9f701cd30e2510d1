"""How EMIS Web is plugged in (`gp-systems.md` §2.1, §2.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec

from gpic.gp_systems.emis.client import EmisWeb
from gpic.gp_systems.plugs import Line
from gpic.outbound import Timeouts

Name = Annotated[str, msgspec.Meta(min_length=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=600)]


class Options(msgspec.Struct, frozen=True):
    """What EMIS must be told about us, and how long it may take."""

    application_id: Name
    version: Name = "1"
    timeout: Seconds = 10
    extended_timeout: Seconds = 120  #: for E1, E3, E4 and E5


def emis_web(line: Line) -> EmisWeb:
    """EMIS Web at the other end of this line. Raises PlugUnfit."""
    options = line.read_options(Options)
    return EmisWeb(
        line.client,
        options.application_id,
        options.version,
        timeouts=Timeouts(answer=timedelta(seconds=options.timeout)),
        extended=Timeouts(answer=timedelta(seconds=options.extended_timeout)),
    )
