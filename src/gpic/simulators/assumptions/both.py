"""What both GP systems are taken to do."""

from __future__ import annotations

from typing import Final

from gpic.simulators.assumptions.entry import Assumption

BOTH: Final = (
    Assumption(
        "A1",
        "A linkage key that is rotated, expired or revoked kills every token made from it, at every application.",
        "NHS login's guidance states it as an assumption (gp-systems.md §8)",
        fixed="rule G1 is the seed's own",
    ),
    Assumption(
        "A2",
        "A linkage key lives until somebody ends it. An expired one is replaced when the details are next retrieved; "
        "linking with it is refused as a wrong key is.",
        "key lifetime is unknown (gp-systems.md §11.1)",
        switch="WorldSwitches.retrieve_renews",
        positions=("another key", "the dead key again"),
        points=("gp-systems.md §11.1",),
    ),
    Assumption(
        "A3",
        "Five failed logins lock an account: sessions with a dead token at EMIS, refused Authenticate calls at TPP; "
        "a login that works starts the count anew.",
        "lock-out thresholds are unknown (gp-systems.md §11.1); five is the default of §10 TPP 5",
        switch="WorldSwitches.failures_until_locked",
        positions=("after five", "after two", "never"),
        points=("gp-systems.md §11.1", "gp-systems.md §10 TPP 5"),
    ),
    Assumption(
        "A4",
        "Linking with a wrong key is no failed login.",
        "only failed Authenticate calls are named (gp-systems.md §3.5, §10 TPP 5)",
        switch="WorldSwitches.wrong_details_count",
        positions=("not counted", "counted"),
        points=("gp-systems.md §11.1",),
    ),
    Assumption(
        "A5",
        "Surnames match whatever their case and outer spaces.",
        "gp-systems.md §10 EMIS 5 calls it an assumption",
        switch="WorldSwitches.surnames_exact",
        positions=("case and spaces do not matter", "letter for letter"),
        points=("gp-systems.md §10 EMIS 5",),
    ),
    Assumption(
        "A6",
        "Access that is revoked may be had again: the account is as if it had never been. Revoked for good, it shows as "
        "archived at EMIS and as 509 at TPP.",
        "gp-systems.md §2.4 (-1107), §3.5 (509)",
        switch="World.revoke_access(may_register_again)",
        positions=("may be had again", "for good"),
    ),
    Assumption(
        "A7",
        "A session that is open when the record is archived ends with its next call, as with a dead key.",
        "none; otherwise it would live on for as long as it is used",
        switch="WorldSwitches.archiving_ends_sessions",
        positions=("ends", "goes on"),
    ),
    Assumption(
        "A8",
        "No GP system limits rates of its own accord; where one does, it answers 429 and does not say for how long.",
        "rate limits are unknown (gp-systems.md §11.1); no wire details of throttling (§3.5)",
        fixed="each has its own limits: see E28 and T23",
        points=("gp-systems.md §11.1",),
    ),
    Assumption(
        "A9",
        "People for whom a patient may act are shown beside the patient: Proxy links at EMIS, further Persons at TPP.",
        "gp-systems.md §2.2 E2, §3.3; linked accounts were not studied (§11.11)",
        switch="World.let_act_for(others)",
        positions=("nobody", "somebody"),
        points=("gp-systems.md §11.11",),
    ),
    Assumption(
        "A10",
        "Which generation of a supplier is in service is one choice for all practices.",
        "which version ran at a given date is not known (gp-systems.md §11.10)",
        fixed="each generation is a switch of its supplier: see E2, E21 and T9",
        points=("gp-systems.md §11.10",),
    ),
    Assumption(
        "A11",
        "The NHS App's own interface (§6), its cache of tokens (§7) and its time-outs are its own and are not served; "
        "answers come at once.",
        "header names, expiry, hash, cipher and TPP's time-out were not read (gp-systems.md §11.6 to §11.8)",
        switch="Fault.seconds",
        positions=("at once", "late"),
        points=("gp-systems.md §11.6", "gp-systems.md §11.7", "gp-systems.md §11.8"),
    ),
    Assumption(
        "A12",
        "Vision and Microtest have no stand-in: a practice may have any supplier's name, and nobody covers it.",
        "not studied (gp-systems.md §11.11)",
        fixed="a further supplier is plugged in (G7)",
        points=("gp-systems.md §11.11",),
    ),
)
