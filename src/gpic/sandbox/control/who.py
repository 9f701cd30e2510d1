"""Who is who: slugs by everything else that names a person in a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field

from gpic.credentials.holding import PersonId
from gpic.provider.accounts import Account
from gpic.sandbox.diagram.traces import Traces


@dataclass(slots=True)
class WhosWho:
    """Slugs by subject, by person and by e-mail address."""

    by_subject: dict[str, str] = field(default_factory=dict)
    by_person: dict[PersonId, str] = field(default_factory=dict)
    by_email: dict[str, str] = field(default_factory=dict)

    def note(self, slug: str, account: Account) -> None:
        """This account is that person's."""
        self.by_subject[account.subject] = slug
        self.by_person[account.person] = slug
        self.by_email[account.email] = slug

    def who_is(self, seen: Traces) -> str:
        """The slug of whom a message shows; empty where it shows nobody."""
        hinted = seen.hint if seen.hint in self.by_email.values() else ""
        return hinted or self.by_subject.get(seen.subject, "") or self.by_email.get(seen.email, "")
