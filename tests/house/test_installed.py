"""What somebody gets who installs the distribution: the kit alone, and what each extra adds."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import Final

import pytest

import gpic.relying_party
from scripts import dist
from tests import wheel

pytestmark = pytest.mark.long

#: What a partner's install must not bring: frameworks, ORMs, template engines, command lines.
HEAVY: Final = (
    "starlette",
    "django",
    "fastapi",
    "sqlalchemy",
    "alembic",
    "jinja2",
    "uvicorn",
    "typer",
    "rich",
    "argon2",
    "boto3",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return wheel.built(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def light(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`pip install gpic pytest` into an empty environment: its Python."""
    return wheel.environment(tmp_path_factory.mktemp("light") / "env", built, beside=("pytest",))


def test_the_kit_brings_little(light: Path) -> None:
    """No web framework, no ORM, no template engine, no command line."""
    site = next(light.parent.parent.glob("lib/python*/site-packages"))

    assert [] == [name for name in HEAVY if (site / name).exists()]


def test_the_kit_can_be_imported_and_put_together(light: Path, tmp_path: Path) -> None:
    """Settings, a party, a store: everything that a partner needs, from the light install."""
    code = """
from pathlib import Path
from gpic.jose.keys import SigningKey
from gpic.relying_party import RelyingPartySettings
from gpic.wiring.partner import partner
settings = RelyingPartySettings("sandpit", "me", SigningKey.generate(), "https://partner.example/callback")
class Nobody:
    def system_of(self, practice):
        return None
partner(settings, Nobody(), database=Path("partner.sqlite"))
print(settings.issuer)
"""

    assert "https://auth.sandpit.signin.nhs.uk\n" == wheel.run(light, "-c", code, cwd=tmp_path)


def test_pytest_runs_beside_it(light: Path, tmp_path: Path) -> None:
    """Entry points import lazily: a light install with pytest collects as before."""
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    import gpic.relying_party\n")

    assert "1 passed" in wheel.run(light, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)


def test_a_fixture_says_which_extra_is_missing(light: Path, tmp_path: Path) -> None:
    """The plugin is there, and the sandbox is not: one sentence, no traceback."""
    (tmp_path / "test_theirs.py").write_text("def test_theirs(patient):\n    pass\n")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        wheel.run(light, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)

    assert "the gpic fixtures need the extra 'sandbox': pip install 'gpic[sandbox]'" in failed.value.stdout
    assert "Traceback" not in failed.value.stdout


def test_the_command_says_which_extra_is_missing(light: Path, tmp_path: Path) -> None:
    """Instead of a traceback."""
    with pytest.raises(subprocess.CalledProcessError) as failed:
        wheel.run(light, str(light.parent / "gpic"), "demo", cwd=tmp_path)

    said = failed.value.stderr + failed.value.stdout
    assert "gpic[" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", gpic.relying_party.__all__)
def test_the_public_face_is_there(name: str) -> None:
    """In alphabetical order, and every name of it exists."""
    assert sorted(gpic.relying_party.__all__) == gpic.relying_party.__all__
    assert hasattr(gpic.relying_party, name)


@pytest.fixture(scope="module")
def whole(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`pip install gpic[sandbox] pytest` into an empty environment: its Python."""
    return wheel.environment(tmp_path_factory.mktemp("whole") / "env", built, frozenset({"sandbox"}), beside=("pytest",))


def test_the_demonstration_runs_from_the_wheel(whole: Path, tmp_path: Path) -> None:
    """Assets, templates and migrations are inside: `gpic demo --once` away from the source."""
    said = wheel.run(whole, str(whole.parent / "gpic"), "demo", "--once", "--port", "0", cwd=tmp_path)

    assert 0 == said.count("✗")
    assert 4 == said.count("✓")


def test_the_plugin_tests_itself_from_the_wheel(whole: Path, tmp_path: Path) -> None:
    """J1, J4, J6: the self-test that comes with it, with warnings as errors."""
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "--pyargs", "gpic.sandbox.self_test")

    assert "4 passed" in wheel.run(whole, *words, cwd=tmp_path)


def test_nothing_is_taken_from_the_source(whole: Path, tmp_path: Path) -> None:
    """What runs is what was installed."""
    said = wheel.run(whole, "-c", "import gpic.sandbox; print(gpic.sandbox.__file__)", cwd=tmp_path)

    assert Path(said.strip()).is_relative_to(whole.parent.parent)


def test_the_release_is_whole(tmp_path: Path) -> None:
    """Assets, templates, migrations, licence and every module are in the wheel; nothing of the tests is; twice is the same."""
    first, second = (dist.build(tmp_path / name) for name in ("first", "second"))
    dist.inspect(first)

    assert first.wheel.read_bytes() == second.wheel.read_bytes()
    assert first.sdist.read_bytes() == second.sdist.read_bytes()


def test_a_wheel_that_lacks_something_is_refused(built: Path, tmp_path: Path) -> None:
    """`./go dist` says what is missing, and what does not belong there."""
    poor = tmp_path / built.name
    with zipfile.ZipFile(built) as whole, zipfile.ZipFile(poor, "w") as archive:
        for name in whole.namelist():
            if "vendor" not in name and name != "gpic/nhs/trust.py":
                archive.writestr(name, whole.read(name))
        archive.writestr("gpic/tests/test_it.py", "")
    with pytest.raises(dist.NotFit, match=r"vendor.*gpic/nhs/trust\.py.*holds \['gpic/tests/test_it\.py'\]"):
        dist.inspect(dist.Built(poor, poor))
