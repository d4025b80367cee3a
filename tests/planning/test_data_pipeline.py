"""Training that is fed from a data set: laws, limits, and an independent brute force."""

from __future__ import annotations

import itertools
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import designer
from catalogs import InputError, default_catalog, yaml
from designer.question.question import Question
from designer.reading.loading import load
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of

pytestmark = pytest.mark.slow

CATALOG = default_catalog()
Values = dict[str, Any]


def ask(workload: Values, candidates: Values, **rest: Any) -> Question:
    text = json.dumps(
        {"name": "fed", "workload": {"job": "training", **workload}, "candidates": candidates, **rest}
    )
    return question_of(SourceMap(yaml.parse(text, "fed.yaml"), [], CATALOG))


DATASET = {"name": "imagenet-1k", "epochs": 90, "storage": "2 GB/s/node", "decode_rate": "500 sample/s",
           "device_decode_rate": "7000 sample/s", "cache": "none"}  # fmt: skip
IMAGES = {"model": "resnet-50", "global_batch": "2048 sample"}
BOX = {"node": "dgx-a100-80gb", "node_count": [1, 2, 4], "dp": [8, 16], "micro_batch": [32, 64, 128],
       "workers": [1, 4, 16], "decode": ["cpu", "gpu"], "checkpoint_interval": "30 min"}  # fmt: skip
TOKENS = {"model": "llama-3.2-1b", "sequence_length": "2048 token", "global_batch": "131072 token"}
LAYOUTS = {"node": ["dgx-a100-80gb"], "node_count": [1, 2], "tp": [1, 2], "pp": 1, "vpp": 1, "dp": [8, 16],
           "micro_batch": [1, 2], "sharding": "zero1", "checkpoint_interval": "30 min"}  # fmt: skip


def values(q: Question, **design: Any) -> Values:
    whole = {**q.first_design(), **design}
    given = {n: k.si for n, k in q.bundle(whole).items()}
    names = {
        "time_to_train", "cost", "fed_share", "data_wait", "sample_rate", "workers_needed", "mfu",
        "step_computation", "step_communication", "step_coordination",
    }  # fmt: skip
    limits = [r.id for r in q.graph.rules.values() if r.is_limit]
    return q.graph.evaluate(sorted(names & set(q.graph.rules)) + limits, given)


@cache
def images(**change: Any) -> Question:
    return ask({**IMAGES, "dataset": {**DATASET, **change}}, BOX)


def test_more_workers_are_never_slower() -> None:
    times = [values(images(), dp=8, workers=n)["step_time"] for n in (1, 2, 4, 8, 16, 32, 64)]
    assert times == sorted(times, reverse=True)
    assert times[0] > times[-1]


def test_larger_samples_are_never_faster() -> None:
    sizes = ("10 kB", "110 kB", "500 kB", "5 MB", "50 MB")
    times = [values(images(sample_size=s), dp=8, workers=16)["step_time"] for s in sizes]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(10 * times[-2])  # storage alone sets the pace


def test_faster_storage_decoding_and_augmentation_are_never_slower() -> None:
    for change in (
        [{"storage": f"{x} GB/s/node"} for x in (0.1, 1, 10)],
        [{"decode_rate": f"{x} sample/s"} for x in (50, 500, 5000)],
        [{"augment_time": f"{x} ms"} for x in (20, 2, 0)],
    ):
        times = [values(images(**c), dp=8, workers=4)["step_time"] for c in change]
        assert times == sorted(times, reverse=True), change


def test_a_rate_in_bytes_is_one_in_samples() -> None:
    size = images().given["sample_size"].si
    bytes_per_second = values(images(decode_rate=f"{500 * size} byte/s"), dp=8, workers=4)
    assert bytes_per_second["step_time"] == pytest.approx(values(images(), dp=8, workers=4)["step_time"])


def test_needed_workers_feed_the_devices() -> None:
    q = images(storage="1 TB/s/node")
    needed = values(q, dp=8, workers=1)["workers_needed"]
    assert values(q, dp=8, workers=needed)["fed_share"] == 1
    assert values(q, dp=8, workers=needed - 1)["fed_share"] < 1


def test_utilisation_and_waiting_add_up() -> None:
    for design in ({"workers": 1}, {"workers": 16}, {"decode": "gpu"}):
        v = values(images(), dp=8, **design)
        assert v["accelerate_time"] + v["data_wait"] == pytest.approx(v["step_time"])
        assert v["fed_share"] == pytest.approx(1 - v["data_wait"] / v["step_time"])
        assert v["sample_rate"] * v["step_time"] == pytest.approx(2048)
        parts = v["step_computation"] + v["step_communication"] + v["step_coordination"]
        assert parts == pytest.approx(v["step_time"])
        assert v["step_coordination"] > v["data_wait"]  # stragglers wait too


@pytest.mark.parametrize(
    "design", [dict(zip(("dp", "tp"), x, strict=True)) for x in ((8, 1), (8, 2), (16, 1))]
)
def test_infinite_supply_is_the_plan_without_a_data_set(design: Values) -> None:
    plain = ask({**TOKENS, "dataset": "131072000 token"}, LAYOUTS)
    free = {
        "samples": "64000 sample",
        "sample_size": "8 kB",
        "storage": "1e9 TB/s",
        "decode_rate": "1e15 sample/s",
    }
    fed_free = ask({**TOKENS, "dataset": free}, {**LAYOUTS, "workers": 1})
    without, with_supply = values(plain, **design, node_count=2), values(fed_free, **design, node_count=2)
    for name in ("step_time", "time_to_train", "mfu", "device_memory", "busy_device_time"):
        assert with_supply[name] == without[name], name
    assert with_supply["fed_share"] == 1
    assert not {"storage_time", "transform_time", "workers_fit"} & set(plain.graph.rules)


def test_what_devices_decode_costs_them_that_time() -> None:
    q = images(storage="1 TB/s/node")
    at_hand = values(q, dp=8, workers=10**9)["step_time"]
    on_device = values(q, dp=8, decode="gpu")
    assert on_device["transform_time"] == 0
    assert on_device["step_time"] == pytest.approx(at_hand + 2048 / 8 / 7000)
    fast = images(storage="1 TB/s/node", device_decode_rate="1e15 sample/s")
    assert values(fast, dp=8, decode="gpu")["step_time"] == pytest.approx(at_hand)
    assert values(q, dp=8, decode="gpu", workers=64)["workers_fit"]


def test_the_cache_spares_storage_after_the_first_epoch() -> None:
    slow = {"storage": "0.1 GB/s/node"}
    never = values(images(**slow), dp=8, workers=16)
    cached = [values(images(**slow, cache="ram", epochs=e), dp=8, workers=16) for e in (1, 10, 1e9)]
    assert cached[0]["step_time"] == pytest.approx(never["step_time"])
    warm = max(never["transform_time"], never["accelerate_time"])
    assert cached[2]["step_time"] == pytest.approx(warm)
    assert cached[1]["step_time"] == pytest.approx(0.1 * never["step_time"] + 0.9 * warm)
    larger = values(images(**slow, cache="ram", samples="1e8 sample"), dp=8, workers=16)
    assert larger["cold_share"] == 1  # 11.5 TB do not fit in 1.1 TB


def test_a_shared_storage_is_shared_and_drives_are_not() -> None:
    rates = {
        storage: [values(images(storage=storage), dp=8, node_count=n)["ingest_bandwidth"] for n in (1, 2, 4)]
        for storage in ("2 GB/s/node", "2 GB/s", "1 TB/s")
    }
    assert rates["2 GB/s/node"] == [2e9, 4e9, 8e9]
    assert rates["2 GB/s"] == [2e9, 2e9, 2e9]
    port = images().given["node_storage_bandwidth"].si
    assert rates["1 TB/s"] == [port, 2 * port, 4 * port]


def test_storage_of_the_catalog() -> None:
    def bandwidth(**change: Any) -> tuple[float, float]:
        given = images(**change).given
        return given["dataset_bandwidth"].si, given["dataset_shared"].si

    drive = CATALOG.get("storage", "nvme-pcie4").read
    assert drive is not None
    assert bandwidth(storage="nvme-pcie4", drives=4) == (4 * drive.si, 0)
    assert bandwidth(storage="fsx-lustre-250", capacity="100 TiB") == (pytest.approx(25e9), 1)
    assert bandwidth(storage="tectonic-llama-3")[1] == 1


def test_a_host_has_so_many_cores() -> None:
    cores = CATALOG.get("nodes", "dgx-a100-80gb").cores
    assert cores is not None
    assert values(images(), workers=cores // 8)["workers_fit"]
    assert not values(images(), workers=cores // 8 + 1)["workers_fit"]


# img/s of one device in mixed, TF32 or single precision, PyTorch (NVIDIA/DeepLearningExamples@291f0d02,
# PyTorch/Classification/ConvNets/resnet50v1.5/README.md, March 2021). The first one set `forward_traffic`.
MEASURED = [
    ("dgx-a100-80gb", "bf16", 2470), ("dgx-a100-80gb", "tf32", 938), ("dgx-1-v100", "fp16", 1156),
    ("dgx-1-v100", "fp32", 356),
]  # fmt: skip


@pytest.mark.parametrize(("node", "precision", "rate"), MEASURED)
def test_resnet_50_near_its_measured_rate(node: str, precision: str, rate: float) -> None:
    batch = 256 if precision != "fp32" else 128
    q = ask(
        {
            "model": "resnet-50",
            "global_batch": f"{batch} sample",
            "dataset": {**DATASET, "storage": "1 PB/s/node"},
        },
        {"node": node, "node_count": 1, "precision": precision, "dp": 1, "micro_batch": batch, "workers": 64},
        objectives=["time_to_train"],
    )
    v = values(q, workers=10**6)
    straggler = q.given["straggler_factor"].si  # one device waits for no other
    assert v["sample_rate"] * straggler == pytest.approx(rate, rel=0.4)


def test_a_network_is_trained_by_rules_that_apply_to_it() -> None:
    """Limits of layers, heads and experts are gone; those of devices, memory and hosts are there."""
    q = images()
    assert {t.name for t in q.limits if not t.stated} == {
        "batch_divides", "checkpoint_keeps_up", "devices_suffice", "ep_divides_data_ranks", "etp_divides_tp",
        "memory_fits", "network_reaches", "precision_supported", "workers_fit",
    }  # fmt: skip
    given = {n: k.si for n, k in q.bundle(q.first_design()).items()}
    made = q.graph.evaluate(sorted(q.graph.rules), given)
    unknown = {n for n, v in given.items() if v != v}
    for name in q.graph.rules:
        if not q.graph.inputs_of([name]) & unknown:
            assert math.isfinite(made[name]), name
    decided = {d.name for d in q.decisions if d.kind != "choice"}
    assert decided <= {n for r in q.graph.rules.values() for n in r.inputs}


def test_a_larger_micro_batch_needs_more_memory_and_no_more_time() -> None:
    made = [values(images(), dp=8, micro_batch=m) for m in (32, 64, 128, 256)]
    assert [v["device_memory"] for v in made] == sorted(v["device_memory"] for v in made)
    assert [v["device_step_time"] for v in made] == sorted(
        (v["device_step_time"] for v in made), reverse=True
    )


FEEDS = [
    (IMAGES, {**DATASET, "storage": "0.4 GB/s", "augment_time": "2 ms"}, BOX),
    (IMAGES, {**DATASET, "cache": "ram", "epochs": 3, "storage": "0.2 GB/s/node"}, {**BOX, "workers": [2, 12, 17]}),
    (TOKENS, {"samples": "1e6 sample", "sample_size": "64 KB", "storage": "1 GB/s", "decode_rate": "2 sample/s"},
     {**LAYOUTS, "workers": [2, 8, 12]}),
]  # fmt: skip


@pytest.mark.parametrize(("work", "dataset", "candidates"), FEEDS, ids=["shared", "cached", "tokens"])
def test_frontier_is_that_of_brute_force(
    work: Values, dataset: Values, candidates: Values, tmp_path: Path
) -> None:
    scenario = {
        "name": "fed", "workload": {"job": "training", **work, "dataset": dataset}, "candidates": candidates,
        "objectives": ["time_to_train", "cost", "carbon"],
    }  # fmt: skip
    file = tmp_path / "fed.yaml"
    file.write_text(json.dumps(scenario))
    found = designer.plan(file, catalog=CATALOG)
    q = load(file, catalog=CATALOG)
    points = set()
    for choice in itertools.product(*(q.domains[d.name] for d in q.decisions)):
        design = {d.name: c for d, c in zip(q.decisions, choice, strict=True)}
        given = {n: k.si for n, k in q.bundle(design).items()}
        v = q.graph.evaluate(["time_to_train", "cost", "carbon", "idle_share", *q.limited], given)
        if all(t.holds(v) for t in q.limits) and v["idle_share"] <= 0.25:
            points.add(tuple(float(f"{v[n]:.9e}") for n in ("time_to_train", "cost", "carbon")))
    best = {
        p
        for p in points
        if not any(all(a <= b for a, b in zip(o, p, strict=True)) and o != p for o in points)
    }
    front = {
        tuple(float(f"{d.metrics[n].value:.9e}") for n in ("time_to_train", "cost", "carbon"))
        for d in found.frontier
    }
    assert found.proof.complete
    assert front == best


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("resnet-50-starving", "transform_time"),
        ("medical-imaging", "storage_time"),
        ("resnet-50-gpu-decode", None),
    ],
)
def test_the_stage_that_holds_the_devices_up_is_named(name: str, stage: str | None) -> None:
    result = designer.plan(name, catalog=CATALOG)
    for d in result.frontier:
        stages = {"storage_time", "transform_time"} & {b.name for b in d.binds}
        assert stages == ({stage} if stage else set())
        fed_share = d.metrics["fed_share"].value
        assert fed_share is not None
        assert (fed_share < 1) == bool(stage)


def test_more_cores_make_the_starving_job_faster() -> None:
    result = designer.plan("resnet-50-starving", catalog=CATALOG)
    assert all("workers_fit" in {b.name for b in d.binds} for d in result.frontier)
    more = designer.plan("resnet-50-starving", ["assume.host_cores=256"], catalog=CATALOG)
    fastest = [min(d.metrics["time_to_train"].value or math.inf for d in r.frontier) for r in (result, more)]
    assert fastest[1] < fastest[0]


def test_a_missed_deadline_is_met_by_more_time_more_cores_or_more_nodes() -> None:
    result = designer.plan("resnet-50-starving", ["budgets.time_to_train=60 min"], catalog=CATALOG)
    assert result.status == "infeasible"
    assert {m.name for m in result.conflict} == {"time_to_train", "workers_fit", "candidates.node_count"}
    assert {frozenset(r.changes) for r in result.repairs} == {
        frozenset({"time_to_train"}),
        frozenset({"workers_fit"}),
        frozenset({"candidates.node_count"}),
    }
    cores = next(r for r in result.repairs if "workers_fit" in r.changes)
    enough = int(cores.design["workers"]) * 8
    nodes = next(r.design["node_count"] for r in result.repairs if "candidates.node_count" in r.changes)
    for more in (f"assume.host_cores={enough}", f"candidates.node_count={nodes}"):
        sets = ["budgets.time_to_train=60 min", more]
        assert designer.plan("resnet-50-starving", sets, catalog=CATALOG).status == "found"


def test_what_the_workload_says_is_no_assumption(tmp_path: Path) -> None:
    for name in ("decode_rate", "sample_size", "epochs", "dataset_samples"):
        with pytest.raises(InputError, match="workload says what it is"):
            images_with(**{name: "1 s"})


def images_with(**assume: str) -> Question:
    return ask({**IMAGES, "dataset": DATASET}, BOX, assume=assume)


def test_vision_transformers_are_fed_like_networks() -> None:
    """A transformer with a data set has its own equations for the device and the same three stages."""
    work = {"model": "vit-b-16", "sequence_length": "197 token", "global_batch": "2048 sample"}
    box = {
        "node": "dgx-a100-80gb",
        "node_count": 1,
        "tp": 1,
        "pp": 1,
        "vpp": 1,
        "micro_batch": [32],
        "workers": [4, 16],
    }
    q = ask({**work, "dataset": {**DATASET, "augment_time": "8 ms"}}, box)
    slow, fast = (values(q, dp=8, workers=w, recompute="none") for w in (4, 16))
    resnet = values(images(augment_time="8 ms"), dp=8, workers=4)
    assert slow["transform_time"] == resnet["transform_time"] == pytest.approx(4 * fast["transform_time"])
    assert slow["fed_share"] < fast["fed_share"] <= 1
    assert slow["steps"] == resnet["steps"]
