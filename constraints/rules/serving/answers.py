"""Answers that take thought: hidden reasoning before the first visible token, several samples of each.

A chain of thought is decoded over a cache that grows by one token a step. The time of a step is linear in
the context, so that the sum over the chain is its length times the step at the mean context, which is
`decode_context`; see `constraints/rules/library/reasoning.py` for the closed form.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from constraints.instance import instance
from constraints.quantities import Count, Fraction, RequestsPerSecond, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.reasoning import coverage

DollarsPerRequest: TypeAlias = Annotated[Any, "USD/request"]


@rule(
    wall=12,
    cite="definition: every sample of an answer is a sequence of its own, its prompt read again",
    head="requests",
)
def request_rate(answer_rate: RequestsPerSecond, samples: Count) -> RequestsPerSecond:
    """Sequences a second of the whole fleet.

    >>> request_rate(2.0, 4)
    8.0
    """
    return answer_rate * samples


@rule(
    wall=12,
    cite="definition: hidden tokens are generated before the first visible one",
    head="first\nvisible",
    needs="waiting",
)
def time_to_visible(ttft: Seconds, reasoning_tokens: Tokens, tpot: Seconds) -> Seconds:
    """Mean time until the user sees the first token of the answer.

    >>> time_to_visible(0.5, 8000, 0.02)
    160.5
    """
    return ttft + reasoning_tokens * tpot


@instance(
    time_to_visible,
    {"ttft": "ttft_p99", "tpot": "tpot_p99", "reasoning_tokens": "reasoning_p99"},
    wall=12,
    cite="bound: all tails at once",
    head="first vis.\np99",
    needs="waiting",
)
def time_to_visible_p99() -> Seconds:
    """Time until the user sees the first token, at least as long as in 99 of 100 requests.

    `reasoning_p99` is the length that 99 of 100 chains of thought stay within.

    >>> time_to_visible_p99(1.0, 8000, 0.025)
    201.0
    """


@rule(wall=12, cite="definition: all samples of an answer are paid", head="cost per\nanswer")
def cost_per_answer(cost_per_request: DollarsPerRequest, samples: Count) -> DollarsPerRequest:
    """Cost of one answer, hidden tokens and rejected samples included.

    >>> cost_per_answer(0.05, 4)
    0.2
    """
    return cost_per_request * samples


@instance(
    coverage,
    wall=12,
    head="answered",
    better="more",
)
def answered_share() -> Fraction:
    """Share of questions that some sample answers rightly, if the right one is recognised.

    >>> round(answered_share(0.6, 2, 2.0), 2), round(answered_share(0.6, 8, 2.0), 2)
    (0.76, 0.94)
    """


@rule(wall=12, cite="definition: failed questions are paid too", head="cost per\nright answer")
def cost_per_right_answer(cost_per_answer: DollarsPerRequest, answered_share: Fraction) -> DollarsPerRequest:
    """Cost of one question that is answered rightly.

    >>> cost_per_right_answer(0.1, 0.5)
    0.2
    """
    return cost_per_answer / answered_share
