"""DeepSpeed: its JSON, a script that starts the ranks of a node, and the Slurm job of all nodes."""

from __future__ import annotations

import json

from designer.exporting.hugging_face import SCRIPT, trainer_options, whole_layers
from designer.exporting.launch import Launch, Refused
from designer.exporting.target import TRAINING, Files, Target
from designer.exporting.text import Flag, brief, header, shell_array
from designer.exporting.training import microbatches, ranks_of, schedule
from designer.exporting.training_job import batch_script, start_script

TITLE, CHECKED = "DeepSpeed", "DeepSpeed 0.19.8"


def write(launch: Launch) -> Files:
    """`ds_config.json`, `deepspeed.sh` and `deepspeed.sbatch`."""
    whole_layers(launch)
    ranks = ranks_of(launch)
    said = header(launch, TITLE, CHECKED, *schedule(launch, ranks))
    options = [*trainer_options(launch), Flag("deepspeed", "ds_config.json", "sharding and precision")]
    arguments = shell_array([("the Transformers example run_clm.py", options)])
    return {
        "deepspeed.sh": start_script(said, ranks, arguments, SCRIPT),
        "ds_config.json": json.dumps(_config(launch), indent=2) + "\n",
        "deepspeed.sbatch": batch_script(launch, brief(launch, TITLE, CHECKED), ranks, "deepspeed.sh"),
    }


def _config(launch: Launch) -> dict[str, object]:
    d = launch.decisions
    precision = d.name("precision")
    if precision not in ("bf16", "fp16", "fp32"):
        raise Refused(f"precision {precision} has no key")
    stage = int(d.name("sharding").removeprefix("zero"))
    hidden = launch.quantities.get("dp_overlap", 0) > 0
    return {
        "train_batch_size": d.count("global_batch"),
        "train_micro_batch_size_per_gpu": d.count("micro_batch"),
        "gradient_accumulation_steps": microbatches(launch),
        "zero_optimization": {"stage": stage, **({"overlap_comm": hidden} if stage else {})},
        **({precision: {"enabled": True}} if precision != "fp32" else {}),
        "data_types": {"grad_accum_dtype": "fp32"},
        "gradient_clipping": 1.0,
    }


TARGET = Target(
    name="deepspeed",
    title=TITLE,
    checked=CHECKED,
    jobs=TRAINING,
    vendors=frozenset({"NVIDIA", "AMD"}),
    reads=frozenset({
        "precision", "global_batch", "micro_batch", "recompute", "dp", "sharding", "checkpoint_interval",
    }),
    write=write,
)  # fmt: skip
