"""What is measured of runs: each metric once, with its name for people and its unit."""

from __future__ import annotations

from enum import Enum


class LedgerMetric(Enum):
    """Metrics in the order they are shown. One without a unit is a share; it is drawn on no scale."""

    step_time = "step time", "s"
    mfu = "MFU", ""
    peak_memory = "peak memory", "GiB"
    fits = "fits or not", ""
    ttft = "TTFT", "s"
    tpot = "TPOT", "s"
    throughput = "throughput", "token/s"
    cache_bytes = "cache", "B"
    weight_bytes = "weights", "B"
    speedup = "speed-up", "x"
    hit_rate = "hit rate", ""

    def __init__(self, title: str, unit: str):
        self.title = title
        self.unit = unit

    def said(self, value: float) -> str:
        """A value of it as people read it.

        >>> LedgerMetric.tpot.said(0.0251), LedgerMetric.mfu.said(0.5)
        ('0.0251 s', '50.0 %')
        """
        return f"{value:.3g} {self.unit}" if self.unit else f"{100 * value:.1f} %"
