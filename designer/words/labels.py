"""Letters for designs."""

from __future__ import annotations


def label(i: int) -> str:
    """A, B, ... Z, AA, AB, ...

    >>> label(0), label(25), label(26)
    ('A', 'Z', 'AA')
    """
    text = ""
    i += 1
    while i:
        i, r = divmod(i - 1, 26)
        text = chr(65 + r) + text
    return text
