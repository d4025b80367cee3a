"""What a plan says beside its numbers: what they are per, and where the stages of a pipeline differ."""

from __future__ import annotations

import pytest

from catalogs import default_catalog
from designer.planning.plan import plan_question
from designer.planning.uneven import uneven_stages
from designer.question.question import Question
from designer.reading.loading import load, locate
from designer.report.headline import period_of
from designer.report.plan_text import render

CATALOG = default_catalog()
TOKENS = "per output token (per input token where none is generated)"


def ask(name: str, *sets: str) -> Question:
    return load(locate(name), list(sets), CATALOG)


@pytest.mark.parametrize(
    ("name", "sets", "said"),
    [
        ("llama-3.1-70b-chat", ["objectives=[cost, tpot_p99]"], ["cost in 30.4 day", TOKENS]),
        ("llama-3.1-70b-chat", ["workload.period=1 h", "objectives=[cost, tpot_p99]"], ["cost in 60 min"]),
        ("llama-3.1-405b-pretrain", [], ["cost, carbon for the whole training job"]),
        ("corpus-embedding", ["objectives=[cost_per_token]"], ["cost, carbon for the whole batch job", TOKENS]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("width", [80, 100])
def test_what_numbers_are_per_is_said_once(name: str, sets: list[str], said: list[str], width: int) -> None:
    q = ask(name, *sets)
    text = render(plan_question(q), q.job, width, q.units, period=period_of(q))
    counted = text.partition("\ncounted  ")[2].partition("\n\n")[0]
    assert all(len(line) <= width for line in counted.splitlines())
    for words in said:
        assert words in " ".join(counted.split())
    assert text.count("\ncounted  ") == 1


@pytest.mark.parametrize(("pp", "told"), [(9, "PP 9 (9, 8)"), (41, "PP 41 (2, 1)"), (10, ""), (1, "")])
def test_uneven_stages_are_told(pp: int, told: str) -> None:
    """80 layers: 8 stages of 9 and one of 8, 39 of 2 and two of 1, and 10 of 8, which need no word."""
    q = ask("llama-3.1-70b-chat", f"candidates.pp=[{pp}]")
    notes = uneven_stages(q, [q.first_design()])
    assert notes == ([f"stages hold unequal layers (the fullest, the last): {told}"] if told else [])


def test_uneven_stages_of_pools_and_of_a_frontier() -> None:
    q = ask("llama-3.1-70b-apart", "candidates.pp=3")
    assert uneven_stages(q, [q.first_design()])[0].endswith("decode PP 3 (27, 26), prefill PP 3 (27, 26)")
    found = plan_question(ask("llama-3.1-405b-pretrain"))  # PP 16 of 126 layers
    assert "stages hold unequal layers (the fullest, the last): PP 16 (8, 7)" in found.notes
