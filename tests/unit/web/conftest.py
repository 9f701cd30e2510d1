"""The pages over real HTTP semantics, on real cabinets in memory, with one person and one partner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import anyio.lowlevel
import httpx2
import pytest
from lxml import html
from starlette.applications import Starlette

from gpic.credentials.ports import NotOnPds, PracticeFound
from gpic.jose.keys import KeyRing, SigningKey
from gpic.nhs.answers import Unreachable
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.trust import ProofingLevel
from gpic.provider import endpoints
from gpic.provider.accounts import SignInSecrets
from gpic.provider.clients import Client
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.enrolment import Enrolment
from gpic.provider.identity.own_account import OwnAccount
from gpic.provider.identity.passkeys import PasskeyDesk
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import CodeSent, Devices, Letter, NotDelivered, TooManyCodes
from gpic.provider.identity.step_up import StepUp
from gpic.provider.passwords import hash_password
from gpic.provider.sign_in import SignIn
from gpic.provider.sign_in_limits import PasswordLimits
from gpic.sandbox import identity_checks
from gpic.sandbox.browser import Page
from gpic.sandbox.identity_checks import OneClickChecks
from gpic.sandbox.post import Post
from gpic.storage.provider import memory
from gpic.web.form_tokens import FormTokens
from gpic.web.pages import JinjaPages, routes
from gpic.web.visits import PageDesk
from tests.unit.provider.world import ALICE, ISSUER, World, partner, raw

PASSWORD = "correct horse battery staple"
CODE = "271828"


@dataclass
class PhoneCodes:
    """One code per contact and purpose, good once, as the port promises."""

    code: str = CODE
    sent: list[Contact] = field(default_factory=list)
    open: set[tuple[Contact, str]] = field(default_factory=set)
    letters: list[tuple[Contact, Letter]] = field(default_factory=list)
    answer: CodeSent | TooManyCodes | NotDelivered = field(default_factory=CodeSent)

    async def send(self, to: Contact, about: str, *, instead: Letter | None = None) -> CodeSent | TooManyCodes | NotDelivered:
        """Remember that a code is under way, or what went in its place; an earlier one is gone."""
        if not isinstance(self.answer, CodeSent):
            return self.answer
        self.sent.append(to)
        self.open = {one for one in self.open if one[1] != about}
        if instead is None:
            self.open.add((to, about))
        else:
            self.letters.append((to, instead))
        return self.answer

    async def check(self, to: Contact, about: str, code: str) -> bool:
        """True once; a phone is never reached without waiting."""
        await anyio.lowlevel.checkpoint()
        if code != self.code or (to, about) not in self.open:
            return False
        self.open.remove((to, about))
        return True


@dataclass
class Register:
    """A PDS of a few people."""

    people: dict[NhsNumber, PracticeFound] = field(default_factory=dict)
    is_down: bool = False
    asked: int = 0

    async def look_up(self, nhs_number: NhsNumber) -> PracticeFound | NotOnPds | Unreachable:
        """Who has this number."""
        self.asked += 1
        return Unreachable(detail="pds-503") if self.is_down else self.people.get(nhs_number, NotOnPds())


def seen(answer: httpx2.Response) -> Page:
    """The page as a browser without scripts sees it."""
    return Page(str(answer.url), answer.status_code, html.document_fromstring(answer.text))


@dataclass
class Visitor:
    """A person's browser at the pages."""

    client: httpx2.AsyncClient
    transport: httpx2.ASGITransport  #: for a second browser at the same pages
    world: World
    codes: PhoneCodes
    pds: Register
    checks: OneClickChecks
    post: Post
    devices: Devices

    async def arrive(self, **changes: str | None) -> httpx2.Response:
        """From the partner to the first page."""
        answer = await self.client.get("/authorize", params=dict(raw(**changes)))
        return await self.client.get(answer.headers["location"])

    async def send(self, page: httpx2.Response, **fields: str) -> httpx2.Response:
        """Fill in the page's form as it stands, hidden fields included."""
        form = seen(page).form_with("form_token")
        values = {name: value for name, value in form.form_values() if value is not None} | fields
        return await self.client.post(form.action or "", data=values)

    async def onward(self, answer: httpx2.Response) -> httpx2.Response:
        """Follow one redirect to a page of ours."""
        assert 303 == answer.status_code
        return await self.client.get(answer.headers["location"])

    async def sign_in(self, **changes: str | None) -> httpx2.Response:
        """Both factors; the answer to the second."""
        page = await self.arrive(**changes)
        page = await self.onward(await self.send(page, email=ALICE.email, password=PASSWORD, action="continue"))
        return await self.send(page, code=CODE, action="continue")

    async def step_up(self) -> httpx2.Response:
        """The page for somebody whose identity is not proved well enough; they sign in in a browser without a session."""
        self.client.cookies.clear()
        lower = replace(ALICE, subject="lower", email="lower@mail.example", level=ProofingLevel.P5)
        await self.world.accounts.put(lower, SignInSecrets(hash_password(PASSWORD)))
        page = await self.send(await self.arrive(), email=lower.email, password=PASSWORD, action="continue")
        return await self.onward(await self.send(await self.onward(page), code=CODE, action="continue"))


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Argon2 takes its time; once is enough."""
    return hash_password(PASSWORD)


@pytest.fixture(scope="session")
def keys() -> tuple[SigningKey, KeyRing]:
    """The partner's key and the provider's."""
    return SigningKey.generate(), KeyRing(SigningKey.generate())


@pytest.fixture
def client_changes() -> dict[str, object]:
    """What is different about the partner; a test may override it."""
    return {}


@pytest.fixture
async def visitor(
    keys: tuple[SigningKey, KeyRing], password_hash: str, client_changes: dict[str, object], anyio_backend: str
) -> AsyncIterator[Visitor]:
    """Somebody who has not been here before."""
    world, codes = World(*keys), PhoneCodes()
    cabinets = memory.cabinets(world.clocks)
    world.furnish(cabinets)
    client: Client = replace(partner(world.key), **client_changes)  # type: ignore[arg-type] # each test knows its fields
    await cabinets.clients.put(client)
    await cabinets.accounts.put(ALICE, SignInSecrets(password_hash))
    limits = PasswordLimits.of(cabinets.tried_passwords, IdentityPolicy(), world.clocks.wire)
    pds, checks, post = Register(), OneClickChecks(ISSUER), Post()
    desk = PageDesk(
        world.authorize,
        SignIn(cabinets.accounts, codes, cabinets.devices, limits, world.clocks.world),
        Enrolment(cabinets.accounts, codes),
        StepUp(cabinets.accounts, pds, cabinets.allowances, checks, world.clocks.wire),
        OwnAccount(
            cabinets.accounts,
            cabinets.sessions,
            cabinets.consents,
            cabinets.devices,
            codes,
            cabinets.allowances,
            post,
            world.clocks,
        ),
        PasskeyDesk(ISSUER, cabinets.accounts, cabinets.passkeys, world.clocks.world),
        FormTokens(bytes(32)),
    )
    provider = replace(world.provider, pages=JinjaPages())
    app = Starlette(routes=[*endpoints.routes(provider), *routes(desk), *identity_checks.routes(checks, desk.rendering)])
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as client_at_pages:
        yield Visitor(client_at_pages, transport, world, codes, pds, checks, post, cabinets.devices)
