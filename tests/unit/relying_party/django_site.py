"""A Django service for tests: one for each process, since Django has one configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import django
from django.conf import settings
from django.core.management import call_command

from tests.postgresql import Server

SQLITE, POSTGRESQL = "default", "server"
URLS = "gpic_test_urls"


def ready(folder: Path, server: Server) -> None:
    """Configure Django with an SQLite file and a database of the tests' PostgreSQL, and migrate both."""
    if settings.configured:
        return
    server.run("CREATE DATABASE django")
    urls = ModuleType(URLS)
    urls.urlpatterns = []  # type: ignore[attr-defined]
    sys.modules[URLS] = urls
    settings.configure(
        INSTALLED_APPS=["django.contrib.sessions", "gpic.storage.partner.django"],
        DATABASES={
            SQLITE: {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "django.sqlite3")},
            POSTGRESQL: {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": "127.0.0.1",
                "PORT": server.port,
                "USER": "gpic",
                "NAME": "django",
            },
        },
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "gpic.relying_party.frameworks.django.middleware.session_clock",
        ],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        SECRET_KEY="synthetic",
        ROOT_URLCONF=URLS,
        ALLOWED_HOSTS=["riverside.example"],
        USE_TZ=True,
    )
    django.setup()
    for alias in (SQLITE, POSTGRESQL):
        call_command("migrate", database=alias, verbosity=0)
