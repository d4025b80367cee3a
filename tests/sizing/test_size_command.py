"""`designer size` as it is used: its answers, refusals and pictures."""

from __future__ import annotations

import importlib
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

import designer
from catalogs import default_catalog
from constraints.rules.library.distance import round_trip_time
from designer.cli import main
from designer.report.size_needs import at_least
from designer.sizing.reading import ask, source_of
from designer.sizing.roofline import operating, roofline
from designer.sizing.sensitivity import Local, crossings

pytestmark = pytest.mark.slow

CHAT = "llama-3.1-70b-chat"
CHIP = """
id: {id}
name: My chip
vendor: Me
architecture: X
released: 2027-01
class: datacenter
sources:
  design: {{ref: a design, date: 2026-11}}
memory: {{value: 192 GB, kind: assumed, source: design}}
memory_kind: HBM
memory_bandwidth: {{value: {bandwidth} TB/s, kind: assumed, source: design}}
power: {{value: 900 W, kind: assumed, source: design}}
compute:
  bf16: {{value: 1500 TFLOP/s, kind: assumed, source: design}}
  fp8: {{value: 3000 TFLOP/s, kind: assumed, source: design}}
scale_up:
  kind: link
  bandwidth: {{value: 600 GB/s, kind: assumed, source: design}}
  domain: 8
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["size", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


BAD = {
    "a count that is no count": (["--devices", "16,x"], "--devices '16,x': 'x' is not a number of devices"),
    "a count of half a node": (["--devices", "17"], "--devices: 17 devices is not a whole number of"),
    "an unknown part": (["--like", "h1000"], "--like 'h1000': unknown node or accelerator; did you mean"),
    "an unknown number": (["--with", "memory_bandwith=3 TB/s"], "did you mean 'memory_bandwidth'?"),
    "a number in another unit": (
        ["--with", "memory_bandwidth=3 s"],
        "--with memory_bandwidth: '3 s' is a time (s), expected [information] / [time]",
    ),
    "a number below nothing": (["--with", "memory_bandwidth=0 TB/s"], "must be above 0"),
    "a number twice": (
        ["--with", "compute_rate=1 PFLOP/s", "--with", "compute_rate=2 PFLOP/s"],
        "given twice",
    ),
    "a number nobody reads": (
        ["--specs", "stream_bandwidth"],
        "--specs: stream_bandwidth is not read by this",
    ),
    "a curve against nothing": (["--curve", "memory_bandwidth"], "--curve and --against go together"),
    "an axis that is none": (
        ["--curve", "memory_bandwidth", "--against", "bach=1..8"],
        "--against 'bach': unknown axis; did you mean 'batch'?",
    ),
    "an axis that runs backwards": (
        ["--curve", "memory_bandwidth", "--against", "batch=8..1"],
        "a range goes up",
    ),
    "two answers": (["--joint", "--curve", "compute_rate", "--against", "batch=1..8"], "two answers"),
    "a part that is no file": (["--device", "nope.yaml"], "--device 'nope.yaml': no such file"),
    "a picture of another kind": (["--roofline", "x.pdf"], "write a file that ends in .svg or .png"),
}


@pytest.mark.parametrize("title", BAD)
def test_bad_input_is_one_line(title: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, said = BAD[title]
    code, out, err = run(capsys, CHAT, *arguments)
    assert (code, out) == (1, "")
    assert said in err and err.count("\n") == 1


def test_a_bad_part_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "my-chip.yaml"
    file.write_text(CHIP.format(id="my-chip", bandwidth=6).replace("6 TB/s", "6 TB"), "utf-8")
    code, out, err = run(capsys, CHAT, "--device", str(file))
    assert (code, out) == (1, "")
    line = next(i for i, x in enumerate(file.read_text("utf-8").splitlines(), 1) if "memory_bandwidth" in x)
    assert f"my-chip.yaml:{line}" in err and err.count("\n") == 1


def test_below_the_latency_floor(capsys: pytest.CaptureFixture[str]) -> None:
    """No bandwidth and no rate shortens a launch."""
    code, out, _ = run(capsys, CHAT, "--set", "budgets.tpot_p99=1 ms", "--json")
    answer = json.loads(out)
    assert code == 2 and answer["status"] == "infeasible"
    stop = answer["obstacles"][0]
    assert stop["name"] == "tpot_p99" and stop["value"] > stop["bound"]
    assert ".py:" in stop["equation"] and any("launch" in n or "latency" in n for n in stop["hangs_on"])


def test_faster_than_light_between_sites(capsys: pytest.CaptureFixture[str]) -> None:
    """Every layer of a replica split over two sites waits for light, however fast the parts are."""
    there = round_trip_time(2e6, 2e8) / 2
    sets = [
        "candidates.node=p5.48xlarge",
        "candidates.tp=16",
        f"assume.outer_latency={1e3 * there} ms",
        "budgets.tpot_p99=500 ms",
        "workload.rate=0.05 request/s",
    ]
    code, out, _ = run(capsys, CHAT, "--json", *(w for s in sets for w in ("--set", s)))
    answer = json.loads(out)
    assert code == 2
    stop = next(o for o in answer["obstacles"] if o["name"] == "tpot_p99")
    assert "outer_latency" in stop["hangs_on"] and stop["value"] > 80 * there


def test_more_at_once_than_memory_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """With its memory held, no bandwidth and no number of devices lets a part keep what it cannot."""
    sets = ["candidates.tp=1", "candidates.batch=512"]
    code, out, _ = run(
        capsys,
        CHAT,
        "--json",
        "--specs",
        "memory_bandwidth,compute_rate",
        *(w for s in sets for w in ("--set", s)),
    )
    answer = json.loads(out)
    assert code == 2
    stop = next(o for o in answer["obstacles"] if o["name"] == "memory_fits")
    assert stop["value"] > stop["bound"] and ".py:" in stop["place"]


def test_several_numbers_may_do_what_no_single_one_can(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        CHAT,
        "--devices",
        "16",
        "--set",
        "budgets.ttft_p99=500 ms",
        "--set",
        "budgets.tpot_p99=25 ms",
    ]
    code, out, _ = run(capsys, *arguments, "--json")
    answer = json.loads(out)
    assert code == 0 and all(n["status"] == "none" for r in answer["rows"] for n in r["needs"])
    code, out, _ = run(capsys, *arguments, "--joint", "--json")
    assert code == 0 and json.loads(out)["surface"]["points"]


def test_what_is_printed_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    """A printed value is rounded up, and a plan with it as a candidate finds a design."""
    answer = designer.size(CHAT, devices=[24], specs=["memory_bandwidth"])
    need = answer.rows[0].needs[0]
    assert need.status == "least" and need.value is not None and need.value > need.base
    printed = at_least(need.value, need.unit)
    only = ["candidates.node=p5.48xlarge", "candidates.devices=24", "candidates.node_count=3"]
    sets = [*only[:1], only[2], f"candidates.memory_bandwidth={printed}"]
    assert designer.plan(CHAT, sets).status == "found"
    assert designer.plan(
        CHAT, [*sets[:2], f"candidates.memory_bandwidth={0.99 * need.value} byte/s"]
    ).status == ("infeasible")


def test_a_part_of_ones_own(tmp_path: Path) -> None:
    """The faster of two parts that differ in bandwidth needs no more of anything else."""
    rates = []
    for bandwidth in (4, 8):
        file = tmp_path / f"chip-{bandwidth}.yaml"
        file.write_text(CHIP.format(id=file.stem, bandwidth=bandwidth), "utf-8")
        answer = designer.size(CHAT, devices=[40], specs=["compute_rate"], device=file)
        assert answer.base.startswith(file.stem) and answer.base_specs["memory_bandwidth"] == bandwidth * 1e12
        rates.append(answer.rows[0].needs[0].value)
    assert rates[1] < rates[0]


def test_a_replaced_number_is_the_same_as_a_candidate() -> None:
    answer = designer.size(CHAT, devices=[40], specs=["compute_rate"], parts={"memory_bandwidth": "6 TB/s"})
    sets = ["candidates.memory_bandwidth=6 TB/s"]
    again = designer.size(CHAT, devices=[40], specs=["compute_rate"], sets=sets)
    assert answer.rows[0].needs[0].value == pytest.approx(again.rows[0].needs[0].value, rel=1e-3)


def test_a_longer_context_never_needs_less() -> None:
    answer = designer.size(CHAT, devices=[64], curve=("memory_bandwidth", "context=500..8000"))
    assert answer.curve is not None
    found = [p.need.value or float("inf") for p in answer.curve.points]
    assert len(found) == 5 and all(a <= b * 1.001 for a, b in itertools.pairwise(found))


def test_parts_that_qualify_meet_the_table() -> None:
    """A part that differs from the base in nothing but more of everything qualifies with no more devices."""
    answer = designer.size(CHAT, devices=[40, 64])
    by_name = {p.accelerator: p for p in answer.parts}
    h100, h200 = by_name["h100-sxm"], by_name["h200-sxm"]
    assert h100.qualifies and h200.qualifies and (h200.devices or 0) <= (h100.devices or 0)
    for row in answer.rows:
        assert row.base_meets == ("h100-sxm" in row.qualify)
    unknown = [p for p in answer.parts if p.qualifies and p.metrics["cost"] is None]
    assert all(p.note == "price unknown" for p in unknown)


def test_every_catalog_part_of_the_class_is_accounted_for() -> None:
    answer = designer.size(CHAT, devices=[64])
    catalog = default_catalog()
    held = {catalog.get("nodes", n).accelerator for n in catalog.ids("nodes")}
    same = {a for a in held if catalog.get("accelerators", a).device_class == "datacenter"}
    assert {p.accelerator for p in answer.parts} == same


def test_operating_points_are_the_work_of_the_model() -> None:
    """Forward and backward of one micro-batch: three times the forward arithmetic and some scores again."""
    sets = ["candidates.micro_batch=1", "candidates.recompute=none", "candidates.tp=1", "candidates.pp=1"]
    question = ask(source_of("llama-3.1-8b-finetune", sets, default_catalog())).question
    design = {**question.first_design(), "vpp": 1, "precision": "bf16", "cp": 1}
    (point,) = operating(question, design)
    given = {n: k.si for n, k in question.bundle(design).items()}
    made = question.graph.evaluate(["forward_flops_per_token"], given)["forward_flops_per_token"]
    forward = made * given["sequence_length"]
    assert 3 * forward * 0.999 <= point.flops <= 3.3 * forward


def test_decode_is_left_of_prefill_and_all_points_are_under_the_roof() -> None:
    found = roofline(ask(source_of(CHAT, [], default_catalog())))
    points = {p.phase: p for p in found.points}
    assert points["decode"].intensity < points["prefill"].intensity
    base = found.roofs[0]
    for p in found.points:
        assert 0 < p.rate <= min(base.rate, p.intensity * base.bandwidth) * 1.001


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_pictures(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / f"roof.{kind}"
    assert run(capsys, CHAT, "--roofline", str(file))[0] == 0
    data = file.read_bytes()
    assert data.startswith(b"\x89PNG") if kind == "png" else b"prefill on p5.48xlarge" in data


def test_a_picture_without_matplotlib_names_the_extra(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str, package: str | None = None) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return found_by(name, package)

    found_by = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", absent)
    found = roofline(ask(source_of(CHAT, [], default_catalog())))
    from designer.report.roofline import save

    with pytest.raises(designer.InputError, match=r"mlsys-designer\[plot\]"):
        save(found, tmp_path / "roof.svg")


def test_beyond_a_crossing_another_wall_moves_the_target_most() -> None:
    question = ask(source_of(CHAT, ["candidates.batch=64", "candidates.tp=4"], default_catalog())).question
    design = {**question.first_design(), "replicas": 12}
    local = Local(question, design, ["tpot_p99"])
    chain = crossings(local, "tpot_p99", "memory_bandwidth")
    assert len(chain) > 1 and chain[0].wall == "memory_bandwidth"
    for c in chain[:-1]:
        assert c.at is not None
        for side, wall in ((0.97, True), (1.03, False)):
            factor = side * c.at / local.now["memory_bandwidth"]
            size = {
                n: abs(float(local.elasticity(n, {"memory_bandwidth": factor})["tpot_p99"]))
                for n in local.moves
            }
            assert (max(size, key=lambda n: size[n]) == c.wall) is wall


def test_a_part_without_a_rate_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """A part that states no rate of the precision asked for has no number to be short of."""
    code, out, _ = run(capsys, "llama-3.1-70b-chat-20ms", "--json")
    lacks = {p["accelerator"]: p["lacks"] for p in json.loads(out)["parts"] if p["lacks"]}
    assert code == 0
    assert [x["unstated"] for x in lacks["a100-sxm-80gb"]] == ["a100-sxm-80gb states no fp8 rate"]
    _, text, _ = run(capsys, "deepseek-v3-decode")
    assert "a100-sxm-80gb  states no fp8 rate" in text
    assert "unknown against" not in text
