"""Between PDS and the subscribers: who gets which event, in which form, and what goes wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from gpic.simulators.happenings import Happening, System
from gpic.simulators.mns.events import TEST_SIGNAL, Event, bundle, cloud_event, events_of, first_version
from gpic.simulators.mns.queues import Queue
from gpic.simulators.mns.settings import MnsSettings
from gpic.simulators.mns.subscriptions import FHIR, Subscription
from gpic.simulators.world import World


@dataclass(slots=True)
class Mns:
    """MNS as a world has it. It hears of the world's happenings after the world's lag for it."""

    world: World
    settings: MnsSettings
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    published: int = 0
    lost: int = 0
    is_closed: bool = False  #: nobody is kept waiting at a queue any more
    _signalled_at: datetime | None = None
    _chance: Random = field(default_factory=lambda: Random(1))  # noqa: S311 -- a simulator's dice

    def listen(self) -> Callable[[], None]:
        """Hear of the world from now on; what is returned ends it."""
        return self.world.bulletin.subscribe(self.hear, System.MNS)

    def hear(self, happening: Happening) -> None:
        """Publish what PDS signals; whatever else happens is no business of MNS."""
        if not happening.person:
            return
        for event in events_of(happening, self.world.patient(happening.person), self.world.mint.guid):
            self.publish(event)

    def publish(self, event: Event) -> None:
        """Deliver to everybody who asked for it."""
        self.published += 1
        for subscription in self.subscriptions.values():
            if self._wants(subscription, event):
                self._deliver(subscription, self._body(event, subscription), event.type, event.person)

    def send(self, body: bytes, type_: str = "") -> None:
        """Anything at all into every queue: an unknown type, no JSON, somebody else's event."""
        for name in {one.queue for one in self.subscriptions.values() if one.queue}:
            self.queue(name).put(body, type_)

    def tick(self) -> None:
        """Send the test signal when it is time; whoever asks for messages makes MNS look at its clock."""
        every, now = self.settings.test_signal_every, self.world.clocks.wire.now()
        if every is not None and (self._signalled_at is None or now - self._signalled_at >= every):
            self._signalled_at = now
            self.publish(Event(self.world.mint.guid(), TEST_SIGNAL, now, content={}))

    def queue(self, name: str) -> Queue:
        """The queue of this name."""
        clocks = self.world.clocks
        return self.queues.setdefault(name, Queue(self.settings, clocks.wire.now, clocks.world.now))

    def close(self) -> None:
        """Let whoever waits at a queue go."""
        self.is_closed = True

    def due(self) -> int:
        """How many messages wait for somebody, over all queues."""
        return sum(queue.due() for queue in self.queues.values())

    def _wants(self, subscription: Subscription, event: Event) -> bool:
        if subscription.event_type != event.type or not subscription.queue:
            return False
        told = {"nhsnumber": event.number, "registeredgpodscode": self._practice_of(event.person)}
        return all(told.get(name, value) == value for name, value in subscription.conditions.items() if name != "eventType")

    def _practice_of(self, slug: str) -> str:
        return self.world.patient(slug).pds.practice if slug else ""

    def _body(self, event: Event, subscription: Subscription) -> bytes:
        if event.type.endswith("-1") and event.type != TEST_SIGNAL:
            told = first_version(event, self.settings)
        elif subscription.payload == FHIR:
            told = bundle(event, self.settings, subscription.id, self.world.mint.guid)
        else:
            told = cloud_event(event, self.settings)
        return json.dumps(told, separators=(",", ":")).encode()

    def _deliver(self, subscription: Subscription, body: bytes, type_: str, person: str) -> None:
        settings = self.settings
        if settings.drop_next > 0 or settings.queue_denies or self._chance.random() < settings.drop_chance:
            settings.drop_next = max(0, settings.drop_next - 1)
            self.lost += 1
            return
        for _ in range(settings.copies):
            self.queue(subscription.queue).put(body, type_, person, settings.delay)
