"""README.md and CONTRIBUTING.md say what is true: every command in them is run, every output compared.

    python tests/house/test_readme.py     writes the outputs of today into both files

Blocks of the language `console` hold commands after "$ " and what they print. A block whose first
line is a comment naming a file is that file: YAML, JSON and a new module are written, Python is added to the
end of a module there is, or, for "# FILE, after LINE", below that line. All of it happens in a copy.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("catalogs", "constraints", "designer", "scenarios")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/rule-book.md", "docs/fleet.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:#|//) ([\w./-]+\.(?:yaml|py|json))(?:, after `(.+)`)?\n")
WIDTH = 100


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return make_copy(tmp_path)


def make_copy(folder: Path) -> Path:
    """A folder with the packages, and a `designer` command that runs them."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    command = folder / ".bin" / "designer"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m designer "$@"\n')
    command.chmod(0o755)
    return folder


def environment(copy: Path) -> dict[str, str]:
    """What a user's terminal has, and nothing of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DESIGNER_", "FORCE_COLOR"))}
    path = f"{copy / '.bin'}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "COLUMNS": str(WIDTH), "NO_COLOR": "1"}


def bash(command: str, copy: Path, before: int) -> tuple[str, int]:
    """What a command prints, and its exit code; `$?` starts as the exit code of the command before."""
    done = subprocess.run(
        ["bash", "-c", f"(exit {before}); {command}"],
        cwd=copy, env=environment(copy), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    return done.stdout, done.returncode


def rerun(block: str, copy: Path) -> str:
    """A console block with the output its commands give now."""
    out, code = "", 0
    commands = re.findall(r"^\$ (.+)$", block, re.MULTILINE)
    for command, following in zip(commands, [*commands[1:], ""], strict=True):
        printed, code = bash(command, copy, code)
        out += f"$ {command}\n" + "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
        said = following == "echo $?"
        assert code in ((0, 1, 2, 3) if said else (0,)), f"{command} gave {code}\n{printed}"
    return out


def write(block: str, copy: Path) -> bool:
    """Put a block that names a file there; whether it is one."""
    found = FILE.match(block)
    if not found:
        return False
    path, body = copy / found[1], block[found.end() :]
    path.parent.mkdir(parents=True, exist_ok=True)
    if not found[2] and (path.suffix in (".yaml", ".json") or not path.exists()):
        path.write_text(body, encoding="utf-8")
        return True
    text = path.read_text(encoding="utf-8")
    if found[2]:
        # A long line is named by how it begins.
        begins, dots = found[2].removesuffix("..."), found[2].endswith("...")
        (line,) = (x for x in text.splitlines() if x == begins or (dots and x.startswith(begins)))
        text = text.replace(f"\n{line}\n", f"\n{line}\n{body}")
    else:
        text += f"\n\n{body}"
    path.write_text(text, encoding="utf-8")
    return True


def refreshed(text: str, copy: Path) -> str:
    """A document with the files in it written, in order, and its commands run again."""
    out, end = "", 0
    for found in BLOCK.finditer(text):
        language, block = found.groups()
        if language == "console":
            out += text[end : found.start(2)] + rerun(block, copy)
            end = found.end(2)
        else:
            write(block, copy)
    return out + text[end:]


def timeless(text: str) -> list[str]:
    """Lines without how long a search took."""
    return [re.sub(r", \d+(\.\d+)? s$", ", some s", line) for line in text.splitlines()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_output_is_what_the_command_prints(name: str, copy: Path) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert timeless(text) == timeless(refreshed(text, copy)), (
        "python tests/house/test_readme.py writes it anew"
    )


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_fits_a_terminal(name: str) -> None:
    blocks = [b for _, b in BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))]
    assert blocks
    assert max(len(line) for b in blocks for line in b.splitlines()) <= WIDTH + 20


def test_python_examples_work(copy: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = "\n".join(b for language, b in BLOCK.findall(text) if language == "python" and ">>> " in b)
    assert examples
    (copy / "examples.txt").write_text(examples, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "doctest", "examples.txt"],
        cwd=copy, env=environment(copy), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_decision_replaces_the_assumption_of_its_name() -> None:
    """The last example of CONTRIBUTING.md shows the value that was chosen, not the one assumed."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.search(r"restart_time = 2 min .*decision", text.partition("## Add a decision")[2])


def set_up() -> list[str]:
    """The commands of the README's section on setting up."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Set up\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert section
    return [line for language, b in BLOCK.findall(section[1]) if language == "sh" for line in b.splitlines()]


def test_two_commands_set_up() -> None:
    plan, test = set_up()
    assert plan == (
        "python3 -m venv .venv && .venv/bin/pip install . "
        "&& .venv/bin/designer plan scenarios/llama-3.1-405b-pretrain.yaml"
    )
    assert test == "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest"


def test_ci_runs_the_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    last = script.read_text(encoding="utf-8").rstrip().splitlines()[-1]
    assert last.replace('"$venv"', ".venv") == set_up()[1]


def test_every_shipped_scenario_is_mentioned() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [p.stem for p in (ROOT / "scenarios").glob("*.yaml") if f"`{p.stem}`" not in text]
    assert not missing


if __name__ == "__main__":
    for document in DOCUMENTS:
        with tempfile.TemporaryDirectory() as scratch:
            path = ROOT / document
            path.write_text(
                refreshed(path.read_text(encoding="utf-8"), make_copy(Path(scratch))), encoding="utf-8"
            )
