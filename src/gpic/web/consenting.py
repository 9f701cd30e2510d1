"""Agreeing to share (`nhs-login.md` §8)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.datastructures import FormData
from starlette.responses import Response

from gpic.provider.scopes import needing_consent
from gpic.web import words
from gpic.web.visits import Answer, Visit


async def page(visit: Visit) -> Response:
    """What the partner asks for, in a person's words."""
    return visit.page("consent.jinja", shared=words.shared(needing_consent(visit.interaction.request.scopes)))


async def _agree(visit: Visit, _form: FormData) -> Response:
    return visit.onward(await visit.desk.authorize.agreed(visit.interaction))


async def _decline(visit: Visit, _form: FormData) -> Response:
    return visit.onward(await visit.desk.authorize.declined(visit.interaction))


#: What each button does.
ANSWERS: Final[Mapping[str, Answer]] = MappingProxyType({"agree": _agree, "decline": _decline})
