"""How TPP SystmOne is plugged in (`gp-systems.md` §3.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec

from gpic.gp_systems.plugs import Line
from gpic.gp_systems.tpp.client import Application, TppSystmOne
from gpic.outbound import Timeouts

Name = Annotated[str, msgspec.Meta(min_length=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=600)]


class Options(msgspec.Struct, frozen=True):
    """What TPP must be told about us; passphrases are bound to *provider_id*."""

    application_name: Name
    application_version: Name
    provider_id: Name
    device_type: Name = "Web"
    api_version: Name = "1"
    timeout: Seconds = 10  #: the public client's default; TPP's own is not known (§2.8, §11.8)


def tpp_systmone(line: Line) -> TppSystmOne:
    """SystmOnline at the other end of this line: every request goes to the address itself. Raises PlugUnfit."""
    options = line.read_options(Options)
    application = Application(
        options.application_name,
        options.application_version,
        options.provider_id,
        options.device_type,
        options.api_version,
    )
    return TppSystmOne(
        line.client,
        application,
        url=line.address,
        clock=line.clock,
        timeouts=Timeouts(answer=timedelta(seconds=options.timeout)),
    )
