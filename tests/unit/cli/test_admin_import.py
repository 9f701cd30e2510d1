"""`gpic admin clients import`: a file of partners."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gpic.cli.admin.client_file import LARGEST_FILE
from gpic.jose.keys import SigningKey
from tests.unit.cli.conftest import Operator

CLIENT = """\
[[clients]]
client_id = "{client_id}"
name = "{name}"
redirect_uris = ["https://{client_id}.example/callback"]
scopes = ["openid", "profile"]
key_files = ["keys/partner.pem"]
"""


def client(client_id: str, name: str = "A partner") -> str:
    """A table of the file."""
    return CLIENT.format(client_id=client_id, name=name)


@pytest.fixture
def ready(operator: Operator, partner_keys: tuple[SigningKey, SigningKey]) -> Operator:
    """A key lies in a folder beside the file."""
    (operator.folder / "keys").mkdir()
    operator.write("keys/partner.pem", partner_keys[0].public_pem)
    return operator


def names(operator: Operator) -> dict[str, str]:
    """Who is registered under which name."""
    listed = operator.read("clients", "list")
    assert isinstance(listed, list)
    return {one["client_id"]: one["name"] for one in listed}


def test_a_file_adds_and_changes_and_leaves_alone(ready: Operator) -> None:
    """Its clients become what it says; others stay; a second time nothing is left to do."""
    first = ready.write("first.toml", client("one") + client("two") + client("three"))
    second = ready.write("second.toml", client("two", "Another name") + client("three") + client("four"))

    assert {"added": ["one", "two", "three"], "changed": [], "unchanged": []} == ready.read("clients", "import", str(first))
    done = {"added": ["four"], "changed": ["two"], "unchanged": ["three"]}
    assert done == ready.read("clients", "import", str(second))
    assert {"one": "A partner", "two": "Another name", "three": "A partner", "four": "A partner"} == names(ready)
    again = {"added": [], "changed": [], "unchanged": ["two", "three", "four"]}
    assert again == ready.read("clients", "import", str(second))


def test_a_dry_run_only_says_what_it_would_do(ready: Operator) -> None:
    """Nothing is registered."""
    file = ready.write("clients.toml", client("one"))

    ended = ready.admin("clients", "import", str(file), "--dry-run")

    assert 0 == ended.exit_code
    assert ["added", "one"] == ended.stdout.splitlines()[0].split()
    assert {} == names(ready)


def test_what_the_file_does_not_say_gets_its_default(ready: Operator) -> None:
    """An entry is the whole client: a mark that it does not name is taken away (N6)."""
    ready.read("clients", "import", str(ready.write("a.toml", client("one") + "im1_enabled = true\ndisabled = true\n")))
    ready.read("clients", "import", str(ready.write("b.toml", client("one"))))

    shown = ready.read("clients", "show", "one")
    assert isinstance(shown, dict)
    assert (False, False) == (shown["im1_enabled"], shown["disabled"])


def test_one_mistake_imports_nobody(ready: Operator) -> None:
    """Everything that is wrong with any of them is told, and nothing is changed."""
    bad = client("two", "") + 'vectors = ["P8"]\n'
    file = ready.write("clients.toml", client("one") + bad + client("one"))

    ended = ready.admin("clients", "import", str(file))

    expected = [
        f"gpic admin: {file} was not imported:",
        "  one stands there 2 times.",
        "  two: vector 'P8' is none, such as P9.Cp.Cd is.",
    ]
    assert (1, expected) == (ended.exit_code, ended.stderr.splitlines())
    assert {} == names(ready)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[clients]", "is not a file of clients"),
        ("", "missing required field `clients`"),
        ("clients = 1", "is not a file of clients"),
        ("[[client]]\nclient_id = 'x'", "unknown field `client`"),
        (client("one") + "im1 = true", "unknown field `im1`"),
        (client("one") + "disabled = 'no'", "`$.clients[0].disabled`"),
        (client("one") + "audience_policy = 'any'", "`$.clients[0].audience_policy`"),
        (client("one").replace("partner.pem", "nothing.pem"), "keys/nothing.pem cannot be read: No such file or directory."),
        (client("one") + '"\\u001b[2J" = 1', "�[2J"),
        ("x = " + "[" * 9999, "is not a file of clients"),
        ("#" * (LARGEST_FILE + 1), "is larger than 4194304 bytes."),
    ],
    ids=lambda value: value[:40],
)
def test_a_file_of_another_shape_is_refused(ready: Operator, text: str, sentence: str) -> None:
    """Exit code 1 and a sentence that names the place; nothing that moves a terminal's cursor."""
    ended = ready.admin("clients", "import", str(ready.write("clients.toml", text)))

    assert 1 == ended.exit_code
    assert sentence in ended.stderr
    assert "\x1b" not in ended.stderr


def test_a_file_may_come_from_standard_input(ready: Operator, partner_keys: tuple[SigningKey, SigningKey]) -> None:
    """With its keys in it, PEM or a JWK set, since there is no folder to count from."""
    jwks = json.dumps({"keys": [{**partner_keys[1].public.published(), "kid": "2026"}]})
    text = client("one").replace("key_files = [", f"keys = ['''{jwks}''', '''{partner_keys[0].public_pem}''']\nkey_files = [")
    typed = text.replace('"keys/partner.pem"', "")

    assert {"added": ["one"], "changed": [], "unchanged": []} == ready.read("clients", "import", "-", typed=typed)
    shown = ready.admin("clients", "show", "one").stdout
    assert "2026  RSA 2048" in shown
    assert f"{partner_keys[0].kid}  RSA 2048" in shown


def test_what_is_no_text_is_told(ready: Operator) -> None:
    """A file of bytes, and a folder."""
    path = Path(ready.folder / "clients.toml")
    path.write_bytes(b"\xff\xfe")

    assert f"gpic admin: {path} is not text in UTF-8.\n" == ready.admin("clients", "import", str(path)).stderr
    assert "cannot be read" in ready.admin("clients", "import", str(ready.folder)).stderr


def test_what_is_shown_can_be_imported(ready: Operator) -> None:
    """From one environment to the next."""
    ready.read("clients", "import", str(ready.write("a.toml", client("one") + 'hands_over_to = ["two"]\n')))
    shown = ready.read("clients", "show", "one")
    assert isinstance(shown, dict)
    lines = [f"{name} = {json.dumps(value)}" for name, value in shown.items()]

    again = ready.write("b.toml", "\n".join(["[[clients]]", *lines]))

    assert {"added": [], "changed": [], "unchanged": ["one"]} == ready.read("clients", "import", str(again))
