"""The OpenAPI document of the control API, written from the table of operations and the shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from gpic.sandbox.control import shapes
from gpic.sandbox.control.asked import Operation
from gpic.sandbox.control.events import EVENTS
from gpic.sandbox.control.operations import OPERATIONS

REFERENCE: Final = "#/components/schemas/{name}"
IN_PATH: Final = re.compile(r"\{(\w+)\}")
MAKE_HAPPEN: Final = "makeHappen"
PROBLEMS: Final[Mapping[int, str]] = {
    400: "The query or the body does not fit",
    401: "The token is missing or another one",
    404: "There is no such thing",
    409: "There is such a thing already",
    421: "The Host header is not this sandbox's",
    422: "It cannot be done so",
}
INTRODUCTION: Final = (
    "Everything that may be seen and done in a running sandbox. People go by slug; keys and tokens show as fingerprints. "
    "Every call carries the token that the sandbox printed when it started, as `Authorization: Bearer`."
)
Json = dict[str, object]


def document() -> Json:
    """The whole document; plain values."""
    stream = {"get": _stream()}
    paths: dict[str, dict[str, Json]] = {}
    schemas = _schemas()
    for operation in OPERATIONS:
        paths.setdefault(f"/api{operation.path}", {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Control API of a gpic sandbox", "version": "1", "description": INTRODUCTION},
        "security": [{"token": []}],
        "paths": {**paths, "/api/stream": stream},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def types_of(operations: Iterable[Operation]) -> Iterator[object]:
    """Every shape that goes in or out."""
    for operation in operations:
        yield from (one for one in (operation.work.body, operation.reply) if one not in {None, str})
    yield from (event.parameters for event in EVENTS.values())
    yield shapes.Problem
    yield shapes.Told


def _schemas() -> Json:
    kinds = tuple(dict.fromkeys(types_of(OPERATIONS)))
    _, schemas = msgspec.json.schema_components(kinds, schema_hook=_anything, ref_template=REFERENCE)
    return dict(sorted(schemas.items()))


def _schema(kind: object) -> Json:
    (schema,), _ = msgspec.json.schema_components((kind,), schema_hook=_anything, ref_template=REFERENCE)
    return dict(schema)


def _anything(kind: type) -> Json:
    """A switch's value is of the switch's own kind."""
    if kind is not object:
        raise NotImplementedError
    return {"description": "Any JSON"}


def _described(operation: Operation) -> Json:
    told: Json = {"operationId": operation.id, "summary": operation.says}
    if parameters := [*_in_path(operation.path), *_in_query(operation.work.query)]:
        told["parameters"] = parameters
    if (body := _body(operation)) is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    told["responses"] = {str(operation.status): _answer(operation), **_problems(operation)}
    return told


def _body(operation: Operation) -> Json | None:
    if operation.id == MAKE_HAPPEN:
        kinds = dict.fromkeys(event.parameters for event in EVENTS.values())
        return {"anyOf": [_schema(kind) for kind in kinds], "description": _events()}
    return None if operation.work.body is None else _schema(operation.work.body)


def _events() -> str:
    lines = [f"- `{name}` ({event.parameters.__name__}): {event.sentence}" for name, event in EVENTS.items()]
    return "By the event's name:\n\n" + "\n".join(lines)


def _in_path(path: str) -> Iterator[Json]:
    for name in IN_PATH.findall(path):
        schema: Json = {"type": "string"}
        if path == "/events/{name}":
            schema["enum"] = list(EVENTS)
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(query: type[msgspec.Struct] | None) -> Iterator[Json]:
    for field in msgspec.structs.fields(query) if query is not None else ():
        yield {"name": field.encode_name, "in": "query", "required": False, "schema": _schema(field.type)}


def _answer(operation: Operation) -> Json:
    if operation.reply is None:
        return {"description": "Done"}
    schema: Json = {"type": "string"} if operation.reply is str else _schema(operation.reply)
    return {"description": operation.says, "content": {operation.media.partition(";")[0]: {"schema": schema}}}


def _problems(operation: Operation) -> Json:
    takes = operation.work.query is not None or operation.work.body is not None or operation.id == MAKE_HAPPEN
    wanted = {401, 421} | ({404} if "{" in operation.path else set()) | ({400} if takes else set())
    wanted |= {404, 409, 422} if operation.method in {"POST", "PUT"} and takes else set()
    wanted |= {422} if operation.id == "takeSnapshot" else set()
    problem = {"application/problem+json": {"schema": _schema(shapes.Problem)}}
    return {str(status): {"description": PROBLEMS[status], "content": problem} for status in sorted(wanted)}


def _stream() -> Json:
    says = (
        "Server-sent events: everything that changes, as it changes. Each `data` is a `Told`, each `id` its number; "
        "`Last-Event-ID` goes on from there."
    )
    return {
        "operationId": "followStream",
        "summary": "Everything that changes, as it changes",
        "description": says,
        "parameters": [{"name": "Last-Event-ID", "in": "header", "required": False, "schema": {"type": "integer"}}],
        "responses": {
            "200": {
                "description": "Events, until the sandbox ends",
                "content": {"text/event-stream": {"schema": _schema(shapes.Told)}},
            }
        },
    }
