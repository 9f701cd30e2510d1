"""All roles in one process, on loopback: NHS login, a partner and every stand-in, with one journal and one world."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from gpic.sandbox.act import Stage, act
from gpic.sandbox.ground import FHIR, MNS, ground
from gpic.sandbox.script import CLIENT_ID, ROLES, SCOPES, Addresses, Script

__all__ = ["CLIENT_ID", "FHIR", "MNS", "ROLES", "SCOPES", "Addresses", "Script", "Stage", "stage"]


@contextlib.asynccontextmanager
async def stage(port: int = 0, script: Script | None = None) -> AsyncIterator[Stage]:
    """Everything, on as many ports in a row as there are roles from *port* (0: any free ones). One act, to its end.

    Raises PortTaken, CannotListen, ReachInvalid, SettingsInvalid.
    """
    async with ground(port, script or Script()) as laid, act(laid) as played:
        yield played
