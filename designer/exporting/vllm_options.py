"""What vLLM is told, for `vllm serve` itself and for everything that starts it."""

from __future__ import annotations

from designer.exporting.launch import Launch, Refused
from designer.exporting.serving import Pass, pass_of, pooled
from designer.exporting.text import Option

TITLE = "vLLM"
CHECKED = "vLLM 0.33.0"
ENGINES = frozenset({"vllm"})
VENDORS = frozenset({"NVIDIA", "AMD"})
READS = frozenset({
    "precision", "weights", "sparsity", "kv", "tp", "pp", "dp", "ep", "prefill_batch", "batch", "samples",
    "replicas", "engine",
})  # fmt: skip

_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_CACHES = {"fp8": "fp8", "int8": "int8_per_token_head"}


def vllm_options(launch: Launch) -> list[Option]:
    """Every option of one replica but where its ranks are.

    Raises Refused for a decision that vLLM has no way to say.
    """
    d = launch.decisions
    one = pass_of(launch)
    dp, ranks = d.count("dp"), d.count("tp") * d.count("dp")
    if one.sequences % dp:
        raise Refused(f"batch {one.sequences} is not divisible by dp {dp}, and --max-num-seqs is of one rank")
    return [
        Option("tensor-parallel-size", d.count("tp"), "tp"),
        Option("pipeline-parallel-size", d.count("pp"), "pp"),
        *_data_parallel(dp),
        *_experts(launch, ranks),
        *_formats(launch),
        Option("max-num-seqs", one.sequences // dp, _sequences(one, dp)),
        Option("max-num-batched-tokens", one.tokens, one.why),
        Option("max-model-len", longest(launch), "the longest request of the scenario and its answer"),
        Option("gpu-memory-utilization", 0.92, "vLLM's default, of the whole device"),
        Option("enable-prefix-caching", False, "designer counts no shared prefix; drop it in production"),
        *_pooling(launch),
    ]


def longest(launch: Launch) -> int:
    """Tokens to make room for, with one to spare; refused where the model has no room for them."""
    most = launch.model.shape.max_context
    if launch.longest > most:
        raise Refused(
            f"requests of {launch.longest:,} tokens are longer than the {most:,} of {launch.model.id}"
        )
    return min(most, launch.longest + 1)


def _sequences(one: Pass, dp: int) -> str:
    return f"{one.what} {one.sequences} over dp {dp}" if dp > 1 else one.what


def _data_parallel(dp: int) -> list[Option]:
    return [Option("data-parallel-size", dp, "dp")] if dp > 1 else []


def _experts(launch: Launch, ranks: int) -> list[Option]:
    """Expert parallelism is a switch in vLLM: over all ranks of the replica and stage, or none."""
    ep, dp = launch.decisions.count("ep"), launch.decisions.count("dp")
    if not launch.model.shape.experts:
        if ep > 1:
            raise Refused(f"ep {ep}, and {launch.model.id} has no experts")
        return []
    if ep == ranks and ep > 1:
        return [Option("enable-expert-parallel", None, f"ep {ep} = tp * dp")]
    if ep > 1:
        raise Refused(
            f"ep {ep} has no size to be said: experts are split over tp * dp = {ranks} ranks or not"
        )
    if dp > 1:
        raise Refused(
            f"ep 1 with dp {dp}: without expert parallelism experts are split over all tp * dp ranks"
        )
    return []


def _formats(launch: Launch) -> list[Option]:
    """Precision of products, stored weights and cache; a checkpoint brings what has no option."""
    d = launch.decisions
    precision, weights, kv = d.name("precision"), d.name("weights"), d.name("kv")
    sparsity = d.name("sparsity") if "sparsity" in d else "none"
    dtype = _DTYPES.get(precision, "bfloat16")
    out = [Option("dtype", dtype, f"precision {precision}" if precision in _DTYPES else "of activations")]
    if launch.model.named:
        pass  # what the checkpoint is quantised to stands in its configuration
    elif sparsity != "none":
        raise Refused(f"sparsity {sparsity} needs a checkpoint that is pruned so: name it with --checkpoint")
    elif weights == precision == "fp8":
        out.append(Option("quantization", "fp8", "weights fp8 and precision fp8"))
    elif weights == "fp8" and precision in ("bf16", "fp16") and "fp8" not in launch.machine.rates:
        out.append(
            Option("quantization", "fp8", f"weights fp8; {launch.machine.accelerator} multiplies wider")
        )
    elif (weights, precision) not in {(p, p) for p in _DTYPES}:
        raise Refused(
            f"weights {weights} with precision {precision} need a checkpoint quantised so: name it with --checkpoint"
        )
    return [*out, Option("kv-cache-dtype", _cache(kv, dtype), f"kv {kv}")]


def _cache(kv: str, dtype: str) -> str:
    if _DTYPES.get(kv) == dtype:
        return "auto"
    if kv not in _CACHES:
        raise Refused(f"kv {kv} has no --kv-cache-dtype beside activations in {dtype}")
    return _CACHES[kv]


def _pooling(launch: Launch) -> list[Option]:
    """A model that answers nothing embeds."""
    if not pooled(launch):
        return []
    return [Option("runner", "pooling", "no tokens are generated"), Option("convert", "embed", "the same")]
