"""What browsers and partners reach of a provider: protocol and pages, one application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from gpic.provider import endpoints
from gpic.provider.endpoints import Provider
from gpic.provider.identity.codes import SentCodes, six_digits
from gpic.provider.identity.enrolment import Enrolment
from gpic.provider.identity.own_account import OwnAccount
from gpic.provider.identity.passkeys import PasskeyDesk
from gpic.provider.identity.ports import Courier, IdentityChecks, NobodyChecks
from gpic.provider.identity.step_up import StepUp
from gpic.provider.passwords import Hashing
from gpic.provider.sign_in import SignIn
from gpic.provider.sign_in_limits import PasswordLimits
from gpic.settings import Settings
from gpic.web import pages
from gpic.web.failures import failures
from gpic.web.form_tokens import FormTokens
from gpic.web.visits import PageDesk
from gpic.wiring.provider import Surroundings, protocol


@dataclass(frozen=True, slots=True)
class Outside:
    """What only the front needs: who brings letters, what forms are marked with, who checks identities, how codes are made.

    *more* are routes beside ours, such as a stand-in's page.
    """

    courier: Courier
    forms: FormTokens = field(repr=False)
    checks: IdentityChecks = field(default_factory=NobodyChecks)
    new_code: Callable[[], str] = six_digits
    more: tuple[BaseRoute, ...] = ()


def front(settings: Settings, around: Surroundings, outside: Outside) -> Starlette:
    """The application, the same in a sandbox and in a provider for real."""
    provider = protocol(settings, around)
    desk = page_desk(settings, around, outside, provider)
    app = Starlette(
        routes=[*endpoints.routes(provider), *pages.routes(desk), *outside.more],
        exception_handlers=dict(failures(desk.rendering)),
        middleware=[Middleware(endpoints.Guarded, settings.provider)],
    )
    # It would lead to whatever host a request names, and repeat forms with credentials there (`attacks-and-interop.md` 8, 27).
    app.router.redirect_slashes = False
    return app


def page_desk(settings: Settings, around: Surroundings, outside: Outside, provider: Provider) -> PageDesk:
    """What the pages work with."""
    cabinets, policy, wire = around.cabinets, settings.identity, around.clocks.wire
    codes = SentCodes(cabinets.code_shelf, cabinets.allowances, outside.courier, wire, policy, outside.new_code)
    hashing = Hashing(policy.hashes_at_once)
    return PageDesk(
        authorize=provider.authorize,
        sign_in=SignIn(
            cabinets.accounts,
            codes,
            cabinets.devices,
            PasswordLimits.of(cabinets.tried_passwords, policy, wire),
            around.clocks.world,
            hashing=hashing,
        ),
        enrolment=Enrolment(cabinets.accounts, codes, policy, hashing),
        step_up=StepUp(cabinets.accounts, around.pds, cabinets.allowances, outside.checks, wire, policy),
        own=OwnAccount(
            accounts=cabinets.accounts,
            sessions=cabinets.sessions,
            consents=cabinets.consents,
            devices=cabinets.devices,
            codes=codes,
            allowances=cabinets.allowances,
            courier=outside.courier,
            clocks=around.clocks,
            policy=policy,
            hashing=hashing,
        ),
        passkeys=PasskeyDesk(settings.provider.issuer, cabinets.accounts, cabinets.passkeys, around.clocks.world),
        tokens=outside.forms,
    )
