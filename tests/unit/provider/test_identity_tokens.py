"""What EMIS is shown of a person."""

from __future__ import annotations

from datetime import timedelta

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import IdentityTokens, Person
from gpic.jose.sign import seconds
from gpic.jose.verify import ClaimsPolicy, only, verify
from gpic.nhs.credentials import Demographics
from gpic.provider.identity_tokens import SignedIdentityTokens
from tests.unit.provider.world import ISSUER, NOW, NUMBER, World

ALICE = Person(PersonId("person-1"), NUMBER, Demographics("Example", "1990-02-03"), None, signed_in_at=NOW - timedelta(days=2))


def read(world: World, person: Person) -> dict[str, object]:
    """The claims of a fresh identity token."""
    tokens: IdentityTokens = SignedIdentityTokens(world.ring, world.policy, "gp-systems", world.clocks, world.new_text)
    token = tokens.mint(person)
    assert "eyJ" not in repr(token)
    return dict(verify(token.reveal(), world.ring.key_set, ClaimsPolicy(ISSUER, only("gp-systems"), NOW)).claims)


def test_an_identity_token_names_the_number_and_the_last_real_sign_in(world: World) -> None:
    """N9: auth_time is that of the sign-in, however long ago; ten minutes of life."""
    claims = read(world, ALICE)
    subject = claims.pop("sub")

    expected = {
        "iss": ISSUER,
        "aud": "gp-systems",
        "iat": seconds(NOW),
        "exp": seconds(NOW) + 600,
        "jti": "text-1",
        "auth_time": seconds(NOW) - 2 * 86_400,
        "nhs_number": NUMBER.digits,
        "identity_proofing_level": "P9",
        "vot": "P9.Cp.Cd",
    }
    assert expected == claims
    assert subject == read(world, ALICE)["sub"]
    assert str(subject) not in {"person-1", "alice", NUMBER.digits}


def test_somebody_who_never_signed_in_has_no_auth_time(world: World) -> None:
    """Left out, never invented."""
    assert "auth_time" not in read(world, Person(PersonId("p"), NUMBER, Demographics("Example", "1990-02-03"), None))
