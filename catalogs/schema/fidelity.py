"""What a model is worth: loss by size and data, and scores that compression leaves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from catalogs.schema.entry import Block, Entry
from catalogs.schema.fact import Number, Text, Wrong

Format = Literal["bf16", "fp16", "fp8", "int8", "fp6", "fp4", "int4"]


class ScalingLaw(Entry):
    """Loss = floor + parameter_scale / N^parameter_exponent + token_scale / D^token_exponent."""

    loss_floor: Number
    parameter_scale: Number
    parameter_exponent: Number
    token_scale: Number
    token_exponent: Number


class Score(Block):
    """One benchmark of a compressed model beside that of the model it was made of."""

    method: Text
    weights: Format
    products: Format
    cache: Format = "bf16"
    sparsity: Literal["none", "2:4"] = "none"
    before: Number
    after: Number

    @model_validator(mode="after")
    def _one_unit(self) -> Score:
        if self.before.unit != self.after.unit:
            raise Wrong((("after",), f"{self.after.text!r} and {self.before.text!r} are in different units"))
        return self


class Fidelity(Entry):
    """Scores of one model on one benchmark under several ways to compress it; `better` is the good way."""

    model: Text
    benchmark: Text
    better: Literal["higher", "lower"] = "higher"
    scores: tuple[Score, ...] = Field(min_length=1)
