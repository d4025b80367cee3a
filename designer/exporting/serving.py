"""What every serving engine has to be told, whatever it calls it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from designer.exporting.launch import Launch, Refused


@dataclass(frozen=True)
class Pass:
    """What one pass of a replica holds: sequences of the whole replica, and tokens."""

    sequences: int
    what: str
    tokens: int
    why: str


def pooled(launch: Launch) -> bool:
    """Whether nothing is generated: an embedding."""
    return all(n.generated == 0 for n in launch.lengths)


def pass_of(launch: Launch) -> Pass:
    """Sequences and tokens of one pass, from the decisions of batches and the chunk of prompts.

    Where nothing is generated prompts alone share a pass. A chunk that is planned for is what an engine may
    take at once, and it counts the tokens that are being generated too.
    """
    d = launch.decisions
    batch, prompts = d.count("batch"), d.count("prefill_batch")
    chunk = launch.number("prefill_chunk")
    if pooled(launch):
        tokens = max(chunk, prompts * max(n.input for n in launch.lengths))
        return Pass(prompts, "prefill_batch", tokens, "prefill_batch prompts in one pass")
    why = "prefill_chunk, the prompt tokens of a pass"
    if prompts > 1:
        chunk = max(chunk, prompts * max(n.input for n in launch.lengths))
        why = "prefill_batch prompts in one pass"
    if chunk < batch:
        raise Refused(f"batch {batch} is more than the {chunk:,} tokens of a pass")
    return Pass(max(batch, prompts), "batch", chunk, why)


@dataclass(frozen=True)
class Spread:
    """Where the replicas are: devices and nodes of one, and how many share a node."""

    devices: int
    nodes: int
    on_node: int
    replicas: int

    @property
    def all_nodes(self) -> int:
        """Nodes of the whole fleet."""
        return self.nodes * self.replicas if self.nodes > 1 else math.ceil(self.replicas / self.on_node)

    @property
    def each_node(self) -> int:
        """Devices of a replica on each of its nodes."""
        return self.devices // self.nodes


def spread_of(launch: Launch) -> Spread:
    """Replicas packed onto nodes; one that is wider than a node has whole nodes to itself.

    Raises Refused where its ranks would be spread unevenly.
    """
    d, per_node = launch.decisions, launch.machine.devices
    devices = d.count("tp") * d.count("pp") * d.count("dp")
    nodes = math.ceil(devices / per_node)
    if devices % nodes:
        raise Refused(
            f"{devices} devices of a replica are not spread evenly over {nodes} nodes of {per_node}"
        )
    return Spread(devices, nodes, max(1, per_node // devices), d.count("replicas"))


def fleet(launch: Launch) -> list[str]:
    """What to say of replicas and of what clients do, in comments."""
    s = spread_of(launch)
    out = [f"fleet     {s.replicas} replicas of {s.devices} devices on {s.all_nodes} x {launch.machine.id}"]
    idle = s.all_nodes * launch.machine.devices - s.replicas * s.devices
    if idle:
        out[0] += f"; {idle} devices of whole nodes are paid and idle"
    samples = launch.decisions.count("samples")
    if samples > 1:
        out.append(f'clients   ask for {samples} samples of each question: "n": {samples} in the request')
    if not launch.model.named:
        out.append(
            f"model     {launch.model.checkpoint} by the catalog; --checkpoint names other weights of this shape"
        )
    return out


def one_node(launch: Launch, what: str) -> Spread:
    """The spread of replicas that are no wider than a node; refused by this name otherwise."""
    s = spread_of(launch)
    if s.nodes > 1:
        raise Refused(f"a replica of {s.devices} devices is wider than {launch.machine.id}, and {what}")
    return s
