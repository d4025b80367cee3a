"""Results in Python: by letter, short, with units, as pictures and as tables of a notebook."""

from __future__ import annotations

from pathlib import Path

import pytest

import designer
from catalogs.errors import InputError
from catalogs.yaml import read
from constraints.rule import ROOT

CHAT = "llama-3.1-70b-chat"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan() -> designer.answers.plan.PlanResult:
    return designer.plan(CHAT)


def test_a_design_by_its_letter(plan) -> None:  # type: ignore[no-untyped-def]
    assert plan["b"] is plan.frontier[1]
    with pytest.raises(KeyError, match="has: A, B"):
        plan["ZZ"]


def test_a_result_is_a_line_and_a_table(plan) -> None:  # type: ignore[no-untyped-def]
    assert repr(plan).startswith(f"<PlanResult: {CHAT}, found, ") and len(repr(plan)) < 200
    answers = [
        plan,
        designer.evaluate(CHAT, "tp=4, replicas=8"),
        designer.compare(CHAT),
        designer.size("edge-8b"),
    ]
    assert all("<table" in a._repr_html_() and len(repr(a)) < 200 for a in answers)
    explained = designer.explain(CHAT, "tp=4, replicas=8", ["devices"])
    assert "devices 32" in explained._repr_html_()


def test_frames_say_their_units(plan) -> None:  # type: ignore[no-untyped-def]
    units = plan.to_frame().attrs["units"]
    assert units["cost"] == "USD" and units["tpot_p99"] == "s"


def test_a_picture_has_a_dot_for_each_design(plan) -> None:  # type: ignore[no-untyped-def]
    drawn = plan.plot()
    assert sum(m.mark == "dot" for m in drawn.marks) == len(plan.frontier)
    assert drawn._repr_svg_().startswith("<?xml")
    assert "power" in plan.plot("power", "cost").says
    with pytest.raises(InputError, match="did you mean 'power'"):
        plan.plot("powr", "cost")


def test_a_scenario_is_a_name_a_path_or_what_is_in_it(plan) -> None:  # type: ignore[no-untyped-def]
    file = ROOT / "scenarios" / f"{CHAT}.yaml"
    for scenario in (file, str(file), read(file).data):
        assert designer.plan(scenario).frontier == plan.frontier


def test_facts_of_a_folder_are_used(tmp_path: Path) -> None:
    folder = tmp_path / "prices"
    folder.mkdir()
    assert designer.plan("edge-8b", catalog=tmp_path).status == "found"
    with pytest.raises(InputError):
        designer.plan("edge-8b", catalog=tmp_path / "nowhere")


def test_a_report_is_saved(tmp_path: Path) -> None:
    file = designer.save_report(CHAT, tmp_path / "chat.md", "B")
    assert file.read_text("utf-8").splitlines()[2].startswith("**Design B: ")
