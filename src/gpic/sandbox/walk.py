"""A person's whole way through a login, page by page, as they would go it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gpic.sandbox.browser import Browser, NotWhatWasExpected, Page

MOST_PAGES: Final = 12


@dataclass(frozen=True, slots=True)
class Traveller:
    """Who signs in, and with what."""

    slug: str
    email: str
    password: str
    code: str
    details: Mapping[str, str] = field(default_factory=dict, repr=False)  #: by field, for whoever must prove who they are


async def log_in(person: Browser, start: str, who: Traveller) -> Page:
    """From the partner's first page through NHS login's pages, as often as they are asked, to where it ends."""
    page = await person.follow(await person.open(start), "nhs-login")
    return await answer_pages(person, page, who)


async def answer_pages(person: Browser, page: Page, who: Traveller) -> Page:
    """Sign in, give the one-time code, prove who one is, agree to share: until NHS login asks nothing more."""
    for _ in range(MOST_PAGES):
        answers = answers_to(page, who)
        if not answers:
            return page
        page = await person.fill_in(page, **answers)
    raise NotWhatWasExpected(f"NHS login goes on asking; the last page was {page.heading!r}")


def answers_to(page: Page, who: Traveller) -> dict[str, str]:
    """What this person writes and presses on this page; nothing where NHS login asks nothing."""
    asked = {name for form in page.document.forms for name in form.xpath(".//*[@name]/@name")}
    actions = {value for form in page.document.forms for value in form.xpath(".//*[@name='action']/@value")}
    if "password" in asked:
        return {"email": who.email, "password": who.password, "action": "continue"}
    if "code" in asked:
        return {"code": who.code, "action": "continue"}
    if "nhs_number" in asked:
        return {**who.details, "action": "details"}
    return next(({"action": action} for action in ("check", "pass", "agree") if action in actions), {})
