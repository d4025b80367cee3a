"""Formats of stored weights: their bits with all that is stored beside them, and which arithmetic reads them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from catalogs.schema.accelerator import Dtype
from catalogs.schema.entry import Block, Entry
from catalogs.schema.fact import Number, Source, SourceKey, Text, Wrong

# What the weights of a model are parts of: projections into and out of attention; dense feed-forward blocks
# and shared experts; routed experts; embedding and output projection. Norms, biases, routers are 16 bit.
Part = Literal["attention", "ffn", "experts", "ends"]
LINEARS: tuple[Part, ...] = ("attention", "ffn", "experts")


class Format(Entry):
    """How a weight is stored.

    `bits` counts a weight's share of scales, zero points and tensors kept wider; `rest` is the format of
    all that it does not cover, where that is not 16 bit. `products` is the
    arithmetic that multiplies such weights as they are; without one they are only stored so, and expanded
    to 16 bit where they are multiplied. `scored_as` is the name that tables of scores know the format by.
    """

    bits: Number
    products: Dtype | None = None
    covers: tuple[Part, ...] = LINEARS
    rest: Text | None = None
    scored_as: Text | None = None


class Checkpoint(Block):
    """A published checkpoint of a model: the parts in its format, and what other linear layers are kept in."""

    format: Text
    covers: tuple[Part, ...] = Field(min_length=1)
    rest: Text = "bf16"
    by: Text | None = None  # who published it, if not the publisher of the model
    source: Annotated[Source, SourceKey]

    @model_validator(mode="after")
    def _two(self) -> Checkpoint:
        if self.format == self.rest:
            raise Wrong((("rest",), f"the same as the format, {self.format!r}; leave it out"))
        return self
