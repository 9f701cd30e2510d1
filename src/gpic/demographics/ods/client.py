"""The Organisation Data Terminology API, FHIR R4: is this practice open? (`demographics.md` §3).

Succession is not read: it is kept for statutory organisations only, and a practice that merged usually has none (§0.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx2
import msgspec

from gpic.nhs.answers import Silence, Unexpected, Unreachable
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Pause, Reply, ask, no_answer, persist, retry_after

#: GP practice; the primary role RO177, prescribing cost centre, is also that of walk-in centres (§3.4).
GP_PRACTICE: Final = "RO76"
ROLE: Final = "OrganisationRole"
OK: Final = 200
NOT_FOUND: Final = 404
ATTEMPTS: Final = 3
PATIENCE: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(seconds=5)
WORTH_ASKING_AGAIN: Final = frozenset({429, 502, 503})


@dataclass(frozen=True, slots=True)
class Practice:
    """An organisation that ODS knows. *is_open* follows the operational dates; *is_gp_practice* the active role RO76."""

    code: OdsCode
    name: str
    is_open: bool
    is_gp_practice: bool


@dataclass(frozen=True, slots=True)
class NotInOds:
    """Unknown, or closed so long ago that it was archived."""


class Words(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Fields in camelCase, unknown ones unread."""


class Coding(Words, frozen=True, rename="camel"):
    """A code."""

    code: str = ""


class Extension(Words, frozen=True, rename="camel"):
    """An extension, as far as roles go."""

    url: str = ""
    value_coding: Coding | None = None
    value_code: str | None = None
    value_boolean: bool | None = None
    extension: tuple[Extension, ...] = ()

    def inner(self, url: str) -> Extension | None:
        """The extension of this name inside."""
        return next((one for one in self.extension if one.url == url), None)


class Organization(Words, frozen=True, rename="camel"):
    """An Organization; only `id` is promised."""

    id: str
    active: bool = False
    name: str = ""
    extension: tuple[Extension, ...] = ()


class OdsClient:
    """ODS for one API key. *client* is opened on the FHIR address. The contents change once a day, so ask seldom."""

    def __init__(self, client: httpx2.AsyncClient, api_key: Secret) -> None:
        self._client = client
        self._api_key = api_key

    async def look_up(self, code: OdsCode) -> Practice | NotInOds | Silence:
        """GET Organization; asked again a little while ODS is busy."""
        reply = await persist(lambda: self._get(code), _pause, attempts=ATTEMPTS, patience=PATIENCE)
        if not isinstance(reply, Reply):
            return reply
        if silence := no_answer(reply):
            return silence
        if reply.status == NOT_FOUND:
            return NotInOds() if _says_not_known(reply) else Unreachable(detail="status-404")
        found = reply.read(Organization) if reply.status == OK else None
        if found is None or found.id.upper() != code.code:
            return Unexpected(f"status-{reply.status}")
        return Practice(code, found.name, found.active, any(_is_active_practice(one) for one in found.extension))

    async def _get(self, code: OdsCode) -> Reply | Silence:
        headers = {"apikey": self._api_key.reveal(), "Accept": "application/fhir+json"}
        return await ask(self._client, self._client.build_request("GET", f"Organization/{code.code}", headers=headers))


def _pause(reply: Reply | Silence) -> Pause:
    if not isinstance(reply, Reply) or reply.status not in WORTH_ASKING_AGAIN:
        return False
    named = retry_after(reply)
    return named is None or (named if named <= LONGEST_WAIT else False)


class _Outcome(Words, frozen=True, rename="camel"):
    resource_type: str = ""


def _says_not_known(reply: Reply) -> bool:
    """ODS itself says so; a gateway's 404 says nothing of the practice."""
    outcome = reply.read(_Outcome)
    return outcome is not None and outcome.resource_type == "OperationOutcome"


def _is_active_practice(extension: Extension) -> bool:
    role, active = extension.inner("roleCode"), extension.inner("active")
    if not extension.url.endswith(ROLE) or role is None or active is None:
        return False
    code = role.value_coding.code if role.value_coding else role.value_code
    return code == GP_PRACTICE and active.value_boolean is True
