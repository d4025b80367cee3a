"""What every launcher of training needs: ranks, nodes, steps, and what stays in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

from constraints.roles import DEVICES
from designer.exporting.launch import Launch, Refused
from designer.jobs.training import MEASURED


@dataclass(frozen=True)
class Ranks:
    """Ranks of a job, and how they are spread over nodes."""

    world: int
    nodes: int

    @property
    def each_node(self) -> int:
        """Ranks of one node."""
        return self.world // self.nodes


def ranks_of(launch: Launch) -> Ranks:
    """As few nodes as hold the ranks, as many on each; refused where the plan has whole nodes and a rest."""
    d = launch.decisions
    world = d.count("tp") * d.count("pp") * d.count("cp") * d.count("dp")
    nodes = math.ceil(world / launch.machine.devices)
    each = world / nodes
    if nodes > 1 and each not in (launch.machine.devices, launch.quantities.get("domain_devices", each)):
        raise Refused(f"{world} ranks do not fill {nodes} nodes of {launch.machine.devices}")
    return Ranks(world, nodes)


def microbatches(launch: Launch) -> int:
    """Micro-batches of one step and replica."""
    d = launch.decisions
    return d.count("global_batch") // (d.count("micro_batch") * d.count("dp"))


def save_steps(launch: Launch) -> int:
    """Whole steps between checkpoints, no further apart than was decided."""
    interval = float(launch.decisions["checkpoint_interval"])
    return max(1, math.floor(interval / launch.quantities[MEASURED.time]))


def saved(launch: Launch) -> str:
    """Why checkpoints are so many steps apart."""
    interval, step = float(launch.decisions["checkpoint_interval"]), launch.quantities[MEASURED.time]
    return f"checkpoint_interval {interval:g} s / step_time {step:.4g} s"


def schedule(launch: Launch, ranks: Ranks) -> list[str]:
    """What to say of the whole job, in comments."""
    d = launch.decisions
    per_rank = d.count("global_batch") // d.count("dp")
    out = [
        f"ranks     {ranks.world:,} on {ranks.nodes:,} x {launch.machine.id}, {ranks.each_node} each; a replica's"
        f" share of a batch is {per_rank} sequences in {microbatches(launch)} micro-batches",
    ]
    kept = launch.quantities.get(DEVICES, ranks.world)
    if kept > ranks.world:
        out.append(f"idle      {round(kept) - ranks.world} devices are paid and not used")
    inner = d.count("tp") * d.count("cp")
    if ranks.each_node % inner and inner % ranks.each_node:
        out.append(f"careful   {ranks.each_node} ranks of a node are no multiple of tp * cp = {inner}")
    return out
