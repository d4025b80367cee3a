"""NVIDIA Dynamo: a graph of a frontend and workers that run vLLM."""

from __future__ import annotations

from designer.exporting import vllm_options as vllm
from designer.exporting.launch import Launch
from designer.exporting.manifests import arguments, limits
from designer.exporting.serving import fleet, spread_of
from designer.exporting.target import INFERENCE, Files, Target
from designer.exporting.text import comments, header, manifest

TITLE, CHECKED = "Dynamo", "the types of DynamoGraphDeployment v1beta1 and vLLM 0.33.0"
# Its runtime brings a vLLM of its own.
IMAGE = "nvcr.io/nvidia/ai-dynamo/vllm-runtime:1.6.1"


def write(launch: Launch) -> Files:
    """`dynamo.yaml`: a frontend, and one worker a replica."""
    s = spread_of(launch)
    worker = {
        "name": "main",
        "image": IMAGE,
        "command": ["python3", "-m", "dynamo.vllm"],
        "args": ["--model", launch.model.checkpoint, *arguments(launch)],
        "resources": limits(launch, s.each_node),
    }
    frontend = {"name": "main", "image": IMAGE, "command": ["python3"], "args": ["-m", "dynamo.frontend"]}
    workers = {
        "name": "worker",
        "type": "worker",
        "replicas": s.replicas,
        **({"multinode": {"nodeCount": s.nodes}} if s.nodes > 1 else {}),
        "podTemplate": {"spec": {"containers": [worker]}},
    }
    graph = {
        "apiVersion": "nvidia.com/v1beta1",
        "kind": "DynamoGraphDeployment",
        "metadata": {"name": launch.slug},
        "spec": {
            "backendFramework": "vllm",
            "components": [
                {
                    "name": "Frontend",
                    "type": "frontend",
                    "replicas": 1,
                    "podTemplate": {"spec": {"containers": [frontend]}},
                },
                workers,
            ],
        },
    }
    said = header(launch, TITLE, CHECKED, *fleet(launch), "careful   runtime 1.6.1 holds vLLM 0.31.0")
    return {"dynamo.yaml": comments(said) + manifest([graph])}


TARGET = Target("dynamo", TITLE, CHECKED, INFERENCE, frozenset({"NVIDIA"}), vllm.READS, write, vllm.ENGINES)
