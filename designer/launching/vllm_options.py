"""The options of vLLM 0.33.0, wherever they are written, and the decisions they are."""

from __future__ import annotations

from collections.abc import Sequence

from designer.launching.formats import formats_of
from designer.launching.options import Words, grammar
from designer.launching.serving import because, model_name, options_of, sequences
from designer.launching.stated import Reading
from designer.question.context import Value

TITLE = "vLLM 0.33.0"
GRAMMAR = grammar(
    TITLE,
    read="""model tensor-parallel-size|tp pipeline-parallel-size|pp data-parallel-size|dp
    enable-expert-parallel|ep! dtype quantization|q kv-cache-dtype max-num-seqs max-num-batched-tokens
    max-model-len gpu-memory-utilization runner task convert enable-prefix-caching! config
    enable-chunked-prefill!? nnodes|n""",
    quiet="""host port served-model-name* api-key* trust-remote-code! tokenizer tokenizer-mode
    tokenizer-revision revision code-revision download-dir load-format uvicorn-log-level disable-log-stats!
    disable-log-requests! enable-log-requests! disable-uvicorn-access-log! chat-template
    chat-template-content-format tool-call-parser enable-auto-tool-choice! reasoning-parser enable-reasoning!
    response-role seed allowed-origins* ssl-keyfile ssl-certfile root-path middleware
    return-tokens-as-token-ids! max-logprobs logits-processors generation-config override-generation-config
    override-neuron-config hf-token hf-overrides hf-config-path config-format node-rank|r master-addr
    master-port headless! data-parallel-address|dpa data-parallel-rpc-port|dpp data-parallel-start-rank|dpr
    data-parallel-rank|dpn data-parallel-size-local|dpl data-parallel-backend|dpb data-parallel-hybrid-lb!
    data-parallel-external-lb! api-server-count|asc distributed-executor-backend max-parallel-loading-workers
    ray-workers-use-nsight! worker-cls worker-extension-cls shutdown-timeout allow-credentials! allowed-methods*
    allowed-headers* enable-server-load-tracking! enable-prompt-tokens-details! guided-decoding-backend
    structured-outputs-config disable-fastapi-docs! otlp-traces-endpoint collect-detailed-traces
    show-hidden-metrics-for-version kv-events-config enable-force-include-usage! block-size pt-load-map-location
    allowed-local-media-path skip-tokenizer-init! scheduling-policy log-config-file tool-parser-plugin
    use-v2-block-manager! ipc""",
    beside={
        "enforce-eager!": "no graphs: the host takes longer for each layer than is counted",
        "attention-backend": "kernels are those that were measured, whichever is named",
        "compilation-config|cc|O": "kernels are those that were measured, however they are compiled",
        "disable-custom-all-reduce!": "messages inside a node take longer than is counted",
        "limit-mm-per-prompt": "only text is counted, no images",
        "mm-processor-kwargs": "only text is counted, no images",
        "mm-processor-cache-gb": "only text is counted, no images",
        "mm-encoder-tp-mode": "only text is counted, no images",
        "language-model-only!": "only text is counted, as it says",
        "async-scheduling!": "the host's time is that which was measured",
        "enable-dbo!": "no overlap of two half batches is counted",
        "all2all-backend": "messages of experts are those that were measured, whichever is named",
        "moe-backend": "kernels are those that were measured, whichever is named",
        "enable-eplb!": "experts are counted as evenly loaded either way",
        "eplb-config": "experts are counted as evenly loaded either way",
        "num-redundant-experts": "copies of experts take memory that is not counted",
        "swap-space": "no swapping to the host is counted",
        "cudagraph-capture-sizes|cuda-graph-sizes*": "memory of graphs is in the reserve",
        "max-seq-len-to-capture": "memory of graphs is in the reserve",
        "num-scheduler-steps": "each step is scheduled by itself",
        "max-num-partial-prefills": "prompts share a pass as one",
        "long-prefill-token-threshold": "prompts share a pass as one",
        "kv-cache-memory-bytes": "the cache takes what the memory leaves, not this many bytes",
        "num-gpu-blocks-override": "the cache takes what the memory leaves, not so many blocks",
        "rope-scaling": "the context of the model is that of the catalog",
        "additional-config": "what it holds is not read",
        "model-loader-extra-config": "what it holds is not read",
        "device": "the device is that of --node",
    },
    refused={
        "speculative-config|sc": "speculation is not modelled, and answers come several tokens a step with it",
        "speculative-model": "speculation is not modelled, and answers come several tokens a step with it",
        "num-speculative-tokens": "speculation is not modelled, and answers come several tokens a step with it",
        "kv-transfer-config": "one half of a pair of pools, or a store of caches, is not a fleet of its own",
        "ec-transfer-config": "one half of a pair of pools is not a fleet of its own",
        "cpu-offload-gb": "weights on the host are not modelled, and they are read anew each step",
        "kv-offloading-size": "a cache on the host is not modelled",
        "kv-offloading-backend": "a cache on the host is not modelled",
        "enable-lora!": "adapters are not modelled: they take memory and time",
        "lora-modules*": "adapters are not modelled: they take memory and time",
        "max-loras": "adapters are not modelled: they take memory and time",
        "max-lora-rank": "adapters are not modelled: they take memory and time",
        "prefill-context-parallel-size|pcp": "prompts over several devices are not modelled in serving",
        "decode-context-parallel-size|dcp": "a cache over several devices is not modelled in serving",
    },
)  # fmt: skip
_POOLED = ("embed", "embedding", "classify", "score", "reward")
_FROM = {
    "tp": "tensor-parallel-size", "pp": "pipeline-parallel-size", "dp": "data-parallel-size",
    "ep": "enable-expert-parallel", "etp": "enable-expert-parallel",
    "batch": "max-num-seqs", "kv": "kv-cache-dtype", "weights": "quantization",
}  # fmt: skip
# What vLLM takes of the whole device where the line does not say.
UTILIZATION = 0.92


def stated_of(
    words: Words, ignored: Sequence[str], *, model: str = "", replicas: int = 1, node: str = ""
) -> Reading:
    """What options of vLLM say of each replica."""
    quantized = "" if "quantization" in ignored else words.text("quantization")
    name = model or model_name(words, "model")
    kept = formats_of(
        name, words.text("dtype", "auto"), "" if quantized.lower() == "none" else quantized,
        words.text("kv-cache-dtype", "auto"), TITLE,
    )  # fmt: skip
    tp, dp = words.count("tensor-parallel-size"), words.count("data-parallel-size")
    # Every expert is whole on one of the ranks, or split over all of them.
    ep, etp = (tp * dp, 1) if words.on("enable-expert-parallel") else (1, tp * dp)
    decisions: dict[str, Value] = {
        "engine": "vllm",
        "sparsity": kept.sparsity,
        "precision": kept.precision,
        "weights": kept.weights,
        "kv": kept.kv,
        "tp": tp,
        "pp": words.count("pipeline-parallel-size"),
        "dp": dp,
        "ep": ep,
        "etp": etp,
        "replicas": replicas,
    }
    taken = []
    embeds = words.text("runner") == "pooling" or words.text("task") in _POOLED
    if "max-num-seqs" in words:
        decisions |= sequences(words.count("max-num-seqs") * dp, embeds)
    assume = {}
    if "max-num-batched-tokens" in words:
        assume["prefill_chunk"] = f"{words.count('max-num-batched-tokens')} token"
    assume |= _memory(words)
    if "gpu-memory-utilization" not in words:
        taken.append(f"gpu-memory-utilization {UTILIZATION}, the default of {TITLE}")
    if words.on("enable-prefix-caching", True):
        taken.append("no prompt shares a beginning with another, though prefixes are cached")
    return Reading(
        launcher=TITLE,
        target="vllm",
        job="inference",
        model=kept.model,
        decisions=decisions,
        because=because(words, _FROM),
        assume=assume,
        work={"context": words.count("max-model-len")}
        if "max-model-len" in words and words.text("max-model-len") != "auto"
        else {},
        node=node,
        capped="max-num-seqs" not in words,
        embeds=embeds,
        stores=kept.said,
        taken=tuple(taken),
        remarks=tuple(words.remarks(ignored)),
        options={**options_of(words), "model": name},
    )


def _memory(words: Words) -> dict[str, str]:
    """The share of the device that it takes for everything."""
    name = "gpu-memory-utilization"
    return {"memory_utilization": f"{words.share(name) if name in words else UTILIZATION:.6g}"}
