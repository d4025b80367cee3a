"""DeepSpeed's own configuration: an input is {"config": its JSON as text, "world": ranks}."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gate

# Keys that are read elsewhere than where the others are declared.
_ELSEWHERE = {"zero_optimization", "data_types"}


def load() -> Callable[[Any], str | None]:
    """Import what is slow; returns the check of one input."""
    os.environ.update(DS_ACCELERATOR="cpu", RANK="0")
    from deepspeed.runtime import config as runtime
    from deepspeed.runtime import constants

    runtime.dist.get_rank = lambda *_: 0
    known = {
        v for m in (runtime, constants) for k, v in vars(m).items() if k.isupper() and isinstance(v, str)
    }

    def check(given: Any) -> str | None:
        data, world = json.loads(given["config"]), given["world"]
        os.environ["WORLD_SIZE"] = str(world)
        if unknown := sorted(set(data) - known - _ELSEWHERE):
            return f"{', '.join(unknown)}: no such key, and none says so"
        ranks = SimpleNamespace(
            get_data_parallel_world_size=lambda: world,
            get_sequence_data_parallel_world_size=lambda: world,
            get_model_parallel_world_size=lambda: 1,
        )
        runtime.DeepSpeedConfig(data, mpu=ranks)
        return None

    return check


if __name__ == "__main__":
    gate.run("deepspeed", load)
