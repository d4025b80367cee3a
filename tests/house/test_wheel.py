"""The distribution: what is inside, and whether a stranger can use it from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("catalogs", "constraints", "designer", "scenarios")
# The environment of a user: nothing that points back at this checkout.
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DESIGNER_", "VIRTUAL_ENV"))}


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        env=CLEAN,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, (
        f"{command} gave {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    )
    return done.stdout


def files_of(package: str) -> set[str]:
    """Files a package must ship: its code, its data and its marker of types."""
    return {
        str(p.relative_to(ROOT))
        for p in (ROOT / package).rglob("*")
        if p.suffix in (".py", ".yaml", ".txt", ".html", ".typed") and p.is_file()
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of commands of a clean environment that has the wheel and what it depends on."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=venv.parent)
    bin_ = venv / ("Scripts" if os.name == "nt" else "bin")
    run(bin_ / "python", "-m", "pip", "install", "--disable-pip-version-check", built[1], cwd=venv.parent)
    return bin_


def test_wheel_holds_the_four_packages_and_nothing_else(built: tuple[Path, Path]) -> None:
    names = zipfile.ZipFile(built[1]).namelist()
    tops = {n.split("/")[0] for n in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == set(PACKAGES)
    assert len(tops) == len(PACKAGES) + 1
    missing = set().union(*map(files_of, PACKAGES)) - set(names)
    assert not missing
    assert all(f"{p}/py.typed" in names for p in PACKAGES)
    assert any(n.endswith(".dist-info/licenses/LICENSE") for n in names)


def test_sdist_holds_what_a_packager_needs(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as archive:
        names = {n.partition("/")[2] for n in archive.getnames()}
    wanted = {
        "LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "pyproject.toml",
        ".ci/run", "tests/house/test_wheel.py",
    }  # fmt: skip
    assert wanted <= names
    assert set().union(*map(files_of, PACKAGES)) <= names


def test_quick_start_from_another_folder(installed: Path, tmp_path: Path) -> None:
    """Folders of the user's own that are called like our packages do not get in the way."""
    for name in PACKAGES:
        (tmp_path / name).mkdir()
    said = run(installed / "designer", "plan", "llama-3.1-405b-pretrain", cwd=tmp_path)
    assert "on the Pareto frontier" in " ".join(said.split())
    result = json.loads(
        run(installed / "designer", "plan", "llama-3.1-405b-pretrain", "--json", cwd=tmp_path)
    )
    assert result["status"] == "found"
    assert result["frontier"]
    code = (
        "import designer; print(len(designer.plan('llama-3.1-405b-pretrain').to_frame()), designer.__file__)"
    )
    count, file = run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert int(count) >= 1
    assert Path(file).is_relative_to(installed.parent)
