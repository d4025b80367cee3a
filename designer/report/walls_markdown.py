"""The page that maps every wall and law to its rules, their files, the tests that name them, and an example."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from constraints.rule import ROOT, Rule, find
from constraints.walls import LAW_FACTS, LAW_RULES, LAWS, WALLS, Wall, every_rule, grouped
from designer.report.rules_text import command, group_title, qualified

# Folders of tests that state what rules must give.
TESTED_IN = ("catalogs", "diagnosing", "planning", "rules")
_HEAD = """\
# Walls and laws

What covers each of the 22 walls and the laws around them; written by `python tests/house/test_reference.py`.
The tests are those that name one of the rules; besides them, every rule goes through
`tests/constraints/test_register.py`, `tests/constraints/test_dimension.py` and `tests/cli/test_calc.py`.
What a rule says is in [rules.md](rules.md).
"""
# What else of the command line a wall has, beside calculating its rules.
_ALSO = {21: "designer calc ring_all_reduce_time message=1MB ranks=8 bandwidth=50GB/s latency=2us --sensitivity",
         22: "designer calc weight_streaming_time weights=140GB --solve bandwidth target=50ms"}  # fmt: skip


def mapping(tests: Mapping[str, str]) -> str:
    """Markdown; `tests` are the texts of the test files by their path."""
    parts = [_HEAD, "## The laws\n", *_table(tests)]
    parts += [_section(group, members, tests) for group, members in covered()]
    return "\n".join(parts)


def _table(tests: Mapping[str, str]) -> list[str]:
    """The laws around the walls, each by name."""
    lines = ["| law | rules | files | tests | example |", "|---|---|---|---|---|"]
    for law, names in LAW_RULES.items():
        members = [find(n) for n in names]
        files = ", ".join(dict.fromkeys(f"[{Path(r.file).name}](../{r.file})" for r in members))
        named = ", ".join(f"[{Path(t).name}](../{t})" for t in naming(members, tests))
        shown = ", ".join(f"`{n}`" for n in names)
        lines.append(f"| {law} | {shown} | {files} | {named} | `{example(law, members)}` |")
    for law, kind in LAW_FACTS.items():
        entries = sorted((ROOT / "catalogs" / kind).glob("*.yaml"))
        files = ", ".join(f"[{e.name}](../catalogs/{kind}/{e.name})" for e in entries)
        named = ", ".join(f"[{Path(t).name}](../{t})" for t in mentioning({kind}, tests))
        lines.append(f"| {law} | facts of the catalog | {files} | {named} | `{facts_example(kind)}` |")
    return [*lines, ""]


def facts_example(kind: str) -> str:
    """A command line for facts: the first entry of their kind."""
    first = min(p.stem for p in (ROOT / "catalogs" / kind).glob("*.yaml"))
    return f"designer catalog show {kind} {first}"


def covered() -> list[tuple[Wall | str, list[Rule]]]:
    """Every wall, empty ones too, and the laws, each with its rules."""
    found = {g: members for g, members in grouped(every_rule()) if isinstance(g, Wall) or g == LAWS}
    return [(g, found.get(g, [])) for g in (*WALLS, LAWS)]


def example(law_or_wall: Wall | str, members: Iterable[Rule]) -> str:
    """A command line for a wall or a law: the worked example of the rule to start with."""
    if isinstance(law_or_wall, Wall) and law_or_wall.number in _ALSO:
        return _ALSO[law_or_wall.number]
    if law_or_wall == "D·A·M scorecard and diagnosis":
        return "designer diagnose --step-time 50ms --data-wait 5ms --flops 14TFLOP --bytes 14GB --accelerator a100"
    return command(find(law_or_wall.start) if isinstance(law_or_wall, Wall) else next(iter(members)))


def naming(members: Iterable[Rule], tests: Mapping[str, str]) -> list[str]:
    """Test files that name one of the rules."""
    return mentioning({r.id for r in members}, tests)


def mentioning(names: set[str], tests: Mapping[str, str]) -> list[str]:
    """Test files with one of the names in them."""
    return [path for path, text in sorted(tests.items()) if names & set(re.findall(r"\w+", text))]


def texts_of_tests() -> dict[str, str]:
    """Texts of the tests of rules by their path; tests of other things name rules by the way."""
    found = sorted(p for folder in TESTED_IN for p in (ROOT / "tests" / folder).rglob("test_*.py"))
    return {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8") for p in found}


def _section(group: Wall | str, members: list[Rule], tests: Mapping[str, str]) -> str:
    files: dict[str, list[str]] = {}
    for r in members:
        files.setdefault(r.file, []).append(f"`{qualified(r)}`")
    lines = [f"## {group_title(group)}", ""]
    lines += [f"- [{Path(file).name}](../{file}): {', '.join(names)}" for file, names in files.items()]
    lines += ["", f"Tests: {', '.join(f'[{Path(t).name}](../{t})' for t in naming(members, tests))}", ""]
    return "\n".join([*lines, f"```sh\n{example(group, members)}\n```\n"])
