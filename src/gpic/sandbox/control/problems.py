"""What the control API says where something is not done."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from gpic.nhs.organisations import OdsCodeInvalid
from gpic.provider.registration import RegistrationInvalid
from gpic.sandbox.control.asked import AskedWrongly
from gpic.sandbox.control.conversation import LoginUnknown, MessageUnknown
from gpic.sandbox.control.events import EventUnknown
from gpic.sandbox.control.knobs import FaultUnknown
from gpic.sandbox.control.running import PartnerTaken, PartnerUnknown
from gpic.sandbox.control.shapes import Problem
from gpic.sandbox.switchboard import SwitchInvalid, SwitchUnknown
from gpic.sandbox.theatre import SnapshotRefused, SnapshotUnknown
from gpic.simulators.faults import FaultInvalid
from gpic.simulators.register import AlreadyThere, NotSynthetic, Unheard

#: The first kind that fits decides. ValueError last: the world says so of what it cannot do.
STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (AskedWrongly, 400),
    (Unheard, 404),
    (OdsCodeInvalid, 404),
    (EventUnknown, 404),
    (FaultUnknown, 404),
    (SwitchUnknown, 404),
    (MessageUnknown, 404),
    (LoginUnknown, 404),
    (PartnerUnknown, 404),
    (SnapshotUnknown, 404),
    (AlreadyThere, 409),
    (PartnerTaken, 409),
    (FaultInvalid, 422),
    (SwitchInvalid, 422),
    (SnapshotRefused, 422),
    (RegistrationInvalid, 422),
    (NotSynthetic, 422),
    (ValueError, 422),
)
EXPECTED: Final = tuple(kind for kind, _ in STATUSES)


def refused(failure: Exception) -> Response:
    """The answer for a failure of one of the EXPECTED kinds."""
    status = next(status for kind, status in STATUSES if isinstance(failure, kind))
    return problem(status, sentence(failure))


def sentence(failure: Exception) -> str:
    """What a failure says, as a sentence. A KeyError would show its text in quotes."""
    text = str(failure.args[0]) if type(failure).__str__ is KeyError.__str__ and failure.args else str(failure)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of RFC 9457."""
    body = msgspec.json.encode(Problem(title=HTTPStatus(status).phrase, status=status, detail=detail))
    return Response(body, status, dict(headers or {}), "application/problem+json")
