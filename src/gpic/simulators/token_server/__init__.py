"""The token server of PDS and MNS: a signed assertion in, an opaque access token out (`demographics.md` §1.3, §6)."""

from gpic.simulators.token_server.assertion import Keys
from gpic.simulators.token_server.door import TokenDoor
from gpic.simulators.token_server.tokens import Tokens

__all__ = ["Keys", "TokenDoor", "Tokens"]
