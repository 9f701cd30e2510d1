"""ODS over HTTP: an organisation, a search, what the code system tells of a code, and what was taken out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gpic.simulators.faults import Faults
from gpic.simulators.journal import Journal
from gpic.simulators.lane import Call, Lane, Reply, json_reply
from gpic.simulators.limits import Gate
from gpic.simulators.ods.devices import DEVICES, found_devices
from gpic.simulators.ods.organisations import CODES, Organisation, as_of, known, resource
from gpic.simulators.ods.record import ord_routes
from gpic.simulators.ods.settings import OdsSettings
from gpic.simulators.world import World

LANE: Final = "ODS"
BASE: Final = "/organisation-data-terminology-api/fhir"
FHIR: Final = "application/fhir+json"
SHORTEST_NAME: Final = 3

Match = Callable[[str, Organisation], bool]
SEARCHED: Final[Mapping[str, Match]] = {
    "_id": lambda asked, one: asked.upper() == one.code,
    "identifier": lambda asked, one: asked.rpartition("|")[2].upper() == one.code,
    "name": lambda asked, one: one.name.startswith(asked.upper()),
    "name:contains": lambda asked, one: asked.upper() in one.name,
    "name:exact": lambda asked, one: asked.upper() == one.name,
    "active": lambda asked, one: (asked == "true") == one.active,
    "roleCode": lambda asked, one: asked in {role.code for role in one.roles()},
    "activeRoleCode": lambda asked, one: asked in {role.code for role in one.roles() if role.active},
    "lastChangeDate": lambda asked, one: is_of(asked, one.changed),
}
#: Organisations that were taken out, and the lists of its three sisters, of which nothing is ever taken out here.
DELETIONS: Final = (
    "Organization-deletion",
    "OrganizationRole-deletion",
    "OrganizationAffiliation-deletion",
    "OrganizationSuccession-deletion",
)
MANNERS: Final = frozenset({"_count", "_offset", "_summary"})


def ods_app(world: World, journal: Journal, faults: Faults, settings: OdsSettings) -> Starlette:
    """The stand-in. Whoever is named in the settings has an API key."""
    door = _Door(world, settings, Lane(LANE, journal, faults, failing, world.catch_up), Gate())
    return Starlette(
        routes=[
            Route(BASE + "/Organization/{code}", door.organisation, methods=["GET"]),
            Route(BASE + "/Organization", door.search, methods=["GET"]),
            Route(BASE + "/CodeSystem/$lookup", door.look_up, methods=["GET"]),
            Route(BASE + "/List/{name}", door.deletions, methods=["GET"]),
            *ord_routes(world, settings, door.lane),
            Route(DEVICES, door.devices, methods=["GET"]),
        ]
    )


class Refused(Exception):
    """ODS says no."""

    def __init__(self, status: int, code: str, diagnostics: str) -> None:
        super().__init__(diagnostics)
        self.reply = outcome(status, code, diagnostics)


def outcome(status: int, code: str, diagnostics: str) -> Reply:
    """An OperationOutcome."""
    issue = {"severity": "error", "code": code, "diagnostics": diagnostics}
    body = {"resourceType": "OperationOutcome", "issue": [issue]}
    return json_reply(status, body, ok=False, headers={"content-type": FHIR})


def failing(status: int) -> Reply:
    """A failure that is nobody's fault but the gateway's own: no FHIR."""
    fault = {"faultstring": "Service unavailable", "detail": {"errorcode": "gateway.failure"}}
    return json_reply(status, {"fault": fault}, ok=False)


def is_of(pattern: str, day: str) -> bool:
    """`gt`, `lt` or `eq` before a day; none is `eq`."""
    operator, wanted = (pattern[:2], pattern[2:]) if pattern[:2].isalpha() else ("eq", pattern)
    return {"gt": day > wanted, "lt": day < wanted}.get(operator, day == wanted)


@dataclass(frozen=True, slots=True)
class _Door:
    world: World
    settings: OdsSettings
    lane: Lane
    gate: Gate

    async def organisation(self, request: Request) -> Response:
        """GET /Organization/{code}."""
        return await self._serve(request, "GET Organization", self._organisation)

    async def search(self, request: Request) -> Response:
        """GET /Organization with parameters."""
        return await self._serve(request, "GET Organization?…", self._search)

    async def look_up(self, request: Request) -> Response:
        """GET /CodeSystem/$lookup: here succession is told, where it is."""
        return await self._serve(request, "GET CodeSystem/$lookup", self._look_up)

    async def deletions(self, request: Request) -> Response:
        """GET /List/…-deletion: what was taken out."""
        return await self._serve(request, "GET List", self._deletions)

    async def devices(self, request: Request) -> Response:
        """GET Device at the Spine Directory: which supplier's system a practice has."""
        return await self._serve(request, "GET Device", lambda asked: found_devices(self.world, self.settings, asked))

    async def _serve(self, request: Request, operation: str, work: Callable[[Request], Reply]) -> Response:
        api_key = request.headers.get("apikey", "")
        sender = self.settings.names.get(api_key, "unknown application")

        async def answered(_: Call, __: bytes) -> Reply:
            if api_key not in self.settings.names:
                return failing(401)
            if self.gate.refused_by(api_key, self.settings.limits, self.world.clocks.wire.now()) is not None:
                return failing(429)
            try:
                return work(request)
            except Refused as refused:
                return refused.reply

        return await self.lane.serve(request, lambda _: Call(sender, operation), answered)

    def _organisation(self, request: Request) -> Reply:
        code = str(request.path_params["code"]).upper()
        found = known(self.world, self.settings).get(code)
        if found is None:
            raise Refused(404, "processing", f"HAPI-2001: Resource Organization/{code[:12]} is not known")
        return json_reply(200, resource(found), headers={"content-type": FHIR})

    def _search(self, request: Request) -> Reply:
        asked = dict(request.query_params)
        if foreign := sorted(asked.keys() - SEARCHED.keys() - MANNERS):
            raise Refused(400, "processing", f'HAPI-0524: Unknown search parameter "{foreign[0][:40]}"')
        if any(len(asked[name]) < SHORTEST_NAME for name in asked if name.startswith("name")):
            raise Refused(400, "processing", "a name is searched by three characters at least")
        every = sorted(known(self.world, self.settings).values(), key=lambda one: one.code)
        found = [one for one in every if all(SEARCHED[name](asked[name], one) for name in asked if name in SEARCHED)]
        first = as_count(asked.get("_offset", ""), 0)
        page = found[first : first + min(as_count(asked.get("_count", ""), self.settings.page), self.settings.page)]
        entries = [{"resource": resource(one), "search": {"mode": "match"}} for one in page]
        bundle: dict[str, object] = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        if asked.get("_summary") != "count":
            bundle["entry"] = entries
        return json_reply(200, bundle, headers={"content-type": FHIR})

    def _deletions(self, request: Request) -> Reply:
        name = str(request.path_params["name"])
        if name not in DELETIONS:
            raise Refused(404, "processing", f"HAPI-2001: Resource List/{name[:40]} is not known")
        gone = sorted(self.settings.archived) if name == DELETIONS[0] else []
        entries = [{"deleted": True, "item": {"identifier": {"system": CODES, "value": code}}} for code in gone]
        body: dict[str, object] = {"resourceType": "List", "id": name, "status": "current", "mode": "changes"}
        return json_reply(200, body | ({"entry": entries} if entries else {}), headers={"content-type": FHIR})

    def _look_up(self, request: Request) -> Reply:
        asked = request.query_params
        code = asked.get("code", "").upper()
        if asked.get("system") != CODES or not code:
            raise Refused(400, "processing", "system and code are needed")
        found = known(self.world, self.settings).get(code)
        if found is None:
            raise Refused(404, "not-found", f"Code {code[:12]} not found in {CODES}")
        told: list[dict[str, object]] = [
            property_of("status", "valueCode", "active" if found.active else "inactive"),
            property_of("inactive", "valueBoolean", not found.active),
            property_of("opStartDate", "valueDateTime", found.opened),
            *(property_of("role", "valueCode", role.code) for role in found.roles()),
            *(property_of("primaryRole", "valueCode", role.code) for role in islice(found.roles(), 1)),
            *self._succession(code),
        ]
        name = {"name": "display", "valueString": found.name}
        parameters = {"resourceType": "Parameters", "parameter": [name, *told]}
        return json_reply(200, parameters, headers={"content-type": FHIR})

    def _succession(self, code: str) -> list[dict[str, object]]:
        """Both sides hold it; of most practices that merged nobody does (§0.4)."""
        told = self.world.told_successions(as_of(self.world, self.settings))
        successors = [property_of("successor", "valueCode", one.successor.code) for one in told if one.predecessor.code == code]
        return successors + [
            property_of("predecessor", "valueCode", one.predecessor.code) for one in told if one.successor.code == code
        ]


def property_of(code: str, kind: str, value: object) -> dict[str, object]:
    """One property of a code."""
    return {"name": "property", "part": [{"name": "code", "valueCode": code}, {"name": "value", kind: value}]}


def as_count(text: str, otherwise: int) -> int:
    """A whole number that is not negative."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise  # noqa: PLR2004 - no page is longer
