"""Everything that goes over the control API, as plain shapes: its contract, and the only thing that a console needs to know.

People go by slug. Details, linkage keys and tokens show as *fingerprints*: equal ones mean equal secrets, and nothing more.
Moments of the *wire* clock are real; moments of the *world* clock move with the world. Durations are seconds.
"""

from gpic.sandbox.control.shapes.conversation import Header, Letter, Login, Message, Messages, Note, Opened, Told
from gpic.sandbox.control.shapes.people import Account, Held, Link, NewPerson, PartnerHolds, Pds, Person, PersonLine, TrailLine
from gpic.sandbox.control.shapes.running import Clock, IdentityChecks, Line, Move, NewPartner, Partner, Sandbox, Snapshot
from gpic.sandbox.control.shapes.shape import Problem, Shape
from gpic.sandbox.control.shapes.world import (
    Assumption,
    EventKind,
    Fault,
    FaultRule,
    Happening,
    Lags,
    Parameter,
    Practice,
    Switch,
    System,
    Throw,
)

__all__ = [
    "Account",
    "Assumption",
    "Clock",
    "EventKind",
    "Fault",
    "FaultRule",
    "Happening",
    "Header",
    "Held",
    "IdentityChecks",
    "Lags",
    "Letter",
    "Line",
    "Link",
    "Login",
    "Message",
    "Messages",
    "Move",
    "NewPartner",
    "NewPerson",
    "Note",
    "Opened",
    "Parameter",
    "Partner",
    "PartnerHolds",
    "Pds",
    "Person",
    "PersonLine",
    "Practice",
    "Problem",
    "Sandbox",
    "Shape",
    "Snapshot",
    "Switch",
    "System",
    "Throw",
    "Told",
    "TrailLine",
]
