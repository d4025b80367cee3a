"""How fast sweeps are, against one `designer plan` process for each point.

    python benchmarks/sweep.py            # writes benchmarks/sweep.json

Every number is processor time as well as wall time: the second depends on what else the machine does.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
COMMAND = [sys.executable, "-m", "designer"]
SWEEPS = {"chat-batch-latency": 10_000, "finetune-batch-memory": 1_000}
BASES = {"chat-batch-latency": "llama-3.1-70b-chat", "finetune-batch-memory": "llama-3.1-8b-finetune"}
PLANS = 3


def measured(command: list[str]) -> dict[str, float]:
    """Wall and processor seconds of a process and its children."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": time.perf_counter() - started, "cpu_s": cpu}


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    out: dict[str, object] = {"processors": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}
    try:
        for name, atleast in SWEEPS.items():
            done = measured([*COMMAND, "sweep", name, "--out", str(folder / name), "--jobs", "2", "--yes"])
            count = json.loads((folder / name / "sweep.json").read_text())["count"]
            assert count >= atleast
            plans = [measured([*COMMAND, "plan", BASES[name], "--json"]) for _ in range(PLANS)]
            each = min(p["cpu_s"] for p in plans)
            out[name] = {
                "points": count,
                **{k: round(v, 2) for k, v in done.items()},
                "points_per_cpu_s": round(count / done["cpu_s"], 1),
                "points_per_wall_s": round(count / done["wall_s"], 1),
                "plan_process_cpu_s": round(each, 2),
                "times_faster_than_a_process_a_point": round(each * count / done["cpu_s"], 1),
            }
    finally:
        shutil.rmtree(folder)
    text = json.dumps(out, indent=2)
    (HERE / "sweep.json").write_text(f"{text}\n", "utf-8")
    print(text)


if __name__ == "__main__":
    # An installed package has its bytecode; so has what is timed here, after its first run.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main()
