"""People, and what everybody holds of them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from gpic.sandbox.control.shapes.shape import Code, Fingerprint, Shape, Slug, World


class Link(Shape, frozen=True, kw_only=True):
    """What one application got for a linkage key. *works* says whether the GP system would accept its token now."""

    application: str
    token: Fingerprint
    works: bool
    of_present_key: bool


class Account(Shape, frozen=True, kw_only=True):
    """A GP online account, as its system has it."""

    practice: Code
    system: str
    status: Annotated[str, Meta(description="Active, Inactive, Archived (locked included) or NotRegistered")]
    details: Fingerprint
    key_is_good: bool
    locked: bool
    restricted: bool
    services_on: bool
    failed_logins: int
    opened_at: World | None
    links: list[Link]


class Pds(Shape, frozen=True, kw_only=True):
    """What PDS shows of a person now."""

    practice: Annotated[str, Meta(description="Code, or empty where PDS names none")]
    version: int
    confidentiality: str
    death: Annotated[str, Meta(description="`1` informal, `2` formal, `U` undone, or empty")]
    superseded_by: Annotated[str, Meta(description="Slug of the record that replaces this one, or empty")]
    invalidated: bool


class TrailLine(Shape, frozen=True, kw_only=True):
    """One line of NHS login's audit trail about a person."""

    at: World
    event: str
    version: int
    partner: str
    why: str


class Held(Shape, frozen=True, kw_only=True):
    """What NHS login holds of a person. Only `held` is ever released."""

    state: str
    version: int
    system: str
    practice: str
    details: Fingerprint
    token: Fingerprint
    rejected: Annotated[int, Meta(description="How many details and tokens a GP system has rejected")]
    refusal: str
    tries: int
    silences: int
    next_try_at: World | None
    registered_at: World | None
    checked_at: World | None
    trail: Annotated[list[TrailLine], Meta(description="The latest lines, oldest first")]


class PartnerHolds(Shape, frozen=True, kw_only=True):
    """What a partner holds of a person.

    *known_from* `store`: the sample partner's own store. `gp-system`: somebody's own service, whose store nobody can see;
    the GP system tells what it got there last.
    """

    partner: str
    known_from: str
    practice: str
    system: str
    details: Fingerprint
    token: Fingerprint
    works: Annotated[bool, Meta(description="Whether the GP system would accept the token now")]
    mark: Annotated[str, Meta(description="What the partner was told of it: sound, suspended or rejected; empty: not known")]


class PersonLine(Shape, frozen=True, kw_only=True):
    """One person in the list."""

    slug: Slug
    name: str
    level: Annotated[str, Meta(description="How well NHS login has proved the identity: P0, P5 or P9")]
    practice: Annotated[str, Meta(description="Where a GP system has them; empty: nowhere")]
    practice_name: str
    system: str
    account: Annotated[str, Meta(description="The GP online account in a word: none, open, locked, restricted, ended")]
    provider: Annotated[str, Meta(description="What NHS login holds, in a word: its state")]


class Person(Shape, frozen=True, kw_only=True):
    """Everything that is known of one person."""

    slug: Slug
    name: str
    birth_date: str
    sex: str
    email: str
    phone: str
    nhs_number: Annotated[str, Meta(description="Masked; whole only where it is asked for with `reveal`")]
    level: str
    practice: str
    practice_name: str
    system: str
    standing: Annotated[str, Meta(description="How the practice's system holds them")]
    acts_for: list[Slug]
    shown_as: Annotated[str, Meta(description="Slug of whom GP systems show in their place; empty: themselves")]
    pds: Pds
    account: Account | None
    former_accounts: list[Account]
    provider: Held
    partners: list[PartnerHolds]


class NewPerson(Shape, frozen=True, kw_only=True):
    """Somebody more, invented: an NHS number of the range that is never issued is made for them."""

    slug: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,31}$")]
    given_name: Annotated[str, Meta(min_length=1, max_length=60)]
    family_name: Annotated[str, Meta(min_length=1, max_length=60)]
    birth_date: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    practice: Code
    title: str = ""
    sex: Annotated[str, Meta(pattern="^(male|female|other|unknown)$")] = "unknown"
    level: Annotated[str, Meta(pattern="^P[059]$")] = "P9"
    account: Annotated[bool, Meta(description="Whether they have a GP online account")] = False
