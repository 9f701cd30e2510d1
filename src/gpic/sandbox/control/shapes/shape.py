"""What every shape has, and the words that they share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Slug = Annotated[str, Meta(description="A person's short name, such as `ada`")]
Code = Annotated[str, Meta(description="A practice's ODS code, such as `A99901`")]
Fingerprint = Annotated[str, Meta(description="Tells two secrets apart and reveals neither; empty where there is none")]
Wire = Annotated[datetime, Meta(description="Of the real clock")]
World = Annotated[datetime, Meta(description="Of the world clock")]


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes over the wire; what is not named here is refused."""


class Problem(Shape, frozen=True, kw_only=True):
    """Why something was not done (RFC 9457)."""

    title: str
    status: int
    detail: str
