"""How the ODS stand-in is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gpic.simulators.limits import MINUTE, Limit, Limits

#: As the proxy is set up: a quota by the minute, and a spike arrest (§3.1).
DOCUMENTED = Limits(api_quota=Limit(300, MINUTE), api_spike=Limit(600, MINUTE))


@dataclass(slots=True)
class OdsSettings:
    """May be changed while the stand-in runs."""

    names: Mapping[str, str] = field(default_factory=dict)  #: who holds an API key; nobody else is let in
    limits: Limits = field(default_factory=Limits)  #: none: generous
    archived: frozenset[str] = frozenset()  #: codes of practices that closed so long ago that they are gone: 404
    not_practices: Mapping[str, str] = field(default_factory=lambda: {"X4S4L": "PRIMARY CARE SUPPORT ENGLAND"})
    page: int = 20  #: organisations on one page
    daily: bool = False  #: news come at 02:00 of the world clock and nothing moves within the day; otherwise at once
    #: Codes of practices of which there is more to say (§3.4).
    legally_closed: frozenset[str] = frozenset()  #: legally, while they are open operationally
    ref_only: frozenset[str] = frozenset()  #: reduced to a reference: closed, without roles or address
    never_practices: frozenset[str] = frozenset()  #: RO177 without RO76, such as walk-in centres
    former_practices: frozenset[str] = frozenset()  #: RO177 goes on, RO76 is inactive
    lone_as_object: bool = False  #: ORD writes a list of one as an object, as some tooling does
    two_systems: frozenset[str] = frozenset()  #: SDS knows both EMIS and TPP there, as during a migration
    manufacturers: Mapping[str, str] = field(
        default_factory=lambda: {"EMIS": "YGJ", "TPP": "YGA", "MEDICUS": "ZZ901"}
    )  #: by SUPPLIER_NAME; Medicus's own is not known
