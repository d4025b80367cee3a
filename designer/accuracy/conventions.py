"""What a source's numbers count: step time from other quantities, MFU by the source's own formula."""

from __future__ import annotations

from collections.abc import Mapping

from constraints.counting import parameters
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.table import MeasuredRow


def flops_per_token(convention: str, model: Mapping[str, float]) -> float:
    """Training FLOP per token as a source counts them.

    `6P` counts every active parameter, `6(P-in_emb)` leaves out the input embedding; attention is
    counted in full, by its causal half, or not at all.
    """
    made = parameters(model)
    counted = made.active
    # active parameters leave out the input embedding here; a formula that counts P adds it back, unless
    # it is the output projection, which they count
    if "6P" in convention:
        tied = (1 - model["untied"]) * model["vocab"] * model["hidden"]
        counted += made.embedding - tied
    pairs = (
        model["layers"] * model["sequence_length"] * model["heads"] * (model["qk_width"] + model["v_width"])
    )
    share = 0.5 if "half" in convention else 1.0 if "full" in convention or not convention else 0.0
    return 6 * counted + 6 * share * pairs


def measured_step_time(row: MeasuredRow, model: Mapping[str, float]) -> float | None:
    """Seconds of a step: printed, or from the throughput, or from FLOP/s or MFU by the source's formula."""
    stated = row.number("step_time_s")
    if stated:
        return stated
    tokens = model["global_batch"] * model["sequence_length"]
    devices = row.number("gpus")
    assert devices
    rate = row.number("tokens_per_s_per_gpu")
    if rate:
        return tokens / (rate * devices)
    derived = row.number("step_time_s_derived")
    if derived:
        return derived
    flops = _achieved(row, model)
    return (
        flops_per_token(row.text("check_convention"), model) * tokens / (flops * devices) if flops else None
    )


def source_mfu(row: MeasuredRow, model: Mapping[str, float], step_time: float) -> tuple[float, float] | None:
    """Predicted and measured MFU, both by the source's formula and against the source's peak."""
    measured = row.number(LedgerMetric.mfu.name)
    if not measured:
        return None
    devices = row.number("gpus")
    assert devices
    rate = row.number("tflops_per_gpu") if row.text("flops_kind") == "model" else None
    peak = rate * 1e12 / measured if rate else model["compute_rate"]
    tokens = model["global_batch"] * model["sequence_length"]
    flops = flops_per_token(row.text("check_convention"), model) * tokens
    return flops / (step_time * devices * peak), measured


def _achieved(row: MeasuredRow, model: Mapping[str, float]) -> float | None:
    """Model FLOP/s of one device as printed."""
    rate = row.number("tflops_per_gpu")
    if rate:
        # a source that counts recomputation adds a forward pass to the three
        return (
            rate
            * 1e12
            * (0.75 if row.text("flops_kind") == "hardware" and row.text("recompute") == "full" else 1.0)
        )
    mfu = row.number(LedgerMetric.mfu.name)
    return mfu * model["compute_rate"] if mfu else None
