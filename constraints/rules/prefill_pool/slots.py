"""What a pool that only reads prompts holds at once."""

from __future__ import annotations

from constraints.quantities import Count, Tokens
from constraints.rule import rule


@rule(wall=5, cite="definition: a pass in every stage of every data rank")
def batch(prefill_batch: Count, pp: Count, dp: Count) -> Count:
    """Prompts a replica reads at once.

    >>> batch(2, 4, 2)
    16
    """
    return prefill_batch * pp * dp


@rule(wall=5, cite="definition: the first token of an answer comes out of its prefill")
def context_limit(longest_prompt: Tokens) -> Tokens:
    """The longest prompt and its first token.

    >>> context_limit(4000)
    4001
    """
    return longest_prompt + 1
