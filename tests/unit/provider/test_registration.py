"""What may be registered about a partner, and what is told where it may not."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gpic.jose.keys import MOST_KEYS, SigningKey, base64url
from gpic.nhs.trust import DEFAULT_VECTORS
from gpic.provider.authorize.addressing import may_be_registered
from gpic.provider.clients import AudiencePolicy, Client
from gpic.provider.policy import Profile, ProviderPolicy
from gpic.provider.registration import (
    LONGEST_NAME,
    LONGEST_URI,
    MOST_URIS,
    RULES,
    Entry,
    RegistrationInvalid,
    checked,
    described,
    offered_scopes,
    registered,
)
from gpic.provider.scopes import SCOPES
from tests.unit.provider.world import ISSUER

STRICT = ProviderPolicy(ISSUER)
COMPAT = ProviderPolicy(ISSUER, profile=Profile.COMPAT)
URI = "https://partner.example/callback"
SHORT = (
    rsa.generate_private_key(public_exponent=65_537, key_size=1024)  # noqa: S505 - the weak key that is refused
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


@pytest.fixture(scope="module")
def entry(partner_key: SigningKey) -> Entry:
    """A good entry with nothing but what must be there."""
    return Entry(client_id="partner", name="A partner", redirect_uris=[URI], scopes=["openid"], keys=[partner_key.public_pem])


def reasons(entry: Entry, policy: ProviderPolicy = STRICT, **changes: object) -> tuple[str, ...]:
    """Why an entry with these changes is refused; nothing where it is not."""
    try:
        registered(msgspec.structs.replace(entry, **changes), policy)
    except RegistrationInvalid as refusal:
        return tuple(str(refusal).splitlines())
    return ()


def test_a_good_entry_becomes_a_client(entry: Entry, partner_key: SigningKey) -> None:
    """What is not said has its default: no IM1 mark, the specification's audience, algorithm and vectors."""
    expected = Client(
        client_id="partner",
        name="A partner",
        redirect_uris=frozenset({URI}),
        scopes=frozenset({"openid"}),
        keys=(partner_key.public_pem,),
        vectors=DEFAULT_VECTORS,
        im1_enabled=False,
        disabled=False,
        audience_policy=AudiencePolicy.NHS,
        algorithm="RS512",
        hands_over_to=frozenset(),
    )
    assert expected == registered(entry, STRICT)


def test_everything_that_is_said_counts(entry: Entry) -> None:
    """Field by field; a client always believes itself, so that is not kept."""
    full = msgspec.structs.replace(
        entry,
        scopes=["openid", "profile"],
        vectors=["P5.Cp.Cd", "P9.Cm"],
        im1_enabled=True,
        disabled=True,
        audience_policy=AudiencePolicy.STRICT,
        algorithm="RS256",
        hands_over_to=["partner", "other"],
    )
    client = registered(full, ProviderPolicy(ISSUER, rs256_allowed=True))

    assert frozenset({"openid", "profile"}) == client.scopes
    assert ["P5.Cp.Cd", "P9.Cm"] == [str(vector) for vector in client.vectors]
    assert (True, True, "strict", "RS256") == (client.im1_enabled, client.disabled, client.audience_policy, client.algorithm)
    assert frozenset({"other"}) == client.hands_over_to


def test_a_description_makes_the_same_client_again(entry: Entry) -> None:
    """What `show --json` prints can be imported; scopes in the table's order."""
    client = replace(
        registered(entry, STRICT), scopes=frozenset(offered_scopes()), hands_over_to=frozenset({"b", "a"}), im1_enabled=True
    )
    shown = described(client)

    assert client == registered(msgspec.convert(shown, type=Entry), STRICT)
    assert offered_scopes() == shown["scopes"]
    assert ["a", "b"] == shown["hands_over_to"]
    assert [field.name for field in msgspec.structs.fields(Entry) if field.name != "key_files"] == list(shown)


@pytest.mark.parametrize("client_id", ["a", "A", "0", "partner-2", "a.b_c~d-e", "a" * 128])
def test_an_id_may_be_plain(entry: Entry, client_id: str) -> None:
    """Letters, digits and what needs no escaping in an address."""
    assert () == reasons(entry, client_id=client_id)


@pytest.mark.parametrize("client_id", ["", "-a", ".a", "a b", "a/b", "a:b", "ä", "a\n", "a" * 129, "<b>"])
def test_an_id_may_not_be_anything_else(entry: Entry, client_id: str) -> None:
    """It stands in addresses, tokens, logs, and as an argument of commands."""
    (reason,) = reasons(entry, client_id=client_id)
    assert reason.endswith(
        "client_id must be 1 to 128 letters, digits, '.', '_', '~' or '-', and begin with a letter or digit."
    )


def test_a_client_without_an_id_is_still_named(entry: Entry) -> None:
    """A sentence always has a subject."""
    assert reasons(entry, client_id="")[0].startswith("A client without id: ")
    assert reasons(entry, client_id="a\x1b[2J")[0].startswith(r"'a\x1b[2J': ")
    assert reasons(entry, client_id="ä" * 99)[0].startswith(ascii("ä" * 64) + ": ")
    assert reasons(entry, name="")[0].startswith("partner: ")


@pytest.mark.parametrize(("name", "is_good"), [("A", True), ("Ä & B", True), ("a" * LONGEST_NAME, True)] + [
    (name, False) for name in ("", "  ", "a\nb", "a\x00", "a" * (LONGEST_NAME + 1))
])  # fmt: skip
def test_a_name_can_be_shown(entry: Entry, name: str, *, is_good: bool) -> None:
    """People read it."""
    expected = () if is_good else ("partner: name must be 1 to 100 printable characters.",)
    assert expected == reasons(entry, name=name)


GOOD_URIS = [URI, "https://partner.example", "https://partner.example:8443/a/b", "https://partner.example/%2F"]
BAD_URIS = [
    "http://partner.example/callback",
    "https://*.partner.example/callback",
    "https://partner.example/*",
    "https://partner.example/callback?a=b",
    "https://partner.example/callback?",
    "https://partner.example/callback#",
    "https://partner.example/callback#a",
    "https://user@partner.example/callback",
    "https://user:word@partner.example/callback",
    "//partner.example/callback",
    "/callback",
    "",
    "https://",
    "https:///callback",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://partner.example/a b",
    "https://partner.example\\@evil.example/",
    "https://pärtner.example/",
    "https://[::1/",
]
LOOPBACK = ["http://localhost:8000/callback", "http://127.0.0.1/callback", "http://[::1]:8000/callback"]


@pytest.mark.parametrize("uri", GOOD_URIS)
def test_a_redirect_uri_is_an_exact_https_address(entry: Entry, uri: str) -> None:
    """§2."""
    assert () == reasons(entry, redirect_uris=[URI, uri])


@pytest.mark.parametrize("uri", BAD_URIS)
def test_no_other_redirect_uri_is_registered(entry: Entry, uri: str) -> None:
    """§2: no wildcard, no http, no query; no fragment, no user. In every profile; the good one beside it is not blamed."""
    for policy in (STRICT, COMPAT, ProviderPolicy(ISSUER, profile=Profile.LENIENT)):
        (reason,) = reasons(entry, policy, redirect_uris=[URI, uri])
        assert f"partner: redirect URI {uri!a} must be https" in reason


@pytest.mark.parametrize("uri", LOOPBACK)
def test_http_on_loopback_needs_profile_compat(entry: Entry, uri: str) -> None:
    """For a developer's own machine."""
    assert 1 == len(reasons(entry, STRICT, redirect_uris=[uri]))
    assert () == reasons(entry, COMPAT, redirect_uris=[uri])


def test_redirect_uris_are_some_and_not_too_many_nor_too_long(entry: Entry) -> None:
    """To the character."""
    many = [f"https://partner.example/{number}" for number in range(MOST_URIS + 1)]
    longest = "https://partner.example/".ljust(LONGEST_URI, "a")

    assert ("partner: there must be 1 to 32 redirect_uris.",) == reasons(entry, redirect_uris=[])
    assert ("partner: there must be 1 to 32 redirect_uris.",) == reasons(entry, redirect_uris=many)
    assert () == reasons(entry, redirect_uris=many[:-1])
    assert () == reasons(entry, redirect_uris=[longest])
    (reason,) = reasons(entry, redirect_uris=[longest + "a"])
    assert (
        f"partner: redirect URI {longest[:200]!a} must be https (http only on loopback, in profile compat), of at most"
        " 2048 characters, without wildcard, query, fragment or user." == reason
    )


@given(st.text(alphabet="htps:/?#@*a.b%\\ \tä1[]", max_size=30).map(lambda tail: f"https://{tail}"))
def test_what_is_registered_can_be_used(uri: str) -> None:
    """The register admits exactly what the authorization endpoint would admit."""
    client = Client("partner", "A partner", frozenset({uri}), frozenset({"openid"}), ())
    rule = next(rule for rule in RULES if rule.__name__ == "redirect_uris_are_exact")

    assert may_be_registered(uri, STRICT.profile) == (not list(rule(client, STRICT)))


def test_every_scope_that_is_given_here_can_be_registered(entry: Entry) -> None:
    """§4."""
    assert () == reasons(entry, scopes=offered_scopes())
    assert [scope for scope in SCOPES if scope != "nhs_app_credentials"] == offered_scopes()


def test_no_other_scope_can(entry: Entry) -> None:
    """Each is told; openid must be there."""
    expected = (
        "partner: scopes must contain openid.",
        f"partner: scope 'gp' is unknown; there are {', '.join(offered_scopes())}.",
        "partner: scope nhs_app_credentials is not given by this provider.",
    )
    assert expected == reasons(entry, scopes=["nhs_app_credentials", "gp"])
    assert f"scope {'x' * 64!a} is unknown" in reasons(entry, scopes=["openid", "x" * 65])[0]


def test_a_client_has_keys(entry: Entry, partner_key: SigningKey) -> None:
    """PEM, JWK and JWK set together, in their order; the newest last."""
    named = [{**SigningKey.generate().public.published(), "kid": name} for name in ("b", "a")]
    client = registered(msgspec.structs.replace(entry, keys=[partner_key.public_pem, json.dumps({"keys": named})]), STRICT)

    assert ["", "b", "a"] == [key.kid for key in client.key_set.keys]


def test_a_client_without_keys_is_refused(entry: Entry) -> None:
    """It could never prove who it is."""
    assert ("partner: there must be 1 to 32 keys.",) == reasons(entry, keys=[])


def numbered(number: int) -> str:
    """A JWK of 2048 bits that is no other's; nobody has its private half, and nobody looks."""
    modulus = (1 << 2047) + 2 * number + 1
    return json.dumps({"kty": "RSA", "kid": str(number), "e": "AQAB", "n": base64url(modulus.to_bytes(256))})


def test_a_client_has_not_too_many_keys(entry: Entry) -> None:
    """Each is tried where an assertion names none."""
    assert () == reasons(entry, keys=[numbered(number) for number in range(MOST_KEYS)])
    too_many = reasons(entry, keys=[numbered(number) for number in range(MOST_KEYS + 1)])
    assert ("partner: there must be 1 to 32 keys.",) == too_many


def test_a_weak_or_broken_key_is_refused(entry: Entry) -> None:
    """Attacks 26; every mistake is told, and no key quoted."""
    expected = (
        "partner: a key cannot be used: RSA keys have 2048 to 8192 bits and a small exponent.",
        "partner: a key cannot be used: this is neither a public key in PEM nor a JWK or JWK set.",
    )
    assert expected == reasons(entry, keys=[SHORT, "nonsense"])


def test_a_key_is_given_once(entry: Entry, partner_key: SigningKey) -> None:
    """Under another name it is the same."""
    renamed = json.dumps({**partner_key.public.published(), "kid": "other"})

    assert ("partner: a key is given twice.",) == reasons(entry, keys=[partner_key.public_pem, renamed])


def test_a_kept_key_that_cannot_be_read_is_told(entry: Entry) -> None:
    """Where a client was put by other ways."""
    client = replace(registered(entry, STRICT), keys=("nonsense",))

    with pytest.raises(RegistrationInvalid, match=r"^partner: a key cannot be used: this is not a public key in PEM\.$"):
        checked(client, STRICT)


def test_vectors_are_some_and_readable(entry: Entry) -> None:
    """Each mistake is told."""
    assert ("partner: there must be 1 to 32 vectors.",) == reasons(entry, vectors=[])
    assert ("partner: there must be 1 to 32 vectors.",) == reasons(entry, vectors=["P9"] * 33)
    assert () == reasons(entry, vectors=["P9"])
    assert () == reasons(entry, vectors=["P9"] * 32)
    expected = (
        "partner: vector 'P8' is none, such as P9.Cp.Cd is.",
        f"partner: vector {'x' * 64!a} is none, such as P9.Cp.Cd is.",
    )
    assert expected == reasons(entry, vectors=["P9", "P8", "x" * 65])


def test_an_algorithm_is_one_that_the_settings_allow(entry: Entry) -> None:
    """RS512; RS256 by a setting; nothing else by any."""
    lenient = ProviderPolicy(ISSUER, rs256_allowed=True)

    assert ("partner: algorithm 'RS256' is not allowed; there is RS512.",) == reasons(entry, algorithm="RS256")
    assert () == reasons(entry, lenient, algorithm="RS256")
    for name in ("none", "HS512", "PS512", "", "x" * 16):
        assert (f"partner: algorithm {name!a} is not allowed; there is RS512, RS256.",) == reasons(
            entry, lenient, algorithm=name
        )
    assert f"algorithm {'x' * 16!a} is" in reasons(entry, algorithm="x" * 17)[0]


def test_handovers_go_to_clients(entry: Entry) -> None:
    """They need not be registered yet, but their ids must be some."""
    assert () == reasons(entry, hands_over_to=["not-there-yet"])
    expected = (
        "partner: hands_over_to holds '', which is no client_id.",
        "partner: hands_over_to holds 'a b', which is no client_id.",
    )
    assert expected == reasons(entry, hands_over_to=["a b", ""])
    assert f"holds {'x' * 64!a}, which" in reasons(entry, hands_over_to=["x" * 129])[0]


def test_everything_that_is_wrong_is_told_at_once(entry: Entry) -> None:
    """In the order of the rules; what cannot be read at all comes first and alone."""
    told = reasons(entry, name="", redirect_uris=[], scopes=[], hands_over_to=["-"])

    assert ["name", "there", "scopes", "hands_over_to"] == [reason.split()[1] for reason in told]
    assert 1 == len(reasons(entry, name="", vectors=["x"]))
    assert 8 == len(RULES)


ENTRIES = st.fixed_dictionaries(
    {
        "client_id": st.text(max_size=5),
        "name": st.text(max_size=5),
        "redirect_uris": st.lists(st.text(max_size=20), max_size=3),
        "scopes": st.lists(st.sampled_from([*SCOPES, "x"]), max_size=4),
        "keys": st.lists(st.text(max_size=20), max_size=2),
        "vectors": st.lists(st.text(max_size=5), max_size=3),
        "algorithm": st.text(max_size=5),
        "hands_over_to": st.lists(st.text(max_size=5), max_size=3),
    }
)


@given(ENTRIES)
def test_no_entry_breaks_the_register(written: dict[str, object]) -> None:
    """Anything is a client or a refusal with reasons of one printable line each."""
    with pytest.raises(RegistrationInvalid) as told:  # there is no key that hypothesis would guess
        registered(msgspec.convert(written, type=Entry), STRICT)

    assert list(told.value.reasons) == str(told.value).splitlines()
    assert all(reason.isprintable() for reason in told.value.reasons)
