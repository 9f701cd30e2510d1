"""Both factors, without pages."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.jose.keys import SigningKey
from gpic.nhs.clock import Clocks, SystemClock
from gpic.provider.accounts import SignInSecrets
from gpic.provider.authorize.checks import check
from gpic.provider.identity.attempts import SignedIn, SignInRefused, TooManyAttempts
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import CodeSent, Letter
from gpic.provider.passwords import HASHER, LONGEST_PASSWORD, NOBODY, Hashing, hash_password, matches
from gpic.provider.policy import ProviderPolicy
from gpic.provider.sign_in import PasswordAccepted, SignIn, SignInPolicy
from gpic.provider.sign_in_limits import PasswordLimits
from gpic.provider.stages import Interaction, Prompt
from gpic.storage.provider import memory
from tests.unit.provider.world import ALICE, ISSUER, NOW, addressed, partner

PASSWORD = "correct horse battery staple"
CODE = "271828"
HASH = hash_password(PASSWORD)


@dataclass
class Telephone:
    """A fresh code for each sending, good once, as the port promises."""

    rings: list[tuple[Contact, str]] = field(default_factory=list)
    open: dict[tuple[Contact, str], str] = field(default_factory=dict)

    async def send(self, to: Contact, about: str, *, instead: Letter | None = None) -> CodeSent:
        """Remember who was rung up."""
        self.rings.append((to, about))
        self.open[to, about] = CODE
        return CodeSent()

    async def check(self, to: Contact, about: str, code: str) -> bool:
        """True once."""
        is_right = self.open.get((to, about)) == code
        if is_right:
            del self.open[to, about]
        return is_right


@dataclass
class Door:
    """A sign-in with one account behind it, and a request that waits at it."""

    sign_in: SignIn
    telephone: Telephone
    waiting: Interaction


@pytest.fixture(scope="module")
def waiting() -> Interaction:
    """A request that waits for whoever signs in."""
    request = check(addressed(partner(SigningKey.generate())), ProviderPolicy(ISSUER))
    return Interaction("interaction", "browser", request, Prompt.SIGN_IN, NOW + timedelta(minutes=30))


async def door(waiting: Interaction, policy: SignInPolicy | None = None, at_once: int = 4) -> Door:
    """Alice can sign in here."""
    cabinets = memory.cabinets(Clocks())
    accounts = cabinets.accounts
    await accounts.put(ALICE, SignInSecrets(HASH))
    telephone = Telephone()
    limits = PasswordLimits.of(cabinets.tried_passwords, IdentityPolicy(), SystemClock())
    return Door(
        SignIn(accounts, telephone, cabinets.devices, limits, policy=policy or SignInPolicy(), hashing=Hashing(at_once)),
        telephone,
        waiting,
    )


@pytest.mark.anyio
async def test_a_password_then_a_code_sign_in(waiting: Interaction) -> None:
    """Both factors are named as a vector names them; the code went to the owner of the password."""
    at = await door(waiting)

    accepted = await at.sign_in.password(waiting, f"  {ALICE.email.upper()} ", PASSWORD)
    assert isinstance(accepted, PasswordAccepted)
    done = await at.sign_in.code(accepted.interaction, f" {CODE} ")

    assert [(Contact.phone(ALICE.phone), "sign-in:interaction")] == at.telephone.rings
    assert SignedIn(accepted.interaction, ALICE, frozenset({"p", "d"})) == done


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("email", "password"), [(ALICE.email, "wrong"), (ALICE.email, ""), ("nobody@mail.example", PASSWORD), ("", "")]
)
async def test_a_refusal_never_says_what_was_wrong(waiting: Interaction, email: str, password: str) -> None:
    """A wrong password and an unknown address give the same answer, which is counted; no telephone rings."""
    at = await door(waiting)

    refused = await at.sign_in.password(waiting, email, password)

    assert SignInRefused(replace(waiting, attempts=1)) == refused
    assert [] == at.telephone.rings


@pytest.mark.anyio
async def test_an_unknown_address_costs_what_a_known_one_costs(waiting: Interaction) -> None:
    """No account is found out by time; measured as work of the processor, most of which is the hash."""
    at = await door(waiting)
    work: list[float] = []
    for email in (ALICE.email, "nobody@mail.example"):
        before = time.process_time()
        await at.sign_in.password(waiting, email, "wrong")
        work.append(time.process_time() - before)

    known, unknown = work
    assert unknown > known / 4


@pytest.mark.anyio
async def test_a_code_counts_only_after_a_password(waiting: Interaction) -> None:
    """Nobody starts with the second factor, not even with a code that is on its way."""
    at = await door(waiting)
    await at.telephone.send(Contact.phone(ALICE.phone), "sign-in:interaction")

    assert isinstance(await at.sign_in.code(waiting, CODE), SignInRefused)


@pytest.mark.anyio
async def test_a_code_belongs_to_whoever_gave_the_password(waiting: Interaction) -> None:
    """An account that has gone meanwhile signs nobody in."""
    at = await door(waiting)

    refused = await at.sign_in.code(replace(waiting, half_signed_in="somebody who has gone"), CODE)

    assert isinstance(refused, SignInRefused)


@pytest.mark.anyio
async def test_when_it_is_over_the_right_password_is_not_even_looked_at(waiting: Interaction) -> None:
    """At the limit nothing is checked, sent or counted any more."""
    at = await door(waiting)
    over = replace(waiting, attempts=5)

    assert TooManyAttempts(over) == await at.sign_in.password(over, ALICE.email, PASSWORD)
    assert TooManyAttempts(over) == await at.sign_in.code(replace(over, half_signed_in=""), CODE)
    assert [] == at.telephone.rings
    assert at.sign_in.is_over(over)
    assert not at.sign_in.is_over(replace(waiting, attempts=4))


@given(st.lists(st.sampled_from([CODE, "000000", "", "²"]), max_size=9), st.integers(min_value=0, max_value=6))
def test_any_row_of_codes_ends_signed_in_or_at_the_limit(waiting: Interaction, codes: list[str], most: int) -> None:
    """The first right code within the limit signs in; wrong ones are counted, and the last admitted one ends it."""

    async def tried() -> list[type]:
        at = await door(waiting, SignInPolicy(most_attempts=most))
        interaction, told = replace(waiting, half_signed_in=ALICE.subject, credentials_used=frozenset("p")), []
        await at.telephone.send(Contact.phone(ALICE.phone), "sign-in:interaction")
        for code in codes:
            outcome = await at.sign_in.code(interaction, code)
            interaction = outcome.interaction
            told.append(type(outcome))
        return told

    assert expected(codes, most) == asyncio.run(tried())


def expected(codes: list[str], most: int) -> list[type]:
    """What a row of codes is told."""
    told: list[type] = []
    wrong, is_spent = 0, False
    for code in codes:
        is_right = code == CODE and not is_spent
        if wrong >= most:
            told.append(TooManyAttempts)
        elif is_right:
            is_spent = True
            told.append(SignedIn)
        else:
            wrong += 1
            told.append(TooManyAttempts if wrong >= most else SignInRefused)
    return told


@pytest.mark.anyio
async def test_no_more_hashes_run_at_once_than_the_policy_allows(waiting: Interaction) -> None:
    """Whoever comes too many at once waits; a burst of sign-ins takes no more memory than that."""
    at = await door(waiting, at_once=2)
    most = 0

    async with anyio.create_task_group() as visitors:
        for _ in range(5):
            visitors.start_soon(at.sign_in.password, waiting, ALICE.email, "wrong")
        while (seen := at.sign_in.hashing.limiter.statistics()).tasks_waiting or seen.borrowed_tokens or not most:
            most = max(most, seen.borrowed_tokens)
            await anyio.sleep(0.001)

    assert 2 == most


def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own() -> None:
    """OWASP's minimum: 19 MiB, two passes, one lane; two hashes of one password differ."""
    one, other = hash_password("the same"), hash_password("the same")

    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert matches(one, "the same")
    assert not matches(one, "another")


def test_nobody_is_compared_with_as_much_work_as_anybody() -> None:
    """An unknown address costs what a known one costs: the same parameters (no account enumeration by time)."""
    assert not HASHER.check_needs_rehash(NOBODY)
    assert not matches(NOBODY, "")


@pytest.mark.parametrize("broken", ["", "plain", "$argon2id$v=19$m=19456,t=2,p=1$broken"])
def test_a_hash_that_is_none_admits_nobody(broken: str) -> None:
    """A damaged row refuses, it does not crash."""
    assert not matches(broken, "anything")


def test_a_giant_password_is_cut_before_it_is_hashed() -> None:
    """Nobody makes us hash megabytes; who chose so long a password can still sign in with it."""
    chosen = hash_password("x" * 1_000_000)

    assert matches(chosen, "x" * 1_000_000)
    assert matches(chosen, "x" * LONGEST_PASSWORD)
    assert not matches(chosen, "x" * (LONGEST_PASSWORD - 1))
