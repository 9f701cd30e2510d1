"""docs/reference/errors.md: every refusal of the provider, and every way in which a login can end for a partner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar, cast

from gpic.provider import errors
from gpic.relying_party import errors as of_partner
from gpic.relying_party.outcomes import Obstacle
from scripts.reference.words import first_sentence, members, table

INTRODUCTION: Final = """# Errors

Printed from the trees of errors by `python -m scripts.reference_pages`; a house test keeps it true. When each error of
`/authorize` occurs, and which test shows it, stands in [its own page](authorize-errors.md); problems of the control API in
[its page](control-api.md); exit codes in [the command line](command-line.md).

## The provider

The text is what goes out; where it names what is wrong, it stands there instead. Reasons of failed authentication stay inside.
"""
PARTNER: Final = """## The partner kit

`RelyingParty.finish()` ends in a value. A login that proves nothing raises `LoginRefused`, whose subclasses are these. *Helps*:
`tell` – only the person can do something; `return` – one more way to NHS login, which is counted; `wait` – later.
"""
LINES: Final = """### Outside of a login

All of the kit's, `LoginRefused` too, are kinds of `KitRefusal`: a stable *code*, a *sentence* for the person, a *detail* for
the log.
"""
OBSTACLES: Final = """### Obstacles

What stands between a person and their practice; `CannotConnect.reason` and `ReturnToLogin.why` are among these codes, which
are fit for logs and metrics.
"""
SENT_TO: Final = {errors.Where.PAGE: "page", errors.Where.REDIRECT: "redirect", errors.Where.JSON: "JSON"}


def page() -> str:
    """The whole page."""
    of_partners = [PARTNER, *of_the_kit(), LINES, *beside_logins(), OBSTACLES, *obstacles()]
    return "\n".join([INTRODUCTION, *of_the_provider(), *of_partners])


Kind = TypeVar("Kind", bound=type)


def leaves(kind: Kind) -> Iterator[Kind]:
    """The subclasses that have a code, in the order of the source."""
    for below in cast("list[Kind]", kind.__subclasses__()):
        if "code" in vars(below):
            yield below
        yield from leaves(below)


def of_the_provider() -> Iterator[str]:
    """A table for each place where a refusal is shown."""
    for root, where in (
        (errors.Unaddressable, "`/authorize` and pages, before it is known whom to answer"),
        (errors.InteractionGone, "pages"),
        (errors.SentBack, "`/authorize`, back to the partner"),
        (errors.TokenRefused, "`/token`"),
        (errors.UserinfoRefused, "`/userinfo`"),
    ):
        kinds: list[type[errors.Refusal]] = [root] if "code" in vars(root) else [*leaves(root)]
        yield f"### {where}\n"
        yield from table(
            ("code", "how", "when", "text"),
            (
                (f"`{one.code}`" if one.code else "none", how(one), first_sentence(one.__doc__), one.sentence or "names it")
                for one in kinds
            ),
        )


def how(refusal: type[errors.Refusal]) -> str:
    """Where it is shown, with which status."""
    return SENT_TO[refusal.shown] + ("" if refusal.shown is errors.Where.REDIRECT else f", {refusal.status}")


def of_the_kit() -> Iterator[str]:
    """One table."""
    kinds: list[type[of_partner.LoginRefused]] = [*leaves(of_partner.LoginRefused)]
    yield from table(
        ("error", "code", "when", "helps", "obstacle", "what people read"),
        (
            (
                f"`{one.__name__}`",
                f"`{one.code}`",
                first_sentence(one.__doc__),
                f"`{one.remedy.value}`",
                f"`{one.obstacle.value}`",
                one.sentence,
            )
            for one in kinds
        ),
    )


def beside_logins() -> Iterator[str]:
    """What is raised when nobody logs in."""
    kinds: list[type[of_partner.KitRefusal]] = [*leaves(of_partner.KitRefusal)]
    yield from table(
        ("error", "code", "when", "what people read"),
        (
            (f"`{one.__name__}`", f"`{one.code}`", first_sentence(one.__doc__), one.sentence)
            for one in kinds
            if not issubclass(one, of_partner.LoginRefused)
        ),
    )


def obstacles() -> Iterator[str]:
    """With what their comments say."""
    yield from table(("code", "means"), ((f"`{one.value}`", members(Obstacle)[one.name]) for one in Obstacle))
