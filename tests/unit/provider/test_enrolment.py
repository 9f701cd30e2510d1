"""Making an account, question by question."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.jose.keys import SigningKey
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import SignInSecrets
from gpic.provider.authorize.checks import check
from gpic.provider.enrolling import Asked, Enrolling
from gpic.provider.identity.attempts import TooManyAttempts
from gpic.provider.identity.codes import SentCodes
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.enrolment import (
    EMAIL,
    WELL_KNOWN,
    Enrolled,
    Enrolment,
    Mistake,
    Mistaken,
    Onward,
    begun,
    given_up,
    so_far,
    weakness,
)
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import CourierAway, Letter
from gpic.provider.passwords import matches
from gpic.provider.policy import ProviderPolicy
from gpic.provider.stages import Interaction, Prompt
from gpic.storage.provider import memory
from gpic.storage.provider.cabinets import Cabinets
from tests.unit.provider.world import ALICE, ISSUER, NOW, addressed, partner

pytestmark = pytest.mark.anyio

NEW = "new@mail.example"
PASSWORD = "four words are enough"


@dataclass
class Bag:
    """A courier who keeps everything, or is away."""

    letters: list[tuple[Contact, Letter]] = field(default_factory=list)
    away: bool = False

    async def deliver(self, to: Contact, letter: Letter) -> None:
        """Keep it."""
        if self.away:
            raise CourierAway
        self.letters.append((to, letter))


@dataclass
class Counter:
    """Where accounts are made; codes are 000001, 000002 and so on."""

    enrolment: Enrolment
    cabinets: Cabinets
    bag: Bag
    waiting: Interaction

    async def say(self, *said: str) -> Interaction:
        """Answers that are all right, from the first question on."""
        interaction = self.waiting
        for one in said:
            step = await self.enrolment.answer(interaction, one)
            assert isinstance(step, Onward), (one, step)
            interaction = step.interaction
        return interaction


@pytest.fixture(scope="module")
def interaction() -> Interaction:
    """A request that waits for whoever signs in."""
    request = check(addressed(partner(SigningKey.generate())), ProviderPolicy(ISSUER))
    return Interaction("interaction", "browser", request, Prompt.SIGN_IN, NOW + timedelta(minutes=30))


@pytest.fixture
async def counter(interaction: Interaction, anyio_backend: str) -> Counter:
    """Alice has an account already."""
    clock, bag, numbers = MovableClock(NOW), Bag(), iter(range(1, 100))
    cabinets = memory.cabinets(Clocks(wire=clock, world=clock))
    await cabinets.accounts.put(ALICE, SignInSecrets("a hash"))
    policy = IdentityPolicy(codes_sent=3)
    codes = SentCodes(cabinets.code_shelf, cabinets.allowances, bag, clock, policy, lambda: f"{next(numbers):06}")
    ids = iter(f"random-{n}" for n in range(10))
    return Counter(Enrolment(cabinets.accounts, codes, policy, new_id=lambda: next(ids)), cabinets, bag, begun(interaction))


async def test_the_questions_come_in_their_order_and_make_an_account(counter: Counter) -> None:
    """At P0, with both contacts proved and the password hashed; both factors count as used."""
    at = await counter.say(f" {NEW.upper()} ", " 000001 ", PASSWORD, "07700 900-982")
    step = await counter.enrolment.answer(at, "000002")

    assert isinstance(step, Enrolled)
    found = await counter.cabinets.accounts.by_email(NEW)
    assert found is not None
    assert step.account == found[0]
    assert ("random-0", "random-1", NEW, "07700900982") == (
        step.account.subject,
        step.account.person,
        step.account.email,
        step.account.phone,
    )
    assert (ProofingLevel.P0, None, True, True) == (
        step.account.level,
        step.account.nhs_number,
        step.account.email_verified,
        step.account.phone_verified,
    )
    assert frozenset("pd") == step.credentials_used
    assert matches(found[1].password_hash, PASSWORD)
    assert [Contact.email(NEW), Contact.phone("07700900982")] == [to for to, _ in counter.bag.letters]


async def test_each_answer_leads_to_the_next_question(counter: Counter) -> None:
    """e-mail → code → password → phone → code."""
    asked = [so_far(counter.waiting).asked]
    at = counter.waiting
    for said in (NEW, "000001", PASSWORD, "07700900982"):
        step = await counter.enrolment.answer(at, said)
        assert isinstance(step, Onward)
        at = step.interaction
        asked.append(so_far(at).asked)

    assert list(Asked) == asked


async def test_an_address_that_is_taken_is_told_to_its_owner_alone(counter: Counter) -> None:
    """No enumeration: the same answer as for a new address; its owner gets a letter, and no code fits."""
    new = await counter.enrolment.answer(counter.waiting, NEW)
    taken = await counter.enrolment.answer(counter.waiting, ALICE.email)

    assert isinstance(new, Onward)
    assert isinstance(taken, Onward)
    assert so_far(new.interaction).asked == so_far(taken.interaction).asked == Asked.EMAIL_CODE
    assert ["Your security code", "You already have an account"] == [letter.subject for _, letter in counter.bag.letters]
    for code in ("000001", "000002", ""):
        assert isinstance(await counter.enrolment.answer(taken.interaction, code), Mistaken)


@pytest.mark.parametrize(
    "said", ["", "no address", "a@b", "@mail.example", "a@@mail.example", "a b@mail.example", "a@.example"]
)
async def test_what_is_no_address_is_asked_again(counter: Counter, said: str) -> None:
    """Nothing is sent."""
    assert Mistaken(counter.waiting, Mistake.EMAIL_UNREADABLE) == await counter.enrolment.answer(counter.waiting, said)
    assert [] == counter.bag.letters


async def test_an_address_has_254_letters_at_most(counter: Counter) -> None:
    """RFC 5321."""
    longest = "a" * 64 + "@" + "b" * (254 - 64 - 1 - 8) + ".example"

    assert isinstance(await counter.enrolment.answer(counter.waiting, longest), Onward)
    assert isinstance(await counter.enrolment.answer(counter.waiting, longest.replace("@b", "@bb")), Mistaken)


@pytest.mark.parametrize("said", ["", "0770090098", "0770090098a", "+44 7700 900982 345678", "++447700900982", "123456789"])
async def test_what_is_no_phone_number_is_asked_again(counter: Counter, said: str) -> None:
    """Ten to fifteen digits, a plus before them, spaces and hyphens between them."""
    at = await counter.say(NEW, "000001", PASSWORD)
    step = await counter.enrolment.answer(at, said)

    is_long_enough = said == "0770090098"
    assert is_long_enough == isinstance(step, Onward)
    assert is_long_enough or Mistaken(at, Mistake.PHONE_UNREADABLE) == step


@pytest.mark.parametrize(
    ("password", "mistake"),
    [
        ("", Mistake.PASSWORD_SHORT),
        ("1234567", Mistake.PASSWORD_SHORT),
        ("12345678", Mistake.PASSWORD_KNOWN),
        ("PassWord1", Mistake.PASSWORD_KNOWN),
        ("aaaaaaaaaa", Mistake.PASSWORD_KNOWN),
        ("somebody@mail.example", Mistake.PASSWORD_KNOWN),
        ("SOMEBODY", Mistake.PASSWORD_KNOWN),
        ("somebody else", None),
        ("éèêëéèêë", None),
    ],
)
def test_a_password_is_long_enough_and_not_known_to_all(password: str, mistake: Mistake | None) -> None:
    """NIST SP 800-63B: length, and a list; no rules about kinds of letters."""
    assert mistake == weakness(password, "somebody@mail.example", 8)


async def test_a_weak_password_is_asked_again(counter: Counter) -> None:
    """Nothing is kept of it."""
    at = await counter.say(NEW, "000001")

    assert Mistaken(at, Mistake.PASSWORD_SHORT) == await counter.enrolment.answer(at, "short")


async def test_wrong_codes_are_counted_with_all_other_guesses(counter: Counter) -> None:
    """Five in one interaction, wherever; then nothing is answered any more."""
    at = replace(await counter.say(NEW), attempts=3)

    first = await counter.enrolment.answer(at, "999999")
    assert Mistaken(replace(at, attempts=4), Mistake.CODE_WRONG) == first
    last = await counter.enrolment.answer(replace(at, attempts=4), "999999")
    assert TooManyAttempts(replace(at, attempts=5)) == last
    assert TooManyAttempts(replace(at, attempts=5)) == await counter.enrolment.answer(replace(at, attempts=5), "000001")


async def test_a_code_to_the_phone_is_wrong_like_any_other(counter: Counter) -> None:
    """The mailbox's code does not serve again."""
    at = await counter.say(NEW, "000001", PASSWORD, "07700900982")

    assert Mistaken(replace(at, attempts=1), Mistake.CODE_WRONG) == await counter.enrolment.answer(at, "000001")


async def test_a_fresh_code_may_be_asked_for_a_few_times(counter: Counter) -> None:
    """The latest one counts; after the third there is a wait, and the latest still works."""
    at = await counter.say(NEW)
    for _ in range(2):
        assert Onward(at) == await counter.enrolment.send_again(at)

    assert Mistaken(at, Mistake.CODES_TOO_MANY) == await counter.enrolment.send_again(at)
    assert isinstance(await counter.enrolment.answer(at, "000002"), Mistaken)
    assert isinstance(await counter.enrolment.answer(at, "000003"), Onward)


async def test_a_fresh_code_goes_to_the_phone_where_that_is_asked(counter: Counter) -> None:
    """And nowhere where no code is awaited."""
    at = await counter.say(NEW, "000001", PASSWORD, "07700900982")

    assert Onward(at) == await counter.enrolment.send_again(at)
    assert Contact.phone("07700900982") == counter.bag.letters[-1][0]
    assert Onward(counter.waiting) == await counter.enrolment.send_again(counter.waiting)
    assert 3 == len(counter.bag.letters)


async def test_what_cannot_be_delivered_keeps_the_question(counter: Counter) -> None:
    """The address may be mended, or the code asked for once more."""
    counter.bag.away = True
    assert Mistaken(counter.waiting, Mistake.NOT_DELIVERED) == await counter.enrolment.answer(counter.waiting, NEW)

    counter.bag.away = False
    at = await counter.say(NEW)
    counter.bag.away = True
    assert Mistaken(at, Mistake.NOT_DELIVERED) == await counter.enrolment.send_again(at)


async def test_of_two_windows_one_makes_the_account(counter: Counter) -> None:
    """The other starts again; there is one account."""
    one = await counter.say(NEW, "000001", PASSWORD, "07700900982")
    other = replace(one, id="other")
    assert isinstance(await counter.enrolment.send_again(other), Onward)

    assert isinstance(await counter.enrolment.answer(one, "000002"), Enrolled)
    step = await counter.enrolment.answer(other, "000003")
    assert Mistaken(replace(other, enrolling=Enrolling()), Mistake.START_AGAIN) == step


def test_beginning_forgets_who_was_half_signed_in(interaction: Interaction) -> None:
    """And giving up leads back to signing in."""
    half = replace(interaction, half_signed_in="somebody", credentials_used=frozenset("p"))

    assert replace(interaction, enrolling=Enrolling()) == begun(half)
    assert interaction == given_up(begun(half))


def test_the_repr_shows_neither_contact_nor_hash() -> None:
    """It may stand in a traceback."""
    shown = repr(Enrolling("a@mail.example", email_proved=True, password_hash="$argon2id$x", phone="07700900982"))

    assert not any(word in shown for word in ("mail.example", "argon", "0770"))


@given(st.emails())
def test_usual_addresses_are_addresses(email: str) -> None:
    """As the standard's own generator makes them, quoted and odd ones apart."""
    if not set(email) & set('"<>,;'):
        assert EMAIL.fullmatch(email) is not None or len(email.partition("@")[0]) > 64


@given(st.sampled_from(sorted(WELL_KNOWN)))
def test_every_well_known_password_is_long_enough_to_be_tried(password: str) -> None:
    """A shorter one would be refused for its length: the list would be padding."""
    assert Mistake.PASSWORD_KNOWN == weakness(password.upper(), NEW, 8)


async def test_a_phone_that_cannot_be_reached_is_asked_for_again(counter: Counter) -> None:
    """Nothing of it is kept: the question stays the one about the number."""
    at = await counter.say(NEW, "000001", PASSWORD)
    counter.bag.away = True

    assert Mistaken(at, Mistake.NOT_DELIVERED) == await counter.enrolment.answer(at, "07700900982")


async def test_the_interaction_goes_on_with_the_new_account(counter: Counter) -> None:
    """The same request, of the same partner."""
    at = await counter.say(NEW, "000001", PASSWORD, "07700900982")
    step = await counter.enrolment.answer(at, "000002")

    assert isinstance(step, Enrolled)
    assert at == step.interaction
