"""What vLLM is told, for `vllm serve` itself and for everything that starts it."""

from __future__ import annotations

from designer.exporting.launch import Launch, Refused
from designer.exporting.serving import Pass, cache_of, experts_split, formats_of, longest, pass_of, pooled
from designer.exporting.text import Option

TITLE = "vLLM"
CHECKED = "vLLM 0.33.0"
ENGINES = frozenset({"vllm"})
VENDORS = frozenset({"NVIDIA", "AMD"})
READS = frozenset({
    "precision", "weights", "sparsity", "kv", "tp", "pp", "dp", "ep", "prefill_batch", "batch", "samples",
    "replicas", "engine",
})  # fmt: skip

_CACHES = {"fp8": "fp8", "int8": "int8_per_token_head"}


def vllm_options(launch: Launch) -> list[Option]:
    """Every option of one replica but where its ranks are.

    Raises Refused for a decision that vLLM has no way to say.
    """
    d = launch.decisions
    one = pass_of(launch)
    dp = d.count("dp")
    if one.sequences % dp:
        raise Refused(f"batch {one.sequences} is not divisible by dp {dp}, and --max-num-seqs is of one rank")
    return [
        Option("tensor-parallel-size", d.count("tp"), "tp"),
        Option("pipeline-parallel-size", d.count("pp"), "pp"),
        *_data_parallel(dp),
        *([Option("enable-expert-parallel", None, "ep = tp * dp")] if experts_split(launch) else []),
        *_formats(launch),
        Option("max-num-seqs", one.sequences // dp, _sequences(one, dp)),
        Option("max-num-batched-tokens", one.tokens, one.why),
        Option("max-model-len", longest(launch), "the longest request of the scenario and its answer"),
        Option("gpu-memory-utilization", 0.92, "vLLM's default, of the whole device"),
        Option("enable-prefix-caching", False, "designer counts no shared prefix; drop it in production"),
        *_pooling(launch),
    ]


def _sequences(one: Pass, dp: int) -> str:
    return f"{one.what} {one.sequences} over dp {dp}" if dp > 1 else one.what


def _data_parallel(dp: int) -> list[Option]:
    return [Option("data-parallel-size", dp, "dp")] if dp > 1 else []


def _formats(launch: Launch) -> list[Option]:
    """Precision of products, stored weights and cache; a checkpoint brings what has no option."""
    d = launch.decisions
    dtype, quantized = formats_of(launch)
    said = [
        Option("dtype", dtype, "activations are 16 bit" if quantized else f"precision {d.name('precision')}")
    ]
    if quantized:
        why = f"weights {d.name('weights')}, precision {d.name('precision')}"
        said.append(Option("quantization", quantized, why))
    return [*said, Option("kv-cache-dtype", cache_of(launch, dtype, _CACHES), f"kv {d.name('kv')}")]


def _pooling(launch: Launch) -> list[Option]:
    """A model that answers nothing embeds."""
    if not pooled(launch):
        return []
    return [Option("runner", "pooling", "no tokens are generated"), Option("convert", "embed", "the same")]
