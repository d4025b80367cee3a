"""A static batch: prompts that are read together and whose answers are decoded together."""

from __future__ import annotations

from constraints.algebras.maths import maximum
from constraints.quantities import Count, Seconds, Tokens, TokensPerSecond
from constraints.rule import rule


@rule(
    wall=5, cite="definition: one prefill, then every step at the full batch, until the longest answer ends"
)
def static_batch_latency(prefill_time: Seconds, longest_answer: Tokens, decode_step_time: Seconds) -> Seconds:
    """Time from the prompts of a batch to the last token of its answers, of which one is the longest there is.

    >>> round(static_batch_latency(0.5, 200, 0.02), 2)
    4.48
    """
    return prefill_time + maximum(0, longest_answer - 1) * decode_step_time


@rule(wall=5, cite="definition")
def static_batch_throughput(
    batch: Count, output_tokens: Tokens, static_batch_latency: Seconds, replicas: Count
) -> TokensPerSecond:
    """Tokens a second of replicas that each work on one static batch after another.

    >>> static_batch_throughput(64, 200, 4.0, 2)
    6400.0
    """
    return batch * output_tokens / static_batch_latency * replicas


@rule(wall=4, cite="definition")
def static_prompt_throughput(
    prefill_batch: Count, dp: Count, input_tokens: Tokens, prefill_time: Seconds, replicas: Count
) -> TokensPerSecond:
    """Prompt tokens a second of replicas that each read one batch after another.

    >>> static_prompt_throughput(8, 1, 1000, 0.5, 2)
    32000.0
    """
    return prefill_batch * dp * input_tokens / prefill_time * replicas
