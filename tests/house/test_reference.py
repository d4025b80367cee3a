"""docs/rules.md and docs/walls.md are what the rules say today, and leave nothing out.

python tests/house/test_reference.py     writes both
"""

from __future__ import annotations

import shlex

import pytest

from constraints.rule import ROOT, Rule, find
from constraints.walls import LAW_FACTS, LAW_RULES, LAWS, Wall, every_rule
from designer.cli import main
from designer.report.rules_markdown import reference
from designer.report.walls_markdown import (
    covered,
    example,
    facts_example,
    mapping,
    mentioning,
    naming,
    texts_of_tests,
)

pytestmark = pytest.mark.slow

COVERED = covered()
PAGES = {
    "docs/rules.md": lambda: reference(every_rule()),
    "docs/walls.md": lambda: mapping(texts_of_tests()),
}


def label(group: Wall | str) -> str:
    return group if isinstance(group, str) else f"{group.number}-{group.name.lower().replace(' ', '-')}"


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_up_to_date(page: str) -> None:
    now = PAGES[page]()
    assert (ROOT / page).read_text(encoding="utf-8") == now, (
        "python tests/house/test_reference.py writes it anew"
    )


@pytest.mark.parametrize(("group", "members"), COVERED, ids=[label(g) for g, _ in COVERED])
def test_no_wall_is_empty(group: Wall | str, members: list[Rule], capsys: pytest.CaptureFixture[str]) -> None:
    """Rules with files, tests that name them, and an example that runs."""
    assert members, "no rules"
    assert naming(members, texts_of_tests()), "no tests"
    runs(example(group, members), capsys)


@pytest.mark.parametrize("law", LAW_RULES)
def test_no_law_is_empty(law: str, capsys: pytest.CaptureFixture[str]) -> None:
    members = [find(n) for n in LAW_RULES[law]]
    assert naming(members, texts_of_tests()), "no tests"
    runs(example(law, members), capsys)


@pytest.mark.parametrize("law", LAW_FACTS)
def test_facts_are_there(law: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert mentioning({LAW_FACTS[law]}, texts_of_tests()), "no tests"
    runs(facts_example(LAW_FACTS[law]), capsys)


def runs(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command)
    assert words[0] == "designer"
    assert main(words[1:]) == 0
    assert capsys.readouterr().out


def test_walls_and_laws_are_all_there() -> None:
    assert [g.number if isinstance(g, Wall) else g for g, _ in COVERED] == [*range(1, 23), LAWS]


def test_the_reference_names_every_rule() -> None:
    text = reference(every_rule())
    headings = {line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")}
    assert len(headings) == len(every_rule())


if __name__ == "__main__":
    for page, text in PAGES.items():
        (ROOT / page).write_text(text(), encoding="utf-8")
