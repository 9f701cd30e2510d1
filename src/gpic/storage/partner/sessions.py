"""An open session at a surgery, sealed into a text: it may lie in a browser's session until the next request."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Final

import msgspec

from gpic.nhs.answers import GpSession
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.nhs.organisations import OdsCode, OdsCodeInvalid
from gpic.nhs.secret import Secret
from gpic.relying_party.outcomes import Connected
from gpic.relying_party.right_patient import Person
from gpic.storage.sealing import SealBroken, Sealer

PLACE: Final = "partner.session"


class _Kept(msgspec.Struct, array_like=True):
    """What lies under the seal; short, since a cookie may have to carry it."""

    supplier: str
    handle: str
    practice: str
    sub: str
    family_name: str
    birth_date: str
    nhs_number: str
    signed_in_at: datetime | None
    id_token_jti: str
    fingerprint: str


class SealedSessions:
    """Seals with the keys of linkages, so that any process of a service opens what another one kept."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def keep(self, connected: Connected) -> str:
        """A text of URL-safe characters, mostly under 1,000. It says nothing to who has no key."""
        person = connected.person
        named = person.demographics or Demographics("", "")
        kept = _Kept(
            connected.supplier,
            connected.session.handle.reveal(),
            connected.practice.code,
            person.sub,
            named.family_name,
            named.birth_date,
            person.nhs_number.digits if person.nhs_number else "",
            connected.signed_in_at,
            connected.id_token_jti,
            connected.fingerprint,
        )
        return base64.urlsafe_b64encode(self._sealer.seal(msgspec.json.encode(kept), place=PLACE)).decode()

    def kept(self, text: object) -> Connected | None:
        """What was kept; None for everything else, and for what was sealed with keys that are gone."""
        if not isinstance(text, str):
            return None
        try:
            plain = self._sealer.open(base64.urlsafe_b64decode(text.encode()), place=PLACE)
            kept = msgspec.json.decode(plain, type=_Kept)
            return _connected(kept)
        except (SealBroken, ValueError, OdsCodeInvalid, NhsNumberInvalid):
            return None


def _connected(kept: _Kept) -> Connected:
    return Connected(
        GpSession(kept.supplier, Secret(kept.handle)),
        OdsCode(kept.practice),
        Person(
            kept.sub,
            Demographics(kept.family_name, kept.birth_date) if kept.family_name else None,
            NhsNumber(kept.nhs_number) if kept.nhs_number else None,
        ),
        kept.signed_in_at,
        kept.id_token_jti,
        kept.fingerprint,
    )
