"""`trtllm-serve`: its configuration, a script that starts one replica, and a batch job for the fleet."""

from __future__ import annotations

from designer.exporting.launch import Launch, Refused
from designer.exporting.serving import (
    cache_of,
    experts_split,
    fleet,
    formats_of,
    longest,
    one_node,
    pass_of,
    pooled,
)
from designer.exporting.serving_job import batch_script, start_script
from designer.exporting.target import INFERENCE, Files, Target
from designer.exporting.text import brief, comments, header, manifest

TITLE, CHECKED = "TensorRT-LLM", "TensorRT-LLM 1.2 (its documentation; it has no parser without a GPU)"


def write(launch: Launch) -> Files:
    """`trtllm.yaml`, which `trtllm.sh` starts a replica with, and `trtllm.sbatch` for every replica."""
    one_node(launch, "several nodes need an MPI launcher of the site")
    settings = comments(header(launch, TITLE, CHECKED, *fleet(launch))) + manifest([_settings(launch)])
    short = brief(launch, TITLE, CHECKED)
    start = ["trtllm-serve", launch.model.checkpoint, "--config", "trtllm.yaml"]
    return {
        "trtllm.yaml": settings,
        "trtllm.sh": start_script(launch, short, start, "", 8000),
        "trtllm.sbatch": batch_script(launch, short, "trtllm.sh"),
    }


def _settings(launch: Launch) -> dict[str, object]:
    d, one = launch.decisions, pass_of(launch)
    tp, dp = d.count("tp"), d.count("dp")
    if pooled(launch):
        raise Refused("trtllm-serve generates, and this scenario embeds")
    if tp > 1 and dp > 1:
        raise Refused(
            f"dp {dp} beside tp {tp} cannot be said: attention is replicated by all ranks or split by all"
        )
    if one.sequences % dp:
        raise Refused(f"batch {one.sequences} is not divisible by dp {dp}, and max_batch_size is of one rank")
    split = experts_split(launch, both=True)
    dtype, quantized = formats_of(launch)
    if quantized:
        raise Refused(f"weights {quantized} need a checkpoint quantised so: name it with --checkpoint")
    return {
        "backend": "pytorch",
        "tensor_parallel_size": tp * dp,
        "pipeline_parallel_size": d.count("pp"),
        **({"enable_attention_dp": True} if dp > 1 else {}),
        **({"moe_expert_parallel_size": d.count("ep")} if split else {}),
        **({"moe_tensor_parallel_size": d.count("etp")} if split and d.count("etp") > 1 else {}),
        "dtype": dtype,
        "max_batch_size": one.sequences // dp,
        "max_num_tokens": one.tokens,
        "max_seq_len": longest(launch),
        "enable_chunked_prefill": True,
        "kv_cache_config": {"dtype": cache_of(launch, dtype, {"fp8": "fp8"}), "enable_block_reuse": False},
    }


TARGET = Target(
    name="tensorrt-llm",
    title=TITLE,
    checked=CHECKED,
    jobs=INFERENCE,
    vendors=frozenset({"NVIDIA"}),
    reads=frozenset({
        "precision", "weights", "sparsity", "kv", "tp", "pp", "dp", "ep", "etp", "prefill_batch", "batch", "samples",
        "replicas", "engine",
    }),
    write=write,
    engines=frozenset({"tensorrt-llm", "tensorrt-llm-pytorch"}),
)  # fmt: skip
