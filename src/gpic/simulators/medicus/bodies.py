"""What Medicus reads: JSON objects whose fields the contract names; every other field is unread. PROVISIONAL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.simulators.medicus.refusals import FIELD_WRONG, Refused

LONGEST: Final = 256  #: characters of any field but the identity token
LONGEST_TOKEN: Final = 16_384
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object, read field by field; each raises Refused, naming the field."""

    given: Mapping[str, object]

    @classmethod
    def of(cls, body: bytes) -> Self:
        """The body; `body` is the field where it is no JSON object."""
        try:
            given = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refused(FIELD_WRONG, "body") from error
        if not isinstance(given, dict):
            raise Refused(FIELD_WRONG, "body")
        return cls(given)

    def text(self, name: str, longest: int = LONGEST) -> str:
        """Some text that is not blank."""
        value = self.given.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            raise Refused(FIELD_WRONG, name)
        return value

    def known(self, name: str) -> str:
        """Some text, or "" where nothing is known."""
        return self.text(name) if self.given.get(name) is not None else ""

    def number(self, name: str) -> NhsNumber:
        """An NHS number as ten digits."""
        text = self.text(name)
        try:
            if text.isdigit():
                return NhsNumber(text)
        except NhsNumberInvalid:
            pass
        raise Refused(FIELD_WRONG, name)

    def day(self, name: str) -> str:
        """A date as `yyyy-mm-dd`."""
        text = self.text(name)
        try:
            if DAY.fullmatch(text):
                return date.fromisoformat(text).isoformat()
        except ValueError:
            pass
        raise Refused(FIELD_WRONG, name)


@dataclass(frozen=True, slots=True)
class PatientAsked:
    """`linkage/find` and `linkage`."""

    number: NhsNumber
    family_name: str
    birth_date: str  #: `yyyy-mm-dd`
    identity_token: str
    email: str = ""
    mobile: str = ""

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Raises Refused."""
        fields = Fields.of(body)
        return cls(
            fields.number("nhsNumber"),
            fields.text("familyName"),
            fields.day("birthDate"),
            fields.text("identityToken", LONGEST_TOKEN),
            fields.known("emailAddress"),
            fields.known("mobileNumber"),
        )


@dataclass(frozen=True, slots=True)
class DetailsGiven:
    """`token`."""

    account_id: str
    linkage_key: str
    family_name: str
    birth_date: str  #: `yyyy-mm-dd`

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Raises Refused."""
        fields = Fields.of(body)
        return cls(fields.text("accountId"), fields.text("linkageKey"), fields.text("familyName"), fields.day("birthDate"))


def token_in(body: bytes) -> str:
    """`session`; raises Refused."""
    return Fields.of(body).text("token")
