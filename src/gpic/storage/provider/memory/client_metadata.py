"""What clients keep with us about people."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class MemoryClientMetadata:
    """A text for each person and client."""

    _texts: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)

    async def of(self, subject: str, client_id: str) -> str:
        """The text, "" for none."""
        return self._texts.get((subject, client_id), "")

    async def keep(self, subject: str, client_id: str, text: str) -> None:
        """Replace the text; "" deletes it."""
        self._texts[subject, client_id] = text

    def delete_all_of(self, client_id: str) -> None:
        """Forget what this client kept."""
        self._texts = {pair: text for pair, text in self._texts.items() if pair[1] != client_id}
