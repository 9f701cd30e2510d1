"""What the world and the journal say, in the shapes of the control API."""

from __future__ import annotations

from gpic.sandbox.control import shapes
from gpic.sandbox.diagram.logins import Login
from gpic.sandbox.diagram.meaning import meaning_of
from gpic.sandbox.diagram.watching import Watching
from gpic.simulators.happenings import Happening
from gpic.simulators.journal import Message
from gpic.simulators.people import Email

#: Of a fingerprint, so many digits are shown: enough to tell secrets apart, and to read aloud.
SHOWN_DIGITS = 12


def message_told(watching: Watching, message: Message) -> shapes.Message:
    """One message with its login, its rules and remarks."""
    told, login = watching.as_told(message), watching.logins.of(message.number)
    return shapes.Message(
        number=told.number,
        at_wire=told.at_wire,
        at_world=told.at_world,
        sender=told.sender,
        receiver=told.receiver,
        operation=told.operation,
        outcome=told.outcome,
        ok=told.ok,
        milliseconds=round(told.milliseconds, 3),
        person=told.person or (login.person if login is not None else ""),
        note=told.note,
        login=login.id if login is not None else "",
        rules=list(meaning_of(told.sender, told.receiver, told.operation).rules),
        remarks=list(watching.remarks_on(told.number)),
    )


def happening_told(one: Happening) -> shapes.Happening:
    """One happening, without NHS numbers."""
    return shapes.Happening(
        number=one.number,
        kind=one.kind.value,
        cause=one.cause.value,
        event=one.correlation,
        person=one.person,
        practice=one.practice,
        old_practice=one.old_practice,
        new_practice=one.new_practice,
        at_wire=one.at_wire,
        at_world=one.at_world,
    )


def login_told(login: Login, partner: str) -> shapes.Login:
    """One login in a line."""
    return shapes.Login(
        id=login.id,
        person=login.person,
        partner=partner,
        began_at=login.began_at,
        first=min(login.messages, default=0),
        last=max(login.messages, default=0),
        messages=len(login.messages),
    )


def letter_told(letter: Email) -> shapes.Letter:
    """One e-mail of the outbox."""
    return shapes.Letter(
        number=letter.number,
        to=letter.to,
        subject=letter.subject,
        person=letter.person,
        application=letter.application,
        at_wire=letter.at_wire,
        at_world=letter.at_world,
    )


def shown(fingerprint: str) -> str:
    """A fingerprint as people see it."""
    return fingerprint[:SHOWN_DIGITS]
