"""What counts and traces in one process, and how a call and a task are watched."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from structlog.contextvars import bound_contextvars

from gpic.credentials.ports import Finished, Task, TaskKind, TaskOutcome
from gpic.monitoring.metrics import CALL_SECONDS, CALLS, TASK_SECONDS, TASKS, Meters
from gpic.monitoring.spans import NoSpans, Spans

LOG: Final = logging.getLogger("gpic.tasks")
Answer = TypeVar("Answer")
Run = Callable[[Task], Awaitable[TaskOutcome]]


@dataclass(frozen=True, slots=True)
class Watch:
    """One process's meters and spans."""

    meters: Meters = field(default_factory=Meters)
    spans: Spans = field(default_factory=NoSpans)
    elapsed: Callable[[], float] = time.perf_counter

    async def call(self, supplier: str, operation: str, answer: Awaitable[Answer]) -> Answer:
        """What a system answers, counted under the kind of the answer."""
        began, outcome = self.elapsed(), "raised"
        with self.spans.span(f"{supplier} {operation}", supplier=supplier, operation=operation) as span:
            try:
                answered = await answer
                outcome = word_of(answered)
            except asyncio.CancelledError:
                outcome = "broken-off"
                raise
            else:
                return answered
            finally:
                span.note("outcome", outcome)
                self.meters.count(CALLS, supplier, operation, outcome)
                self.meters.observe(CALL_SECONDS, self.elapsed() - began, supplier, operation)

    def tasks(self, carry: Mapping[TaskKind, Run]) -> dict[TaskKind, Run]:
        """Who does what, watched: everything that a run logs carries its `task_id`."""
        return {kind: self._watched(run) for kind, run in carry.items()}

    def _watched(self, run: Run) -> Run:
        async def watched(task: Task) -> TaskOutcome:
            kind, task_id = task.kind.value, secrets.token_hex(8)
            began, outcome = self.elapsed(), "failed"
            with bound_contextvars(task=kind, task_id=task_id), self.spans.span(f"task {kind}", task_id=task_id) as span:
                try:
                    ended = await run(task)
                    outcome = "finished" if isinstance(ended, Finished) else "again"
                except asyncio.CancelledError:
                    outcome = "broken-off"
                    raise
                else:
                    return ended
                finally:
                    span.note("outcome", outcome)
                    self.meters.count(TASKS, kind, outcome)
                    self.meters.observe(TASK_SECONDS, self.elapsed() - began, kind)
                    LOG.info("task %s", outcome)

        return watched


def word_of(answer: object) -> str:
    """`AlreadyLinked` is `already-linked`: the kind of an answer, and nothing of what it holds."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(answer).__name__).lower()
