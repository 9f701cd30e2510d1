"""What `--json` of the demonstration and the sandbox prints: one document each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gpic.sandbox.act import Stage
from gpic.sandbox.console.pages import link
from gpic.sandbox.demonstration import WHERE, Played
from gpic.sandbox.residents import CODE, PASSWORD
from gpic.sandbox.script import Script


def of_walks(walks: Sequence[Played]) -> list[dict[str, object]]:
    """How each walk ended, and which calls the GP system must have seen."""
    return [
        {
            "journey": one.scene.journey,
            "title": one.scene.title,
            "heading": one.heading,
            "system": WHERE,
            "expected_calls": {sender: dict(calls) for sender, calls in one.scene.calls.items()},
            "differences": one.differences,
        }
        for one in walks
    ]


def of_stage(stage: Stage) -> dict[str, object]:
    """Where everything is and who can sign in."""
    return {
        "addresses": stage.addresses.named(),
        "authority": str(stage.authority or ""),
        "people": [person_of(stage, slug) for slug in stage.people],
        "password": PASSWORD,
        "one_time_code": CODE,
    }


def person_of(stage: Stage, slug: str) -> dict[str, object]:
    """Somebody of the cast."""
    patient = stage.world.patient(slug)
    practice = stage.world.practice(patient.practice) if patient.practice is not None else None
    return {
        "slug": slug,
        "sign_in_as": stage.people[slug].email,
        "level": patient.level,
        "practice": practice.name if practice else "",
        "system": practice.supplier if practice else "",
        "has_account": stage.world.account_of(slug) is not None,
    }


def of_guests(script: Script) -> list[dict[str, str]]:
    """Who is registered, and which file tells them where everything is."""
    return [
        {
            "client_id": one.table.client_id,
            "redirect_uri": one.table.redirect_uri,
            "settings": str(one.path),
            "lay_over_it": str(one.told_in),
        }
        for one in script.services
    ]


def of_control(address: str, token: str, file: Path) -> dict[str, str]:
    """How tools get at the control API, and people at the console."""
    return {"address": address, "token": token, "file": str(file), "console": link(address, token)}
