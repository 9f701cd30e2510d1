"""A caller of PDS with a key of its own."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self
from uuid import uuid4

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

from gpic.nhs.numbers import NhsNumber
from gpic.simulators.pds import PdsSettings, pds_app
from tests.unit.simulators.town import Town

BASE: Final = "/personal-demographics/FHIR/R4"
URL: Final = "http://pds.test"
TOKEN_URL: Final = f"{URL}/oauth2/token"
REQUEST_ID: Final = "60e0b220-8136-4ca5-ae46-1d97ef59d068"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
API_KEY: Final = "api-key-1"
KEY: Final = RSAKey.generate_key(2048)
STRANGERS_KEY: Final = RSAKey.generate_key(2048)
GOOD: Final = "good"  #: as the authorization: the token that was given


class Pds:
    """One application at PDS."""

    def __init__(self, town: Town, settings: PdsSettings | None = None) -> None:
        self.town = town
        self.api_key = API_KEY
        self.settings = settings or PdsSettings(public_url=URL)
        keys = {"key-1": KEY.as_pem(private=False).decode(), "key-jwk": dict(KEY.as_dict(private=False))}
        self.app = pds_app(town.world, town.journal, town.faults, self.settings, clients={API_KEY: keys})  # type: ignore[dict-item] # JWK members are strings
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url=URL)
        self.token = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()

    def claims(self) -> dict[str, object]:
        """The claims of a good assertion."""
        now = int(self.town.wire.now().timestamp())
        return {"iss": API_KEY, "sub": API_KEY, "aud": TOKEN_URL, "jti": str(uuid4()), "exp": now + 300}

    def assertion(
        self, claims: dict[str, object], *, key: RSAKey = KEY, algorithm: str = "RS512", header: dict[str, object] | None = None
    ) -> str:
        """A signed assertion; None values are left out."""
        headers = {"alg": algorithm, "typ": "JWT", "kid": "key-1"} | (header or {})
        return jwt.encode(
            {name: value for name, value in headers.items() if value is not None},
            {name: value for name, value in claims.items() if value is not None},
            key,
            algorithms=[algorithm],
        )

    async def ask(self, assertion: str, **fields: str) -> httpx2.Response:
        """POST /oauth2/token."""
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return await self.client.post("/oauth2/token", data=form | fields)

    async def sign_in(self) -> None:
        """A fresh access token."""
        self.token = str((await self.ask(self.assertion(self.claims()))).json()["access_token"])

    async def send(
        self, method: str, path: str, *, request_id: str | None = REQUEST_ID, authorization: str | None = GOOD, **headers: str
    ) -> httpx2.Response:
        """Any request below the FHIR address."""
        given = dict(headers)
        if request_id is not None:
            given["X-Request-ID"] = request_id
        if authorization is not None:
            given["Authorization"] = f"Bearer {self.token}" if authorization == GOOD else authorization
        return await self.client.request(method, BASE + path, headers=given)

    async def get(self, number: NhsNumber, *, authorization: str | None = GOOD, **headers: str) -> httpx2.Response:
        """GET a patient."""
        return await self.send("GET", f"/Patient/{number.digits}", authorization=authorization, **headers)

    async def get_path(self, path: str) -> httpx2.Response:
        """GET anything."""
        return await self.send("GET", path)
