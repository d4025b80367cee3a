"""An interrupted command says so with its exit code and leaves a whole answer or none."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

TRIES = 100
COMMAND = [sys.executable, "-m", "designer", "plan", "llama-3.1-8b-finetune", "--json"]


def interrupted(folder: Path, i: int, after: float) -> tuple[int, str, str]:
    """Exit code, output and complaints of a plan that is sent a signal some seconds after its start."""
    out, err = folder / f"{i}.json", folder / f"{i}.txt"
    with out.open("wb") as o, err.open("wb") as e:
        process = subprocess.Popen(COMMAND, stdout=o, stderr=e)
        time.sleep(after)
        process.send_signal(signal.SIGTERM if i % 4 == 0 else signal.SIGINT)
        code = process.wait(timeout=120)
    return code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_at_any_moment(tmp_path: Path) -> None:
    started = time.monotonic()
    subprocess.run(COMMAND, check=True, capture_output=True)
    whole = time.monotonic() - started
    rng = random.Random(1)
    # The interpreter's own start is not ours; two at a time stretch the rest.
    moments = [rng.uniform(0.1, 1.3) * whole for _ in range(TRIES)]
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(lambda i: interrupted(tmp_path, i, moments[i]), range(TRIES)))
    codes = {code for code, _, _ in ends}
    for code, out, err in ends:
        assert code in (0, 130, -signal.SIGINT, -signal.SIGTERM)
        if code == 0:
            assert json.loads(out)["status"] == "found"
        else:
            assert out == "" or json.loads(out)["status"] == "found"
        if code == 130:
            assert err == "interrupted\n"
    assert len(codes) > 1
