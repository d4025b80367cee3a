"""A larger number of devices never needs more of each: what fits on fewer fits on as many."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

from catalogs import default_catalog, yaml
from designer.answers.size import Need, SizeResult
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.search.archive import frontier_of
from designer.sizing.reading import ask
from designer.sizing.sizing import size_question

CATALOG = default_catalog()
# A need is found to so much: it is told with the proof that 1 % less is not enough.
CLOSE = 0.01


def document(r: random.Random) -> dict[str, Any]:
    batch = r.choice([48, 64, 96, 128])
    return {
        "name": "more",
        "workload": {"job": "training", "model": r.choice(["llama-3.1-8b", "llama-3.2-1b", "mixtral-8x7b"]),
                     "sequence_length": "4096 token", "global_batch": f"{batch * 4096} token",
                     "dataset": f"{r.choice([1e9, 2e9, 4e9]):.0f} token"},
        "candidates": {"node": r.choice(["dgx-h100", "dgx-a100-80gb", "dgx-b200"]), "tp": [1, 2, 4, 8], "vpp": 1,
                       "pp": [1, 2, 3, 4], "sharding": ["zero1", "zero3"], "checkpoint_interval": "30 min"},
        "budgets": {"time_to_train": f"{r.choice([1, 2, 3])} h"},
    }  # fmt: skip


def sized(data: dict[str, Any], counts: list[int], specs: list[str]) -> SizeResult:
    source = SourceMap(yaml.parse(json.dumps(data, indent=1), "more.yaml"), [], CATALOG)
    return size_question(ask(source, devices=counts), devices=counts, specs=specs)


def needed(need: Need) -> float:
    return {"none": math.inf, "any": 0.0}.get(need.status, need.value or 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_more_devices_never_need_more(seed: int) -> None:
    r = random.Random(f"more-{seed}")
    data = document(r)
    spec = r.choice(["compute_rate", "memory_bandwidth", "memory_capacity"])
    before = math.inf
    for count in (8, 16, 24, 40, 48):
        (row,) = sized(data, [count], [spec]).rows
        now = needed(row.needs[0])
        assert now <= before * (1 + CLOSE), count
        before = now
        # It is the answer to a plan with as many devices or fewer.
        asked = {**data, "rules": [f"devices <= {count}"], "objectives": ["devices"]}
        asked["candidates"] = {**data["candidates"], "node_count": f"1..{count // 8}"}
        planned, _ = frontier_of(question_of(SourceMap(yaml.parse(json.dumps(asked), "p.yaml"), [], CATALOG)))
        assert (len(planned.positions) > 0) == row.base_meets, count
