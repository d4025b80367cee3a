"""TensorRT-LLM: `trtllm-serve` and its file of options."""

from __future__ import annotations

from collections.abc import Sequence

from catalogs.errors import InputError
from designer.launching.documents import documents_of, part
from designer.launching.formats import formats_of
from designer.launching.launcher import FoundCommand, Launcher, after, words_of
from designer.launching.launchers.vllm import replicas_of
from designer.launching.options import grammar, parsed
from designer.launching.serving import because, check_devices, devices_named, model_name, options_of
from designer.launching.stated import Reading
from designer.question.context import Value

TITLE = "TensorRT-LLM 1.2"
GRAMMAR = grammar(
    TITLE,
    read="""model tp-size|tensor-parallel-size pp-size|pipeline-parallel-size ep-size|moe-expert-parallel-size
    moe-tensor-parallel-size max-batch-size max-num-tokens max-seq-len backend extra-llm-api-options|config
    enable-attention-dp! kv-cache-config kv-cache-free-gpu-memory-fraction dtype""",
    quiet="""host port tokenizer log-level trust-remote-code! gpus-per-node server-role reasoning-parser
    metadata-server-config-file num-postprocess-workers print-iter-log! enable-iter-perf-stats! stream-interval
    tool-parser served-model-name""",
    beside={
        "cuda-graph-config": "memory of graphs is in the reserve",
        "disable-overlap-scheduler!": "the host's time is that which was measured",
        "enable-chunked-prefill!": "prompts are counted in chunks either way",
        "moe-config": "kernels and loads of experts are those that were measured",
        "attn-backend": "kernels are those that were measured, whichever is named",
        "max-beam-width": "one answer is counted for each request",
        "cluster-size": "not counted",
        "scheduler-config": "the order of requests is not modelled",
        "torch-compile-config": "kernels are those that were measured, however they are compiled",
        "allreduce-strategy": "messages inside a node are those that were measured",
    },
    refused={
        "speculative-config": "speculation is not modelled, and answers come several tokens a step with it",
        "cache-transceiver-config": "one half of a pair of pools is not a fleet of its own",
        "moe-cluster-parallel-size": "clusters of experts are not modelled",
        "context-parallel-size": "prompts over several devices are not modelled in serving",
        "lora-config": "adapters are not modelled: they take memory and time",
    },
)  # fmt: skip
_FROM = {
    "tp": "tp-size",
    "pp": "pp-size",
    "ep": "ep-size",
    "etp": "moe-tensor-parallel-size",
    "batch": "max-batch-size",
    "dp": "enable-attention-dp",
}


def begins(words: Sequence[str]) -> int | None:
    """After `trtllm-serve`, with or without `serve`."""
    at = after(words, "trtllm-serve", "serve")
    return at if at is not None else after(words, "trtllm-serve")


def read(found: FoundCommand) -> Reading:
    """A line; its file of options wins over it."""
    words = parsed(GRAMMAR, found.words)
    cache = "auto"
    if "extra-llm-api-options" in words:
        data = documents_of(found.source.beside(words.text("extra-llm-api-options")))[0]
        kept = words_of(data, GRAMMAR, "--extra_llm_api_options")
        words.given |= kept.given
        words.written |= kept.written
        words.unknown |= kept.unknown
        cache = str(part(data, "kv_cache_config", "dtype") or "auto")
    if len(words.alone) > 1:
        raise InputError(f"{TITLE}: {words.alone[1]!r} is neither an option nor the value of one")
    name = model_name(words, "model")
    formats = formats_of(name, words.text("dtype", "auto"), "", cache, TITLE)
    width = words.count("tp-size")
    apart = words.on("enable-attention-dp")
    tp, dp = (1, width) if apart else (width, 1)
    ep = words.count("ep-size")
    etp = words.count("moe-tensor-parallel-size", max(1, width // ep))
    if ep * etp != width:
        raise InputError(
            f"{TITLE}: experts on {ep} groups of {etp} ranks are not the {width} ranks of tp_size"
        )
    decisions: dict[str, Value] = {
        "engine": "tensorrt-llm-pytorch",
        "precision": formats.precision, "weights": formats.weights, "kv": formats.kv, "tp": tp, "dp": dp,
        "pp": words.count("pp-size"), "ep": ep, "etp": etp, "replicas": replicas_of(found),
    }  # fmt: skip
    if "max-batch-size" in words:
        decisions["batch"] = words.count("max-batch-size") * dp
    assume = {}
    if "max-num-tokens" in words:
        assume["prefill_chunk"] = f"{words.count('max-num-tokens')} token"
    if (free := "kv-cache-free-gpu-memory-fraction") in words:
        assume["cache_share"] = f"{words.share(free):.6g}"
    stated = Reading(
        launcher=TITLE, target="tensorrt-llm", job="inference", model=formats.model, decisions=decisions,
        because=because(words, _FROM),
        stores=formats.said,
        assume=assume,
        work={"context": words.count("max-seq-len")} if "max-seq-len" in words else {},
        remarks=tuple(words.remarks(found.ignored)), options={**options_of(words), "model": name},
    )  # fmt: skip
    check_devices(stated, devices_named(found.before))
    return stated


LAUNCHER = Launcher("TensorRT-LLM", GRAMMAR, begins, read)
