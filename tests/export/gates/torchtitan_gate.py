"""torchtitan's own configuration, mesh and pipeline schedules.

An input is {"config": text of the TOML, "world": ranks, "layers": of each stage}.
"""

from __future__ import annotations

import dataclasses
import tempfile
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gate


def load() -> Callable[[Any], str | None]:
    """Import what is slow; returns the check of one input."""
    gate.without("triton", "torch.utils.tensorboard")
    import torch  # noqa: F401
    import torchtitan.distributed.pipeline_parallel as pipeline
    import torchtitan.protocols.train_spec as specs
    from torchtitan.config import ConfigManager
    from torchtitan.distributed import ParallelDims

    def strange(config: Any) -> str | None:
        """A value that is none of those its type lists, which the reader does not look at."""
        kinds = typing.get_type_hints(type(config))
        for field in dataclasses.fields(config):
            value, kind = getattr(config, field.name), kinds.get(field.name)
            if dataclasses.is_dataclass(value):
                if found := strange(value):
                    return found
            elif typing.get_origin(kind) is typing.Literal and value not in typing.get_args(kind):
                return f"{field.name} = {value!r} is not one of {typing.get_args(kind)}"
        return None

    def check(given: Any) -> str | None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "torchtitan.toml")
            file.write_text(given["config"])
            config = ConfigManager().parse_args(["--job.config_file", str(file)])
        if found := strange(config):
            return found
        p, t = config.parallelism, config.training
        dims = ParallelDims(
            dp_replicate=p.data_parallel_replicate_degree,
            dp_shard=p.data_parallel_shard_degree,
            cp=p.context_parallel_degree,
            tp=p.tensor_parallel_degree,
            pp=p.pipeline_parallel_degree,
            ep=p.expert_parallel_degree,
            etp=p.expert_tensor_parallel_degree,
            world_size=given["world"],
        )
        layers = specs.get_train_spec(config.model.name).model_args[config.model.flavor].n_layers
        if t.seq_len % dims.seq_len_divisor:
            return f"seq_len {t.seq_len} is not divisible by {dims.seq_len_divisor}"
        replicas = dims.dp_replicate * dims.dp_shard
        if t.global_batch_size % (t.local_batch_size * replicas):
            return f"global_batch_size {t.global_batch_size} is not divisible by {t.local_batch_size} * {replicas}"
        if dims.pp == 1:
            return None if sum(given["layers"]) == layers else f"the flavour has {layers} layers"
        schedule = pipeline.get_schedule_class(p.pipeline_parallel_schedule)
        parts = p.module_fqns_per_model_part
        if issubclass(schedule, pipeline.PipelineScheduleSingle) != (len(parts) == dims.pp):
            return f"{p.pipeline_parallel_schedule} with {len(parts)} stages on {dims.pp} ranks"
        held = [
            sum(m.startswith("layers.") for part in parts[r :: dims.pp] for m in part) for r in range(dims.pp)
        ]
        names = [m for part in parts for m in part]
        if names != ["tok_embeddings", *(f"layers.{i}" for i in range(layers)), "norm", "output"]:
            return f"the stages hold {names}"
        return None if held == given["layers"] else f"builds stages of {held} layers, not {given['layers']}"

    return check


if __name__ == "__main__":
    gate.run("torchtitan", load)
