"""`gpic admin clients`, as an operator types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpic.jose.keys import SigningKey
from tests.unit.cli.conftest import Operator

URI = "https://riverside.example/callback"
GPIC = Path(sys.executable).with_name("gpic")


@pytest.fixture
def key_file(operator: Operator, partner_keys: tuple[SigningKey, SigningKey]) -> Path:
    """The partner's first key."""
    return operator.write("riverside.pem", partner_keys[0].public_pem)


@pytest.fixture
def registered(operator: Operator, key_file: Path) -> Operator:
    """Riverside is registered."""
    ended = operator.admin(*adding(key_file))
    assert 0 == ended.exit_code, ended.output
    return operator


def adding(key_file: Path, *more: str) -> tuple[str, ...]:
    """A good `add`."""
    words = ("clients", "add", "riverside", "--name", "Riverside", "--redirect-uri", URI, "--scope", "openid profile")
    return (*words, "--key", str(key_file), *more)


def test_a_client_is_added_with_the_usual_defaults(operator: Operator, key_file: Path) -> None:
    """Shown as it is registered then; `show` and `list` agree."""
    expected = {
        "client_id": "riverside",
        "name": "Riverside",
        "redirect_uris": [URI],
        "scopes": ["openid", "profile"],
        "keys": [key_file.read_text(encoding="ascii")],
        "vectors": ["P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"],
        "im1_enabled": False,
        "disabled": False,
        "audience_policy": "nhs",
        "algorithm": "RS512",
        "hands_over_to": [],
    }

    assert expected == operator.read(*adding(key_file))
    assert expected == operator.read("clients", "show", "riverside")
    assert [expected] == operator.read("clients", "list")


def test_every_option_counts(operator: Operator, key_file: Path, partner_keys: tuple[SigningKey, SigningKey]) -> None:
    """Repeated where there may be several; a key from standard input beside one from a file."""
    more = (
        "--redirect-uri", "https://riverside.example/b", "--scope", "email", "--key", "-", "--vector", "P5.Cp.Cd", "--vector",
        "P0", "--hands-over-to", "meadow", "--audience-policy", "strict", "--algorithm", "RS256", "--im1", "--disabled",
    )  # fmt: skip
    shown = operator.read(*adding(key_file, *more), typed=partner_keys[1].public_pem, GPIC_PROVIDER__RS256_ALLOWED="true")

    assert isinstance(shown, dict)
    assert ([URI[:-8] + "b", URI], ["openid", "profile", "email"]) == (shown["redirect_uris"], shown["scopes"])
    assert [key.public_pem for key in partner_keys] == shown["keys"]
    assert (["P5.Cp.Cd", "P0"], ["meadow"], "strict", "RS256") == (
        shown["vectors"],
        shown["hands_over_to"],
        shown["audience_policy"],
        shown["algorithm"],
    )
    assert (True, True) == (shown["im1_enabled"], shown["disabled"])


def test_a_client_is_added_once(registered: Operator, key_file: Path) -> None:
    """Nobody overwrites a partner by a slip."""
    ended = registered.admin(*adding(key_file, "--name", "Another"))

    expected = "gpic admin: There is a client riverside already; change it with `gpic admin clients edit`.\n"
    assert (1, "", expected) == (ended.exit_code, ended.stdout, ended.stderr)
    shown = registered.read("clients", "show", "riverside")
    assert isinstance(shown, dict)
    assert "Riverside" == shown["name"]


def test_a_broken_rule_registers_nobody(operator: Operator, key_file: Path) -> None:
    """Exit code 1, every mistake in a line of its own, nothing kept."""
    ended = operator.admin(*adding(key_file, "--redirect-uri", "http://riverside.example/*", "--scope", "everything"))

    assert (1, "") == (ended.exit_code, ended.stdout)
    first, second = ended.stderr.splitlines()
    assert first.startswith("gpic admin: riverside: redirect URI 'http://riverside.example/*' must be https")
    assert second.startswith("riverside: scope 'everything' is unknown")
    assert [] == operator.read("clients", "list")


def test_a_weak_or_private_key_registers_nobody(operator: Operator, partner_keys: tuple[SigningKey, SigningKey]) -> None:
    """Attacks 26; a private key is neither kept nor quoted."""
    private = operator.write("private.pem", partner_keys[0].private_pem)

    ended = operator.admin(*adding(private))

    assert 1 == ended.exit_code
    assert "this is a private key: register its public half" in ended.stderr
    assert partner_keys[0].private_pem.splitlines()[1] not in ended.output


def test_a_client_is_edited(registered: Operator, partner_keys: tuple[SigningKey, SigningKey]) -> None:
    """What is said changes, the rest stays; a new key is registered beside the old one, which goes later."""
    second = registered.write("second.pem", partner_keys[1].public_pem)
    shown = registered.read(
        "clients", "edit", "riverside", "--name", "Riverside Health", "--add-scope", "email phone", "--remove-scope", "profile",
        "--add-redirect-uri", "https://riverside.example/b", "--remove-redirect-uri", URI, "--add-key", str(second), "--im1",
        "--disable", "--audience-policy", "lenient", "--add-hands-over-to", "meadow", "--vector", "P9.Cm",
    )  # fmt: skip
    later = registered.read(
        "clients", "edit", "riverside", "--remove-key", partner_keys[0].kid, "--enable", "--no-im1", "--remove-hands-over-to",
        "meadow",
    )  # fmt: skip

    assert isinstance(shown, dict)
    assert isinstance(later, dict)
    assert ("Riverside Health", ["openid", "email", "phone"], ["https://riverside.example/b"]) == (
        shown["name"],
        shown["scopes"],
        shown["redirect_uris"],
    )
    assert (True, True, "lenient", ["meadow"], ["P9.Cm"]) == (
        shown["im1_enabled"],
        shown["disabled"],
        shown["audience_policy"],
        shown["hands_over_to"],
        shown["vectors"],
    )
    assert [key.public_pem for key in partner_keys] == shown["keys"]
    changed = {"keys": [partner_keys[1].public_pem], "disabled": False, "im1_enabled": False, "hands_over_to": []}
    assert {**shown, **changed} == later


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--remove-scope", "email"), "gpic admin: riverside: scope 'email' is not registered.\n"),
        (("--remove-key", "-x"), "gpic admin: riverside: there is no key '-x'.\n"),
        (("--remove-scope", "openid"), "gpic admin: riverside: scopes must contain openid.\n"),
        (("--remove-redirect-uri", URI), "gpic admin: riverside: there must be 1 to 32 redirect_uris.\n"),
        (("--algorithm", "RS256"), "gpic admin: riverside: algorithm 'RS256' is not allowed; there is RS512.\n"),
    ],
)
def test_an_edit_that_breaks_a_rule_changes_nothing(registered: Operator, words: tuple[str, ...], sentence: str) -> None:
    """Exit code 1; not even what was good about it."""
    before = registered.read("clients", "show", "riverside")

    ended = registered.admin("clients", "edit", "riverside", "--name", "Another", *words)

    assert (1, sentence) == (ended.exit_code, ended.stderr)
    assert before == registered.read("clients", "show", "riverside")


@pytest.mark.parametrize("words", [("show",), ("edit",), ("remove",), ("edit", "--name", "x")])
def test_an_unknown_client_is_told(operator: Operator, words: tuple[str, ...]) -> None:
    """Exit code 1."""
    ended = operator.admin("clients", words[0], "nobody", *words[1:])

    assert (1, "", "gpic admin: There is no client 'nobody'.\n") == (ended.exit_code, ended.stdout, ended.stderr)


def test_a_client_is_removed(registered: Operator) -> None:
    """Once."""
    assert {"removed": "riverside"} == registered.read("clients", "remove", "riverside")
    assert [] == registered.read("clients", "list")
    assert 1 == registered.admin("clients", "remove", "riverside").exit_code


def test_people_read_tables(registered: Operator, partner_keys: tuple[SigningKey, SigningKey]) -> None:
    """A line for each client; `show` names keys by what one removes them by."""
    listed = registered.admin("clients", "list").stdout
    shown = registered.admin("clients", "show", "riverside").stdout

    assert all(word in listed for word in ("client_id", "riverside", "Riverside", "enabled", "nhs", "openid profile"))
    assert f"{partner_keys[0].kid}  RSA 2048" in shown
    assert "BEGIN PUBLIC KEY" not in shown
    assert "riverside is removed.\n" == registered.admin("clients", "remove", "riverside").stdout


def test_names_are_not_markup(operator: Operator, key_file: Path) -> None:
    """A name is shown as it is written."""
    name = "[bold]Riverside[/bold] :smile:"
    shown = operator.admin(*adding(key_file, "--name", name))

    assert name in shown.stdout
    assert name in operator.admin("clients", "list").stdout


def test_a_client_that_cannot_have_what_it_asks_is_noted(operator: Operator, key_file: Path) -> None:
    """N5: where require_im1 holds, the scope without the mark is refused at every request; JSON stays JSON."""
    words = adding(key_file, "--scope", "gp_integration_credentials", "--json")
    note = "note: riverside is not IM1 enabled, so its requests for gp_integration_credentials are refused here.\n"

    ended = operator.admin(*words, GPIC_PROVIDER__REQUIRE_IM1="true")

    assert (0, note) == (ended.exit_code, ended.stderr)
    assert "riverside" == json.loads(ended.stdout)["client_id"]
    assert "" == operator.admin("clients", "edit", "riverside", "--im1", GPIC_PROVIDER__REQUIRE_IM1="true").stderr
    assert "" == operator.admin("clients", "edit", "riverside", "--no-im1").stderr


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"GPIC_PROVIDER__ISSUER": "http://auth.example"}, "The settings of provider are wrong"),
        ({"GPIC_STORAGE__DATABASE": "mysql://x:a-password@y"}, "The settings of storage are wrong"),
        ({"GPIC_STORAGE__DATABASE": "/nowhere/at/all.sqlite"}, "The database /nowhere/at/all.sqlite cannot be opened"),
        (
            {"GPIC_STORAGE__DATABASE": "postgresql://x:a-password@127.0.0.1:1/y"},
            "The database does not answer.",
        ),
        ({"GPIC_STORAGE__SEALING_KEYS": "/nowhere/at/all.keys"}, "The sealing keys cannot be used"),
        ({"GPIC_SETTINGS": "/nowhere/at/all.toml"}, "There is no settings file"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_command_that_cannot_begin_says_why(operator: Operator, variables: dict[str, str], sentence: str) -> None:
    """Exit code 2, one sentence, no password."""
    ended = operator.admin("clients", "list", **variables)

    assert (2, "") == (ended.exit_code, ended.stdout)
    assert ended.stderr.startswith(f"gpic admin: {sentence}")
    assert "a-password" not in ended.stderr


def test_settings_may_come_from_a_file(operator: Operator, key_file: Path) -> None:
    """The provider's own; variables override it."""
    settings = operator.write("gpic.toml", '[provider]\nissuer = "https://auth.example"\nrs256_allowed = true\n')

    ended = operator.admin("--settings", str(settings), *adding(key_file, "--algorithm", "RS256"))

    assert (0, "") == (ended.exit_code, ended.stderr)


def test_the_console_script_ends_with_the_same_codes(operator: Operator) -> None:
    """As a shell sees it: 1 refused, 2 misspelt, and no traceback."""
    settings = {
        "GPIC_PROVIDER__ISSUER": "https://auth.example",
        "GPIC_STORAGE__DATABASE": str(operator.database),
        "GPIC_STORAGE__SEALING_KEYS": str(operator.folder / "provider.keys"),
    }
    codes = []
    for words in (("show", "nobody"), ("shwo", "nobody"), ("list", "--json")):
        ended = subprocess.run(  # noqa: S603 - our own command
            [GPIC, "admin", "clients", *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **settings},
        )
        codes.append(ended.returncode)
        assert "Traceback" not in ended.stderr

    assert [1, 2, 0] == codes
