"""The parts of a quantity add up to it, for every job, in random designs of shipped scenarios."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import pytest

from constraints.rule import ROOT
from designer.question.question import Question
from designer.reading.loading import load

JOBS = {
    "training": "llama-3.1-405b-pretrain",
    "training of a mixture": "deepseek-v3-pretrain",
    "training of a network with a data set": "resnet-50-starving",
    "training with a data set decoded on devices": "resnet-50-gpu-decode",
    "training with streamed weights": "wafer-scale-13b",
    "private training": "private-finetune",
    "serving": "llama-3.1-70b-chat",
    "serving a mixture": "deepseek-v3-serving",
    "serving held against bounds": "reasoning-fleet",
    "concurrent": "llama-3.1-70b-64-users",
    "batch": "corpus-embedding",
}
SERVES = [job for job in JOBS if "training" not in job]
TRAINS = [job for job in JOBS if job not in SERVES]
STEP = ("step_computation", "step_communication", "step_coordination")
# What messages make wait, and what else stands in a layer's time that is no kernel: the host's launches.
MESSAGES = {
    "training": (
        "tp_exposed", "cp_exposed", "ep_exposed", "pp_exposed", "gradient_exposed", "gather_exposed",
        "host_layer_time", "host_moe_layer_time", "recompute_stall",
    ),
    "serving": (
        "reduce_latency", "reduce_seconds_per_token", "exchange_latency", "exchange_seconds_per_token",
        "handover_latency", "handover_seconds_per_token",
    ),
}  # fmt: skip
# Limits without which a design means nothing: no device has a part of an expert, or a rate it has not.
LAYOUT = ("ep_divides_data_ranks", "ep_divides_ranks", "precision_supported")
DESIGNS = 40
QUESTIONS: dict[str, Question] = {}


def asked(job: str) -> Question:
    if job not in QUESTIONS:
        QUESTIONS[job] = load(ROOT / "scenarios" / f"{JOBS[job]}.yaml")
    return QUESTIONS[job]


def designs(job: str, *targets: str, **given: float) -> Iterator[dict[str, float]]:
    """Quantities of random designs of a job, whether they keep within budgets, memory and devices or not."""
    question, rng = asked(job), random.Random(job)
    meaningful = [limit for limit in LAYOUT if limit in question.graph.rules]
    found = 0
    for _ in range(20 * DESIGNS):
        design = {d.name: rng.choice(question.domains[d.name]) for d in question.decisions}
        numbers = {n: k.si for n, k in question.bundle(design).items()}
        if "straggler_factor" in numbers:
            numbers["straggler_factor"] = 1 + rng.random()
        made = question.graph.evaluate([*targets, *meaningful], numbers | given)
        if all(made[limit] for limit in meaningful):
            found += 1
            yield made
        if found == DESIGNS:
            return
    raise AssertionError(f"{job}: {found} designs, too few to say anything")


def close(parts: float, whole: float) -> bool:
    return math.isclose(parts, whole, rel_tol=1e-9)


@pytest.mark.parametrize("job", TRAINS)
def test_parts_of_a_step_make_the_step(job: str) -> None:
    shares = tuple(f"{part}_share" for part in STEP)
    for v in designs(job, "step_time", *STEP, *shares):
        assert all(v[part] >= 0 for part in STEP)
        assert close(sum(v[part] for part in STEP), v["step_time"])
        assert close(sum(v[share] for share in shares), 1)


@pytest.mark.parametrize("job", [job for job in TRAINS if "data set" in job])
def test_a_fed_step_waits_for_samples_and_for_the_slowest_device(job: str) -> None:
    for v in designs(job, "device_step_time", "data_wait", "step_coordination"):
        slowest = (1 - 1 / v["straggler_factor"]) * v["device_step_time"]
        assert close(v["data_wait"] + slowest, v["step_coordination"])


@pytest.mark.parametrize("job", SERVES)
def test_parts_of_a_decode_step_make_the_step(job: str) -> None:
    for v in designs(job, "decode_full_step", "decode_computation", "decode_communication"):
        assert v["decode_communication"] >= 0
        assert close(v["decode_computation"] + v["decode_communication"], v["decode_full_step"])


@pytest.mark.parametrize("job", JOBS)
def test_without_messages_nothing_communicates(job: str) -> None:
    """What a step computes is what it takes where its messages take no time; the rest waits for them."""
    trains = job in TRAINS
    silent = {
        **dict.fromkeys(MESSAGES["training" if trains else "serving"], 0.0),
        "stream_bandwidth": math.inf,
    }
    whole, part = ("step_time", "step_") if trains else ("decode_full_step", "decode_")
    targets = (whole, f"{part}computation", f"{part}communication")
    for with_messages, without in zip(designs(job, *targets), designs(job, *targets, **silent), strict=True):
        assert without[f"{part}computation"] == with_messages[f"{part}computation"]
        if not without.get("norm_passes"):  # a pass for norms runs kernels that count as communication
            assert without[f"{part}communication"] <= 1e-12 * without[whole]


@pytest.mark.parametrize("job", JOBS)
def test_parts_of_memory_and_carbon_make_the_whole(job: str) -> None:
    for v in designs(job, "device_memory", "carbon"):
        assert close(fullest(v), v["device_memory"])
        assert close(v["operational_carbon"] + v["embodied_carbon"], v["carbon"])


def fullest(v: dict[str, float]) -> float:
    """Memory of the fullest device from its parts, as the rules of each job name them."""
    if "weight_memory" in v:
        return v["weight_memory"] + v["kv_memory"] + v["workspace_memory"]
    if "network_activations" in v:
        return v["first_stage_state"] + v["network_activations"]
    if v.get("streamed"):
        return (
            v["streamed_weights"]
            + v["first_stage_activations"]
            + v["logits_memory"]
            + v["recompute_workspace"]
        )
    pp, extra = v["pp"], v["gathered_weights"] + v["recompute_workspace"] + v["sample_gradient_memory"]
    stages = {
        "first": v["logits_memory"] if pp == 1 else 0.0,
        **({"inner": 0.0} if pp > 2 else {}),
        **({"last": v["logits_memory"]} if pp > 1 else {}),
    }
    return extra + max(
        v[f"{stage}_stage_state"] + v[f"{stage}_stage_activations"] + logits
        for stage, logits in stages.items()
    )
