"""accelerate's own configuration file, launcher and sizes: an input is {"config": its YAML as text, "world": ranks}."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gate


def load() -> Callable[[Any], str | None]:
    """Import what is slow; returns the check of one input."""
    from accelerate.commands.config.config_args import ClusterConfig
    from accelerate.commands.launch import launch_command_parser
    from accelerate.parallelism_config import ParallelismConfig
    from accelerate.utils import FullyShardedDataParallelPlugin

    def check(given: Any) -> str | None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "accelerate.yaml")
            file.write_text(given["config"])
            config = ClusterConfig.from_yaml_file(str(file))
        parser = launch_command_parser()
        known = {a.dest for a in parser._actions}
        words = ["--mixed_precision", str(config.mixed_precision)]
        for group in (config.fsdp_config or {}, getattr(config, "parallelism_config", None) or {}):
            for key, value in group.items():
                if key not in known:
                    return f"{key}: the launcher has no such option"
                words += [f"--{key}", str(value)]
        args = parser.parse_args([*words, "train.py"])
        names = ("dp_replicate_size", "dp_shard_size", "tp_size", "cp_size")
        sizes = {n: int(getattr(args, f"parallelism_config_{n}")) for n in names}
        total = ParallelismConfig(**sizes).total_size
        if not total == config.num_processes == given["world"]:
            return f"{total} ranks, {config.num_processes} processes, {given['world']} started"
        if config.distributed_type == "FSDP":
            FullyShardedDataParallelPlugin(
                fsdp_version=int(args.fsdp_version),
                reshard_after_forward=args.fsdp_reshard_after_forward,
                activation_checkpointing=str(args.fsdp_activation_checkpointing).lower() == "true",
            )
        return None

    return check


if __name__ == "__main__":
    gate.run("accelerate", load)
