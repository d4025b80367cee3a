"""What tools can judge: the direction of imports, the habits of the code, its types."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CHECKS = {
    "imports": ["lint-imports", "--no-cache"],
    "habits": ["ruff", "check", "--output-format=concise"],
    "types": ["mypy"],
}


def tool(name: str) -> str:
    """A command of the environment the tests run in."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    assert found, f"{name} is not installed beside {sys.executable}"
    return found


def check(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool(command[0]), *command[1:]], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize("name", CHECKS)
def test_the_tree_is_clean(name: str) -> None:
    done = check(CHECKS[name], ROOT)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("catalogs/units.py", "import constraints"),
        ("constraints/graph.py", "import designer"),
        ("constraints/graph.py", "import ortools"),
        ("scenarios/__init__.py", "import catalogs"),
        ("designer/words/numbers.py", "import designer.search.pareto"),
        ("designer/search/pareto.py", "import designer.explaining.binding"),
    ],
)
def test_an_import_in_the_wrong_direction_is_found(tmp_path: Path, module: str, line: str) -> None:
    for package in ("catalogs", "constraints", "designer", "scenarios"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.yaml", "__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a", encoding="utf-8") as f:
        f.write(f"\n\ndef planted():\n    {line}\n")
    done = check(CHECKS["imports"], tmp_path)
    assert done.returncode != 0
    assert line.split()[1] in done.stdout
