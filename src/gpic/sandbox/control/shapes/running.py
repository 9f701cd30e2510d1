"""The sandbox itself: its clock, who is registered, what was kept."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from gpic.sandbox.control.shapes.shape import Shape, Wire, World


class Clock(Shape, frozen=True, kw_only=True):
    """Both clocks at this moment."""

    wire: Wire
    world: World
    frozen: bool


class IdentityChecks(Shape, frozen=True, kw_only=True):
    """How checks of a person's photo end: `ask` (somebody clicks), `pass`, `fail`, or `away` (nobody checks)."""

    manner: Literal["ask", "pass", "fail", "away"]


class Move(Shape, frozen=True, kw_only=True):
    """Let time pass in the world."""

    seconds: Annotated[float, Meta(ge=0, le=315_360_000)]


class Sandbox(Shape, frozen=True, kw_only=True):
    """What is running. *acts* rises with every reset and restore: whoever remembers another number begins anew."""

    version: str
    acts: int
    seed: int
    addresses: Annotated[dict[str, str], Meta(description="By role: partner, provider, emis, tpp, medicus, pds, mns, ods")]
    scripted_sign_in: Annotated[bool, Meta(description="Whether `login_hint=<slug>` signs in without a page")]
    password: Annotated[str, Meta(description="Everybody's, on the sign-in page")]
    code: Annotated[str, Meta(description="Everybody's one-time code")]
    authority: Annotated[str, Meta(description="With TLS: the file of the certificate to trust; otherwise empty")]
    clock: Clock


class NewPartner(Shape, frozen=True, kw_only=True):
    """Somebody's own service, to be registered; *keys* are public, in PEM or as JWK or JWK set."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    redirect_uris: list[str]
    keys: list[str]
    scopes: list[str] = field(default_factory=lambda: ["openid", "profile", "gp_integration_credentials"])
    vectors: list[str] | UnsetType = UNSET
    im1_enabled: bool = True


class Line(Shape, frozen=True, kw_only=True):
    """How a partner reaches one supplier's system, and who it is there."""

    address: str
    options: dict[str, str]


class Partner(Shape, frozen=True, kw_only=True):
    """A partner, and everything that it must know of this sandbox."""

    client_id: str
    name: str
    redirect_uris: list[str]
    scopes: list[str]
    im1_enabled: bool
    disabled: bool
    issuer: str
    gp_systems: Annotated[dict[str, Line], Meta(description="By supplier: emis, tpp, medicus")]
    practices: Annotated[dict[str, str], Meta(description="Supplier by practice, as the directory knows them by now")]


class Snapshot(Shape, frozen=True, kw_only=True):
    """Something that was kept, to come back to."""

    name: str
    world_at: World
    wire_at: Wire
