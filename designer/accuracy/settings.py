"""What the words of a training row say of how it ran: where states are, which kernels, what links devices."""

from __future__ import annotations

import re

from catalogs.schema import Accelerator
from designer.accuracy.table import MeasuredRow

# Where a table writes such words.
_COLUMNS = ("recompute_or_offload_detail", "runtime_detail", "zero_stage_or_fsdp", "interconnect", "notes")
# Layers whose activations wait in host memory for their backward pass.
_ACTIVATIONS = re.compile(r"activation (?:cpu )?offload(?:ing)?,? (\d+) layers")
# A share of the optimizer that lives in host memory; all of it where no share is named.
_OPTIMIZER = re.compile(r"(?:optimizer|adamw?|zero-?offload)[ _-]*(?:cpu[ _-]*)?offload\w*(?:[ =]*(\d+) ?%)?")
_TO_HOST = re.compile(r"cpu[ _-](?:optimizer|adamw?)[ _-]offload|offload\w* (?:the )?optimizer|zero-offload")
# Kernels of attention made for the device that runs them.
_NEW_KERNELS = re.compile(r"\bfa-?[34]\b|flash-?attention-?[34]|flash-?attn-?[34]|cudnn")
# A loss that is computed piece by piece or in place of its logits: none are kept.
_FUSED_LOSS = re.compile(
    r"liger|(?:fused|cut|chunked)[ -](?:linear[ -])?cross[ -]?entropy|linear[ -]cross[ -]entropy"
)
# From here on what PyTorch ships attends with kernels of each device's own generation.
NEW_KERNELS_SINCE = "2026"


def words(row: MeasuredRow) -> str:
    """What a row says in words of its settings, in lower case."""
    return " ".join(row.text(c) for c in _COLUMNS).lower()


def offloaded_layers(said: str) -> int:
    """Layers whose activations are offloaded to the host.

    >>> offloaded_layers("activation cpu offload 12 layers"), offloaded_layers("no offload")
    (12, 0)
    """
    found = _ACTIVATIONS.search(said)
    return int(found[1]) if found else 0


def offloaded_optimizer(said: str) -> float:
    """The share of the optimizer whose states and update are on the host.

    >>> [offloaded_optimizer(t) for t in ("zero-3 + cpu optimizer offload", "optimizer offload 25%", "no offload")]
    [1.0, 0.25, 0.0]
    """
    if "no optimizer offload" in said or "without optimizer offload" in said:
        return 0.0
    found = _OPTIMIZER.search(said)
    if found:
        return float(found[1]) / 100 if found[1] else 1.0
    return 1.0 if _TO_HOST.search(said) else 0.0


def kernels_of_the_device(said: str, date: str) -> bool:
    """Whether attention runs in kernels of the device's own generation: named, or a row of this year.

    >>> kernels_of_the_device("liger; fa3", ""), kernels_of_the_device("", "2026-04"), kernels_of_the_device("", "2024")
    (True, True, False)
    """
    return bool(_NEW_KERNELS.search(said)) or date >= NEW_KERNELS_SINCE


def keeps_no_logits(said: str) -> bool:
    """Whether the loss is fused with the output projection, so that logits are never whole in memory.

    >>> keeps_no_logits("liger fused kernels"), keeps_no_logits("99 gib without liger"), keeps_no_logits("")
    (True, False, False)
    """
    without = re.search(r"(?:without|no) liger|liger off", said)
    return bool(_FUSED_LOSS.search(said)) and not (without and "liger on" not in said)


def through_the_host(row: MeasuredRow, acc: Accelerator) -> bool:
    """Whether devices of a node reach each other over PCIe alone: a row that says so, and names no bridge."""
    low = row.text("interconnect").lower()
    return acc.host_link is not None and "pcie" in low and "nvlink" not in low and "bridge" not in low
