"""Attack 25: to learn from how long an answer takes, or from its words, how near a guess was.

Without this in `src/gpic/nhs/secret.py`:
    - return hmac.compare_digest(self._text.encode(), other._text.encode())
    + return self._text == other._text
Without this in `src/gpic/provider/token/redeem.py`:
    - return hmac.compare_digest(challenge.encode(), grant.code_challenge.encode())
    + return challenge == grant.code_challenge
Without this in `src/gpic/web/form_tokens.py`:
    - hmac.compare_digest(token.encode(), made(key, interaction_id, browser).encode()) for key in (self.key, *self.former)
    + token == made(key, interaction_id, browser) for key in (self.key, *self.former)
Without this in `src/gpic/provider/sign_in.py`:
    - account, password_hash = (found[0], found[1].password_hash) if found is not None else (None, NOBODY)
    + if found is None: return None
    + account, password_hash = found[0], found[1].password_hash
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable

import pytest

from gpic.nhs.secret import Secret
from gpic.provider.identity.attempts import SignInRefused
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.passwords import Hashing
from gpic.provider.sign_in import SignIn
from gpic.provider.sign_in_limits import PasswordLimits
from gpic.provider.stages import AskUser
from gpic.provider.token.redeem import code_verifier_fits
from gpic.storage.provider import memory
from gpic.web.form_tokens import FormTokens
from tests.attacks.conftest import Scene
from tests.unit.provider.world import BROWSER, World, raw
from tests.unit.web.conftest import PhoneCodes

pytestmark = pytest.mark.anyio

FORMS = FormTokens(bytes(32))


@pytest.mark.parametrize(
    "compare",
    [
        lambda world: Secret("one") == Secret("two"),
        lambda world: code_verifier_fits("v" * 43, world.grant(code_challenge="c")),
        lambda world: FORMS.fits("0" * 64, "interaction", "browser"),
    ],
    ids=["secret", "verifier", "form-token"],
)
def test_secrets_are_compared_in_constant_time(
    world: World, compare: Callable[[World], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the standard library's comparison, which looks at every byte."""
    compared: list[int] = []
    honest = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append(len(one))
        return honest(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)

    assert not compare(world)
    assert compared


async def test_whoever_is_refused_as_a_client_reads_the_same_words(scene: Scene) -> None:
    """Unknown, disabled, wrong key, wrong audience: one body; only our log knows why."""
    op = scene.op
    good = op.assertion()
    forged = [
        op.assertion(iss="nobody", sub="nobody"),
        op.assertion(aud="https://evil.example"),
        op.assertion(exp=1),
        good[:-8] + ("A" * 8 if good[-8:] != "A" * 8 else "B" * 8),
        "x",
        "",
    ]
    answers = [await op.redeem("no code", client_assertion=one) for one in forged]

    assert {400} == {answer.status_code for answer in answers}
    assert 1 == len({answer.content for answer in answers})
    assert "invalid_client" == answers[0].json()["error"]
    assert len(set(map(str, scene.log.details))) >= 5


class CountedHashing(Hashing):
    """Counts the comparisons that take their time."""

    def __init__(self) -> None:
        super().__init__()
        self.done = 0

    async def matches(self, password_hash: str, password: str) -> bool:
        """Once more."""
        self.done += 1
        return await super().matches(password_hash, password)


async def test_an_address_that_nobody_has_takes_as_long(world: World) -> None:
    """A hash is computed all the same; the answer is the same value."""
    hashing = CountedHashing()
    cabinets = memory.cabinets(world.clocks)
    limits = PasswordLimits.of(cabinets.tried_passwords, IdentityPolicy(), world.wire)
    sign_in = SignIn(world.accounts, PhoneCodes(), cabinets.devices, limits, hashing=hashing)
    outcome = await world.authorize.begin(raw(), "", BROWSER)
    assert isinstance(outcome, AskUser)
    begun = time.perf_counter()
    answers = [
        await sign_in.password(outcome.interaction, email, "a wrong password")
        for email in ("alice@mail.example", "nobody@mail.example")
    ]

    assert [SignInRefused] * 2 == [type(answer) for answer in answers]
    assert 2 == hashing.done
    assert time.perf_counter() - begun < 60
