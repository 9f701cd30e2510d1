"""Somebody at a page: what came, what the page needs, and how it leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

import jinja2
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from gpic.provider.accounts import Account
from gpic.provider.authorize.flow import Authorize
from gpic.provider.cookies import Cookies
from gpic.provider.identity.enrolment import Enrolment
from gpic.provider.identity.own_account import OwnAccount
from gpic.provider.identity.passkeys import PasskeyDesk
from gpic.provider.identity.step_up import StepUp
from gpic.provider.sign_in import SignIn
from gpic.provider.sign_in_limits import caller
from gpic.provider.stages import AskUser, Interaction, Redirect
from gpic.web import words
from gpic.web.environment import environment
from gpic.web.form_tokens import FormTokens
from gpic.web.rendering import Rendering, origin_of, see

FORBIDDEN: Final = 403


@dataclass(frozen=True, slots=True)
class PageDesk:
    """What the pages work with."""

    authorize: Authorize
    sign_in: SignIn
    enrolment: Enrolment
    step_up: StepUp
    own: OwnAccount
    passkeys: PasskeyDesk
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


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page, and the interaction that it belongs to."""

    desk: PageDesk
    request: Request
    interaction: Interaction
    browser: str

    @property
    def path(self) -> str:
        """Where this interaction's page is."""
        return f"/interaction/{self.interaction.id}"

    @property
    def address(self) -> str:
        """Whose request it is, behind our own proxies; "" where nobody can tell."""
        peer = self.request.client.host if self.request.client is not None else ""
        forwarded = ",".join(self.request.headers.getlist("x-forwarded-for"))
        return caller(peer, forwarded, self.desk.own.policy.proxies)

    def at(self, interaction: Interaction) -> Visit:
        """The same visit, as far as the interaction has come now."""
        return replace(self, interaction=interaction)

    def page(self, template: str, error: str = "", error_at: str = "", **said: object) -> Response:
        """A page with a form; *error_at* is the id of the field that has the error."""
        interaction = self.interaction
        return self.desk.rendering.page(
            template,
            200,
            partner_origin=origin_of(interaction.request.redirect_uri),
            interaction_id=interaction.id,
            form_token=self.desk.tokens.of(interaction.id, self.browser),
            partner=interaction.request.client.name,
            errors=[{"text": error, "href": f"#{error_at}"}] if error else [],
            **said,
        )

    def over(self) -> Response:
        """Nobody may go on guessing: the interaction stays, and takes no more answers."""
        return self.desk.rendering.told("You cannot sign in now", words.TOO_MANY, FORBIDDEN)

    async def signed_in(self, interaction: Interaction, account: Account, credentials_used: frozenset[str]) -> Response:
        """A new session in a new cookie, and onward."""
        desk = self.desk
        former = self.request.cookies.get(desk.cookies.session, "")
        session, interaction = await desk.authorize.signed_in(interaction, account, credentials_used, former)
        response = self.onward(await desk.authorize.resume(interaction))
        response.set_cookie(desk.cookies.session, session.id, **desk.cookies.attributes)
        return response

    def onward(self, outcome: Redirect | AskUser) -> Response:
        """Back to the partner, or to the next page."""
        match outcome:
            case Redirect(location):
                return see(location)
            case AskUser(interaction):
                return see(self.at(interaction).path)


#: What a button does.
Answer = Callable[[Visit, FormData], Awaitable[Response]]


def text(form: FormData, name: str) -> str:
    """A field's text, "" where there is none or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
