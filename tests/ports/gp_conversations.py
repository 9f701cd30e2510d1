"""What each adapter is told when all goes well, question by question; the contract damages it in every way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, UnionType
from typing import Final

import httpx2

from gpic.gp_systems.directory import Place
from gpic.gp_systems.emis.replies import token_of as emis_token
from gpic.gp_systems.plugs import Adapter
from gpic.gp_systems.systems import Interface, Systems
from gpic.gp_systems.tpp import wire as tpp_wire
from gpic.gp_systems.tpp.replies import token_of as tpp_token
from gpic.nhs.answers import (
    Accepted,
    AccountOpened,
    CheckAnswer,
    Found,
    LinkAnswer,
    Linked,
    Opened,
    Retrieved,
    SessionAnswer,
    SessionOpened,
)
from gpic.nhs.credentials import GpCredentials, Im1Token
from tests.unit.gp_systems import emis_web, medicus_tenant, systmone
from tests.unit.gp_systems.persons import ADA, APPLICANT, EMIS_DETAILS, PRACTICE, TPP_DETAILS
from tests.unit.line import said

QUESTIONS: Final[Mapping[str, tuple[UnionType, type]]] = MappingProxyType(
    {
        "retrieve": (Retrieved, Found),
        "verify_anew": (Retrieved, Found),
        "open_account": (AccountOpened, Opened),
        "link": (LinkAnswer, Linked),
        "check": (CheckAnswer, Accepted),
        "open_session": (SessionAnswer, SessionOpened),
    }
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """One supplier's adapter, and the replies that let each question succeed."""

    supplier: str
    interface: Interface
    details: GpCredentials
    token: Im1Token
    replies: Mapping[str, Callable[[], Sequence[httpx2.Response]]]

    def adapter(self, answer: Callable[[httpx2.Request], httpx2.Response]) -> Adapter:
        """The adapter over a line whose other end is *answer*."""
        systems = Systems({self.supplier: self.interface}, transport_to=lambda _: httpx2.MockTransport(answer))
        adapter = systems.at(Place(self.supplier))
        assert adapter is not None
        return adapter

    async def ask(self, adapter: Adapter, question: str) -> object:
        """One question, with the worked example's arguments."""
        if question == "link":
            return await adapter.link(ADA, self.details)
        if question == "check":
            return await adapter.check(self.token, PRACTICE)
        if question == "open_session":
            return await adapter.open_session(self.token, PRACTICE)
        by_number = {
            "retrieve": adapter.retrieve,
            "verify_anew": adapter.verify_anew,
            "open_account": adapter.open_account,
        }
        return await by_number[question](APPLICANT)


def _emis(*bodies: tuple[int, Mapping[str, object]]) -> Callable[[], Sequence[httpx2.Response]]:
    return lambda: [emis_web.BEGUN, *(said(status, body) for status, body in bodies)]


_SESSION = _emis((200, emis_web.SESSION), (200, emis_web.PATIENT))
EMIS: Final = Speaker(
    "emis",
    Interface("https://gp.test/emis", {"application_id": "app-1"}),
    EMIS_DETAILS,
    emis_token(emis_web.GUID),
    {
        "retrieve": _emis((201, emis_web.DETAILS)),
        "verify_anew": _emis((409, emis_web.DETAILS)),
        "open_account": _emis((201, emis_web.ACCESS)),
        "link": _emis((201, emis_web.ACCESS)),
        "check": _SESSION,
        "open_session": _SESSION,
    },
)


def _tpp(*bodies: bytes) -> Callable[[], Sequence[httpx2.Response]]:
    return lambda: [said(200, body) for body in bodies]


TPP: Final = Speaker(
    "tpp",
    Interface("https://gp.test/tpp/", {"application_name": "Demo", "application_version": "1.0", "provider_id": "prov-1"}),
    TPP_DETAILS,
    tpp_token(tpp_wire.Token("501772913", "Zt5-app-passphrase", "prov-1")),
    {
        "retrieve": _tpp(systmone.RETRIEVED),
        "verify_anew": _tpp(systmone.RETRIEVED),
        "open_account": _tpp(systmone.CREATED),
        "link": _tpp(systmone.LINKED),
        "check": lambda: [systmone.session(), said(200, systmone.LOGGED_OFF)],
        "open_session": lambda: [systmone.session()],
    },
)


def _medicus(*bodies: tuple[int, Mapping[str, object] | bytes]) -> Callable[[], Sequence[httpx2.Response]]:
    return lambda: [medicus_tenant.GRANTED, *(said(status, body) for status, body in bodies)]


_FOUND = _medicus((200, medicus_tenant.DETAILS))
MEDICUS: Final = Speaker(
    "medicus",
    Interface("https://gp.test/medicus", medicus_tenant.OPTIONS),
    medicus_tenant.MEDICUS_DETAILS,
    medicus_tenant.TOKEN,
    {
        "retrieve": _FOUND,
        "verify_anew": _FOUND,
        "open_account": _medicus((201, medicus_tenant.MADE)),
        "link": _medicus((201, {"token": "mdt-Zt5kQ0"})),
        "check": _medicus((201, medicus_tenant.SESSION), (204, b"")),
        "open_session": _medicus((201, medicus_tenant.SESSION)),
    },
)
SPEAKERS: Final = (EMIS, TPP, MEDICUS)
