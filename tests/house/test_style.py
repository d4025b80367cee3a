"""House rules that no linter knows."""

from __future__ import annotations

import ast
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("catalogs", "constraints", "designer", "scenarios")
MODULES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
TEXTS = sorted(
    p
    for place in (*PACKAGES, "tests")
    for p in (ROOT / place).rglob("*")
    if p.suffix in (".py", ".yaml", ".txt", ".md")
) + [
    ROOT / n
    for n in (
        "README.md",
        "CONTRIBUTING.md",
        "AGENTS.md",
        "CHANGELOG.md",
        "CITATION.cff",
        "pyproject.toml",
        ".ci/run",
    )
]
MAX_LINES = 400
TYPICAL_LINES = 150

# Promises of later work, and traces of where a text was written.
PROMISES = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|NotImplement[e]d|not implement[e]d|place[h]older)\b")
ELSEWHERE = re.compile(r"/wor[k]/|/far[m]/|\bsubagent[s]?\b|\bAI assistan[t]\b")


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_one_idea(path: Path) -> None:
    assert lines_of(path) <= MAX_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_modules_are_short_as_a_rule() -> None:
    lengths = [lines_of(p) for p in MODULES]
    print(f"{len(lengths)} modules, median {statistics.median(lengths):.0f} lines, longest {max(lengths)}")
    assert statistics.median(lengths) <= TYPICAL_LINES


@pytest.mark.parametrize(
    ("words", "suffixes"),
    [(PROMISES, {".py", ".md"}), (ELSEWHERE, {p.suffix for p in TEXTS})],
    ids=["promises", "elsewhere"],
)
def test_the_project_speaks_of_what_it_is(words: re.Pattern[str], suffixes: set[str]) -> None:
    found = [
        f"{p.relative_to(ROOT)}:{n}: {line.strip()}"
        for p in TEXTS
        if p.suffix in suffixes
        for n, line in enumerate(p.read_text(encoding="utf-8").splitlines(), 1)
        if words.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_two_public_classes_share_a_name() -> None:
    homes: dict[str, set[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, set()).add(str(path.relative_to(ROOT)))
    assert not {name: files for name, files in homes.items() if len(files) > 1}
