"""Attack 40: XML that reads files or grows without end, values that become elements, and somebody else at the line's other end.

Without this in `src/gpic/gp_systems/tpp/wire.py`:
    - return None if root is None or root.getroottree().docinfo.internalDTD is not None else root
    + return root
nor this in `src/gpic/gp_systems/tpp/wire.py`:
    - parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False)
    + parser = etree.XMLParser(resolve_entities=True, no_network=False, load_dtd=True, huge_tree=True)
Without this in `src/gpic/gp_systems/tpp/wire.py`:
    - return etree.tostring(element, encoding="utf-8")
    + return f"<{root} {' '.join(name + chr(61) + chr(34) + value + chr(34) for name, value in attributes.items())}/>".encode()
Without this in `src/gpic/wiring/http_server.py`:
    - ssl_cert_reqs=ssl.CERT_REQUIRED if callers is not None else ssl.CERT_NONE,
    + ssl_cert_reqs=ssl.CERT_NONE,
Without this in `src/gpic/outbound.py`:
    - context = ssl.create_default_context(cafile=authority)
    + context = ssl._create_unverified_context()
"""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx2
import pytest
from lxml import etree
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gpic.gp_systems.tpp.wire import link_reply, parsed, written
from gpic.nhs.answers import Unreachable
from gpic.outbound import Reply, ask, open_client, trust
from gpic.sandbox.authority import issue
from gpic.sandbox.servers import serving
from gpic.wiring.http_server import listen

pytestmark = pytest.mark.anyio


def reply(body: str) -> Reply:
    """What TPP might have been made to say."""
    return Reply(200, httpx2.Headers(), body.encode())


def test_a_document_type_is_refused_whatever_it_holds(tmp_path: Path) -> None:
    """External entities, internal ones, the billion laughs, a foreign DTD: all read as no reply at all."""
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-91c2", encoding="ascii")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    documents = [
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]><LinkAccountReply><accountId>&x;</accountId></LinkAccountReply>',
        f"<!DOCTYPE r [{laughs}]><LinkAccountReply><passphrase>&l8;</passphrase></LinkAccountReply>",
        '<!DOCTYPE r [<!ENTITY x "y">]><LinkAccountReply passphrase="&x;"/>',
        f'<!DOCTYPE r SYSTEM "{secret.as_uri()}"><LinkAccountReply passphrase="y"/>',
    ]

    assert [None] * 4 == [parsed(reply(document)) for document in documents]


def test_an_honest_reply_is_read() -> None:
    """Or the test above would show nothing."""
    root = parsed(reply('<LinkAccountReply accountId="1" passphrase="p" passphraseToLink="q"/>'))

    assert root is not None
    read = link_reply(root)
    assert read is not None
    assert "q" == read.passphrase_to_link


@pytest.mark.parametrize("value", ['"/><Evil x="', "<!--", "]]>", "&amp;&lt;", "'\"<>&", "\x00\x0b\x1f", "é ✓ 𝄞", "%SYSTEM;"])
def test_no_value_becomes_markup(value: str) -> None:
    """The tree writes them: one element with one attribute, whatever stands in it."""
    root = etree.fromstring(written("LinkAccount", {"passphrase": value}, {"name": value}))
    spoken = value.replace("\x00", "").replace("\x0b", "").replace("\x1f", "")

    assert ("LinkAccount", [("passphrase", spoken)]) == (root.tag, root.items())
    assert ["Application"] == [one.tag for one in root]


async def test_both_ends_show_who_they_are(tmp_path: Path) -> None:
    """No certificate or another authority's: no request arrives. A server that we do not trust: nothing is sent to it."""
    came: list[str] = []

    def answer(request: object) -> PlainTextResponse:
        came.append(type(request).__name__)
        return PlainTextResponse("hello")

    folders = [tmp_path / name for name in ("ours", "theirs")]
    for folder in folders:
        folder.mkdir()
    ours, theirs = map(issue, folders)
    app = Starlette(routes=[Route("/", answer)])
    listening = listen(0)
    url = f"https://localhost:{listening.getsockname()[1]}"
    shown: dict[str, ssl.SSLContext] = {
        "nothing": trust(ours.authority),
        "another's": trust(ours.authority, theirs.callers_certificate, theirs.callers_key),
        "trusts-another": trust(theirs.authority, ours.callers_certificate, ours.callers_key),
        "both": trust(ours.authority, ours.callers_certificate, ours.callers_key),
    }
    answers = {}
    async with serving({"tpp": app}, {"tpp": listening}, ours.certificate, ours.key, callers={"tpp": ours.authority}):
        for name, context in shown.items():
            async with open_client(url, tls=context) as client:
                answers[name] = await ask(client, client.build_request("GET", "/"))

    assert {"both"} == {name for name, one in answers.items() if isinstance(one, Reply)}
    assert all(isinstance(one, Reply | Unreachable) for one in answers.values())
    assert ["Request"] == came
