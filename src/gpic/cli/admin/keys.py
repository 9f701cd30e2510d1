"""`gpic admin keys`: the keys that the provider signs with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from gpic.cli.admin import showing
from gpic.cli.admin.desk import Desk, at_desk
from gpic.jose.keys import SigningKey
from gpic.provider.policy import ProviderPolicy
from gpic.provider.signing_keys import (
    HeldKey,
    HeldKeys,
    Stage,
    may_sign_from,
    needed_until,
    prepared,
    promoted,
    rotated,
    still_needed,
    withdrawn,
)

app = typer.Typer(name="keys", help="The keys that the provider signs with: next, current, retired.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AtOnce = Annotated[bool, typer.Option("--at-once", help="Do not wait until everybody is ready: for a key that somebody stole.")]
SHOWN = ("kid", "stage", "published_at", "signs_since", "retired_at", "may_sign_from", "needed_until")


@app.command(name="list")
def list_keys(context: typer.Context, *, json: Json = False) -> None:
    """Every key, where it stands in its life, and from when its next step can be taken."""

    async def command(desk: Desk) -> None:
        show(await desk.signing_keys.all(), desk.policy, json=json)

    at_desk(context, command)


@app.command()
def rotate(context: typer.Context, *, at_once: AtOnce = False, json: Json = False) -> None:
    """Take the step that is due: promote the key that was prepared, and prepare the next. Good for a timer."""
    new = SigningKey.generate()
    change(context, lambda keys, desk: rotated(keys, new, now(desk), desk.policy, at_once=at_once), json=json)


@app.command()
def prepare(context: typer.Context, *, json: Json = False) -> None:
    """Make the next key and publish it; it does not sign yet."""
    new = SigningKey.generate()
    change(context, lambda keys, desk: prepared(keys, new, now(desk)), json=json)


@app.command()
def promote(context: typer.Context, *, at_once: AtOnce = False, json: Json = False) -> None:
    """Let the next key sign; the current one is retired and its private half destroyed."""
    change(context, lambda keys, desk: promoted(keys, now(desk), desk.policy, at_once=at_once), json=json)


#: A kid may begin with a dash.
@app.command(context_settings={"ignore_unknown_options": True})
def retire(
    context: typer.Context,
    kid: Annotated[str, typer.Argument(help="The retired key.")],
    *,
    at_once: AtOnce = False,
    json: Json = False,
) -> None:
    """Stop publishing a retired key. This happens by itself once none of its tokens lives any more."""
    change(context, lambda keys, desk: withdrawn(keys, kid, now(desk), desk.policy, at_once=at_once), json=json)


def change(context: typer.Context, step: Callable[[HeldKeys, Desk], HeldKeys], *, json: bool) -> None:
    """Take one step, beside the running provider, and show how the keys stand then."""

    async def command(desk: Desk) -> None:
        keys = await desk.signing_keys.change(lambda held: step(still_needed(held, now(desk), desk.policy), desk))
        show(keys, desk.policy, json=json)

    at_desk(context, command)


def show(keys: HeldKeys, policy: ProviderPolicy, *, json: bool) -> None:
    """The keys in the order in which they were published."""
    described = [describe(key, policy) for key in keys]
    if json:
        showing.as_json(described)
        return
    heads = [name.replace("_", " ") for name in SHOWN]
    showing.as_table(heads, [[key[name] or "–" for name in SHOWN] for key in described])


def describe(key: HeldKey, policy: ProviderPolicy) -> dict[str, str | None]:
    """A key as it is shown: names and moments, nothing of the key itself."""
    shown = {
        "published_at": key.published_at,
        "signs_since": key.signs_since,
        "retired_at": key.retired_at,
        "may_sign_from": may_sign_from(key, policy) if key.stage is Stage.NEXT else None,
        "needed_until": needed_until(key, policy),
    }
    moments = {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else None for name, at in shown.items()}
    return {"kid": key.kid, "stage": key.stage.value, **moments}


def now(desk: Desk) -> datetime:
    """The wire clock."""
    return desk.clocks.wire.now()
