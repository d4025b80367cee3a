"""The report of a sweep: what it says, and that a browser shows it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import duckdb
import numpy as np
import pytest
from sweep_runs import CATALOG, TINY, answered, plan_of

import designer
from designer.cli import main
from designer.report.sweep_data import report_data
from designer.sweeping.analysis import effects
from designer.sweeping.executors import Here
from designer.sweeping.result import SweepResult
from designer.sweeping.running import prepared, run
from designer.sweeping.store import Store

pytestmark = pytest.mark.slow

BROWSER = next((b for n in ("chromium", "chromium-browser", "google-chrome") if (b := shutil.which(n))), None)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return answered(tmp_path_factory.mktemp("report") / "out")


@pytest.fixture(scope="module")
def uncertain(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("uncertain") / "out"
    run(prepared(plan_of(TINY.parent / "uncertain.yaml"), CATALOG), folder, Here())
    return Store(folder)


def test_sobol_indices_of_a_function_whose_indices_are_known() -> None:
    """Ishigami and Homma (1990) with a = 7 and b = 0.1."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-np.pi, np.pi, (20_000, 3))
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    found = {e.axis: e.index for e in effects({n: x[:, k].tolist() for k, n in enumerate("abc")}, y)}
    assert found["a"] == pytest.approx(0.314, abs=0.02)
    assert found["b"] == pytest.approx(0.442, abs=0.02)
    assert found["c"] == pytest.approx(0.0, abs=0.01)


def test_a_factor_of_a_product_explains_it(uncertain: Store) -> None:
    """Run time is proportional to the straggler factor, and does not know the price."""
    time, cost = (
        next(e for e in report_data(uncertain)["effects"] if e["quantity"] == q)
        for q in ("time_to_train", "cost")
    )
    by = {e["axis"]: e["index"] for e in time["axes"]}
    assert by["assume.straggler_factor"] > 0.9
    assert by["pricing.price"] < 0.1
    assert next(e for e in cost["axes"] if e["axis"] == "pricing.price")["index"] > 0.5


def test_data_of_the_page_are_the_rows(store: Store) -> None:
    data, rows = report_data(store), store.table().to_pylist()
    first = [r for r in rows if r["design"] in (None, "A")]
    assert data["have"] == data["count"] == len(first)
    assert data["status"] == Counter(r["status"] for r in first)
    assert data["binds"] == [r["binds"] for r in first]
    columns = {c["name"]: c for c in data["columns"]}
    ms = columns["budgets.tpot_p99"]
    assert ms["unit"] == "ms"
    assert ms["values"] == pytest.approx([1000 * r["budgets.tpot_p99"] for r in first], rel=1e-5)
    best = [r["values"] for r in data["frontier"]["rows"] if r["best"]]
    others = [r["values"] for r in data["frontier"]["rows"]]
    assert not any(all(a <= b for a, b in zip(o, v, strict=True)) and o != v for v in best for o in others)


def test_the_page_asks_nobody_for_anything(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "report", str(store.folder)]) == 0
    text = Path(capsys.readouterr().out.strip()).read_text("utf-8")
    assert not re.search(r"""(src|href|action)\\s*=\\s*["']?(https?:)?//""".replace("\\\\", "\\"), text)
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import)\s*\(", text)
    # The one address in it names the vocabulary of SVG.
    assert set(re.findall(r"https?://[^\"'\s<]+", text)) == {"http://www.w3.org/2000/svg"}


def test_a_name_cannot_end_the_script(tmp_path: Path) -> None:
    from designer.report.sweep_html import page

    source = tmp_path / "s.yaml"
    source.write_text(TINY.read_text("utf-8").replace("name: tiny", "name: '</script><b>x'"), "utf-8")
    over = ["workload.rate=[10 request/s]", "budgets.tpot_p99=[50 ms]", "candidates.batch=[8]"]
    run(prepared(plan_of(source, over), CATALOG), tmp_path / "out", Here())
    text = page(Store(tmp_path / "out"))
    assert text.count("</script>") == 2
    assert "<b>" not in text


@pytest.fixture(scope="module")
def bleak(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One axis, and no design anywhere."""
    folder = tmp_path_factory.mktemp("bleak") / "out"
    run(prepared(plan_of("llama-3.1-70b-chat", ["budgets.tpot_p99=1..4 us"]), CATALOG), folder, Here())
    return Store(folder)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_sweep_without_designs_has_a_report_too(kind: str, bleak: Store, tmp_path: Path) -> None:
    assert report_data(bleak)["status"] == {"infeasible": 4}
    page = tmp_path / "page.html"
    assert main(["sweep", "report", str(bleak.folder), "--out", str(page), "--plots", kind]) == 0


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
@pytest.mark.parametrize("which", ["store", "uncertain", "bleak"])
def test_a_browser_shows_it_without_an_error(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(which).folder
    page = tmp_path / "page.html"
    assert main(["sweep", "report", str(folder), "--out", str(page)]) == 0
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--dump-dom",
    ]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000", f"file://{page}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "CONSOLE" not in done.stderr
    dom = done.stdout
    if which == "bleak":
        assert dom.count("No point has a design.") >= 3
        return
    for part in ("heat", "walls", "front", "effects"):
        drawn = dom.split(f'id="{part}"', 1)[1].split("</svg>", 1)[0]
        assert drawn.count("<rect") + drawn.count("<circle") >= 3, part
    assert dom.count("<tr>") > 100


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_plots_are_files(kind: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["sweep", "report", str(store.folder), "--out", str(page), "--plots", kind]) == 0
    files = [Path(f) for f in capsys.readouterr().out.split()]
    assert [f.name for f in files] == [
        "page.html",
        *(f"{n}.{kind}" for n in ("heat", "walls", "frontier", "effects")),
    ]
    start = {"png": b"\x89PNG", "svg": b"<?xml"}[kind]
    assert all(f.read_bytes().startswith(start) for f in files[1:])
    assert main(["sweep", "report", str(store.folder), "--plots", "gif"]) == 1


def test_duckdb_and_pandas_read_it(store: Store) -> None:
    result = SweepResult(store.folder)
    frame = result.to_frame()
    sql = f"select count(distinct point), count(*) from '{result.files}'"
    assert duckdb.sql(sql).fetchall() == [(frame["point"].nunique(), len(frame))]
    assert result.units()["tpot_p99"] == "s"


def test_a_folder_without_a_sweep_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "report", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}: no sweep here (no sweep.json)\n"
    (tmp_path / "sweep.json").write_text(json.dumps({"schema": "other"}))
    assert main(["sweep", "report", str(tmp_path)]) == 1
    assert "not the manifest of a sweep" in capsys.readouterr().err


def test_the_page_of_documentation_works(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (TINY.parents[3] / "docs" / "sweeps.md").read_text("utf-8")
    (declared,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "my-sweep.yaml").write_text(declared, "utf-8")
    assert plan_of(tmp_path / "my-sweep.yaml").count == 4 * 12 * 4 * 2 * 64
    (tmp_path / "results").symlink_to(store.folder)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shown = [f"said.append({line})" if line.startswith("first.pivot") else line for line in code.splitlines()]
    said: list[object] = []
    exec(
        "\n".join(shown).replace("duckdb.sql(", "run("),
        {"said": said, "run": lambda q: said.append(duckdb.sql(q).fetchall())},
    )
    assert len(said) == 4
    assert all(len(x) for x in said)  # type: ignore[arg-type]


def test_a_cell_is_planned_again_by_its_command(store: Store) -> None:
    """The command that the page makes of a point's number gives the answer of that point."""
    data, rows = report_data(store), store.table().to_pylist()
    again = data["again"]
    found = [r for r in rows if r["design"] == "A"]
    for row in (found[0], found[len(found) // 2], found[-1]):
        sets, rest = [], row["point"]
        for axis in reversed(again["axes"]):
            rest, i = divmod(rest, len(axis["rows"]))
            sets = [*axis["rows"][i], *sets]
        words = shlex.split(" ".join([again["command"], *(f"--set {s}" for s in sets)]))
        assert words[:2] == ["designer", "plan"]
        pairs = list(zip(words[3::2], words[4::2], strict=True))
        assert {flag for flag, _ in pairs} == {"--set"}
        answer = designer.plan(words[2], [text for _, text in pairs])
        name = data["objectives"][0]["name"]
        assert answer.frontier[0].metrics[name].value == pytest.approx(row[name], rel=1e-9)


@pytest.mark.parametrize("ending", ["md", "xlsx", "svg"])
def test_a_sweep_is_a_report_in_other_formats_too(
    ending: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"page.{ending}"
    assert main(["sweep", "report", str(store.folder), "--out", str(file)]) == 0
    start = {"md": b"# tiny", "xlsx": b"PK", "svg": b"<?xml"}[ending]
    assert file.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [file.name]
