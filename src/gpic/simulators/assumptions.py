"""The assumptions register (G8): every guess that a stand-in had to decide, how to decide otherwise, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Assumption:
    """One guess. *switch* names what decides otherwise, empty where nothing does; *evidence* points to the facts."""

    id: str
    guess: str
    switch: str
    evidence: str


ASSUMPTIONS: Final = (
    # Both GP systems
    Assumption(
        "A1",
        "A linkage key that is rotated, expired or revoked kills every token made from it, at every application.",
        "",
        "NHS login's guidance states it as an assumption (gp-systems.md §8)",
    ),
    Assumption(
        "A2",
        "An expired key is replaced when the details are next retrieved; linking with it is refused as a wrong key is.",
        "World.expire_linkage_key",
        "key lifetime is unknown (gp-systems.md §11.1)",
    ),
    Assumption(
        "A3",
        "Five failed logins lock an account: sessions with a dead token at EMIS, refused Authenticate calls at TPP; "
        "a login that works starts the count anew. Wrong linkage details are not counted.",
        "World(failures_until_locked=…)",
        "lock-out thresholds are unknown (gp-systems.md §11.1); five is the default of §10",
    ),
    Assumption(
        "A4",
        "A session lives for 20 minutes after its last use, on the world clock.",
        "session_lifetime",
        "supplier session lifetimes are unknown (gp-systems.md §2.8, §11.1)",
    ),
    Assumption(
        "A5",
        "Surnames match whatever their case and outer spaces.",
        "",
        "gp-systems.md §10 EMIS 5 calls it an assumption",
    ),
    Assumption(
        "A6",
        "Access revoked for good shows as an archived account at EMIS and as 509 at TPP; "
        "where it may be had again, the account is as if it had never been.",
        "World.revoke_access(may_register_again=…)",
        "gp-systems.md §2.4 (-1107), §3.5 (509)",
    ),
    Assumption(
        "A7",
        "A session that is open when the record is archived ends with its next call, as with a dead key.",
        "World.archive",
        "none; otherwise it would live on for as long as it is used",
    ),
    # EMIS
    Assumption(
        "E1",
        "me/applications again, with a link that lives, returns the same AccessIdentityGuid and sends another e-mail.",
        "EmisSwitches.already_linked",
        "current partner advice against older mappers (gp-systems.md §7, §11.2)",
    ),
    Assumption(
        "E2",
        "Errors are of the newer generation: 400, 403 and 404 with their own codes.",
        "EmisSwitches.generation",
        "gp-systems.md §2.5: two generations coexist",
    ),
    Assumption(
        "E3",
        "A restricted account shows as 200 with ApplicationLinkLevel; its session shows no record.",
        "EmisSwitches.restricted",
        "gp-systems.md §2.6, §11.2: 200 with level, 403 or 500",
    ),
    Assumption(
        "E4",
        "Only a verification whose identity token verifies and whose auth_time is not before the reset, "
        "in whole seconds, lifts a restriction, and for every application at once.",
        "",
        "an inference from 're-authenticates via NHS login' (gp-systems.md §11.4)",
    ),
    Assumption(
        "E5",
        "While an account is restricted, me/applications is refused as sessions are (403, -1030).",
        "",
        "a stub refuses me/applications with that message (gp-systems.md §2.6)",
    ),
    Assumption(
        "E6",
        "A reset that drops links restricts nothing: there is no link left to be restricted.",
        "World.reset_account(drops_links=…, rotates_key=…)",
        "gp-systems.md §10 EMIS 8: offer both",
    ),
    Assumption(
        "E7",
        "A reset that also rotates the key shows as Restricted first; once lifted, tokens of the old key are dead.",
        "World.reset_account(rotates_key=…)",
        "none; the only order in which both guesses hold",
    ),
    Assumption(
        "E8",
        "me/verifications answers 201 the first time for each application, and 409 with the same body afterwards.",
        "",
        "gp-systems.md §2.2 E4; 'first' per application is a guess",
    ),
    Assumption(
        "E9",
        "me/verifications refuses under 13 and users/nhs under 16, both with -1553.",
        "EmisSwitches.youngest_to_retrieve, youngest_to_create",
        "ages of the NHS App's own settings (gp-systems.md §2.8, §8)",
    ),
    Assumption(
        "E10",
        "users/nhs for a patient who has an account: 409 with -1110.",
        "EmisSwitches.account_exists_code",
        "a stub sends 0, the newer table has -1110 (gp-systems.md §2.2 E5)",
    ),
    Assumption(
        "E11",
        "An application that is not registered gets 403 with -1030; a missing X-API header 400 with -1014.",
        "",
        "none; 401 would read as a lost session (gp-systems.md §2.3)",
    ),
    Assumption(
        "E12",
        "A missing or dead end-user session, and a missing or dead session, get 401 with the literal body.",
        "EmisSwitches.session_loss_status",
        "gp-systems.md §2.3: 401, or that body",
    ),
    Assumption(
        "E13",
        "An identity token that does not verify, or names another patient, gets 403 with -1030; a blank one 400 with -1014.",
        "emis_app(identity_jwks=…)",
        "none; how EMIS proves the token is not public",
    ),
    Assumption(
        "E14",
        "me/applications refuses in this order: lengths, practice, account id, key, demographics, patient, account, reset.",
        "",
        "gp-systems.md §10 EMIS 5 gives the first part as an assumption",
    ),
    Assumption(
        "E15",
        "Lengths outside of range: account id over 20, linkage key over 64, surname over 100 characters, or empty.",
        "",
        "field lengths are unknown (gp-systems.md §11.1)",
    ),
    Assumption(
        "E16",
        "A token that EMIS does not know, or whose link is dead, is told that the account is 'NotRegistered'.",
        "",
        "gp-systems.md §2.6 shows that message for an account that is not registered",
    ),
    Assumption(
        "E17",
        "A locked account shows as 'Archived' and gets -1107.",
        "",
        "EMIS's words know no lock (gp-systems.md §2.4)",
    ),
    Assumption(
        "E18",
        "Account ids have ten digits, linkage keys twelve letters and digits.",
        "",
        "secondary sources only (gp-systems.md §8, §11.12)",
    ),
    Assumption(
        "E19",
        "While NHS login's keys cannot be read, me/verifications answers 500 with -9999: nothing was decided about the token.",
        "emis_app(identity_jwks=…)",
        "none; a 403 would read as lasting (gp-systems.md §2.5)",
    ),
    # TPP
    Assumption(
        "T1",
        "A provider that links again gets a new passphrase, and its earlier one stops working.",
        "TppSwitches.relinking",
        "no already-linked code is known (gp-systems.md §3.5, §11.5)",
    ),
    Assumption(
        "T2",
        "Create for a patient who has an account answers with that account and a new passphrase.",
        "",
        "older clients had no retrieve and always created (gp-systems.md §3.2)",
    ),
    Assumption(
        "T3",
        "A passphrase presented by another provider gets 9 and is not counted as a failed login.",
        "TppSwitches.provider_mismatch_code",
        "gp-systems.md §10 TPP 4: 5 or 9",
    ),
    Assumption(
        "T4",
        "A wrong unitId on Authenticate gets 9; online services switched off get 6 everywhere.",
        "",
        "gp-systems.md §11.5; 6 is 'no access' (§3.5)",
    ),
    Assumption(
        "T5",
        "Archived, non-competent and doubly recorded patients get 6.",
        "",
        "no code for them is known (gp-systems.md §3.5)",
    ),
    Assumption(
        "T6",
        "A request that cannot be read, or whose type header is not its root, gets HTTP 200 with errorCode 1.",
        "",
        "none; the code is ours",
    ),
    Assumption(
        "T7",
        "NationalId is an element whose text is the NHS number; names and ids of Person are attributes.",
        "TppSwitches.national_id",
        "the form is not public (gp-systems.md §11.5)",
    ),
    Assumption(
        "T8",
        "Every other passphraseToLink comes with its special signs as entities once more than XML needs.",
        "TppSwitches.entity_coding",
        "the client HTML-decodes it (gp-systems.md §3.2)",
    ),
    Assumption(
        "T9",
        "The older generation of codes says 8 for everything from 19 and the 5xx.",
        "TppSwitches.generation",
        "older mappers knew only 5, 6, 8 and 9 (gp-systems.md §3.5)",
    ),
    Assumption(
        "T10",
        "A practice that TPP does not serve gets 555.",
        "",
        "555 is 'not registered at the practice given' (gp-systems.md §3.5)",
    ),
    Assumption(
        "T11",
        "A reset at TPP issues another passphrase to link; TPP knows no Restricted.",
        "",
        "new codes replace the old after a reset (gp-systems.md §8)",
    ),
    Assumption(
        "T12",
        "The one URL is the root or /tpp/.",
        "",
        "the path in production is unknown; stubs use /tpp/ (gp-systems.md §3.1, §11.5)",
    ),
    # PDS
    Assumption(
        "P1",
        "The texts of the three rate-limit diagnostics are ours.",
        "",
        "only that there are three is known (demographics.md §1.7)",
    ),
    Assumption(
        "P2",
        "A spike arrest spaces requests evenly; a quota counts within the running minute.",
        "PdsSettings.limits",
        "an inference from the gateway's practice (demographics.md §1.8)",
    ),
    Assumption(
        "P3",
        "A number that a patient once had answers with the new record, whatever the reason of the change.",
        "World.renumber, World.merge_records",
        "demographics.md §1.6, §7.5",
    ),
    Assumption(
        "P4",
        "Texts for an assertion without exp, jti or typ, or of a wrong type, are ours; the script's order is kept, "
        "then come application, key, signature and audience.",
        "",
        "demographics.md §1.3 gives the order of the script only",
    ),
    Assumption(
        "P5",
        "A restricted record keeps name, gender, birth date and death; a very restricted one also loses name and birth date.",
        "World.restrict_record",
        "demographics.md §1.6",
    ),
)
