"""What a message is about: the rules that speak of it, and what the documentation says of such a message, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gpic.provider.stages import Leniency
from gpic.sandbox.announced import LENIENT
from gpic.sandbox.lanes import PERSON
from gpic.sandbox.surgeries import NHS_LOGIN


@dataclass(frozen=True, slots=True)
class Meaning:
    """Ids of rules, and one sentence."""

    rules: tuple[str, ...]
    sentence: str


NOTHING: Final = Meaning((), "The documentation says nothing of this message.")
#: A sender that is any partner's service, whatever its name.
A_PARTNER: Final = "a partner"

#: By sender, receiver and operation; an empty operation is any other one between the two.
MEANINGS: Final[Mapping[tuple[str, str, str], Meaning]] = MappingProxyType(
    {
        (PERSON, NHS_LOGIN, "GET /authorize"): Meaning(
            ("N5", "N8", "N14", "N16"),
            "A partner asks for gp_integration_credentials as part of a login; for a new person the account at the practice is"
            " opened before the code is returned.",
        ),
        (PERSON, NHS_LOGIN, ""): Meaning(
            ("N5", "N17", "N23"), "NHS login signs the person in, raises their level where that is asked, and asks for consent."
        ),
        (PERSON, A_PARTNER, "GET /callback"): Meaning(
            ("R2", "R3", "R4", "R9", "R13"),
            "The partner compares the linkage key with the one that it has stored, and registers only where it is new.",
        ),
        (PERSON, A_PARTNER, ""): Meaning(("R1",), "The person uses the partner's service."),
        (A_PARTNER, NHS_LOGIN, "POST /token"): Meaning(
            ("N5", "R13"),
            "The code is redeemed once, by a client that proves itself with a signed assertion (private_key_jwt).",
        ),
        (A_PARTNER, NHS_LOGIN, "GET /userinfo"): Meaning(
            ("N3", "N4", "N5", "N6", "N7"),
            "The three claims Account ID, ODS code and Linkage Key are given here and nowhere else, all three or none.",
        ),
        (A_PARTNER, NHS_LOGIN, ""): Meaning(("R13",), "The partner reads where NHS login is, or with which keys it signs."),
        (NHS_LOGIN, "PDS", "GET Patient"): Meaning(
            ("N8", "N18", "N20", "N22"),
            "PDS names the practice where the person is registered; a background process watches it.",
        ),
        (NHS_LOGIN, "EMIS", "POST me/verifications"): Meaning(
            ("N8", "N9", "N17"),
            "NHS login retrieves the linkage details of an account; after a reset, this with a fresh sign-in lifts Restricted.",
        ),
        (NHS_LOGIN, "EMIS", "POST users/nhs"): Meaning(
            ("N8", "N9"), "Somebody without a GP online account is registered without a visit to the practice."
        ),
        (NHS_LOGIN, "EMIS", "POST me/applications"): Meaning(
            ("N10", "G2"),
            "NHS login gets a token of its own, by which it can check in the background whether the details hold.",
        ),
        (NHS_LOGIN, "EMIS", "POST sessions"): Meaning(
            ("N2", "N14", "N15"), "NHS login checks its stored IM1 token, asynchronously for whoever is known already."
        ),
        (NHS_LOGIN, "EMIS", "GET demographics"): Meaning(
            ("N2",), "The session must show the right patient before anything is given."
        ),
        (A_PARTNER, "EMIS", "POST me/applications"): Meaning(
            ("R2", "R3", "R7", "G2"),
            "Each me/applications sends the person a confirmation e-mail: for a new linkage key, and not at every login.",
        ),
        (A_PARTNER, "EMIS", "POST sessions"): Meaning(
            ("R3", "R5", "R6", "R7"),
            "The stored Access Identity GUID opens the session; ApplicationLinkLevel Restricted means: back to NHS login.",
        ),
        (A_PARTNER, "EMIS", "GET demographics"): Meaning(
            ("R5",), "The partner validates its own token, and sees whom it shows."
        ),
        (NHS_LOGIN, "TPP", "LinkAccount retrieve"): Meaning(("N8",), "NHS login retrieves the linkage details of an account."),
        (NHS_LOGIN, "TPP", "LinkAccount create"): Meaning(("N8", "N10"), "Somebody without a GP online account is registered."),
        (NHS_LOGIN, "TPP", "LinkAccount link"): Meaning(("N10",), "NHS login gets a token of its own."),
        (NHS_LOGIN, "TPP", "Authenticate"): Meaning(("N2", "N14", "N15"), "NHS login checks its stored IM1 token."),
        (A_PARTNER, "TPP", "LinkAccount link"): Meaning(
            ("R2", "R3", "R7"), "The linkage key becomes the partner's own IM1 token, once for each key."
        ),
        (A_PARTNER, "TPP", "Authenticate"): Meaning(("R3", "R5"), "The stored token opens the session."),
        (NHS_LOGIN, "MEDICUS", ""): Meaning(("N8", "G7"), "Provisional: no contract of Medicus is public."),
        (A_PARTNER, "MEDICUS", ""): Meaning(("R2", "R3", "G7"), "Provisional: no contract of Medicus is public."),
        ("EMIS", NHS_LOGIN, ""): Meaning(("N9", "G3"), "The GP system reads the keys that sign identity tokens."),
        ("MNS", NHS_LOGIN, ""): Meaning(
            ("N18", "N20"),
            "A change of practice is detected by a separate background process, and the old details are withdrawn.",
        ),
        (NHS_LOGIN, "MNS", ""): Meaning(("N18",), "NHS login asks to be told of changes at PDS."),
    }
)

#: Whoever else calls is a partner's service.
OURS: Final = frozenset({PERSON, NHS_LOGIN, "EMIS", "TPP", "MEDICUS", "PDS", "MNS", "ODS"})

LENIENCIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Leniency.STATE_MISSING.value: "The real NHS login refuses a request without state.",
        Leniency.NONCE_MISSING.value: "The real NHS login refuses a request without nonce.",
        Leniency.LOOPBACK_REDIRECT.value: "The real NHS login registers no http redirect URI.",
    }
)
#: Everybody's on a sandbox without TLS; a remark at every login would teach nobody anything.
UNREMARKABLE: Final = frozenset({Leniency.LOOPBACK_REDIRECT.value})


def meaning_of(sender: str, receiver: str, operation: str) -> Meaning:
    """What such a message is about."""
    parties = (sender if sender in OURS else A_PARTNER, receiver if receiver in OURS else A_PARTNER)
    return MEANINGS.get((*parties, operation)) or MEANINGS.get((*parties, "")) or NOTHING


def remark_on(note: str) -> str:
    """A sentence about what somebody on the way has remarked; empty where it is not worth one."""
    code = note.removeprefix(LENIENT)
    return "" if code in UNREMARKABLE else LENIENCIES.get(code, code)
