"""What vLLM is told, for `vllm serve` itself and for everything that starts it."""

from __future__ import annotations

from designer.exporting.launch import Launch, Refused
from designer.exporting.serving import Pass, cache_of, experts_split, formats_of, longest, pass_of, pooled
from designer.exporting.text import Flag

TITLE = "vLLM"
CHECKED = "vLLM 0.33.0"
ENGINES = frozenset({"vllm"})
VENDORS = frozenset({"NVIDIA", "AMD"})
READS = frozenset({
    "precision", "weights", "sparsity", "kv", "tp", "pp", "dp", "ep", "prefill_batch", "batch", "samples",
    "replicas", "engine",
})  # fmt: skip

_CACHES = {"fp8": "fp8", "int8": "int8_per_token_head"}


def vllm_options(launch: Launch) -> list[Flag]:
    """Every option of one replica but where its ranks are.

    Raises Refused for a decision that vLLM has no way to say.
    """
    d = launch.decisions
    one = pass_of(launch)
    dp = d.count("dp")
    if one.sequences % dp:
        raise Refused(f"batch {one.sequences} is not divisible by dp {dp}, and --max-num-seqs is of one rank")
    return [
        Flag("tensor-parallel-size", d.count("tp"), "tp"),
        Flag("pipeline-parallel-size", d.count("pp"), "pp"),
        *_data_parallel(dp),
        *([Flag("enable-expert-parallel", None, "ep = tp * dp")] if experts_split(launch) else []),
        *_formats(launch),
        Flag("max-num-seqs", one.sequences // dp, _sequences(one, dp)),
        Flag("max-num-batched-tokens", one.tokens, one.why),
        Flag("max-model-len", longest(launch), "the longest request of the scenario and its answer"),
        Flag("gpu-memory-utilization", _share(launch), "what the plan counts with, of the whole device"),
        Flag("enable-prefix-caching", False, "designer counts no shared prefix; drop it in production"),
        *_pooling(launch),
    ]


def _share(launch: Launch) -> float:
    return round(launch.quantities["memory_utilization"], 4)


def _sequences(one: Pass, dp: int) -> str:
    return f"{one.what} {one.sequences} over dp {dp}" if dp > 1 else one.what


def _data_parallel(dp: int) -> list[Flag]:
    return [Flag("data-parallel-size", dp, "dp")] if dp > 1 else []


def _formats(launch: Launch) -> list[Flag]:
    """Precision of products, stored weights and cache; a checkpoint brings what has no option."""
    d = launch.decisions
    dtype, quantized = formats_of(launch)
    said = [
        Flag("dtype", dtype, "activations are 16 bit" if quantized else f"precision {d.name('precision')}")
    ]
    if quantized:
        why = f"weights {d.name('weights')}, precision {d.name('precision')}"
        said.append(Flag("quantization", quantized, why))
    return [*said, Flag("kv-cache-dtype", cache_of(launch, dtype, _CACHES), f"kv {d.name('kv')}")]


def _pooling(launch: Launch) -> list[Flag]:
    """A model that answers nothing embeds."""
    if not pooled(launch):
        return []
    return [Flag("runner", "pooling", "no tokens are generated"), Flag("convert", "embed", "the same")]
