"""How large a model and how many tokens: training operations, loss, and the best use of a budget."""

from __future__ import annotations

from constraints.algebras.maths import sqrt
from constraints.quantities import (
    Count,
    Dollars,
    DollarsPerSecond,
    Flop,
    FlopPerSecond,
    Fraction,
    Nats,
    Tokens,
)
from constraints.rule import rule


@rule(wall=11, cite="Kaplan et al. 2020, section 2.1: two operations a parameter forward, four backward")
def training_flops(parameters: Count, tokens: Tokens) -> Flop:
    """Operations of a training run, 6 P D.

    It leaves out attention scores (see `attention_training_flops`), recomputation, norms and softmax,
    and counts the input embedding although a look-up multiplies nothing. For a mixture of experts
    `parameters` are the active ones.

    >>> round(training_flops(175e9, 300e9) / 1e23, 6)  # GPT-3
    3.15
    """
    return 6 * parameters * tokens


@rule(wall=11, cite="Kaplan et al. 2020, table 1, forward and twice that backward, the causal half")
def attention_training_flops(tokens: Tokens, layers: Count, attention_width: Count, length: Tokens) -> Flop:
    """Operations of attention scores and values that 6 P D leaves out, under a causal mask.

    `length` is the sequence length and `attention_width` heads times head width.

    >>> added = attention_training_flops(1.0, 32, 4096, 131_072)  # an 8B model at 128K
    >>> round(added / training_flops(8.03e9, 1.0), 2)
    2.14
    """
    return 6 * tokens * layers * attention_width * length


@rule(wall=11, cite="Hoffmann et al. 2022, Training compute-optimal large language models, eq. 2")
def loss_surface(
    parameters: Count,
    tokens: Tokens,
    loss_floor: Nats,
    loss_parameter_scale: Count,
    loss_parameter_exponent: Count,
    loss_token_scale: Count,
    loss_token_exponent: Count,
) -> Nats:
    """Cross-entropy a token of a dense model of this size trained on so many fresh tokens.

    `E + A / N^alpha + B / D^beta`; the five constants hold for one data set and recipe only.

    >>> hoffmann = (1.6934, 406.4, 0.3392, 410.7, 0.2849)
    >>> round(loss_surface(70e9, 1.4e12, *hoffmann), 2)  # Chinchilla
    1.92
    """
    return (
        loss_floor
        + loss_parameter_scale / parameters**loss_parameter_exponent
        + loss_token_scale / tokens**loss_token_exponent
    )


@rule(wall=11, cite="Hoffmann et al. 2022, eq. 4, with C = 6 N D")
def optimal_parameters(
    compute: Flop,
    loss_parameter_scale: Count,
    loss_parameter_exponent: Count,
    loss_token_scale: Count,
    loss_token_exponent: Count,
) -> Count:
    """Model size of least loss for a number of operations, from the loss surface.

    >>> besiroglu = (482.01, 0.3478, 2085.43, 0.3658)
    >>> round(optimal_parameters(5.76e23, *besiroglu) / 1e9)  # the operations of Chinchilla, which has 70B
    72
    """
    both = loss_parameter_exponent + loss_token_exponent
    balance = (loss_parameter_exponent * loss_parameter_scale) / (loss_token_exponent * loss_token_scale)
    return balance ** (1 / both) * (compute / 6) ** (loss_token_exponent / both)


@rule(wall=11, cite="Hoffmann et al. 2022, eq. 4, with C = 6 N D")
def optimal_tokens(
    compute: Flop,
    loss_parameter_scale: Count,
    loss_parameter_exponent: Count,
    loss_token_scale: Count,
    loss_token_exponent: Count,
) -> Tokens:
    """Tokens of least loss for a number of operations, from the loss surface.

    >>> besiroglu = (482.01, 0.3478, 2085.43, 0.3658)
    >>> round(optimal_tokens(5.76e23, *besiroglu) / 1e12, 2)
    1.33
    """
    both = loss_parameter_exponent + loss_token_exponent
    balance = (loss_token_exponent * loss_token_scale) / (loss_parameter_exponent * loss_parameter_scale)
    return balance ** (1 / both) * (compute / 6) ** (loss_parameter_exponent / both)


@rule(wall=11, cite="Hoffmann et al. 2022, tables 2 and 3: about 20 tokens a parameter")
def chinchilla_parameters(compute: Flop, tokens_per_parameter: Count) -> Count:
    """Model size at a fixed number of tokens a parameter: sqrt(C / 120) at 20.

    >>> round(chinchilla_parameters(1e24, 20) / 1e9, 1)
    91.3
    """
    return sqrt(compute / (6 * tokens_per_parameter))


@rule(wall=11, cite="Hoffmann et al. 2022, tables 2 and 3: about 20 tokens a parameter")
def chinchilla_tokens(compute: Flop, tokens_per_parameter: Count) -> Tokens:
    """Tokens at a fixed number of tokens a parameter.

    >>> round(chinchilla_tokens(1e24, 20) / 1e12, 3)
    1.826
    """
    return sqrt(compute * tokens_per_parameter / 6)


@rule(wall=11, cite="definition: device time bought, times what a device really does in it")
def budget_flops(budget: Dollars, rate: DollarsPerSecond, peak: FlopPerSecond, utilisation: Fraction) -> Flop:
    """Operations that a sum of money buys at a price per device and time.

    >>> c = budget_flops(10e6, 2 / 3600, 989e12, 0.4)  # H100 at 2 USD/h, 40 % MFU
    >>> [round(f(c, 20) / 1e9) for f in (chinchilla_parameters, chinchilla_tokens)]  # not 90B on 1.8T
    [244, 4872]
    """
    return budget / rate * peak * utilisation


@rule(wall=17, cite="definition: device time needed, times its price")
def training_price(
    compute: Flop, rate: DollarsPerSecond, peak: FlopPerSecond, utilisation: Fraction
) -> Dollars:
    """Cost of a number of operations at a price per device and time.

    >>> c = training_flops(70e9, 15e12)  # Llama-3-70B, not 2 MUSD
    >>> round(training_price(c, 2 / 3600, 989e12, 0.4) / 1e6, 1)
    8.8
    """
    return compute / (peak * utilisation) * rate


@rule(wall=11, cite="Kaplan et al. 2020, eq. 1.1, L(N) = (N_c / N)^alpha with alpha 0.076")
def kaplan_loss(parameters: Count, critical_parameters: Count, exponent: Count) -> Count:
    """Cross-entropy of a model trained to convergence on ample data, non-embedding parameters.

    >>> round(1 - kaplan_loss(8e9, 8.8e13, 0.076) / kaplan_loss(1e9, 8.8e13, 0.076), 3)  # 8 times larger
    0.146
    """
    return (critical_parameters / parameters) ** exponent


@rule(wall=11, cite="Kaplan et al. 2020, section 6.1: N grows with compute to the power 0.73")
def kaplan_growth(compute_ratio: Count, exponent: Count) -> Count:
    """How many times larger a model a budget that grew by `compute_ratio` calls for.

    With Kaplan's 0.73 nearly all goes into size; Hoffmann's 0.5 shares it evenly with the tokens.

    >>> round(kaplan_growth(10, 0.73), 1), round(kaplan_growth(10, 0.5), 1)
    (5.4, 3.2)
    """
    return compute_ratio**exponent
