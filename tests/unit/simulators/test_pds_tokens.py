"""The token server's rows, in its order: `demographics.md` §1.3."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gpic.simulators.pds import PdsSettings
from tests.unit.simulators.surgery import API_KEY, KEY, STRANGERS_KEY, TOKEN_URL, URL, Pds
from tests.unit.simulators.town import TODAY, Town

pytestmark = pytest.mark.anyio

NOW = int(TODAY.timestamp())


@pytest.fixture
async def pds(town: Town) -> AsyncIterator[Pds]:
    """NHS login at PDS, without a token."""
    async with Pds(town) as caller:
        yield caller


async def test_a_good_assertion_buys_an_opaque_token(pds: Pds) -> None:
    """`expires_in` is a string."""
    response = await pds.ask(pds.assertion(pds.claims()))

    assert 200 == response.status_code
    assert ("Bearer", "599") == (response.json()["token_type"], response.json()["expires_in"])
    assert "." not in response.json()["access_token"]
    assert str(NOW * 1000) == response.json()["issued_at"]


async def test_keys_are_given_as_pem_or_jwk(pds: Pds) -> None:
    """Both forms verify."""
    assert 200 == (await pds.ask(pds.assertion(pds.claims(), header={"kid": "key-jwk"}))).status_code


async def test_the_token_url_may_come_from_the_request(town: Town) -> None:
    """Without a public URL the Host header tells it."""
    async with Pds(town, PdsSettings()) as caller:
        assert 200 == (await caller.ask(caller.assertion(caller.claims()))).status_code


HEADERS: list[tuple[dict[str, object], int, str]] = [
    ({"kid": None}, 400, "Missing 'kid' header in client_assertion JWT"),
    ({"kid": "other"}, 401, "Invalid 'kid' header in client_assertion JWT - no matching public key"),
    ({"typ": "jose"}, 400, "Invalid 'typ' header in client_assertion JWT - must be 'JWT'"),
]


@pytest.mark.parametrize(("header", "status", "description"), HEADERS)
async def test_headers_are_refused_for_their_reason(pds: Pds, header: dict[str, object], status: int, description: str) -> None:
    """§1.3, row by row."""
    response = await pds.ask(pds.assertion(pds.claims(), header=header))

    assert (status, "invalid_request", description) == (
        response.status_code,
        response.json()["error"],
        response.json()["error_description"],
    )
    assert response.json()["message_id"]


NOT_MATCHING = "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"
WRONG_AUD = "Missing or invalid 'aud' claim in client_assertion JWT"
CLAIMS: list[tuple[dict[str, object], int, str]] = [
    ({"iss": None}, 400, NOT_MATCHING),
    ({"sub": None}, 400, NOT_MATCHING),
    ({"sub": "another"}, 400, NOT_MATCHING),
    ({"iss": "another", "sub": "another"}, 401, "Invalid 'iss'/'sub' claims in client_assertion JWT"),
    ({"aud": None}, 401, WRONG_AUD),
    ({"aud": URL}, 401, WRONG_AUD),
    ({"aud": [TOKEN_URL, "https://else.test"]}, 401, WRONG_AUD),
    ({"exp": NOW - 10}, 400, "Invalid 'exp' claim in client_assertion JWT - JWT has expired"),
    ({"exp": NOW + 311}, 400, "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"),
    ({"exp": 10**400}, 400, "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"),
    ({"exp": None}, 400, "Missing 'exp' claim in client_assertion JWT"),
    ({"exp": NOW + 60.5}, 400, "Invalid 'exp' claim in client_assertion JWT - must be an integer"),
    ({"exp": str(NOW + 60)}, 400, "Invalid 'exp' claim in client_assertion JWT - must be an integer"),
    ({"jti": None}, 400, "Missing 'jti' claim in client_assertion JWT"),
    ({"jti": 7}, 400, "Invalid 'jti' claim in client_assertion JWT - must be a unique string value"),
]


@pytest.mark.parametrize(("claims", "status", "description"), CLAIMS)
async def test_claims_are_refused_for_their_reason(pds: Pds, claims: dict[str, object], status: int, description: str) -> None:
    """§1.3, row by row."""
    response = await pds.ask(pds.assertion(pds.claims() | claims))

    assert (status, description) == (response.status_code, response.json()["error_description"])


@pytest.mark.parametrize("exp", [NOW - 9, NOW + 310])
async def test_the_edges_of_exp_are_still_good(pds: Pds, exp: int) -> None:
    """10 s of allowance, 310 s at most."""
    assert 200 == (await pds.ask(pds.assertion(pds.claims() | {"exp": exp}))).status_code


async def test_another_algorithm_is_refused_before_anything_else(pds: Pds) -> None:
    """RS512 only; the first of the script's checks."""
    response = await pds.ask(pds.assertion({"exp": NOW - 999}, algorithm="RS256", header={"kid": None}))

    assert 400 == response.status_code
    assert response.json()["error_description"].endswith("unsupported JWT algorithm - must be 'RS512'")


async def test_a_wrong_signature_has_an_error_of_its_own(pds: Pds) -> None:
    """401, `public_key error`."""
    response = await pds.ask(pds.assertion(pds.claims(), key=STRANGERS_KEY))

    assert (401, "public_key error", "JWT signature verification failed") == (
        response.status_code,
        response.json()["error"],
        response.json()["error_description"],
    )


async def test_a_jti_is_used_once_in_thirty_days(town: Town, pds: Pds) -> None:
    """Reuse is refused, and forgotten after that time; a refused assertion uses nothing."""
    claims = pds.claims()
    refused = await pds.ask(pds.assertion(claims, key=STRANGERS_KEY))
    first = await pds.ask(pds.assertion(claims))
    second = await pds.ask(pds.assertion(claims))
    town.wire.move(timedelta(days=30))
    later = await pds.ask(pds.assertion(claims | {"exp": NOW + 30 * 86400 + 60}))

    assert [401, 200, 400, 200] == [one.status_code for one in (refused, first, second, later)]
    assert "Non-unique 'jti' claim in client_assertion JWT" == second.json()["error_description"]


@pytest.mark.parametrize(
    ("fields", "error", "description"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type", "grant_type is invalid"),
        (
            {"client_assertion_type": "x"},
            "invalid_request",
            "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
        ),
        ({"client_assertion": ""}, "invalid_request", "Missing client_assertion"),
        ({"client_assertion": "x.y.z"}, "invalid_request", "Malformed JWT in client_assertion"),
        ({"client_assertion": "e30.W10.z"}, "invalid_request", "Malformed JWT in client_assertion"),
        ({"client_assertion": "e30.e30"}, "invalid_request", "Malformed JWT in client_assertion"),
    ],
)
async def test_forms_are_refused_for_their_reason(pds: Pds, fields: dict[str, str], error: str, description: str) -> None:
    """400."""
    response = await pds.ask(pds.assertion(pds.claims()), **fields)

    assert (400, error, description) == (
        response.status_code,
        response.json()["error"],
        response.json()["error_description"],
    )


async def test_two_faults_are_told_in_the_order_of_the_script(pds: Pds) -> None:
    """Expired wins over kid, kid over iss, iss over jti, jti over too long."""
    expired = await pds.ask(pds.assertion({"exp": NOW - 60}, header={"kid": None}))
    nameless = await pds.ask(pds.assertion({"exp": NOW + 999}, header={"kid": None}))
    stranger = await pds.ask(pds.assertion({"exp": NOW + 999, "iss": "a", "sub": "b"}))
    without_id = await pds.ask(pds.assertion({"exp": NOW + 999, "iss": API_KEY, "sub": API_KEY}, key=KEY))

    assert ["has expired", "'kid'", "'iss'/'sub'", "'jti'"] == [
        word
        for word, one in zip(
            ("has expired", "'kid'", "'iss'/'sub'", "'jti'"), (expired, nameless, stranger, without_id), strict=True
        )
        if word in one.json()["error_description"]
    ]
