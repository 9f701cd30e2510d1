"""Attack 29: to read in a log what one may not read at its source.

Without this in `src/gpic/outbound.py`:
    - for name, rule in _FILTERS.items():
    + for name, rule in {}.items():
Without this in `src/gpic/wiring/http_server.py`:
    - access_log=False,
    + access_log=True,
Without this in `src/gpic/provider/userinfo/claims.py`:
    - LOG.info("GP credentials asked for", extra={"client_id": access.client.client_id, "released": details is not None})
    + LOG.info("GP credentials asked for %s", details and details.linkage_key.reveal())
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.attacks.conftest import GP_SCOPE, Scene

pytestmark = pytest.mark.anyio

#: What only the browser of the test itself, or asyncio about its own, would say.
OURS = ("gpic", "httpx2", "httpcore2", "uvicorn", "sqlalchemy", "alembic", "stamina", "anyio")


class Everything(logging.Handler):
    """Keeps each record whole, extras and all, as the most talkative sink would."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        extras = {name: value for name, value in vars(record).items() if name not in {"msg", "args"}}
        self.text.append(f"{record.name} {record.getMessage()} {extras}")


@pytest.fixture
def sink() -> Iterator[Everything]:
    """Every logger at its most talkative."""
    everything, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    yield everything
    root.removeHandler(everything)
    root.setLevel(level)


async def test_a_whole_login_leaves_no_secret_in_any_log(scene: Scene, sink: Everything) -> None:
    """N7: neither code nor token, assertion, session, password, one-time code, linkage key, nor NHS number, at DEBUG."""
    op = scene.op
    op.slug = "ben"
    who, account = op.stage.people["ben"], op.stage.accounts["ben"]
    answer = await op.authorize(scope=GP_SCOPE, state="a-state-of-ours")
    await op.stage.settled()
    assertion = op.assertion()
    tokens = (await op.redeem(answer.code, client_assertion=assertion)).json()
    claims = (await op.userinfo(tokens["access_token"])).json()
    details = claims["gp_integration_credentials"]
    refused = [await op.redeem(answer.code), await op.redeem("no code", client_assertion=assertion)]

    assert [400, 400] == [one.status_code for one in refused]
    secrets = {
        "code": answer.code,
        "access token": tokens["access_token"],
        "ID token": tokens["id_token"],
        "refresh token": tokens["refresh_token"],
        "assertion": assertion,
        "linkage key": details["gp_linkage_key"],
        "account id": details["gp_user_id"],
        "NHS number": account.nhs_number.digits if account.nhs_number else "",
        "password": who.password,
        "e-mail": who.email,
        "phone": account.phone,
    }
    # The client of the test itself gets the redirect and posts the form; what it says of that is its own.
    said = "\n".join(line for line in sink.text if line.startswith(OURS) and "httpcore2.http11" not in line)

    assert all(secrets.values())
    assert "GP credentials asked for" in said
    assert [] == [name for name, secret in secrets.items() if secret in said]


def test_a_planted_secret_would_be_found(sink: Everything) -> None:
    """Or the test above would show nothing."""
    logging.getLogger("gpic.anything").debug("x", extra={"hidden": "canary-7f3a"})

    assert "canary-7f3a" in "\n".join(sink.text)


def test_the_code_is_what_we_look_for() -> None:
    """The code travels in the redirect's query."""
    assert {"code": ["x"]} == parse_qs(urlsplit("http://localhost/callback?code=x").query)
