"""Every page route of the provider. What each page does stands in a module of its own, a table of its buttons at the end."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import jinja2
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gpic.provider.errors import InteractionGone
from gpic.provider.stages import Interaction, Prompt
from gpic.web import consenting, enrolling, proving, settings, signing_in, words
from gpic.web.environment import ASSETS, SCRIPTS, environment
from gpic.web.turns import Turns
from gpic.web.visits import FORBIDDEN, Answer, PageDesk, Visit, text

LOG: Final = logging.getLogger("gpic.web")
BAD_REQUEST: Final = 400
MOST_FIELDS: Final = 16
LONGEST_FIELD: Final = 16_384  #: bytes as they are sent; a password of 1024 letters of any script, percent-encoded, fits
GONE_HEADING: Final = "This page has expired"
UNUSABLE_HEADING: Final = "This form cannot be used"

#: What each button does, by the page that it stands on.
_ANSWERS: Final[Mapping[Prompt, Mapping[str, Answer]]] = MappingProxyType(
    {Prompt.SIGN_IN: signing_in.ANSWERS, Prompt.STEP_UP: proving.ANSWERS, Prompt.CONSENT: consenting.ANSWERS}
)


@dataclass(frozen=True, slots=True)
class JinjaPages:
    """The pages that the protocol itself shows. They run no script: the protocol's headers allow none inline."""

    templates: jinja2.Environment = field(default_factory=environment)

    def unaddressable(self, sentence: str) -> str:
        """A whole HTML page that says why this request leads nowhere."""
        return self.templates.get_template("told.jinja").render(heading="You cannot log in from here", sentence=sentence)


def routes(desk: PageDesk) -> list[BaseRoute]:
    """The pages, and what they are dressed in."""
    pages = _Pages(desk)
    return [
        Route("/interaction/{interaction_id}", pages.shown, methods=["GET"]),
        Route("/interaction/{interaction_id}", pages.answered, methods=["POST"]),
        Route("/interaction/{interaction_id}/checked", pages.checked, methods=["GET"]),
        *settings.routes(desk),
        Mount("/scripts", StaticFiles(directory=SCRIPTS)),
        Mount("/assets", StaticFiles(directory=ASSETS, check_dir=False)),
    ]


@dataclass(frozen=True, slots=True)
class _Pages:
    desk: PageDesk
    turns: Turns = field(default_factory=Turns)

    async def shown(self, request: Request) -> Response:
        """The page that the interaction waits at."""
        return await self._visited(request, page)

    async def checked(self, request: Request) -> Response:
        """Somebody comes back from an identity check."""
        async with self.turns.of(request.path_params["interaction_id"]):
            return await self._visited(request, proving.checked)

    async def answered(self, request: Request) -> Response:
        """What the person wrote and pressed."""
        try:
            form = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
        except HTTPException:
            return self.desk.rendering.told(UNUSABLE_HEADING, words.UNREADABLE, BAD_REQUEST)
        async with self.turns.of(request.path_params["interaction_id"]):
            return await self._visited(request, lambda visit: self._answered(visit, form))

    async def _visited(self, request: Request, act: Callable[[Visit], Awaitable[Response]]) -> Response:
        try:
            return await act(await self._visit(request))
        except InteractionGone as gone:
            LOG.info("interaction gone", extra={"detail": gone.detail})
            return self.desk.rendering.told(GONE_HEADING, gone.sentence, gone.status)

    async def _visit(self, request: Request) -> Visit:
        """Raises InteractionGone; also without a cookie, which would find what no browser has taken up yet.

        Whoever kept such a request could share it with somebody, and finish it as the one who signs in.
        """
        browser = request.cookies.get(self.desk.cookies.browser, "")
        if not browser:
            raise InteractionGone(detail="the browser has no cookie of ours")
        interaction = await self.desk.authorize.waiting(request.path_params["interaction_id"], browser)
        return Visit(self.desk, request, interaction, browser)

    async def _answered(self, visit: Visit, form: FormData) -> Response:
        if not self.desk.tokens.fits(text(form, "form_token"), visit.interaction.id, visit.browser):
            LOG.warning("refused", extra={"code": "form_not_from_here", "detail": "the form's token does not fit its browser"})
            return self.desk.rendering.told(UNUSABLE_HEADING, words.NOT_FROM_HERE, FORBIDDEN)
        answer = answers(visit.interaction).get(text(form, "action"))
        return await answer(visit, form) if answer is not None else await page(visit)


async def page(visit: Visit) -> Response:
    """The page that this interaction waits at."""
    interaction = visit.interaction
    match interaction.prompt:
        case Prompt.SIGN_IN:
            return enrolling.page(visit) if interaction.enrolling is not None else signing_in.page(visit)
        case Prompt.STEP_UP:
            return await proving.page(visit)
        case Prompt.CONSENT:
            return await consenting.page(visit)


def answers(interaction: Interaction) -> Mapping[str, Answer]:
    """The buttons of that page. One that it does not have shows it again."""
    if interaction.prompt is Prompt.SIGN_IN and interaction.enrolling is not None:
        return enrolling.ANSWERS
    return _ANSWERS[interaction.prompt]
