"""Every page route of the provider: sign-in, one-time code, consent, step-up. Calls provider functions, renders templates."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

import jinja2
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gpic.provider.authorize.flow import Authorize
from gpic.provider.cookies import Cookies
from gpic.provider.errors import InteractionGone
from gpic.provider.scopes import needing_consent
from gpic.provider.sign_in import PasswordAccepted, SignedIn, SignIn, SignInRefused, TooManyAttempts
from gpic.provider.stages import AskUser, Interaction, Prompt, Redirect
from gpic.web import words
from gpic.web.environment import ASSETS, environment
from gpic.web.form_tokens import FormTokens
from gpic.web.rendering import Rendering, origin_of, see
from gpic.web.turns import Turns

LOG: Final = logging.getLogger("gpic.web")
BAD_REQUEST: Final = 400
FORBIDDEN: Final = 403
MOST_FIELDS: Final = 16
LONGEST_FIELD: Final = 16_384  #: bytes as they are sent; a password of 1024 letters of any script, percent-encoded, fits
GONE_HEADING: Final = "This page has expired"
UNUSABLE_HEADING: Final = "This form cannot be used"


@dataclass(frozen=True, slots=True)
class JinjaPages:
    """The pages that the protocol itself shows. They run no script: the protocol's headers allow none inline."""

    templates: jinja2.Environment = field(default_factory=environment)

    def unaddressable(self, sentence: str) -> str:
        """A whole HTML page that says why this request leads nowhere."""
        return self.templates.get_template("told.jinja").render(heading="You cannot log in from here", sentence=sentence)


@dataclass(frozen=True, slots=True)
class PageDesk:
    """What the pages work with."""

    authorize: Authorize
    sign_in: SignIn
    tokens: FormTokens
    templates: jinja2.Environment = field(default_factory=environment)

    @property
    def cookies(self) -> Cookies:
        """The provider's cookies."""
        return Cookies.of(self.authorize.policy)

    @property
    def rendering(self) -> Rendering:
        """How these pages leave us."""
        return Rendering(self.authorize.policy.is_secure, self.templates)


def routes(desk: PageDesk) -> list[BaseRoute]:
    """The pages, and what they are dressed in."""
    pages = _Pages(desk)
    return [
        Route("/interaction/{interaction_id}", pages.shown, methods=["GET"]),
        Route("/interaction/{interaction_id}", pages.answered, methods=["POST"]),
        Mount("/assets", StaticFiles(directory=ASSETS, check_dir=False)),
    ]


@dataclass(frozen=True, slots=True)
class _Visit:
    """A request for a page, and the interaction that it belongs to."""

    request: Request
    interaction: Interaction
    browser: str


@dataclass(frozen=True, slots=True)
class _Pages:
    desk: PageDesk
    turns: Turns = field(default_factory=Turns)

    async def shown(self, request: Request) -> Response:
        """The page that the interaction waits at."""
        return await self._visited(request, self._page)

    async def answered(self, request: Request) -> Response:
        """What the person wrote and pressed."""
        try:
            form = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
        except HTTPException:
            return self._told(UNUSABLE_HEADING, words.UNREADABLE, BAD_REQUEST)
        async with self.turns.of(request.path_params["interaction_id"]):
            return await self._visited(request, lambda visit: self._answered(visit, form))

    async def _visited(self, request: Request, act: Callable[[_Visit], Awaitable[Response]]) -> Response:
        try:
            return await act(await self._visit(request))
        except InteractionGone as gone:
            LOG.info("interaction gone", extra={"detail": gone.detail})
            return self._told(GONE_HEADING, gone.sentence, gone.status)

    async def _visit(self, request: Request) -> _Visit:
        """Raises InteractionGone; also without a cookie, which would find what no browser has taken up yet.

        Whoever kept such a request could share it with somebody, and finish it as the one who signs in.
        """
        browser = request.cookies.get(self.desk.cookies.browser, "")
        if not browser:
            raise InteractionGone(detail="the browser has no cookie of ours")
        interaction = await self.desk.authorize.waiting(request.path_params["interaction_id"], browser)
        return _Visit(request, interaction, browser)

    async def _page(self, visit: _Visit, error: str = "", **kept: str) -> Response:
        interaction = visit.interaction
        if interaction.prompt is Prompt.SIGN_IN and self.desk.sign_in.is_over(interaction):
            return self._over()
        field_id = "code" if interaction.half_signed_in else "email"
        return self.desk.rendering.page(
            _template(interaction),
            200,
            partner_origin=origin_of(interaction.request.redirect_uri),
            interaction_id=interaction.id,
            form_token=self.desk.tokens.of(interaction.id, visit.browser),
            partner=interaction.request.client.name,
            shared=words.shared(needing_consent(interaction.request.scopes)),
            errors=[{"text": error, "href": f"#{field_id}"}] if error else [],
            **kept,
        )

    async def _answered(self, visit: _Visit, form: FormData) -> Response:
        if not self.desk.tokens.fits(_text(form, "form_token"), visit.interaction.id, visit.browser):
            return self._told(UNUSABLE_HEADING, words.NOT_FROM_HERE, FORBIDDEN)
        answer = _ANSWERS.get((visit.interaction.prompt, _text(form, "action")), _Pages._misread)
        return await answer(self, visit, form)

    async def _misread(self, visit: _Visit, _form: FormData) -> Response:
        """A button that this page does not have: show the page again."""
        return await self._page(visit)

    async def _signing_in(self, visit: _Visit, form: FormData) -> Response:
        if visit.interaction.half_signed_in:
            # Who presses Continue twice sends the password twice; that is no wrong code.
            return await self._code(visit, form) if "code" in form else see(_path(visit.interaction))
        email = _text(form, "email")
        outcome = await self.desk.sign_in.password(visit.interaction, email, _text(form, "password"))
        await self.desk.authorize.save(outcome.interaction)
        match outcome:
            case PasswordAccepted():
                return see(_path(outcome.interaction))
            case SignInRefused():
                return await self._page(replace(visit, interaction=outcome.interaction), words.WRONG_PASSWORD, email=email)
            case TooManyAttempts():
                return self._over()

    async def _code(self, visit: _Visit, form: FormData) -> Response:
        outcome = await self.desk.sign_in.code(visit.interaction, _text(form, "code"))
        match outcome:
            case SignedIn(interaction, account, credentials_used):
                former = visit.request.cookies.get(self.desk.cookies.session, "")
                session, interaction = await self.desk.authorize.signed_in(interaction, account, credentials_used, former)
                response = await self._onward(await self.desk.authorize.resume(interaction))
                response.set_cookie(self.desk.cookies.session, session.id, **self.desk.cookies.attributes)
                return response
            case SignInRefused(interaction):
                await self.desk.authorize.save(interaction)
                return await self._page(replace(visit, interaction=interaction), words.WRONG_CODE)
            case TooManyAttempts(interaction):
                await self.desk.authorize.save(interaction)
                return self._over()

    async def _agreed(self, visit: _Visit, _form: FormData) -> Response:
        return await self._onward(await self.desk.authorize.agreed(visit.interaction))

    async def _declined(self, visit: _Visit, _form: FormData) -> Response:
        return await self._onward(await self.desk.authorize.declined(visit.interaction))

    def _over(self) -> Response:
        """Nobody may go on guessing: the interaction stays, and takes no more answers."""
        return self._told("You cannot sign in now", words.TOO_MANY, FORBIDDEN)

    async def _onward(self, outcome: Redirect | AskUser) -> Response:
        match outcome:
            case Redirect(location):
                return see(location)
            case AskUser(interaction):
                return see(_path(interaction))

    def _told(self, heading: str, sentence: str, status: int) -> Response:
        return self.desk.rendering.told(heading, sentence, status)


Answer = Callable[[_Pages, _Visit, FormData], Awaitable[Response]]

_TEMPLATES: Final[Mapping[Prompt, str]] = MappingProxyType(
    {Prompt.SIGN_IN: "sign_in.jinja", Prompt.CONSENT: "consent.jinja", Prompt.STEP_UP: "step_up.jinja"}
)
#: What each button does, by the page that it stands on.
_ANSWERS: Final[Mapping[tuple[Prompt, str], Answer]] = MappingProxyType(
    {
        (Prompt.SIGN_IN, "continue"): _Pages._signing_in,  # noqa: SLF001 - the table belongs to the class above
        (Prompt.CONSENT, "agree"): _Pages._agreed,  # noqa: SLF001
        (Prompt.CONSENT, "decline"): _Pages._declined,  # noqa: SLF001
        (Prompt.STEP_UP, "decline"): _Pages._declined,  # noqa: SLF001
    }
)


def _template(interaction: Interaction) -> str:
    if interaction.prompt is Prompt.SIGN_IN and interaction.half_signed_in:
        return "one_time_code.jinja"
    return _TEMPLATES[interaction.prompt]


def _path(interaction: Interaction) -> str:
    return f"/interaction/{interaction.id}"


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
