"""A node and a precision as numbers: rates, bandwidths, links, efficiencies."""

from __future__ import annotations

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.schema import Accelerator, Node
from catalogs.schema.fact import Fact
from constraints.bundles import Bundle, Known, plain, unknown
from constraints.rules.library.compression import structured_sparse_rate

# Bytes of one stored element.
ELEMENT_BYTES = {
    "fp64": 8.0, "fp32": 4.0, "tf32": 4.0, "bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0,
    "fp6": 0.75, "fp4": 0.5, "int4": 0.5,
}  # fmt: skip
# Patterns of sparse weights: how many stay of how many, and what the index of each takes.
SPARSITY = {"2:4": (2, 4)}
INDEX_BYTES = 0.25
# What arithmetic outside the quantised products runs in, best first.
_BASE = ("bf16", "fp16", "tf32", "fp32")


def has_rate(accelerator: Accelerator, precision: str) -> bool:
    """Whether the device multiplies in this precision."""
    return precision in accelerator.compute.rates()


def base_precision(accelerator: Accelerator) -> str:
    """The precision of attention, norms and logits: 16 bit where the device has it."""
    rates = accelerator.compute.rates()
    for p in _BASE:
        if p in rates:
            return p
    raise InputError(
        f"{accelerator.id} has no rate for attention and logits (has: {', '.join(rates) or 'none'})"
    )


def device_bundle(catalog: Catalog, node: Node) -> Bundle:
    """Numbers of one device of a node that do not depend on the precision of its products."""
    acc = catalog.get("accelerators", node.accelerator)
    where, here = f"accelerators/{acc.id}", f"nodes/{node.id}"
    default = catalog.get("assumptions", "device").values
    base = base_precision(acc)
    out: Bundle = {
        "memory_capacity": memory_capacity(acc),
        "memory_bandwidth": Known.of(acc.memory_bandwidth, where),
        "attention_rate": Known.of(acc.compute.rates()[base], where),
        **plain(
            f"{here}: {node.source.ref} ({node.source.date})",
            devices_per_node=node.accelerators,
            scale_up_domain=node.scale_up_domain if acc.scale_up else 1,
            has_network=1 if node.nic else 0,
        ),
    }
    # A chip without a scale-up link reaches its neighbours in the node through the host.
    link = link_bandwidth(acc)
    out["scale_up_bandwidth"] = Known.of(link, where) if link else unknown(f"{where}: no link stated")
    if not acc.scale_up and acc.host_link and node.accelerators > 1:
        out["scale_up_domain"] = Known(float(node.accelerators), "assumed", f"{here}: over the host link")
    if not link and node.accelerators == 1:
        # A single device talks to nobody: any number will do where one is multiplied by no traffic.
        own = f"{where}: its own memory, as it reaches no other device"
        out["scale_up_bandwidth"] = Known(acc.memory_bandwidth.si, "assumed", own)
    nic = node.nic
    out["scale_out_bandwidth"] = Known.of(nic.bandwidth, here) if nic else unknown(f"{here}: no NIC stated")
    fabric = catalog.get("fabrics", nic.fabric) if nic and nic.fabric else None
    if nic and nic.latency:
        out["outer_latency"] = Known.of(nic.latency, here)
    elif fabric and fabric.latency:
        out["outer_latency"] = Known.of(fabric.latency, f"fabrics/{fabric.id}")
    out["device_power"] = Known.of(acc.power, where) if acc.power else unknown(f"{where}: no power stated")
    out["host_power_per_device"] = _host_power(catalog, node, acc, default["host_power_share"].si)
    like = measured_like(catalog, acc)
    out |= collective_bundle(catalog, acc)
    for of in (acc, like):
        if base in of.attention and "attention_fraction" not in out:
            there = f"accelerators/{of.id}"
            out["attention_fraction"] = Known.of(of.attention[base].compute_fraction, there)
            out["attention_half_length"] = Known.of(of.attention[base].half_length, there)
    out |= _efficiency(like, base, "base_") | _efficiency(acc, base, "base_")
    for name, fact in default.items():
        source = f"assumptions/device: {fact.source} ({fact.date})"
        if name in ("launch_floor", "compute_fraction", "bandwidth_fraction", "corner"):
            out.setdefault("base_" + name, Known(fact.si, "assumed", source))
        else:
            out.setdefault(name, Known(fact.si, "assumed", source))
    out["base_compute_fraction"] = _capped(acc, base, out["base_compute_fraction"])
    return out


def memory_capacity(acc: Accelerator) -> Known:
    """Memory a program may have of a device: what its driver reports, else the size on the label in GiB.

    DRAM comes in powers of two, so that a label of 80 GB is one of 80 GiB; what is on the chip is what it says.
    """
    where = f"accelerators/{acc.id}"
    if acc.memory_usable:
        return Known.of(acc.memory_usable, where)
    known = Known.of(acc.memory, where)
    if acc.memory.unit != "GB" or "SRAM" in acc.memory_kind:
        return known
    source = f"{known.source}; nobody published what its driver reports, and a GB of DRAM is a GiB"
    return Known(known.si / 1e9 * 2**30, "assumed", source)


def link_bandwidth(acc: Accelerator) -> Fact | None:
    """Bandwidth between devices of one domain, None where no link is stated."""
    return acc.scale_up.bandwidth if acc.scale_up else acc.host_link.bandwidth if acc.host_link else None


def collective_bundle(catalog: Catalog, acc: Accelerator) -> Bundle:
    """All-reduce parameters of a device: its own, those of the device it is like, or the default."""
    for of in (acc, measured_like(catalog, acc)):
        if of.collective:
            there = f"accelerators/{of.id}"
            return {
                "collective_floor": Known.of(of.collective.latency, there),
                "inner_latency": Known.of(of.collective.per_rank_latency, there),
                "collective_fraction": Known.of(of.collective.bandwidth_fraction, there),
            }
    default = catalog.get("assumptions", "device").values
    facts = {n: default[n] for n in ("collective_floor", "inner_latency", "collective_fraction")}
    where = "assumptions/device"
    return {n: Known(f.si, "assumed", f"{where}: {f.source} ({f.date})") for n, f in facts.items()}


def stream_bundle(node: Node) -> Bundle:
    """Whether a node's devices hold their weights or stream them in, and how fast."""
    here = f"nodes/{node.id}"
    if node.weight_stream is None:
        return {
            **plain(f"{here}: its devices hold their weights", streamed=0),
            "stream_bandwidth": unknown(f"{here}: no weight stream"),
        }
    return {
        **plain(f"{here}: weights are streamed in", streamed=1),
        "stream_bandwidth": Known.of(node.weight_stream, here),
    }


def precision_bundle(catalog: Catalog, node: Node, precision: str, sparsity: str = "none") -> Bundle:
    """Numbers of a device's matrix products in one precision; an absent rate is NaN.

    With a pattern of sparsity the rate is that of the sparse matrix units, where the device has them; the
    share of it that kernels reach is taken to be that of dense ones.

    Efficiency is that fitted for this precision, or the documented default: never another
    precision's fit.
    """
    return rate_bundle(catalog, catalog.get("accelerators", node.accelerator), precision, sparsity)


def rate_bundle(catalog: Catalog, acc: Accelerator, precision: str, sparsity: str = "none") -> Bundle:
    """The same for an accelerator outside any node."""
    rates = acc.compute.rates()
    where = f"accelerators/{acc.id}"
    default = catalog.get("assumptions", "device").values
    stated = precision in rates
    rate = Known.of(rates[precision], where) if stated else unknown(f"{acc.id} states no {precision} rate")
    if sparsity != "none":
        sparse = acc.structured_sparsity
        rate = (
            Known(
                structured_sparse_rate(rate.si, *SPARSITY[sparsity]), sparse.kind, f"{where}: {sparse.source}"
            )
            if sparse
            else unknown(f"{acc.id} states no {sparsity} matrix units")
        )
    out: Bundle = {
        "compute_rate": rate,
        **plain("definition", operand_bytes=ELEMENT_BYTES[precision]),
    }
    out |= _efficiency(measured_like(catalog, acc), precision, "") | _efficiency(acc, precision, "")
    for name in ("launch_floor", "compute_fraction", "bandwidth_fraction", "corner"):
        fact = default[name]
        out.setdefault(name, Known(fact.si, "assumed", f"assumptions/device: {fact.source} ({fact.date})"))
    out["compute_fraction"] = _capped(acc, precision, out["compute_fraction"])
    return out


def how_known(catalog: Catalog, acc: Accelerator, precision: str) -> str:
    """How well a device's speed is known: `measured`, `like` a measured one, or the `default`."""
    if precision in acc.efficiency or (precision == "fp16" and "bf16" in acc.efficiency):
        return "measured"
    return "like" if acc.kernels_like else "default"


def sustained(catalog: Catalog, node: Node, precision: str | None, bundle: Bundle) -> Bundle:
    """The same numbers for whole training steps, where a device runs at its power limit.

    Kernels are timed one by one, on a device that has just rested.
    """
    acc = catalog.get("accelerators", node.accelerator)
    of = precision or base_precision(acc)
    share = acc.sustained.get(of) or measured_like(catalog, acc).sustained.get(of)  # type: ignore[call-overload]
    name = "compute_fraction" if precision else "base_compute_fraction"
    if share is None:
        return bundle
    known = bundle[name]
    source = f"{known.source}; {share.text} of it in training: {share.source} ({share.date})"
    return bundle | {name: Known(known.si * share.si, "fitted", source)}


def measured_like(catalog: Catalog, acc: Accelerator) -> Accelerator:
    """The device whose measured kernels stand for this one's: the same silicon, or itself."""
    return catalog.get("accelerators", acc.kernels_like) if acc.kernels_like else acc


def _capped(acc: Accelerator, precision: str, fraction: Known) -> Known:
    """A share of the peak, no larger than the best anybody has measured on the device.

    A narrower format that nobody timed is held to the best share of the 16-bit one: power and clocks
    that keep products from their peak do so all the more where more of them are made.
    """
    of = precision if precision in acc.measured_best else "bf16"
    best = acc.measured_best.get(of)
    peak = acc.compute.rates().get(of)
    if best is None or peak is None or fraction.si <= best.si / peak.si:
        return fraction
    kind = best.kind if of == precision else "assumed"
    return Known(
        best.si / peak.si, kind, f"accelerators/{acc.id}: {best.text} measured of {peak.text} in {of}"
    )


def training_precision(precision: str) -> Bundle:
    """Bytes of weights, activations and optimizer when training with products in `precision`.

    Below 16 bit only products are narrow: weights and activations stay in 16 bit.
    """
    stored = 4.0 if precision in ("fp32", "tf32") else 2.0
    master = 0.0 if stored == 4.0 else 4.0
    return plain(
        "Micikevicius et al. 2018, Mixed precision training; Adam keeps two fp32 moments",
        parameter_bytes=stored,
        activation_bytes=stored,
        optimizer_bytes=8.0 + master,
    )


def _efficiency(acc: Accelerator, precision: str, prefix: str) -> Bundle:
    fitted = acc.efficiency.get(precision)  # type: ignore[call-overload]
    # Same silicon, same kernels: a fp16 product runs like a bf16 one where only that was measured.
    if fitted is None and precision == "fp16" and acc.compute.bf16 and acc.compute.fp16:
        fitted = acc.efficiency.get("bf16")
    if fitted is None:
        return {}
    where = f"accelerators/{acc.id}"
    names = ("launch_floor", "compute_fraction", "bandwidth_fraction", "corner")
    return {prefix + n: Known.of(getattr(fitted, n), where) for n in names}


def _host_power(catalog: Catalog, node: Node, acc: Accelerator, share: float) -> Known:
    """Power beside an accelerator: the node's own figure, that of a like node, or a share of its TDP."""
    if not acc.power:
        return unknown(f"accelerators/{acc.id}: no power stated")
    for like in (node,) if node.power else catalog.nodes_with(acc.id):
        if like.power and like.power.si >= like.accelerators * acc.power.si:
            rest = (like.power.si - like.accelerators * acc.power.si) / like.accelerators
            kind = like.power.kind if like is node else "assumed"
            return Known(rest, kind, f"nodes/{like.id}: {like.power.text} less its accelerators")
    return Known(share * acc.power.si, "assumed", "assumptions/device: host_power_share")
