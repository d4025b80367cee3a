"""Contexts of the sequences that are in memory at once: not those of the requests that come.

A sequence is decoded for as many steps as its answer is long, so long answers are found more often than they
are asked for (inspection paradox). With prompts i and answers o, means over the sequences being decoded are
E[o f] / E[o]. `prompt_answer` is the root of E[i o], `output_square` that of E[o^2], and `context_cube` the cube
root of E[o (i^2 + i o + o^2 / 3)], the squares of the contexts of all steps. Prompts without answers are in memory
while they are read, for a time in proportion to their lengths.
"""

from __future__ import annotations

from constraints.algebras.maths import guarded, maximum, sqrt, where
from constraints.quantities import Count, Fraction, Tokens
from constraints.rule import rule


@rule(
    wall=5, cite="Cox 1962, Renewal theory, ch. 5: length-biased sampling; an answer grows by a token a step"
)
def decode_context(prompt_answer: Tokens, output_square: Tokens, output_tokens: Tokens) -> Tokens:
    """Mean context of a sequence being decoded: E[o (i + o / 2)] / E[o].

    >>> decode_context((1000 * 500) ** 0.5, 500, 500)  # equal requests: half of the answer is there
    1250.0
    >>> long, short = (0.1, 100, 8000), (0.9, 100, 100)  # of ten requests one has a long answer
    >>> io, oo, o = (sum(s * f(i, o) for s, i, o in (long, short)) for f in (
    ...     lambda i, o: i * o, lambda i, o: o * o, lambda i, o: o))
    >>> round(decode_context(io**0.5, oo**0.5, o))  # and 545 in the mean over requests
    3701
    """
    return (prompt_answer**2 + output_square**2 / 2) / guarded(output_tokens)


@rule(
    wall=5, cite="Kwon et al. 2023, PagedAttention: pages as they fill; other engines reserve whole answers"
)
def held_context(
    prompt_answer: Tokens,
    output_square: Tokens,
    output_tokens: Tokens,
    answer_reserved: Fraction,
    input_square: Tokens,
    input_tokens: Tokens,
) -> Tokens:
    """Tokens a sequence takes room for, in the mean over those in memory.

    `answer_reserved` is the share of an answer a sequence takes room for: 1 where the engine reserves all of
    it on admission, 0.5 where pages are taken as they fill.

    >>> [held_context((1000 * 500) ** 0.5, 500, 500, share, 1000, 1000) for share in (0.5, 1)]
    [1250.0, 1500.0]
    >>> held_context(0, 0, 0, 0.5, 2000, 1000)  # prompts alone
    4000.0
    """
    answered = (prompt_answer**2 + answer_reserved * output_square**2) / guarded(output_tokens)
    return where(output_tokens > 0, answered, input_square**2 / input_tokens)


@rule(wall=5, cite="definition: standard deviation over mean, of a length-biased sample")
def context_spread(
    context_cube: Tokens,
    output_tokens: Tokens,
    decode_context: Tokens,
    input_tokens: Tokens,
    input_square: Tokens,
    input_cube: Tokens,
) -> Count:
    """How much the contexts of the sequences in memory differ, over their mean.

    >>> round(context_spread((600 * 600**2 / 3) ** (1 / 3), 600, 300, 1, 1, 1), 4)  # evenly from 0 to 600
    0.5774
    >>> context_spread((500 * 1e6) ** (1 / 3), 500, 1000, 1, 1, 1) < 1e-6  # long prompts and hardly an answer
    True
    """
    decoded = context_cube**3 / guarded(output_tokens) / guarded(decode_context) ** 2
    read = input_cube**3 * input_tokens / input_square**4
    return sqrt(maximum(0, where(output_tokens > 0, decoded, read) - 1))
