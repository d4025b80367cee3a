"""What every serving engine has to be told, whatever it calls it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from designer.exporting.launch import Launch, Refused
from designer.jobs.inference import PREFILL_BATCH


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
    batch, prompts = d.count("batch"), d.count(PREFILL_BATCH.name)
    chunk = launch.number("prefill_chunk")
    if pooled(launch):
        tokens = max(chunk, prompts * max(n.input for n in launch.lengths))
        return Pass(prompts, PREFILL_BATCH.name, tokens, "prefill_batch prompts in one pass")
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


def longest(launch: Launch) -> int:
    """Tokens to make room for, with one to spare; refused where the model has no room for them."""
    most = launch.model.shape.max_context
    if launch.longest > most:
        raise Refused(
            f"requests of {launch.longest:,} tokens are longer than the {most:,} of {launch.model.id}"
        )
    return min(most, launch.longest + 1)


def experts_split(launch: Launch, *, both: bool = False) -> bool:
    """Whether whole experts are spread over the ranks of a stage; refused where a rank of it holds copies.

    Without expert parallelism engines split every expert over all of these ranks. Some can do `both`: spread
    experts over groups of ranks, and split each over the ranks of its group.
    """
    d = launch.decisions
    ep, etp, ranks = d.count("ep"), d.count("etp"), d.count("tp") * d.count("dp")
    if not launch.model.shape.experts:
        if ep > 1:
            raise Refused(f"ep {ep}, and {launch.model.id} has no experts")
        return False
    if ep * etp != ranks or (ep > 1 and etp > 1 and not both):
        way = "spread over, split by, or both" if both else "spread over or split by"
        raise Refused(f"ep {ep} with etp {etp} cannot be said: experts are {way} all tp * dp = {ranks} ranks")
    return ep > 1


_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


def formats_of(launch: Launch) -> tuple[str, str]:
    """The data type of activations, and how an engine quantises a 16-bit checkpoint as it loads it.

    The second is empty where it does not. What a named checkpoint is quantised to stands in its configuration.
    Refused where only a checkpoint has such weights and none is named.
    """
    d = launch.decisions
    precision, weights = d.name("precision"), d.name("weights")
    sparsity = d.name("sparsity") if "sparsity" in d else "none"
    dtype = _DTYPES.get(precision, "bfloat16")
    if launch.model.named or (weights in launch.model.stored[:1] and sparsity == "none"):
        return dtype, ""
    if sparsity != "none":
        raise Refused(f"sparsity {sparsity} needs a checkpoint that is pruned so: name it with --checkpoint")
    wide = precision in ("bf16", "fp16") and "fp8" not in launch.machine.rates
    if weights == "fp8" and (precision == "fp8" or wide):
        return dtype, "fp8"
    if weights != precision or precision not in _DTYPES:
        raise Refused(
            f"weights {weights} with precision {precision} need a checkpoint quantised so: name it with --checkpoint"
        )
    return dtype, ""


def cache_of(launch: Launch, dtype: str, names: Mapping[str, str]) -> str:
    """An engine's name for the format of the cache: its own default where that is that of activations."""
    kv = launch.decisions.name("kv")
    if _DTYPES.get(kv) == dtype:
        return "auto"
    if kv not in names:
        raise Refused(f"kv {kv} cannot be said beside activations in {dtype}")
    return names[kv]
