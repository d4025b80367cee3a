"""Speculative decoding: tokens that a cheap draft proposes and the model accepts in one pass."""

from __future__ import annotations

from constraints.algebras.maths import guarded, where
from constraints.quantities import Count, Fraction, Seconds, Tokens
from constraints.rule import rule


@rule(wall=4, cite="Leviathan et al. 2023, Fast inference from transformers via speculative decoding, eq. 1")
def accepted_tokens(acceptance: Fraction, draft_tokens: Tokens) -> Tokens:
    """Mean tokens a pass keeps of a chain of drafts, with the token of the model itself.

    `acceptance` is the chance that a draft is accepted after those before it were, taken as independent.

    >>> [round(accepted_tokens(a, k), 3) for a, k in ((0.8, 1), (0.8, 4), (1.0, 4), (0.0, 4))]
    [1.8, 3.362, 5, 1.0]
    """
    chain = (1 - acceptance ** (draft_tokens + 1)) / guarded(1 - acceptance, 1e-12)
    return where(acceptance < 1, chain, draft_tokens + 1)


@rule(wall=4, cite="definition: accepted drafts over proposed ones, and the token of the model itself")
def accepted_of_rate(acceptance_rate: Fraction, draft_tokens: Tokens) -> Tokens:
    """Mean tokens a pass keeps where an engine counts accepted and proposed drafts.

    >>> accepted_of_rate(0.5, 3)
    2.5
    """
    return 1 + acceptance_rate * draft_tokens


@rule(wall=4, cite="definition: drafts come one after the other, and are verified in one pass")
def speculative_pass_time(verify_time: Seconds, draft_passes: Count, draft_time: Seconds) -> Seconds:
    """Time of a pass: so many passes of the draft, and the model over what they propose.

    >>> speculative_pass_time(0.02, 3, 0.001)
    0.023
    """
    return verify_time + draft_passes * draft_time


@rule(wall=4, cite="Leviathan et al. 2023, theorem 3.8, with the time of verification as it is")
def speculation_speedup(accepted: Tokens, step_time: Seconds, speculative_pass_time: Seconds) -> Count:
    """How many times faster tokens come than one a step. Below 1 drafts cost more than they bring.

    >>> round(speculation_speedup(3.0, 0.02, 0.025), 6), round(speculation_speedup(1.5, 0.02, 0.04), 6)
    (2.4, 0.75)
    """
    return accepted * step_time / speculative_pass_time
