"""Kubernetes: a Deployment of vLLM and its Service."""

from __future__ import annotations

from designer.exporting import vllm_options as vllm
from designer.exporting.launch import Launch
from designer.exporting.manifests import SHARED_MEMORY, SHARED_MOUNT, arguments, limits, place
from designer.exporting.serving import fleet, one_node
from designer.exporting.target import INFERENCE, Files, Target
from designer.exporting.text import comments, header, manifest

TITLE, CHECKED = "Kubernetes with vLLM", "kubernetes-validate 1.37.0, of API 1.34, and vLLM 0.33.0"


def write(launch: Launch) -> Files:
    """`kubernetes.yaml`: one pod a replica, none of them wider than a node."""
    s = one_node(launch, "a pod of a Deployment is on one")
    labels = {"app": launch.slug}
    container = {
        "name": "vllm",
        "image": "vllm/vllm-openai:v0.33.0",
        "args": ["--model", launch.model.checkpoint, *arguments(launch)],
        "ports": [{"containerPort": 8000}],
        "resources": limits(launch, s.devices),
        "volumeMounts": [SHARED_MOUNT],
    }
    pod = {**place(launch), "containers": [container], "volumes": [SHARED_MEMORY]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": launch.slug},
        "spec": {
            "replicas": s.replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": launch.slug},
        "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8000}]},
    }
    said = header(launch, TITLE, CHECKED, *fleet(launch))
    return {"kubernetes.yaml": comments(said) + manifest([deployment, service])}


TARGET = Target("kubernetes", TITLE, CHECKED, INFERENCE, vllm.VENDORS, vllm.READS, write, vllm.ENGINES)
