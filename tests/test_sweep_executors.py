"""Whoever computes, and whatever happens to a worker, the table is the same."""

from __future__ import annotations

import importlib.util
import os
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
