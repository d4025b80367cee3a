"""Ray Serve LLM: the file of `serve deploy`."""

from __future__ import annotations

from designer.exporting import vllm_options as vllm
from designer.exporting.launch import Launch, Refused
from designer.exporting.serving import fleet, spread_of
from designer.exporting.target import INFERENCE, Files, Target
from designer.exporting.text import comments, header, manifest

TITLE, CHECKED = (
    "Ray Serve LLM",
    "Ray Serve LLM 2.60.0 (its documentation; no parser was run) and vLLM 0.33.0",
)
# Ray's closed list of names, by how the catalog's begin.
_TYPES = {
    "b200": "B200", "h200": "H200", "h100": "H100", "a100-80gb": "A100-80G", "a100-sxm-80gb": "A100-80G",
    "a100-40gb": "A100-40G", "a100-sxm-40gb": "A100-40G", "l40s": "L40S", "l4": "L4", "a10g": "A10G",
    "mi300x": "AMD-Instinct-MI300X-OAM",
}  # fmt: skip


def write(launch: Launch) -> Files:
    """`ray.yaml`: one application of one model."""
    s, dp = spread_of(launch), launch.decisions.count("dp")
    if dp > 1:
        raise Refused(f"dp {dp} needs an application of its own kind")
    named = next((t for begin, t in _TYPES.items() if launch.machine.accelerator.startswith(begin)), None)
    settings = {o.name.replace("-", "_"): o.value is None or o.value for o in vllm.vllm_options(launch)}
    model = {
        "model_loading_config": {"model_id": launch.slug, "model_source": launch.model.checkpoint},
        **({"accelerator_type": named} if named else {}),
        "deployment_config": {"num_replicas": s.replicas},
        "engine_kwargs": settings,
    }
    application = {
        "name": launch.slug,
        "route_prefix": "/",
        "import_path": "ray.serve.llm:build_openai_app",
        "args": {"llm_configs": [model]},
    }
    said = header(launch, TITLE, CHECKED, *fleet(launch))
    return {"ray.yaml": comments(said) + manifest([{"applications": [application]}])}


TARGET = Target("ray-serve", TITLE, CHECKED, INFERENCE, vllm.VENDORS, vllm.READS, write, vllm.ENGINES)
