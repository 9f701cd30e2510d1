"""What partners keep with us about people, in every implementation."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio


async def test_nothing_is_kept_at_first(cabinets: Cabinets) -> None:
    """§5: left out of /userinfo then."""
    assert "" == await cabinets.client_metadata.of("alice", "partner")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=1024))
async def test_a_text_is_kept_as_it_is(cabinets: Cabinets, text: str) -> None:
    """§5: opaque to us, whatever characters it has."""
    await cabinets.client_metadata.keep("alice", "partner", text)

    assert text == await cabinets.client_metadata.of("alice", "partner")


async def test_an_empty_text_deletes(cabinets: Cabinets) -> None:
    """§5; also where there is nothing to delete."""
    await cabinets.client_metadata.keep("alice", "partner", "a text")
    await cabinets.client_metadata.keep("alice", "partner", "")
    await cabinets.client_metadata.keep("alice", "other", "")

    assert ["", ""] == [await cabinets.client_metadata.of("alice", one) for one in ("partner", "other")]


async def test_each_person_and_partner_has_its_own(cabinets: Cabinets) -> None:
    """Even where their names, one after the other, read alike."""
    pairs = [("a", "b:c"), ("a:b", "c"), ("a", "c"), ("b", "a")]
    await asyncio.gather(*(cabinets.client_metadata.keep(*pair, f"of {pair}") for pair in pairs))

    assert [f"of {pair}" for pair in pairs] == [await cabinets.client_metadata.of(*pair) for pair in pairs]
