"""Names of the field: read wherever a name is read, and never answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.errors import InputError
from designer.evaluating.design import evaluate
from designer.question.designs import parse_design
from designer.question.question import Question
from designer.reading.loading import load, locate

CHAT = "llama-3.1-70b-64-users"
TEXT = """name: x
workload:
  job: concurrent
  model: meta-llama/Llama-3.1-70B-Instruct
  users: 64 request
  isl: 1500
  osl: 500 token
candidates: {node: dgx-h100, node_count: 1, tp_size: [4, 8], pipeline_parallel_size: 1}
budgets: {itl: 40 ms, ttft_mean: 1 s}
baseline: {tensor_parallel_size: 8, precision: fp8, weights: fp8, kv: fp8, batch_size: 64, replicas: 1}
"""


def question(tmp_path: Path, text: str = TEXT, *sets: str) -> Question:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    return load(file, sets)


def test_aliases_are_the_canonical_question(tmp_path: Path) -> None:
    q = question(tmp_path)
    assert q.domains["tp"] == [4, 8] and q.domains["pp"] == [1] and q.baseline["tp"] == 8
    assert [t.name for t in q.stated] == ["tpot", "ttft"]
    plain = load(locate(CHAT))
    assert q.scenario.workload.lengths == plain.scenario.workload.lengths
    assert q.scenario.workload.concurrency == 64
    answer = evaluate(q, {})
    assert "tp_size" not in answer.to_json() and "itl" not in answer.metrics


def test_designs_and_overrides(tmp_path: Path) -> None:
    q = question(tmp_path, TEXT, "candidates.tp=[2]", "workload.isl=4000", "budgets.itl=9 ms")
    assert q.domains["tp"] == [2] and q.scenario.workload.lengths[0].input == 4000
    assert parse_design(q, "tensor_model_parallel_size=4, batch_size=8") == {"tp": 4, "batch": 8}
    other = load(locate(CHAT), ["candidates.tp_size=[2]", "workload.isl=100"])
    assert other.domains["tp"] == [2] and other.scenario.workload.lengths[0].input == 100


def test_training_names() -> None:
    q = load(locate("llama-3.1-8b-finetune"), ["workload.seq_len=4096 token", "workload.gbs=524288 token"])
    assert q.scenario.workload.sequence_length == 4096 and q.scenario.workload.sequences == 128


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tp_size: [4, 8]", "tp_size: [4], tp: 8", "x.yaml:8:45: candidates.tp_size: tp_size is tp"),
        (
            "isl: 1500",
            "isl: 1500\n  lengths: [{share: 1, input: 1 token, output: 1 token}]",
            "give either this",
        ),
        ("isl: 1500", "isl: 1500 GB", "x.yaml:6"),
        ("tp_size: [4, 8]", "tp_siez: 4", "unknown decision"),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError) as e:
        question(tmp_path, TEXT.replace(old, new))
    assert any(said in str(p) for p in e.value.problems), [str(p) for p in e.value.problems]


def test_hub_names_of_one_shape() -> None:
    from catalogs import default_catalog

    facts = default_catalog()
    for name, id in {
        "meta-llama/Llama-3.1-70B-Instruct": "llama-3.1-70b", "meta-llama/Meta-Llama-3.1-8B": "llama-3.1-8b",
        "mistralai/Mixtral-8x7B-Instruct-v0.1": "mixtral-8x7b", "Qwen/Qwen2.5-72B-Instruct": "qwen2.5-72b",
        "google/gemma-2-9b-it": "gemma-2-9b", "meta-llama/Llama-2-70b-chat-hf": "llama-2-70b",
    }.items():  # fmt: skip
        assert facts.find("models", name) == id
    # What is another model is none: a date, a size, a distillate, no owner.
    for name in (
        "Qwen/Qwen3-30B-A3B-Instruct-2507",
        "x/llama-3.1-7b",
        "deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
        "x/",
    ):
        assert facts.find("models", name) is None
