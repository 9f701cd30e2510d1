"""The stages under the name of their room. They live beside the ports, which speak of them too."""

from gpic.provider.stages import (
    AddressedRequest,
    Approved,
    AskUser,
    AuthorizeRequest,
    Interaction,
    Prepared,
    Prompt,
    RawRequest,
    Redirect,
)

__all__ = [
    "AddressedRequest",
    "Approved",
    "AskUser",
    "AuthorizeRequest",
    "Interaction",
    "Prepared",
    "Prompt",
    "RawRequest",
    "Redirect",
]
