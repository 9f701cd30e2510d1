"""How a sandbox starts, and where its roles are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gpic.sandbox.guests import Guest
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.reach import Reach
from gpic.sandbox.standins import Switches
from gpic.simulators.cast import furnish
from gpic.simulators.world import World

ROLES: Final = ("partner", "provider", "emis", "tpp", "pds", "medicus", "mns", "ods")
#: On the port after theirs, and only where a sandbox is asked for it.
CONTROL: Final = "control"
CLIENT_ID: Final = "riverside-health"
SCOPES: Final = ("openid", "profile", "gp_integration_credentials")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where each role is known to be, by name: browsers keep cookies of names, and passkeys refuse numbers."""

    partner: str
    provider: str
    emis: str
    tpp: str
    pds: str
    medicus: str
    mns: str
    ods: str
    control: str = ""  #: empty where there is none

    def named(self) -> dict[str, str]:
        """The addresses under the names that a person knows."""
        named = {
            "Sample partner": self.partner,
            "NHS login (simulator)": self.provider,
            "EMIS (stand-in)": self.emis,
            "TPP (stand-in)": self.tpp,
            "PDS (stand-in)": self.pds,
            "Medicus (provisional stand-in)": self.medicus,
            "MNS (stand-in)": self.mns,
            "ODS (stand-in)": self.ods,
        }
        return named | ({"Control API": self.control} if self.control else {})


@dataclass(frozen=True, slots=True)
class Script:
    """How a sandbox starts: who lives in its world, its keys, its switches, and what the sample partner is registered for."""

    furnish: Callable[[World], None] = furnish
    keys: SandboxKeys = field(default_factory=SandboxKeys)
    switches: Switches = field(default_factory=Switches)
    environment: Mapping[str, str] = field(default_factory=dict)  #: settings, as GPIC_… variables
    im1_enabled: bool = True
    seed: int = 1
    scripted_sign_in: bool = False  #: whether a `login_hint` that names a person signs them in without a page
    reach: Reach = field(default_factory=Reach)
    services: tuple[Guest, ...] = ()  #: somebody's own services, registered and told where everything is
    control: bool = False  #: whether the sandbox may be controlled from outside
    folder: Path | None = None  #: where databases lie while it runs; None: where the machine keeps what is temporary

    @property
    def roles(self) -> tuple[str, ...]:
        """Who listens, one port each."""
        return (*ROLES, CONTROL) if self.control else ROLES
