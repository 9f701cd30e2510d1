"""What the operations work with: the running sandbox, who is who in it, and whoever reads along."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gpic.provider.accounts import Account
from gpic.sandbox.act import Stage
from gpic.sandbox.control.stream import Stream
from gpic.sandbox.control.who import WhosWho
from gpic.sandbox.diagram.watching import Watching
from gpic.sandbox.partner_service import NAME
from gpic.sandbox.script import CLIENT_ID
from gpic.sandbox.surgeries import PARTNER
from gpic.sandbox.theatre import Theatre
from gpic.simulators.register import Unheard

UNNAMED: Final = "–"


@dataclass(slots=True)
class Desk:
    """One sandbox's. `begin` is called for each act, before anybody asks about it."""

    theatre: Theatre
    stream: Stream
    who: WhosWho = field(default_factory=WhosWho)
    _watching: Watching | None = None

    @property
    def stage(self) -> Stage:
        """The act that is on."""
        return self.theatre.stage

    @property
    def watching(self) -> Watching:
        """Whoever reads this act's journal along."""
        if self._watching is None:
            raise RuntimeError("no act has begun")
        return self._watching

    def begin(self, stage: Stage) -> None:
        """Another act: read its journal along, and tell the stream of everything that changes."""
        self.who = WhosWho()
        for slug, account in stage.accounts.items():
            self.who.note(slug, account)
        self._watching = watching = Watching(stage.journal, self.who.who_is, self.lane_of)
        self.stream.begin(stage, watching, self.who)

    async def account_of(self, slug: str) -> Account | None:
        """The NHS login account of a person; None where they have none. Raises Unheard."""
        patient = self.stage.world.patient(slug)
        found = await self.stage.nhs_login.cabinets.accounts.by_email(patient.email) if patient.email else None
        if found is None:
            return None
        self.who.note(slug, found[0])
        return found[0]

    def lane_of(self, client_id: str) -> str:
        """What a partner is called in the journal."""
        return PARTNER if client_id in {CLIENT_ID, ""} else self.theatre.ground.names.get(client_id, client_id)

    def name_of(self, client_id: str) -> str:
        """What a partner calls itself."""
        return NAME if client_id == CLIENT_ID else self.theatre.ground.names.get(client_id, client_id)

    def practice_name(self, code: str) -> str:
        """A practice's name; a dash where the world knows none."""
        try:
            return self.stage.world.practice(code).name
        except (Unheard, ValueError):
            return UNNAMED
