"""OR-Tools 9.15.6755 calls a feasible model infeasible. The defect is held here, and kept away from us."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import ortools
import pytest
from ortools.sat.python import cp_model, cp_model_helper

from designer.planning.plan import plan_question
from designer.reading.loading import load, locate
from designer.search import cp_sat as solve

SEEN_IN = "9.15.6755"
FIRST, SECOND = 33_554_432, 36_909_875
LOW, HIGH = 2_043_222, 47_480_453


def trap() -> cp_model.CpModel:
    """A choice between two large numbers, times a third, divided: every choice is a solution."""
    m = cp_model.CpModel()
    i = m.new_int_var(0, 1, "i")
    x = m.new_int_var(FIRST, SECOND, "x")
    m.add_element(i, [FIRST, SECOND], x)
    y = m.new_int_var(LOW, HIGH, "y")
    p = m.new_int_var(0, SECOND * HIGH, "p")
    m.add_multiplication_equality(p, [x, y])
    q = m.new_int_var(0, SECOND * HIGH // FIRST, "q")
    m.add_division_equality(q, p, FIRST)
    return m


def status(presolve: bool) -> str:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 20
    solver.parameters.cp_model_presolve = presolve
    return str(solver.status_name(solver.solve(trap())))


def test_the_model_has_solutions_by_hand() -> None:
    """Numbers within 64 bits that meet every constraint, so that `INFEASIBLE` cannot be right."""
    for x, y in itertools.product((FIRST, SECOND), (LOW, HIGH)):
        p = x * y
        assert p < 2**63
        assert 0 <= p <= SECOND * HIGH
        assert 0 <= p // FIRST <= SECOND * HIGH // FIRST


def test_without_presolve_it_is_solved() -> None:
    assert status(presolve=False) == "OPTIMAL"


@pytest.mark.xfail(
    ortools.__version__ == SEEN_IN,
    strict=True,
    reason=f"OR-Tools {SEEN_IN} answers INFEASIBLE; a pass in another version means it is mended",
)
def test_with_presolve_it_is_solved() -> None:
    assert status(presolve=True) == "OPTIMAL"


# What may stand in a model of ours: variables of small domains, one table, linear comparisons.
SAFE = {"table", "linear", "bool_or"}
SMALL = 1 << 18  # from about here on the defect shows


@pytest.mark.parametrize("name", ["llama-3.1-70b-chat", "gpt-3-175b-carbon", "corpus-embedding"])
def test_no_model_of_ours_has_what_triggers_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No product, quotient or element, and no number large enough: not for any shipped kind of question."""
    sent: list[Any] = []
    plain = solve.solve

    def watched(model: str, *rest: Any) -> Any:
        sent.append(cp_model_helper.CpModelProto())
        assert sent[-1].parse_text_format(model)
        return plain(model, *rest)

    monkeypatch.setattr(solve, "solve", watched)
    question = load(locate(name))
    result = plan_question(question)
    assert len(sent) == len(question.objectives) + 1
    assert result.proof.complete
    for proto in sent:
        for c in proto.constraints:
            kind = next(k for k in (*SAFE, "int_prod", "int_div", "int_mod", "element") if kind_is(c, k))
            assert kind in SAFE
        assert max(abs(b) for v in proto.variables for b in v.domain) < SMALL


def kind_is(constraint: Any, kind: str) -> bool:
    return bool(getattr(constraint, f"has_{kind}")())


def test_numbers_reach_the_solver_as_ranks() -> None:
    """However large quantities are, the solver sees their order only."""
    huge = np.array([3.0e300, 1.0, 2.0**62, 1.0])
    assert solve.ranks(huge).tolist() == [2, 0, 1, 0]
    closure = solve.close(np.arange(4)[:, None], huge[:, None], np.array([1]), 5.0, 1)
    assert closure.proven
