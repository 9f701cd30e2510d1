"""How the MNS stand-in is set up, and what goes wrong with its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gpic.simulators.limits import MINUTE, Limit, Limits

#: The proxy's own, for everybody together (§2.1).
DOCUMENTED = Limits(api_quota=Limit(6_000, MINUTE))


@dataclass(slots=True)
class MnsSettings:
    """May be changed while the stand-in runs. *public_url* is where callers find it, without a trailing slash."""

    public_url: str = ""  #: empty: as the request's own Host header says
    names: Mapping[str, str] = field(default_factory=dict)  #: who holds an API key; others are "NHS login"
    unpermitted: frozenset[str] = frozenset()  #: types of events that no application may have: 403
    without_product: frozenset[str] = frozenset()  #: API keys of applications without a product id: 502
    limits: Limits = field(default_factory=Limits)  #: none: generous
    token_lifetime: timedelta = timedelta(seconds=599)
    made_status: int = 201  #: of a new subscription; the sandbox of the real one says 200
    page: int = 50  #: subscriptions on one page
    #: The queue: how long a message that was received is hidden, and after how many receives it is a dead letter.
    visibility: timedelta = timedelta(seconds=30)
    most_receives: int = 4
    #: What goes wrong with events.
    copies: int = 1  #: of every event, with the same id
    reverse: bool = False  #: what waits is received last first
    delay: timedelta = timedelta()  #: beyond the world's own lag, on the world clock
    drop_next: int = 0  #: so many events are lost
    drop_chance: float = 0.0  #: by the world's seed
    leave_out: frozenset[str] = frozenset()  #: of "subject", "dataref", "versionid"
    more_fields: bool = False  #: fields that no specification knows
    whole_seconds: bool = False  #: two events may then have the same time
    queue_denies: bool = False  #: the queue's policy does not let MNS in: nothing arrives
    test_signal_every: timedelta | None = timedelta(minutes=15)  #: on the wire clock; None: never
    bundle_ids_differ: bool = False  #: the FHIR form's inner id is another than the event's
