"""Whoever computes, and whatever happens to a worker, the table is the same."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sweep_runs import CATALOG, TINY, Killing, answered, dies, plan_of, tiny

from catalogs.errors import InputError
from designer.sweeping import running
from designer.sweeping.executors import Executor, Here, executor_of
from designer.sweeping.running import estimated, prepared, run
from designer.sweeping.store import Store

pytestmark = pytest.mark.slow

HERE = str(Path(__file__).parent)
ENGINES = ["local", "dask", "ray"]


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the table that one process makes."""
    return answered(tmp_path_factory.mktemp("one") / "out").digest()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several for each worker; and the workers find the helpers of these tests."""
    monkeypatch.setattr(running, "MOST_CHUNK", 16)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")]))


@contextmanager
def engine(name: str) -> Iterator[Executor]:
    """A real one on this machine, with two workers."""
    package = {"dask": "distributed", "ray": "ray"}.get(name)
    if package and importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed (pip install '.[cluster]')")
    found = executor_of(name, 2)
    try:
        yield found
    finally:
        found.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", ENGINES)
def test_a_worker_is_killed_and_the_table_is_the_same(name: str, digest: str, tmp_path: Path) -> None:
    with engine(name) as e:
        assert e.workers == 2
        summary = run(tiny(), tmp_path / "out", Killing(e, tmp_path / "killed"))
    assert (tmp_path / "killed").exists()
    assert summary.made == tiny().plan.count
    assert Store(tmp_path / "out").digest() == digest


def test_a_worker_that_always_dies_is_one_line() -> None:
    with engine("local") as e, pytest.raises(InputError, match="keep dying on point 1 "):
        list(e.map(dies, [(1,)]))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rya", 2), "unknown; did you mean 'ray'"),
        (("local", 2, "tcp://1.2.3.4:1"), "--address is of a cluster"),
    ],
)
def test_executors_that_do_not_exist(arguments: tuple[str, int], says: str) -> None:
    with pytest.raises(InputError, match=says.replace("?", r"\?")):
        executor_of(*arguments)


def test_one_worker_is_this_process() -> None:
    assert isinstance(executor_of("local", 1), Here)


def test_an_estimate_grows_with_the_points_and_falls_with_the_workers() -> None:
    sweep = prepared(plan_of(TINY), CATALOG)
    assert 0 < estimated(sweep, 1000) < estimated(sweep, 1)


def test_from_python_and_again(digest: str, tmp_path: Path) -> None:
    import designer

    result = designer.sweep(TINY, tmp_path / "out")
    assert Store(result.folder).digest() == digest
    frame = designer.sweep(
        "llama-3.1-70b-chat",
        tmp_path / "two",
        {"candidates.batch": [8, [16, 32]], "workload.rate": ["9 request/s"]},
    ).to_frame()
    assert set(frame["candidates.batch"]) == {"8", "[16, 32]"}
    assert set(frame["batch"]) <= {8, 16, 32}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_workers_do_not_outlive_the_sweep(tmp_path: Path) -> None:
    """A sweep that is killed leaves no process behind."""
    script = """
import os, sys, time
from designer.sweeping.executors import Processes
if __name__ == "__main__":
    e = Processes(2)
    for pid in e.map(sweep_runs.who, [(1,), (2,), (3,), (4,), (5,), (6,)]):
        print(pid, flush=True)
    time.sleep(60)
"""
    file = tmp_path / "script.py"
    file.write_text(script.replace("import os, sys", "import sweep_runs, os, sys"), "utf-8")
    process = subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    workers = {int(process.stdout.readline()) for _ in range(3)}
    process.kill()
    process.wait()
    process.stdout.close()
    for _ in range(200):
        if not any(map(_alive, workers)):
            return
        time.sleep(0.1)
    pytest.fail(f"{workers} are still there")


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
