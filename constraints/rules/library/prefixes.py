"""Prefixes that prompts share: what a cache of them saves."""

from __future__ import annotations

from constraints.algebras.maths import minimum
from constraints.quantities import Count, Fraction, Tokens
from constraints.rule import rule


@rule(
    wall=5,
    cite="Che et al. 2002, for equally likely prefixes and the least recently used out: the share that fits is hit",
)
def shared_prefix_hit_rate(
    shared_tokens: Tokens, prompt_tokens: Tokens, prefixes: Count, cached_tokens: Tokens
) -> Fraction:
    """Share of prompt tokens found in a cache, where each prompt begins with one of so many prefixes.

    `cached_tokens` is what the caches that a request may be sent to hold of prefixes; in steady state.

    >>> round(shared_prefix_hit_rate(6000, 7200, 150, 2_000_000), 4)  # all prefixes fit: 6,000 of 7,200 tokens
    0.8333
    >>> round(shared_prefix_hit_rate(6000, 7200, 150, 450_000), 4)  # half of them do
    0.4167
    """
    return shared_tokens / prompt_tokens * minimum(1, cached_tokens / (prefixes * shared_tokens))


@rule(wall=4, cite="definition: tokens of a prefix that is found are not computed again")
def computed_tokens(prompt_tokens: Tokens, hit_rate: Fraction) -> Tokens:
    """Prompt tokens that are computed in spite of a cache.

    >>> round(computed_tokens(8000, 0.75), 6)
    2000.0
    """
    return prompt_tokens * (1 - hit_rate)
