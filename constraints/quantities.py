"""Annotations of rule inputs and results: each names the SI unit a plain float is in.

At run time a value is a float, an array, a pint quantity, an interval or a symbol; the annotation
is what the dimension check, the explanation and the reference page read.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

Count: TypeAlias = Annotated[Any, ""]
# A share of one: a pure number that people read in percent.
Fraction: TypeAlias = Annotated[Any, "%"]
Truth: TypeAlias = Annotated[Any, "truth"]

Seconds: TypeAlias = Annotated[Any, "s"]
PerSecond: TypeAlias = Annotated[Any, "1/s"]
Bytes: TypeAlias = Annotated[Any, "byte"]
BytesPerSecond: TypeAlias = Annotated[Any, "byte/s"]
BytesPerToken: TypeAlias = Annotated[Any, "byte/token"]
Flop: TypeAlias = Annotated[Any, "FLOP"]
FlopPerSecond: TypeAlias = Annotated[Any, "FLOP/s"]
FlopPerToken: TypeAlias = Annotated[Any, "FLOP/token"]
FlopPerByte: TypeAlias = Annotated[Any, "FLOP/byte"]
Tokens: TypeAlias = Annotated[Any, "token"]
TokensPerSecond: TypeAlias = Annotated[Any, "token/s"]
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
