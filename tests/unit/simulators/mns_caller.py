"""A caller of MNS with a key and a queue of its own."""

from __future__ import annotations

import json
from uuid import uuid4

import httpx2
from joserfc import jwt

from gpic.demographics.mns.feed import HttpFeed
from gpic.simulators.mns import Mns, MnsSettings, mns_app
from tests.unit.simulators.surgery import API_KEY, ASSERTION_TYPE, KEY
from tests.unit.simulators.town import Town

URL = "http://mns.test"
SUBSCRIPTIONS = "/multicast-notification-service/subscriptions"
ARN = "arn:aws:sqs:eu-west-2:123456789012:gpic"
CHANGE_OF_GP, DEATH, NUMBER, RECORD = (
    "pds-change-of-gp-2",
    "pds-death-notification-2",
    "nhs-number-change-2",
    "pds-record-change-2",
)
JSON, FHIR = "application/json", "application/fhir+json"
Json = dict[str, object]


class Caller:
    """One application at MNS, with a queue."""

    def __init__(self, town: Town) -> None:
        self.town, self.settings = town, MnsSettings(public_url=URL, test_signal_every=None)
        keys = {API_KEY: {"key-1": KEY.as_pem(private=False).decode()}}
        self.app = mns_app(town.world, town.journal, town.faults, self.settings, clients=keys)
        self.mns: Mns = self.app.state.mns
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url=URL)
        self.feed = HttpFeed(self.client, "gpic", wait=0)
        self.headers = {"X-Correlation-ID": "c-1"}

    async def sign_in(self) -> None:
        """A token."""
        claims = {"iss": API_KEY, "sub": API_KEY, "aud": f"{URL}/oauth2/token", "jti": str(uuid4())}
        claims["exp"] = int(self.town.wire.now().timestamp()) + 300  # type: ignore[assignment]
        assertion = jwt.encode({"alg": "RS512", "typ": "JWT", "kid": "key-1"}, claims, KEY, algorithms=["RS512"])
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        answer = await self.client.post("/oauth2/token", data=form)
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def ask(self, method: str, path: str = "", body: object = None) -> httpx2.Response:
        """A request of its own."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        return await self.client.request(method, SUBSCRIPTIONS + path, headers=self.headers, content=content)

    async def subscribe(self, event_type: str = CHANGE_OF_GP, payload: str = JSON, **channel: str) -> str:
        """The id of a subscription."""
        answer = await self.ask("POST", body=asked(event_type, payload, **channel))
        assert 201 == answer.status_code
        return str(answer.json()["id"])

    async def received(self) -> list[bytes]:
        """What waits, taken off."""
        messages = await self.feed.receive()
        await self.feed.take_off(*messages)
        return [one.body for one in messages]


def asked(event_type: str = CHANGE_OF_GP, payload: str = JSON, **channel: str) -> Json:
    """A good subscription."""
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "",
        "criteria": f"eventType={event_type}",
        "channel": {"type": "message", "endpoint": ARN, "payload": payload} | channel,
    }
