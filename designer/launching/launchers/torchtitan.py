"""torchtitan: its TOML, and the settings that a line puts over it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from catalogs.errors import InputError
from designer.exporting.targets.torchtitan import FLAVORS
from designer.launching.documents import documents_of
from designer.launching.launcher import FoundCommand, Launcher, ranks_of
from designer.launching.options import Remark, grammar, parsed, whole
from designer.launching.sources import LaunchText
from designer.launching.stated import Reading, StartedRanks
from designer.question.context import Value

TITLE = "torchtitan 0.2.2"
GRAMMAR = grammar(TITLE, read="job.config-file|job.config_file|config-file")
_MULTI = ("interleaved1f1b", "zbvzerobubble", "dualpipev", "interleavedzerobubble")
# Settings that were read, by section; of the others those that change an answer are named below.
_READ = {
    "model": ("name", "flavor", "converters"),
    "training": ("seq_len", "local_batch_size", "global_batch_size", "batch_size", "steps", "mixed_precision_param"),
    "parallelism": (
        "tensor_parallel_degree", "context_parallel_degree", "pipeline_parallel_degree", "expert_parallel_degree",
        "expert_tensor_parallel_degree", "data_parallel_replicate_degree", "data_parallel_shard_degree",
        "fsdp_reshard_after_forward", "pipeline_parallel_schedule", "pipeline_parallel_microbatch_size",
        "pipeline_parallel_layers_per_stage", "module_fqns_per_model_part",
    ),
    "activation_checkpoint": ("mode", "selective_ac_option"),
    "checkpoint": ("enable", "enable_checkpoint", "interval"),
}  # fmt: skip
_QUIET = (
    "job",
    "profiling",
    "metrics",
    "optimizer",
    "lr_scheduler",
    "comm",
    "validation",
    "debug",
    "experimental",
    "quantize",
    "float8",
)
_BESIDE = {
    "compile.enable": "kernels are those that were measured, however they are compiled",
    "compile.components": "kernels are those that were measured, however they are compiled",
    "parallelism.enable_async_tensor_parallel": "communication of tensor parallelism is counted as not hidden",
    "parallelism.disable_loss_parallel": "the loss is counted as split by tp",
    "checkpoint.async_mode": "saving is counted as stopping the step",
    "training.gc_freq": "",
    "training.mixed_precision_reduce": "gradients are counted in fp32",
    "training.dtype": "weights are counted as kept in fp32 and used in 16 bit",
    "parallelism.context_parallel_rotate_method": "context parallelism is counted as a ring",
}
_REFUSED = {
    "training.enable_cpu_offload": "weights and optimizer on the host are not modelled",
    "memory_estimation.enabled": "it trains nothing",
}
_UNCOUNTED = (
    "dataset",
    "dataset_path",
    "max_norm",
    "seed",
    "deterministic",
    "hf_assets_path",
    "tokenizer_path",
    "folder",
    "keep_latest_k",
    "export_dtype",
    "last_save_model_only",
    "initial_load_path",
    "print_after_conversion",
    "early_stop",
    "per_op_sac_force_recompute_mm_shapes_by_fqns",
    "gc_freq",
    "load_step",
    "tokenizer_backend",
)


def begins(words: Sequence[str]) -> int | None:
    """After the module that trains, or its starter."""
    for at, word in enumerate(words):
        if word in ("torchtitan.train",) or word.endswith(("torchtitan/train.py", "run_train.sh")):
            return at + 1
    return None


def read(found: FoundCommand) -> Reading:
    """A line: its file, and the settings that it puts over it."""
    words = parsed(GRAMMAR, found.words)
    file = words.text("job.config-file") if "job.config-file" in words else _assigned(found.before)
    if not file:
        raise InputError(f"{TITLE}: the line names no file of settings (--job.config_file)")
    data = {
        k: dict(v) for k, v in documents_of(found.source.beside(file))[0].items() if isinstance(v, Mapping)
    }
    for name, values in words.unknown.items():
        section, dot, key = name.partition(".")
        if not dot:
            raise InputError(f"{TITLE}: --{name} is not section.key=value")
        off = key.startswith("no_") or key.startswith("no-")
        plain = key.removeprefix("no_").removeprefix("no-").replace("-", "_")
        data.setdefault(section, {})[plain] = " ".join(values) if values else not off
    return _stated(data, ranks_of(found), found.ignored)


def _assigned(before: Sequence[str]) -> str:
    return next((w.partition("=")[2] for w in before if w.startswith("CONFIG_FILE=")), "")


def owns(data: Mapping[str, Any]) -> bool:
    """Sections of its file."""
    return (
        isinstance(data.get("training"), Mapping)
        and isinstance(data.get("model"), Mapping)
        and "seq_len" in data["training"]
    )


def read_document(
    documents: list[Mapping[str, Any]], source: LaunchText, ignored: tuple[str, ...]
) -> Reading:
    """A file by itself."""
    return _stated({k: v for k, v in documents[0].items() if isinstance(v, Mapping)}, StartedRanks(), ignored)


def _stated(data: Mapping[str, Mapping[str, Any]], ranks: StartedRanks, ignored: Sequence[str]) -> Reading:
    remarks = _unread(data, ignored)
    training, parallel = data.get("training", {}), data.get("parallelism", {})

    def degree(name: str) -> int:
        return whole(str(parallel.get(name, 1)), f"parallelism.{name}")

    tp, cp, pp, ep = (degree(f"{n}_parallel_degree") for n in ("tensor", "context", "pipeline", "expert"))
    micro, local = _batches(training, parallel, pp)
    decisions: dict[str, Value] = {
        "tp": tp,
        "sp": "on",
        "cp": cp,
        "pp": pp,
        "ep": ep,
        "etp": degree("expert_tensor_parallel_degree") if ep > 1 else tp,
        "vpp": _virtual(parallel, pp, data),
        "micro_batch": micro,
        "precision": "fp8"
        if any("float8" in str(c) for c in _list(data.get("model", {}).get("converters")))
        else "bf16",
    }
    recompute, said = _recompute(data.get("activation_checkpoint", {}))
    decisions["recompute"] = recompute
    dp, sharding = _data_parallel(parallel, ranks, tp * cp * pp, pp)
    decisions["sharding"] = sharding
    if dp:
        decisions["dp"] = dp
    work = {
        "sequence_length": whole(str(training.get("seq_len", 2048)), "training.seq_len"),
        "accumulation": local // micro,
    }
    if "steps" in training:
        work["iterations"] = whole(str(training["steps"]), "training.steps")
    if int(training.get("global_batch_size", -1)) > 0:
        decisions["global_batch"] = whole(str(training["global_batch_size"]), "training.global_batch_size")
    saved = data.get("checkpoint", {})
    if saved.get("enable", saved.get("enable_checkpoint")) and "interval" in saved:
        work["save_steps"] = whole(str(saved["interval"]), "checkpoint.interval")
    flat = {f"{s}.{k}": str(v) for s, part in data.items() for k, v in part.items()}
    return Reading(
        launcher=TITLE,
        target="torchtitan",
        framework="fsdp",
        job="training",
        model=_model(data.get("model", {})),
        decisions=decisions,
        because={
            "tp": f"parallelism.tensor_parallel_degree {tp}",
            "micro_batch": f"local_batch_size {local}",
        },
        work=work,
        ranks=ranks,
        remarks=(*said, *remarks),
        options=flat,
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if value else []


def _model(section: Mapping[str, Any]) -> str:
    name, flavor = str(section.get("name", "")), str(section.get("flavor", ""))
    for id, pair in FLAVORS.items():
        if pair == (name, flavor):
            return id
    raise InputError(f"{TITLE}: model {name} {flavor} is none that is known here; --set workload.model=NAME")


def _batches(training: Mapping[str, Any], parallel: Mapping[str, Any], pp: int) -> tuple[int, int]:
    """Sequences of a micro-batch, and of all that a replica reads before it may accumulate again."""
    local = whole(
        str(training.get("local_batch_size", training.get("batch_size", 8))), "training.local_batch_size"
    )
    if pp == 1:
        return local, local
    micro = whole(
        str(parallel.get("pipeline_parallel_microbatch_size", 1)),
        "parallelism.pipeline_parallel_microbatch_size",
    )
    if local % micro:
        raise InputError(f"{TITLE}: local_batch_size {local} is no multiple of the micro-batch of {micro}")
    return micro, local


def _virtual(parallel: Mapping[str, Any], pp: int, data: Mapping[str, Any]) -> int:
    """Virtual stages of a rank: by the list of parts, the layers of each, or two of a schedule that has several."""
    if pp == 1:
        return 1
    schedule = str(parallel.get("pipeline_parallel_schedule", "1F1B")).lower()
    if schedule not in ("1f1b", "interleaved1f1b"):
        raise InputError(
            f"{TITLE}: the schedule {parallel['pipeline_parallel_schedule']} is not modelled; 1F1B "
            "and Interleaved1F1B are"
        )
    if parts := parallel.get("module_fqns_per_model_part"):
        return max(1, len(_list(parts)) // pp)
    if each := parallel.get("pipeline_parallel_layers_per_stage"):
        from catalogs import default_catalog

        shape = default_catalog().get("models", _model(data.get("model", {}))).architecture
        layers = shape.layers if shape else 0
        return max(
            1,
            math.ceil((layers + 2) / whole(str(each), "parallelism.pipeline_parallel_layers_per_stage"))
            // pp,
        )
    return 2 if schedule in _MULTI else 1


def _recompute(section: Mapping[str, Any]) -> tuple[str, list[Remark]]:
    mode = str(section.get("mode", "selective"))
    if mode not in ("none", "full", "selective"):
        raise InputError(f"activation_checkpoint.mode {mode!r} is not modelled; none, selective and full are")
    if mode != "selective":
        return mode, []
    option = str(section.get("selective_ac_option", "2"))
    if option != "op":
        raise InputError(
            f"activation_checkpoint.selective_ac_option {option}: recomputing some of the layers is not modelled"
        )
    return mode, [
        Remark(
            "activation_checkpoint.mode selective",
            "every second product is repeated too: slower, with less memory",
        )
    ]


def _data_parallel(
    parallel: Mapping[str, Any], ranks: StartedRanks, inner: int, pp: int
) -> tuple[int | None, str]:
    """Replicas as far as the file says them, and what they share."""
    copies = whole(
        str(parallel.get("data_parallel_replicate_degree", 1)), "parallelism.data_parallel_replicate_degree"
    )
    said = str(parallel.get("data_parallel_shard_degree", -1))
    shard = None if said == "-1" else whole(said, "parallelism.data_parallel_shard_degree")
    world = ranks.total(None)
    if shard is None and world is not None:
        if world % (inner * copies):
            raise InputError(
                f"{TITLE}: {world} ranks are no multiple of tp * cp * pp * replicas = {inner * copies}"
            )
        shard = world // (inner * copies)
    if shard == 1:
        return copies, "zero0"
    if copies > 1:
        raise InputError(f"{TITLE}: {copies} replicas of shards are not modelled: all of dp shares, or none")
    after = str(parallel.get("fsdp_reshard_after_forward", "default"))
    return shard, "zero2" if after == "never" or (after == "default" and pp > 1) else "zero3"


def _unread(data: Mapping[str, Mapping[str, Any]], ignored: Sequence[str]) -> list[Remark]:
    """Settings that were not read, by name; raises InputError for those that make it another answer."""
    out = []
    refused = []
    for section, part in data.items():
        for key, value in part.items():
            name = f"{section}.{key}"
            if name in _REFUSED and str(value).lower() not in ("false", "0") and name not in ignored:
                refused.append(f"{name}: {_REFUSED[name]}; --ignore {name} answers as if it were not there")
            elif name in _BESIDE and str(value).lower() not in ("false", "disabled", "float32"):
                out.append(Remark(name, _BESIDE[name]))
            elif (
                name not in _BESIDE
                and section not in _QUIET
                and key not in (*_READ.get(section, ()), *_UNCOUNTED)
            ):
                out.append(Remark(name, f"not known of {TITLE}; not counted"))
    if refused:
        raise InputError(*refused)
    return out


LAUNCHER = Launcher("torchtitan", GRAMMAR, begins, read, owns, read_document)
