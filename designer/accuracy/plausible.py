"""Rows that contradict physics: measurements no device could have made with the settings they print."""

from __future__ import annotations

from collections.abc import Mapping

from constraints.counting import parameters

# Arithmetic of a served request above this share of the peak was not done: its prefix came from a cache.
SERVED_SHARE = 0.6
# Weights cannot be read faster than the memory's own rate; figures are rounded.
ROUNDING = 0.98
# A prediction of so many times the memory of the device that ran it has misread the row.
TOO_MUCH = 10.0


def served(values: Mapping[str, float], users: float | None, ttft: float | None, tpot: float | None) -> str:
    """Why no deployment could have answered so; empty where one could. `users` share it; times are in seconds.

    Reading each active weight once a token at the full rate of memory bounds the time per token, and
    operations of all users over the peak of all devices the time of their requests.
    """
    ranks = values["tp"] * values["dp"]
    active = parameters(values).active
    narrowest = min(v for n, v in values.items() if n.endswith("weight_bytes"))
    if tpot and tpot < ROUNDING * active * narrowest / (ranks * values["memory_bandwidth"]):
        return "decodes faster than its weights can be read once a token"
    if not (users and ttft and tpot):
        return ""
    seconds = ttft + values["output_tokens"] * tpot
    operations = 2 * active * (values["input_tokens"] + values["output_tokens"])
    devices = ranks * values["pp"] * values["replicas"]
    peak = devices * max(values["compute_rate"], values["attention_rate"])
    if users * operations / seconds > SERVED_SHARE * peak:
        return f"more than {100 * SERVED_SHARE:.0f} % of the peak: prompts were not all computed"
    return ""


def trained(operations: float, step_time: float, devices: float, peak: float) -> str:
    """Why no devices could have taken a step in this time; empty where they could.

    >>> trained(8e15, 1.0, 8, 989e12), trained(7e15, 1.0, 8, 989e12)
    ('more arithmetic than the peak of its devices', '')
    """
    return "more arithmetic than the peak of its devices" if operations > step_time * devices * peak else ""


def misread(predicted_bytes: float, device_bytes: float) -> str:
    """Why a prediction of memory is none of the run that took place; empty where it is one.

    >>> misread(1.2e12, 80e9), misread(90e9, 80e9)
    ('over 10 times the memory of the device that ran it', '')
    """
    return (
        f"over {TOO_MUCH:.0f} times the memory of the device that ran it"
        if predicted_bytes > TOO_MUCH * device_bytes
        else ""
    )
