"""What an operator changes about a registered partner: a pure step from one client to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from gpic.jose.errors import KeyInvalid
from gpic.jose.keys import PublicKey
from gpic.jose.registered import registered_key_set, registered_keys
from gpic.nhs.trust import Vector, VectorInvalid
from gpic.provider.clients import AudiencePolicy, Client
from gpic.provider.registration import RegistrationInvalid

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Change:
    """What is added to a set of texts, and what is taken away. A replacement is both, of different texts."""

    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Amendment:
    """Changes; None and empty ones change nothing. Keys are added as text and removed by kid or thumbprint."""

    name: str | None = None
    redirect_uris: Change = Change()
    scopes: Change = Change()
    keys_to_add: tuple[str, ...] = ()
    keys_to_remove: frozenset[str] = frozenset()
    vectors: tuple[str, ...] = ()  #: all of them anew, since their order counts
    im1_enabled: bool | None = None
    disabled: bool | None = None
    audience_policy: AudiencePolicy | None = None
    algorithm: str | None = None
    hands_over_to: Change = Change()


def amended(client: Client, amendment: Amendment) -> Client:
    """The client with the changes, every rule still to be checked. Raises RegistrationInvalid, with all mistakes at once."""
    reasons: list[str] = []
    changed = replace(
        client,
        name=_or_as_before(amendment.name, client.name),
        redirect_uris=_changed(client.redirect_uris, amendment.redirect_uris, "redirect URI", reasons),
        scopes=_changed(client.scopes, amendment.scopes, "scope", reasons),
        keys=_changed_keys(client.keys, amendment, reasons),
        vectors=_vectors(amendment.vectors, reasons) or client.vectors,
        im1_enabled=_or_as_before(amendment.im1_enabled, client.im1_enabled),
        disabled=_or_as_before(amendment.disabled, client.disabled),
        audience_policy=_or_as_before(amendment.audience_policy, client.audience_policy),
        algorithm=_or_as_before(amendment.algorithm, client.algorithm),
        hands_over_to=_changed(client.hands_over_to, amendment.hands_over_to, "handing over to", reasons) - {client.client_id},
    )
    if reasons:
        raise RegistrationInvalid(client.client_id, tuple(reasons))
    return changed


def names_of(key: PublicKey) -> frozenset[str]:
    """What a key may be called when it is to be removed."""
    return frozenset({key.kid, key.thumbprint}) - {""}


def _or_as_before(new: Value | None, before: Value) -> Value:
    return before if new is None else new


def _changed(before: frozenset[str], change: Change, what: str, reasons: list[str]) -> frozenset[str]:
    reasons += [f"{what} {one[:200]!a} is not registered." for one in sorted(change.remove - before)]
    return before - change.remove | change.add


def _changed_keys(before: tuple[str, ...], amendment: Amendment, reasons: list[str]) -> tuple[str, ...]:
    """The newest last."""
    named = [(kept, names_of(key)) for kept in before for key in registered_key_set([kept]).keys]
    known = frozenset[str]().union(*(names for _, names in named))
    reasons += [f"there is no key {one[:64]!a}." for one in sorted(amendment.keys_to_remove - known)]
    stay = tuple(kept for kept, names in named if not names & amendment.keys_to_remove)
    return stay + tuple(key for text in amendment.keys_to_add for key in _read(text, reasons))


def _read(text: str, reasons: list[str]) -> Iterable[str]:
    try:
        return registered_keys(text)
    except KeyInvalid as mistake:
        reasons.append(f"a key cannot be used: {mistake}.")
        return ()


def _vectors(texts: tuple[str, ...], reasons: list[str]) -> tuple[Vector, ...]:
    try:
        return tuple(Vector.parse(text) for text in texts)
    except VectorInvalid:
        reasons.append("a vector is none, such as P9.Cp.Cd is.")
        return ()
