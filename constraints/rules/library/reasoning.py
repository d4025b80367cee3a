"""Test-time compute: long chains of thought over a growing cache, many samples, and what an answer costs."""

from __future__ import annotations

from constraints.algebras.maths import beta_coverage, ceil, log2
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    BytesPerToken,
    Count,
    Dollars,
    DollarsPerToken,
    Fraction,
    Seconds,
    Tokens,
)
from constraints.rule import rule


@rule(wall=12, cite="roofline of decoding: weights and the cache so far are read once a token")
def token_time_at(
    context: Tokens, weights: Bytes, per_token: BytesPerToken, bandwidth: BytesPerSecond, overhead: Seconds
) -> Seconds:
    """Time of one output token behind so many tokens of context, for a single sequence.

    >>> llama_8b = (16.06e9, 131_072, 3.35e12, 0.32e-3)
    >>> [round(token_time_at(c, *llama_8b) * 1e3, 2) for c in (2048, 2048 + 32_000)]
    [5.19, 6.45]
    """
    return overhead + (weights + per_token * context) / bandwidth


@rule(wall=12, cite="sum of the token times over a cache that grows by one token a step")
def reasoning_time(
    prompt: Tokens,
    tokens: Tokens,
    weights: Bytes,
    per_token: BytesPerToken,
    bandwidth: BytesPerSecond,
    overhead: Seconds,
) -> Seconds:
    """Time to generate a chain of tokens, with the cache growing under it.

    The sum over i of the token time at context `prompt + i` is the number of tokens times the time at
    the mean context. A cache frozen at the prompt's length is too fast by half of what it grows.

    >>> llama_8b = (16.06e9, 131_072, 3.35e12, 0.32e-3)
    >>> round(reasoning_time(2048, 32_000, *llama_8b))  # frozen: 166 s
    186
    >>> by_steps = sum(token_time_at(2048 + i, *llama_8b) for i in range(32_000))
    >>> round(by_steps / reasoning_time(2048, 32_000, *llama_8b), 12)
    1.0
    """
    return tokens * token_time_at(prompt + (tokens - 1) / 2, weights, per_token, bandwidth, overhead)


@rule(wall=12, cite="Brown et al. 2024, Large language monkeys: coverage of independent samples")
def best_of_success(sample_success: Fraction, samples: Count) -> Fraction:
    """Probability that at least one of several independent samples of one question is right.

    An upper bound of what best-of-N reaches: it supposes that the right one is recognised. Of many questions
    it holds only where all are equally hard: see `coverage`.

    >>> round(best_of_success(0.3, 4), 4)
    0.7599
    """
    return 1 - (1 - sample_success) ** samples


@rule(
    wall=12,
    cite="Beta-binomial law of independent samples (Skellam 1948); Brown et al. 2024 for questions unlike in success",
    where={
        "as a share of questions": lambda sample_success: 0 <= sample_success <= 1,
        "or nothing is sampled": lambda samples: samples >= 1,
        "as a + b of a Beta law": lambda success_concentration: success_concentration > 0,
    },
)
def coverage(sample_success: Fraction, samples: Count, success_concentration: Count) -> Fraction:
    """Share of questions that at least one of several samples answers rightly, some questions being hard.

    The chance that one sample is right differs among questions: Beta distributed with mean `sample_success`
    and a + b = `success_concentration`. Near 0 a question is either solved at once or never, and all are
    equally hard where it is large. An upper bound of what best-of-N reaches, as `best_of_success`.

    >>> round(coverage(0.159, 250, 0.767), 2)  # 15.9 % of SWE-bench Lite by one sample, 56 % by 250
    0.56
    >>> round(coverage(0.3, 4, 1e6), 4)  # all alike
    0.7599
    """
    return beta_coverage(sample_success, samples, success_concentration)


@rule(
    wall=12,
    cite="Brown et al. 2024: the coverage of independent samples, solved for their number",
    where={
        "or no number is enough": lambda sample_success: sample_success > 0,
        "as one sample is then enough": lambda sample_success: sample_success < 1,
        "or no number makes it sure": lambda wanted: wanted < 1,
    },
)
def samples_for_success(sample_success: Fraction, wanted: Fraction) -> Count:
    """Samples until at least one is right with the wanted probability.

    >>> samples_for_success(0.3, 0.9)
    7
    """
    return ceil(log2(1 - wanted) / log2(1 - sample_success))


@rule(wall=12, cite="definition: the prompt is read once, every sample is generated in full")
def answer_cost(
    samples: Count,
    prompt: Tokens,
    reasoning: Tokens,
    visible: Tokens,
    input_price: DollarsPerToken,
    output_price: DollarsPerToken,
) -> Dollars:
    """Cost of one question at prices per token; hidden reasoning is paid like visible output.

    >>> round(answer_cost(4, 1000, 8000, 500, 1e-6, 4e-6), 3)
    0.137
    """
    return prompt * input_price + samples * (reasoning + visible) * output_price


@rule(
    wall=12,
    cite="definition: failed questions are paid too",
    where={"or none is ever solved": lambda success: success > 0},
)
def cost_per_solved(cost: Dollars, success: Fraction) -> Dollars:
    """Cost of one question that is answered rightly.

    >>> round(cost_per_solved(0.12, 0.6), 6)
    0.2
    """
    return cost / success
