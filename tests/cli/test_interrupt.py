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

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "designer"]
# How often each command is interrupted: a fleet spends its time in the solver, a plan in the search.
TRIES = {("plan", "llama-3.1-8b-finetune"): 16, ("fleet", "ai-lab"): 4}


def interrupted(folder: Path, command: list[str], i: int, after: float) -> tuple[int, str, str]:
    """Exit code, output and complaints of a command that is sent a signal some seconds after its start."""
    out, err = folder / f"{i}.json", folder / f"{i}.txt"
    with out.open("wb") as o, err.open("wb") as e:
        process = subprocess.Popen(command, stdout=o, stderr=e)
        time.sleep(after)
        process.send_signal(signal.SIGTERM if i % 4 == 0 else signal.SIGINT)
        code = process.wait(timeout=120)
    return code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("asked", TRIES, ids=lambda asked: asked[0])
def test_at_any_moment(tmp_path: Path, asked: tuple[str, str]) -> None:
    command = [*COMMAND, *asked, "--json"]
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole = time.monotonic() - started
    rng = random.Random(1)
    # The interpreter's own start is not ours; two at a time stretch the rest.
    moments = [rng.uniform(0.1, 1.3) * whole for _ in range(TRIES[asked])]
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(lambda i: interrupted(tmp_path, command, i, moments[i]), range(TRIES[asked])))
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


# A command with a thread that does not end, as one does that waits for a lock which nobody gives back.
STUCK = """
import threading, time
import designer.cli as cli
cli.GRACE = 1
def main(argv=None):
    threading.Thread(target=time.sleep, args=(100,)).start()
    print("started", flush=True)
    time.sleep(100)
cli.main = main
cli.run()
"""


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="alarms of POSIX")
def test_a_thread_that_hangs_does_not_keep_an_interrupted_command() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STUCK], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "interrupted\n"
