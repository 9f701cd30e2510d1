"""How the PDS stand-in is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gpic.simulators.pds.limits import Limits


@dataclass(slots=True)
class PdsSettings:
    """May be changed while the stand-in runs. *public_url* is where callers find it, without a trailing slash."""

    public_url: str = ""  #: empty: as the request's own Host header says
    names: Mapping[str, str] = field(default_factory=dict)  #: who holds an API key; others are "NHS login"
    privileged: frozenset[str] = frozenset()  #: API keys that see where restricted patients are registered
    limits: Limits = field(default_factory=Limits)  #: none: generous
    lag: timedelta = timedelta()  #: for so long after a change reads show what was before, on the world clock
    token_lifetime: timedelta = timedelta(seconds=599)
