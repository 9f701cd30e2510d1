"""Counting, and the sandbox's own small parts."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from gpic.sandbox.lanes import EMIS_AS_CALLER, describe_partner, describe_provider
from gpic.sandbox.servers import PortTaken, listen_in_a_row
from gpic.sandbox.tally import difference, tally
from gpic.simulators.journal import Message

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def message(operation: str, sender: str = "NHS login", receiver: str = "EMIS", *, ok: bool = True) -> Message:
    """A line of the journal."""
    return Message(1, NOW, NOW, sender, receiver, operation, "200", ok, 1.0)


def test_calls_are_counted_by_what_they_ask_for() -> None:
    """Only the five kinds count, for one sender and one receiver, whether answered or refused."""
    said = [
        message("POST sessions/endusersession"),
        message("POST me/verifications"),
        message("POST me/verifications", ok=False),
        message("POST sessions"),
        message("POST sessions", sender="Partner"),
        message("Authenticate", receiver="TPP"),
    ]

    assert {"retrieve": 2, "session": 1} == tally(said, "NHS login", "EMIS")


def test_differences_are_said_in_words() -> None:
    """Too many, too few, and nothing where they agree."""
    assert ["link: expected 1, saw 0", "session: expected 1, saw 2"] == difference({"link": 1, "session": 1}, {"session": 2})
    assert [] == difference({"link": 1}, {"link": 1})


def test_ports_stand_in_a_row_or_nowhere() -> None:
    """When one port of the row is taken, the others are let go."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(PortTaken):
            listen_in_a_row(taken - 1, ("one", "two"))

    again = listen_in_a_row(taken - 1, ("one", "two"))
    assert [taken - 1, taken] == [one.getsockname()[1] for one in again.values()]
    for one in again.values():
        one.close()


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/token", [], ("Partner", "GET /token")),
        ("/interaction/abcdefghijklmnopqrstuvwxyz", [], ("Person", "GET /interaction/…")),
        ("/.well-known/jwks.json", [(b"user-agent", EMIS_AS_CALLER.encode())], ("EMIS", "GET /.well-known/jwks.json")),
        ("/assets/nhsuk-frontend.min.css", [], None),
    ],
)
def test_a_call_to_nhs_login_is_told_by_who_made_it(
    path: str, headers: list[tuple[bytes, bytes]], expected: tuple[str, str] | None
) -> None:
    """Machines and people are told apart, one login is never named, and furniture is left out."""
    assert expected == describe_provider({"type": "http", "method": "GET", "path": path, "headers": headers})


def test_only_browsers_call_the_partner() -> None:
    """The partner's own lane."""
    assert ("Person", "GET /callback") == describe_partner(
        {"type": "http", "method": "GET", "path": "/callback", "headers": []}
    )
