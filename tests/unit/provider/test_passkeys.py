"""Passkeys: made, used, and everything that is refused."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.jose.keys import SigningKey
from gpic.nhs.clock import Clocks, MovableClock
from gpic.provider.accounts import SignInSecrets
from gpic.provider.authorize.checks import check
from gpic.provider.identity.attempts import SignedIn, SignInRefused, TooManyAttempts
from gpic.provider.identity.passkeys import LONGEST_CREDENTIAL, MOST_PASSKEYS, PasskeyDesk
from gpic.provider.policy import ProviderPolicy
from gpic.provider.stages import Interaction, Prompt
from gpic.storage.provider import memory
from gpic.storage.provider.cabinets import Cabinets
from tests.unit.provider.authenticator import UP, UV, Authenticator, text_of
from tests.unit.provider.world import ALICE, ISSUER, NOW, addressed, partner

pytestmark = pytest.mark.anyio

CHALLENGE, OTHER = bytes(32), bytes(31) + b"\x01"


@dataclass
class Counter:
    """Where passkeys are made and used, and Alice's authenticator."""

    desk: PasskeyDesk
    cabinets: Cabinets
    device: Authenticator
    waiting: Interaction

    async def make(self) -> None:
        """A passkey of Alice's."""
        made = await self.desk.add(ALICE, CHALLENGE, self.device.create(await self.desk.wanted(ALICE, CHALLENGE)), "a device")
        assert made is not None

    async def use(self, challenge: bytes = CHALLENGE) -> SignedIn | SignInRefused | TooManyAttempts:
        """A sign-in with it."""
        return await self.desk.sign_in(self.waiting, challenge, self.device.get(self.desk.asked(challenge)))


@pytest.fixture(scope="module")
def waiting() -> Interaction:
    """A request that waits for whoever signs in."""
    request = check(addressed(partner(SigningKey.generate())), ProviderPolicy(ISSUER))
    return Interaction("interaction", "browser", request, Prompt.SIGN_IN, NOW + timedelta(minutes=30))


@pytest.fixture
async def counter(waiting: Interaction, anyio_backend: str) -> Counter:
    """Alice has an account and no passkey."""
    clock = MovableClock(NOW)
    cabinets = memory.cabinets(Clocks(wire=clock, world=clock))
    await cabinets.accounts.put(ALICE, SignInSecrets("a hash"))
    desk = PasskeyDesk(ISSUER, cabinets.accounts, cabinets.passkeys, clock)
    return Counter(desk, cabinets, Authenticator(ISSUER, "auth.example"), waiting)


async def test_a_passkey_is_made_and_signs_in_alone(counter: Counter) -> None:
    """Cm: one factor that counts as two; nobody typed who they are."""
    await counter.make()

    assert SignedIn(counter.waiting, ALICE, frozenset("m")) == await counter.use()
    [kept] = await counter.cabinets.passkeys.of(ALICE.subject)
    assert (text_of(counter.device.id), "a device", NOW, 1) == (kept.id, kept.name, kept.since, kept.sign_count)


async def test_what_is_asked_of_a_browser(counter: Counter) -> None:
    """Our host without a port, the person verified, a key that is found without a name; no second one on one device."""
    await counter.make()
    made, used = json.loads(await counter.desk.wanted(ALICE, CHALLENGE)), json.loads(counter.desk.asked(CHALLENGE))

    assert ("auth.example", "required", text_of(CHALLENGE)) == (used["rpId"], used["userVerification"], used["challenge"])
    assert [] == used.get("allowCredentials", [])
    assert "auth.example" == made["rp"]["id"]
    assert ("required", "required") == tuple(
        made["authenticatorSelection"][name] for name in ("residentKey", "userVerification")
    )
    assert (ALICE.email, text_of(ALICE.subject.encode())) == (made["user"]["name"], made["user"]["id"])
    assert [text_of(counter.device.id)] == [one["id"] for one in made["excludeCredentials"]]
    assert "localhost" == replace(counter.desk, issuer="http://localhost:9000").rp_id


def bent(**fields: object) -> Callable[[Authenticator], None]:
    """A device with other fields."""

    def bend(device: Authenticator) -> None:
        for name, value in fields.items():
            setattr(device, name, value)

    return bend


BENT = {
    "another origin": bent(origin="https://evil.example"),
    "another host": bent(rp_id="evil.example"),
    "nobody touched it": bent(flags=UV),
    "nobody was verified": bent(flags=UP),
}


@pytest.mark.parametrize("how", BENT)
async def test_a_bent_answer_makes_no_passkey(counter: Counter, how: str) -> None:
    """Phishing, and keys that let in whoever finds them."""
    BENT[how](counter.device)
    options = await counter.desk.wanted(ALICE, CHALLENGE)

    assert None is await counter.desk.add(ALICE, CHALLENGE, counter.device.create(options), "a device")
    assert () == await counter.cabinets.passkeys.of(ALICE.subject)


@pytest.mark.parametrize(
    "how",
    [*BENT, "another's key", "another's name"],
)
async def test_a_bent_answer_signs_nobody_in(counter: Counter, how: str) -> None:
    """It is counted like a wrong password; the next right one still serves."""
    await counter.make()
    good = replace(counter.device)
    more = {"another's key": bent(key=Authenticator("", "").key), "another's name": bent(user=b"somebody")}
    (BENT | more)[how](counter.device)

    assert SignInRefused(replace(counter.waiting, attempts=1)) == await counter.use()
    counter.device = replace(good, count=5)
    assert isinstance(await counter.use(), SignedIn)


async def test_an_answer_serves_once(counter: Counter) -> None:
    """Another page has another challenge; and on the same one the count has risen."""
    await counter.make()
    answer = counter.device.get(counter.desk.asked(CHALLENGE))

    assert isinstance(await counter.desk.sign_in(counter.waiting, CHALLENGE, answer), SignedIn)
    assert isinstance(await counter.desk.sign_in(counter.waiting, CHALLENGE, answer), SignInRefused)
    assert isinstance(await counter.desk.sign_in(counter.waiting, OTHER, answer), SignInRefused)


async def test_a_copied_authenticator_is_noticed(counter: Counter) -> None:
    """Its count goes back."""
    await counter.make()
    copy = replace(counter.device)
    await counter.use()
    await counter.use()
    counter.device = copy

    assert isinstance(await counter.use(), SignInRefused)


async def test_an_authenticator_that_does_not_count_serves_again(counter: Counter) -> None:
    """Those that are synchronised always say 0."""
    await counter.make()
    for _ in range(2):
        counter.device.count = -1
        assert isinstance(await counter.use(), SignedIn)


async def test_without_a_user_handle_the_key_says_who_it_is(counter: Counter) -> None:
    """Old authenticators send none."""
    await counter.make()
    answer = json.loads(counter.device.get(counter.desk.asked(CHALLENGE)))
    del answer["response"]["userHandle"]

    assert isinstance(await counter.desk.sign_in(counter.waiting, CHALLENGE, json.dumps(answer)), SignedIn)


async def test_an_answer_to_another_page_makes_no_passkey(counter: Counter) -> None:
    """And one that is known is not added again, for nobody."""
    answer = counter.device.create(await counter.desk.wanted(ALICE, CHALLENGE))
    assert None is await counter.desk.add(ALICE, OTHER, answer, "a device")
    assert await counter.desk.add(ALICE, CHALLENGE, answer, "a device") is not None

    thief = replace(ALICE, subject="thief")
    assert None is await counter.desk.add(thief, CHALLENGE, answer, "a device")
    assert () == await counter.cabinets.passkeys.of("thief")


async def test_a_removed_passkey_signs_nobody_in(counter: Counter) -> None:
    """Nor one whose account is gone."""
    await counter.make()
    await counter.cabinets.passkeys.remove(ALICE.subject, text_of(counter.device.id))

    assert isinstance(await counter.use(), SignInRefused)


async def test_an_account_has_so_many_passkeys(counter: Counter) -> None:
    """A page that lists them has an end."""
    for _ in range(MOST_PASSKEYS):
        counter.device = Authenticator(ISSUER, "auth.example")
        await counter.make()
    answer = Authenticator(ISSUER, "auth.example").create(await counter.desk.wanted(ALICE, CHALLENGE))

    assert None is await counter.desk.add(ALICE, CHALLENGE, answer, "one more")


async def test_attempts_end(counter: Counter) -> None:
    """With the passwords and codes of the same interaction."""
    await counter.make()
    counter.waiting = replace(counter.waiting, attempts=5)
    assert TooManyAttempts(counter.waiting) == await counter.use()


async def test_the_last_attempt_is_told(counter: Counter) -> None:
    """The fifth wrong one."""
    at = replace(counter.waiting, attempts=4)

    assert TooManyAttempts(replace(at, attempts=5)) == await counter.desk.sign_in(at, CHALLENGE, "{}")


async def test_an_endless_answer_is_not_read(counter: Counter) -> None:
    """Attack 26."""
    await counter.make()
    answer = counter.device.get(counter.desk.asked(CHALLENGE))
    padded = answer[:-1] + " " * (LONGEST_CREDENTIAL - len(answer)) + "}"

    assert isinstance(await counter.desk.sign_in(counter.waiting, CHALLENGE, padded + " "), SignInRefused)
    assert isinstance(await counter.desk.sign_in(counter.waiting, CHALLENGE, padded), SignedIn)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.text(max_size=60) | json_values.map(json.dumps))
async def test_nonsense_is_refused_and_breaks_nothing(text: str) -> None:
    """Whatever a form brings."""
    cabinets = memory.cabinets(Clocks())
    desk = PasskeyDesk(ISSUER, cabinets.accounts, cabinets.passkeys)

    assert None is await desk.add(ALICE, CHALLENGE, text, "a device")


@given(
    where=st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "attestationObject"]),
    value=json_values | st.binary(max_size=80).map(text_of),
)
async def test_a_bent_field_is_refused_and_breaks_nothing(where: str, value: object) -> None:
    """A whole answer, in which one part is replaced by anything."""
    cabinets = memory.cabinets(Clocks())
    await cabinets.accounts.put(ALICE, SignInSecrets("a hash"))
    desk, device = PasskeyDesk(ISSUER, cabinets.accounts, cabinets.passkeys), Authenticator(ISSUER, "auth.example")
    made = json.loads(device.create(await desk.wanted(ALICE, CHALLENGE)))
    (made if where in made else made["response"])[where] = value

    assert None is await desk.add(ALICE, CHALLENGE, json.dumps(made), "a device")


async def test_what_is_refused_is_logged_by_its_kind_alone(counter: Counter, caplog: pytest.LogCaptureFixture) -> None:
    """The library's words may quote what came."""
    caplog.set_level(logging.INFO, "gpic.provider")
    await counter.make()
    assert isinstance(await counter.use(OTHER), SignedIn)
    assert [] == caplog.records

    await counter.desk.sign_in(counter.waiting, CHALLENGE, counter.device.get(counter.desk.asked(OTHER)))

    assert [("a passkey was refused", "InvalidAuthenticationResponse")] == [
        (one.message, vars(one)["detail"]) for one in caplog.records
    ]
