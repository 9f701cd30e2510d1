"""`gpic admin clients`: the register of partners."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpic.cli.admin import showing
from gpic.cli.admin.client_file import clients_in, text_of
from gpic.cli.admin.desk import Desk, NotDone, at_desk
from gpic.jose.keys import LARGEST_KEY_SET
from gpic.nhs.trust import DEFAULT_VECTORS
from gpic.provider.amendment import Amendment, Change, amended
from gpic.provider.clients import AudiencePolicy, Client
from gpic.provider.policy import ProviderPolicy
from gpic.provider.registration import Entry, checked, described, registered
from gpic.provider.scopes import GP_CREDENTIALS

app = typer.Typer(name="clients", help="Partners: who may ask, for what, and where answers go.", no_args_is_help=True)

ClientId = Annotated[str, typer.Argument(help="The partner's client_id.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Texts = list[str] | None


@app.command(name="list")
def list_clients(context: typer.Context, *, json: Json = False) -> None:
    """Every client, a line each."""

    async def command(desk: Desk) -> tuple[Client, ...]:
        return await desk.clients.all()

    clients = at_desk(context, command)
    if json:
        showing.as_json([described(client) for client in clients])
        return
    heads = ("client_id", "name", "state", "IM1", "audience", "keys", "scopes")
    showing.as_table(heads, [line_of(client) for client in clients])


@app.command()
def show(context: typer.Context, client_id: ClientId, *, json: Json = False) -> None:
    """Everything that is registered about one client."""

    async def command(desk: Desk) -> Client:
        return there(await desk.clients.get(client_id), client_id)

    tell(at_desk(context, command), json=json)


@app.command()
def add(  # noqa: PLR0913, PLR0917 - typer wants a command's options as parameters
    context: typer.Context,
    client_id: ClientId,
    name: Annotated[str, typer.Option(help="What people read where they are asked to share.", show_default=False)],
    redirect_uri: Annotated[list[str], typer.Option(help="Where answers go; repeat it for more.", show_default=False)],
    scope: Annotated[
        list[str], typer.Option(help="What it may ask for; repeat it, or separate by spaces.", show_default=False)
    ],
    key: Annotated[list[Path], typer.Option(help="A file with public keys, PEM or JWK set; - for standard input.")],
    vector: Annotated[Texts, typer.Option(help="A vector of trust that it may ask for; repeat it for more.")] = None,
    hands_over_to: Annotated[Texts, typer.Option(help="A client that believes it when it asserts who comes.")] = None,
    audience_policy: Annotated[AudiencePolicy, typer.Option(help="What its assertions are addressed to.")] = AudiencePolicy.NHS,
    algorithm: Annotated[str, typer.Option(help="What it signs with, and ID tokens for it are signed with.")] = "RS512",
    *,
    im1: Annotated[bool, typer.Option("--im1/--no-im1", help="Whether it is IM1 enabled.")] = False,
    disabled: Annotated[bool, typer.Option("--disabled", help="Register it without letting it in yet.")] = False,
    json: Json = False,
) -> None:
    """Register a client. One that is there already is refused: edit it."""

    async def command(desk: Desk) -> Client:
        entry = Entry(
            client_id=client_id,
            name=name,
            redirect_uris=redirect_uri,
            scopes=words(scope),
            keys=key_texts(key),
            vectors=vector or [str(one) for one in DEFAULT_VECTORS],
            im1_enabled=im1,
            disabled=disabled,
            audience_policy=audience_policy,
            algorithm=algorithm,
            hands_over_to=hands_over_to or [],
        )
        client = registered(entry, desk.policy)
        return noted(await desk.clients.change(client_id, lambda before: new(client, before)), desk.policy)

    tell(at_desk(context, command), json=json)


@app.command()
def edit(  # noqa: PLR0913, PLR0917 - see add
    context: typer.Context,
    client_id: ClientId,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    add_redirect_uri: Annotated[Texts, typer.Option(help="One more; repeatable, as all of these.")] = None,
    remove_redirect_uri: Annotated[Texts, typer.Option(help="One less.")] = None,
    add_scope: Annotated[Texts, typer.Option(help="One more.")] = None,
    remove_scope: Annotated[Texts, typer.Option(help="One less; live tokens lose it, too.")] = None,
    add_key: Annotated[list[Path] | None, typer.Option(help="A file with public keys; - for standard input.")] = None,
    remove_key: Annotated[Texts, typer.Option(help="A key's kid or thumbprint.")] = None,
    vector: Annotated[Texts, typer.Option(help="Vectors of trust, instead of those before.")] = None,
    add_hands_over_to: Annotated[Texts, typer.Option(help="One more client that believes it.")] = None,
    remove_hands_over_to: Annotated[Texts, typer.Option(help="One less.")] = None,
    audience_policy: Annotated[AudiencePolicy | None, typer.Option(help="What its assertions are addressed to.")] = None,
    algorithm: Annotated[str | None, typer.Option(help="What it signs with, and ID tokens for it are signed with.")] = None,
    *,
    im1: Annotated[bool | None, typer.Option("--im1/--no-im1", help="Whether it is IM1 enabled.")] = None,
    disabled: Annotated[bool | None, typer.Option("--disable/--enable", help="Whether it is kept out.")] = None,
    json: Json = False,
) -> None:
    """Change a client, beside the running provider. What is taken away ends at the next request, live tokens included."""

    async def command(desk: Desk) -> Client:
        amendment = Amendment(
            name=name,
            redirect_uris=Change(frozenset(add_redirect_uri or ()), frozenset(remove_redirect_uri or ())),
            scopes=Change(frozenset(words(add_scope)), frozenset(words(remove_scope))),
            keys_to_add=tuple(key_texts(add_key)),
            keys_to_remove=frozenset(remove_key or ()),
            vectors=tuple(vector or ()),
            im1_enabled=im1,
            disabled=disabled,
            audience_policy=audience_policy,
            algorithm=algorithm,
            hands_over_to=Change(frozenset(add_hands_over_to or ()), frozenset(remove_hands_over_to or ())),
        )

        def decide(before: Client | None) -> Client:
            return checked(amended(there(before, client_id), amendment), desk.policy)

        return noted(await desk.clients.change(client_id, decide), desk.policy)

    tell(at_desk(context, command), json=json)


@app.command()
def remove(context: typer.Context, client_id: ClientId, *, json: Json = False) -> None:
    """Forget a client: its tokens die, what people share with it is withdrawn, what it kept about them is deleted."""

    async def command(desk: Desk) -> None:
        if not await desk.clients.remove(client_id, desk.clocks.wire.now()):
            there(None, client_id)

    at_desk(context, command)
    showing.as_json({"removed": client_id}) if json else showing.say(f"{client_id} is removed.")


@app.command(name="import")
def import_clients(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A TOML file of clients; - for standard input.", show_default=False)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    json: Json = False,
) -> None:
    """Register every client of a file, or change it to what stands there: all of them or none. Others stay as they are."""

    async def command(desk: Desk) -> dict[str, list[str]]:
        clients = clients_in(file, desk.policy)
        before = {client.client_id: client for client in await desk.clients.all()}
        if not dry_run:
            await desk.clients.put(*(noted(client, desk.policy) for client in clients))
        return {
            "added": [one.client_id for one in clients if one.client_id not in before],
            "changed": [one.client_id for one in clients if before.get(one.client_id, one) != one],
            "unchanged": [one.client_id for one in clients if before.get(one.client_id) == one],
        }

    done = at_desk(context, command)
    if json:
        showing.as_json(done)
        return
    showing.as_list({what: ", ".join(ids) or "–" for what, ids in done.items()})


def there(client: Client | None, client_id: str) -> Client:
    """The client; raises NotDone where there is none."""
    if client is None:
        raise NotDone(f"There is no client {client_id[:128]!a}.")
    return client


def new(client: Client, before: Client | None) -> Client:
    """The client; raises NotDone where its id is taken."""
    if before is not None:
        raise NotDone(f"There is a client {client.client_id} already; change it with `gpic admin clients edit`.")
    return client


def noted(client: Client, policy: ProviderPolicy) -> Client:
    """The client, with a word on what it will not get (N5)."""
    if GP_CREDENTIALS in client.scopes and policy.require_im1 and not client.im1_enabled:
        showing.note(f"{client.client_id} is not IM1 enabled, so its requests for {GP_CREDENTIALS} are refused here.")
    return client


def key_texts(files: list[Path] | None) -> list[str]:
    """What stands in key files. Raises NotDone."""
    return [text_of(file, LARGEST_KEY_SET) for file in files or ()]


def words(texts: Texts) -> list[str]:
    """Words that were given one by one, or several in one text."""
    return [word for text in texts or () for word in text.split()]


def tell(client: Client, *, json: bool) -> None:
    """One client whole."""
    if json:
        showing.as_json(described(client))
        return
    lines = {name: value for name, value in described(client).items() if name != "keys"}
    keys = {"keys": [showing.key_line(key) for key in client.key_set.keys]}
    showing.as_list({name: in_words(value) for name, value in {**lines, **keys}.items()})


def in_words(value: object) -> str:
    """A field's value as people read it."""
    if isinstance(value, list):
        return "\n".join(str(one) for one in value) or "–"
    return showing.yes(value) if isinstance(value, bool) else str(value)


def line_of(client: Client) -> tuple[str, ...]:
    """A client in the list."""
    state = "disabled" if client.disabled else "enabled"
    im1 = showing.yes(client.im1_enabled)
    scopes = " ".join(sorted(client.scopes))
    return client.client_id, client.name, state, im1, client.audience_policy.value, str(len(client.keys)), scopes
