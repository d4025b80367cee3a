"""What a framework of a kind and year does: sharding, kernels, overlap, schedule."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from catalogs import Catalog
from designer.accuracy.table import MeasuredRow


@dataclass(frozen=True)
class Traits:
    """How a framework runs a step, as far as the rules ask."""

    family: str
    sharding: str
    sequence_parallel: bool = True
    schedule: str = ""
    recompute: str | None = None  # where a table leaves it blank and the framework has a default
    values: dict[str, float] = field(default_factory=dict)

    def interleaving(self, layers: int, pp: int) -> int | None:
        """Virtual stages where a table leaves them blank; None where the framework's recipes choose them.

        >>> Traits("classic", "zero1", schedule="interleaved").interleaving(30, 8)
        4
        """
        if pp == 1:
            return 1
        if self.schedule == "interleaved":
            return -(-layers // pp)
        return None if self.family == "recipe" else 1


def traits(row: MeasuredRow, catalog: Catalog) -> Traits:
    """Traits of a row's framework, from its name, its date and the settings the row states.

    Numbers are those of the catalog's `frameworks/FAMILY`.
    """
    name, date = row.text("framework").lower(), row.text("date")
    family = family_of(name, date)
    schedule = schedule_of(name)
    values = {k: f.si for k, f in catalog.get("frameworks", family).values.items()}
    if schedule in _BUBBLE:
        values["schedule_bubble"], values["schedule_in_flight"] = _BUBBLE[schedule]
    if family == "recipe" and "" < date < "2025" and "bridge" not in name:
        for quantity in ("gradient_bytes", "gradient_traffic_bytes"):
            del values[quantity]  # earlier recipes kept and reduced gradients in fp32
    sharded = "zero3" if row.text("megatron_fsdp").lower() == "true" else row.text("zero_stage_or_fsdp")
    sharding = sharding_of(sharded, family)
    if "deepspeed" in name:
        half = "fp16" if row.text("precision").lower().startswith("fp16") else "bf16"
        states = "sharded" if family != "classic" and sharding in ("zero2", "zero3") else half
        own = {k: f.si for k, f in catalog.get("frameworks", _DEEPSPEED[states]).values.items()}
        if family != "classic":
            own.pop("recompute_stall", None)  # PyTorch's checkpointing, not DeepSpeed's
        values |= own
    if whole_graph(name, row.text("precision")):
        values |= {k: f.si for k, f in catalog.get("frameworks", "recipe-graphs").values.items()}
    if "MOE_TOKEN_DROP" in row.text("flags"):
        values["host_moe_layer_time"] = 0.0  # padded experts have static shapes, which a graph can capture
    # sequence parallelism came to Megatron-LM with selective recomputation
    sp = family != "classic" or (date >= "2022-05" and row.text("recompute") == "selective")
    if family == "classic" and date < "2022-05":
        values["tp_overlap"] = 0.0
    # Pax's layers save nothing unless told otherwise (AutodiffCheckpointType.SAVE_NOTHING)
    recompute = "full" if "pax" in name else None
    return Traits(family, sharding, sp, schedule, recompute, values)


_DEEPSPEED = {"bf16": "megatron-deepspeed", "fp16": "megatron-deepspeed-fp16", "sharded": "deepspeed"}
# Share of the bubble, and times the micro-batches in flight, of schedules that fill the bubble with
# weight gradients (Qi et al. 2023, Zero bubble pipeline parallelism, table 2).
_BUBBLE = {"zb-1p": (1 / 3, 1.0), "zb-2p": (0.0, 2.0)}


def schedule_of(name: str) -> str:
    """A pipeline schedule named with a framework.

    >>> schedule_of("megatron-lm zb-2p"), schedule_of("megatron-lm 1f1b-i"), schedule_of("nemo")
    ('zb-2p', 'interleaved', '')
    """
    for known in ("zb-1p", "zb-2p"):
        if known in name:
            return known
    return "interleaved" if "1f1b-i" in name else ""


def whole_graph(name: str, precision: str) -> bool:
    """Whether a release of Megatron-Bridge runs mixtures in one graph: in MXFP8 from 26.06 on.

    >>> [whole_graph(f"megatron-bridge {v}", "mxfp8") for v in ("26.04.01", "26.06", "26.08")]
    [False, True, True]
    >>> whole_graph("megatron-bridge 26.08", "bf16"), whole_graph("megatron-bridge 600d069b", "mxfp8")
    (False, False)
    """
    found = re.search(r"megatron-bridge (\d\d)\.(\d\d)", name)
    if found is None or not precision.lower().startswith("mx"):
        return False
    return (int(found[1]), int(found[2])) >= (26, 6)


def family_of(name: str, date: str) -> str:
    """The family of a framework.

    `recipe` is Megatron with a vendor's tuned settings, `megatron` is Megatron as it comes, `classic`
    the same before fused attention, `fsdp` and `eager` run PyTorch modules, `xla` compiles whole steps.
    DeepSpeed drives whatever modules it is given: Megatron's, which kept attention scores, and since
    PyTorch 2.0 and FlashAttention-2 (of July 2023) those of PyTorch, which do not.

    >>> family_of("megatron-lm v2.5", "2021"), family_of("nemo 24.09", "2024-11"), family_of("maxtext", "2024")
    ('classic', 'recipe', 'xla')
    >>> [family_of(*x) for x in (("megatron-deepspeed", "2024"), ("deepspeed 0.6", "2022"), ("deepspeed 0.19", "2026"))]
    ['classic', 'classic', 'fsdp']
    """
    if any(w in name for w in ("maxtext", "pax", "jax", "t5x", "pathways")):
        return "xla"
    if any(w in name for w in ("fsdp", "foundry", "titan", "composer", "accelerate", "lightning", "hugging")):
        return "fsdp"
    if "deepspeed" in name and "megatron" not in name and date >= "2023-07":
        return "fsdp"
    if "deepspeed" in name or ("megatron-lm" in name and date and date < "2024"):
        return "classic"
    if "pytorch" in name and "eager" in name:
        return "fsdp"
    if "nanotron" in name:
        return "eager"
    return "megatron" if "megatron-lm" in name else "recipe"


def sharding_of(text: str, family: str) -> str:
    """The ZeRO stage a note on sharding means; by default what the family does.

    >>> sharding_of("FSDP FULL_SHARD (ZeRO-3)", "fsdp"), sharding_of("ZeRO-1 (dist-optimizer)", "recipe")
    ('zero3', 'zero1')
    >>> sharding_of("DDP (no ZeRO)", "recipe"), sharding_of("", "classic")
    ('zero0', 'zero0')
    """
    low = text.lower().replace("_", "-")
    for stage in "0123":
        if f"zero-{stage}" in low or f"zero{stage}" in low:
            return "zero" + stage
    if "fsdp" in low:
        return "zero3"
    if "dist" in low:
        return "zero1"
    if low.startswith(("ddp", "none", "no ")):
        return "zero0"
    return {"fsdp": "zero3", "xla": "zero3", "classic": "zero0"}.get(family, "zero1")
