"""Parts of Kubernetes manifests that several launchers of vLLM take."""

from __future__ import annotations

from designer.exporting.launch import Launch
from designer.exporting.vllm_options import vllm_options

RESOURCES = {"NVIDIA": "nvidia.com/gpu", "AMD": "amd.com/gpu"}


def arguments(launch: Launch, without: frozenset[str] = frozenset()) -> list[str]:
    """vLLM's options as arguments of a container, but those that the launcher adds itself."""
    return [o.joined for o in vllm_options(launch) if o.name not in without]


def limits(launch: Launch, devices: int) -> dict[str, object]:
    """Devices of one pod."""
    return {"limits": {RESOURCES[launch.machine.vendor]: str(devices)}}


def place(launch: Launch) -> dict[str, object]:
    """Where pods may run: on nodes with the label that a cloud gives this kind."""
    label = {"node.kubernetes.io/instance-type": launch.machine.id}
    return {"nodeSelector": label} if launch.machine.rented else {}


SHARED_MEMORY = {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}}
SHARED_MOUNT = {"name": "shm", "mountPath": "/dev/shm"}
