"""The Spine Directory's Device: which supplier's systems a practice has (`demographics.md` §3.6)."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from gpic.simulators.lane import Reply, json_reply
from gpic.simulators.ods.organisations import CODES
from gpic.simulators.ods.settings import OdsSettings
from gpic.simulators.world import World

DEVICES: Final = "/spine-directory/FHIR/R4/Device"
INTERACTIONS: Final = "https://fhir.nhs.uk/Id/nhsServiceInteractionId"
MADE_BY: Final = "https://fhir.nhs.uk/StructureDefinition/Extension-SDS-ManufacturingOrganisation"
ASID: Final = "https://fhir.nhs.uk/Id/nhsSpineASID"
FHIR: Final = "application/fhir+json"


def found_devices(world: World, settings: OdsSettings, request: Request) -> Reply:
    """A searchset: none, one, or several devices. An organisation and an interaction are always wanted."""
    system, _, code = request.query_params.get("organization", "").partition("|")
    interaction = [text for text in request.query_params.getlist("identifier") if text.startswith(f"{INTERACTIONS}|")]
    if system != CODES or not code or not interaction:
        issue = {"severity": "error", "code": "required", "diagnostics": "organization and an interaction id are needed"}
        body = {"resourceType": "OperationOutcome", "issue": [issue]}
        return json_reply(400, body, ok=False, headers={"content-type": FHIR})
    makers = [settings.manufacturers[supplier] for supplier in suppliers_at(world, settings, code.upper())]
    devices = [device(number, code.upper(), maker, interaction[0]) for number, maker in enumerate(makers, start=1)]
    entries = [{"resource": one, "search": {"mode": "match"}} for one in devices]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
    return json_reply(200, bundle, headers={"content-type": FHIR})


def suppliers_at(world: World, settings: OdsSettings, code: str) -> list[str]:
    """By the names of the mapping; a supplier whose code nobody knows has no device."""
    listed = {one: supplier for one, supplier, _ in world.mapping()}
    here = ["EMIS", "TPP"] if code in settings.two_systems and code in listed else [listed.get(code, "")]
    return [supplier for supplier in here if supplier in settings.manufacturers]


def device(number: int, code: str, manufacturer: str, interaction: str) -> dict[str, object]:
    """One system at a practice, with whoever made it."""
    made_by = {"identifier": {"system": CODES, "value": manufacturer}}
    return {
        "resourceType": "Device",
        "id": f"{code}-{number}",
        "extension": [{"url": MADE_BY, "valueReference": made_by}],
        "identifier": [
            {"system": ASID, "value": f"{918_999_000_000 + number}"},
            {"system": INTERACTIONS, "value": interaction.partition("|")[2]},
        ],
        "owner": {"identifier": {"system": CODES, "value": code}},
    }
