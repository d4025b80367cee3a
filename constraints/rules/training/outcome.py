"""What a training run yields: the operations it spends and the loss it ends at."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Count, Dollars, Flop, Nats, Tokens
from constraints.rule import rule
from constraints.rules.library.economics import DollarsPerFlop
from constraints.rules.library.scaling import loss_surface
from constraints.rules.training.step import step_flops


@instance(
    step_flops,
    {"step_tokens": "dataset_tokens"},
    wall=11,
    cite="Kaplan et al. 2020: a backward pass costs two forward ones",
)
def training_compute() -> Flop:
    """Model operations of the run: 6 P D with the parameters that multiply, and attention.

    >>> round(training_compute(300e9, 2 * 175e9) / 1e23, 6)
    3.15
    """


@rule(wall=17, cite="definition: the cost of the run over what it computed")
def cost_per_useful_flop(cost: Dollars, training_compute: Flop) -> DollarsPerFlop:
    """Price of a model operation; times 3.6e15 it is that of a useful TFLOP/s for an hour.

    >>> round(cost_per_useful_flop(8.8e6, 6.3e24) * 3.6e15, 5)
    0.00503
    """
    return cost / training_compute


@rule(wall=11, cite="definition")
def tokens_per_parameter(dataset_tokens: Tokens, parameters: Count) -> Count:
    """Training tokens for each parameter; about 20 is the best use of training compute alone.

    >>> tokens_per_parameter(1.4e12, 70e9)
    20.0
    """
    return dataset_tokens / parameters


@instance(
    loss_surface,
    {"tokens": "dataset_tokens"},
    wall=11,
    cite="Hoffmann et al. 2022, eq. 2; constants of the scenario's scaling law",
    head="loss",
)
def loss() -> Nats:
    """Cross-entropy of a dense model trained from scratch on so many fresh tokens.

    It compares sizes and budgets; the constants hold for the data and the recipe they were fitted on.

    >>> besiroglu = (1.8172, 482.01, 0.3478, 2085.43, 0.3658)
    >>> round(loss(70e9, 1.4e12, *besiroglu), 3)
    1.974
    """
