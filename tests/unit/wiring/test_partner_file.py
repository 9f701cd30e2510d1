"""The kit from TOML files: what stands where, and what is told when something is wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gpic.jose.keys import KeyElsewhere, SigningKey
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import Vector
from gpic.relying_party.errors import SettingsInvalid
from gpic.sandbox.guests import GuestInvalid, described_in
from gpic.storage.sealing import make_key_file
from gpic.wiring.partner_file import partner_from, read, settings_in
from tests.unit.relying_party.world import key

ALWAYS = """
[partner]
client_id = "me"
redirect_uri = "https://me.example/callback"
issuer = "sandpit"
key_file = "me.pem"
vectors = ["P9.Cp.Cd"]
try_later = 90

[practices]
mapping = "practices.csv"

[gp_systems.emis]
address = "https://emis.example"
options = { application_id = "one" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a key, a mapping and the file that is always so."""
    (tmp_path / "me.pem").write_text(key("client").private_pem)
    (tmp_path / "practices.csv").write_text("PRACTICE_CODE,SUPPLIER_NAME\nA12345,EMIS\nB12345,TPP\n")
    (tmp_path / "me.toml").write_text(ALWAYS)
    return tmp_path


def test_a_file_becomes_settings(folder: Path) -> None:
    """Names of environments, durations in seconds, vectors as one writes them; what is not said has its default."""
    settings = settings_in(folder / "me.toml")

    assert "https://auth.sandpit.signin.nhs.uk" == settings.issuer
    assert (Vector.parse("P9.Cp.Cd"),) == settings.vectors
    assert (timedelta(seconds=90), 2) == (settings.try_later, settings.most_returns)
    assert key("client").kid == settings.key.kid


def test_a_later_file_lies_over_an_earlier_one(folder: Path) -> None:
    """Value by value; its file names count from its own folder."""
    elsewhere = folder / "production"
    elsewhere.mkdir()
    (elsewhere / "other.csv").write_text("PRACTICE_CODE,SUPPLIER_NAME\nC12345,EMIS\n")
    over = elsewhere / "over.toml"
    over.write_text(
        '[partner]\nissuer = "production"\n[practices]\nmapping = "other.csv"\n[gp_systems.emis]\naddress = "https://x.test"\n'
    )
    merged = read(folder / "me.toml", over)

    assert ("me", "production") == (merged.partner.client_id, merged.partner.issuer)
    assert str(elsewhere / "other.csv") == merged.practices.mapping
    assert ("https://x.test", {"application_id": "one"}) == (
        merged.gp_systems["emis"].address,
        merged.gp_systems["emis"].options,
    )


@pytest.mark.anyio
async def test_a_party_is_put_together(folder: Path) -> None:
    """The directory, the suppliers that are configured, and a store that is made where it is missing."""
    (folder / "more.toml").write_text('[storage]\ndatabase = "me.sqlite"\n')
    service = partner_from(folder / "me.toml", folder / "more.toml")
    systems = [
        service.systems.at(place) for code in ("A12345", "B12345") if (place := service.directory.place_of(OdsCode(code)))
    ]
    await service.close()

    assert [True, False] == [system is not None for system in systems]
    assert {"me.sqlite", "me.keys"} <= {path.name for path in folder.iterdir()}  # noqa: ASYNC240 - the test is over


def test_the_key_may_stand_in_the_environment(folder: Path) -> None:
    """And then in no file."""
    (folder / "me.toml").write_text(ALWAYS.replace('key_file = "me.pem"', 'key_env = "ME_KEY"'))

    assert key("client").kid == settings_in(folder / "me.toml", environment={"ME_KEY": key("client").private_pem}).key.kid
    with pytest.raises(SettingsInvalid, match="ME_KEY"):
        settings_in(folder / "me.toml", environment={})


@pytest.mark.anyio
async def test_a_key_may_be_kept_elsewhere(folder: Path) -> None:
    """Then no file names one, and what it signs is a key-management service's to say."""
    (folder / "me.toml").write_text(ALWAYS.replace('key_file = "me.pem"', ""))
    elsewhere = KeyElsewhere.of(key("client").public_pem, lambda _: b"signature")
    service = partner_from(folder / "me.toml", key=elsewhere)
    await service.close()

    assert elsewhere is service.party.settings.key
    assert elsewhere is settings_in(folder / "me.toml", key=elsewhere).key


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('client_id = "me"', 'client = "me"', "client"),
        ('client_id = "me"', "client_id = []", "client_id"),
        ('key_file = "me.pem"', "", "key_file"),
        ('key_file = "me.pem"', 'key_file = "nowhere.pem"', "nowhere.pem"),
        ('key_file = "me.pem"', 'key_file = "practices.csv"', "PEM"),
        ('mapping = "practices.csv"', 'mapping = "nowhere.csv"', "nowhere.csv"),
        ('mapping = "practices.csv"', 'mapping = "me.pem"', "PRACTICE_CODE"),
        ("[gp_systems.emis]", "[gp_systems.nobody]", "nobody"),
        ("application_id", "application", "application"),
        ("[partner]", "[partner", "TOML"),
        ('vectors = ["P9.Cp.Cd"]', 'vectors = ["P9.Cx"]', "vectors"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(folder: Path, before: str, after: str, said: str) -> None:
    """With the name of what is wrong, and never a key."""
    (folder / "me.toml").write_text(ALWAYS.replace(before, after))

    with pytest.raises(SettingsInvalid) as mistake:
        partner_from(folder / "me.toml", environment={})
    assert said in str(mistake.value)
    assert "BEGIN" not in str(mistake.value)


def test_on_postgresql_the_sealing_keys_are_named(folder: Path) -> None:
    """Beside a database elsewhere no file can be made."""
    (folder / "more.toml").write_text('[storage]\ndatabase = "postgresql://localhost/x"\n')

    with pytest.raises(SettingsInvalid, match="sealing_keys"):
        partner_from(folder / "me.toml", folder / "more.toml")


def test_a_sandbox_makes_the_key_that_is_missing(tmp_path: Path) -> None:
    """For its owner's eyes only, and the same the next time."""
    file = tmp_path / "mine.toml"
    file.write_text('[partner]\nclient_id = "mine"\nredirect_uri = "http://localhost:8000/callback"\nkey_file = "mine.pem"\n')
    first, second = described_in(file), described_in(file)

    assert first.key.kid == second.key.kid == SigningKey.from_pem((tmp_path / "mine.pem").read_text()).kid
    assert 0o600 == (tmp_path / "mine.pem").stat().st_mode & 0o777


def test_what_a_sandbox_tells_lies_over_the_services_own_file(tmp_path: Path) -> None:
    """Together they are all that the kit needs."""
    file = tmp_path / "mine.toml"
    file.write_text('[partner]\nclient_id = "mine"\nredirect_uri = "http://localhost:8000/callback"\nkey_file = "mine.pem"\n')
    service = described_in(file)
    addresses = {"emis": "http://localhost:1", "tpp": "http://localhost:2"}
    service.tell("http://localhost:3", addresses, "PRACTICE_CODE,SUPPLIER_NAME\nA12345,EMIS\n", None)
    merged = read(file, service.told_in)

    assert "http://localhost:3" == settings_in(file, service.told_in).issuer
    assert addresses == {supplier: table.address for supplier, table in merged.gp_systems.items()}
    assert str(service.mapping_in) == merged.practices.mapping


@pytest.mark.parametrize("text", ["", "[partner]\n", '[partner]\nclient_id = "x"\n', "[partner", "[partner]\nclient_id = 5"])
def test_what_describes_no_service_is_refused(tmp_path: Path, text: str) -> None:
    """In a sentence."""
    (tmp_path / "mine.toml").write_text(text)

    with pytest.raises(GuestInvalid, match=r"mine\.toml"):
        described_in(tmp_path / "mine.toml")


def test_a_key_file_that_exists_is_not_made_anew(tmp_path: Path) -> None:
    """Sealing keys are not signing keys: what is no key is said, and nothing is overwritten."""
    make_key_file(tmp_path / "mine.pem")
    before = (tmp_path / "mine.pem").read_text()
    file = tmp_path / "mine.toml"
    file.write_text('[partner]\nclient_id = "mine"\nredirect_uri = "http://localhost:8000/callback"\nkey_file = "mine.pem"\n')

    with pytest.raises(GuestInvalid, match="PEM"):
        described_in(file)
    assert before == (tmp_path / "mine.pem").read_text()
