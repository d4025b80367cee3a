"""A lever is what `evaluate` shows for as much more of the same input, edited where it is stated."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import test_search_oracle as oracle

import designer
from catalogs import Catalog, default_catalog, units, yaml
from designer.answers.plan import Lever
from designer.evaluating.design import evaluate
from designer.evaluating.levers import levers
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of

# Of the workload by its quantity: the field that states it, and of a list of items which part.
FIELDS = {
    "dataset_tokens": ("dataset", ""), "answer_rate": ("rate", ""), "concurrency": ("concurrency", ""),
    "input_tokens": ("lengths", "input"), "output_tokens": ("lengths", "output"), "period": ("period", ""),
}  # fmt: skip


def read(document: dict[str, Any]) -> Question:
    return question_of(SourceMap(yaml.parse(json.dumps(document), "levers.yaml"), [], oracle.CATALOG))


def more(text: str, step: float) -> str:
    value, unit = units.split(text)
    return f"{value * (1 + step)!r} {unit}"


def edited(document: dict[str, Any], lever: Lever, facts: dict[str, float]) -> dict[str, Any] | None:
    """The scenario with the input changed by the step of its lever; None where no line of it says it."""
    out = json.loads(json.dumps(document))
    field, part = FIELDS.get(lever.input, ("", ""))
    work = out["workload"]
    if field and part:
        work[field] = [{**item, part: more(item[part], lever.step)} for item in work[field]]
    elif field and field in work:
        work[field] = more(work[field], lever.step)
    elif lever.kind in ("assumed", "fitted"):
        unit = read(document).unit(lever.input)
        value = f"{lever.value * (1 + lever.step) / units.factor(unit)!r} {unit}".strip()
        plain = lever.input.removeprefix(
            "base_"
        )  # one fit, said of the base precision and of the one planned with
        out["assume"] = {n: value for n in (plain, f"base_{plain}") if facts.get(n) == lever.value}
    else:
        return None
    return out


@pytest.mark.parametrize("seed", range(12))
def test_a_lever_is_what_evaluate_shows(seed: int) -> None:
    r = random.Random(f"levers-{seed}")
    document = oracle.training(r) if seed % 2 else oracle.serving(r)
    document["objectives"] = ["cost", "energy"] if seed % 2 else ["cost_per_token", "ttft_p99"]
    question = read(document)
    designs = [{n: r.choice(v) for n, v in question.domains.items()} for _ in range(400)]
    design = next((d for d in designs if evaluate(question, d).feasible), designs[0])
    names = [*document["objectives"], "step_time" if seed % 2 else "tpot_p99"]
    before = evaluate(question, design).metrics
    facts = {n: k.si for n, k in question.bundle(design).items()}
    tried = 0
    for quantity, found in levers(question, design, names, 30).items():
        for lever in found:
            changed = edited(document, lever, facts)
            now = before[quantity].value
            if changed is None or not now:
                continue
            after = evaluate(read(changed), design).metrics[quantity].value
            assert after is not None
            shown = (after / now - 1) / lever.step
            assert lever.elasticity == pytest.approx(shown, rel=1e-6, abs=1e-9), (quantity, lever.input)
            tried += 1
    assert tried > 3


def test_steps_are_whole(tmp_path: Path) -> None:
    """477 steps: 1 % more tokens are 5 steps more, 1.05 %, where 0.1 % more are 1 step more, 2.1 times that."""
    r = random.Random(0)
    document = {**oracle.training(r), "objectives": ["cost"]}
    document["workload"] = {
        "job": "training", "model": "llama-3.1-8b", "sequence_length": "8192 token",
        "global_batch": "4194304 token", "dataset": f"{477 * 4194304} token",
    }  # fmt: skip
    document["candidates"] = {"node": "dgx-h100", "node_count": 1, "tp": 1, "pp": 1, "dp": 8}
    question = read(document)
    design = {**question.first_design(), "dp": 8}
    (moved,) = (
        x
        for x in levers(question, design, ["time_to_train"], 30)["time_to_train"]
        if x.input == "dataset_tokens"
    )
    assert moved.elasticity == pytest.approx(5 / 4.77, rel=5e-3)


def test_moments_of_lengths_move_together() -> None:
    """Prefill of a million tokens is mostly attention, which goes with the square."""
    question = read_shipped("million-token-context")
    design = designer.plan("million-token-context").frontier[0].design
    found = {x.input: x for x in levers(question, design, ["ttft_p99"], 30)["ttft_p99"]}
    assert 1.7 < found["input_tokens"].elasticity < 2
    assert not {"input_square", "input_cube", "longest_prompt", "context_limit"} & found.keys()


def test_a_fact_moves_all_that_it_becomes(tmp_path: Path) -> None:
    """The datasheet's rate is that of products and of attention: editing the entry moves both."""
    shipped = default_catalog()
    text = shipped.path("accelerators", "h100-sxm").read_text("utf-8")
    folder = tmp_path / "accelerators"
    folder.mkdir()
    assert "bf16: {value: 989.4 TFLOP/s" in text
    (folder / "h100-sxm.yaml").write_text(
        text.replace("bf16: {value: 989.4 TFLOP/s", f"bf16: {{value: {989.4 * 1.01!r} TFLOP/s")
    )
    question = read_shipped("llama-3.1-405b-pretrain")
    design = designer.plan("llama-3.1-405b-pretrain").frontier[0].design
    (moved,) = (
        x for x in levers(question, design, ["step_time"], 30)["step_time"] if x.input == "compute_rate"
    )
    assert moved.step == 0.01
    before, after = (
        designer.evaluate("llama-3.1-405b-pretrain", design, catalog=c).metrics["step_time"].value
        for c in (shipped, Catalog([tmp_path]))
    )
    assert before
    assert after
    assert moved.elasticity == pytest.approx((after / before - 1) / 0.01, rel=1e-6)


def read_shipped(name: str) -> Question:
    return designer.load(Path(designer.__file__).parents[1] / "scenarios" / f"{name}.yaml")
