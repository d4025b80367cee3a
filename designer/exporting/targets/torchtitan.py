"""torchtitan: its TOML, a script that starts the ranks of a node, and the Slurm job of all nodes."""

from __future__ import annotations

import json

from designer.exporting.launch import Launch, Refused
from designer.exporting.stages import chunk_layers
from designer.exporting.target import TRAINING, Files, Target
from designer.exporting.text import brief, comments, header, with_reasons
from designer.exporting.training import microbatches, ranks_of, save_steps, saved, schedule
from designer.exporting.training_job import batch_script, start_script

TITLE, CHECKED = "torchtitan", "torchtitan 0.2.2, the last version that reads TOML"
# The models it has, by those of the catalog.
FLAVORS = {
    "llama-3.1-8b": ("llama3", "8B"), "llama-3-8b": ("llama3", "8B"), "llama-3.1-70b": ("llama3", "70B"),
    "llama-3-70b": ("llama3", "70B"), "llama-3.1-405b": ("llama3", "405B"),
    "deepseek-v2-lite": ("deepseek_v3", "16B"), "deepseek-v2": ("deepseek_v3", "236B"),
    "deepseek-v3": ("deepseek_v3", "671B"), "qwen3-0.6b": ("qwen3", "0.6B"), "qwen3-1.7b": ("qwen3", "1.7B"),
    "qwen3-4b": ("qwen3", "4B"), "qwen3-8b": ("qwen3", "8B"), "qwen3-14b": ("qwen3", "14B"),
    "qwen3-32b": ("qwen3", "32B"),
}  # fmt: skip

Table = list[tuple[str, object, str]]


def write(launch: Launch) -> Files:
    """`torchtitan.toml`, `torchtitan.sh` and `torchtitan.sbatch`."""
    ranks = ranks_of(launch)
    text = comments(header(launch, TITLE, CHECKED, *schedule(launch, ranks)))
    for name, table in _tables(launch).items():
        text += f"\n[{name}]\n" + with_reasons([(f"{k} = {json.dumps(v)}", why) for k, v, why in table])
    short = brief(launch, TITLE, CHECKED)
    arguments = "ARGS=(--job.config_file torchtitan.toml)\n"
    return {
        "torchtitan.toml": text,
        "torchtitan.sh": start_script(short, ranks, arguments, "-m torchtitan.train"),
        "torchtitan.sbatch": batch_script(launch, short, ranks, "torchtitan.sh"),
    }


def _tables(launch: Launch) -> dict[str, Table]:
    d = launch.decisions
    if launch.model.id not in FLAVORS:
        raise Refused(f"{launch.model.id} is none of its models")
    name, flavor = FLAVORS[launch.model.id]
    pp, precision = d.count("pp"), d.name("precision")
    if precision not in ("bf16", "fp8") or (precision == "fp8" and launch.model.shape.experts):
        raise Refused(f"precision {precision} has no setting for {launch.model.id}")
    float8 = [("converters", ["quantize.linear.float8"], "precision fp8; needs torchao")]
    share = d.count("global_batch") // d.count("dp")
    local = share if pp > 1 else d.count("micro_batch")
    return {
        "job": [("dump_folder", "./outputs", "")],
        "model": [
            ("name", name, "model"),
            ("flavor", flavor, "the flavour fixes the architecture"),
            ("hf_assets_path", f"./assets/hf/{flavor}", "your tokenizer"),
            *(float8 if precision == "fp8" else []),
        ],
        "training": [
            ("seq_len", launch.sequence_length, "sequence_length"),
            ("local_batch_size", local, "global_batch / dp" if pp > 1 else "micro_batch"),
            ("global_batch_size", d.count("global_batch"), "global_batch, in sequences"),
            ("steps", launch.steps, "steps of the whole data set"),
            ("dataset", "c4", "your data"),
            (
                "mixed_precision_param",
                "bfloat16",
                "what is not a product in fp8" if precision == "fp8" else "precision",
            ),
            ("mixed_precision_reduce", "float32", "gradients"),
        ],
        "parallelism": [*_parallelism(launch), *(_pipeline(launch) if pp > 1 else [])],
        "activation_checkpoint": _recompute(d.name("recompute")),
        "checkpoint": [
            ("enable", True, ""),
            ("interval", save_steps(launch), saved(launch)),
            ("async_mode", "disabled", "saving stops the step"),
        ],
    }


def _parallelism(launch: Launch) -> Table:
    d = launch.decisions
    tp, cp, ep, dp, sharding = d.count("tp"), d.count("cp"), d.count("ep"), d.count("dp"), d.name("sharding")
    etp = d.count("etp")
    if tp > 1 and not d.on("sp"):
        raise Refused(f"sp off with tp {tp} cannot be said")
    if launch.sequence_length % (2 * cp * tp):
        raise Refused(
            f"sequences of {launch.sequence_length} tokens are no multiple of 2 * cp * tp = {2 * cp * tp}"
        )
    if sharding == "zero1" and dp > 1:
        raise Refused("sharding zero1 cannot be said: replicas share all of the optimizer or none")
    if launch.model.shape.experts and etp not in ((1, tp) if ep > 1 else (tp,)):
        raise Refused(
            f"etp {etp} with ep {ep} cannot be said: experts are split by tp, or whole with ep above 1"
        )
    if (dp * cp * tp) % ep:
        raise Refused(f"ep {ep} does not divide dp * cp * tp = {dp * cp * tp}")
    whole = sharding in ("zero2", "zero3")
    out: Table = [
        ("tensor_parallel_degree", tp, "tp; sequence parallelism comes with it"),
        ("context_parallel_degree", cp, "cp"),
        ("data_parallel_replicate_degree", 1 if whole else dp, "dp"),
        ("data_parallel_shard_degree", dp if whole else 1, f"sharding {sharding}"),
    ]
    if whole:
        after = "always" if sharding == "zero3" else "never"
        out.append(("fsdp_reshard_after_forward", after, f"sharding {sharding}"))
    if ep > 1:
        out += [
            ("expert_parallel_degree", ep, "ep"),
            ("expert_tensor_parallel_degree", etp, "etp"),
        ]
    return out


def _pipeline(launch: Launch) -> Table:
    d, layers = launch.decisions, launch.model.shape.layers
    pp, vpp, batches = d.count("pp"), d.count("vpp"), microbatches(launch)
    if vpp > 1 and batches % pp:
        raise Refused(f"vpp {vpp} needs micro-batches in multiples of pp {pp}, and there are {batches}")
    if batches < pp:
        raise Refused(f"pp {pp} needs as many micro-batches, and there are {batches}")
    parts, first = [], 0
    chunks = chunk_layers(layers, pp, vpp)
    for at, held in enumerate(chunks):
        part = [f"layers.{i}" for i in range(first, first + held)]
        before, after = ["tok_embeddings"] * (at == 0), ["norm", "output"] * (at == len(chunks) - 1)
        parts.append([*before, *part, *after])
        first += held
    return [
        ("pipeline_parallel_degree", pp, "pp"),
        ("pipeline_parallel_schedule", "Interleaved1F1B" if vpp > 1 else "1F1B", f"vpp {vpp}"),
        ("pipeline_parallel_microbatch_size", d.count("micro_batch"), "micro_batch"),
        ("module_fqns_per_model_part", parts, "layers of each virtual stage"),
    ]


def _recompute(mode: str) -> Table:
    if mode == "selective":
        return [
            (
                "mode",
                "selective",
                "the nearest to recompute selective: every second product is repeated too,",
            ),
            ("selective_ac_option", "op", "so that steps take longer and less memory than designer says"),
        ]
    if mode not in ("none", "full"):
        raise Refused(f"recompute {mode} cannot be said: attention is recomputed with every second product")
    return [("mode", mode, "recompute")]


TARGET = Target(
    name="torchtitan",
    title=TITLE,
    checked=CHECKED,
    jobs=TRAINING,
    vendors=frozenset({"NVIDIA", "AMD"}),
    reads=frozenset({
        "precision", "global_batch", "tp", "sp", "cp", "ep", "etp", "micro_batch", "recompute", "pp", "vpp", "dp",
        "sharding", "checkpoint_interval",
    }),
    write=write,
)  # fmt: skip
