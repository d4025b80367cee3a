"""What is exported is read back as the same design, for every target that is read."""

from __future__ import annotations

from typing import Any

import pytest
from launches import frontiers, random_launches, written

from designer.exporting.launch import Launch
from designer.exporting.target import NEUTRAL, targets
from designer.launching.launcher import read_launch
from designer.launching.sources import source_of_files

pytestmark = pytest.mark.slow

READ = (
    "accelerate", "deepspeed", "dynamo", "kubernetes", "llm-d", "megatron", "ray-serve", "sglang", "torchtitan", "vllm",
)  # fmt: skip
# What no file says: how often a client asks, which is in its requests; how prompts share a pass, which an
# engine decides; and an interval in seconds where files count steps.
UNSAID = {"samples", "prefill_batch", "checkpoint_interval", "engine"}


def decisions_of(launch: Launch, files: dict[str, str]) -> dict[str, Any]:
    stated = read_launch(source_of_files(files))
    if stated.job == "inference":
        return dict(stated.decisions)
    world = stated.ranks.total(launch.machine.devices)
    assert world is not None
    decisions = stated.derive_dp(world)
    decisions.setdefault(
        "global_batch", int(decisions["micro_batch"]) * stated.work["accumulation"] * int(decisions["dp"])
    )
    return decisions


@pytest.mark.parametrize("name", READ)
def test_a_design_comes_back(name: str) -> None:
    target = targets()[name]
    read = 0
    for drawn in (*frontiers(), *random_launches(name, 60)):
        files = written(target, drawn.launch)
        if isinstance(files, str):
            continue
        back, there = decisions_of(drawn.launch, files), drawn.launch.all_decisions
        # A switch of tensor parallelism, and a way to share, mean nothing to one rank.
        alone = {"sp"} if there.get("tp") == 1 else set()
        alone |= {"sharding"} if there.get("dp") == 1 else set()
        for decision in target.reads & set(there):
            if decision in UNSAID | alone:
                continue
            neutral = NEUTRAL.get(decision, (None,))[0]
            assert back.get(decision, neutral) == there[decision], (drawn.name, decision)
        read += 1
    assert read >= 5


def test_steps_between_checkpoints_come_back() -> None:
    target = targets()["megatron"]
    for drawn in frontiers():
        files = written(target, drawn.launch)
        if isinstance(files, dict):
            saved = read_launch(source_of_files(files)).work["save_steps"]
            interval = float(drawn.launch.all_decisions["checkpoint_interval"])
            assert saved * drawn.launch.quantities["step_time"] <= max(
                interval, drawn.launch.quantities["step_time"]
            )
