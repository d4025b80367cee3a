"""A scenario made of a few words: a model, machines, and how many use it or what it is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from constraints.roles import NODES

# What a training run of which nothing else is said is like.
SEQUENCE, BATCH = "4096 token", "1048576 token"

# Degrees of tensor parallelism that are tried; by default none leaves a scale-up domain.
TP = (1, 2, 4, 8)


@dataclass(frozen=True)
class Sketch:
    """A model on so many nodes: answering `users` at once, or trained on the tokens of `train`."""

    model: str
    node: str
    nodes: int = 1
    users: int = 1
    input: int = 1000
    output: int = 250
    train: str = ""

    def document(self) -> dict[str, Any]:
        """The scenario as a file would have it; it asks for the fastest."""
        workload: dict[str, Any]
        candidates: dict[str, Any] = {"node": self.node, NODES: self.nodes}
        if self.train:
            workload = {"job": "training", "model": self.model, "sequence_length": SEQUENCE, "global_batch": BATCH,
                        "dataset": self.train}  # fmt: skip
            objective = "time_to_train"
        else:
            lengths = [{"share": 1, "input": f"{self.input} token", "output": f"{self.output} token"}]
            workload = {"job": "concurrent", "model": self.model, "concurrency": f"{self.users} request",
                        "lengths": lengths}  # fmt: skip
            candidates["tp"] = list(TP)
            objective = "tpot"
        return {
            "name": f"{self.model.rpartition('/')[2].removesuffix('.json')} on {self.node}"[:80],
            "workload": workload,
            "candidates": candidates,
            "objectives": [objective],
        }
