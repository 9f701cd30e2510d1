"""Attack 17: an assertion that was made for somebody else.

Without this in `src/gpic/jose/assertions.py`:
    - return to.token_endpoint in listed and {*listed} <= {to.token_endpoint, to.issuer}
    + return any(one.startswith(to.issuer) for one in listed)
Without this in `src/gpic/jose/assertions.py`:
    - return to.token_endpoint in listed and {*listed} <= {to.token_endpoint, to.issuer}
    + return to.token_endpoint in listed
Without this in `src/gpic/jose/assertions.py`:
    - return listed == (to.issuer,)
    + return to.issuer in listed
Without this in `src/gpic/jose/assertions.py`:
    - return {*listed} <= {to.token_endpoint, to.issuer}
    + return bool({*listed} & {to.token_endpoint, to.issuer})
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpic.provider.clients import AudiencePolicy
from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio

EVIL = "https://evil.example"
#: What each policy refuses; I is the issuer, T the token endpoint.
REFUSED: dict[AudiencePolicy, list[object]] = {
    AudiencePolicy.NHS: ["I", EVIL, "T/", "Tx", "I.evil.example/token", ["T", EVIL], [], "", ["I"], 7],
    AudiencePolicy.STRICT: ["T", EVIL, ["I", EVIL], ["I", "T"], "I/", [], ["I", "I"]],
    AudiencePolicy.LENIENT: [EVIL, ["T", EVIL], ["I", EVIL], "Ix", [], "T?x=1"],
}
ADMITTED: dict[AudiencePolicy, list[object]] = {
    AudiencePolicy.NHS: ["T", ["T"], ["I", "T"]],
    AudiencePolicy.STRICT: ["I"],
    AudiencePolicy.LENIENT: ["I", "T", ["I", "T"]],
}
CASES = [(policy, audience, False) for policy, listed in REFUSED.items() for audience in listed]
CASES += [(policy, audience, True) for policy, listed in ADMITTED.items() for audience in listed]


@pytest.mark.parametrize(("policy", "audience", "is_ours"), CASES)
async def test_an_assertion_is_for_this_provider_and_for_nobody_beside(
    scene: Scene, policy: AudiencePolicy, audience: object, *, is_ours: bool
) -> None:
    """Whole strings are compared, and a list may hold nothing foreign: invalid_client, its reason in the log."""
    op, clients = scene.op, scene.op.stage.nhs_login.cabinets.clients
    client = await clients.get(op.client_id)
    assert client is not None

    def spelled(text: object) -> object:
        return text.replace("T", f"{op.issuer}/token").replace("I", op.issuer) if isinstance(text, str) else text

    await clients.put(replace(client, audience_policy=policy))
    try:
        named = [spelled(one) for one in audience] if isinstance(audience, list) else spelled(audience)
        answer = await op.redeem("no code", client_assertion=op.assertion(aud=named))
    finally:
        await clients.put(client)

    assert ("invalid_grant" if is_ours else "invalid_client") == answer.json()["error"]
    assert is_ours or scene.log.says("refused", code="invalid_client")
