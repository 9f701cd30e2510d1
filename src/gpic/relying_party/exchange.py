"""One question to NHS login, one answer."""

from __future__ import annotations

import httpx2

from gpic.nhs.answers import Unexpected, Unreachable
from gpic.outbound import Reply, ask, no_answer
from gpic.relying_party.errors import ProviderSilent


async def answer_to(client: httpx2.AsyncClient, request: httpx2.Request) -> Reply:
    """The whole answer, whatever its status below 500; raises ProviderSilent when there is none or only "not now"."""
    answer = await ask(client, request)
    match answer:
        case Unreachable(detail=detail):
            raise ProviderSilent(f"{request.url.path}: {detail}")
        case Unexpected(code):
            raise ProviderSilent(f"{request.url.path}: {code}")
        case reply if not_now := no_answer(reply):
            raise ProviderSilent(f"{request.url.path}: {not_now.detail}")
        case reply:
            return reply
