"""Ends sessions when their time is over (R16)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from gpic.relying_party.session_clock import SessionClock


def session_clock(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """After `SessionMiddleware`: a session that is over is flushed, and the person goes to the login by themselves.

    `SessionClock().begin(request.session, connected, now)` starts one; sessions in which nobody is connected are left alone.
    """
    clock = SessionClock()

    def middleware(request: HttpRequest) -> HttpResponse:
        if clock.use(request.session, timezone.now()) is False:
            request.session.flush()
            return HttpResponseRedirect(reverse("gpic-login"))
        return get_response(request)

    return middleware
