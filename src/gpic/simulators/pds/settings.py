"""How the PDS stand-in is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from gpic.simulators.limits import MINUTE, Limit, Limits

#: The documented default, five transactions a second for each application.
DOCUMENTED: Final = Limits(app_quota=Limit(5, timedelta(seconds=1)))
#: As the gateway of the integration environment is set up, by the minute; a spike arrest spaces what a quota would allow.
INTEGRATION: Final = Limits(Limit(300, MINUTE), Limit(900, MINUTE), Limit(1_200, MINUTE), Limit(2_400, MINUTE))
#: Five a second, spaced evenly: 200 ms from one request to the next.
SPIKE_ARREST: Final = Limits(app_spike=Limit(5, timedelta(seconds=1)))


@dataclass(slots=True)
class PdsSettings:
    """May be changed while the stand-in runs. *public_url* is where callers find it, without a trailing slash."""

    public_url: str = ""  #: empty: as the request's own Host header says
    names: Mapping[str, str] = field(default_factory=dict)  #: who holds an API key; others are "NHS login"
    privileged: frozenset[str] = frozenset()  #: API keys that see where restricted patients are registered
    without_asid: frozenset[str] = frozenset()  #: API keys of applications that were given none: 400
    without_interaction: frozenset[str] = frozenset()  #: API keys whose ASID lacks PDS's interactions: 401
    limits: Limits = field(default_factory=Limits)  #: none: generous
    lag: timedelta = timedelta()  #: for so long after a change reads show what was before, on the world clock
    token_lifetime: timedelta = timedelta(seconds=599)
