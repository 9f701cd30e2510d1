"""How Medicus is plugged in (docs/reference/medicus-contract.md, provisional)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gpic.gp_systems.medicus.client import Medicus
from gpic.gp_systems.plugs import Line, PlugUnfit
from gpic.nhs.secret import Secret


class Options(msgspec.Struct, frozen=True):
    """What Medicus must be told about us: client credentials."""

    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    client_secret: Secret


def medicus(line: Line) -> Medicus:
    """Medicus at the other end of this line. Raises PlugUnfit."""
    options = line.read_options(Options)
    if not options.client_secret:
        raise PlugUnfit("The options of the supplier medicus are wrong: the client_secret is blank.")
    return Medicus(line.client, options.client_id, options.client_secret, clock=line.clock)
