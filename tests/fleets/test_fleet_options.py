"""The table of a fleet against plain enumeration: every shortcut leaves the same undominated options."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalogs import Catalog
from designer.fleets import options
from designer.fleets.batching import likeness
from designer.fleets.options import Menus, pools_of
from designer.fleets.reading import FleetQuestion, load_fleet
from designer.search import lower_bounds as outlook
from designer.search import table_constraints as sieve
from designer.search.archive import Archive
from designer.search.enumerate import enumerate_designs

pytestmark = [pytest.mark.usefixtures("tables_for_all"), pytest.mark.slow]

CATALOG = Catalog()

RUN = (
    "name: %s, scenario: {name: r, workload: {job: training, model: %s, sequence_length: 4096 token,"
    " global_batch: 1048576 token, dataset: %s token}, candidates: {precision: [bf16, fp8], node_count: [1, 2, 3, 4],"
    " tp: [1, 2, 4], pp: [1, 2, 3, 4], vpp: [1, 2], micro_batch: [1, 2, 3], checkpoint_interval: [15 min, 60 min]}}"
)
CHAT = (
    "name: %s, scenario: {name: s, workload: {job: serving, model: llama-3.1-8b, rate: %s request/s, lengths:"
    " [{share: 1, input: 1000 token, output: 200 token}]}, candidates: {weights: [bf16, fp8, int4], pp: [1, 2],"
    " batch: [8, 32, 64], replicas: 1..40}, budgets: {ttft_p99: 2 s, tpot_p99: 50 ms}}"
)
EMBED = (
    "name: %s, scenario: {name: b, workload: {job: batch, model: qwen3-8b, requests: %s request, lengths:"
    " [{share: 1, input: 400 token, output: 0 token}]}, candidates: {tp: [1, 2], prefill_batch: [4, 32],"
    " replicas: 1..20}}"
)
WORKLOADS = [
    RUN % ("a", "llama-3.1-8b", "2e9"),
    RUN % ("b", "llama-3.1-8b", "7e9"),
    RUN % ("c", "qwen3-30b-a3b", "1e9"),
    RUN % ("d", "llama-3.1-8b", "2e9") + ", start: 30 day",
    CHAT % ("e", "20"),
    CHAT % ("f", "90"),
    CHAT % ("g", "20") + ", pools: separate",
    EMBED % ("h", "1e8"),
    EMBED % ("i", "3e8"),
]
NODES = ("p4de.24xlarge", "p5.48xlarge", "p5e.48xlarge")
REGIONS = ("aws-us-east-1", "aws-us-west-2", "aws-eu-north-1")
ALL = [f"{{node: {n}, region: {r}, nodes: 3}}" for n in NODES for r in REGIONS]
OWNED = (
    "{node: p5.48xlarge, region: %s, nodes: 3, tenure: owned, purchase: 30000 USD, electricity: 0.1 USD/kWh}"
)
LINES = {
    "every node everywhere": ALL,
    "some nodes somewhere": [ALL[0], ALL[2], ALL[4], ALL[5], ALL[8]],
    "owned beside rented": [*ALL[3:], OWNED % REGIONS[0], OWNED % REGIONS[2]],
}


def fleet(folder: Path, lines: list[str], objectives: str) -> FleetQuestion:
    file = folder / "fleet.yaml"
    items = "".join(f"  - {{{w}}}\n" for w in WORKLOADS)
    where = "".join(f"  - {line}\n" for line in lines)
    file.write_text(f"name: f\nobjectives: [{objectives}]\nworkloads:\n{items}inventory:\n{where}", "utf-8")
    return load_fleet(file, [], CATALOG)


def plain(menus: Menus, question: FleetQuestion) -> Iterator[tuple[Any, str, int, np.ndarray]]:
    """The undominated designs of every workload on every line, of all feasible designs one line at a time."""
    for w in question.workloads:
        for pool in pools_of(w):
            read = menus._read(w, pool)
            for i, line in enumerate(question.fleet.inventory):
                asked = read.lines.on(read.question, [line])
                archive = Archive(asked)
                enumerate_designs(asked, {o.quantity for o in asked.objectives}, archive.take)
                yield w, pool, i, archive.objectives


@pytest.mark.parametrize("objectives", ["cost", "cost, carbon"])
@pytest.mark.parametrize("lines", LINES)
def test_options_are_the_undominated_of_all_designs(
    lines: str, objectives: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = fleet(tmp_path, LINES[lines], objectives)
    menus = Menus(question, math.inf)
    found = {(w.entry.name, pool): menus.of(w, pool) for w in question.workloads for pool in pools_of(w)}
    monkeypatch.setattr(sieve, "MOST_CELLS", 0)
    monkeypatch.setattr(outlook, "MOST_CELLS", 0)
    some = 0
    for w, pool, i, expected in plain(menus, question):
        menu = found[w.entry.name, pool]
        mine = [list(o.takes.values()) for o in menu.options if o.line == i]
        rows = np.array(mine).reshape(len(mine), expected.shape[1])
        np.testing.assert_array_equal(rows, expected)
        some += len(expected)
    assert some > len(found)


def test_workloads_that_differ_in_their_amount_share_a_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The designs a workload stands for are its own, however many it was searched with."""
    question = fleet(tmp_path, ALL, "cost")
    searched: list[int] = []
    enumerate_all = options.enumerate_designs

    def counted(*args: Any, **kwargs: Any) -> Any:
        count = enumerate_all(*args, **kwargs)
        searched.append(count.raw)
        return count

    monkeypatch.setattr(options, "enumerate_designs", counted)
    menus = Menus(question, math.inf)
    raw = {w.entry.name: menus.of(w, pools_of(w)[0]).raw for w in question.workloads}
    # Three kinds of runs and jobs, two rates, two pools: with nodes and regions in one search each.
    assert len(searched) == 7
    assert raw["a"] == raw["b"] == raw["d"]
    assert raw["a"] * 2 in searched and raw["h"] * 2 in searched


def test_what_is_alike() -> None:
    run = {"name": "a", "workload": {"job": "training", "model": "m", "dataset": "1e9 token"}}
    more = {"name": "b", "workload": {**run["workload"], "dataset": "2e9 token"}}  # type: ignore[dict-item]
    assert likeness(run) == likeness(more)
    assert likeness(run) != likeness({**run, "workload": {**run["workload"], "model": "n"}})  # type: ignore[dict-item]
    assert likeness(run) != likeness({**run, "budgets": {"cost": "1 USD"}})
    bounded = {**run, "confidence": 0.9}
    assert likeness(bounded) != likeness({**bounded, "workload": more["workload"]})
    read = {**run, "workload": {**run["workload"], "dataset": {"samples": "1e6 sample"}}}  # type: ignore[dict-item]
    assert likeness(read) != likeness(
        {**read, "workload": {**read["workload"], "dataset": {"samples": "2e6 sample"}}}
    )  # type: ignore[dict-item]
    served = {"name": "a", "workload": {"job": "serving", "model": "m", "rate": "1 request/s"}}
    assert likeness(served) != likeness({**served, "workload": {**served["workload"], "rate": "2 request/s"}})  # type: ignore[dict-item]
