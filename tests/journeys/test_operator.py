"""An operator works beside the running provider: partners and signing keys change, and nobody restarts anything."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest

from gpic.sandbox.browser import Page, browser
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.reach import Reach
from gpic.sandbox.stage import CLIENT_ID, Script, Stage, stage
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.sandbox.walk import log_in
from tests.conformance.op import Op, header_of, registered
from tests.journeys.conftest import Begin, Story

pytestmark = pytest.mark.anyio

GPIC = Path(sys.executable).with_name("gpic")
GP = "gp_integration_credentials"
SCOPES = f"openid profile email {GP}"
#: So that a rotation is followed within a test's patience.
QUICK = {"GPIC_PROVIDER__KEYS_READ_EVERY": "0.05", "GPIC_PROVIDER__KEY_LIFETIME_IN_CACHES": "0"}


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody with a shell on the provider's machine; each command is a process of its own."""

    stage: Stage
    settings: dict[str, str]

    async def admin(self, *words: str) -> object:
        """What `gpic admin … --json` prints; the command must succeed."""
        code, out, told = await self.try_admin(*words)
        assert 0 == code, told
        return json.loads(out)

    async def try_admin(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        database = Path(str(self.stage.nhs_login.database.engine.url.database))
        settings = {
            "GPIC_PROVIDER__ISSUER": self.stage.addresses.provider,
            "GPIC_PROVIDER__PROFILE": "compat",
            "GPIC_STORAGE__DATABASE": str(database),
            "GPIC_STORAGE__SEALING_KEYS": str(database.with_name("provider.keys")),
        }
        process = await asyncio.create_subprocess_exec(
            GPIC, "admin", *words, "--json",
            env=os.environ | settings | self.settings, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, told = await process.communicate()
        return process.returncode or 0, out.decode(), told.decode()


@dataclass(frozen=True, slots=True)
class Scene:
    """A story, a partner that looks at its tokens itself, and an operator."""

    story: Story
    op: Op
    operator: Operator

    async def tokens(self, scope: str = SCOPES) -> dict[str, str]:
        """Ada logs in."""
        return await self.op.tokens(await self.op.authorize(scope=scope))

    async def claims(self, tokens: dict[str, str]) -> set[str]:
        """Which claims these tokens open at this moment."""
        answer = await self.op.userinfo(tokens["access_token"])
        assert 200 == answer.status_code
        return set(answer.json()) - {"iss", "sub", "aud"}


@pytest.fixture
async def scene(begin: Begin, keys: SandboxKeys) -> AsyncIterator[Scene]:
    """A provider whose keys are read often, and a partner of which an operator knows the id alone."""
    story = await begin(Script(keys=keys, environment=QUICK))
    await story.stage.nhs_login.cabinets.clients.put(registered(story.stage, keys, "conformance"))
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        yield Scene(story, Op(story.stage, keys, story.person, http), Operator(story.stage, QUICK))


async def test_consent_withdrawn_ends_the_claim_at_the_next_userinfo(scene: Scene) -> None:
    """J25, N6: while the access token lives; no GP system is asked, and neither token works again, whatever is agreed later."""
    tokens = await scene.tokens()
    before = await scene.claims(tokens)
    await scene.story.stage.settled()
    scene.story.look_away()
    role = scene.story.stage.nhs_login
    subject = (await scene.op.userinfo(tokens["access_token"])).json()["sub"]
    settings = await scene.op.browser.open(f"{scene.op.issuer}/settings")
    await scene.op.browser.fill_in(settings, of="conformance", action="stop-sharing")

    assert {GP, "nhs_number", "email"} <= before
    assert 401 == (await scene.op.userinfo(tokens["access_token"])).status_code
    await role.cabinets.consents.agree(subject, "conformance", frozenset(SCOPES.split()), role.clocks.world.now())
    assert 401 == (await scene.op.userinfo(tokens["access_token"])).status_code
    refreshed = await scene.op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (400, "invalid_grant") == (refreshed.status_code, refreshed.json()["error"])
    assert {NHS_LOGIN: {}, PARTNER: {}} == scene.story.calls("EMIS")


async def test_consent_given_anew_opens_the_claim_anew(scene: Scene) -> None:
    """J25: the next login asks, since nothing is agreed any more."""
    tokens = await scene.tokens()
    role = scene.story.stage.nhs_login
    subject = (await scene.op.userinfo(tokens["access_token"])).json()["sub"]
    await role.cabinets.consents.withdraw(subject, "conformance", role.clocks.world.now())

    asked = await scene.op.browser.open(f"{scene.op.issuer}/authorize?{urlencode(scene.op.request(scope=SCOPES))}")
    assert asked.form_with("action").xpath(".//*[@name='action'][@value='agree']")
    again = await scene.tokens()
    assert GP in await scene.claims(again)


async def test_what_an_operator_takes_away_is_gone_at_the_next_request(scene: Scene) -> None:
    """N6: a scope, then the client itself, while an access token lives; each by a command of another process."""
    tokens = await scene.tokens()
    assert {GP, "email"} <= await scene.claims(tokens)

    await scene.operator.admin("clients", "edit", "conformance", "--remove-scope", GP)
    without = await scene.claims(tokens)
    asked = await scene.op.authorize(scope=SCOPES)
    await scene.operator.admin("clients", "edit", "conformance", "--disable")
    disabled = await scene.op.userinfo(tokens["access_token"])
    refused = await scene.op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    await scene.operator.admin("clients", "edit", "conformance", "--enable")

    assert (False, True) == (GP in without, "email" in without)
    assert "invalid_scope" == asked.error
    assert (401, "invalid_client") == (disabled.status_code, refused.json()["error"])
    assert "email" in await scene.claims(tokens)


async def test_a_removed_client_leaves_nothing_to_its_successor(scene: Scene, tmp_path: Path) -> None:
    """N6: under the same id and with the same key its tokens stay dead, and the person is asked anew."""
    tokens = await scene.tokens()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    shown = await scene.operator.admin("clients", "show", "conformance")
    assert isinstance(shown, dict)
    await scene.operator.admin("clients", "remove", "conformance")
    gone = await scene.op.http.get(f"{scene.op.issuer}/userinfo", headers=headers)
    file = tmp_path / "clients.toml"
    file.write_text("[[clients]]\n" + "\n".join(f"{name} = {json.dumps(value)}" for name, value in shown.items()))

    done = await scene.operator.admin("clients", "import", str(file))

    assert {"added": ["conformance"], "changed": [], "unchanged": []} == done
    assert [401, 401] == [gone.status_code, (await scene.op.userinfo(tokens["access_token"])).status_code]
    assert GP in await scene.claims(await scene.tokens())


async def test_a_partner_changes_its_key_without_a_pause(scene: Scene, tmp_path: Path, keys: SandboxKeys) -> None:
    """Both keys count for a while; once the old one is removed it counts no more."""
    other = SandboxKeys(provider=keys.provider, partner=keys.pds, pds=keys.pds)
    new = tmp_path / "new.pem"
    new.write_text(keys.pds.public_pem)
    with_new = Op(scene.story.stage, other, scene.story.person, scene.op.http)

    before = await with_new.post_token(grant_type="refresh_token", refresh_token="x")
    await scene.operator.admin("clients", "edit", "conformance", "--add-key", str(new))
    both = [await one.post_token(grant_type="refresh_token", refresh_token="x") for one in (scene.op, with_new)]
    await scene.operator.admin("clients", "edit", "conformance", "--remove-key", keys.partner.kid)
    after = [await one.post_token(grant_type="refresh_token", refresh_token="x") for one in (scene.op, with_new)]

    assert "invalid_client" == before.json()["error"]
    assert ["invalid_grant"] * 2 == [answer.json()["error"] for answer in both]
    assert ["invalid_client", "invalid_grant"] == [answer.json()["error"] for answer in after]


async def published(scene: Scene) -> list[str]:
    """The names in the JWK set."""
    answer = await scene.op.http.get(f"{scene.op.issuer}/.well-known/jwks.json")
    assert "public, max-age=0" == answer.headers["cache-control"]
    return [key["kid"] for key in answer.json()["keys"]]


async def until_published(scene: Scene, kids: list[str]) -> None:
    """Wait until the running provider has read the keys again."""
    async with asyncio.timeout(10):
        while await published(scene) != kids:  # noqa: ASYNC110 - nothing rings
            await asyncio.sleep(0.02)


async def test_signing_keys_rotate_under_a_running_provider(scene: Scene) -> None:
    """Next, current, retired: published before it signs, verifying after it signed; logins and live tokens never notice."""
    old = scene.story.stage.nhs_login.keys.current.kid
    first = await scene.tokens()
    assert [old] == await published(scene)

    prepared = await scene.operator.admin("keys", "rotate")
    assert isinstance(prepared, list)
    new = next(key["kid"] for key in prepared if key["stage"] == "next")
    await until_published(scene, [old, new])
    second = await scene.tokens()
    rotated = await scene.operator.admin("keys", "rotate")
    assert isinstance(rotated, list)
    waiting = next(key["kid"] for key in rotated if key["stage"] == "next")
    await until_published(scene, [new, waiting, old])
    third = await scene.tokens()

    assert [old, old, new] == [header_of(tokens["id_token"])["kid"] for tokens in (first, second, third)]
    for tokens in (first, second, third):
        assert (await scene.op.read(tokens["id_token"]))["sub"] == (await scene.op.userinfo(tokens["access_token"])).json()[
            "sub"
        ]


async def test_a_stolen_key_is_gone_at_an_operators_word(scene: Scene) -> None:
    """Promoted at once and retired at once: what it signed is accepted no more."""
    tokens = await scene.tokens()
    old = scene.story.stage.nhs_login.keys.current.kid

    await scene.operator.admin("keys", "rotate", "--at-once")
    left = await scene.operator.admin("keys", "retire", old, "--at-once")

    assert isinstance(left, list)
    await until_published(scene, [key["kid"] for key in left])
    assert 401 == (await scene.op.userinfo(tokens["access_token"])).status_code
    assert GP in await scene.claims(await scene.tokens())


async def outcome(
    keys: SandboxKeys, *, im1_enabled: bool, reach: Reach | None = None, **environment: str
) -> tuple[Page, Story]:
    """How Ada's login at the sample partner ends in such an environment; the sandbox is gone then, its journal stays."""
    script = Script(keys=keys, im1_enabled=im1_enabled, environment=environment, reach=reach or Reach())
    async with stage(script=script) as everything, browser(everything.ways) as person:
        story = Story(everything, person)
        page = await log_in(person, everything.addresses.partner, everything.people["ada"])
        await everything.settled()
        return page, story


IM1 = "GPIC_PROVIDER__REQUIRE_IM1"
ENVIRONMENT = "GPIC_PROVIDER__ENVIRONMENT"
STRICT = {"GPIC_PROVIDER__PROFILE": "strict"}
TLS = Reach(tls=True)


@pytest.mark.parametrize(
    ("environment", "reach", "is_needed"),
    [
        ({}, Reach(), False),
        ({IM1: "true"}, Reach(), True),
        ({ENVIRONMENT: "integration", **STRICT}, TLS, False),
        ({ENVIRONMENT: "integration", IM1: "true", **STRICT}, TLS, True),
        ({ENVIRONMENT: "production", **STRICT}, TLS, True),
        ({ENVIRONMENT: "production", IM1: "false", **STRICT}, TLS, True),
    ],
    ids=str,
)
async def test_the_mark_is_needed_where_it_is_required(
    keys: SandboxKeys, environment: dict[str, str], reach: Reach, *, is_needed: bool
) -> None:
    """J20, N5: forced on in production, a switch elsewhere; without the mark nobody signs in and no GP system is asked."""
    page, story = await outcome(keys, im1_enabled=False, reach=reach, **environment)

    assert is_needed == page.has("cannot-connect") != page.has("connected")
    asked = [message for message in story.stage.journal.list() if "/interaction" in message.operation]
    assert is_needed == (not asked)
    assert is_needed == (story.calls("EMIS") == {NHS_LOGIN: {}, PARTNER: {}})


async def test_in_production_the_mark_is_enough(keys: SandboxKeys) -> None:
    """J20: the same partner, marked."""
    page, _ = await outcome(keys, im1_enabled=True, reach=TLS, **{ENVIRONMENT: "production", **STRICT})

    assert page.has("connected")


async def test_a_mark_that_is_removed_ends_the_claim_while_a_token_lives(begin: Begin, keys: SandboxKeys) -> None:
    """J20, N6: where it is required; the rest of the answer stays, the next request for it is refused."""
    environment = QUICK | {IM1: "true"}
    story = await begin(Script(keys=keys, environment=environment))
    await story.stage.nhs_login.cabinets.clients.put(registered(story.stage, keys, "conformance"))
    operator = Operator(story.stage, environment)
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        scene = Scene(story, Op(story.stage, keys, story.person, http), operator)
        tokens = await scene.tokens()
        before = await scene.claims(tokens)
        code, _, told = await operator.try_admin("clients", "edit", "conformance", "--no-im1")
        after = await scene.claims(tokens)
        asked = await scene.op.authorize(scope=SCOPES)

    assert (0, True) == (code, "conformance is not IM1 enabled" in told)
    assert {GP} == before - after
    assert "invalid_scope" == asked.error


async def test_a_scope_that_was_never_registered_is_refused_everywhere(story: Story) -> None:
    """J20, N5: the sample partner without the GP scope is refused though nothing requires a mark."""
    cabinets = story.stage.nhs_login.cabinets
    operator = Operator(story.stage, {})
    await operator.admin("clients", "edit", CLIENT_ID, "--remove-scope", GP)

    page = await story.log_in("ada")

    assert page.has("cannot-connect")
    assert {NHS_LOGIN: {}, PARTNER: {}} == story.calls("EMIS")
    client = await cabinets.clients.get(CLIENT_ID)
    assert client is not None
    assert GP not in client.scopes
