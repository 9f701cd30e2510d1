"""What processes write to standard error: one line of JSON each for machines, or text for people, with request and task ids."""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gpic.monitoring.log_format import LogFormat

#: Libraries that say too much: httpx2 each request, alembic each start, uvicorn each server.
CHATTY: Final = ("httpx2", "alembic", "uvicorn.error")


def configure(log_format: LogFormat) -> None:
    """From here on everything that is logged goes to standard error, in this form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        failure_without_its_words,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering(log_format)],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def rendering(log_format: LogFormat) -> list[Processor]:
    """The last steps."""
    if log_format is LogFormat.JSON:
        return [structlog.processors.EventRenamer("says"), structlog.processors.JSONRenderer(sort_keys=True)]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, timestamp_key="at")]


def failure_without_its_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A trace by files, lines and classes: an exception's text, a source line's values may quote a person or a key."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[1] is not None:
        event["failure"] = classes_of(info[1])
        event["trace"] = places_of(info[1])
    return event


def classes_of(failure: BaseException) -> str:
    """The class, and those of what it came from."""
    names, one = [], failure
    while True:
        names.append(type(one).__name__)
        cause = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if cause is None or len(names) == 8:  # noqa: PLR2004 - nobody reads more
            return " < ".join(names)
        one = cause


def places_of(failure: BaseException) -> str:
    """Where it was raised: `file.py:12 function` for each step, the innermost last."""
    steps, trace = [], failure.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        steps.append(f"{code.co_filename.rpartition('/src/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " | ".join(steps)
