"""ORD, which is to be withdrawn: a record in its own JSON, where succession stands inside (`demographics.md` §3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gpic.simulators.lane import Call, Lane, Reply, json_reply
from gpic.simulators.ods.organisations import COST_CENTRE, Json, Organisation, as_of, known
from gpic.simulators.ods.settings import OdsSettings
from gpic.simulators.people import Succession
from gpic.simulators.world import World

BASE: Final = "/ORD/2-0-0"
ROOT: Final = "2.16.840.1.113883.2.1.3.2.4.18.48"
#: A sync that begins earlier is refused.
FARTHEST_BACK: Final = timedelta(days=185)
MOST: Final = 1000


def ord_routes(world: World, settings: OdsSettings, lane: Lane) -> list[Route]:
    """Below its own address; nobody needs a key."""
    door = _Ord(world, settings, lane)
    return [
        Route(BASE + "/organisations/{code}", door.record, methods=["GET"]),
        Route(BASE + "/organisations", door.listed, methods=["GET"]),
        Route(BASE + "/sync", door.changed, methods=["GET"]),
    ]


@dataclass(frozen=True, slots=True)
class _Ord:
    world: World
    settings: OdsSettings
    lane: Lane

    async def record(self, request: Request) -> Response:
        """GET organisations/{code}."""
        return await self._serve(request, "GET ORD organisation", self._record)

    async def listed(self, request: Request) -> Response:
        """GET organisations with parameters."""
        return await self._serve(request, "GET ORD organisations", self._listed)

    async def changed(self, request: Request) -> Response:
        """GET sync: what changed since a day, as links."""
        return await self._serve(request, "GET ORD sync", self._changed)

    async def _serve(self, request: Request, operation: str, work: Callable[[Request], Reply]) -> Response:
        async def answered(_: Call, __: bytes) -> Reply:
            return work(request)

        return await self.lane.serve(request, lambda _: Call("anybody", operation), answered)

    def _record(self, request: Request) -> Reply:
        found = known(self.world, self.settings).get(str(request.path_params["code"]).upper())
        if found is None:
            return refused(404, "Not found")
        heard = self.world.told_successions(as_of(self.world, self.settings))
        told = list(told_of(found.code, heard))
        return json_reply(200, {"Organisation": record(found, told, self.settings)})

    def _listed(self, request: Request) -> Reply:
        asked = request.query_params
        status, limit, first = asked.get("Status"), _count(asked.get("Limit"), MOST), _count(asked.get("Offset"), 0)
        found = [
            one
            for one in sorted(known(self.world, self.settings).values(), key=lambda one: one.code)
            if status in {None, _status(active=one.active)}
            and _has(one, asked.get("PrimaryRoleId"), primary=True)
            and _has(one, asked.get("NonPrimaryRoleId"), primary=False)
        ]
        return json_reply(200, {"Organisations": [_line(one, request) for one in found[first : first + min(limit, MOST)]]})

    def _changed(self, request: Request) -> Reply:
        try:
            since = date.fromisoformat(request.query_params.get("LastChangeDate", ""))
        except ValueError:
            return refused(406, "LastChangeDate is a day")
        if since < as_of(self.world, self.settings).date() - FARTHEST_BACK:
            return refused(406, f"LastChangeDate is at most {FARTHEST_BACK.days} days back")
        every = sorted(known(self.world, self.settings).values(), key=lambda one: one.code)
        links = [{"OrgLink": _link(one, request)} for one in every if one.changed >= since.isoformat()]
        return json_reply(200, {"Organisations": links})


def refused(status: int, words: str) -> Reply:
    """ORD says no; its bodies are not known, and these are ours."""
    return json_reply(status, {"errorCode": status, "errorText": words}, ok=False)


def record(one: Organisation, told: list[Json], settings: OdsSettings) -> Json:
    """The record; `Status` follows the operational dates. One that is but a reference says no more than who it was."""
    shown: Json = {
        "Name": one.name,
        "Date": _dates(one),
        "OrgId": {"root": ROOT, "assigningAuthorityName": "HSCIC", "extension": one.code},
        "Status": _status(active=one.active),
        "LastChangeDate": one.changed,
        "orgRecordClass": "RC1",
    }
    if one.ref_only:
        return shown | {"refOnly": True}
    shown["GeoLoc"] = {"Location": {"AddrLn1": "1 INVENTED LANE", "Town": "EXAMPLE TOWN", "PostCode": "ZZ99 3VZ"}}
    shown["Roles"] = {
        "Role": [
            {
                "id": role.code,
                "uniqueRoleId": number,
                **({"primaryRole": True} if number == 1 else {}),
                "Date": _dates(one),
                "Status": _status(active=role.active),
            }
            for number, role in enumerate(one.roles(), start=1)
        ]
    }
    lone = settings.lone_as_object and len(told) == 1
    return shown | ({"Succs": {"Succ": told[0] if lone else told}} if told else {})


def told_of(code: str, told: tuple[Succession, ...]) -> Iterator[Json]:
    """Immediate successions from the viewpoint of *code*: "Successor" is who replaced it."""
    for number, one in enumerate(told, start=1):
        if code not in {one.predecessor.code, one.successor.code}:
            continue
        kind, target = ("Successor", one.successor) if one.predecessor.code == code else ("Predecessor", one.predecessor)
        went_on = kind == "Successor" and any(next_one.predecessor == target for next_one in told)
        yield {
            "uniqueSuccId": number,
            "Date": [{"Type": "Legal", "Start": one.at.date().isoformat()}],
            "Type": kind,
            "Target": {
                "OrgId": {"root": ROOT, "assigningAuthorityName": "HSCIC", "extension": target.code},
                "PrimaryRoleId": {"id": COST_CENTRE[0]},
            },
            **({"forwardSuccession": True} if went_on else {}),
        }


def _dates(one: Organisation) -> list[Json]:
    ends = (("Operational", one.closed), ("Legal", one.legal_end))
    return [{"Type": kind, "Start": one.opened, **({"End": end} if end else {})} for kind, end in ends]


def _status(*, active: bool) -> str:
    return "Active" if active else "Inactive"


def _has(one: Organisation, wanted: str | None, *, primary: bool) -> bool:
    roles = [role.code for role in one.roles()]
    return wanted is None or wanted in (roles[:1] if primary else roles[1:])


def _link(one: Organisation, request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{BASE}/organisations/{one.code}"


def _line(one: Organisation, request: Request) -> Json:
    primary = next(one.roles(), None)
    return {
        "Name": one.name,
        "OrgId": one.code,
        "Status": _status(active=one.active),
        "OrgRecordClass": "RC1",
        "LastChangeDate": one.changed,
        **({"PrimaryRoleId": primary.code, "PrimaryRoleDescription": primary.words} if primary else {}),
        "OrgLink": _link(one, request),
    }


def _count(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else otherwise  # noqa: PLR2004 - no page is longer
