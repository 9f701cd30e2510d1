"""What TPP reads and writes: XML documents, told apart by their root and by the header `type`."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree
from lxml.etree import _Element

from gpic.simulators.lane import Reply
from gpic.simulators.people import Patient
from gpic.simulators.tpp.errors import UNREADABLE, Refused, TppError
from gpic.simulators.tpp.switches import Generation, NationalIdAs, PersonFieldsAs
from gpic.simulators.xml import parse

GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
XML_TYPE: Final = "text/xml"


@dataclass(frozen=True, slots=True)
class Document:
    """A request. *variant* tells the three kinds of LinkAccount apart: "retrieve", "link", "create"."""

    root: str
    attributes: Mapping[str, str]
    provider: str  #: Application/@providerId; empty where there is no Application

    @property
    def operation(self) -> str:
        """As the journal calls it."""
        return f"{self.root} {self.variant}".strip() if self.root == "LinkAccount" else self.root

    @property
    def variant(self) -> str:
        """Empty where it is none of the three."""
        if self.attributes.get("retrieveOnly") == "y":
            return "retrieve"
        if "accountId" in self.attributes and "passphrase" in self.attributes:
            return "link"
        return "create" if "nhsNumber" in self.attributes else ""

    def __getitem__(self, name: str) -> str:
        """An attribute that must be there; raises Refused."""
        if name not in self.attributes:
            raise Refused(UNREADABLE)
        return self.attributes[name]


def read_document(body: bytes) -> Document | None:
    """The request, or None where it is not one: no XML, or no uuid to answer to."""
    root = parse(body)
    if root is None or not GUID.fullmatch(root.get("uuid", "")):
        return None
    application = root.find("Application")
    provider = application.get("providerId", "") if application is not None else ""
    attributes = {str(name): str(value) for name, value in root.attrib.items()}
    return Document(str(root.tag), attributes, provider)


def reply_element(document: Document, **attributes: str) -> _Element:
    """`<LinkAccountReply uuid="…" …/>` and its like."""
    return etree.Element(f"{document.root}Reply", {"uuid": document["uuid"], **attributes})


def xml_reply(element: _Element, *, ok: bool = True, note: str = "", headers: Mapping[str, str] | None = None) -> Reply:
    """Any answer: HTTP 200."""
    body = etree.tostring(element, xml_declaration=True, encoding="UTF-8")
    if ok:
        # Clients take any body with these letters for an error, wherever they stand (§3.5).
        body = body.replace(b"errorCode=", b"errorCode&#61;")
    return Reply(200, body, {"content-type": "text/xml; charset=utf-8", **(headers or {})}, ok=ok, note=note)


def error_reply(error: TppError, uuid: str, generation: Generation) -> Reply:
    """`<Error errorCode="…" …/>`."""
    code = str(error.seen_by(generation))
    attributes = {"errorCode": code, "userFriendlyMessage": error.message, "technicalMessage": error.message}
    return xml_reply(etree.Element("Error", {**attributes, "uuid": uuid}), ok=False, note=code)


def as_entities(key: str) -> str:
    """The key as HTML would write it; XML then encodes it a second time."""
    return html.escape(key, quote=True)


@dataclass(frozen=True, slots=True)
class Form:
    """How a person is written, as far as TPP may differ from what its client reads."""

    national_id: NationalIdAs
    fields: PersonFieldsAs
    spaced_numbers: bool

    def fill(self, element: _Element, **fields: str) -> _Element:
        """The element with these fields, as attributes or as elements."""
        for name, value in fields.items():
            if self.fields is PersonFieldsAs.ATTRIBUTES:
                element.set(name, value)
            else:
                etree.SubElement(element, name).text = value
        return element


def person_element(patient: Patient, form: Form) -> _Element:
    """`<Person patientId="…">` with the NHS number and the name."""
    person = etree.Element("Person", {"patientId": patient_id(patient)})
    form.fill(person, dateOfBirth=f"{patient.birth_date}T00:00:00.0Z", gender=patient.sex.capitalize())
    number = etree.SubElement(person, "NationalId", {"type": "NHS"})
    shown = patient.number.spoken if form.spaced_numbers else patient.number.digits
    if form.national_id is NationalIdAs.TEXT:
        number.text = shown
    else:
        number.set("value", shown)
    form.fill(etree.SubElement(person, "PersonName"), name=patient.full_name)
    return person


def access_element(patient: Patient, practice_name: str, form: Form) -> _Element:
    """`<PatientAccess patientId="…">` with the site where the patient is registered."""
    access = etree.Element("PatientAccess", {"patientId": patient_id(patient)})
    site = form.fill(etree.SubElement(access, "SiteDetails"), unitName=practice_name)
    form.fill(etree.SubElement(site, "Address"), address="")
    return access


def patient_id(patient: Patient) -> str:
    """TPP's own id of a patient, opaque, steady and nobody else's."""
    return patient.slug.encode().hex()
