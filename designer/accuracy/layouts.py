"""How a deployment lies on its devices, read from the degrees a row prints."""

from __future__ import annotations

from designer.accuracy.scoring import Skip
from designer.accuracy.table import MeasuredRow


def layout_of(row: MeasuredRow, gpus: int) -> dict[str, float] | Skip:
    """Degrees of one replica and the number of replicas, of `gpus` devices.

    A degree above the devices counts their cores. Expert ranks beyond the layout are ranks of attention
    as well; data ranks share nothing, and are replicas, unless experts are split over more ranks than TP
    has.
    """
    tp, pp = min(row.count("tp") or 1, gpus), row.count("pp") or 1
    dp, ep = row.count("dp") or 1, row.count("ep") or 1
    if "layer split" in row.text("notes"):
        tp, pp = 1, gpus
    if tp * pp > gpus:
        return Skip("the layout does not make the number of devices")
    return degrees(gpus, tp, pp, dp, ep)


def degrees(gpus: int, tp: int, pp: int, dp: int, ep: int) -> dict[str, float]:
    """The layout of `gpus` devices with these degrees.

    >>> [degrees(8, *x)["replicas"] for x in ((8, 1, 1, 8), (2, 1, 4, 1), (2, 1, 4, 2), (1, 1, 8, 8), (4, 1, 1, 1))]
    [1, 4, 4, 1, 2]
    >>> degrees(8, 1, 1, 1, 8)["tp"], degrees(8, 1, 1, 8, 8)["dp"]  # experts over all, attention over TP or DP
    (8, 8)
    """
    if ep > tp * dp and tp * pp * dp < gpus and gpus % pp == 0:
        tp, dp = gpus // pp, 1  # expert ranks over all devices, attention split over them too
    if ep <= tp:
        dp = 1  # ranks that share nothing are replicas
    return dict(tp=tp, pp=pp, dp=dp, ep=ep, replicas=max(1, gpus // (tp * pp * dp)))
