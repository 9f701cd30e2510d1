"""Our certificate at the handshake: a real one, through configuration, plug and adapter (`gp-systems.md` §3.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpic.gp_systems.directory import Place
from gpic.gp_systems.systems import Interface, Systems
from gpic.nhs.answers import Unexpected, Unreachable
from tests.unit.gp_systems.persons import APPLICANT
from tests.unit.test_outbound_tls import Authority, supplier

pytestmark = pytest.mark.anyio

TPP = {"application_name": "Demo", "application_version": "1.0", "provider_id": "prov-1"}


async def retrieve(interface: Interface) -> object:
    """One question to TPP; this one has nothing to say but 204 to whomever it lets in."""
    async with Systems({"tpp": interface}) as systems:
        adapter = systems.at(Place("tpp"))
        assert adapter is not None
        return await adapter.retrieve(APPLICANT)


async def test_tpp_is_shown_our_certificate(tmp_path: Path) -> None:
    """§3.1: mandatory, on every connection; it lets us in."""
    authority = Authority(tmp_path, "authority")
    ours = authority.issue("application")
    async with supplier(authority, wants_certificate=True) as address:
        interface = Interface(address, TPP, authority=authority.papers.certificate, certificate=ours.certificate, key=ours.key)
        assert Unexpected("tpp-retrieve-204-unreadable") == await retrieve(interface)


async def test_without_or_with_a_strangers_certificate_nobody_answers(tmp_path: Path) -> None:
    """N12: turned away at the handshake is no answer, and no patient is blamed for it."""
    authority, other = Authority(tmp_path, "authority"), Authority(tmp_path, "nobody")
    theirs = other.issue("stranger")
    async with supplier(authority, wants_certificate=True) as address:
        trusting = Interface(address, TPP, authority=authority.papers.certificate)
        strange = Interface(
            address, TPP, authority=authority.papers.certificate, certificate=theirs.certificate, key=theirs.key
        )
        assert isinstance(await retrieve(trusting), Unreachable)
        assert isinstance(await retrieve(strange), Unreachable)


async def test_a_supplier_whom_we_do_not_trust_is_told_nothing(tmp_path: Path) -> None:
    """Passphrases go to nobody whose certificate does not verify."""
    authority = Authority(tmp_path, "authority")
    async with supplier(authority, wants_certificate=False) as address:
        assert isinstance(await retrieve(Interface(address, TPP)), Unreachable)
