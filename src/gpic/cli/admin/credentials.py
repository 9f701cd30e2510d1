"""`gpic admin credentials`: what is held of one person."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Annotated, Final

import typer

from gpic.cli.admin import showing
from gpic.cli.admin.desk import Desk, NotDone, at_desk
from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditRecord, Task, TaskKind
from gpic.credentials.withdraw import Withdraw
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid

app = typer.Typer(name="credentials", help="What is held of one person's GP credentials; never a key.", no_args_is_help=True)

FROM_STDIN: Final = "-"
#: What is read of standard input at most.
LONGEST: Final = 320
Who = Annotated[
    str,
    typer.Argument(
        help="The person: our own id of them, or the `sub` of an account of theirs. - reads an NHS number or an e-mail "
        "address from standard input, so that neither stands in a shell's history.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def show(context: typer.Context, who: Who, *, json: Json = False) -> None:
    """State, practice, system, checks and the audit trail. Details and tokens show as fingerprints."""
    named = heard(who)

    async def command(desk: Desk) -> tuple[Holding, tuple[AuditRecord, ...]]:
        person = await person_named(named, desk)
        return await desk.engine.holdings.load(person), await desk.engine.holdings.trail(person)

    holding, trail = at_desk(context, command)
    if json:
        showing.as_json(told(holding) | {"trail": [line_of(record) for record in trail]})
        return
    showing.as_list({name.replace("_", " "): str(value) for name, value in told(holding).items() if value})
    if trail:
        showing.as_table(("when", "what", "why", "client_id"), [tuple(line_of(record).values()) for record in trail])


@app.command()
def recheck(context: typer.Context, who: Who, *, json: Json = False) -> None:
    """Leave a check to the workers; for somebody of whom nothing is held, a registration at once, whatever the pause (N11)."""
    named = heard(who)

    async def command(desk: Desk) -> TaskKind:
        person = await person_named(named, desk)
        holding = await desk.engine.holdings.load(person)
        if holding.state is State.RESTRICTED:
            raise NotDone("The account is restricted at the GP system; only a sign-in of theirs lifts that.")
        if holding.state is State.REFUSED:
            await Withdraw(desk.engine.holdings, desk.clocks).run(person)
        kind = TaskKind.RECHECK if holding.state is State.HELD else TaskKind.REGISTER
        await desk.engine.tasks.enqueue(Task(kind, person), desk.clocks.world.now())
        return kind

    kind = at_desk(context, command)
    showing.as_json({"queued": kind}) if json else showing.say(f"A {kind} is queued.")


@app.command()
def withdraw(context: typer.Context, who: Who, *, json: Json = False) -> None:
    """End the release at once, pauses after refusals too; the person's next login registers anew (N11)."""
    named = heard(who)

    async def command(desk: Desk) -> bool:
        return await Withdraw(desk.engine.holdings, desk.clocks).run(await person_named(named, desk))

    done = at_desk(context, command)
    if json:
        showing.as_json({"withdrawn": done})
    else:
        showing.say("It is withdrawn." if done else "Nothing was held.")


@dataclass(frozen=True, slots=True)
class Named:
    """What the operator said of whom they mean."""

    text: str = field(repr=False)
    from_stdin: bool


def heard(who: str) -> Named:
    """`-` is read from standard input. Before anything else is begun, so that Ctrl-C ends the waiting at once."""
    return Named(sys.stdin.readline(LONGEST).strip(), from_stdin=True) if who == FROM_STDIN else Named(who, from_stdin=False)


async def person_named(named: Named, desk: Desk) -> PersonId:
    """Whom the operator means; raises NotDone."""
    engine, text = desk.engine, named.text
    if named.from_stdin:
        try:
            found = await engine.accounts.person_of(NhsNumber(text.replace(" ", "")))
        except NhsNumberInvalid:
            by_email = await engine.accounts.by_email(text)
            found = by_email[0].person if by_email else None
        if found is not None:
            return found
    account = await engine.accounts.by_subject(text)
    if account is not None:
        return account.person
    person = PersonId(text)
    if await engine.people.find(person) is None and (await engine.holdings.load(person)).version == 0:
        raise NotDone("Nobody is known by that.")
    return person


def told(holding: Holding) -> dict[str, object]:
    """What may be shown: no key, no token, no NHS number."""
    return {
        "person": holding.person,
        "state": holding.state.value,
        "practice": str(holding.practice or ""),
        "supplier": holding.supplier,
        "details": holding.details.fingerprint[:12] if holding.details else "",
        "token": holding.token.fingerprint[:12] if holding.token else "",
        "refusal": str(holding.refusal or ""),
        "refusals_in_a_row": holding.tries,
        "silences_in_a_row": holding.silences,
        "next_try_at": holding.next_try_at.isoformat() if holding.next_try_at else "",
        "registered_at": holding.registered_at.isoformat() if holding.registered_at else "",
        "checked_at": holding.checked_at.isoformat() if holding.checked_at else "",
    }


def line_of(record: AuditRecord) -> dict[str, str]:
    """A line of the trail."""
    when = record.at.isoformat(timespec="seconds")
    return {"when": when, "what": record.event.value, "why": record.why, "client_id": record.client_id}
