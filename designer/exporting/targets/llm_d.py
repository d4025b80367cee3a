"""llm-d: values of the chart llm-d-modelservice, whose pods run vLLM."""

from __future__ import annotations

from designer.exporting import vllm_options as vllm
from designer.exporting.launch import Launch, Refused
from designer.exporting.manifests import arguments
from designer.exporting.serving import fleet, spread_of
from designer.exporting.target import INFERENCE, Files, Target
from designer.exporting.text import comments, header, manifest

TITLE, CHECKED = "llm-d", "the schema of llm-d-modelservice 0.4.12 and vLLM 0.33.0"
# What the chart adds from its own values.
_ADDED = frozenset({"tensor-parallel-size", "data-parallel-size", "pipeline-parallel-size"})


def write(launch: Launch) -> Files:
    """`llm-d.yaml`: `helm install -f`; a replica on several nodes takes a worker on each."""
    d, s = launch.decisions, spread_of(launch)
    dp = d.count("dp")
    wide = s.nodes > 1
    parallelism = {
        "tensor": d.count("tp"),
        **({"data": dp, "dataLocal": dp // s.nodes, "workers": s.nodes} if wide else {}),
        **({"data": dp, "dataLocal": dp} if dp > 1 and not wide else {}),
    }
    if d.count("pp") > 1:
        raise Refused(f"pp {d.count('pp')} has no value in the chart")
    if wide and dp % s.nodes:
        raise Refused(f"dp {dp} is not divisible by the {s.nodes} nodes of a replica")
    container = {
        "name": "vllm",
        "image": "ghcr.io/llm-d/llm-d-cuda:v0.9.0",
        "modelCommand": "vllmServe",
        "args": arguments(launch, _ADDED),
        "mountModelVolume": True,
    }
    values = {
        "multinode": wide,
        "modelArtifacts": {
            "name": launch.model.checkpoint,
            "uri": f"hf://{launch.model.checkpoint}",
            "size": f"{round(launch.model.parameters * 2.2 / 2**30) + 10}Gi",
            "authSecretName": "hf-token",
        },
        "accelerator": {"type": launch.machine.vendor.lower()},
        "routing": {"servicePort": 8000, "proxy": {"enabled": False}},
        "decode": {
            "create": True,
            "replicas": s.replicas,
            "parallelism": parallelism,
            "containers": [container],
        },
        "prefill": {"create": False, "replicas": 0},
    }
    said = header(launch, TITLE, CHECKED, *fleet(launch), "careful   the image fixes the version of vLLM")
    return {"llm-d.yaml": comments(said) + manifest([values])}


TARGET = Target("llm-d", TITLE, CHECKED, INFERENCE, vllm.VENDORS, vllm.READS, write, vllm.ENGINES)
