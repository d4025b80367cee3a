"""Blocks of devices that follow each other, and the domains that cut them."""

from __future__ import annotations

import math


def smallest_part(block: float, domain: float, devices: float) -> float:
    """Devices in the smallest part of any block, where blocks follow each other and domains cut them.

    >>> smallest_part(4, 8, 32), smallest_part(6, 8, 48), smallest_part(6, 8, 6), smallest_part(18, 8, 18)
    (4, 2, 6, 2)
    """
    if devices <= domain or not all(map(math.isfinite, (block, domain, devices))):
        return block
    block, domain = max(1, round(block)), max(1, round(domain))
    common = math.gcd(block, domain)
    blocks = max(1, int(devices // block))
    if blocks >= domain // common:  # every way to lie across a boundary is taken
        return common
    parts = [block]
    for begin in range(0, blocks * block, block):
        first, last = domain - begin % domain, (begin + block) % domain or domain
        parts += [first, last] if first < block else []
    return min(parts)
