"""Clause 7: vectors of trust and single sign-on (`nhs-login.md` §7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conformance.op import OTHER_CLIENT_ID, Op

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("vtr", "vot"),
    [
        (None, "P9.Cp.Cd"),
        ('["P9.Cp.Cd"]', "P9.Cp.Cd"),
        ('["P5.Cp.Cd"]', "P5.Cp.Cd"),
        ('["P0.Cp"]', "P0.Cp"),
        ('["P0.Cp.Cd", "P9.Cp.Cd"]', "P9.Cp.Cd"),
        ('["P9.Cm", "P5.Cp.Cd"]', "P5.Cp.Cd"),
        ('["Cp.Cd"]', "P9.Cp.Cd"),
        ('["P5"]', "P5.Cp.Cd"),
    ],
)
async def test_vot_satisfies_what_was_asked(op: Op, vtr: str | None, vot: str) -> None:
    """Components are ANDed, vectors ORed, and what is left out means any."""
    claims = await op.read((await op.tokens(await op.authorize(vtr=vtr)))["id_token"])

    assert vot == claims["vot"]


async def test_one_sign_in_serves_two_partners(op: Op) -> None:
    """Single sign-on: consent is asked, the password is not."""
    first = await op.read((await op.tokens(await op.authorize()))["id_token"])
    op.client_id = OTHER_CLIENT_ID
    answer = await op.authorize()
    second = await op.read((await op.tokens(answer))["id_token"])

    assert (first["auth_time"], OTHER_CLIENT_ID) == (second["auth_time"], second["aud"])


async def test_a_session_ends(op: Op) -> None:
    """After its life the same browser is asked again."""
    await op.authorize()
    op.stage.world_clock.move(timedelta(hours=13))

    assert "login_required" == (await op.authorize(prompt="none")).error


async def test_somebody_below_the_level_is_led_to_step_up(op: Op) -> None:
    """A person at P5 who is asked for P9; with prompt=none the partner hears that a person is needed."""
    op.slug = "ivy"
    await op.authorize(vtr='["P5.Cp.Cd"]')
    answer = await op.authorize(vtr='["P9.Cp.Cd"]', prompt="none")

    assert "interaction_required" == answer.error
