"""Environment and TOML become one frozen Settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gpic.provider.policy import Environment
from gpic.settings import SettingsInvalid, from_environment, from_file, read

ISSUER = {"provider": {"issuer": "https://login.example.test"}}


def test_later_sources_win_over_earlier_ones_and_over_defaults() -> None:
    """Defaults, then each source in turn; what nobody sets keeps its default."""
    settings = read(ISSUER, {"provider": {"code_lifetime": 60}}, {"provider": {"code_lifetime": "PT2M"}})

    assert timedelta(minutes=2) == settings.provider.code_lifetime
    assert timedelta(minutes=5) == settings.provider.access_token_lifetime


def test_variables_name_room_and_setting() -> None:
    """GPIC_ROOM__NAME; other variables are not ours."""
    tables = from_environment({"GPIC_PROVIDER__ENVIRONMENT": "integration", "GPIC_COLOUR": "red", "PATH": "/bin"})

    assert {"provider": {"environment": "integration"}} == tables
    assert Environment.INTEGRATION is read(ISSUER, tables).provider.environment


def test_production_forces_the_im1_mark() -> None:
    """N5: require_im1 cannot be switched off in production."""
    assert read(ISSUER, {"provider": {"environment": "production", "require_im1": "false"}}).provider.require_im1


def test_a_file_has_a_table_for_each_room(tmp_path: Path) -> None:
    """TOML tables are named as the rooms."""
    file = tmp_path / "gpic.toml"
    file.write_text('[provider]\nissuer = "https://login.example.test"\n[credentials]\ngood_check = 30\n', encoding="utf-8")

    assert timedelta(seconds=30) == read(from_file(file)).credentials.good_check


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("issuer = 1", "stands outside of a table"),
        ("[provider", "cannot be read"),
        ("[provider]\nissuer = 'ftp://x'", "issuer must be https"),
        ("[provider]\ncode_lifetime = 'soon'", "at code_lifetime"),
        ("[provider]\nrequire_im1 = 'perhaps'", "at require_im1"),
        ("[provider]\nrequires_im1 = true", "There is no setting provider.requires_im1."),
        ("[provider]\n", "issuer"),
        ("[kitchen]\nsink = 1", "There is no group of settings called kitchen"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_setting(tmp_path: Path, text: str, expected: str) -> None:
    """SettingsInvalid, and nothing else, whatever a file holds."""
    file = tmp_path / "gpic.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsInvalid, match=expected) as raised:
        read(from_file(file))
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path is in the sentence."""
    with pytest.raises(SettingsInvalid, match="There is no settings file"):
        from_file(tmp_path / "none.toml")
