"""Where the sources disagree or are silent, and may be thrown while the stand-in runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


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


@dataclass(slots=True)
class TppSwitches:
    """All switches of the TPP stand-in."""

    generation: Generation = Generation.NEWER
    entity_coding: EntityCoding = EntityCoding.SOMETIMES
    relinking: Relinking = Relinking.REPLACES
    national_id: NationalIdAs = NationalIdAs.TEXT
    provider_mismatch_code: int = 9  #: or 5
    stumbles: int = 0  #: so many creations from now on answer 556, which is transient
    session_lifetime: timedelta = timedelta(minutes=20)  #: idle, on the world clock
    youngest_to_create: int = 16
