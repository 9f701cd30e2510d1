"""How a partner gets into the register: what is written about it, and the rules that must hold of it.

`Entry` is what an operator writes, in a file or on a command line; `registered` makes a `Client` of it or tells everything
that is wrong at once. Nothing is fetched and nothing is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from gpic.jose.errors import KeyInvalid
from gpic.jose.keys import MOST_KEYS
from gpic.jose.registered import registered_keys
from gpic.nhs.trust import DEFAULT_VECTORS, MOST_VECTORS, Vector, VectorInvalid
from gpic.provider.authorize.addressing import may_be_registered
from gpic.provider.clients import AudiencePolicy, Client
from gpic.provider.policy import ProviderPolicy
from gpic.provider.scopes import OPENID, SCOPES

CLIENT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
LONGEST_NAME: Final = 100
LONGEST_URI: Final = 2048
MOST_URIS: Final = 32


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A partner as it is written down. `docs/reference/clients.md` says what each field means."""

    client_id: str
    name: str
    redirect_uris: list[str]
    scopes: list[str]
    keys: list[str] = msgspec.field(default_factory=list)
    key_files: list[str] = msgspec.field(default_factory=list)
    vectors: list[str] = msgspec.field(default_factory=lambda: [str(vector) for vector in DEFAULT_VECTORS])
    im1_enabled: bool = False
    disabled: bool = False
    audience_policy: AudiencePolicy = AudiencePolicy.NHS
    algorithm: str = "RS512"
    hands_over_to: list[str] = msgspec.field(default_factory=list)


class RegistrationInvalid(ValueError):
    """Something is wrong with what was written about a partner; each of *reasons* is a sentence for an operator."""

    def __init__(self, client_id: str, reasons: tuple[str, ...]) -> None:
        self.reasons = tuple(f"{_spoken(client_id)}: {reason}" for reason in reasons)
        super().__init__("\n".join(self.reasons))


Rule = Callable[[Client, ProviderPolicy], Iterator[str]]


def id_is_plain(client: Client, _policy: ProviderPolicy) -> Iterator[str]:
    """It stands in addresses, tokens and logs."""
    if not CLIENT_ID.fullmatch(client.client_id):
        yield "client_id must be 1 to 128 letters, digits, '.', '_', '~' or '-', and begin with a letter or digit."


def name_can_be_shown(client: Client, _policy: ProviderPolicy) -> Iterator[str]:
    """People read it where they are asked to share."""
    if not client.name.strip() or len(client.name) > LONGEST_NAME or not client.name.isprintable():
        yield f"name must be 1 to {LONGEST_NAME} printable characters."


def redirect_uris_are_exact(client: Client, policy: ProviderPolicy) -> Iterator[str]:
    """`nhs-login.md` §2: no wildcard, no `http` (but on loopback in profile compat), no query; no fragment, no user."""
    if not 0 < len(client.redirect_uris) <= MOST_URIS:
        yield f"there must be 1 to {MOST_URIS} redirect_uris."
    for uri in sorted(client.redirect_uris):
        if len(uri) > LONGEST_URI or not may_be_registered(uri, policy.profile):
            yield (
                f"redirect URI {uri[:200]!a} must be https (http only on loopback, in profile compat), of at most"
                f" {LONGEST_URI} characters, without wildcard, query, fragment or user."
            )


def scopes_are_given_here(client: Client, _policy: ProviderPolicy) -> Iterator[str]:
    """`nhs-login.md` §4; openid is what a login is."""
    if OPENID not in client.scopes:
        yield "scopes must contain openid."
    for scope in sorted(client.scopes):
        if scope not in SCOPES:
            yield f"scope {scope[:64]!a} is unknown; there are {', '.join(offered_scopes())}."
        elif not SCOPES[scope].offered:
            yield f"scope {scope} is not given by this provider."


def keys_can_verify(client: Client, _policy: ProviderPolicy) -> Iterator[str]:
    """At least one RSA key of 2048 bits or more; several while a partner changes from one to the next."""
    if not 0 < len(client.keys) <= MOST_KEYS:
        yield f"there must be 1 to {MOST_KEYS} keys."
    try:
        thumbprints = Counter(key.thumbprint for key in client.key_set.keys)
    except KeyInvalid as mistake:
        yield f"a key cannot be used: {mistake}."
        return
    if any(count > 1 for count in thumbprints.values()):
        yield "a key is given twice."


def vectors_are_few(client: Client, _policy: ProviderPolicy) -> Iterator[str]:
    """A client without vectors could never log anybody in."""
    if not 0 < len(client.vectors) <= MOST_VECTORS:
        yield f"there must be 1 to {MOST_VECTORS} vectors."


def algorithm_is_allowed(client: Client, policy: ProviderPolicy) -> Iterator[str]:
    """RS512 (`nhs-login.md` §3); RS256 where a setting allows it."""
    if client.algorithm not in policy.algorithms:
        yield f"algorithm {client.algorithm[:16]!a} is not allowed; there is {', '.join(policy.algorithms)}."


def handovers_name_clients(client: Client, _policy: ProviderPolicy) -> Iterator[str]:
    """They need not be registered yet: of two clients one is first."""
    for other in sorted(client.hands_over_to):
        if not CLIENT_ID.fullmatch(other):
            yield f"hands_over_to holds {other[:64]!a}, which is no client_id."


RULES: Final[tuple[Rule, ...]] = (
    id_is_plain,
    name_can_be_shown,
    redirect_uris_are_exact,
    scopes_are_given_here,
    keys_can_verify,
    vectors_are_few,
    algorithm_is_allowed,
    handovers_name_clients,
)


def checked(client: Client, policy: ProviderPolicy) -> Client:
    """The client, once every rule holds; raises RegistrationInvalid with everything that does not."""
    if reasons := tuple(reason for rule in RULES for reason in rule(client, policy)):
        raise RegistrationInvalid(client.client_id, reasons)
    return client


def registered(entry: Entry, policy: ProviderPolicy) -> Client:
    """The client that *entry* describes; its key files were read by then. Raises RegistrationInvalid."""
    reasons: list[str] = []
    client = Client(
        client_id=entry.client_id,
        name=entry.name,
        redirect_uris=frozenset(entry.redirect_uris),
        scopes=frozenset(entry.scopes),
        keys=tuple(key for text in entry.keys for key in _keys(text, reasons)),
        vectors=tuple(vector for text in entry.vectors for vector in _vectors(text, reasons)),
        im1_enabled=entry.im1_enabled,
        disabled=entry.disabled,
        audience_policy=entry.audience_policy,
        algorithm=entry.algorithm,
        hands_over_to=frozenset(entry.hands_over_to) - {entry.client_id},  # itself it always believes
    )
    if reasons:
        raise RegistrationInvalid(entry.client_id, tuple(reasons))
    return checked(client, policy)


def described(client: Client) -> dict[str, object]:
    """The client as an entry, field by field: `registered` makes the same client of it."""
    return {
        "client_id": client.client_id,
        "name": client.name,
        "redirect_uris": sorted(client.redirect_uris),
        "scopes": [scope for scope in SCOPES if scope in client.scopes],
        "keys": list(client.keys),
        "vectors": [str(vector) for vector in client.vectors],
        "im1_enabled": client.im1_enabled,
        "disabled": client.disabled,
        "audience_policy": client.audience_policy.value,
        "algorithm": client.algorithm,
        "hands_over_to": sorted(client.hands_over_to),
    }


def offered_scopes() -> list[str]:
    """What a client may be registered for."""
    return [scope.name for scope in SCOPES.values() if scope.offered]


def _spoken(client_id: str) -> str:
    """An id that is none might do anything to a terminal."""
    if not client_id:
        return "A client without id"
    return client_id if CLIENT_ID.fullmatch(client_id) else ascii(client_id[:64])


def _keys(text: str, reasons: list[str]) -> tuple[str, ...]:
    try:
        return registered_keys(text)
    except KeyInvalid as mistake:
        reasons.append(f"a key cannot be used: {mistake}.")
        return ()


def _vectors(text: str, reasons: list[str]) -> tuple[Vector, ...]:
    try:
        return (Vector.parse(text),)
    except VectorInvalid:
        reasons.append(f"vector {text[:64]!a} is none, such as P9.Cp.Cd is.")
        return ()
