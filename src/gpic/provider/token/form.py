"""Form fields as they came, read once each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from gpic.provider.errors import TokenRequestInvalid
from gpic.provider.stages import RawRequest


@dataclass(frozen=True, slots=True, repr=False)
class TokenForm:
    """The fields of a token request. Unknown ones are tolerated; repeated ones are not (RFC 6749 §3.2)."""

    raw: RawRequest

    def __post_init__(self) -> None:
        if any(count > 1 for count in Counter(name for name, _ in self.raw).values()):
            raise TokenRequestInvalid("A parameter is repeated")

    def get(self, name: str) -> str:
        """The field's value, "" when absent."""
        return next((value for key, value in self.raw if key == name), "")

    def required(self, name: str) -> str:
        """The field's value; *name* is ours, so the refusal may tell it. Raises TokenRequestInvalid."""
        value = self.get(name)
        if not value:
            raise TokenRequestInvalid(f"{name} is missing")
        return value
