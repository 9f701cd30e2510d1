"""A holding as a row and back."""

from __future__ import annotations

import msgspec
from sqlalchemy import Row

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.nhs.answers import Reason
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.storage.sealing import Sealer


class SealedDetails(msgspec.Struct, frozen=True):
    """The three that belong together (N4), as they lie under one seal."""

    account_id: str
    ods_code: str
    linkage_key: str


class SealedToken(msgspec.Struct, frozen=True):
    """The own token as it lies under its seal."""

    supplier: str
    text: str


def columns_of(holding: Holding, sealer: Sealer) -> dict[str, object]:
    """The row that *holding* makes, sealed for its person and version."""
    return {
        "person": holding.person,
        "state": holding.state.value,
        "version": holding.version,
        "supplier": holding.supplier,
        "practice": holding.practice,
        "details": sealed_details(holding, sealer),
        "token": sealed_token(holding, sealer),
        "rejected": holding.rejected,
        "refusal": holding.refusal.value if holding.refusal else None,
        "tries": holding.tries,
        "silences": holding.silences,
        "next_try_at": holding.next_try_at,
        "registered_at": holding.registered_at,
        "checked_at": holding.checked_at,
        "completed": holding.completed,
        "confirm_asked_at": holding.confirm_asked_at,
        "forced": holding.forced,
        "may_lift": holding.may_lift,
    }


def holding_in(row: Row[*tuple[object, ...]], sealer: Sealer) -> Holding:
    """The holding that a row keeps; raises SealBroken."""
    return Holding(
        person=PersonId(row.person),
        state=State(row.state),
        version=row.version,
        supplier=row.supplier,
        practice=row.practice,
        details=opened_details(row, sealer),
        token=opened_token(row, sealer),
        rejected=row.rejected,
        refusal=Reason(row.refusal) if row.refusal else None,
        tries=row.tries,
        silences=row.silences,
        next_try_at=row.next_try_at,
        registered_at=row.registered_at,
        checked_at=row.checked_at,
        completed=row.completed,
        confirm_asked_at=row.confirm_asked_at,
        forced=row.forced,
        may_lift=row.may_lift,
    )


def sealed_details(holding: Holding, sealer: Sealer) -> bytes | None:
    """The details under a seal."""
    if holding.details is None:
        return None
    details = holding.details
    plain = SealedDetails(details.account_id, details.ods_code.code, details.linkage_key.reveal())
    return sealer.seal(msgspec.json.encode(plain), place=place_of("details", holding.person, holding.version))


def opened_details(row: Row[*tuple[object, ...]], sealer: Sealer) -> GpCredentials | None:
    """The details that a row keeps."""
    if row.details is None:
        return None
    plain = sealer.open(row.details, place=place_of("details", row.person, row.version))
    kept = msgspec.json.decode(plain, type=SealedDetails)
    return GpCredentials(kept.account_id, OdsCode(kept.ods_code), Secret(kept.linkage_key))


def sealed_token(holding: Holding, sealer: Sealer) -> bytes | None:
    """The own token under a seal."""
    if holding.token is None:
        return None
    plain = SealedToken(holding.token.supplier, holding.token.text.reveal())
    return sealer.seal(msgspec.json.encode(plain), place=place_of("token", holding.person, holding.version))


def opened_token(row: Row[*tuple[object, ...]], sealer: Sealer) -> Im1Token | None:
    """The own token that a row keeps."""
    if row.token is None:
        return None
    plain = sealer.open(row.token, place=place_of("token", row.person, row.version))
    kept = msgspec.json.decode(plain, type=SealedToken)
    return Im1Token(kept.supplier, Secret(kept.text))


def place_of(column: str, person: str, version: int) -> str:
    """Where a seal belongs: one column of one version of one person, so that an old envelope cannot be put back."""
    return f"holdings.{column}:{person}:{version}"
