"""Where the sources disagree or are silent, and may be thrown while the stand-in runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from gpic.simulators.limits import Limits


class Generation(StrEnum):
    """Two generations of error codes (`gp-systems.md` §3.5)."""

    NEWER = "newer"  #: 19 and the 5xx
    OLDER = "older"  #: they are all 8


class EntityCoding(StrEnum):
    """When passphraseToLink arrives with its special signs as entities, one layer more than XML needs."""

    SOMETIMES = "sometimes"  #: every other time
    ALWAYS = "always"
    NEVER = "never"  #: except where a bare ampersand would be ambiguous


class Relinking(StrEnum):
    """What a second link of one provider gets; no source tells."""

    REPLACES = "replaces"  #: a new passphrase, and the earlier one stops working
    REFUSED = "refused"  #: code 8


class NationalIdAs(StrEnum):
    """The form of NationalId, which no source shows."""

    TEXT = "text"  #: `<NationalId type="NHS">…</NationalId>`
    ATTRIBUTES = "attributes"  #: `<NationalId type="NHS" value="…"/>`


class CreatingAgain(StrEnum):
    """What creation gets for a patient who has an account; no source tells."""

    ANSWERS = "answers"  #: that account, and a new passphrase of the caller's own
    REFUSED = "refused"  #: code 8


class KeyServes(StrEnum):
    """How many providers may link with one passphraseToLink; no source tells."""

    EVERYBODY = "everybody"
    ONE_PROVIDER = "one provider"  #: others get 8 until it is issued anew


class PersonFieldsAs(StrEnum):
    """The form of what Person, PersonName, PatientAccess and SiteDetails hold beside patientId, which no source shows."""

    ATTRIBUTES = "attributes"
    ELEMENTS = "elements"


@dataclass(slots=True)
class TppSwitches:
    """All switches of the TPP stand-in."""

    generation: Generation = Generation.NEWER
    entity_coding: EntityCoding = EntityCoding.SOMETIMES
    relinking: Relinking = Relinking.REPLACES
    national_id: NationalIdAs = NationalIdAs.TEXT
    person_fields: PersonFieldsAs = PersonFieldsAs.ATTRIBUTES
    creating_again: CreatingAgain = CreatingAgain.ANSWERS
    no_account_status: int = 200  #: of a retrieve that finds no account, with blank details; or 404 with next to nothing
    key_serves: KeyServes = KeyServes.EVERYBODY
    link_repeats_key: bool = False  #: link replies with passphraseToLink as well, as a stub does
    suid_rotates: bool = False  #: every answer in a session brings another suid, and the one before ends
    provider_mismatch_code: int = 9  #: or 5
    wrong_unit_code: int = 9  #: Authenticate at a practice that is not the account's; or 6
    locked_logon_code: int = 9  #: Authenticate of a locked or ended account; or 509
    without_access_code: int = 6  #: archived, non-competent, doubly recorded; or 8
    unreadable_code: int = 1  #: ours; or 0
    spaced_numbers: bool = False  #: NHS numbers as 999 000 1112
    limits: Limits = field(default_factory=Limits)  #: none; a rate that is exceeded is answered 429, without XML
    stumbles: int = 0  #: so many creations from now on answer 556, which is transient
    session_lifetime: timedelta = timedelta(minutes=20)  #: idle, on the world clock
    youngest_to_create: int = 16
    youngest_to_link: int = 13
