"""What a diagnosis rests on: each number with the rule that makes it and what people call it."""

from __future__ import annotations

from enum import Enum


class Evidence(Enum):
    """Numbers of a diagnosis in the order they are shown: the rule, and the name people read."""

    arithmetic_intensity = "arithmetic_intensity", "arithmetic intensity"
    ridge_point = "ridge_point", "ridge of the device"
    flops = "work_flops", "operations of the work"
    bytes = "weights_size", "least traffic of the work"
    compute_time = "attainable_time", "arithmetic at an attainable rate"
    memory_time = "attainable_time", "traffic at an attainable rate"
    data_wait_share = "share_of_step", "waiting for data"
    communication_share = "share_of_step", "waiting for other devices"
    overhead_share = "overhead_share", "explained by none of these"
    mfu = "flops_utilisation", "MFU, share of peak FLOP/s"
    hfu = "flops_utilisation", "HFU, with what is recomputed"
    mbu = "bandwidth_utilisation", "share of peak bandwidth"
    useful_share = "useful_share", "useful operations"
    active_share = "active_share", "active parameters"

    def __init__(self, rule: str, title: str):
        self.rule = rule
        self.title = title
