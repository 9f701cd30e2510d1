"""Our signing keys, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.jose.keys import SigningKey
from gpic.provider.signing_keys import HeldKey, HeldKeys, RotationRefused, begun, prepared
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def pair() -> tuple[SigningKey, SigningKey]:
    """Two keys; they take a while to make."""
    return SigningKey.generate(), SigningKey.generate()


def names(keys: HeldKeys) -> list[tuple[str, bool, datetime, datetime | None, datetime | None]]:
    """What can be compared of keys: private halves are equal where their names are."""
    return [(key.kid, key.private is not None, key.published_at, key.signs_since, key.retired_at) for key in keys]


async def test_at_first_there_is_no_key(cabinets: Cabinets) -> None:
    """Whoever starts first makes one."""
    assert () == await cabinets.signing_keys.all()


async def test_keys_are_kept_whole_and_in_the_order_of_their_publication(
    cabinets: Cabinets, pair: tuple[SigningKey, SigningKey]
) -> None:
    """Public half, private half, and every moment; a kept key signs as it did."""
    younger = HeldKey(pair[0].public, LATER, pair[0], signs_since=LATER)
    older = HeldKey(pair[1].public, NOW, None, signs_since=NOW, retired_at=LATER)

    assert names((younger, older)) == names(await cabinets.signing_keys.change(lambda _: (younger, older)))

    kept = await cabinets.signing_keys.all()
    assert names((older, younger)) == names(kept)
    assert kept[1].private is not None
    assert pair[0].private_pem == kept[1].private.private_pem


async def test_what_a_change_leaves_out_is_gone(cabinets: Cabinets, pair: tuple[SigningKey, SigningKey]) -> None:
    """And what it alters is altered: a retired key loses its private half."""
    held = [HeldKey(key.public, NOW, key) for key in pair]
    await cabinets.signing_keys.change(lambda _: tuple(held))
    retired = replace(held[0], private=None, signs_since=NOW, retired_at=LATER)

    await cabinets.signing_keys.change(lambda _: (retired,))

    assert names((retired,)) == names(await cabinets.signing_keys.all())


async def test_a_change_that_is_refused_changes_nothing(cabinets: Cabinets, pair: tuple[SigningKey, SigningKey]) -> None:
    """What the decision raises is the caller's to know."""
    await cabinets.signing_keys.change(lambda keys: prepared(keys, pair[0], NOW))

    with pytest.raises(RotationRefused):
        await cabinets.signing_keys.change(lambda keys: prepared(keys, pair[1], LATER))

    assert [pair[0].kid] == [key.kid for key in await cabinets.signing_keys.all()]


async def test_of_two_that_begin_at_once_one_puts_its_key(cabinets: Cabinets, pair: tuple[SigningKey, SigningKey]) -> None:
    """Two processes that find no key agree on one."""
    answers = await asyncio.gather(
        *(cabinets.signing_keys.change(lambda keys, key=key: begun(keys, key, NOW)) for key in pair)  # type: ignore[misc]
    )

    assert 1 == len(await cabinets.signing_keys.all())
    assert names(answers[0]) == names(answers[1])
