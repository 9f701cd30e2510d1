"""Our clients of PDS and MNS before their stand-ins (`demographics.md` §6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import stamina

from gpic.credentials.ports import NotOnPds, PracticeFound
from gpic.demographics.access import AccessTokens
from gpic.demographics.mns.subscriptions import Payload, Subscribed, SubscriptionRefused, Subscriptions
from gpic.demographics.pds.client import PdsClient
from gpic.jose.keys import SigningKey
from gpic.jose.sign import sign
from gpic.nhs.answers import Unreachable
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.simulators.cast import furnish
from gpic.simulators.faults import Fault, Faults, Kind
from gpic.simulators.journal import Journal
from gpic.simulators.limits import Limit, Limits
from gpic.simulators.mns import MnsSettings, mns_app
from gpic.simulators.pds import PdsSettings, pds_app
from gpic.simulators.world import World

pytestmark = pytest.mark.anyio

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = SigningKey.generate()
ANOTHER = SigningKey.generate()
API_KEY = "nhs-login"
FHIR = "/personal-demographics/FHIR/R4"
ARN = "arn:aws:sqs:eu-west-2:123456789012:gpic"
NEW = NhsNumber("9990002223")


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    """Attempts are counted, pauses are not waited for."""
    with stamina.set_testing(True, attempts=9, cap=True):
        yield


@dataclass
class Spine:
    """A world, and NHS login as a client of PDS and MNS."""

    clocks: Clocks = field(default_factory=lambda: Clocks(MovableClock(frozen_at=TODAY), MovableClock(frozen_at=TODAY)))
    key: SigningKey = KEY

    def __post_init__(self) -> None:
        self.world, self.faults = World(self.clocks), Faults()
        furnish(self.world)
        self.journal = Journal(self.clocks)
        self.pds_settings, self.mns_settings = PdsSettings(), MnsSettings()
        clients = {API_KEY: {KEY.kid: KEY.public_pem}}
        self.pds_app = pds_app(self.world, self.journal, self.faults, self.pds_settings, clients=clients)
        mns = mns_app(self.world, self.journal, self.faults, self.mns_settings, clients=clients)
        self.pds_line = httpx2.AsyncClient(transport=httpx2.ASGITransport(self.pds_app), base_url=f"http://pds.test{FHIR}")
        self.mns_line = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(mns), base_url="http://mns.test/multicast-notification-service"
        )
        self.pds = PdsClient(self.pds_line, self._tokens(self.pds_line, "http://pds.test"), clock=self.clocks.world)
        self.subscriptions = Subscriptions(self.mns_line, self._tokens(self.mns_line, "http://mns.test"))

    def _tokens(self, line: httpx2.AsyncClient, address: str) -> AccessTokens:
        return AccessTokens(
            line, f"{address}/oauth2/token", API_KEY, lambda claims: sign(claims, self.key), clock=self.clocks.wire
        )

    @property
    def ada(self) -> NhsNumber:
        """Her first number."""
        return self.world.patient("ada").number


@pytest.fixture
async def spine() -> AsyncIterator[Spine]:
    """At noon."""
    one = Spine()
    yield one
    await one.pds_line.aclose()
    await one.mns_line.aclose()


def of(answer: object) -> tuple[object, ...]:
    """Practice, whether dead, and whether anybody is known by name."""
    assert isinstance(answer, PracticeFound)
    return (str(answer.practice) if answer.practice else None, answer.deceased, answer.demographics is not None)


HERE = "A99901"
CASES: dict[str, tuple[Callable[[World], object], tuple[object, ...]]] = {
    "as everybody": (lambda _: None, (HERE, False, True)),
    "R: practice hidden": (lambda world: world.restrict_record("ada", "R"), (None, False, True)),
    "V: name hidden": (lambda world: world.restrict_record("ada", "V"), (None, False, False)),
    "no registration": (lambda world: world.deregister("ada"), (None, False, True)),
    "no period": (lambda world: world.change_pds("ada", period_start=""), (HERE, False, True)),
    "ends today": (lambda world: world.change_pds("ada", period_end="2026-11-23"), (HERE, False, True)),
    "ended": (lambda world: world.change_pds("ada", period_end="2026-11-22"), (None, False, True)),
    "ends later": (lambda world: world.change_pds("ada", period_end="2027-01-01"), (HERE, False, True)),
    "begins later": (lambda world: world.change_pds("ada", period_start="2026-12-01"), (HERE, False, True)),
    "moved": (lambda world: world.move_patient("ada", "B99901"), ("B99901", False, True)),
    "formal death": (lambda world: world.die("ada"), (HERE, True, True)),
    "informal death": (lambda world: world.die("ada", formal=False), (HERE, False, True)),
    "partial birth date": (lambda world: world.change_pds("ada", birth_date="1984"), (HERE, False, False)),
    "minimal": (lambda world: world.change_pds("ada", minimal=True), (None, False, False)),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_pds_shows_is_heard(spine: Spine, case: str) -> None:
    """§1.5, §1.6, N22: absence of a practice is told as absence; a period that is over is none."""
    happening, expected = CASES[case]
    happening(spine.world)

    assert expected == of(await spine.pds.look_up(spine.ada))


async def test_a_death_that_is_undone_is_none(spine: Spine) -> None:
    """§1.5: status U."""
    spine.world.die("ada")
    spine.world.undo_death("ada")

    assert (HERE, False, True) == of(await spine.pds.look_up(spine.ada))


async def test_a_superseded_number_answers_with_the_new_one(spine: Spine) -> None:
    """§1.6: another id in the answer."""
    old = spine.ada
    spine.world.supersede_nhs_number("ada", NEW)
    answer = await spine.pds.look_up(old)

    assert isinstance(answer, PracticeFound)
    assert NEW == answer.nhs_number


async def test_who_is_not_on_pds_is_told_apart_from_silence(spine: Spine) -> None:
    """§1.7: absent and invalidated."""
    absent = await spine.pds.look_up(NEW)
    spine.world.invalidate_record("ada")

    assert [NotOnPds(), NotOnPds()] == [absent, await spine.pds.look_up(spine.ada)]


async def test_every_change_raises_the_version(spine: Spine) -> None:
    """§6 PDS 9; a read may be behind by the lag (8)."""
    first = await spine.pds.look_up(spine.ada)
    spine.pds_settings.lag = timedelta(minutes=5)
    spine.world.move_patient("ada", "B99901")
    stale = await spine.pds.look_up(spine.ada)
    spine.clocks.world.move(timedelta(minutes=6))  # type: ignore[attr-defined] # a movable clock
    third = await spine.pds.look_up(spine.ada)

    versions = [one.version for one in (first, stale, third) if isinstance(one, PracticeFound)]
    assert ([1, 1, 2], OdsCode("B99901")) == (versions, third.practice if isinstance(third, PracticeFound) else None)


async def test_a_token_that_dies_in_mid_flight_is_replaced(spine: Spine) -> None:
    """§6: 401, another token, and the same question again."""
    await spine.pds.look_up(spine.ada)
    spine.pds_app.state.tokens.revoke_all()

    assert (HERE, False, True) == of(await spine.pds.look_up(spine.ada))
    assert 2 == len(spine.journal.calls("PDS", operation="POST oauth2/token"))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_a_pds_that_is_busy_once_is_asked_again(spine: Spine, status: int) -> None:
    """§1.7: 429, 502 and 503 at once, with the same request id; everything else is silence (N12)."""
    spine.faults.set(Fault(Kind.STATUS, "PDS", "GET Patient", status=status, only=1))
    answer = await spine.pds.look_up(spine.ada)

    assert isinstance(answer, PracticeFound if status in {429, 502, 503} else Unreachable)


@pytest.mark.parametrize("kind", [Kind.EMPTY, Kind.MALFORMED])
async def test_a_broken_answer_is_silence(spine: Spine, kind: Kind) -> None:
    """§6 PDS 8: never a practice, and never "not on PDS"."""
    spine.faults.set(Fault(kind, "PDS", "GET Patient"))

    assert isinstance(await spine.pds.look_up(spine.ada), Unreachable)


async def test_a_rate_that_is_exceeded_is_silence(spine: Spine) -> None:
    """§1.8: a 429 names no time; the engine's pauses serve."""
    spine.pds_settings.limits = Limits(app_quota=Limit(1))
    await spine.pds.look_up(spine.ada)

    assert isinstance(await spine.pds.look_up(spine.ada), Unreachable)


async def test_a_key_that_nobody_published_gets_no_token(spine: Spine) -> None:
    """§1.3: 401 at the token server; nothing is asked of PDS."""
    spine.key = ANOTHER

    assert isinstance(await spine.pds.look_up(spine.ada), Unreachable)
    assert [] == list(spine.journal.calls("PDS", operation="GET Patient"))


async def test_subscriptions_are_made_found_listed_and_ended(spine: Spine) -> None:
    """§2.2: 201 or 200, 409 finds the one that is there, pages, 204 and 404."""
    spine.mns_settings.page = 1
    first = await spine.subscriptions.subscribe("pds-change-of-gp-2", ARN, Payload.CLOUD_EVENTS)
    spine.mns_settings.made_status = 200
    second = await spine.subscriptions.subscribe("pds-death-notification-2", ARN, Payload.FHIR)
    assert isinstance(first, Subscribed)
    assert isinstance(second, Subscribed)
    again = await spine.subscriptions.subscribe("pds-change-of-gp-2", ARN, Payload.CLOUD_EVENTS)
    listed = await spine.subscriptions.list()

    assert Subscribed(first.id, was_there=True) == again
    assert isinstance(listed, tuple)
    assert {first.id, second.id} == {one.id for one in listed}
    assert [True, False] == [await spine.subscriptions.unsubscribe(first.id) for _ in range(2)]


async def test_who_may_not_subscribe_is_told(spine: Spine) -> None:
    """§2.1: 403."""
    spine.mns_settings.unpermitted = frozenset({"pds-change-of-gp-2"})
    answer = await spine.subscriptions.subscribe("pds-change-of-gp-2", ARN, Payload.CLOUD_EVENTS)

    assert SubscriptionRefused("status-403") == answer
