"""What a pool that only reads prompts holds at once."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Count, Tokens
from constraints.rule import rule
from constraints.rules.serving.context import context_spread as spread_of_all
from constraints.rules.serving.context import held_context as held_by_all


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


@instance(
    held_by_all,
    fixed={"prompt_answer": 0, "output_square": 0, "output_tokens": 0, "answer_reserved": 0},
    cite="definition: prompts are in memory while they are read, in proportion to their lengths",
)
def held_context() -> Tokens:
    """Tokens a prompt takes room for, in the mean over those in memory.

    >>> held_context(2000, 1000)
    4000.0
    """


@instance(held_context, wall=5, cite="definition: nothing is decoded but the first token")
def decode_context() -> Tokens:
    """Context behind the one token that comes out of a prefill, in the mean over those in memory.

    >>> decode_context(2000, 1000)
    4000.0
    """


@instance(spread_of_all, fixed={"context_cube": 0, "output_tokens": 0, "decode_context": 0})
def context_spread() -> Count:
    """How much the prompts in memory differ in length, over their mean.

    >>> context_spread(1000, 1000, 1000)
    0.0
    """
