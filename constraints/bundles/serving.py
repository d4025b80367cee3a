"""A device as an inference engine uses it: kernels launched in graphs, collectives of its own."""

from __future__ import annotations

from catalogs import Catalog
from catalogs.schema import Node
from constraints.bundles import Bundle, Known
from constraints.bundles.device import device_bundle, measured_like, precision_bundle

_REDUCE = {
    "latency": "collective_floor",
    "per_rank_latency": "inner_latency",
    "bandwidth_fraction": "collective_fraction",
}


def serving_bundle(catalog: Catalog, node: Node, precision: str) -> Bundle:
    """Numbers of a device under an engine, which take the place of those of its kernels run alone.

    Operation tables time one kernel from its launch to its end. An engine replays graphs of kernels,
    quantises inside the kernel before, reduces with kernels of its own, and runs hot for long.
    """
    acc = measured_like(catalog, catalog.get("accelerators", node.accelerator))
    where = f"accelerators/{acc.id}"
    alone = {**device_bundle(catalog, node), **precision_bundle(catalog, node, precision)}
    shares = catalog.get("assumptions", "serving-kernels").values
    out: Bundle = {}
    if acc.engine_reduce:
        for field, name in _REDUCE.items():
            out[name] = Known.of(getattr(acc.engine_reduce, field), where)
    else:
        for name in _REDUCE.values():
            out[name] = Known.of(shares[f"engine_{name}"], "assumptions/serving-kernels")
    base = acc.attention.get("bf16") or acc.attention.get("fp16")
    if base and base.decode_floor and base.decode_fraction:
        out["decode_attention_floor"] = Known.of(base.decode_floor, where)
        out["decode_attention_fraction"] = Known.of(base.decode_fraction, where)
    if acc.memory_kind.startswith("GDDR") and not acc.efficiency:
        gddr = Known.of(shares["gddr_bandwidth"], "assumptions/serving-kernels")
        for name in ("bandwidth_fraction", "base_bandwidth_fraction", "decode_attention_fraction"):
            out[name] = gddr
    experts = acc.experts.get(precision)  # type: ignore[call-overload]
    if experts:
        for name in ("floor", "compute_fraction", "bandwidth_fraction"):
            out["expert_" + name] = Known.of(getattr(experts, name), where)
    # a product in few bits costs a quantisation when run alone, and none when the norm before does it
    out["launch_floor"] = alone["base_launch_floor"]

    def scaled(name: str, factor: str, most: float = 1e9) -> None:
        of, by = out.get(name, alone[name]), shares[factor]
        source = f"{of.source}, times {by.text} ({factor} of assumptions/serving-kernels: {by.source})"
        out[name] = Known(min(most, of.si * by.si), of.kind, source)

    scaled("launch_floor", "graph_launch")
    scaled("base_launch_floor", "graph_launch")
    scaled("decode_attention_floor", "graph_attention")
    scaled("expert_floor", "graph_experts")
    scaled("expert_each_floor", "graph_expert_each")
    scaled("expert_half_width", "graph_expert_width")
    scaled("collective_floor", "graph_reduce")
    scaled("inner_latency", "graph_reduce")
    scaled("compute_fraction", "sustained_compute")
    scaled("expert_compute_fraction", "sustained_experts", 1.0)
    scaled("expert_bandwidth_fraction", "streamed_experts", 1.0)
    return out
