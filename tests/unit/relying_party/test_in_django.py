"""The kit inside Django: a whole login through its views, its middleware, and its tables."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path, set_urlconf
from django.utils import timezone

from gpic.relying_party.frameworks.django.views import straight_back, urlpatterns
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle, ReturnToLogin, TryLater
from gpic.relying_party.session_clock import LAST_USED_AT, SIGNED_IN_AT, SessionClock
from gpic.relying_party.synchronous import SynchronousParty
from tests.postgresql import Server
from tests.unit.relying_party import django_site
from tests.unit.relying_party.world import ISSUER, NOW, World, details, settings, world


class Pages:
    """The service's own pages, as short as can be."""

    def connected(self, request: HttpRequest, outcome: Connected) -> HttpResponse:
        """Begin a session."""
        SessionClock().begin(request.session, outcome, timezone.now())
        return HttpResponse(f"connected to {outcome.practice}")

    def going_back(self, request: HttpRequest, outcome: ReturnToLogin) -> HttpResponse:
        """At once."""
        return straight_back(request, outcome)

    def try_later(self, request: HttpRequest, outcome: TryLater) -> HttpResponse:
        """Somebody does not answer."""
        return HttpResponse(f"later {outcome.after}", status=503)

    def cannot_connect(self, request: HttpRequest, outcome: CannotConnect) -> HttpResponse:
        """Why."""
        return HttpResponse(f"cannot {outcome.reason}")


def home(request: HttpRequest) -> HttpResponse:
    """A page of the service for somebody who is connected, or not."""
    return HttpResponse("home" if SIGNED_IN_AT in request.session else "nobody")


@pytest.fixture
def there() -> World:
    """An NHS login and a surgery."""
    found = world()
    found.nhs_login.details = details()
    return found


@pytest.fixture
def person(there: World, tmp_path_factory: pytest.TempPathFactory, postgresql_server: Server) -> Iterator[Client]:
    """Somebody in front of a Django service."""
    django_site.ready(tmp_path_factory.getbasetemp(), postgresql_server)
    party = SynchronousParty(settings(), lambda: there.party)
    sys.modules[django_site.URLS].urlpatterns = [path("", home), *urlpatterns(party, Pages())]  # type: ignore[attr-defined]
    clear_url_caches()
    set_urlconf(None)
    with time_machine.travel(NOW):  # Django tells the time itself, and it must be that of the world here
        yield Client(headers={"host": "riverside.example"})
    party.close()


def log_in(person: Client, there: World) -> HttpResponse:
    """Through NHS login and back, as often as the service sends somebody there."""
    response = person.post("/login")
    for _ in range(10):
        if response.status_code != 303 or not response["location"].startswith(ISSUER):
            break
        callback = there.nhs_login.authorize(response["location"])
        response = person.get("/callback?" + callback.split("?")[1])
    return response  # type: ignore[return-value]


def test_a_login_ends_on_the_services_page(person: Client, there: World) -> None:
    """R2: button, NHS login, callback, and a page of the service's own."""
    response = log_in(person, there)

    assert b"connected to A12345" == response.content
    assert ["link", "session"] == there.surgery.calls
    assert b"home" == person.get("/").content


def test_pages_and_cookies_are_private(person: Client, there: World) -> None:
    """__Host-, HttpOnly, Lax, Secure; nobody keeps the answer, and no link tells where it was."""
    response = person.post("/login")
    cookie = response.cookies["__Host-gpic-login"]

    assert (True, "Lax", True, "/") == (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["path"])
    assert ("no-store", "no-referrer") == (response["cache-control"], response["referrer-policy"])


def test_a_callback_in_another_browser_connects_nobody(person: Client, there: World) -> None:
    """R13: the state is bound to the browser that began."""
    begun = person.post("/login")
    callback = there.nhs_login.authorize(begun["location"])
    response = Client(headers={"host": "riverside.example"}).get("/callback?" + callback.split("?")[1])

    assert b"connected" not in response.content
    assert [] == there.surgery.calls


def test_nhs_login_that_does_not_answer_is_said(person: Client, there: World) -> None:
    """R10: nothing is wrong with anybody's account."""
    there.nhs_login.down.add("/.well-known/openid-configuration")

    assert 503 == person.post("/login").status_code


def test_an_absent_claim_returns_once_and_then_explains(person: Client, there: World) -> None:
    """R8: one return to NHS login."""
    there.nhs_login.details = None
    response = log_in(person, there)

    assert f"cannot {Obstacle.CLAIM_ABSENT}".encode() == response.content
    assert 2 == len(there.nhs_login.asked)


@pytest.mark.parametrize(("name", "age"), [(LAST_USED_AT, timedelta(minutes=30)), (SIGNED_IN_AT, timedelta(hours=12))])
def test_a_session_ends_by_itself(person: Client, there: World, name: str, age: timedelta) -> None:
    """R16: after half an hour without use, or twelve hours in all, the person is taken to the login."""
    log_in(person, there)
    session = person.session
    session[name] = int((timezone.now() - age).timestamp())
    session.save()
    person.cookies[django_settings.SESSION_COOKIE_NAME] = str(session.session_key)
    response = person.get("/")

    assert (302, "/login") == (response.status_code, response["location"])
    assert b"nobody" == person.get("/").content


def test_other_methods_are_refused(person: Client) -> None:
    """A callback is a GET."""
    assert 405 == person.post("/callback").status_code
    assert 405 == person.delete("/login").status_code


@pytest.mark.usefixtures("person")
def test_models_and_migrations_agree() -> None:
    """A service's `makemigrations --check` finds nothing to do."""
    call_command("makemigrations", "gpic", check=True, dry_run=True, verbosity=0)
