"""`plan --out`: a scenario of each design asks for that design alone, and has its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from designer.cli import main
from designer.evaluating.design import evaluate
from designer.planning.plan import plan_question
from designer.reading.loading import load, shipped

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", shipped())
def test_every_design_can_be_asked_again(name: str, tmp_path: Path) -> None:
    found = plan_question(load(shipped()[name]))
    code = main(["plan", name, "--out", str(tmp_path / "designs")])
    assert code == (0 if found.frontier else 2)
    files = sorted((tmp_path / "designs").glob("*.yaml"))
    assert len(files) == len(found.frontier)
    for design in found.frontier:
        again = load(tmp_path / "designs" / f"{design.id}.yaml")
        answer = evaluate(again, {})
        assert answer.feasible, [b.text for b in answer.violated]
        for decision, value in design.design.items():
            same = value if isinstance(value, str) else pytest.approx(value, rel=1e-9)
            assert answer.design[decision] == same, decision
        for objective in again.objectives:
            assert answer.metrics[objective.quantity].value == pytest.approx(
                design.metrics[objective.quantity].value, rel=1e-9
            )


@pytest.mark.parametrize("name", ["llama-3.1-8b-finetune", "llama-3.1-70b-apart", "compressed-chat"])
def test_a_plan_of_it_has_that_design_alone(name: str, tmp_path: Path) -> None:
    main(["plan", name, "--out", str(tmp_path)])
    for file in sorted(tmp_path.glob("*.yaml"))[:2]:
        found = plan_question(load(file)).frontier
        assert [dict(d.design) for d in found] == [load(file).baseline]
        assert main(["check", str(file)]) == 0


def test_nothing_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "A.yaml").write_text("mine\n")
    assert main(["plan", "llama-3.1-8b-finetune", "--out", str(tmp_path)]) == 1
    assert "A.yaml is there" in capsys.readouterr().err and (tmp_path / "A.yaml").read_text() == "mine\n"
