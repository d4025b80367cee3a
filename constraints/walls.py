"""The 22 walls of machine-learning systems: what each is about, and which rules belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from constraints.rule import LAYERS, Rule, rules


@dataclass(frozen=True)
class Wall:
    """A limit every system meets sooner or later: number, domain, name, one line, and the rule to start with."""

    number: int
    domain: str
    name: str
    line: str
    start: str


WALLS = (
    Wall(1, "Node", "Compute", "arithmetic a device can do in a second", "roofline_time"),
    Wall(2, "Node", "Memory", "bytes a device holds, and how fast it reads them", "weight_streaming_time"),
    Wall(3, "Node", "Software", "share of the peak that programs reach: MFU and HFU", "flops_utilisation"),
    Wall(4, "Node", "Serving", "time to the first token, and between tokens", "time_to_first_token"),
    Wall(5, "Node", "Batching", "key-value cache: how many sequences fit at once", "kv_cache_per_token"),
    Wall(
        6,
        "Node",
        "Streaming",
        "weights that stream through a device instead of living on it",
        "streamed_layer_time",
    ),
    Wall(7, "Node", "Tail latency", "waiting in queues: means and percentiles", "mmc_sojourn_percentile"),
    Wall(8, "Data", "Ingestion", "storage that feeds the samples", "storage_sample_rate"),
    Wall(9, "Data", "Transformation", "processors that decode and augment them", "preprocessing_rate"),
    Wall(10, "Data", "Locality", "topology: which bandwidth is left between far ends", "fat_tree_bisection"),
    Wall(11, "Algorithm", "Complexity", "operations and parameters a model needs", "training_flops"),
    Wall(12, "Algorithm", "Reasoning", "computation spent on an answer at inference time", "reasoning_time"),
    Wall(
        13,
        "Algorithm",
        "Fidelity",
        "compression: bytes and operations saved, accuracy lost",
        "compression_speedup",
    ),
    Wall(
        14,
        "Fleet",
        "Communication",
        "moving data between devices, and waiting for it",
        "ring_all_reduce_time",
    ),
    Wall(15, "Fleet", "Fragility", "failures of many parts in series", "parts_mtbf"),
    Wall(16, "Fleet", "Multi-tenancy", "jobs that wait for one another on a shared cluster", "cluster_wait"),
    Wall(
        17, "Operations", "Capital", "money: owning, renting, cost per unit of work", "break_even_utilisation"
    ),
    Wall(18, "Operations", "Sustainability", "power, energy, carbon and water", "facility_energy_used"),
    Wall(19, "Operations", "Checkpoint", "saving state, and what a failure costs", "young_interval"),
    Wall(20, "Operations", "Safety", "privacy: what noise and clipping cost", "noise_for_privacy"),
    Wall(21, "Analysis", "Sensitivity", "how much a result moves with each input", "extrapolated_ratio"),
    Wall(
        22,
        "Analysis",
        "Synthesis",
        "what hardware would have to offer to meet a target",
        "required_bandwidth",
    ),
)
LAWS = "Laws"
# The laws around the walls, by the rules that state them.
LAW_RULES: dict[str, tuple[str, ...]] = {
    "Iron law, one machine": ("iron_law_sum", "iron_law_overlapped"),
    "Iron law, a fleet": ("fleet_time",),
    "Effective FLOP/s": ("effective_rate", "effective_rate_from_mfu", "goodput_cascade"),
    "Pipeline bubble": ("pipeline_bubble",),
    "Scaling efficiency": ("strong_scaling_efficiency", "weak_scaling_efficiency"),
    "Amdahl": ("amdahl_speedup",),
    "Gustafson": ("gustafson_speedup",),
    "Universal scalability law": ("usl_speedup", "usl_peak_devices"),
    "Little": ("littles_law",),
    "Latency and size over bandwidth": ("transfer_time", "half_bandwidth_size"),
    "Speed of light": ("round_trip_time",),
    "Arithmetic intensity, ridge and regime": ("arithmetic_intensity", "ridge_point", "compute_bound"),
    "D·A·M scorecard and diagnosis": ("share_of_step", "active_share", "useful_share", "overhead_share"),
    "C3: computation, communication, coordination": (
        "computation_share", "communication_share", "coordination_share",
    ),
}  # fmt: skip

# What is no equation but a fact: the kind of catalog entry that holds it.
LAW_FACTS = {"Numbers to know: energy, latency and bandwidth": "hierarchies"}


def wall(number: int) -> Wall:
    """The wall of this number, from 1 to 22."""
    return WALLS[number - 1]


def every_rule() -> list[Rule]:
    """Rules of all layers; a name that two layers share comes twice."""
    return [r for layer in LAYERS for r in rules(layer).values()]


def grouped(chosen: Iterable[Rule]) -> list[tuple[Wall | str, list[Rule]]]:
    """Rules by wall, then the laws (formulas of no wall), then the rest by the layer they serve.

    >>> [g if isinstance(g, str) else g.name for g, _ in grouped(rules("library").values())][:2]
    ['Compute', 'Memory']
    """
    out: dict[int | str, list[Rule]] = {w.number: [] for w in WALLS}
    for layer in LAYERS:
        out[LAWS if layer == "library" else layer] = []
    for r in chosen:
        out[r.wall or (LAWS if r.layer == "library" else r.layer)].append(r)
    return [(wall(k) if isinstance(k, int) else k, found) for k, found in out.items() if found]
