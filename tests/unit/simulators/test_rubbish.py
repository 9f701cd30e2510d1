"""Whatever a stranger sends, a stand-in answers; it never crashes and never says 500 by accident."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping

import httpx2
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from tests.unit.simulators.surgery import BASE, Pds
from tests.unit.simulators.town import EMIS_PRACTICE, TPP_PRACTICE, UUID_TEXT, Emis, Town, Tpp

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
TEXT = st.text(max_size=30)
#: Bodies that are nearly right: the names are, the values may be anything.
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "NationalPracticeCode": st.sampled_from([EMIS_PRACTICE, TPP_PRACTICE]) | TEXT,
        "NhsNumber": TEXT,
        "Token": TEXT | st.none(),
        "EmailAddress": TEXT,
        "AccessIdentityGuid": TEXT,
        "Surname": TEXT,
        "DateOfBirth": TEXT,
        "LinkageDetails": st.fixed_dictionaries({"AccountId": TEXT, "LinkageKey": TEXT, "NationalPracticeCode": TEXT}) | JSON,
    },
)
BODIES = st.binary(max_size=200) | (JSON | NEARLY).map(msgspec.json.encode)
EMIS_PATHS = st.sampled_from(["/sessions", "/me/applications", "/me/verifications", "/users/nhs"])
XML_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="<&\"'"), max_size=20)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            "organisationCode",
            "lastName",
            "dateOfBirth",
            "nhsNumber",
            "retrieveOnly",
            "accountId",
            "passphrase",
            "unitId",
            "providerId",
            "patientId",
        ]
    ),
    st.sampled_from([TPP_PRACTICE, "y", "nhs-login-tpp"]) | XML_TEXT,
)
ROOTS = st.sampled_from(["LinkAccount", "Authenticate", "PatientSelected", "ListServiceAccesses", "Logoff", "Else"])


def run(work: Callable[[], Awaitable[httpx2.Response]]) -> httpx2.Response:
    """One exchange in an event loop of its own."""

    async def main() -> httpx2.Response:
        return await work()

    return asyncio.run(main())


@settings(max_examples=150, deadline=None)
@given(path=EMIS_PATHS, body=BODIES)
def test_emis_survives_any_body(path: str, body: bytes) -> None:
    """A refusal in its envelope, never a 500."""
    town = Town()
    town.settle("ada")

    async def exchange() -> httpx2.Response:
        async with town.emis_client() as client:
            emis = Emis(client)
            await emis.begin()
            return await client.post(path, headers=emis.headers, content=body)

    response = run(exchange)

    assert 400 <= response.status_code < 500
    assert response.json()["Exceptions"][0]["Message"] == response.json()["Message"]


SEGMENT = (st.binary(max_size=40) | JSON.map(msgspec.json.encode)).map(lambda raw: urlsafe_b64encode(raw).decode().rstrip("="))
HEADER = st.fixed_dictionaries(
    {"alg": st.sampled_from(["RS512", "none", "HS512"]) | JSON}, optional={"kid": JSON, "crit": JSON}
)
TOKENS = TEXT | st.tuples(
    HEADER.map(msgspec.json.encode).map(lambda raw: urlsafe_b64encode(raw).decode()) | SEGMENT, SEGMENT, SEGMENT
).map(".".join)
KEY = RSAKey.generate_key(2048, parameters={"kid": "key-1"})


async def jwks() -> Mapping[str, object]:
    """NHS login's key set."""
    return {"keys": [KEY.as_dict(private=False)]}


@settings(max_examples=150, deadline=None)
@given(token=TOKENS)
def test_emis_survives_any_identity_token(token: str) -> None:
    """400 where it is blank, 403 where it proves nothing; it is never let in and never a 500."""
    town = Town()
    ada = town.settle("ada")

    async def exchange() -> httpx2.Response:
        async with town.emis_client(jwks) as client:
            emis = Emis(client)
            await emis.begin()
            return await emis.verify(ada, token=token)

    assert (403 if token.strip() else 400) == run(exchange).status_code


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=200))
def test_tpp_survives_any_bytes(body: bytes) -> None:
    """HTTP 200 with an error."""
    response = run(lambda: _tpp("LinkAccount", body))

    assert 200 == response.status_code
    assert b"errorCode=" in response.content


@settings(max_examples=150, deadline=None)
@given(root=ROOTS, attributes=ATTRIBUTES, provider=st.sampled_from(["nhs-login-tpp", "stranger"]))
def test_tpp_survives_any_document(root: str, attributes: dict[str, str], provider: str) -> None:
    """HTTP 200, with an error or, for what happens to be right, without."""
    inner = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    text = f'<{root} apiVersion="1" uuid="{UUID_TEXT}" {inner}><Application providerId="{provider}"/></{root}>'

    assert 200 == run(lambda: _tpp(root, text.encode())).status_code


async def _tpp(kind: str, body: bytes) -> httpx2.Response:
    town = Town()
    town.settle("cleo", TPP_PRACTICE)
    async with town.tpp_client() as client:
        return await Tpp(client).send_text(kind, body)


@settings(max_examples=100, deadline=None)
@given(
    fields=st.dictionaries(st.sampled_from(["grant_type", "client_assertion_type", "client_assertion"]), TEXT),
    body=st.binary(max_size=80),
)
def test_the_token_server_survives_any_form(fields: dict[str, str], body: bytes) -> None:
    """400 or 401 in JSON."""

    async def exchange(*, as_form: bool) -> httpx2.Response:
        async with Pds(Town()) as pds:
            if as_form:
                return await pds.ask(pds.assertion(pds.claims()), **({"client_assertion": "x"} | fields))
            return await pds.client.post("/oauth2/token", content=body)

    for response in (run(lambda: exchange(as_form=True)), run(lambda: exchange(as_form=False))):
        assert response.status_code in {400, 401}
        assert response.json()["error_description"]


@settings(max_examples=100, deadline=None)
@given(header=JSON, claims=JSON)
def test_the_token_server_survives_any_assertion(header: object, claims: object) -> None:
    """Whatever its parts are."""
    parts = [urlsafe_b64encode(msgspec.json.encode(part)).decode().rstrip("=") for part in (header, claims)]

    async def exchange() -> httpx2.Response:
        async with Pds(Town()) as pds:
            return await pds.ask(".".join([*parts, "c2ln"]))

    assert 400 == run(exchange).status_code


@settings(max_examples=100, deadline=None)
@given(
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#%\\"), max_size=30),
    request_id=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)
def test_pds_survives_any_path_and_request_id(path: str, request_id: str) -> None:
    """An OperationOutcome."""

    async def exchange() -> httpx2.Response:
        async with Pds(Town()) as pds:
            await pds.sign_in()
            return await pds.client.get(
                f"{BASE}/Patient/{path.replace('..', '')}",
                headers={"Authorization": f"Bearer {pds.token}", "X-Request-ID": request_id.strip()},
            )

    response = run(exchange)

    assert response.status_code in {400, 404}
