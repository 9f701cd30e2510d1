"""Suppliers are plugged in through an entry-point group: ours, and anybody else's (G7)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import msgspec
import pytest

from gpic.gp_systems.directory import Directory, EngineSurgeries, PartnerSurgeries, Place
from gpic.gp_systems.emis.client import EmisWeb
from gpic.gp_systems.medicus.client import Medicus
from gpic.gp_systems.plugs import GROUP, Line, PlugUnfit, installed, plug_of
from gpic.gp_systems.systems import Interface, Systems
from gpic.gp_systems.tpp.client import TppSystmOne
from gpic.nhs.answers import Found, Unreachable
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Bulkhead, open_client
from tests.unit.gp_systems.persons import APPLICANT, PRACTICE
from tests.unit.line import Line as Wire
from tests.unit.line import said

EMIS = Interface("https://emis.test/pfs", {"application_id": "app-1"})
TPP = Interface(
    "https://tpp.test/systmonline/", {"application_name": "Demo", "application_version": "1.0", "provider_id": "prov-1"}
)
MEDICUS = Interface("https://medicus.test", {"client_id": "riverside", "client_secret": "sandbox-only-2051"})
Install = Callable[[str, str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a distribution of one module that plugs in one supplier."""

    def installed_(supplier: str, module: str, source: str) -> None:
        dist = tmp_path / f"{module}-1.0.dist-info"
        dist.mkdir()
        (dist / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
        (dist / "entry_points.txt").write_text(f"[{GROUP}]\n{supplier} = {module}:Plug\n", encoding="utf-8")
        (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, module, raising=False)

    return installed_


def test_our_own_suppliers_are_plugged_in_like_any_others() -> None:
    """G7: there is no list of suppliers in the code."""
    assert {"emis", "medicus", "tpp"} <= set(installed())
    systems = Systems({"emis": EMIS, "tpp": TPP, "medicus": MEDICUS})

    assert isinstance(systems.at(Place("emis")), EmisWeb)
    assert isinstance(systems.at(Place("tpp")), TppSystmOne)
    assert isinstance(systems.at(Place("medicus")), Medicus)


def test_nothing_is_imported_that_is_not_configured() -> None:
    """A partner who connects to EMIS only never loads another supplier's code."""
    code = (
        "import sys; from gpic.gp_systems.systems import Interface, Systems; from gpic.gp_systems.plugs import installed\n"
        "installed(); Systems({'emis': Interface('https://emis.test', {'application_id': 'a'})})\n"
        "print(sorted(name for name in sys.modules if name.startswith('gpic.gp_systems.') and name.endswith('.plug')))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own

    assert "['gpic.gp_systems.emis.plug']" == shown.stdout.strip()


def test_a_supplier_that_is_not_configured_is_not_covered() -> None:
    """N11: an outcome, for the engine and for the kit."""
    directory = Directory.from_csv("PRACTICE_CODE,SUPPLIER_NAME\nA12345,TPP\nB12345,Nobody We Know\n")
    systems = Systems({"emis": EMIS})

    for practice in (OdsCode("A12345"), OdsCode("B12345"), OdsCode("C12345")):
        assert EngineSurgeries(directory, systems.at).system_of(practice) is None
        assert PartnerSurgeries(directory, systems.at).system_of(practice) is None


def test_a_supplier_that_is_configured_and_not_installed_stops_the_start() -> None:
    """A misspelt name is told to the operator, with the names that there are."""
    with pytest.raises(PlugUnfit, match=r"No supplier emsi is installed; there are .*emis.*medicus.*tpp") as mistake:
        Systems({"emsi": EMIS})

    assert "Traceback" not in str(mistake.value)


FOREIGN = """
class Plug:
    def __init__(self, line):
        self.line = line
"""


def test_a_distribution_of_somebody_else_plugs_in_a_supplier(install: Install) -> None:
    """G7: with an entry point alone, and nothing of gpic changed."""
    install("Greenfield", "greenfield_systems", FOREIGN)
    systems = Systems({"greenfield": Interface("https://green.test/api", {"anything": "goes"})})
    directory = Directory.from_csv("PRACTICE_CODE,SUPPLIER_NAME\nA12345,Greenfield\n")

    surgery = EngineSurgeries(directory, systems.at).system_of(PRACTICE)

    assert surgery is not None
    assert "greenfield" == surgery.supplier
    line = getattr(surgery.system, "line", None)
    assert isinstance(line, Line)
    assert ("greenfield", "https://green.test/api", {"anything": "goes"}) == (line.supplier, line.address, line.options)
    assert "goes" not in repr(line)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import nothing_of_that_name", "cannot be imported"),
        ("raise RuntimeError('at import')", "cannot be imported"),
        ("x = 1", "cannot be imported"),
        ("Plug = 7", "cannot be called"),
    ],
)
def test_a_broken_plug_stops_the_start_with_a_sentence(install: Install, source: str, why: str) -> None:
    """Whatever foreign code does while it is imported, the operator reads whose it is."""
    install("bluefield", "bluefield_systems", source)

    with pytest.raises(PlugUnfit, match=f"bluefield_systems.*{why}|{why}"):
        plug_of("bluefield")


def test_two_distributions_for_one_supplier_are_told_apart_by_nobody(install: Install) -> None:
    """Neither is taken: which of them would get the linkage keys must not depend on the order of installation."""
    install("emis", "other_emis", FOREIGN)

    with pytest.raises(PlugUnfit, match="Several packages plug in the supplier emis: gpic, other_emis"):
        Systems({"emis": EMIS})


@pytest.mark.parametrize(
    ("supplier", "interface", "why"),
    [
        ("emis", Interface("https://emis.test"), "application_id"),
        ("emis", Interface("https://emis.test", {"application_id": ""}), "application_id"),
        ("emis", Interface("https://emis.test", {"application_id": "a", "timeout": "soon"}), "timeout"),
        ("emis", Interface("https://emis.test", {"application_id": "a", "colour": "red"}), "has no option colour"),
        ("tpp", Interface("https://tpp.test", {"provider_id": "p"}), "application_name"),
        ("medicus", Interface("https://medicus.test", {"client_id": "riverside"}), "client_secret"),
        ("medicus", Interface("https://medicus.test", {"client_id": "riverside", "client_secret": ""}), "client_secret"),
    ],
)
def test_a_mistake_in_the_options_stops_the_start(supplier: str, interface: Interface, why: str) -> None:
    """And not the first patient."""
    with pytest.raises(PlugUnfit, match=why):
        Systems({supplier: interface})


def test_a_secret_option_is_hidden() -> None:
    """A struct of options may be printed."""

    class Options(msgspec.Struct):
        password: Secret

    line = Line("green", open_client("https://green.test"), "https://green.test", {"password": "sandbox-only-2051"})
    options = line.read_options(Options)

    assert "sandbox-only-2051" == options.password.reveal()
    assert "sandbox-only-2051" not in repr((line, options, Interface("https://green.test", line.options)))


@pytest.mark.anyio
async def test_each_address_of_a_supplier_has_its_adapter_and_all_share_a_bulkhead() -> None:
    """One pool and one bulkhead per supplier; the address is the practice's own where the directory names one."""
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(503)

    opened: list[Interface] = []

    def transport_to(interface: Interface) -> httpx2.AsyncBaseTransport:
        opened.append(interface)
        return Bulkhead(httpx2.MockTransport(answer))

    async with Systems({"emis": EMIS, "tpp": TPP}, transport_to=transport_to) as systems:
        north = systems.at(Place("emis", "https://north.test/pfs"))
        for adapter in (systems.at(Place("emis")), north, systems.at(Place("tpp"))):
            assert adapter is not None
            assert isinstance(await adapter.retrieve(APPLICANT), Unreachable)

        assert north is systems.at(Place("emis", "https://north.test/pfs"))
    assert [EMIS, TPP] == opened
    assert [
        "https://emis.test/pfs/sessions/endusersession",
        "https://north.test/pfs/sessions/endusersession",
        "https://tpp.test/systmonline/",
    ] == [str(request.url) for request in asked]


@pytest.mark.anyio
async def test_options_and_headers_go_onto_the_wire() -> None:
    """§2.1, §3.1: who we are to each supplier is configuration."""
    emis = Interface("https://emis.test", {"application_id": "app-7", "version": "2"}, headers={"User-Agent": "riverside"})
    wire = Wire(said(200, {"EndUserSessionId": "EUS-1"}), said(409, {"AccountId": "1", "LinkageKey": "k"}))
    systems = Systems({"emis": emis}, transport_to=lambda _: httpx2.MockTransport(wire))
    adapter = systems.at(Place("emis"))

    assert adapter is not None
    assert isinstance(await adapter.retrieve(APPLICANT), Found)
    assert [("app-7", "2", "riverside")] * 2 == [
        (one.headers["X-API-ApplicationId"], one.headers["X-API-Version"], one.headers["User-Agent"]) for one in wire.asked
    ]


@pytest.mark.parametrize("address", ["https://tpp.test/systmonline", "https://tpp.test/systmonline/", "https://tpp.test"])
@pytest.mark.anyio
async def test_tpp_is_asked_at_the_address_itself(address: str) -> None:
    """§3.1: no relative path, and no slash that nobody wrote."""
    wire = Wire(said(503, b""))
    interface = Interface(address, TPP.options)
    adapter = Systems({"tpp": interface}, transport_to=lambda _: httpx2.MockTransport(wire)).at(Place("tpp"))

    assert adapter is not None
    await adapter.retrieve(APPLICANT)
    assert [httpx2.URL(address)] == [request.url for request in wire.asked]
