"""SystmOnline's words: XML attributes in its own spelling, built and read as trees (`gp-systems.md` §3)."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from lxml import etree

from gpic.gp_systems.rows import Said
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.outbound import Reply

Document = etree._Element  # noqa: SLF001 - lxml has no public name for what its parser gives
#: What XML 1.0 can carry at all (§2.2 there); anything else in a value is left out.
UNSPEAKABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ENTITY: Final = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
#: .NET calls utf-16 what it then sends in UTF-8; bytes that read like this are no UTF-16.
SAYS_UTF_16: Final = re.compile(rb"""^(<\?xml[^>]{0,40}?)\s+encoding=["']utf-16["']""", re.IGNORECASE)
TITLES: Final = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "rev", "master"})
#: A session id travels in a header; anything else is none of TPP's.
SUID: Final = re.compile(r"[\x21-\x7e]{1,4000}")


class Token(msgspec.Struct, frozen=True, rename="pascal"):
    """Our IM1 token's own form (§5)."""

    account_id: str
    passphrase: str
    provider_id: str

    def __repr__(self) -> str:
        return "Token(•••)"


class Visit(msgspec.Struct, frozen=True, rename="camel"):
    """The ids of an open session; our own form of a session's handle."""

    suid: str
    online_user_id: str
    patient_id: str

    def __repr__(self) -> str:
        return "Visit(•••)"


@dataclass(frozen=True, slots=True)
class LinkReply:
    """LinkAccountReply, all three variants; what a variant lacks is blank."""

    account_id: str
    passphrase: str
    passphrase_to_link: str

    def __repr__(self) -> str:
        return "LinkReply(•••)"


@dataclass(frozen=True, slots=True)
class SessionReply:
    """AuthenticateReply: whom `User/Person` names. The repeated `Person` beside it are people they may act for."""

    nhs_numbers: frozenset[NhsNumber]
    demographics: Demographics | None
    online_user_id: str
    patient_id: str

    def __repr__(self) -> str:
        return "SessionReply(•••)"


def written(root: str, attributes: Mapping[str, str], application: Mapping[str, str] | None) -> bytes:
    """A request document; the tree escapes every value."""
    element = etree.Element(root, _speakable(attributes))
    if application is not None:
        etree.SubElement(element, "Application", _speakable(application))
    return etree.tostring(element, encoding="utf-8")


def parsed(reply: Reply) -> Document | None:
    """The reply's root, or None when it is no XML or brings a document type; entities and network stay off."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False)
    try:
        body = SAYS_UTF_16.sub(rb"\1", reply.body.removeprefix(codecs.BOM_UTF8))
        root: Document | None = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None
    return None if root is None or root.getroottree().docinfo.internalDTD is not None else root


def error_in(root: Document, status: int) -> Said | None:
    """The error that a reply carries, with its code; TPP says errors with HTTP 200 (§3.5)."""
    for element in root.iter("*"):
        code = _attribute(element, "errorCode")
        if code is not None or _name(element) == "error":
            return Said(status, _number(code or ""))
    return None


def link_reply(root: Document) -> LinkReply | None:
    """What a LinkAccountReply gives; None for another document. Linkage keys may come entity-encoded (§3.2)."""
    if _name(root) != "linkaccountreply":
        return None
    return LinkReply(
        account_id=_field(root, "accountId"),
        passphrase=_field(root, "passphrase"),
        passphrase_to_link=unescaped(_field(root, "passphraseToLink")),
    )


def session_reply(root: Document) -> SessionReply | None:
    """Whom an AuthenticateReply shows; None for another document, or one without `User/Person`."""
    person = next((person for user in _children(root, "User") for person in _children(user, "Person")), None)
    if _name(root) != "authenticatereply" or person is None:
        return None
    return SessionReply(
        frozenset(_numbers(person)),
        _demographics(person),
        _field(root, "onlineUserId").strip(),
        _field(person, "patientId").strip(),
    )


def unescaped(text: str) -> str:
    """HTML entities decoded, but only whole ones: a passphrase may hold a lone `&lt` of its own."""
    return ENTITY.sub(lambda found: html.unescape(found[0]), text)


def can_carry(*texts: str) -> bool:
    """Whether XML can carry these as they are. A name may lose a control character; a secret must not change."""
    return not any(UNSPEAKABLE.search(text) for text in texts)


def _speakable(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: UNSPEAKABLE.sub("", value) for name, value in attributes.items()}


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if re.fullmatch(r"[0-9]{1,5}", digits) else None


def _numbers(person: Document) -> Iterator[NhsNumber]:
    """The NHS number in any of the forms that `NationalId` may have: attribute, text, or parts of an element (§11.5)."""
    elements = [part for part in person.iter("*") if _name(part) == "nationalid"]
    places = [_attribute(person, "NationalId"), *(text for element in elements for text in _texts(element))]
    for text in places:
        try:
            yield NhsNumber((text or "").strip())
        except NhsNumberInvalid:
            continue


def _texts(element: Document) -> Iterator[str]:
    for part in element.iter("*"):
        yield part.text or ""
        yield from (str(value) for value in part.attrib.values())


def _demographics(person: Document) -> Demographics | None:
    birth_date = _field(person, "dateOfBirth").strip()[:10]
    surname = _surname(person).strip()
    return Demographics(surname, birth_date) if surname and birth_date else None


def _surname(person: Document) -> str:
    """The surname where it is told; else the second of two words, titles apart. In longer names nobody knows."""
    named = [person, *_children(person, "PersonName")]
    for name in ("surname", "lastName", "familyName"):
        if told := next((text for place in named if (text := _field(place, name))), ""):
            return told
    words = next((text for place in named for text in (_field(place, "name"), place.text or "") if text.strip()), "").split()
    plain = [word for word in words if word.rstrip(".").lower() not in TITLES]
    return plain[1] if len(plain) == 2 else ""  # noqa: PLR2004 - a given name and a surname


def _field(element: Document, name: str) -> str:
    """An attribute, or the text of a child of that name; "" when there is neither."""
    attribute = _attribute(element, name)
    return attribute if attribute is not None else next((child.text or "" for child in _children(element, name)), "")


def _attribute(element: Document, name: str) -> str | None:
    return next((str(value) for key, value in element.attrib.items() if str(key).lower() == name.lower()), None)


def _children(element: Document, name: str) -> list[Document]:
    return [child for child in element if _name(child) == name.lower()]


def _name(element: Document) -> str:
    """The local name in lower case; "" for comments and instructions."""
    tag: Any = element.tag
    return etree.QName(tag).localname.lower() if isinstance(tag, str) else ""
