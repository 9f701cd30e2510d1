"""TPP opens to nobody without a client certificate: real handshakes on loopback (`gp-systems.md` §3.1)."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from gpic.outbound import trust
from gpic.sandbox.authority import Papers, issue
from gpic.sandbox.guests import described_in
from gpic.sandbox.servers import listen, serving
from gpic.simulators.tpp import tpp_app
from gpic.wiring.partner_file import read
from tests.unit.simulators.town import PROVIDERS, TPP_PRACTICE, Town, Tpp, root_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    """Those of one run."""
    return issue(tmp_path)


@asynccontextmanager
async def at_tpp(town: Town, papers: Papers, shown: ssl.SSLContext) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a TPP stand-in that wants certificates of that run's authority, over TCP and TLS."""
    app = tpp_app(town.world, town.journal, town.faults, town.tpp, providers=PROVIDERS)
    listening = listen(0)
    url = f"https://localhost:{listening.getsockname()[1]}"
    served = serving({"tpp": app}, {"tpp": listening}, papers.certificate, papers.key, callers={"tpp": papers.authority})
    async with served, httpx2.AsyncClient(base_url=url, verify=shown, trust_env=False) as client:
        yield client


async def test_a_caller_of_this_run_gets_through(papers: Papers) -> None:
    """The certificate that the run's authority made for callers."""
    town = Town()
    cleo = town.settle("cleo", TPP_PRACTICE)
    shown = trust(papers.authority, papers.callers_certificate, papers.callers_key)

    async with at_tpp(town, papers, shown) as client:
        reply = root_of(await Tpp(client).retrieve(cleo))

    assert "LinkAccountReply" == reply["root"]
    assert reply["accountId"]


@pytest.mark.parametrize("shows", ["nothing", "another run's", "a server's"])
async def test_whoever_shows_anything_else_is_turned_away_at_the_handshake(papers: Papers, tmp_path: Path, shows: str) -> None:
    """Nothing, a certificate of another authority, one that is for servers: no request ever reaches the stand-in."""
    town = Town()
    cleo = town.settle("cleo", TPP_PRACTICE)
    shown = trust(papers.authority)
    if shows == "another run's":
        (tmp_path / "other").mkdir()
        other = issue(tmp_path / "other")
        shown.load_cert_chain(other.callers_certificate, other.callers_key)
    if shows == "a server's":
        shown.load_cert_chain(papers.certificate, papers.key)

    async with at_tpp(town, papers, shown) as client:
        with pytest.raises((httpx2.TransportError, ssl.SSLError, OSError)):
            await Tpp(client).retrieve(cleo)

    assert () == town.journal.list()


async def test_another_role_of_the_run_asks_for_no_certificate(papers: Papers) -> None:
    """Browsers visit the others: only the roles that are named want certificates."""
    town = Town()
    app = tpp_app(town.world, town.journal, town.faults, town.tpp, providers=PROVIDERS)
    listening = listen(0)
    url = f"https://localhost:{listening.getsockname()[1]}"
    served = serving({"other": app}, {"other": listening}, papers.certificate, papers.key, callers={"tpp": papers.authority})

    async with served, httpx2.AsyncClient(base_url=url, verify=trust(papers.authority), trust_env=False) as client:
        answered = await client.get("/tpp/")

    assert 405 == answered.status_code


def test_somebodys_own_service_is_told_what_to_show(papers: Papers, tmp_path: Path) -> None:
    """What a sandbox writes for the kit names authority, certificate and key of the run, so that TPP lets it in."""
    file = tmp_path / "mine.toml"
    file.write_text('[partner]\nclient_id = "mine"\nredirect_uri = "http://localhost:8000/callback"\nkey_file = "mine.pem"\n')
    service = described_in(file)
    service.tell("https://localhost:3", {"tpp": "https://localhost:2"}, "PRACTICE_CODE,SUPPLIER_NAME\n", papers)
    told = read(file, service.told_in).gp_systems["tpp"]

    assert (str(papers.authority), str(papers.callers_certificate), str(papers.callers_key)) == (
        told.authority,
        told.certificate,
        told.key,
    )
