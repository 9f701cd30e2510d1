"""PDS and its token server over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gpic.simulators.faults import Faults
from gpic.simulators.journal import Journal
from gpic.simulators.lane import Call, Lane, Reply
from gpic.simulators.limits import Gate
from gpic.simulators.pds.outcomes import failing
from gpic.simulators.pds.reading import Pds, Visit, read_patient
from gpic.simulators.pds.settings import PdsSettings
from gpic.simulators.token_server import Keys, TokenDoor, Tokens
from gpic.simulators.world import World

LANE: Final = "PDS"
FHIR_PATH: Final = "/personal-demographics/FHIR/R4"
EVERY_METHOD: Final = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
SOMEBODY: Final = "NHS login"


def pds_app(
    world: World,
    journal: Journal,
    faults: Faults,
    settings: PdsSettings | None = None,
    *,
    clients: Mapping[str, Keys] | None = None,
    tokens: Tokens | None = None,
) -> Starlette:
    """The stand-in. *clients* are the public keys by API key and kid, or *tokens* a token server shared with others.

    `app.state.tokens.revoke_all()` ends all tokens.
    """
    settings = settings or PdsSettings()
    tokens = tokens or Tokens(clients or {}, world.clocks.wire, world.mint)
    lane = Lane(LANE, journal, faults, failing, world.catch_up)
    door = _Door(Pds(world, settings, tokens, Gate()), lane)
    token_door = TokenDoor(tokens, lane, lambda: settings.public_url, lambda: settings.token_lifetime)
    app = Starlette(routes=[token_door.route(), Route(FHIR_PATH + "/{rest:path}", door.fhir, methods=EVERY_METHOD)])
    app.state.tokens = tokens
    return app


@dataclass(frozen=True, slots=True)
class _Door:
    pds: Pds
    lane: Lane

    async def fhir(self, request: Request) -> Response:
        """Everything below the FHIR address."""
        _, _, token = request.headers.get("authorization", "").strip().partition(" ")
        api_key = self.pds.tokens.holder(token.strip())
        # The mapping of Starlette is case-insensitive; a plain one with lower-case names is what the checks read.
        visit = Visit(request.method, "/" + request.path_params["rest"], dict(request.headers), api_key, request.query_params)
        sender = self.pds.settings.names.get(api_key or "", SOMEBODY)

        async def work(call: Call, _: bytes) -> Reply:
            return read_patient(self.pds, visit, call)

        return await self.lane.serve(request, lambda _: Call(sender, f"{request.method} Patient"), work)
