"""Time whole `designer plan` processes on three training problems at three sizes.

    python benchmarks/run.py > benchmarks/result.json

Each problem is one file beside this one. Every figure is the best of three runs of the whole command,
from process start; where the space allows, plain vectorised brute force runs beside it and the ratio
of the two searches is given. Nothing here is a test: machines differ, ratios less so.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RUNS = 3
# What multiplies the space, by size.
SIZES = {
    "small": ["candidates.node_count=[64, 128]", "candidates.region=gcp-us-central1"],
    "medium": ["candidates.node_count=8..128 step 8", "candidates.precision=[bf16, fp8]"],
    "large": ["candidates.node_count=1..128", "candidates.precision=[bf16, fp8]",
             "candidates.node=[dgx-a100-80gb, dgx-h100, dgx-h200, dgx-b200]"],
}  # fmt: skip


def command(problem: Path, sets: list[str]) -> dict[str, Any]:
    """Best wall time of the command, its peak memory and its proof."""
    argv = [sys.executable, "-m", "designer", "plan", str(problem), "--json"]
    argv += [word for s in sets for word in ("--set", s)]
    best, out = float("inf"), ""
    for _ in range(RUNS):
        started = time.perf_counter()
        out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        best = min(best, time.perf_counter() - started)
    proof = json.loads(out)["proof"]
    keys = ("raw_designs", "feasible", "dominated", "frontier", "complete", "seconds")
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"process_seconds": round(best, 3), "peak_mib": round(memory), **{k: proof[k] for k in keys}}


def against_brute_force(problem: Path, sets: list[str]) -> dict[str, Any]:
    """The search and brute force side by side in this process, where the space is small enough."""
    from designer.archive import frontier_of
    from designer.brute import brute_frontier
    from designer.loading import load

    question = load(problem, sets)
    started = time.perf_counter()
    archive, _ = frontier_of(question)
    ours = time.perf_counter() - started
    started = time.perf_counter()
    try:
        front, _ = brute_frontier(question)
    except ValueError as e:
        return {"brute_force": str(e)}
    brute = time.perf_counter() - started
    agree = front.shape == archive.objectives.shape and bool((front == archive.objectives).all())
    return {"brute_force_ratio": round(brute / ours, 1), "brute_force_agrees": agree}


def main() -> None:
    """Print the results of all problems as JSON."""
    results: dict[str, Any] = {}
    for problem in sorted(HERE.glob("*.yaml")):
        for size, sets in SIZES.items():
            print(f"{problem.stem} {size}", file=sys.stderr)
            results.setdefault(problem.stem, {})[size] = {
                **command(problem, sets),
                **against_brute_force(problem, sets),
            }
    json.dump({"schema": "designer.benchmark/1", "problems": results}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
