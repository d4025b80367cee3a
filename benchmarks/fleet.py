"""Time whole `designer fleet` processes on made-up fleets of 2 to 100 workloads.

    python benchmarks/fleet.py > benchmarks/fleet.json          all sizes
    python benchmarks/fleet.py --write 20 > fleet-20.yaml       one fleet as a file, to look at or to ask
    python benchmarks/fleet.py --write 20 --open > open-20.yaml the same with every decision open

A fleet of a size is always the same: workloads are drawn from eight templates in four sizes, with
residency, starts and deadlines, on three kinds of nodes in three regions. The machines people would
take first run short, and so does power. Each fleet comes twice: with few decisions open, and with every
decision open that a workload has. CPU seconds are those of the whole command, all threads.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SEED = 20
SIZES = ["2", "6", "20", "50", "100"]
REGIONS = ("aws-us-east-1", "aws-us-west-2", "aws-eu-north-1")
NODES = ("p4de.24xlarge", "p5.48xlarge", "p5e.48xlarge")
FACTORS = (0.5, 1.0, 2.0, 3.0)
LENGTHS = {"chat": (1000, 250), "search": (3000, 100), "agent": (6000, 800)}


# What is open of a run, of a service and of a batch job where every decision is. What a scenario need not
# say is open by default: of a run TP, EP, PP, VPP, DP, recomputation, sharding and checkpoint interval.
OPEN_RUN = {
    "precision": ["bf16", "fp8"],
    "global_batch": [f"{2**k} token" for k in (20, 21, 22, 23)],
    "micro_batch": [1, 2, 4, 8],
    "node_count": [1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32],
}
OPEN_SERVICE = {
    "precision": ["bf16", "fp8"],
    "weights": ["bf16", "fp8", "int8", "int4"],
    "kv": ["bf16", "fp8"],
    "pp": [1, 2, 3, 4, 6, 8],
    "prefill_batch": [1, 2, 4, 8, 16, 32, 64],
    "batch": [1, 2, 4, "8..256 step 8", "288..512 step 32"],
    "replicas": "1..256",
}
OPEN_BATCH = {**OPEN_SERVICE, "prefill_batch": [2**k for k in range(11)]}


def training(model: str, tokens: float, nodes: list[int], wide: bool) -> dict[str, Any]:
    """A training run; 4,096 tokens a sequence, every layout."""
    workload = {"job": "training", "model": model, "sequence_length": "4096 token",
                "global_batch": f"{4096 * 1024} token", "dataset": f"{tokens:g} token"}  # fmt: skip
    return {"workload": workload, "candidates": OPEN_RUN if wide else {"node_count": nodes}}


def serving(model: str, rate: float, kind: str, tpot: str, wide: bool) -> dict[str, Any]:
    """A pool that answers requests all year."""
    prompt, answer = LENGTHS[kind]
    workload = {"job": "serving", "model": model, "rate": f"{rate:g} request/s",
                "lengths": [{"share": 1, "input": f"{prompt} token", "output": f"{answer} token"}]}  # fmt: skip
    budgets = {"ttft_p99": "3 s", "tpot_p99": tpot}
    return {"workload": workload, "budgets": budgets, **({"candidates": OPEN_SERVICE} if wide else {})}


def batch(model: str, requests: float, wide: bool) -> dict[str, Any]:
    """Texts to embed."""
    workload = {"job": "batch", "model": model, "requests": f"{requests:g} request",
                "lengths": [{"share": 1, "input": "400 token", "output": "0 token"}]}  # fmt: skip
    few = {"tp": 1, "pp": 1, "batch": 1, "prefill_batch": [4, 16, 64], "replicas": [8, 16, 32, 64]}
    return {"workload": workload, "candidates": OPEN_BATCH if wide else few}


def template(kind: int, factor: float, wide: bool) -> dict[str, Any]:
    """One of eight kinds of workload in a size."""
    made = [
        training("llama-3.1-8b", 1e12 * factor, [2, 4, 6, 8, 12, 16], wide),
        training("llama-3.1-70b", 1e11 * factor, [4, 8, 12, 16, 24], wide),
        training("qwen3-30b-a3b", 5e11 * factor, [2, 4, 8, 12, 16], wide),
        serving("llama-3.1-70b", 10 * factor, "chat", "60 ms", wide),
        serving("llama-3.1-8b", 20 * factor, "search", "40 ms", wide),
        serving("qwen3-32b", 5 * factor, "agent", "60 ms", wide),
        batch("qwen3-8b", 2e9 * factor, wide),
        batch("llama-3.1-8b", 1e9 * factor, wide),
    ]
    return made[kind]


def fleet(size: int, wide: bool = False) -> dict[str, Any]:
    """A fleet of `size` workloads as the data of a fleet file."""
    draw = random.Random(SEED + size)
    workloads = []
    for i in range(size):
        kind, factor = (i if size <= 8 else draw.randrange(8)) % 8, draw.choice(FACTORS)
        entry: dict[str, Any] = {
            "name": f"w{i}",
            "scenario": {"name": f"kind {kind} x {factor:g}", **template(kind, factor, wide)},
        }
        if draw.random() < 0.4:
            entry["regions"] = sorted(draw.sample(REGIONS, draw.choice([1, 2])))
        if kind not in (3, 4, 5):
            entry["start"] = f"{draw.choice([0, 0, 60, 120])} day"
            entry["deadline"] = f"{draw.choice([240, 300, 365])} day"
        workloads.append(entry)
    room = {"p4de.24xlarge": 0.6, "p5.48xlarge": 0.3, "p5e.48xlarge": 0.2}
    inventory = [
        {"node": n, "region": r, "nodes": max(8, round(room[n] * size * draw.uniform(0.6, 1.0)))}
        for n in NODES
        for r in REGIONS
    ]
    sites = {r: {"peak_power": f"{max(60.0, size * draw.uniform(3, 5)):.1f} kW"} for r in REGIONS[1:]}
    return {
        "name": f"fleet of {size}",
        "workloads": workloads,
        "inventory": inventory,
        "sites": sites,
        "objectives": ["cost"],
        "solver": {"time_limit": "300 s"},
    }


def timed(size: int, objectives: list[str], wide: bool) -> dict[str, Any]:
    """The whole command on one fleet: wall and CPU seconds, memory, load before, and what was proven."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.yaml"
        file.write_text(json.dumps({**fleet(size, wide), "objectives": objectives}), encoding="utf-8")
        load, started = os.getloadavg()[0], time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "designer", "fleet", str(file), "--json"],
            stdout=subprocess.PIPE, stderr=sys.stderr, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            text = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
    if process.returncode not in (0, 2, 3):
        raise SystemExit(process.returncode)
    result = json.loads(text)
    proof = {k: v for k, v in result["proof"].items() if k != "seconds"}
    return {
        "status": result["status"],
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "memory_mb": round(used.ru_maxrss / 1024),
        "load_before": round(load, 2),
        **proof,
    }


def main() -> None:
    """Print the results of all sizes as JSON, or one fleet as a file."""
    if "--write" in sys.argv:
        size = int(sys.argv[sys.argv.index("--write") + 1])
        json.dump(fleet(size, "--open" in sys.argv), sys.stdout, indent=1)
        return
    results: dict[str, Any] = {}
    wanted = [a for a in sys.argv[1:] if a.isdigit()] or SIZES
    cases = [(int(n), ["cost"], wide) for wide in (False, True) for n in wanted]
    cases += [(6, ["cost", "carbon"], wide) for wide in (False, True) if "6" in wanted]
    for size, objectives, wide in cases:
        found = timed(size, objectives, wide)
        many = "every decision" if wide else "few decisions"
        what = f"{size} workloads, {many} open, {' and '.join(objectives)}"
        results[what] = found
        print(
            f"{what}: 1e{int(found['log10_joint'])} joint choices, {found['options']:,} options, {found['status']},"
            f" {found['wall_seconds']} s, {found['cpu_seconds']} s of CPU, {found['memory_mb']} MB",
            file=sys.stderr,
        )
    machine = {"processors": os.cpu_count(), "python": sys.version.split()[0]}
    json.dump(
        {"schema": "designer.fleet-benchmark/2", "machine": machine, "fleets": results}, sys.stdout, indent=1
    )
    print()


if __name__ == "__main__":
    main()
