"""Starting is quick because little is imported: counted in modules, which no busy machine can blur."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Top-level modules that cost tens to hundreds of milliseconds each.
HEAVY = (
    "ortools",
    "pandas",
    "numpy",
    "pint",
    "pydantic",
    "ruamel",
    "typer",
    "rich",
    "click",
    "pyarrow",
    "scipy",
)

IMPORT = "import designer; dir(designer)"
HELP = "from designer.cli import main; assert main(['--help']) == 0"
VERSION = "from designer.cli import main; assert main(['--version']) == 0"
COMMAND_HELP = "from designer.cli import main; assert main(['plan', '--help']) == 0"
OTHER_HELP = (
    "from designer.cli import main; [main([c, '--help']) for c in ('calc', 'diagnose', 'rules', 'sweep')]"
)
SCHEMA = "from designer.cli import main; assert main(['schema']) == 0"
# What the command line itself brings: typer looks into pydantic wherever it is installed.
TYPER = {"typer", "click", "rich", "pydantic"}


def loaded(code: str) -> set[str]:
    """The heavy modules a fresh interpreter has after running `code`."""
    code += "\nimport sys; print('\\n' + ' '.join({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.rsplit("\n", 2)[-2].split()) & set(HEAVY)


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        (IMPORT, set()),
        (HELP, TYPER),
        (VERSION, TYPER),
        (COMMAND_HELP, TYPER),
        (OTHER_HELP, TYPER),
        (SCHEMA, TYPER | {"ruamel", "pint"}),
    ],
    ids=["import", "help", "version", "command-help", "other-help", "schema"],
)
def test_stays_light(code: str, allowed: set[str]) -> None:
    assert loaded(code) <= allowed


def test_the_check_can_fail() -> None:
    assert "numpy" in loaded("import numpy")


@pytest.mark.parametrize("first", ["plan", "explain", "evaluate"])
def test_public_names_are_functions_whatever_was_used_before(first: str) -> None:
    """A module of the package must not take the place of the function of the same name."""
    code = f"""
import designer, designer.cli.app, designer.cli.commands.plan
designer.{first}
for name in ("plan", "explain", "evaluate", "fleet"):
    assert callable(getattr(designer, name)), name
designer.plan("llama-3.1-405b-pretrain")
for name in ("plan", "explain", "evaluate"):
    assert callable(getattr(designer, name)), name + " after a plan"
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
