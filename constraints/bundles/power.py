"""What a device and its share of the host draw: at their limit, at work, and at rest."""

from __future__ import annotations

from catalogs import Catalog
from catalogs.schema import Accelerator, Node
from constraints.bundles import Bundle, Known, plain, unknown

# Parts that are a machine by themselves: what they draw is all there is, and no data centre is around them.
ALONE = ("edge", "microcontroller")
_HOST = ("host_power_per_device", "host_busy_power", "host_idle_power")
_AT_A_DESK = ("desktop", "workstation")


def in_no_data_centre(node: Node, acc: Accelerator) -> bool:
    """Whether nothing is cooled or distributed around a machine: a module of the edge, or one at a desk."""
    at_a_desk = acc.device_class in _AT_A_DESK and node.kind == "system" and node.accelerators == 1
    return acc.device_class in ALONE or at_a_desk


def power_bundle(catalog: Catalog, node: Node) -> Bundle:
    """Power of a device, and of what stands beside it; NaN where nobody states that of the device."""
    acc = catalog.get("accelerators", node.accelerator)
    where = f"accelerators/{acc.id}"
    if acc.power is None:
        nobody = unknown(f"{where}: no power stated")
        return dict.fromkeys(("device_power", "device_busy_power", *_HOST), nobody)
    out: Bundle = dict.fromkeys(("device_power", "device_busy_power"), Known.of(acc.power, where))
    if acc.idle_power:
        share = acc.idle_power.si / acc.power.si
        out["idle_power_share"] = Known(share, acc.idle_power.kind, f"{where}: {acc.idle_power.text} idle")
    if acc.device_class in ALONE:
        return out | plain(f"{where}: a module, its power is all there is", **dict.fromkeys(_HOST, 0.0))
    assumed = catalog.get("assumptions", "device").values
    limit = _at_its_limit(catalog, node, acc, acc.power.si, assumed["host_power_share"].si)
    busy = _at_work(node, acc.power.si, limit, assumed["host_busy_share"].si)
    resting = acc.idle_power.si if acc.idle_power else assumed["idle_power_share"].si * acc.power.si
    idle = _at_rest(node, resting, limit, assumed["host_idle_share"].si)
    if node.mean_power and node.accelerators == 1 and node.mean_power.si < acc.power.si:
        # a machine of one chip that does not reach the limit of the chip when it works
        source = f"nodes/{node.id}: {node.mean_power.text} at work, all of the machine"
        out["device_busy_power"] = Known(node.mean_power.si, node.mean_power.kind, source)
        busy = Known(0.0, node.mean_power.kind, f"{source}: counted with its device")
    if idle.si > busy.si:
        idle = Known(busy.si, idle.kind, f"{idle.source}; no more than at work")
    return out | {"host_power_per_device": limit, "host_busy_power": busy, "host_idle_power": idle}


def _at_its_limit(catalog: Catalog, node: Node, acc: Accelerator, device: float, share: float) -> Known:
    """The node's own figure, that of a like node, or a share of the device's limit."""
    for like in (node, *(n for n in catalog.nodes_with(acc.id) if n is not node)):
        kind = None if like is node else "assumed"
        if like.host_power:
            fact = like.host_power
            source = f"nodes/{like.id}: {fact.text} beside its accelerators"
            return Known(fact.si / like.accelerators, kind or fact.kind, source)
        if like.power and like.power.si >= like.accelerators * device:
            rest = like.power.si / like.accelerators - device
            return Known(
                rest, kind or like.power.kind, f"nodes/{like.id}: {like.power.text} less its accelerators"
            )
        if node.power:
            break
    return Known(share * device, "assumed", "assumptions/device: host_power_share")


def _at_work(node: Node, device: float, limit: Known, share: float) -> Known:
    """What was measured of the whole node less its devices at their limit, or a share of the host's limit."""
    rest = node.mean_power.si / node.accelerators - device if node.mean_power else 0.0
    if node.mean_power and rest > 0:
        source = f"nodes/{node.id}: {node.mean_power.text} at work less its accelerators"
        return Known(rest, node.mean_power.kind, source)
    return Known(share * limit.si, "assumed", f"assumptions/device: host_busy_share of {limit.source}")


def _at_rest(node: Node, device: float, limit: Known, share: float) -> Known:
    """What the node draws idle less its idle devices, or a share of the host's limit."""
    if node.idle_power:
        rest = max(0.0, node.idle_power.si / node.accelerators - device)
        source = f"nodes/{node.id}: {node.idle_power.text} idle less its accelerators"
        return Known(rest, node.idle_power.kind, source)
    return Known(share * limit.si, "assumed", f"assumptions/device: host_idle_share of {limit.source}")
