"""Between approval and answer: the GP credentials are looked after, so that the claim can be given at /userinfo."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from datetime import timedelta

from gpic.credentials.offer import Offered, Ready, SignInFirst, Underway
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
    offered = await _looked_after(approved, offer, policy, started)
    if isinstance(offered, SignInFirst):
        if not approved.signed_in_here:
            return ask(Prompt.SIGN_IN, interaction, LoginRequired)
        offered = await _looked_after(approved, offer, policy, started)  # they have: a check has just met the restriction
    # What goes well is counted and in the audit trail; a line for each login would cost more than its transaction.
    level = logging.DEBUG if isinstance(offered, Ready) else logging.INFO
    LOG.log(
        level, "GP credentials looked after", extra={"client_id": request.client.client_id, "offered": type(offered).__name__}
    )
    return Prepared(approved)


def pauses(policy: ProviderPolicy) -> Iterator[float]:
    """Seconds between two looks: short at first, for a result that is nearly there, then gentle on the store."""
    pause = policy.first_pause
    while True:
        yield pause.total_seconds()
        pause = min(2 * pause, policy.longest_pause)


async def _looked_after(approved: Approved, offer: GpOffer, policy: ProviderPolicy, started: float) -> Offered:
    """The engine's result, or Underway when time is up; the task itself is never cancelled (N8)."""
    person = approved.account.person
    offered = await offer.prepare(_circumstances(approved))
    for pause in pauses(policy):
        if not isinstance(offered, Underway) or time.monotonic() + pause > _deadline(offered, policy, started):
            break
        await asyncio.sleep(pause)
        left = timedelta(seconds=_deadline(Underway(), policy, started) - time.monotonic())
        offered = await offer.progress(person, left)
    return offered


def _deadline(offered: Underway, policy: ProviderPolicy, started: float) -> float:
    """When this wait ends: a forced check has its own time within that of a registration (N8, N16)."""
    return started + min(policy.longest_wait, offered.within or policy.longest_wait).total_seconds()


def _circumstances(approved: Approved) -> Circumstances:
    request = approved.request
    return Circumstances(
        person=approved.account.person,
        client_id=request.client.client_id,
        signed_in_now=approved.signed_in_here,
        prompt_login=request.prompt == "login",
        asserted_by_itself=approved.asserted_by_itself,
    )
