"""SGLang: `python -m sglang.launch_server` and `sglang serve`."""

from __future__ import annotations

from collections.abc import Sequence

from catalogs.errors import InputError
from designer.launching.formats import formats_of
from designer.launching.launcher import FoundCommand, Launcher, after
from designer.launching.launchers.vllm import replicas_of
from designer.launching.options import grammar, parsed
from designer.launching.serving import (
    because,
    check_devices,
    devices_named,
    model_name,
    options_of,
    sequences,
)
from designer.launching.stated import Reading
from designer.question.context import Value

TITLE = "SGLang 0.5.23"
GRAMMAR = grammar(
    TITLE,
    read="""model-path|model tp-size|tensor-parallel-size|tp pp-size|pipeline-parallel-size|pp attn-dp-size
    dp-size|data-parallel-size|dp enable-dp-attention! ep-size|expert-parallel-size|ep dtype quantization
    kv-cache-dtype max-running-requests chunked-prefill-size context-length mem-fraction-static
    disable-radix-cache! is-embedding! moe-a2a-backend enable-deepep-moe! nnodes disable-overlap-schedule!""",
    quiet="""host port tokenizer-path tokenizer-mode trust-remote-code! load-format served-model-name
    chat-template completion-template api-key log-level log-level-http log-requests! log-requests-level
    enable-metrics! show-time-cost! node-rank dist-init-addr|nccl-init-addr nccl-port dist-timeout
    watchdog-timeout random-seed revision download-dir base-gpu-id gpu-id-step stream-interval stream-output!
    skip-tokenizer-init! warmups tool-call-parser reasoning-parser file-storage-path enable-cache-report!
    decode-log-interval device grammar-backend sampling-backend schedule-policy skip-server-warmup!
    json-model-override-args model-loader-extra-config max-prefill-tokens page-size crash-dump-folder
    enable-request-time-stats-logging! constrained-json-whitespace-pattern allow-auto-truncate!
    tokenizer-worker-num delete-ckpt-after-loading! bucket-time-to-first-token* enable-trace! weight-version""",
    beside={
        "attention-backend": "kernels are those that were measured, whichever is named",
        "prefill-attention-backend": "kernels are those that were measured, whichever is named",
        "decode-attention-backend": "kernels are those that were measured, whichever is named",
        "mm-attention-backend": "only text is counted, no images",
        "moe-runner-backend": "kernels are those that were measured, whichever is named",
        "fp8-gemm-backend": "kernels are those that were measured, whichever is named",
        "deepep-mode": "messages of experts are those that were measured, whichever is named",
        "enable-torch-compile!": "kernels are those that were measured, however they are compiled",
        "torch-compile-max-bs": "kernels are those that were measured, however they are compiled",
        "disable-cuda-graph!": "no graphs: the host takes longer for each layer than is counted",
        "cuda-graph-max-bs": "memory of graphs is in the reserve",
        "cuda-graph-bs*": "memory of graphs is in the reserve",
        "disable-custom-all-reduce!": "messages inside a node take longer than is counted",
        "enable-two-batch-overlap!": "no overlap of two half batches is counted",
        "enable-single-batch-overlap!": "no overlap inside a batch is counted",
        "enable-eplb!": "experts are counted as evenly loaded either way",
        "ep-num-redundant-experts": "copies of experts take memory that is not counted",
        "ep-dispatch-algorithm": "experts are counted as evenly loaded either way",
        "eplb-algorithm": "experts are counted as evenly loaded either way",
        "enable-mixed-chunk!": "prompts and answers share a pass as was measured",
        "schedule-conservativeness": "the order of requests is not modelled",
        "num-continuous-decode-steps": "each step is scheduled by itself",
        "enable-dp-lm-head!": "the output projection is counted as split by tp",
        "moe-dense-tp-size": "dense layers are counted as split by tp",
        "enable-flashinfer-allreduce-fusion!": "messages inside a node are those that were measured",
        "enable-flashinfer-mla!": "kernels are those that were measured, whichever is named",
        "enable-multimodal!": "only text is counted, no images",
        "load-balance-method": "requests are counted as spread evenly",
        "max-total-tokens": "the cache takes what the memory leaves, not so many tokens",
        "swa-full-tokens-ratio": "the cache takes what the memory leaves",
        "disable-shared-experts-fusion!": "kernels are those that were measured",
        "enable-nccl-nvls!": "messages inside a node are those that were measured",
        "kv-events-config": "what it holds is not read",
    },
    refused={
        "speculative-algorithm|speculative-algo": (
            "speculation is not modelled, and answers come several tokens a step with it"
        ),
        "speculative-draft-model-path": (
            "speculation is not modelled, and answers come several tokens a step with it"
        ),
        "speculative-num-steps": "speculation is not modelled, and answers come several tokens a step with it",
        "speculative-eagle-topk": "speculation is not modelled, and answers come several tokens a step with it",
        "speculative-num-draft-tokens": (
            "speculation is not modelled, and answers come several tokens a step with it"
        ),
        "disaggregation-mode": "one half of a pair of pools is not a fleet of its own",
        "disaggregation-transfer-backend": "one half of a pair of pools is not a fleet of its own",
        "disaggregation-ib-device": "one half of a pair of pools is not a fleet of its own",
        "enable-hierarchical-cache!": "a cache on the host is not modelled",
        "cpu-offload-gb": "weights on the host are not modelled, and they are read anew each step",
        "enable-lora!": "adapters are not modelled: they take memory and time",
        "lora-paths*": "adapters are not modelled: they take memory and time",
        "torchao-config": "its formats are not modelled",
    },
    prefixes=True,
)
_FROM = {
    "tp": "tp-size", "pp": "pp-size", "dp": "attn-dp-size", "ep": "ep-size", "etp": "ep-size",
    "batch": "max-running-requests", "kv": "kv-cache-dtype", "weights": "quantization", "replicas": "dp-size",
}  # fmt: skip
# All-to-all backends that spread experts over every rank.
_WIDE = ("deepep", "mooncake", "nixl")


def begins(words: Sequence[str]) -> int | None:
    """After the module of the server, or after `sglang serve`."""
    at = after(words, "sglang", "serve")
    return at if at is not None else after(words, "sglang.launch_server")


def read(found: FoundCommand) -> Reading:
    """A line. The width of a replica holds the ranks of its attention; copies are `--dp-size` without that."""
    words = parsed(GRAMMAR, found.words)
    if len(words.alone) > ("model-path" not in words):
        raise InputError(f"{TITLE}: {words.alone[-1]!r} is neither an option nor the value of one")
    name = model_name(words, "model-path")
    quantized = "" if "quantization" in found.ignored else words.text("quantization")
    kept = formats_of(
        name, words.text("dtype", "auto"), quantized, words.text("kv-cache-dtype", "auto"), TITLE
    )
    width, copies = words.count("tp-size"), words.count("dp-size")
    attention = words.count("attn-dp-size")
    if words.on("enable-dp-attention"):
        attention, copies = copies, 1
    if width % attention:
        raise InputError(
            f"{TITLE}: --tp-size {width} is no multiple of the {attention} ranks of its attention"
        )
    spread = words.on("enable-deepep-moe") or words.text("moe-a2a-backend", "none").lower() in _WIDE
    ep = words.count("ep-size", width if spread else 1)
    if width % ep:
        raise InputError(f"{TITLE}: --tp-size {width} is no multiple of --ep-size {ep}")
    decisions: dict[str, Value] = {
        "engine": "sglang",
        "sparsity": kept.sparsity,
        "precision": kept.precision,
        "weights": kept.weights,
        "kv": kept.kv,
        "tp": width // attention,
        "pp": words.count("pp-size"),
        "dp": attention,
        "ep": ep,
        "etp": width // ep,
        "replicas": copies * replicas_of(found),
    }
    if "max-running-requests" in words:
        decisions |= sequences(words.count("max-running-requests"), words.on("is-embedding"))
    chunk = words.text("chunked-prefill-size", "")
    taken = []
    if not words.on("disable-radix-cache"):
        taken.append("no prompt shares a beginning with another, though prefixes are cached")
    assume = {}
    if chunk and chunk != "-1":
        assume["prefill_chunk"] = f"{words.count('chunked-prefill-size')} token"
    if "mem-fraction-static" in words:
        assume["memory_utilization"] = f"{words.share('mem-fraction-static'):.6g}"
    stated = Reading(
        launcher=TITLE,
        target="sglang",
        job="inference",
        model=kept.model,
        decisions=decisions,
        because=because(words, _FROM),
        stores=kept.said,
        assume=assume,
        work={"context": words.count("context-length")} if "context-length" in words else {},
        embeds=words.on("is-embedding"),
        taken=tuple(taken),
        remarks=tuple(words.remarks(found.ignored)),
        options={**options_of(words), "model-path": name},
    )
    check_devices(stated, devices_named(found.before))
    return stated


LAUNCHER = Launcher("SGLang", GRAMMAR, begins, read)
