"""The keys of one sandbox, made when it starts and gone with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from gpic.jose.keys import SigningKey


@dataclass(frozen=True, slots=True)
class SandboxKeys:
    """RSA keys of the provider, of the sample partner, and of the provider as a client of PDS."""

    provider: SigningKey = field(default_factory=SigningKey.generate)
    partner: SigningKey = field(default_factory=SigningKey.generate)
    pds: SigningKey = field(default_factory=SigningKey.generate)
