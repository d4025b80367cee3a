"""Results outlive whatever happens to the process that makes them."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq
import pytest
from sweep_runs import CATALOG, TINY, answered, plan_of, tiny

from catalogs import Catalog
from catalogs.errors import InputError
from designer.cli import main
from designer.schemas import schema_of
from designer.sweeping import running
from designer.sweeping.executors import Here
from designer.sweeping.running import prepared, run
from designer.sweeping.store import Store, merged

pytestmark = pytest.mark.slow

KILLS = 40
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The tiny sweep, answered in one go."""
    return answered(tmp_path_factory.mktemp("whole") / "out")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_killed_at_forty_moments(whole: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process goes on where the one before it was killed: nothing lost, doubled or half-written."""
    monkeypatch.setattr(running, "MOST_CHUNK", 4)
    sweep, started = tiny(), time.perf_counter()
    run(sweep, tmp_path / "timed", Here())
    pace = time.perf_counter() - started
    fork, rng = multiprocessing.get_context("fork"), random.Random(5)
    folder, round_, killed, left, resumed = tmp_path / "0", 0, 0, 0, 0
    for _ in range(3 * KILLS):
        if killed == KILLS:
            break
        resumed += bool(Store(folder).parts())
        process = fork.Process(target=run, args=(sweep, folder, Here()))
        process.start()
        process.join(rng.random() * pace / 6)
        if process.is_alive():
            process.kill()
            process.join()
            killed += 1
            left += len(list(folder.rglob("*.tmp")))
        else:
            assert process.exitcode == 0
            assert Store(folder).digest() == whole.digest()
            round_ += 1
            folder = tmp_path / str(round_)
    assert killed == KILLS
    summary = run(sweep, folder, Here())
    assert summary.kept + summary.made == sweep.plan.count
    assert resumed > 0
    assert Store(folder).digest() == whole.digest()
    points = [p for f in folder.glob("points/*.parquet") for p in set(pq.read_table(f)["point"].to_pylist())]
    assert sorted(points) == list(range(sweep.plan.count))
    assert not list(folder.rglob("*.tmp"))


def test_a_second_process_is_turned_away(
    whole: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "out")
    with store.writing():
        assert main(["sweep", str(TINY), "--out", str(store.folder)]) == 1
    assert capsys.readouterr().err == f"{store.folder}: another process is writing a sweep here\n"
    assert answered(store.folder).digest() == whole.digest()


def test_two_processes_at_once_leave_one_whole_answer(whole: Store, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "designer",
        "sweep",
        str(TINY),
        "--out",
        str(tmp_path / "out"),
        "--jobs",
        "1",
    ]
    both = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in "ab"
    ]
    said = [p.communicate(timeout=300)[1] for p in both]
    codes = sorted(p.returncode for p in both)
    assert codes in ([0, 0], [0, 1])
    assert codes == [0, 0] or any("another process" in s for s in said)
    assert Store(tmp_path / "out").digest() == whole.digest()


def test_rows_two_writers_made_count_once(whole: Store, tmp_path: Path) -> None:
    """Where a file system has no locks, both may finish the same part."""
    folder = shutil.copytree(whole.folder, tmp_path / "out")
    part = next(folder.glob("points/*.parquet"))
    shutil.copy(part, part.with_name(f"{part.name.split('-')[0]}-again.parquet"))
    assert Store(folder).digest() == whole.digest()


@pytest.mark.parametrize("changed", ["scenario", "axes", "catalog", "version"])
def test_a_change_is_noticed_and_named(changed: str, whole: Store, tmp_path: Path) -> None:
    folder = shutil.copytree(whole.folder, tmp_path / "out")
    words = {
        "scenario": "base scenario",
        "axes": "the axes",
        "catalog": "the catalog",
        "version": "the program",
    }
    sweep = tiny()
    if changed == "scenario":
        sweep = prepared(plan_of(TINY, sets=["budgets.cost=1 GUSD"]), CATALOG)
    elif changed == "axes":
        sweep = tiny(["workload.rate=[10 request/s, 31 request/s]"])
    elif changed == "catalog":
        mine = tmp_path / "mine" / "regions"
        mine.mkdir(parents=True)
        shutil.copy(CATALOG.path("regions", "aws-us-east-1"), mine)
        catalog = Catalog([tmp_path / "mine"])
        sweep = prepared(plan_of(TINY), catalog)
    else:
        sweep = replace(sweep, stamp=replace(sweep.stamp, version="0.0.1"))
    with pytest.raises(InputError, match=words[changed]) as error:
        run(sweep, folder, Here())
    assert str(error.value).count("changed") == 1
    assert [w in str(error.value) for k, w in words.items() if k != changed] == [False] * 3
    assert Store(folder).digest() == whole.digest()
    assert run(sweep, folder, Here(), fresh=True).made == sweep.plan.count


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["sweep", str(TINY), "--out", str(tmp_path / "file" / "out"), "--jobs", "1"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "results cannot be written: Not a directory" in line


def test_a_full_disk_is_one_line_and_loses_nothing(whole: Store, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the write fails half-way, as it does there."""
    script = f"""
import resource, signal, sys
sys.path.insert(0, {str(ROOT / "tests")!r})
from designer.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
import designer.sweeping.store as store
begin = store.Store.begin
def limited(*a):
    begin(*a)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, resource.RLIM_INFINITY))
store.Store.begin = limited
sys.exit(main(["sweep", {str(TINY)!r}, "--out", {str(tmp_path / "out")!r}, "--jobs", "1"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 1, done.stderr
    assert "results cannot be written: File too large; what is finished is kept" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert answered(tmp_path / "out").digest() == whole.digest()


def test_columns_say_their_unit_and_what_they_are(whole: Store) -> None:
    schema = pq.read_schema(whole.parts()[0])
    meta = {f.name: {k.decode(): v.decode() for k, v in f.metadata.items()} for f in schema}
    assert (meta["budgets.tpot_p99"]["unit"], meta["budgets.tpot_p99"]["kind"]) == ("s", "axis")
    assert (meta["pricing.price"]["unit"], meta["workload.rate"]["unit"]) == ("USD/h", "request/s")
    assert (meta["cost_per_token"]["kind"], meta["tp"]["kind"], meta["key"]["kind"]) == (
        "quantity",
        "decision",
        "key",
    )
    assert meta["device_memory"]["unit"] == "byte"
    assert meta["tpot_p99"]["title"]
    types = {f.name: str(f.type) for f in schema}
    assert types["binds"] == types["conflict"] == "list<element: string>"
    assert (types["point"], types["budgets.tpot_p99"], types["node"]) == ("int64", "double", "string")
    assert {tuple(pq.read_schema(p)) for p in whole.parts()} == {tuple(schema)}
    manifest = json.loads((whole.folder / "sweep.json").read_text())
    assert [c["name"] for c in manifest["columns"]] == schema.names
    jsonschema.Draft202012Validator(schema_of("sweep")).validate(manifest)


def test_every_point_has_a_row_and_the_infeasible_their_conflict(whole: Store) -> None:
    rows = whole.table().to_pylist()
    assert {r["point"] for r in rows} == set(range(tiny().plan.count))
    assert {r["status"] for r in rows} == {"found", "infeasible"}
    assert all(r["conflict"] and not r["design"] for r in rows if r["status"] == "infeasible")
    assert len({r["key"] for r in rows}) == tiny().plan.count


def test_shards_merge_to_the_whole(whole: Store, tmp_path: Path) -> None:
    parts = [answered(tmp_path / str(i), shard=(i, 3)).folder for i in (1, 2, 3)]
    assert sum(len(Store(p).done()) for p in parts) == tiny().plan.count
    assert merged(parts, tmp_path / "all").digest() == whole.digest()
    assert merged(parts[:1], tmp_path / "all").digest() == whole.digest()
    other = tmp_path / "other"
    run(tiny(["workload.rate=[10 request/s]", "candidates.batch=[8]"]), other, Here())
    with pytest.raises(InputError, match="the axes of the sweep differ"):
        merged([*parts, other], tmp_path / "none")


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_part_is_named_set_aside_and_answered_again(
    whole: Store, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three bits flipped anywhere, or the end cut off: no table is made of it, and the same command mends it."""
    folder, r = tmp_path / "out", random.Random(seed)
    shutil.copytree(whole.folder, folder)
    store = Store(folder)
    part = r.choice(store.parts())
    content = bytearray(part.read_bytes())
    if seed % 4:
        for _ in range(3):
            content[r.randrange(len(content))] ^= 1 << r.randrange(8)
    else:
        del content[r.randrange(len(content)) :]
    part.write_bytes(content)
    with pytest.raises(InputError, match=f"{part.name}: damaged"):
        store.table()
    with pytest.raises(InputError, match="damaged"):
        merged([folder], tmp_path / "merged")
    run(tiny(), folder, Here(), stream=sys.stderr)
    assert f"{part.name}: damaged, set aside" in capsys.readouterr().err
    assert (folder / "damaged" / part.name).read_bytes() == bytes(content)
    assert store.digest() == whole.digest()
