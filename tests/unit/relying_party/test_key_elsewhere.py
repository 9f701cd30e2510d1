"""A client key that is kept in a key-management service."""

from __future__ import annotations

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512

from gpic.jose.errors import KeyInvalid
from gpic.jose.keys import KeyElsewhere
from gpic.jose.sign import sign
from gpic.relying_party.outcomes import Connected
from tests.unit.relying_party.world import BROWSER, details, key, settings, world

pytestmark = pytest.mark.anyio


class Service:
    """A key-management service that notes in which thread it is asked."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def __call__(self, message: bytes) -> bytes:
        """Sign with the client's key, which nobody else sees."""
        self.threads.append(threading.get_ident())
        return key("client").rsa.sign(message, PKCS1v15(), SHA512())


def elsewhere(service: Service) -> KeyElsewhere:
    """The client's key, as the kit knows it."""
    return KeyElsewhere.of(key("client").public_pem, service)


async def test_a_login_is_signed_elsewhere_and_nobody_waits_for_it() -> None:
    """The event loop goes on: the service is asked in a thread of its own."""
    service = Service()
    there = world(key=elsewhere(service))
    there.nhs_login.details = details()
    started = await there.party.start(BROWSER)
    outcome = await there.party.finish(BROWSER, there.nhs_login.authorize(started.url))

    assert isinstance(outcome, Connected)
    assert 1 == len(service.threads)
    assert threading.get_ident() not in service.threads


async def test_an_identity_is_asserted_with_it() -> None:
    """R14: by the same signature as with the key at hand."""
    claims = {"iss": "me", "jti": "1"}

    assert sign(claims, key("client")) == sign(claims, elsewhere(Service()))


def test_it_signs_with_rs512_alone() -> None:
    """Whatever a service would do with another wish."""
    with pytest.raises(ValueError, match="RS512"):
        sign({"iss": "me"}, elsewhere(Service()), "RS256")


def test_what_is_no_public_key_is_refused() -> None:
    """At once, and not at the first patient."""
    with pytest.raises(KeyInvalid):
        KeyElsewhere.of("nonsense", Service())


def test_settings_do_not_show_it() -> None:
    """Not even who makes the signatures."""
    assert "Service" not in repr(settings(key=elsewhere(Service())))
