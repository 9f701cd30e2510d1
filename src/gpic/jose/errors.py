"""What a token can be refused for. None of these texts ever quotes the token.

TokenRefused
├── TokenMalformed          not a compact JWS of ours to read: shape, size, JSON
├── AlgorithmRefused        alg none, HS*, or anything that the policy does not list; unknown `crit`
├── KeyUnknown              no key that this `kid` may mean: a relying party fetches the key set once more
├── SignatureWrong
└── ClaimsRefused           the signature holds, what it signs does not
    ├── AudienceWrong
    └── TokenExpired
"""

from __future__ import annotations


class TokenRefused(Exception):
    """This token proves nothing. The text is for the log, and fit for it."""


class TokenMalformed(TokenRefused):
    """It is not a compact JWS with JSON objects as header and payload, or it is too large."""


class AlgorithmRefused(TokenRefused):
    """Its algorithm is not on the policy's list, or it demands an extension that we do not know."""


class KeyUnknown(TokenRefused):
    """There is no key that its `kid` may mean."""


class SignatureWrong(TokenRefused):
    """None of the keys that may be meant made its signature."""


class ClaimsRefused(TokenRefused):
    """The signature holds, but a claim is missing, malformed or not what the policy wants."""


class AudienceWrong(ClaimsRefused):
    """It is meant for somebody else."""


class TokenExpired(ClaimsRefused):
    """Its time is over."""


class KeyInvalid(ValueError):
    """This is not an RSA key of at least 2048 bits in the form that was promised."""
