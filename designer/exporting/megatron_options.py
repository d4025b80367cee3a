"""What Megatron-LM is told, by the long names of its options; Megatron-Bridge takes the same settings."""

from __future__ import annotations

from designer.exporting.launch import Launch, Refused
from designer.exporting.megatron_model import model_options
from designer.exporting.stages import chunk_layers, layout_text
from designer.exporting.text import Flag
from designer.exporting.training import microbatches, save_steps, saved

TITLE = "Megatron-LM"
CHECKED = "megatron-core 0.19.2"
VENDORS = frozenset({"NVIDIA"})
READS = frozenset({
    "precision", "global_batch", "tp", "sp", "cp", "ep", "etp", "micro_batch", "recompute", "pp", "vpp", "dp",
    "sharding", "checkpoint_interval",
})  # fmt: skip

Groups = list[tuple[str, list[Flag]]]

# What a plan does not decide, with the values a first run may have.
_UNSAID = (
    Flag("mock-data", None, "your data"),
    Flag("tokenizer-type", "NullTokenizer", "your tokenizer"),
    Flag("lr", "1e-4", "your learning rate"),
    Flag("min-lr", "1e-5", ""),
    Flag("lr-decay-style", "cosine", ""),
    Flag("clip-grad", "1.0", ""),
    Flag("attention-dropout", 0, ""),
    Flag("hidden-dropout", 0, ""),
)


def megatron_options(launch: Launch) -> Groups:
    """Every option, in groups with what they are of.

    Raises Refused for a decision that Megatron has no way to say.
    """
    return [
        ("the model, as the catalog has it", model_options(launch)),
        ("where layers and experts are", _layout(launch)),
        ("batch", _batch(launch)),
        ("sharding of optimizer, gradients and weights over dp", _sharding(launch)),
        ("precision", _precision(launch)),
        ("recomputation", _recompute(launch)),
        ("checkpoints; the job starts again from the last", _checkpoints(launch)),
        ("not in the plan: data, tokenizer, optimizer", list(_UNSAID)),
    ]


def _layout(launch: Launch) -> list[Flag]:
    d, shape = launch.decisions, launch.model.shape
    tp, cp, ep, etp = (d.count(n) for n in ("tp", "cp", "ep", "etp"))
    if launch.sequence_length % (2 * cp):
        raise Refused(f"cp {cp} needs sequences that are a multiple of {2 * cp} tokens")
    out = [Flag("tensor-model-parallel-size", tp, "tp")]
    if d.on("sp") and tp > 1:
        out.append(Flag("sequence-parallel", None, "sp"))
    elif shape.experts and tp > 1:
        raise Refused(f"sp off with tp {tp}: experts under tensor parallelism need sequence parallelism")
    out += [Flag("context-parallel-size", cp, "cp"), *_pipeline(launch)]
    if shape.experts:
        whole = "experts are whole" if etp == 1 else "each expert is split by as many ranks"
        out += [
            Flag("expert-model-parallel-size", ep, "ep"),
            Flag("expert-tensor-parallel-size", etp, f"etp: {whole}"),
            # Where no token is sent it is gathered before it is copied for its experts.
            Flag(
                "moe-token-dispatcher-type",
                "allgather" if ep == 1 and etp > 1 else "alltoall",
                "how tokens get there",
            ),
        ]
    return out


def _pipeline(launch: Launch) -> list[Flag]:
    d, layers = launch.decisions, launch.model.shape.layers
    pp, vpp = d.count("pp"), d.count("vpp")
    out = [Flag("pipeline-model-parallel-size", pp, "pp")]
    if vpp > 1 and microbatches(launch) % pp:
        raise Refused(
            f"vpp {vpp} needs micro-batches in multiples of pp {pp}, and there are {microbatches(launch)}"
        )
    if layers % (pp * vpp):
        text = layout_text(chunk_layers(layers, pp, vpp))
        why = f"{layers} layers on pp {pp} x vpp {vpp}, the remainder on inner stages"
        return [*out, Flag("pipeline-model-parallel-layout", text, why)]
    if vpp > 1:
        out.append(Flag("num-virtual-stages-per-pipeline-rank", vpp, "vpp"))
    return out


def _batch(launch: Launch) -> list[Flag]:
    d = launch.decisions
    return [
        Flag("seq-length", launch.sequence_length, "sequence_length"),
        Flag("micro-batch-size", d.count("micro_batch"), "micro_batch, in sequences"),
        Flag("global-batch-size", d.count("global_batch"), "global_batch, in sequences"),
        Flag("train-iters", launch.steps, "steps of the whole data set"),
    ]


def _sharding(launch: Launch) -> list[Flag]:
    d = launch.decisions
    stage = d.name("sharding")
    overlap = [
        Flag("overlap-grad-reduce", None, "dp_overlap"),
        Flag("overlap-param-gather", None, "dp_overlap"),
    ]
    hidden = launch.quantities.get("dp_overlap", 0) > 0
    if stage == "zero0":
        return overlap[:1] if hidden else []
    if stage == "zero1":
        return [Flag("use-distributed-optimizer", None, "sharding zero1"), *(overlap if hidden else [])]
    strategy = {"zero2": "optim_grads", "zero3": "optim_grads_params"}[stage]
    return [
        Flag("use-megatron-fsdp", None, f"sharding {stage}"),
        Flag("data-parallel-sharding-strategy", strategy, f"sharding {stage}"),
        Flag("use-distributed-optimizer", None, "the same"),
        Flag("no-gradient-accumulation-fusion", None, "Megatron-FSDP has none"),
        *(overlap if hidden else []),
    ]


def _precision(launch: Launch) -> list[Flag]:
    precision, blackwell = (
        launch.decisions.name("precision"),
        launch.machine.generation.startswith("Blackwell"),
    )
    if precision in ("bf16", "fp16"):
        return [Flag(precision, None, "precision")]
    if precision == "fp8":
        recipe = (
            "mxfp8" if blackwell else "blockwise" if launch.machine.generation == "Hopper" else "tensorwise"
        )
        return [
            Flag("bf16", None, "what is not a product of matrices"),
            Flag("fp8-format", "e4m3" if blackwell else "hybrid", "precision fp8"),
            Flag("fp8-recipe", recipe, f"of {launch.machine.generation}; needs Transformer Engine"),
        ]
    if precision == "fp4" and blackwell:
        return [
            Flag("bf16", None, "what is not a product of matrices"),
            Flag("fp4-format", "e2m1", "precision fp4"),
            Flag("fp4-recipe", "nvfp4", "needs Transformer Engine"),
        ]
    if precision == "fp32":
        return []
    raise Refused(f"precision {precision} has no option for {launch.machine.accelerator}")


def _recompute(launch: Launch) -> list[Flag]:
    mode = launch.decisions.name("recompute")
    if mode == "none":
        return []
    if mode == "full":
        return [
            Flag("recompute-granularity", "full", "recompute full"),
            Flag("recompute-method", "uniform", "the same"),
            Flag("recompute-num-layers", 1, "the same"),
        ]
    modules = ["core_attn"] if mode == "core_attn" or launch.quantities["unfused_attention"] else []
    if mode == "selective":
        modules += ["layernorm", *(["moe_act"] if launch.model.shape.experts else [])]
    return [
        Flag("recompute-granularity", "selective", f"recompute {mode}"),
        Flag("recompute-modules", tuple(modules), "the same"),
    ]


def _checkpoints(launch: Launch) -> list[Flag]:
    whole = launch.decisions.name("sharding") in ("zero2", "zero3")
    return [
        Flag("save-interval", save_steps(launch), saved(launch)),
        Flag("save", "checkpoints", "a folder of yours"),
        Flag("load", "checkpoints", "the same"),
        Flag("ckpt-format", "fsdp_dtensor" if whole else "torch_dist", ""),
    ]
