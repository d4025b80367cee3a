"""MaxText: a script with its settings, and the Slurm job of all nodes."""

from __future__ import annotations

from designer.exporting.launch import Launch, Refused
from designer.exporting.target import TRAINING, Files, Target
from designer.exporting.text import Flag, brief, comments, header, shell_words
from designer.exporting.training import Ranks, microbatches, ranks_of, save_steps, saved, schedule
from designer.exporting.training_job import batch_script

TITLE, CHECKED = "MaxText", "MaxText 0.2.5 (its documentation; no parser was run)"
_NAMES = {
    "llama-2-7b": "llama2-7b", "llama-2-13b": "llama2-13b", "llama-2-70b": "llama2-70b", "llama-3-8b": "llama3-8b",
    "llama-3-70b": "llama3-70b", "llama-3.1-8b": "llama3.1-8b", "llama-3.1-70b": "llama3.1-70b",
    "llama-3.1-405b": "llama3.1-405b", "llama-3.3-70b": "llama3.3-70b", "mixtral-8x7b": "mixtral-8x7b",
    "mixtral-8x22b": "mixtral-8x22b", "deepseek-v2-lite": "deepseek2-16b", "deepseek-v2": "deepseek2-236b",
    "deepseek-v3": "deepseek3-671b", "qwen3-0.6b": "qwen3-0.6b", "qwen3-4b": "qwen3-4b", "qwen3-8b": "qwen3-8b",
    "qwen3-14b": "qwen3-14b", "qwen3-32b": "qwen3-32b", "qwen3-30b-a3b": "qwen3-30b-a3b",
    "qwen3-235b-a22b": "qwen3-235b-a22b", "gpt-oss-20b": "gpt-oss-20b", "gpt-oss-120b": "gpt-oss-120b",
}  # fmt: skip


def write(launch: Launch) -> Files:
    """`maxtext.sh` and `maxtext.sbatch`."""
    ranks = ranks_of(launch)
    said = header(launch, TITLE, CHECKED, *schedule(launch, ranks))
    settings = _settings(launch, ranks)
    start = (
        "#!/bin/bash\n"
        + comments(said)
        + "set -euo pipefail\n"
        + shell_words([(f"{o.name}={o.value}", o.why) for o in settings])
        + 'exec python3 -m maxtext.trainers.pre_train.train "${CONFIG:-src/maxtext/configs/base.yml}" "${ARGS[@]}"\n'
    )
    short = brief(launch, TITLE, CHECKED)
    return {"maxtext.sh": start, "maxtext.sbatch": batch_script(launch, short, ranks, "maxtext.sh")}


def _settings(launch: Launch, ranks: Ranks) -> list[Flag]:
    d = launch.decisions
    if launch.model.id not in _NAMES:
        raise Refused(f"{launch.model.id} is none of its models")
    if d.name("precision") not in ("bf16", "fp8"):
        raise Refused(f"precision {d.name('precision')} has no setting")
    if (mode := d.name("recompute")) not in ("none", "full"):
        raise Refused(f"recompute {mode} cannot be said: its policies keep other sets of activations")
    inner = d.count("tp") * d.count("cp")
    ep = d.count("ep")
    slices = ranks.nodes
    if ranks.each_node % (inner * ep):
        raise Refused(f"tp * cp * ep = {inner * ep} does not divide the {ranks.each_node} devices of a node")
    gpu = launch.machine.vendor == "NVIDIA"
    batch = d.count("micro_batch") / inner
    return [
        Flag("model_name", _NAMES[launch.model.id], "model"),
        Flag("hardware", "gpu_multiprocess" if gpu else "tpu", launch.machine.accelerator),
        Flag("run_name", launch.slug, "scenario"),
        Flag("base_output_directory", "checkpoints", "a folder of yours"),
        Flag("dataset_type", "synthetic", "your data"),
        Flag("ici_tensor_parallelism", d.count("tp"), "tp, in a node"),
        Flag("ici_context_parallelism", d.count("cp"), "cp, in a node"),
        Flag("ici_expert_parallelism", ep, "ep, in a node"),
        *_sharding(launch, ranks.each_node // (inner * ep), slices),
        Flag("per_device_batch_size", f"{batch:g}", "micro_batch / (tp * cp)"),
        Flag("gradient_accumulation_steps", microbatches(launch), "global_batch / (micro_batch * dp)"),
        Flag("max_target_length", launch.sequence_length, "sequence_length"),
        Flag("steps", launch.steps, "steps of the whole data set"),
        Flag("dtype", "bfloat16", "activations"),
        Flag("weight_dtype", "float32", "weights"),
        *([Flag("quantization", "fp8", "precision fp8")] if d.name("precision") == "fp8" else []),
        Flag("remat_policy", {"none": "minimal", "full": "full"}[mode], "recompute"),
        Flag("enable_checkpointing", "true", ""),
        Flag("checkpoint_period", save_steps(launch), saved(launch)),
        Flag("async_checkpointing", "false", "saving stops the step"),
    ]


def _sharding(launch: Launch, inside: int, slices: int) -> list[Flag]:
    """The data-parallel ranks of a node, and of all of them."""
    sharding = launch.decisions.name("sharding")
    if sharding == "zero2":
        raise Refused("sharding zero2 cannot be said")
    axis = "fsdp" if sharding == "zero3" else "data"
    other = "data" if axis == "fsdp" else "fsdp"
    out = [
        Flag(f"ici_{axis}_parallelism", inside, f"dp in a node, sharding {sharding}"),
        Flag(f"ici_{other}_parallelism", 1, ""),
        Flag(f"dcn_{axis}_parallelism", slices, "nodes"),
        Flag(f"dcn_{other}_parallelism", 1, ""),
    ]
    if sharding == "zero1":
        out.append(Flag("shard_optimizer_over_data", "true", "sharding zero1"))
    return out


TARGET = Target(
    name="maxtext",
    title=TITLE,
    checked=CHECKED,
    jobs=TRAINING,
    vendors=frozenset({"NVIDIA", "Google"}),
    reads=frozenset({
        "precision", "global_batch", "tp", "cp", "ep", "micro_batch", "recompute", "dp", "sharding",
        "checkpoint_interval",
    }),
    write=write,
)  # fmt: skip
