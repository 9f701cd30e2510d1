"""Between approval and answer: the GP credentials are looked after, so that the claim can be given at /userinfo."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator

from gpic.credentials.holding import PersonId
from gpic.credentials.offer import Offered, SignInFirst, Underway
from gpic.credentials.ports import Circumstances
from gpic.provider.authorize.prompts import ask
from gpic.provider.entitlement import may_have_gp_credentials
from gpic.provider.errors import LoginRequired
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import GpOffer
from gpic.provider.stages import Approved, AskUser, Interaction, Prepared, Prompt

LOG = logging.getLogger("gpic.provider")


async def prepare(approved: Approved, interaction: Interaction, offer: GpOffer, policy: ProviderPolicy) -> Prepared | AskUser:
    """Wait for the engine's result as long as N8 allows; raises LoginRequired where N17 wants a sign-in and prompt=none."""
    request = approved.request
    if not may_have_gp_credentials(request.scopes, request.client, approved.account, approved.vot, policy):
        return Prepared(approved)
    started = time.monotonic()
    offered = await offer.prepare(_circumstances(approved))
    offered = await _settled(offered, offer, approved.account.person, policy, started)
    if isinstance(offered, SignInFirst) and not approved.signed_in_here:
        return ask(Prompt.SIGN_IN, interaction, LoginRequired)
    LOG.info("GP credentials looked after", extra={"client_id": request.client.client_id, "offered": type(offered).__name__})
    return Prepared(approved)


def pauses(policy: ProviderPolicy) -> Iterator[float]:
    """Seconds between two looks: short at first, for a result that is nearly there, then gentle on the store."""
    pause = policy.first_pause
    while True:
        yield pause.total_seconds()
        pause = min(2 * pause, policy.longest_pause)


async def _settled(offered: Offered, offer: GpOffer, person: PersonId, policy: ProviderPolicy, started: float) -> Offered:
    """The engine's result, or Underway when time is up; the task itself is never cancelled (N8)."""
    deadline = started + policy.longest_wait.total_seconds()
    for pause in pauses(policy):
        if not isinstance(offered, Underway) or time.monotonic() + pause > deadline:
            break
        await asyncio.sleep(pause)
        offered = await offer.progress(person)
    return offered


def _circumstances(approved: Approved) -> Circumstances:
    request = approved.request
    return Circumstances(
        person=approved.account.person,
        client_id=request.client.client_id,
        signed_in_now=approved.signed_in_here,
        prompt_login=request.prompt == "login",
    )
