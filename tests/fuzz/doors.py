"""The provider's and the control API's doors, called as their schemas allow and as they do not."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, GenerationMode
from schemathesis.generation.case import Case

from gpic.sandbox.control.openapi import document
from tests.fuzz.target import LARGEST, LONGEST, Grows, Hangs, memory, seeded

#: Seconds until a call counts as lost, on a machine where others work.
PATIENCE: Final = 20
#: Open for as long as somebody listens, or waits for what goes on: neither is a hang.
WAITING: Final = frozenset({"/api/stream", "/api/settle"})
#: A whole sandbox is copied there or begins anew, which takes some seconds of a processor.
ANEW: Final = frozenset({"/api/reset", "/api/snapshots/{name}", "/api/snapshots/{name}/restore"})
LONGEST_ANEW: Final = 10.0


class ServerError(AssertionError):
    """A door answered 5xx."""


@dataclass(frozen=True, slots=True)
class Door:
    """A server, what it says of itself, and what every call carries."""

    address: str
    document: Mapping[str, object]
    headers: Mapping[str, str]


def control_door(address: str, token: str) -> Door:
    """The control API; its token is shown always, or most calls would be told no more than that it is missing."""
    told = {name: part for name, part in document().items() if name != "security"}
    return Door(address, told, {"Authorization": f"Bearer {token}"})


def operations(door: Door) -> Iterator[tuple[str, Callable[[int, int | None], Counter[int]]]]:
    """Each operation's name, and what tries so many calls of it, the same ones each time or others."""
    schema = schemathesis.openapi.from_dict(dict(door.document))
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr] # our own documents hold no mistake
        if operation.path not in WAITING:
            yield operation.label, lambda count, by, one=operation: tried(door, one, count, by)  # type: ignore[misc] # binds the loop's value


def tried(door: Door, operation: object, examples: int, by: int | None) -> Counter[int]:
    """So many calls of one operation, good ones and bad ones; their statuses. Raises ServerError, Hangs, Grows."""
    before, statuses = memory(), Counter[int]()
    with requests.Session() as session:
        session.trust_env = False
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            strategy = operation.as_strategy(generation_mode=mode)  # type: ignore[attr-defined] # it has no public type

            @settings(
                max_examples=max(1, examples // 2),
                deadline=None,
                database=None,
                derandomize=by is None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )
            @given(strategy)
            def called(case: Case[APIOperation[Any, Any, Any, Any]]) -> None:
                statuses[call(door, case, session)] += 1

            with contextlib.suppress(Unsatisfiable):  # what takes nothing cannot be called wrongly
                seeded(called, by)()
    if (grown := memory() - before) > LARGEST:
        raise Grows(f"{door.address}: {grown // 2**20} MiB more than before")
    return statuses


def call(door: Door, case: Case[APIOperation[Any, Any, Any, Any]], session: requests.Session) -> int:
    """One call, whose answer is some refusal or success; its status."""
    began = time.process_time()
    answer = case.call(
        base_url=door.address, session=session, headers=dict(door.headers), timeout=PATIENCE, allow_redirects=False
    )
    took = time.process_time() - began
    if answer.status_code >= 500:
        raise ServerError(f"{answer.status_code}: {case.as_curl_command()[:1000]}")
    if took > (LONGEST_ANEW if case.operation.path in ANEW else LONGEST):
        raise Hangs(f"{took:.1f} s of a processor: {case.as_curl_command()[:1000]}")
    return answer.status_code
