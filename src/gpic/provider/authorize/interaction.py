"""A request that waits for its person, and the browser that it is bound to."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime

from gpic.provider.errors import InteractionGone
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Interactions
from gpic.provider.stages import AuthorizeRequest, Interaction, Prompt


def hash_of(browser: str) -> str:
    """What an interaction keeps of the browser's cookie; 64 hex digits, "" for no browser yet."""
    return hashlib.sha256(browser.encode()).hexdigest() if browser else ""


def opened(request: AuthorizeRequest, interaction_id: str, now: datetime, policy: ProviderPolicy) -> Interaction:
    """A new interaction that belongs to no browser yet; *now* is of the wire clock."""
    return Interaction(interaction_id, "", request, Prompt.SIGN_IN, now + policy.interaction_lifetime)


def bound(interaction: Interaction, browser: str, session_id: str) -> Interaction:
    """The interaction in the hands of the browser that came with it."""
    return replace(interaction, browser=hash_of(browser), session_id=session_id)


async def find(interactions: Interactions, interaction_id: str, browser: str, now: datetime) -> Interaction:
    """The waiting interaction of this browser; raises InteractionGone, always for *browser* ""."""
    interaction = await _waiting(interactions, interaction_id, now)
    # What no browser has taken up must not be found by whoever comes without a cookie and shares the link.
    if not browser or not hmac.compare_digest(interaction.browser, hash_of(browser)):
        raise InteractionGone(detail="it belongs to another browser")
    return interaction


async def find_kept(interactions: Interactions, interaction_id: str, now: datetime) -> Interaction:
    """What a form of another site left and no browser has taken up yet; raises InteractionGone."""
    interaction = await _waiting(interactions, interaction_id, now)
    if interaction.browser:
        raise InteractionGone(detail="a browser has taken it up")
    return interaction


async def _waiting(interactions: Interactions, interaction_id: str, now: datetime) -> Interaction:
    interaction = await interactions.get(interaction_id, now)
    if interaction is None:
        raise InteractionGone(detail="unknown, finished or expired")
    return interaction
