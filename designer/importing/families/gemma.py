"""Gemma: tied embeddings, and windows in all but every n-th layer."""

from designer.importing.family import Family

FAMILIES = (
    Family(types=("gemma",), tied=True),
    Family(types=("gemma2",), tied=True, windows=2),
    Family(types=("gemma3", "gemma3_text"), name="gemma3", tied=True, windows=6),
    Family(types=("gemma4", "gemma4_text"), name="gemma4", tied=True),
)
