"""Workloads and their pools as people name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def listed(names: Sequence[str]) -> str:
    """Names with commas; a workload whose pools are both among them is named once.

    >>> listed(["chat", "answers prefill", "answers decode"])
    'chat, answers'
    """
    prefill, decode = (
        {n.removesuffix(pool) for n in names if n.endswith(pool)} for pool in (" prefill", " decode")
    )
    whole = {f"{n} {pool}": n for n in prefill & decode for pool in ("prefill", "decode")}
    return ", ".join(dict.fromkeys(whole.get(n, n) for n in names))


def moves(to: Mapping[str, Sequence[str]]) -> list[str]:
    """Who moves where, by where; "" is who stays and changes its layout.

    >>> moves({"aws-us-west-2": ["chat", "tune"], "": ["embed"]})
    ['chat, tune to aws-us-west-2', 'embed (layout)']
    """
    return [f"{listed(n)} to {line}" if line else f"{listed(n)} (layout)" for line, n in to.items()]
