"""Which checkpoint fits on which node: recipes, launch lines and the sizes of checkpoints."""

from __future__ import annotations

import re

from catalogs import Catalog
from designer.accuracy.hardware import accelerator_of
from designer.accuracy.held import GIB, cache_format, held, length_of, starts
from designer.accuracy.kinds import FactsKind
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.precisions import named_format
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.shape import catalog_model
from designer.accuracy.table import MeasuredRow
from designer.jobs.serving import PARTS

KIND = FactsKind(
    marks=frozenset({"vram_minimum_gb", "gpus_in_profile"}),
    needs=frozenset({"model", "hardware"}),
    called="recipes that fit",
)
# A recipe that states no context is launched with one that is reduced until it fits: at least so long.
_CONTEXT = 8192.0
# The share of a device that a launch takes when it must: recipes go up to 0.98.
_MOST = "0.95"
_UNITS = {"gb": 1e9, "gib": GIB, "tb": 1e12, "tib": GIB * 1024}
_OUTCOMES = {"fits": 1.0, "launch line given": 1.0, "oom": 0.0, "does not fit": 0.0}


def predict(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """`fits`, and `weight_bytes` of a whole checkpoint where its size is printed.

    A node's devices need not all be used: a recipe fits if some split of the model over them does.
    """
    name = row.text("model_id") or row.text("model")
    if catalog_model(name, catalog) is None:
        name = row.text("model")
    weights = row.text("precision").lower() or named_format(row.text("model_id")) or "bf16"
    out = []
    size = checkpoint_bytes(row)
    reason: Skip | None = None
    if size:
        whole = _held(row, catalog, name, weights, row.text("hardware") or "B300-SXM", 1, (1, 1, 1))
        if isinstance(whole, Skip):
            return whole
        out.append(Prediction(LedgerMetric.weight_bytes, whole[PARTS.weights], size))
    outcome = _OUTCOMES.get(row.text("outcome"))
    if outcome is None or row.text("hardware_status") == "unsupported":
        reason = Skip(
            f"says nothing of whether it fits: {row.text('hardware_status') or row.text('outcome')}"
        )
    elif not row.text("hardware"):
        reason = Skip("accelerator not stated")
    else:
        verdict = _fits(row, catalog, name, weights)
        if isinstance(verdict, Skip):
            reason = verdict
        else:
            out.append(Prediction(LedgerMetric.fits, float(verdict), outcome, apart=_contradiction(row)))
    return out or reason or Skip("nothing stated that is predicted")


def checkpoint_bytes(row: MeasuredRow) -> float | None:
    """Bytes of a checkpoint where they are printed as such; a round number of GB is a device to rent."""
    exact = row.number("checkpoint_bytes")
    stated = re.fullmatch(r"(\d+\.\d+|\d{4,}) (gb|gib|tb|tib)", row.text("checkpoint_gb_stated").lower())
    return exact or (float(stated[1]) * _UNITS[stated[2]] if stated else None)


def _fits(row: MeasuredRow, catalog: Catalog, name: str, weights: str) -> bool | Skip:
    """Whether the launch line, or some layout of the node, starts on any of the devices that are named."""
    verdicts: list[bool] = []
    reason: Skip | None = None
    for hardware in row.text("hardware").split("/"):
        if accelerator_of(hardware, catalog) is None:
            reason = Skip(f"accelerator not in the catalog: {hardware}")
            continue
        for devices, layout in _layouts(row):
            found = _held(row, catalog, name, weights, hardware, devices, layout)
            if isinstance(found, Skip):
                reason = found
                break
            verdicts.append(starts(found))
    return any(verdicts) if verdicts else reason or Skip("layout not stated")


def _contradiction(row: MeasuredRow) -> str:
    """Why a row cannot be about one node of the profile it names; empty where it can."""
    least, most = row.number("vram_minimum_gb"), row.number("profile_memory_gb")
    return "its own minimum is more than the node it names has" if least and most and least > most else ""


def _layouts(row: MeasuredRow) -> list[tuple[int, tuple[int, int, int]]]:
    """Devices with TP, DP and EP of a launch line, or of each way to use a node's; none where neither is stated."""
    launched = row.text("kind") == "command"
    if any(not row.text(c).isdigit() for c in ("tp", "dp") if row.text(c)):
        return []
    if not launched and not (row.number("gpus_in_profile") or row.number("tp")):
        return []
    tp, dp = (_degree(row.text(c)) for c in ("tp", "dp"))
    expert = row.text("expert_parallel") == "yes"
    if launched or not row.number("gpus_in_profile"):
        devices = (tp or 1) * (dp or 1)
        return [(devices, (tp or 1, dp or 1, devices if expert else 1))]
    most = row.count("gpus_in_profile") or 1
    return [(n, (n, 1, ep)) for n in (1, 2, 4, 8, 16) if n <= most for ep in sorted({1, n})]


def _held(
    row: MeasuredRow, catalog: Catalog, name: str, weights: str, hardware: str, devices: int,
    layout: tuple[int, int, int],
) -> dict[str, float] | Skip:  # fmt: skip
    tp, dp, ep = (str(d) for d in layout)
    cache = cache_format(row.text("kv_cache_dtype")) or "bf16"
    cells = dict(
        model=name, hardware=hardware, gpus=str(devices), tp=tp, dp=dp, ep=ep, pp="1", weight_precision=weights,
        kv_precision=cache, framework="vLLM", notes="",
        params_b="", gpu_memory_utilization=row.text("gpu_memory_utilization") or _MOST,
    )  # fmt: skip
    return held(row, catalog, length_of(row.text("max_model_len")) or _CONTEXT, **cells)


def _degree(text: str) -> int | None:
    return int(text) if text.isdigit() else None
