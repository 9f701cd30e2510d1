"""Clients and consents, in every implementation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.ports import AuditEvent, AuditRecord
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.clients import AudiencePolicy, Client
from gpic.provider.ports import Binding, Grant
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLIENT = Client(
    client_id="partner",
    name="Ä partner",
    redirect_uris=frozenset({"https://partner.example/b", "https://partner.example/a"}),
    scopes=frozenset({"openid", "gp_integration_credentials"}),
    keys=("second\nkey", "first\nkey"),
    vectors=(Vector.parse("P5.Cp.Cd"), Vector.parse("P9.Cm")),
    im1_enabled=True,
    disabled=True,
    audience_policy=AudiencePolicy.LENIENT,
    algorithm="RS256",
    hands_over_to=frozenset({"other", "third"}),
)


async def test_a_client_is_kept_whole(cabinets: Cabinets) -> None:
    """Disabled or not, with keys and vectors in their order."""
    await cabinets.clients.put(CLIENT)

    assert CLIENT == await cabinets.clients.get("partner")


async def test_a_client_put_again_is_replaced_whole(cabinets: Cabinets) -> None:
    """N6: a removed mark is gone."""
    changed = replace(
        CLIENT,
        im1_enabled=False,
        disabled=False,
        scopes=frozenset(),
        redirect_uris=frozenset(),
        hands_over_to=frozenset({"third", "fourth"}),
    )
    await cabinets.clients.put(CLIENT)
    await cabinets.clients.put(changed)

    assert changed == await cabinets.clients.get("partner")
    await cabinets.clients.put(replace(changed, hands_over_to=frozenset()))
    assert replace(changed, hands_over_to=frozenset()) == await cabinets.clients.get("partner")


async def test_clients_hand_over_to_clients_of_their_own(cabinets: Cabinets) -> None:
    """N23: who may assert to whom is the asserting client's configuration."""
    await cabinets.clients.put(CLIENT)
    await cabinets.clients.put(replace(CLIENT, client_id="other", hands_over_to=frozenset({"partner"})))

    assert CLIENT == await cabinets.clients.get("partner")


async def test_clients_are_listed_by_their_ids(cabinets: Cabinets) -> None:
    """Whole, whatever order they came in and whatever letters they have."""
    assert () == await cabinets.clients.all()
    listed = [replace(CLIENT, client_id=name) for name in ("Zeta", "alpha", "beta", "beta-2")]
    await cabinets.clients.put(*reversed(listed))

    assert tuple(listed) == await cabinets.clients.all()


async def test_a_change_sees_what_is_there_and_replaces_it(cabinets: Cabinets) -> None:
    """None before there is one."""
    seen: list[Client | None] = []

    def decide(before: Client | None) -> Client:
        seen.append(before)
        return CLIENT if before is None else replace(before, name="Another name")

    assert CLIENT == await cabinets.clients.change("partner", decide)
    changed = await cabinets.clients.change("partner", decide)

    assert replace(CLIENT, name="Another name") == changed == await cabinets.clients.get("partner")
    assert [None, CLIENT] == seen


async def test_a_change_that_is_refused_changes_nothing(cabinets: Cabinets) -> None:
    """What the decision raises is the caller's to know."""

    def refuse(_before: Client | None) -> Client:
        raise KeyError("no")

    await cabinets.clients.put(CLIENT)
    with pytest.raises(KeyError):
        await cabinets.clients.change("partner", refuse)

    assert CLIENT == await cabinets.clients.get("partner")


async def test_changes_at_one_moment_are_all_made(cabinets: Cabinets) -> None:
    """Two operators, two edits, nothing lost."""
    await cabinets.clients.put(replace(CLIENT, scopes=frozenset()))

    def adding(scope: str) -> Callable[[Client | None], Client]:
        return lambda before: replace(before or CLIENT, scopes=(before or CLIENT).scopes | {scope})

    scopes = [f"scope-{number}" for number in range(6)]
    await asyncio.gather(*(cabinets.clients.change("partner", adding(scope)) for scope in scopes))

    kept = await cabinets.clients.get("partner")
    assert kept is not None
    assert frozenset(scopes) == kept.scopes


async def test_a_client_that_is_removed_leaves_nothing_behind(cabinets: Cabinets) -> None:
    """N6: tokens, consents and texts die with it, so that a later client of this id inherits nothing; others keep theirs."""
    other = replace(CLIENT, client_id="other", hands_over_to=frozenset({"partner", "third"}))
    await cabinets.clients.put(CLIENT, other)
    for client_id in ("partner", "other"):
        grant = Grant(f"family of {client_id}", client_id, "alice", frozenset(), "", CLIENT.vectors[0], NOW, "session")
        await cabinets.codes.save(f"code of {client_id}", Binding(client_id, "uri"), grant, NOW + timedelta(minutes=10))
        await cabinets.consents.agree("alice", client_id, frozenset({"profile"}), NOW)
        await cabinets.client_metadata.keep("alice", client_id, "a text")

    assert await cabinets.clients.remove("partner", NOW)
    await cabinets.clients.put(CLIENT)

    assert [False, True] == [await cabinets.families.is_alive(f"family of {one}") for one in ("partner", "other")]
    assert [frozenset(), frozenset({"profile"})] == [
        await cabinets.consents.agreed("alice", one) for one in ("partner", "other")
    ]
    assert ["", "a text"] == [await cabinets.client_metadata.of("alice", one) for one in ("partner", "other")]
    assert replace(other, hands_over_to=frozenset({"third"})) == await cabinets.clients.get("other")


async def test_removing_nobody_is_told(cabinets: Cabinets) -> None:
    """And twice removes once."""
    await cabinets.clients.put(CLIENT)

    removed = [await cabinets.clients.remove(one, NOW) for one in ("nobody", "partner", "partner")]
    assert [False, True, False] == removed
    assert None is await cabinets.clients.get("partner")


@pytest.mark.parametrize("client_id", ["nobody", "", "\0", "partner\0"])
async def test_an_unknown_client_is_none(cabinets: Cabinets, client_id: str) -> None:
    """Nobody registered it, and a request may name anything."""
    await cabinets.clients.put(CLIENT)

    assert None is await cabinets.clients.get(client_id)


async def test_withdrawing_from_what_is_no_partner_changes_nothing(cabinets: Cabinets) -> None:
    """A form may name anything."""
    await cabinets.consents.agree("subject-1", "partner", frozenset({"profile"}), NOW)
    await cabinets.consents.withdraw("subject-1", "partner\0", NOW)

    assert frozenset({"profile"}) == await cabinets.consents.agreed("subject-1", "partner")


async def test_nothing_is_shared_unless_agreed(cabinets: Cabinets) -> None:
    """Neither with this partner nor, after an agreement, with another or of another person."""
    await cabinets.consents.agree("subject-1", "partner", frozenset({"profile"}), NOW)

    assert frozenset({"profile"}) == await cabinets.consents.agreed("subject-1", "partner")
    assert frozenset() == await cabinets.consents.agreed("subject-1", "other")
    assert frozenset() == await cabinets.consents.agreed("subject-2", "partner")


async def test_agreeing_adds(cabinets: Cabinets) -> None:
    """Also when two pages are answered at once."""
    scopes = [frozenset({"openid", f"scope-{number}"}) for number in range(6)]
    await asyncio.gather(*(cabinets.consents.agree("subject-1", "partner", one, NOW) for one in scopes))

    assert frozenset().union(*scopes) == await cabinets.consents.agreed("subject-1", "partner")


async def test_withdrawing_shares_nothing_until_the_person_agrees_anew(cabinets: Cabinets) -> None:
    """N6: and then only what is agreed anew."""
    await cabinets.consents.agree("subject-1", "partner", frozenset({"profile", "gp_integration_credentials"}), NOW)
    await cabinets.consents.withdraw("subject-1", "partner", NOW + timedelta(minutes=1))

    assert frozenset() == await cabinets.consents.agreed("subject-1", "partner")

    await cabinets.consents.agree("subject-1", "partner", frozenset({"profile"}), NOW + timedelta(minutes=2))

    assert frozenset({"profile"}) == await cabinets.consents.agreed("subject-1", "partner")


async def test_a_withdrawal_is_written_down_once(cabinets: Cabinets) -> None:
    """N7: when, who, which partner; with the version of what is held; what was not shared is no withdrawal."""
    person, at = PersonId("person-1"), NOW + timedelta(minutes=1)
    account = Account("subject-1", person, "somebody@mail.example", "07700900982", ProofingLevel.P0)
    await cabinets.accounts.put(account, SignInSecrets("hash"))
    await cabinets.consents.withdraw("subject-1", "partner", NOW)
    await cabinets.consents.agree("subject-1", "partner", frozenset({"openid", "profile"}), NOW)
    for _ in range(2):
        await cabinets.consents.withdraw("subject-1", "partner", at)

    withdrawn = AuditRecord(at, person, AuditEvent.CONSENT_WITHDRAWN, 0, "partner")
    assert (withdrawn,) == await cabinets.holdings.trail(person)
    await cabinets.holdings.save(Holding(person))
    await cabinets.consents.agree("subject-1", "partner", frozenset({"openid"}), NOW)
    await cabinets.consents.withdraw("subject-1", "partner", at)
    assert (withdrawn, replace(withdrawn, version=1)) == await cabinets.holdings.trail(person)


async def test_withdrawing_concerns_one_partner(cabinets: Cabinets) -> None:
    """Others keep what was agreed with them."""
    await cabinets.consents.agree("subject-1", "partner", frozenset({"profile"}), NOW)
    await cabinets.consents.agree("subject-1", "other", frozenset({"profile"}), NOW)
    await cabinets.consents.withdraw("subject-1", "partner", NOW)

    assert frozenset({"profile"}) == await cabinets.consents.agreed("subject-1", "other")
