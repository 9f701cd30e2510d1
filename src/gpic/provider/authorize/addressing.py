"""Whom to answer. Until this is known a refusal shows a page and never redirects (`attacks-and-interop.md` 1–3)."""

from __future__ import annotations

from urllib.parse import urlsplit

from gpic.provider.errors import Unaddressable
from gpic.provider.policy import Profile, ProviderPolicy, is_loopback
from gpic.provider.ports import Clients
from gpic.provider.stages import AddressedRequest, RawRequest


async def address(raw: RawRequest, clients: Clients, policy: ProviderPolicy) -> AddressedRequest:
    """The request with its enabled client and a registered redirect URI; raises Unaddressable."""
    client = await clients.get(_only(raw, "client_id"))
    if client is None or client.disabled:
        raise Unaddressable(detail="client unknown or disabled")
    redirect_uri = _only(raw, "redirect_uri")
    if redirect_uri not in client.redirect_uris:
        raise Unaddressable(detail=f"redirect_uri is not registered for {client.client_id}")
    if not may_be_registered(redirect_uri, policy.profile):
        raise Unaddressable(detail=f"redirect_uri of {client.client_id} needs another profile than {policy.profile}")
    return AddressedRequest(client, redirect_uri, raw)


def may_be_registered(redirect_uri: str, profile: Profile) -> bool:
    """Absolute, without query, fragment or user; never `http`, except on loopback in profiles compat and lenient."""
    if not redirect_uri.isascii() or not redirect_uri.isprintable() or {"?", "#", "@", "\\", " ", "*"} & set(redirect_uri):
        return False
    try:
        parts = urlsplit(redirect_uri)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "http":
        return profile is not Profile.STRICT and is_loopback(host)
    # Apps register schemes of their own; scripts and documents are not apps.
    return bool(host) if parts.scheme == "https" else "." in parts.scheme


def _only(raw: RawRequest, name: str) -> str:
    values = [value for key, value in raw if key == name]
    if len(values) != 1 or not values[0]:
        raise Unaddressable(detail=f"{name} was given {len(values)} times or is empty")
    return values[0]
