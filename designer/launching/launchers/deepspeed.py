"""DeepSpeed: its JSON, with the arguments of the script that takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalogs.errors import InputError
from designer.launching.documents import documents_of, part
from designer.launching.hugging_face import GRAMMAR, decisions_of, model_of, number, script_words
from designer.launching.launcher import FoundCommand, Launcher, ranks_of
from designer.launching.options import Remark
from designer.launching.serving import because, options_of
from designer.launching.sources import LaunchText
from designer.launching.stated import Reading, StartedRanks
from designer.question.context import Value

TITLE = "DeepSpeed 0.19.8"
_READ = {
    "train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps", "zero_optimization", "bf16",
    "bfloat16", "fp16", "data_types", "tensor_parallel", "activation_checkpointing",
}  # fmt: skip
_QUIET = {
    "gradient_clipping",
    "steps_per_print",
    "wall_clock_breakdown",
    "optimizer",
    "scheduler",
    "zero_allow_untested_optimizer",
    "prescale_gradients",
    "flops_profiler",
    "tensorboard",
    "wandb",
    "csv_monitor",
    "comms_logger",
    "dump_state",
    "checkpoint",
    "zero_force_ds_cpu_optimizer",
    "communication_data_type",
    "seq_parallel_communication_data_type",
}
_ZERO_QUIET = {
    "stage",
    "allgather_partitions",
    "allgather_bucket_size",
    "overlap_comm",
    "reduce_scatter",
    "reduce_bucket_size",
    "contiguous_gradients",
    "round_robin_gradients",
    "sub_group_size",
    "stage3_prefetch_bucket_size",
    "stage3_max_live_parameters",
    "stage3_param_persistence_threshold",
    "stage3_max_reuse_distance",
    "stage3_gather_16bit_weights_on_model_save",
    "stage3_gather_fp16_weights_on_model_save",
    "ignore_unused_parameters",
    "cpu_offload",
    "offload_optimizer",
    "offload_param",
}


def begins(words: Sequence[str]) -> int | None:
    """After a script that is given `--deepspeed`; DeepSpeed's own starter is not needed."""
    flagged = any(
        w in ("--deepspeed", "--deepspeed_config") or w.startswith(("--deepspeed=", "--deepspeed_config="))
        for w in words
    )
    scripts = [i for i, w in enumerate(words) if w.endswith(".py")]
    return scripts[0] + 1 if flagged and scripts else None


def read(found: FoundCommand) -> Reading:
    """A line: the script's arguments, and the JSON that they name."""
    words = script_words(found.words)
    values = words.given.get("deepspeed", [])
    file = words.text("deepspeed") if values else ""
    data = documents_of(found.source.beside(file))[0] if file else {}
    decisions, work = decisions_of(words)
    own, own_work, taken, said = config(data, found.ignored)
    for name, value in own.items():
        decisions[name] = value
    ranks = ranks_of(found)
    work = {**work, **own_work}
    return Reading(
        launcher=TITLE,
        target="deepspeed",
        framework="deepspeed",
        job="training",
        model=model_of(words, "the script"),
        decisions={**decisions, **_WHOLE},
        because=because(
            words, {"micro_batch": "per-device-train-batch-size", "recompute": "gradient-checkpointing"}
        ),
        work=work,
        ranks=ranks,
        taken=tuple(taken),
        remarks=(*said, *words.remarks(found.ignored)),
        options=options_of(words),
    )


# What neither the file nor a script of Hugging Face splits.
_WHOLE: dict[str, Value] = {"pp": 1, "cp": 1, "ep": 1, "vpp": 1}


def config(
    data: Mapping[str, Any], ignored: Sequence[str]
) -> tuple[dict[str, Value], dict[str, int], list[str], list[Remark]]:
    """Decisions of the JSON, facts of the work, what was taken and what is not counted.

    Raises InputError for what no number here knows: parts of the state on the host.
    """
    zero = data.get("zero_optimization") or {}
    if not isinstance(zero, Mapping) or zero.get("stage", 0) not in (0, 1, 2, 3):
        raise InputError(f"{TITLE}: zero_optimization.stage is 0, 1, 2 or 3")
    for name in ("offload_optimizer", "offload_param"):
        device = part(zero, name, "device") if isinstance(zero.get(name), Mapping) else None
        if device not in (None, "none") and name not in ignored and name.replace("_", "-") not in ignored:
            raise InputError(
                f"zero_optimization.{name}: state on the {device} is not modelled; --ignore {name} "
                "answers as if it were not there"
            )
    for name in ("zero_hpz_partition_size", "mics_shard_size"):
        if (number(zero, name) or 1) > 1 and name.replace("_", "-") not in ignored:
            raise InputError(
                f"zero_optimization.{name}: weights kept once a node besides are not modelled; "
                f"--ignore {name} leaves it out"
            )
    decisions: dict[str, Value] = {"sharding": f"zero{zero.get('stage', 0)}", "sp": "on"}
    for keys, name in ((("bf16",), "bf16"), (("bfloat16",), "bf16"), (("fp16",), "fp16")):
        if part(data, *keys, "enabled") is True:
            decisions["precision"] = name
    decisions["tp"] = number(data, "tensor_parallel", "autotp_size") or 1
    if micro := number(data, "train_micro_batch_size_per_gpu"):
        decisions["micro_batch"] = micro
    if whole := number(data, "train_batch_size"):
        decisions["global_batch"] = whole
    if part(data, "activation_checkpointing", "partition_activations") is True:
        decisions["recompute"] = "full"
    work = {}
    if many := number(data, "gradient_accumulation_steps"):
        work["accumulation"] = many
    taken = []
    if "bf16" in str(decisions.get("precision")) and part(data, "data_types", "grad_accum_dtype") != "fp32":
        taken.append(
            "gradients in fp32, though DeepSpeed adds them up in 16 bit here: 2 bytes a parameter "
            "less than is counted"
        )
    known = [
        Remark(k, f"not known of {TITLE}; not counted") for k in data if k not in _READ and k not in _QUIET
    ]
    known += [Remark(f"zero_optimization.{k}", "not counted") for k in zero if k not in _ZERO_QUIET]
    return decisions, work, taken, known


def owns(data: Mapping[str, Any]) -> bool:
    """Keys of its JSON."""
    return (
        "zero_optimization" in data or "train_micro_batch_size_per_gpu" in data or "train_batch_size" in data
    )


def read_document(
    documents: list[Mapping[str, Any]], source: LaunchText, ignored: tuple[str, ...]
) -> Reading:
    """A file by itself, whose model and lengths are said beside it."""
    decisions, work, taken, said = config(documents[0], ignored)
    decisions = {"precision": "fp32", "recompute": "none", **decisions, **_WHOLE}
    taken.append("no recomputation and no more than data parallelism, which the script decides")
    return Reading(
        launcher=TITLE,
        target="deepspeed",
        framework="deepspeed",
        job="training",
        model="",
        decisions=decisions,
        work=work,
        ranks=StartedRanks(),
        taken=tuple(taken),
        remarks=tuple(said),
        options={str(k): str(v) for k, v in documents[0].items()},
    )


LAUNCHER = Launcher("DeepSpeed", GRAMMAR, begins, read, owns, read_document, (".json",))
