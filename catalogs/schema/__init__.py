"""The shape of catalog entries, one model per kind."""

from __future__ import annotations

from catalogs.schema.accelerator import Accelerator
from catalogs.schema.assumption import Assumptions, Software
from catalogs.schema.entry import Entry, load
from catalogs.schema.fact import Fact, Source
from catalogs.schema.fidelity import Fidelity, ScalingLaw, Score
from catalogs.schema.format import Checkpoint, Format
from catalogs.schema.hierarchy import Hierarchy
from catalogs.schema.market import Embodied, Price, Reliability
from catalogs.schema.model import Architecture, Model
from catalogs.schema.node import Dataset, Fabric, Node, Storage
from catalogs.schema.site import Grid, Operator, Region

# folder of each kind -> its model
MODELS: dict[str, type[Entry]] = {
    "accelerators": Accelerator,
    "models": Model,
    "formats": Format,
    "nodes": Node,
    "fabrics": Fabric,
    "storage": Storage,
    "datasets": Dataset,
    "regions": Region,
    "grids": Grid,
    "operators": Operator,
    "prices": Price,
    "embodied": Embodied,
    "reliability": Reliability,
    "hierarchies": Hierarchy,
    "scaling": ScalingLaw,
    "fidelity": Fidelity,
    "assumptions": Assumptions,
    "engines": Software,
    "frameworks": Software,
}

__all__ = [
    "MODELS",
    "Accelerator",
    "Architecture",
    "Assumptions",
    "Checkpoint",
    "Dataset",
    "Embodied",
    "Entry",
    "Fabric",
    "Fact",
    "Fidelity",
    "Format",
    "Grid",
    "Hierarchy",
    "Model",
    "Node",
    "Operator",
    "Price",
    "Region",
    "Reliability",
    "ScalingLaw",
    "Score",
    "Software",
    "Source",
    "Storage",
    "load",
]
