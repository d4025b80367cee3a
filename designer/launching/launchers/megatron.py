"""Megatron-LM: the arguments of `pretrain_gpt.py`, as a line, a script, or the list that its log begins with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from catalogs.errors import InputError
from designer.launching.launcher import FoundCommand, Launcher, ranks_of
from designer.launching.options import Remark, Words, grammar, parsed
from designer.launching.serving import because, options_of
from designer.launching.stated import Reading
from designer.question.context import Value

TITLE = "Megatron-LM (megatron-core 0.19.2)"
GRAMMAR = grammar(
    TITLE,
    read="""tensor-model-parallel-size pipeline-model-parallel-size context-parallel-size
    expert-model-parallel-size expert-tensor-parallel-size sequence-parallel!
    num-virtual-stages-per-pipeline-rank num-layers-per-virtual-pipeline-stage pipeline-model-parallel-layout
    micro-batch-size global-batch-size seq-length train-iters train-samples save-interval
    use-distributed-optimizer! use-megatron-fsdp! data-parallel-sharding-strategy use-torch-fsdp2! bf16! fp16!
    fp8-format fp8-recipe fp4-format recompute-granularity recompute-activations! recompute-method
    recompute-num-layers recompute-modules* num-layers hidden-size num-attention-heads ffn-hidden-size
    num-query-groups group-query-attention! kv-channels vocab-size swiglu! max-position-embeddings
    untie-embeddings-and-output-weights! num-experts moe-router-topk moe-ffn-hidden-size
    moe-shared-expert-intermediate-size multi-latent-attention! q-lora-rank kv-lora-rank qk-head-dim
    qk-pos-emb-head-dim v-head-dim world-size data-parallel-size overlap-grad-reduce! overlap-param-gather!""",
    quiet="""position-embedding-type normalization disable-bias-linear! add-qkv-bias!
    make-vocab-size-divisible-by norm-epsilon rotary-base rotary-percent rotary-scaling-factor use-rope-scaling!
    use-rotary-position-embeddings! no-rope-fusion! attention-dropout hidden-dropout init-method-std lr min-lr
    lr-decay-style lr-decay-iters lr-decay-samples lr-warmup-iters lr-warmup-fraction lr-warmup-samples
    lr-warmup-init weight-decay weight-decay-incr-style clip-grad adam-beta1 adam-beta2 adam-eps optimizer seed
    save load data-path* split tokenizer-type tokenizer-model vocab-file merge-file data-cache-path mock-data!
    train-data-path* valid-data-path* test-data-path* data-impl num-workers log-interval eval-interval
    eval-iters tensorboard-dir tensorboard-queue-size wandb-project wandb-exp-name wandb-save-dir
    log-throughput! log-timers-to-tensorboard! log-validation-ppl-to-tensorboard! log-params-norm!
    log-num-zeros-in-grad! log-memory-to-tensorboard! timing-log-level timing-log-option use-mcore-models!
    transformer-impl ckpt-format auto-detect-ckpt-format! dist-ckpt-strictness async-save! no-load-optim!
    no-load-rng! no-save-optim! no-save-rng! finetune! exit-on-missing-checkpoint! exit-interval
    exit-duration-in-mins distributed-backend distributed-timeout-minutes local-rank
    no-create-attention-mask-in-dataloader! create-attention-mask-in-dataloader! ckpt-fully-parallel-load!
    ckpt-assume-constant-structure! manual-gc! manual-gc-interval moe-router-load-balancing-type
    moe-aux-loss-coeff moe-token-dispatcher-type moe-layer-freq moe-router-score-function
    moe-router-enable-expert-bias! moe-router-bias-update-rate moe-router-pre-softmax! moe-router-dtype
    moe-router-topk-scaling-factor moe-router-num-groups moe-router-group-topk moe-z-loss-coeff
    moe-input-jitter-eps qk-layernorm! attention-backend no-gradient-accumulation-fusion! fp8-amax-history-len
    fp8-amax-compute-algo fp8-margin fp8-interval fp4-recipe initial-loss-scale loss-scale loss-scale-window
    hysteresis accumulate-allreduce-grads-in-fp32! attention-softmax-in-fp32! use-flash-attn! eod-mask-loss!
    reset-position-ids! reset-attention-mask! no-mmap-bin-files! num-dataset-builder-threads legacy-tokenizer!
    disable-straggler-on-startup! use-pytorch-profiler! profile! profile-step-start profile-step-end
    profile-ranks* no-check-for-nan-in-loss-and-grad! apply-layernorm-1p! squared-relu! openai-gelu!
    attention-mask-type bias-swiglu-fusion! no-bias-swiglu-fusion! no-masked-softmax-fusion!
    no-persist-layer-norm! moe-permute-fusion! moe-grouped-gemm! cross-entropy-loss-fusion!
    cross-entropy-fusion-impl sft! rank tokenizer-hf-no-include-special-tokens! retro-add-retriever!
    vision-pretraining! mscale mscale-all-dim rotary-seq-len-interpolation-factor""",
    beside={
        "tp-comm-overlap!": "communication of tensor parallelism is counted as not hidden",
        "defer-embedding-wgrad-compute!": "not counted",
        "delay-wgrad-compute!": "not counted",
        "overlap-moe-expert-parallel-comm!": "messages of experts are counted as not hidden",
        "moe-shared-expert-overlap!": "shared experts are counted as not hidden",
        "moe-enable-deepep!": "messages of experts are those that were measured, whichever way they are sent",
        "moe-flex-dispatcher-backend": (
            "messages of experts are those that were measured, whichever way they are sent"
        ),
        "moe-expert-capacity-factor": "no token is counted as dropped",
        "moe-pad-expert-input-to-capacity!": "no padding is counted",
        "enable-cuda-graph!": "the host's time is that which was measured",
        "cuda-graph-impl": "the host's time is that which was measured",
        "cuda-graph-scope*": "the host's time is that which was measured",
        "align-grad-reduce!": "not counted",
        "overlap-p2p-communication!": "messages between stages are counted as hidden with virtual stages",
        "no-overlap-p2p-communication!": "messages between stages are counted as hidden with virtual stages",
        "num-distributed-optimizer-instances": "the optimizer is counted as spread over all of dp",
        "cp-comm-type": "context parallelism is counted as a ring",
        "hierarchical-context-parallel-sizes*": "context parallelism is counted as a ring",
        "use-precision-aware-optimizer!": "the optimizer's state is counted in fp32",
        "main-grads-dtype": "gradients are counted in fp32",
        "exp-avg-dtype": "the optimizer's state is counted in fp32",
        "exp-avg-sq-dtype": "the optimizer's state is counted in fp32",
        "grad-reduce-in-bf16!": "gradients are counted in fp32",
        "fp8-param-gather!": "weights are gathered in 16 bit",
        "rampup-batch-size*": "the batch is counted as it is in the end",
        "mtp-num-layers": "layers that predict further tokens are not counted",
        "mtp-loss-scaling-factor": "layers that predict further tokens are not counted",
        "account-for-embedding-in-pipeline-split!": (
            "layers are counted as split evenly, with the remainder on inner stages"
        ),
        "account-for-loss-in-pipeline-split!": (
            "layers are counted as split evenly, with the remainder on inner stages"
        ),
        "decoder-first-pipeline-num-layers": (
            "layers are counted as split evenly, with the remainder on inner stages"
        ),
        "decoder-last-pipeline-num-layers": (
            "layers are counted as split evenly, with the remainder on inner stages"
        ),
        "nccl-ub!": "messages are those that were measured",
        "empty-unused-memory-level": "the reserve of the allocator is as it was measured",
        "high-priority-stream-groups*": "not counted",
    },
    refused={
        "optimizer-cpu-offload!": "an optimizer on the host is not modelled",
        "optimizer-offload-fraction": "an optimizer on the host is not modelled",
        "cpu-offloading-num-layers": "activations on the host are not modelled",
        "fine-grained-activation-offloading!": "activations on the host are not modelled",
        "distribute-saved-activations!": "saved inputs spread over tp are not modelled",
        "hybrid-layer-pattern": "layers of several kinds are not read from a line: --set workload.model",
        "hybrid-override-pattern": "layers of several kinds are not read from a line: --set workload.model",
        "window-size": "layers that see a window are not read from a line: --set workload.model",
        "encoder-num-layers": "encoders are not read from a line: --set workload.model",
    },
)
_FROM = {
    "tp": "tensor-model-parallel-size",
    "pp": "pipeline-model-parallel-size",
    "cp": "context-parallel-size",
    "ep": "expert-model-parallel-size",
    "etp": "expert-tensor-parallel-size",
    "sp": "sequence-parallel",
    "micro_batch": "micro-batch-size",
    "global_batch": "global-batch-size",
    "checkpoint_interval": "save-interval",
    "sharding": "use-distributed-optimizer",
    "recompute": "recompute-granularity",
}
# Options of the model by keys of the catalog's architecture.
_SHAPE = {
    "layers": "num-layers", "hidden": "hidden-size", "heads": "num-attention-heads", "experts": "num-experts",
    "experts_per_token": "moe-router-topk", "expert_ffn": "moe-ffn-hidden-size", "kv_lora_rank": "kv-lora-rank",
    "q_lora_rank": "q-lora-rank", "rope_dim": "qk-pos-emb-head-dim", "nope_dim": "qk-head-dim", "v_dim": "v-head-dim",
    "vocab": "vocab-size",
}  # fmt: skip
_STRATEGY = {"no_shard": "zero0", "optim": "zero1", "optim_grads": "zero2", "optim_grads_params": "zero3"}
_LOGGED = re.compile(r"^(?:\S+: )?\s{2}(\w+) \.{3,} (.*)$", re.MULTILINE)


def begins(words: Sequence[str]) -> int | None:
    """After the script that trains."""
    for at, word in enumerate(words):
        name = word.rsplit("/", 1)[-1]
        if re.fullmatch(
            r"(pretrain|finetune|train)_(gpt|llama|mistral|mixtral|deepseek\w*|qwen\w*|mamba|vlm)\w*\.py",
            name,
        ):
            return at + 1
    return None


def read(found: FoundCommand) -> Reading:
    """A line; of a log, the arguments that it lists."""
    logged = _LOGGED.findall(found.source.text)
    words = _of_log(logged) if logged else parsed(GRAMMAR, found.words)
    tp, pp, ep = (
        words.count(n)
        for n in ("tensor-model-parallel-size", "pipeline-model-parallel-size", "expert-model-parallel-size")
    )
    recompute, remarks = _recompute(words)
    decisions: dict[str, Value] = {
        "tp": tp, "sp": "on" if words.on("sequence-parallel") and tp > 1 else "off",
        "cp": words.count("context-parallel-size"), "pp": pp, "vpp": _virtual(words, pp), "ep": ep,
        "etp": words.count("expert-tensor-parallel-size", tp), "micro_batch": words.count("micro-batch-size"),
        "precision": _precision(words), "recompute": recompute,
        "sharding": _sharding(words),
    }  # fmt: skip
    if tp == 1:
        decisions["sp"] = "on"  # one rank has all of a sequence either way
    if "global-batch-size" in words:
        decisions["global_batch"] = words.count("global-batch-size")
    work = {"accumulation": 1}
    for name, option in (
        ("sequence_length", "seq-length"),
        ("iterations", "train-iters"),
        ("save_steps", "save-interval"),
    ):
        if option in words:
            work[name] = words.count(option)
    hidden = words.on("overlap-grad-reduce") or words.on("overlap-param-gather")
    return Reading(
        launcher=TITLE, target="megatron", job="training", model=_model(words), decisions=decisions,
        because=because(words, _FROM), framework="default" if hidden else "megatron",
        work=work, ranks=ranks_of(found), remarks=(*remarks, *words.remarks(found.ignored)), options=options_of(words),
    )  # fmt: skip


def _of_log(logged: list[tuple[str, str]]) -> Words:
    """The list of arguments of a log: every one is there, with its default."""
    out = Words(GRAMMAR)
    for name, value in logged:
        option = GRAMMAR.options.get(name.replace("_", "-"))
        if option is None or value in ("None", "False", "[]") or option.effect:
            continue
        values = [] if value == "True" else re.findall(r"[^\[\],'\s]+", value)
        out.set(option.name, values, f"{name} {value}")
    return out


def _virtual(words: Words, pp: int) -> int:
    """Virtual stages of a rank, of which three options say the number in their own way."""
    if "pipeline-model-parallel-layout" in words:
        layout = re.sub(
            r"\(([^()]*)\)\*(\d+)",
            lambda m: m[1] * int(m[2][:4]),
            words.text("pipeline-model-parallel-layout"),
        )
        chunks = layout.count("|") + 1
        if chunks % pp:
            raise InputError(
                f"{TITLE}: a layout of {chunks} virtual stages is not spread evenly over pp {pp}"
            )
        return chunks // pp
    if "num-layers-per-virtual-pipeline-stage" in words:
        each, layers = words.count("num-layers-per-virtual-pipeline-stage"), words.count("num-layers")
        return max(1, layers // (pp * each))
    return words.count("num-virtual-stages-per-pipeline-rank")


def _precision(words: Words) -> str:
    for option, name in (("fp4-format", "fp4"), ("fp8-format", "fp8")):
        if option in words:
            return name
    return "bf16" if words.on("bf16") else "fp16" if words.on("fp16") else "fp32"


def _sharding(words: Words) -> str:
    if words.on("use-torch-fsdp2"):
        return "zero3"
    if words.on("use-megatron-fsdp"):
        strategy = words.text("data-parallel-sharding-strategy", "no_shard")
        if strategy not in _STRATEGY:
            raise InputError(
                f"--data-parallel-sharding-strategy {strategy!r} is none of {', '.join(_STRATEGY)}"
            )
        return _STRATEGY[strategy]
    return "zero1" if words.on("use-distributed-optimizer") else "zero0"


def _recompute(words: Words) -> tuple[str, list[Remark]]:
    """What is recomputed, as near as designer has it."""
    granularity = "selective" if words.on("recompute-activations") else words.text("recompute-granularity")
    if not granularity:
        return "none", []
    if granularity == "full":
        if words.text("recompute-method", "uniform") == "block":
            raise InputError(
                f"{words.written['recompute-method']}: recomputing some of the layers is not modelled"
            )
        return "full", []
    modules = words.given.get("recompute-modules", ["core_attn"])
    if set(modules) == {"core_attn"}:
        return "none", [
            Remark("recompute of core_attn", "a fused kernel keeps none of it anyway: counted as none")
        ]
    if "layernorm" in modules and set(modules) <= {"core_attn", "layernorm", "moe_act"}:
        return "selective", [
            Remark(
                "recompute of layernorm", "designer counts outputs of dense non-linearities as recomputed too"
            )
        ]
    raise InputError(
        f"{words.written['recompute-modules']}: recomputing {', '.join(modules)} is not modelled"
    )


def _model(words: Words) -> dict[str, Any]:
    """Keys of the architecture, as far as the line says them."""
    shape: dict[str, Any] = {}
    for key, option in _SHAPE.items():
        if option in words:
            shape[key] = words.count(option)
    missing = [_SHAPE[k] for k in ("layers", "hidden", "heads") if k not in shape]
    if missing:
        raise InputError(f"{TITLE}: the line does not say {', '.join(f'--{m}' for m in missing)}")
    if "num-query-groups" in words and words.on("group-query-attention"):
        shape["kv_heads"] = words.count("num-query-groups")
    if "ffn-hidden-size" in words and "experts" not in shape:
        shape["ffn"] = words.count("ffn-hidden-size")
    if "max-position-embeddings" in words:
        shape["max_context"] = words.count("max-position-embeddings")
    shape["tied_embeddings"] = not words.on("untie-embeddings-and-output-weights")
    shape["ffn_matrices"] = 3 if words.on("swiglu") else 2
    if "experts" not in shape:
        shape["experts"] = None
    return shape


LAUNCHER = Launcher("Megatron-LM", GRAMMAR, begins, read)
