"""Time whole `designer size` processes on the shipped sizing scenarios.

    python benchmarks/size.py > benchmarks/size.json

The one-at-a-time table (with the parts of the catalog and the sensitivities) is to take 2 s and the
joint surface 10 s on two idle cores. Wall seconds are the best of three runs, CPU seconds those of the
command, all threads.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

SCENARIOS = (
    "llama-3.1-70b-chat-20ms",
    "deepseek-v3-decode",
    "million-token-context",
    "llama-3.1-405b-30-days",
    "edge-8b",
    "wafer-scale-70b",
)
ANSWERS = {"table": [], "joint": ["--joint"]}
RUNS = 3


def timed(arguments: list[str]) -> dict[str, float]:
    """Wall and CPU seconds of one command, the best of three."""
    best: list[tuple[float, float]] = []
    for _ in range(RUNS):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-m", "designer", *arguments], check=True, capture_output=True)
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        best.append((wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    wall, cpu = min(best)
    return {"wall_seconds": round(wall, 2), "cpu_seconds": round(cpu, 2)}


def main() -> None:
    """Print the times as JSON."""
    cores, load = len(os.sched_getaffinity(0)), round(os.getloadavg()[0], 1)
    runs = {
        name: {kind: timed(["size", name, *options]) for kind, options in ANSWERS.items()}
        for name in SCENARIOS
    }
    print(json.dumps({"cores": cores, "load_before": load, "runs": runs}, indent=1))


if __name__ == "__main__":
    # An installed package has its bytecode; so has what is timed here, after its first run.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main()
