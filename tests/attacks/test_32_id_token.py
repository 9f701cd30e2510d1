"""Attack 32: an ID token of another login, another client, another time or another maker.

Without this in `src/gpic/relying_party/id_token.py`:
    - nonce_is_ours,
Without this in `src/gpic/relying_party/id_token.py`:
    - audience=only(settings.client_id),
    + audience=lambda listed: settings.client_id in listed,
Without this in `src/gpic/relying_party/id_token.py`:
    - authorized_party_is_us,
Without this in `src/gpic/relying_party/id_token.py`:
    - access_token_belongs_to_it,
Without this in `src/gpic/jose/verify.py`:
    - if verified.issuer != policy.issuer:
    + if False:
Without this in `src/gpic/jose/verify.py`:
    - if header.alg not in algorithms or header.alg not in HASHES:
    + if header.alg not in HASHES:
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gpic.jose.sign import seconds
from gpic.relying_party.outcomes import CannotConnect, Obstacle
from tests.unit.relying_party.test_id_token import (
    broken_signature,
    other_claims,
    signed_with_another_algorithm,
    signed_with_the_public_key,
    unsigned,
)
from tests.unit.relying_party.world import NOW, key, world

pytestmark = pytest.mark.anyio

REFUSED = CannotConnect(Obstacle.LOGIN_FAILED, code="id_token_invalid")


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another login"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": ["riverside", "another-client"]},
        {"azp": "another-client"},
        {"exp": seconds(NOW) - 31},
        {"exp": None},
        {"iat": None},
        {"iat": seconds(NOW) + 90},
        {"sub": None},
        {"sub": "x" * 256},
        {"at_hash": "another-access-token"},
        {"nhs_number": "not a number"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_this_login_opens_nothing(
    claims: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    """R13: neither userinfo nor the practice is asked, and the log says why without quoting it."""
    caplog.set_level("INFO")
    there = world()
    there.nhs_login.claims = claims

    assert REFUSED == await there.press_the_button()
    assert (0, []) == (there.nhs_login.calls["/userinfo"], there.surgery.calls)
    assert "login refused: id_token_invalid" in caplog.text
    assert "evil" not in caplog.text


@pytest.mark.parametrize(
    "bend", [unsigned, signed_with_the_public_key, signed_with_another_algorithm, broken_signature, other_claims]
)
async def test_a_token_that_the_provider_did_not_sign_opens_nothing(bend: Callable[[str], str]) -> None:
    """R13: alg none, HS512 with the public key, RS256, a changed signature, changed claims."""
    there = world()
    there.nhs_login.bend = bend

    assert REFUSED == await there.press_the_button()
    assert (0, []) == (there.nhs_login.calls["/userinfo"], there.surgery.calls)


async def test_a_key_that_is_not_published_signs_nothing() -> None:
    """R13: the attacker's own, well signed."""
    there = world()
    there.nhs_login.published, there.nhs_login.signing = [key("provider")], key("attacker")

    assert REFUSED == await there.press_the_button()
    assert [] == there.surgery.calls
