"""The format of weights where a table leaves it open."""

from __future__ import annotations

import re

from designer.accuracy.table import MeasuredRow

# What a prediction had to choose.
ASSUMED = "weight precision"
# Words that leave a format open.
_OPEN = frozenset({"", "unset", "unknown", "unstated", "default", "auto", "n/a", "none"})
# Words of a checkpoint's name, and the format it is published in.
_NAMED: tuple[tuple[str, str], ...] = (
    (r"nvfp4", "nvfp4"),
    (r"mxfp4|gpt-?oss", "mxfp4"),
    (r"fp4", "fp4"),
    (r"fp8|w8a8-?f|deepseek-(?:v3|r1)|kimi-k2(?!\.)", "fp8"),
    (r"awq|gptq|int-?4|w4a16|4-?bit|bnb|kimi-k2\.|q4_", "int4"),
    (r"int-?8|w8a8|w8a16|8-?bit|q8_", "int8"),
)


def weights_of(row: MeasuredRow) -> tuple[str, bool]:
    """The format of a row's weights, and whether it had to be assumed.

    A checkpoint is in 16 bit unless its name says otherwise.
    """
    stated = row.text("weight_precision").lower()
    if stated not in _OPEN:
        return stated, False
    return named_format(row.text("model")) or "bf16", True


def named_format(model: str) -> str | None:
    """The format that the name of a checkpoint says, None where it says none.

    >>> [named_format(n) for n in ("Qwen3-32B-AWQ", "gpt-oss-120b", "Llama-3.3-70B-Instruct-FP8", "Llama-3-8B")]
    ['int4', 'mxfp4', 'fp8', None]
    """
    low = model.lower()
    return next((format for pattern, format in _NAMED if re.search(pattern, low)), None)
