"""Files of a launcher as the input of its gate, and the verdicts of gates in environments that have the parser."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from catalogs import default_catalog
from catalogs.schema.model import Architecture
from designer.exporting.launch import Launch
from designer.exporting.stages import stage_layers
from designer.exporting.target import Files

GATES = Path(__file__).parent / "gates"
# Interpreters that may have a launcher: this one, and those that the variable names, since pins differ.
INTERPRETERS = [sys.executable, *filter(None, os.environ.get("DESIGNER_GATES", "").split(os.pathsep))]
CAPABILITY = {"Ampere": "8.0", "Ada": "8.9", "Hopper": "9.0", "Blackwell": "10.0"}


@cache
def interpreter(gate: str) -> tuple[str, str]:
    """The Python that has what a gate runs, or none, and the version of it or why there is none."""
    said = ""
    for python in INTERPRETERS:
        done = subprocess.run(
            [python, str(GATES / f"{gate}_gate.py"), "--version"], capture_output=True, text=True, check=False
        )
        said = done.stdout.strip() or done.stderr.strip()[-200:]
        if done.returncode == 0:
            return python, said
    return "", said


def verdicts(gate: str, inputs: Sequence[Any]) -> list[str | None]:
    """What is wrong with each input, by the launcher's own parser."""
    python, _ = interpreter(gate)
    done = subprocess.run(
        [python, str(GATES / f"{gate}_gate.py")],
        input=json.dumps(inputs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[str | None] = json.loads(done.stdout)
    return found


def array_of(script: str) -> list[str]:
    """The words of the array ARGS of a start script."""
    body = re.search(r"^ARGS=\(\n(.*?)^\)$", script, re.MULTILINE | re.DOTALL)
    assert body
    return shlex.split(body[1], comments=True)


def _megatron(launch: Launch, files: Files) -> Any:
    script = files["megatron.sh"]
    d = launch.all_decisions
    exported = dict(line.split()[1].split("=") for line in script.splitlines() if line.startswith("export "))
    return {
        "words": array_of(script),
        "world": _world(script),
        "arch": int(CAPABILITY[launch.machine.generation.split()[0]].split(".")[0]),
        "layers": stage_layers(launch.model.shape.layers, int(d["pp"])),
        "environment": exported,
    }


def _vllm(launch: Launch, files: Files) -> Any:
    nodes = re.search(r"^NODES=(\d+)", files["vllm.sh"], re.MULTILINE)
    return {
        "config": files["vllm.yaml"],
        "nodes": int(nodes[1]) if nodes else 1,
        **_engine(launch),
    }


def _engine(launch: Launch) -> dict[str, Any]:
    """What a gate of an engine is told of the model and the machine."""
    device = default_catalog().get("accelerators", launch.machine.accelerator)
    return {
        "model": config_json(launch.model.shape),
        "devices": launch.machine.devices,
        "capability": CAPABILITY[launch.machine.generation.split()[0]],
        "memory": device.memory.si,
    }


def config_json(a: Architecture) -> dict[str, Any]:
    """A published configuration of some model of this shape: what engines read of heads, experts and lengths."""
    common = {
        "hidden_size": a.hidden, "intermediate_size": a.ffn or a.expert_ffn, "num_hidden_layers": a.layers,
        "num_attention_heads": a.heads, "num_key_value_heads": a.kv_heads, "vocab_size": a.vocab,
        "max_position_embeddings": a.max_context, "tie_word_embeddings": a.tied_embeddings, "hidden_act": "silu",
        "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "torch_dtype": "bfloat16", "bos_token_id": 0, "eos_token_id": 1,
    }  # fmt: skip
    if a.kv_lora_rank:
        latent = {
            "q_lora_rank": a.q_lora_rank, "kv_lora_rank": a.kv_lora_rank, "qk_nope_head_dim": a.nope_dim,
            "qk_rope_head_dim": a.rope_dim, "v_head_dim": a.v_dim, "n_routed_experts": a.experts,
            "num_experts_per_tok": a.experts_per_token, "n_shared_experts": a.shared_experts,
            "moe_intermediate_size": a.expert_ffn, "first_k_dense_replace": a.dense_layers or 0,
            "n_group": 8, "topk_group": 4, "moe_layer_freq": 1,
        }  # fmt: skip
        return {"architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", **common, **latent}
    if a.experts:
        experts = {
            "num_experts": a.experts, "num_experts_per_tok": a.experts_per_token, "head_dim": a.head_dim,
            "moe_intermediate_size": a.expert_ffn, "decoder_sparse_step": 1, "mlp_only_layers": [],
        }  # fmt: skip
        return {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", **common, **experts}
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **common, "head_dim": a.head_dim}


def _world(script: str) -> int:
    """Ranks that a start script starts on all nodes."""
    found = re.search(r"--nnodes=(\d+) --nproc-per-node=(\d+)", script)
    assert found
    return int(found[1]) * int(found[2])


def _torchtitan(launch: Launch, files: Files) -> Any:
    layers = stage_layers(launch.model.shape.layers, int(launch.all_decisions["pp"]))
    return {"config": files["torchtitan.toml"], "world": _world(files["torchtitan.sh"]), "layers": layers}


def _deepspeed(launch: Launch, files: Files) -> Any:
    return {"config": files["ds_config.json"], "world": _world(files["deepspeed.sh"])}


def _accelerate(launch: Launch, files: Files) -> Any:
    d = launch.all_decisions
    world = math.prod(int(d[n]) for n in ("tp", "cp", "pp", "dp"))
    return {"config": files["accelerate.yaml"], "world": world}


def _sglang(launch: Launch, files: Files) -> Any:
    nodes = re.search(r"^NODES=(\d+)", files["sglang.sh"], re.MULTILINE)
    model = config_json(launch.model.shape)
    return {"words": array_of(files["sglang.sh"]), "nodes": int(nodes[1]) if nodes else 1, "model": model}


def _manifest(launch: Launch, files: Files) -> Any:
    return {"manifest": "".join(files.values())}


# How the files of a target become the input of a gate, and which gate.
INPUTS: dict[str, tuple[str, Callable[[Launch, Files], Any]]] = {
    "accelerate": ("accelerate", _accelerate),
    "deepspeed": ("deepspeed", _deepspeed),
    "dynamo": ("kubernetes", _manifest),
    "kubernetes": ("kubernetes", _manifest),
    "megatron": ("megatron", _megatron),
    "sglang": ("sglang", _sglang),
    "torchtitan": ("torchtitan", _torchtitan),
    "vllm": ("vllm", _vllm),
}
