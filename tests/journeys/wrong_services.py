"""Every wrong service, by the one check that it fails."""

from __future__ import annotations

import json
from typing import Final

from gpic.examiner.forgery import ELSEWHERE
from gpic.relying_party import Obstacle
from tests.journeys import wrong_by_attacks as attacked
from tests.journeys import wrong_by_rules as ruled
from tests.journeys.examined_service import Wrong

#: A wrong service, by the one check that it fails.
WRONG: Final[dict[str, Wrong]] = {
    "attack 36 issuer": attacked.believes_descriptions(
        lambda told: told.replace(ELSEWHERE, json.loads(told).get("token_endpoint", "").removesuffix("/token"))
    ),
    "attack 36 endpoints": attacked.believes_descriptions(lambda told: told.replace("127.0.0.1", "localhost")),
    "R1": ruled.asks_for_too_little_at_first,
    "R2": ruled.opens_a_session_with_the_key,
    "R3": ruled.forgets,
    "R4": ruled.keeps_the_old_token,
    "R5": ruled.takes_whoever_is_shown,
    "R6": ruled.goes_back_without_prompt,
    "R7": ruled.tries_again_what_was_refused,
    "R8": ruled.goes_round(Obstacle.CLAIM_ABSENT),
    "R9": ruled.returns_for_ever_when_restricted,
    "R10": ruled.takes_silence_for_refusal,
    "R11": ruled.reserves_nothing,
    "R12": ruled.goes_round(Obstacle.ALREADY_LINKED),
    "R14": ruled.asserts_for_an_hour,
    "R16": ruled.ignores_the_clock,
    "sign-out": ruled.stays_signed_in,
    "consent": attacked.breaks_at("access_denied"),
    "invalid scope": attacked.breaks_at("invalid_scope"),
    "invalid details": attacked.admits_by_refused_details,
    "attack 31 unknown": attacked.with_attempts(attacked.any_state),
    "attack 31 again": attacked.with_attempts(attacked.state_again),
    "attack 31 browser": attacked.with_attempts(attacked.any_browser),
    "attack 31 mix-up": attacked.ignores("iss"),
    "attack 31 both": attacked.ignores("error"),
    "attack 38 markup": attacked.echoes,
    "attack 38 errors": attacked.breaks_at("server_error"),
    "open redirect": attacked.leads_on,
    "attack 32 nonce": attacked.forgives(attacked.claim("nonce", "of-another-login", lambda read: read.nonce)),
    "attack 32 iss": attacked.forgives(attacked.claim("iss", ELSEWHERE, lambda read: read.settings.issuer)),
    "attack 32 aud": attacked.forgives(attacked.claim("aud", "somebody-else", lambda read: read.settings.client_id)),
    "attack 32 azp": attacked.forgives(attacked.claim("azp", "somebody-else", lambda read: read.settings.client_id)),
    "attack 32 exp": attacked.forgives(attacked.an_hour_more),
    "attack 32 sub": attacked.forgives(attacked.claim("sub", None, lambda read: read.access_sub)),
    "attack 32 alg none": attacked.forgives(lambda read: read.header["alg"] == "none"),
    "attack 32 alg HS512": attacked.forgives(lambda read: read.header["alg"] == "HS512"),
    "attack 32 signature": attacked.forgives(lambda read: read.header["alg"] == "RS512" and read.known),
    "attack 33": attacked.believes_userinfo,
    "attack 34 vot": attacked.forgives(attacked.claim("vot", "P0.Cp", lambda read: str(read.settings.vectors[0]))),
    "attack 34 vtm": attacked.forgives(attacked.claim("vtm", f"{ELSEWHERE}/trustmark", lambda read: read.settings.trustmark)),
    "attack 37": attacked.refreshes_twice,
    "attack 39": attacked.tells_the_key,
    "attack 40 escaping": attacked.cuts_names,
    "attack 40 entities": attacked.fetches_what_xml_names,
    "attack 35 rotated": attacked.keeps_its_keys,
    "attack 35 unknown": attacked.asks_each_time,
}
