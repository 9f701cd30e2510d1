"""What a person may have to do before the partner gets an answer, in this order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.accounts import Account
from gpic.provider.errors import ConsentRequired, InteractionRequired, LoginRequired, SentBack, SsoLoginRequired
from gpic.provider.scopes import needing_consent
from gpic.provider.sessions import Session
from gpic.provider.stages import Approved, AskUser, Inherited, Interaction, Prompt


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session and the account that it belongs to; with *inherited*, by way of an asserted identity."""

    session: Session
    account: Account
    inherited: Inherited | None = None

    @property
    def credentials(self) -> frozenset[str]:
        """What was used to sign in, as far as it counts here."""
        return self.session.vector.credentials if self.inherited is None else self.inherited.vot.credentials

    @property
    def level(self) -> ProofingLevel:
        """Today's level; after a hand-over no more than what that login showed, unless it has risen since (N23)."""
        if self.inherited is None or self.account.level > self.inherited.level_then:
            return self.account.level
        return min(self.account.level, self.inherited.vot.level or ProofingLevel.P0)

    @property
    def reached(self) -> Vector:
        """The level with the credentials of the sign-in."""
        return Vector(self.level, self.credentials)

    @property
    def could_show(self) -> Vector:
        """What a sign-in of the same kind would show of this person today."""
        return Vector(self.account.level, self.credentials)


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a prompt decides by."""

    interaction: Interaction
    person: SignedIn | None  #: None when nobody is signed in
    agreed: frozenset[str] = frozenset()  #: scopes that this person shares with this partner


def sign_in_is_needed(standing: Standing) -> bool:
    """Nobody is signed in, it must be done in this very request, or none of the vectors is met by how it was done."""
    interaction, person = standing.interaction, standing.person
    wants_it_here = interaction.request.prompt == "login" or interaction.assertion_failed
    if person is None or (wants_it_here and not interaction.signed_in_here):
        return True
    vectors = interaction.request.vectors
    if vot_of(person.reached, vectors) is None and vot_of(person.could_show, vectors) is not None:
        # The login that is continued showed less of this person than is known: proving it once more would not help.
        return True
    return not any(person.credentials >= wanted.credentials for wanted in vectors)


def step_up_is_needed(standing: Standing) -> bool:
    """N5: vtr asks for a higher level than the person has; the scope never does."""
    return standing.person is not None and vot_of(standing.person.reached, standing.interaction.request.vectors) is None


def consent_is_needed(standing: Standing) -> bool:
    """The first time, and whenever more is asked (`nhs-login.md` §8)."""
    return not needing_consent(standing.interaction.request.scopes) <= standing.agreed


@dataclass(frozen=True, slots=True)
class PromptRule:
    """When to ask, and what the partner hears instead with prompt=none, where it asserted an identity and where not."""

    prompt: Prompt
    is_needed: Callable[[Standing], bool]
    refusal: type[SentBack]
    refusal_of_assertion: type[SentBack]

    def told(self, interaction: Interaction) -> type[SentBack]:
        """The refusal that fits this request."""
        return self.refusal_of_assertion if interaction.request.unverified_identity else self.refusal


PROMPTS: Final = (
    PromptRule(Prompt.SIGN_IN, sign_in_is_needed, LoginRequired, SsoLoginRequired),
    PromptRule(Prompt.STEP_UP, step_up_is_needed, InteractionRequired, InteractionRequired),
    PromptRule(Prompt.CONSENT, consent_is_needed, ConsentRequired, ConsentRequired),
)


def next_prompt(standing: Standing) -> AskUser | Approved:
    """The first prompt that is needed, or the approval; raises SentBack with prompt=none."""
    for rule in PROMPTS:
        if rule.is_needed(standing):
            return ask(rule.prompt, standing.interaction, rule.told(standing.interaction))
    return _approved(standing)


def ask(prompt: Prompt, interaction: Interaction, refusal: type[SentBack]) -> AskUser:
    """The question to the person; raises *refusal* where the partner forbade questions."""
    if interaction.request.prompt == "none":
        raise refusal
    return AskUser(replace(interaction, prompt=prompt))


def vot_of(reached: Vector, wanted: tuple[Vector, ...]) -> Vector | None:
    """The strongest wanted vector that *reached* satisfies, what it leaves open filled in; None when there is none.

    A partner that asked for less gets less: with `P0.Cp.Cd` nothing says P9, whoever signed in (N5).
    """
    satisfied = [
        Vector(
            reached.level if vector.level is None else vector.level,
            vector.credentials or reached.credentials,
        )
        for vector in wanted
        if reached.satisfies(vector)
    ]
    return max(satisfied, key=_strength, default=None)


def _strength(vector: Vector) -> tuple[int, bool, int]:
    return (vector.level or 0, vector.has_two_factors, len(vector.credentials))


def _approved(standing: Standing) -> Approved:
    interaction, person = standing.interaction, standing.person
    vot = vot_of(person.reached, interaction.request.vectors) if person is not None else None
    if person is None or vot is None:
        raise RuntimeError("PROMPTS let somebody pass who is not signed in well enough")
    return Approved(
        request=interaction.request,
        session=person.session,
        account=person.account,
        vot=vot,
        signed_in_here=interaction.signed_in_here,
        asserted_by_itself=interaction.asserted_by == interaction.request.client.client_id,
    )
