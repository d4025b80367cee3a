"""Time whole `designer plan` processes on three training problems at three sizes, and what grows with the space.

    python benchmarks/run.py > benchmarks/result.json
    python benchmarks/plot.py                           # docs/search-time.svg from it

Each problem is one file beside this one. A figure is the best of up to three runs of the whole command, from
process start. Where the space allows, plain vectorised brute force and CP-SAT given every design as a
table row run beside it. Nothing here is a test: machines differ, ratios less so.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
RUNS = 3
FEW_INTERVALS = "candidates.checkpoint_interval=[20 min, 1 h, 3 h]"
EIGHT_BITS = "candidates.precision=[bf16, fp8]"
FOUR_NODES = "candidates.node=[dgx-a100-80gb, dgx-h100, dgx-h200, dgx-b200]"
# What makes each problem about 1e7, 1e9 and 4e10 raw designs.
SIZES: dict[str, dict[str, list[str]]] = {
    "deepseek-v3-class": {
        "1e7": ["candidates.node_count=128", "candidates.region=gcp-us-central1", "candidates.micro_batch=1",
                FEW_INTERVALS],
        "1e9": ["candidates.node_count=[64, 128]"],
        "4e10": ["candidates.node_count=8..96 step 8", EIGHT_BITS, FOUR_NODES],
    },
    "gpt-3-class": {
        "1e7": ["candidates.node_count=128", "candidates.region=[gcp-us-central1, aws-eu-north-1]",
                "candidates.micro_batch=[1, 2]", FEW_INTERVALS],
        "1e9": ["candidates.node_count=8..128 step 20", EIGHT_BITS],
        "4e10": ["candidates.node_count=2..128 step 2", EIGHT_BITS, FOUR_NODES],
    },
    "llama-3-70b-class": {
        "1e7": ["candidates.node_count=128", "candidates.region=[gcp-us-central1, aws-eu-north-1]"],
        "1e9": ["candidates.node_count=6..128 step 6", EIGHT_BITS],
        "4e10": ["candidates.node_count=1..220", EIGHT_BITS, FOUR_NODES],
    },
}  # fmt: skip
# One problem from a handful of designs to hundreds of billions, for the plot.
GROWING = "gpt-3-class"
ONE_PLACE = ["candidates.region=gcp-us-central1", "candidates.micro_batch=1"]
FOUR_COUNTS = "candidates.node_count=[64, 96, 112, 128]"
HOURLY = "candidates.checkpoint_interval=1 h"
PLAIN = ["candidates.sharding=zero1", "candidates.vpp=1"]
STEPS: list[list[str]] = [
    [*ONE_PLACE, *PLAIN, HOURLY, "candidates.node_count=128", "candidates.pp=[1, 2, 4, 8, 16, 32, 96]"],
    [*ONE_PLACE, *PLAIN, HOURLY, "candidates.node_count=128"],
    [*ONE_PLACE, *PLAIN, HOURLY, FOUR_COUNTS],
    [*ONE_PLACE, "candidates.sharding=zero1", HOURLY, FOUR_COUNTS],
    [*ONE_PLACE, "candidates.node_count=128"],
    ["candidates.node_count=128"],
    SIZES[GROWING]["1e9"],
    SIZES[GROWING]["4e10"],
    ["candidates.node_count=1..384", EIGHT_BITS, FOUR_NODES],
]
LARGEST_BRUTE, LARGEST_TABLE = 12_000_000, 200_000


def command(problem: Path, sets: list[str]) -> dict[str, Any]:
    """Best wall time of the command, its processor time, its peak memory and its proof."""
    argv = [sys.executable, "-m", "designer", "plan", str(problem), "--json"]
    argv += [word for s in sets for word in ("--set", s)]
    best, used, out, memory = float("inf"), float("inf"), "", 0.0
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        best = min(best, time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = min(used, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        memory = after.ru_maxrss / 1024
    proof = json.loads(out)["proof"]
    keys = ("raw_designs", "feasible", "dominated", "solver_rows", "frontier", "complete")
    seconds = {"process_seconds": round(best, 2), "cpu_seconds": round(used, 2)}
    return {**seconds, "peak_mib_so_far": round(memory), **{k: proof[k] for k in keys}}


def search_only(problem: Path, sets: list[str]) -> dict[str, Any]:
    """The search, brute force, bounds and CP-SAT alone, side by side in this process, in seconds."""
    from designer.reading.loading import load
    from designer.search.archive import frontier_of
    from designer.search.branch_and_bound import prove
    from designer.search.brute import brute_frontier

    question = load(problem, sets)
    started = time.perf_counter()
    archive, count = frontier_of(question)
    out: dict[str, Any] = {"raw_designs": count.raw, "search": round(time.perf_counter() - started, 4)}
    started = time.perf_counter()
    if count.raw <= 5e9:
        assert prove(question, archive.objectives, time.monotonic() + 600).complete
        out["bounds"] = round(time.perf_counter() - started, 3)
    if count.raw <= LARGEST_BRUTE:
        started = time.perf_counter()
        front, _ = brute_frontier(question)
        out["brute_force"] = round(time.perf_counter() - started, 3)
        assert np.array_equal(front, archive.objectives)
    if count.raw <= LARGEST_TABLE:
        started = time.perf_counter()
        solver_alone(question, archive.objectives)
        out["cp_sat_alone"] = round(time.perf_counter() - started, 3)
    return out


def solver_alone(question: Any, expected: Any) -> None:
    """The frontier from CP-SAT given every feasible design as a row: no search of ours but the evaluation."""
    from designer.evaluating.grid import evaluate_grid
    from designer.search.cp_sat import close
    from designer.search.pareto import settled

    grid = evaluate_grid(question, question.domains)
    feasible = np.broadcast_to(grid.feasible, grid.shape)
    points = settled(
        np.stack([o.sign * grid.full(o.quantity)[feasible] for o in question.objectives], axis=1)
    )
    rows = np.stack([axis[feasible] for axis in np.indices(grid.shape)], axis=1)
    front = [int(np.flatnonzero((points == e).all(axis=1))[0]) for e in expected]
    assert close(rows, points, np.array(front), 600.0, 1).proven


def evaluations() -> dict[str, Any]:
    """How long one layout takes in a warm process, and how many a second a grid evaluates."""
    from designer.evaluating.design import values_of
    from designer.evaluating.grid import evaluate_grid
    from designer.reading.loading import load, locate

    question = load(locate("llama-3.1-405b-pretrain"))
    design = question.first_design()
    values_of(question, design)
    started = time.perf_counter()
    for _ in range(200):
        values_of(question, design)
    one = (time.perf_counter() - started) / 200
    question = load(HERE / "llama-3-70b-class.yaml", SIZES["llama-3-70b-class"]["1e7"])
    best = 0.0
    for _ in range(RUNS):
        started = time.perf_counter()
        size = evaluate_grid(question, question.domains).size
        best = max(best, size / (time.perf_counter() - started))
    return {"warm_evaluate_ms": round(1e3 * one, 3), "grid_layouts_per_second": round(best)}


def main() -> None:
    """Print the results of all problems as JSON."""
    load = round(os.getloadavg()[0], 2)
    results: dict[str, Any] = {}
    for name, sizes in SIZES.items():
        for size, sets in sizes.items():
            print(f"{name} {size}", file=sys.stderr)
            results.setdefault(name, {})[size] = command(HERE / f"{name}.yaml", sets)
    growth = []
    for sets in STEPS:
        print(f"growth {sets}", file=sys.stderr)
        growth.append(search_only(HERE / f"{GROWING}.yaml", sets))
    machine = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": load,
    }
    answer = {"schema": "designer.benchmark/2", "machine": machine, "problems": results, "growth": growth,
              "evaluation": evaluations()}  # fmt: skip
    json.dump(answer, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    # An installed package has its bytecode; so has what is timed here, after its first run.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main()
