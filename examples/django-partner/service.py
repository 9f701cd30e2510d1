"""A partner service on Django in one file: `python service.py migrate`, then `python service.py runserver 8001`.

Beside it lie `my-service.toml`, which is always so, and `my-service.sandbox.toml`, which `gpic sandbox --for` writes.
"""

import secrets
import sys
from html import escape
from pathlib import Path

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

HERE = Path(__file__).parent

settings.configure(
    ALLOWED_HOSTS=["localhost"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "service.sqlite3"}},
    INSTALLED_APPS=["django.contrib.sessions", "gpic.storage.partner.django"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "gpic.relying_party.frameworks.django.middleware.session_clock",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY=secrets.token_urlsafe(32),
    USE_TZ=True,
)
django.setup()

from gpic.relying_party import Connected, SessionClock, SynchronousParty
from gpic.relying_party.frameworks.django.views import PlainPages
from gpic.relying_party.frameworks.django.views import urlpatterns as to_nhs_login
from gpic.relying_party.frameworks.pages import login_button
from gpic.storage.partner.django.cabinets import django_cabinets
from gpic.storage.sealing import Sealer, keys_from_file
from gpic.wiring.partner_file import partner_from, settings_in

SIGN_OUT = '<form action="/leave" method="post"><button id="sign-out">Sign out</button></form>'
FILES = (HERE / "my-service.toml", HERE / "my-service.sandbox.toml")


class Pages(PlainPages):
    """What a person sees when a login has ended; what is not said here is said by the kit."""

    def connected(self, request: HttpRequest, outcome: Connected) -> HttpResponse:
        """Keep who it is for this browser, and go on."""
        SessionClock().begin(request.session, outcome, timezone.now())
        request.session["practice"] = outcome.practice.code
        party.end(outcome)  # this example does nothing in the session
        return HttpResponseRedirect("/")


def home(request: HttpRequest) -> HttpResponse:
    """Who is connected sees their practice, everybody the button."""
    practice = request.session.get("practice")
    heading = escape(f"Connected to {practice}" if practice else "Welcome")
    buttons = login_button() + (SIGN_OUT if practice else "")
    return HttpResponse(f"<!doctype html><title>{heading}</title><h1>{heading}</h1>{buttons}")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out: the session is ours alone, NHS login has none for partners."""
    request.session.flush()
    return HttpResponseRedirect("/")


def sealed() -> Sealer:
    """What seals details and tokens in the database; the key file is made where it is missing."""
    return Sealer(*keys_from_file(HERE / "service.keys", create=True))


party = SynchronousParty(settings_in(*FILES), lambda: partner_from(*FILES, cabinets=django_cabinets(sealed())))
urlpatterns = [path("", home), path("leave", leave), *to_nhs_login(party, Pages())]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
