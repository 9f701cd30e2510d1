"""Userinfo: whom the access token speaks of comes first, and then what it says of them (`nhs-login.md` §5)."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass
from typing import Annotated, Final

import httpx2
import msgspec

from gpic.nhs.credentials import Demographics, GpCredentials
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.nhs.organisations import OdsCode, OdsCodeInvalid
from gpic.nhs.secret import Secret
from gpic.outbound import Reply
from gpic.relying_party.errors import UserinfoInvalid
from gpic.relying_party.id_token import VerifiedIdToken
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.right_patient import Person
from gpic.relying_party.token_endpoint import Tokens

OK: Final = 200

Part = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"\S")]


class _GpClaim(msgspec.Struct):
    gp_user_id: Part
    gp_linkage_key: Part
    gp_ods_code: Part


class _Whom(msgspec.Struct):
    sub: str
    iss: str | msgspec.UnsetType = msgspec.UNSET
    aud: str | list[str] | msgspec.UnsetType = msgspec.UNSET


class _Claims(msgspec.Struct):
    family_name: Part | None = None
    birthdate: dt.date | None = None
    nhs_number: str | None = None
    gp_integration_credentials: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class Userinfo:
    """The person, and the GP details when all three were given (N4)."""

    person: Person
    details: GpCredentials | None


def userinfo_request(client: httpx2.AsyncClient, endpoint: str, tokens: Tokens) -> httpx2.Request:
    """The token travels in the header, never in a URL."""
    headers = {"authorization": f"Bearer {tokens.access_token.reveal()}", "accept": "application/json"}
    return client.build_request("GET", endpoint, headers=headers)


def read_userinfo(reply: Reply, id_token: VerifiedIdToken, settings: RelyingPartySettings) -> Userinfo:
    """The claims of the person of the ID token; raises UserinfoInvalid."""
    if reply.status != OK:
        raise UserinfoInvalid(f"status {reply.status}")
    _check_whom(reply, id_token, settings)
    claims = reply.read(_Claims)
    if claims is None:
        raise UserinfoInvalid("a claim has another type than promised")
    person = Person(id_token.sub, _demographics(claims), _number(claims, id_token, settings))
    details = _details(claims)
    if details is not None and (person.demographics is None or (settings.knows_nhs_number and person.nhs_number is None)):
        raise UserinfoInvalid("GP details came without the claims that prove the right patient")
    return Userinfo(person, details)


def _check_whom(reply: Reply, id_token: VerifiedIdToken, settings: RelyingPartySettings) -> None:
    """R13: sub equals the ID token's, before anything else is read; so do iss and aud where they are given."""
    whom = reply.read(_Whom)
    if whom is None or not hmac.compare_digest(whom.sub.encode(), id_token.sub.encode()):
        raise UserinfoInvalid("sub is not the ID token's")
    if whom.iss is not msgspec.UNSET and whom.iss != settings.issuer:
        raise UserinfoInvalid("iss is somebody else")
    if whom.aud is not msgspec.UNSET and settings.client_id not in ([whom.aud] if isinstance(whom.aud, str) else whom.aud):
        raise UserinfoInvalid("aud is somebody else")


def _demographics(claims: _Claims) -> Demographics | None:
    if claims.family_name is None or claims.birthdate is None:
        return None
    return Demographics(claims.family_name, claims.birthdate.isoformat())


def _number(claims: _Claims, id_token: VerifiedIdToken, settings: RelyingPartySettings) -> NhsNumber | None:
    """With scope `profile` only; where userinfo and ID token both tell it, they tell the same."""
    if not settings.knows_nhs_number:
        return None
    if claims.nhs_number is None:
        return id_token.nhs_number
    try:
        number = NhsNumber(claims.nhs_number)
    except NhsNumberInvalid:
        raise UserinfoInvalid("nhs_number is none") from None
    if id_token.nhs_number not in {None, number}:
        raise UserinfoInvalid("nhs_number is not the ID token's")
    return number


def _details(claims: _Claims) -> GpCredentials | None:
    """All three, or nothing: half a claim is none (N4)."""
    try:
        claim = msgspec.json.decode(claims.gp_integration_credentials, type=_GpClaim)
        return GpCredentials(claim.gp_user_id, OdsCode(claim.gp_ods_code), Secret(claim.gp_linkage_key))
    except (msgspec.MsgspecError, UnicodeDecodeError, OdsCodeInvalid):
        return None
