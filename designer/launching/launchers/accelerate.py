"""accelerate: `accelerate launch`, its YAML, and the arguments of the script that it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalogs.errors import InputError
from designer.launching.documents import documents_of, part
from designer.launching.hugging_face import GRAMMAR, decisions_of, model_of, number, script_words
from designer.launching.launcher import FoundCommand, Launcher, after
from designer.launching.launchers.deepspeed import config as deepspeed_config
from designer.launching.options import Remark, Words, grammar, parsed
from designer.launching.serving import because, options_of
from designer.launching.sources import LaunchText
from designer.launching.stated import Reading, StartedRanks
from designer.question.context import Value

TITLE = "accelerate 1.15.0"
OWN = grammar(
    TITLE,
    read="""config-file num-processes num-machines mixed-precision use-fsdp! use-deepspeed! zero-stage
    deepspeed-config-file fsdp-version fsdp-sharding-strategy fsdp-reshard-after-forward
    fsdp-activation-checkpointing gradient-accumulation-steps multi-gpu! parallelism-config-tp-size
    parallelism-config-cp-size parallelism-config-dp-replicate-size parallelism-config-dp-shard-size
    use-parallelism-config""",
    quiet="""main-process-ip main-process-port machine-rank rdzv-backend rdzv-conf same-network! gpu-ids
    dynamo-backend max-restarts fsdp-auto-wrap-policy fsdp-transformer-layer-cls-to-wrap fsdp-state-dict-type
    fsdp-backward-prefetch fsdp-forward-prefetch fsdp-use-orig-params fsdp-cpu-ram-efficient-loading
    fsdp-sync-module-states fsdp-min-num-params debug! module|m! num-cpu-threads-per-process deepspeed-hostfile
    deepspeed-multinode-launcher zero3-init-flag zero3-save-16bit-model gradient-clipping tee monitor-interval""",
    refused={
        "fsdp-offload-params": "weights and optimizer on the host are not modelled",
        "offload-optimizer-device": "an optimizer on the host is not modelled",
        "offload-param-device": "weights on the host are not modelled",
        "use-megatron-lm!": "Megatron-LM inside accelerate is not read; give Megatron-LM's own line",
    },
)  # fmt: skip
# Keys of the file that only say how processes find each other.
_QUIET = (
    "compute_environment",
    "debug",
    "distributed_type",
    "downcast_bf16",
    "enable_cpu_affinity",
    "machine_rank",
    "main_training_function",
    "main_process_ip",
    "main_process_port",
    "rdzv_backend",
    "same_network",
    "tpu_env",
    "tpu_use_cluster",
    "tpu_use_sudo",
    "use_cpu",
    "tpu_name",
    "num_machines",
    "num_processes",
    "mixed_precision",
    "fsdp_config",
    "deepspeed_config",
    "parallelism_config",
    "gpu_ids",
    "dynamo_config",
    "mpirun_config",
    "ipex_config",
    "megatron_lm_config",
    "rdzv_conf",
    "use_parallelism_config",
)
_FSDP1 = {
    "FULL_SHARD": "zero3",
    "1": "zero3",
    "SHARD_GRAD_OP": "zero2",
    "2": "zero2",
    "NO_SHARD": "zero0",
    "3": "zero0",
}


def begins(words: Sequence[str]) -> int | None:
    """After `accelerate launch`."""
    return after(words, "accelerate", "launch")


def read(found: FoundCommand) -> Reading:
    """A line: accelerate's own options over its file, and the script's arguments behind the script."""
    scripts = [i for i, w in enumerate(found.words) if w.endswith(".py")]
    at = scripts[0] if scripts else len(found.words)
    own, script = parsed(OWN, found.words[:at]), script_words(found.words[at + 1 :])
    data: Mapping[str, Any] = {}
    if "config-file" in own:
        data = documents_of(found.source.beside(own.text("config-file")))[0]
    decisions, work = decisions_of(script)
    return _stated(data, own, decisions, work, found.source, found.ignored, script)


def owns(data: Mapping[str, Any]) -> bool:
    """Keys of its file."""
    return "distributed_type" in data and "compute_environment" in data


def read_document(
    documents: list[Mapping[str, Any]], source: LaunchText, ignored: tuple[str, ...]
) -> Reading:
    """A file by itself, whose model, batch and lengths are said beside it."""
    return _stated(documents[0], parsed(OWN, []), {"recompute": "none"}, {}, source, ignored, None)


def _stated(
    data: Mapping[str, Any],
    own: Words,
    decisions: dict[str, Value],
    work: dict[str, int],
    source: LaunchText,
    ignored: tuple[str, ...],
    script: Words | None,
) -> Reading:
    precision = own.text("mixed-precision", str(data.get("mixed_precision", "")))
    if precision in ("bf16", "fp16", "fp8"):
        decisions["precision"] = precision
    decisions = {"precision": "fp32", **decisions, "sp": "on", "pp": 1, "ep": 1, "vpp": 1}
    said: list[Remark] = _unread(data)
    taken: list[str] = []
    nested = data.get("deepspeed_config") or {}
    if data.get("distributed_type") == "DEEPSPEED" or own.on("use-deepspeed"):
        kept = _deepspeed(nested, own, source)
        more, own_work, taken, remarks = deepspeed_config(kept, ignored)
        decisions |= {
            k: v
            for k, v in more.items()
            if k != "precision" or "precision" not in decisions or part(kept, str(v), "enabled")
        }
        work |= own_work
        said += [r for r in remarks if r.option in kept]
    else:
        sharding, full = _sharding(data, own)
        decisions["sharding"] = sharding
        if full:
            decisions["recompute"] = "full"
        split = data.get("parallelism_config") or {}
        for name in ("tp", "cp"):
            decisions[name] = own.count(
                f"parallelism-config-{name}-size", number(split, f"parallelism_config_{name}_size") or 1
            )
        copies = number(split, "parallelism_config_dp_replicate_size") or 1
        shards = number(split, "parallelism_config_dp_shard_size") or 1
        if copies > 1 and shards > 1:
            raise InputError(
                f"{TITLE}: {copies} replicas of shards are not modelled: all of dp shares, or none"
            )
    ranks = StartedRanks(
        nodes=own.count("num-machines", number(data, "num_machines") or 0) or None,
        world=own.count("num-processes", number(data, "num_processes") or 0) or None,
    )
    model = model_of(script, "the script") if script is not None else ""
    words = script.remarks(ignored) if script is not None else []
    found = because(script, {"micro_batch": "per-device-train-batch-size"}) if script is not None else {}
    return Reading(
        launcher=TITLE,
        target="accelerate",
        framework="deepspeed" if nested or own.on("use-deepspeed") else "fsdp",
        job="training",
        model=model,
        decisions=decisions,
        because=found,
        work=work,
        ranks=ranks,
        taken=tuple(taken),
        remarks=(*said, *own.remarks(ignored), *words),
        options={**_flat(data), **options_of(own), **(options_of(script) if script is not None else {})},
    )


def _flat(data: Mapping[str, Any]) -> dict[str, str]:
    out: dict[str, str] = {}
    for key, value in data.items():
        inner = value.items() if isinstance(value, Mapping) else [("", value)]
        out |= {f"{key}.{k}".rstrip("."): str(v) for k, v in inner}
    return out


def _deepspeed(nested: Mapping[str, Any], own: Words, source: LaunchText) -> dict[str, Any]:
    """The settings of DeepSpeed: those of its own file, or the few that accelerate has for them."""
    file = own.text("deepspeed-config-file", str(nested.get("deepspeed_config_file", "")))
    if file:
        return dict(documents_of(source.beside(file))[0])
    out: dict[str, Any] = {
        "zero_optimization": {"stage": own.count("zero-stage", number(nested, "zero_stage") or 2)}
    }
    for key in ("offload_optimizer", "offload_param"):
        device = nested.get(f"{key}_device")
        if device not in (None, "none"):
            out["zero_optimization"][key] = {"device": device}
    if many := number(nested, "gradient_accumulation_steps"):
        out["gradient_accumulation_steps"] = many
    return out


def _sharding(data: Mapping[str, Any], own: Words) -> tuple[str, bool]:
    """What replicas share with FSDP, and whether it recomputes layers."""
    if data.get("distributed_type") != "FSDP" and not own.on("use-fsdp"):
        return "zero0", False
    kept = {str(k): v for k, v in (data.get("fsdp_config") or {}).items()}
    if str(kept.get("fsdp_offload_params", "false")).lower() == "true":
        raise InputError(f"{TITLE}: fsdp_offload_params: weights and optimizer on the host are not modelled")
    full = (
        str(
            kept.get("fsdp_activation_checkpointing", own.text("fsdp-activation-checkpointing", "false"))
        ).lower()
        == "true"
    )
    strategy = kept.get("fsdp_sharding_strategy", own.text("fsdp-sharding-strategy") or None)
    if strategy is not None and str(kept.get("fsdp_version", 1)) == "1":
        if str(strategy) not in _FSDP1:
            raise InputError(
                f"{TITLE}: fsdp_sharding_strategy {strategy} is not modelled: all of dp shares, or none"
            )
        return _FSDP1[str(strategy)], full
    after_forward = str(
        kept.get("fsdp_reshard_after_forward", own.text("fsdp-reshard-after-forward", "true"))
    ).lower()
    return {"false": "zero2", "true": "zero3"}.get(
        after_forward, _FSDP1.get(after_forward.upper(), "zero3")
    ), full


def _unread(data: Mapping[str, Any]) -> list[Remark]:
    return [Remark(str(k), f"not known of {TITLE}; not counted") for k in data if k not in _QUIET]


LAUNCHER = Launcher("accelerate", GRAMMAR, begins, read, owns, read_document)
