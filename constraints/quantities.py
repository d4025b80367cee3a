"""Annotations of rule inputs and results: each names the SI unit a plain float is in.

At run time a value is a float, an array, a pint quantity, an interval or a symbol; the annotation
is what the dimension check, the explanation and the reference page read. Beside its unit it may say
which values an *input* may take (`constraints.domain` checks them at the edges); an annotation that
says nothing takes any number that is not negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias


@dataclass(frozen=True)
class Domain:
    """Values an input may take, in SI: from `low` (or above it, when `open`) to `high`."""

    low: float = 0.0
    high: float = math.inf
    open: bool = False
    whole: bool = False


class Constant(float):
    """A number that knows its SI unit: what an instance of a rule has in place of an input."""

    def __new__(cls, value: float, unit: str = "") -> Constant:
        return super().__new__(cls, value)

    def __init__(self, value: float, unit: str = ""):
        self.unit = unit


Count: TypeAlias = Annotated[Any, ""]
# How many there are of something that has no halves: ranks, servers, stages.
Whole: TypeAlias = Annotated[Any, "", Domain(low=1, whole=True)]
# A pure number of either sign.
Real: TypeAlias = Annotated[Any, "", Domain(low=-math.inf)]
# A share of one: a pure number that people read in percent. A result may exceed 1, an input not.
Fraction: TypeAlias = Annotated[Any, "%", Domain(high=1)]
# Read in percent too, of something that may be exceeded: a load, a rate over a nominal one.
Ratio: TypeAlias = Annotated[Any, "%"]
Truth: TypeAlias = Annotated[Any, "truth"]

Metres: TypeAlias = Annotated[Any, "m"]
MetresPerSecond: TypeAlias = Annotated[Any, "m/s", Domain(open=True)]
# Cross-entropy of one token.
Nats: TypeAlias = Annotated[Any, "nat"]

Seconds: TypeAlias = Annotated[Any, "s"]
PerSecond: TypeAlias = Annotated[Any, "1/s"]
Bytes: TypeAlias = Annotated[Any, "byte"]
BytesPerSecond: TypeAlias = Annotated[Any, "byte/s", Domain(open=True)]
BytesPerToken: TypeAlias = Annotated[Any, "byte/token"]
Flop: TypeAlias = Annotated[Any, "FLOP"]
FlopPerSecond: TypeAlias = Annotated[Any, "FLOP/s", Domain(open=True)]
FlopPerToken: TypeAlias = Annotated[Any, "FLOP/token"]
FlopPerByte: TypeAlias = Annotated[Any, "FLOP/byte"]
Tokens: TypeAlias = Annotated[Any, "token"]
TokensPerSecond: TypeAlias = Annotated[Any, "token/s"]
# A sample (an image, a record, a sequence) is counted like a device: "500 sample/s" is a rate.
Samples: TypeAlias = Annotated[Any, "sample"]
SamplesPerSecond: TypeAlias = Annotated[Any, "sample/s", Domain(open=True)]
BytesPerSample: TypeAlias = Annotated[Any, "byte/sample", Domain(open=True)]
FlopPerSample: TypeAlias = Annotated[Any, "FLOP/sample"]
Requests: TypeAlias = Annotated[Any, "request"]
RequestsPerSecond: TypeAlias = Annotated[Any, "request/s"]

Watts: TypeAlias = Annotated[Any, "W"]
Joules: TypeAlias = Annotated[Any, "J"]
Kilograms: TypeAlias = Annotated[Any, "kg"]
KilogramsPerJoule: TypeAlias = Annotated[Any, "kg/J"]
KilogramsPerToken: TypeAlias = Annotated[Any, "kg/token"]
CubicMetres: TypeAlias = Annotated[Any, "m**3"]
CubicMetresPerJoule: TypeAlias = Annotated[Any, "m**3/J"]
Dollars: TypeAlias = Annotated[Any, "USD"]
DollarsPerSecond: TypeAlias = Annotated[Any, "USD/s"]
DollarsPerJoule: TypeAlias = Annotated[Any, "USD/J"]
DollarsPerToken: TypeAlias = Annotated[Any, "USD/token"]
DollarsPerByte: TypeAlias = Annotated[Any, "USD/byte"]
DollarsPerBytePerSecond: TypeAlias = Annotated[Any, "USD*s/byte"]
DollarsPerFlopPerSecond: TypeAlias = Annotated[Any, "USD*s/FLOP"]
