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
from gpic.simulators.pds.assertion import Keys
from gpic.simulators.pds.limits import Gate
from gpic.simulators.pds.outcomes import failing
from gpic.simulators.pds.reading import Pds, Visit, read_patient
from gpic.simulators.pds.settings import PdsSettings
from gpic.simulators.pds.tokens import Tokens
from gpic.simulators.world import World

LANE: Final = "PDS"
TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 -- a path
FHIR_PATH: Final = "/personal-demographics/FHIR/R4"
EVERY_METHOD: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
SOMEBODY: Final = "NHS login"


def pds_app(
    world: World, journal: Journal, faults: Faults, settings: PdsSettings | None = None, *, clients: Mapping[str, Keys]
) -> Starlette:
    """The stand-in. *clients* are the public keys by API key and kid. `app.state.tokens.revoke_all()` ends all tokens."""
    tokens = Tokens(clients, world.clocks.wire, world.mint)
    door = _Door(Pds(world, settings or PdsSettings(), tokens, Gate()), Lane(LANE, journal, faults, failing))
    app = Starlette(
        routes=[
            Route(TOKEN_PATH, door.token, methods=["POST"]),
            Route(FHIR_PATH + "/{rest:path}", door.fhir, methods=EVERY_METHOD),
        ]
    )
    app.state.tokens = tokens
    return app


@dataclass(frozen=True, slots=True)
class _Door:
    pds: Pds
    lane: Lane

    async def token(self, request: Request) -> Response:
        """POST /oauth2/token."""
        settings = self.pds.settings
        token_url = (settings.public_url or str(request.base_url).rstrip("/")) + TOKEN_PATH

        async def work(_: Call, body: bytes) -> Reply:
            return self.pds.tokens.answer(body, token_url, settings.token_lifetime)

        return await self.lane.serve(request, lambda _: Call(SOMEBODY, "POST oauth2/token"), work)

    async def fhir(self, request: Request) -> Response:
        """Everything below the FHIR address."""
        _, _, token = request.headers.get("authorization", "").strip().partition(" ")
        api_key = self.pds.tokens.holder(token.strip())
        # The mapping of Starlette is case-insensitive; a plain one with lower-case names is what the checks read.
        visit = Visit(request.method, "/" + request.path_params["rest"], dict(request.headers), api_key)
        sender = self.pds.settings.names.get(api_key or "", SOMEBODY)

        async def work(call: Call, _: bytes) -> Reply:
            return read_patient(self.pds, visit, call)

        return await self.lane.serve(request, lambda _: Call(sender, f"{request.method} Patient"), work)
