"""Fields written with their unit, and what they are kept as: SI floats."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from catalogs import units
from catalogs.errors import InputError


class Unit:
    """Annotation of a field that is written with its unit and kept as an SI float above zero."""

    def __init__(self, unit: str, example: str, *, zero: bool = False):
        self.unit, self.example, self.zero = unit, example, zero

    def read(self, text: object) -> float:
        try:
            value = units.parse(text, self.unit)
        except InputError as e:
            hint = f"; write it like '{self.example}'" if str(e).startswith("unknown unit") else ""
            raise ValueError(f"{e}{hint}") from None
        if value < 0 or (value == 0 and not self.zero):
            raise ValueError(f"{text!r} must be {'at least' if self.zero else 'above'} 0")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        types = "string" if self.unit else ["string", "number"]
        return {"type": types, "examples": [self.example]}


class PriceOf(Unit):
    """A price of each unit of something, where 'per' stands before the whole of it: 2000 USD per TB/s."""

    def read(self, text: object) -> float:
        plain = text
        if isinstance(text, str):
            # "USD per TB/s" is USD s / TB: what divides after "per" multiplies.
            plain = re.sub(r"\s*USD\s+per\s+([^/\s]+)\s*/\s*(\S+)\s*$", r" USD*\2/\1", text)
            plain = re.sub(r"\s+per\s+", "/", plain)
        try:
            return super().read(plain)
        except ValueError:
            raise ValueError(f"{text!r}: write it like '{self.example}'") from None


class Samples(float):
    """A number written in samples where tokens may stand too."""


class TokensOrSamples(Unit):
    """A number of tokens, or of samples: the text says which."""

    def __init__(self, example: str):
        super().__init__("token", example)

    def read(self, text: object) -> float:
        if isinstance(text, str) and _is_sample(text):
            return Samples(Unit("sample", self.example).read(text))
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            raise ValueError(f"{text} has no unit; write it like '{text} token' or '{text} sample'")
        return super().read(text)


class SampleRate(Unit):
    """Samples per second, or bytes per second, which the size of a sample turns into samples."""

    def read(self, text: object) -> float:
        if isinstance(text, str) and units.dimension_of(text) == units.dimension("byte/s"):
            return BytesPerSecond(Unit("byte/s", self.example).read(text))
        return super().read(text)


class BytesPerSecond(float):
    """A rate written in bytes where samples may stand too."""


def _is_sample(text: str) -> bool:
    return re.search(r"(sample|image)s?\s*$", text) is not None


def _at_most_all(share: float) -> float:
    if share > 1:
        raise ValueError(f"{100 * share:g} % is more than all of it")
    return share


def _confidence(share: float) -> float:
    if not 0.5 <= share < 1:
        meant = f"; did you mean '{share:g} %'?" if 50 <= share < 100 else ""
        raise ValueError(f"a confidence is at least 50 % and below 100 %, not {100 * share:g} %{meant}")
    return share


TokenCount = Annotated[float, Unit("token", "8192 token")]
TokenCountOrZero = Annotated[float, Unit("token", "0 token", zero=True)]
Rate = Annotated[float, Unit("request/s", "40 request/s")]
RequestCount = Annotated[float, Unit("request", "1e9 request")]
Time = Annotated[float, Unit("s", "30 day")]
HourlyPrice = Annotated[float, Unit("USD/h", "2.10 USD/h")]
Price = Annotated[float, Unit("USD", "30000 USD")]
PriceOrZero = Annotated[float, Unit("USD", "5000 USD", zero=True)]
BandwidthPrice = Annotated[float, PriceOf("USD*s/byte", "2000 USD per TB/s", zero=True)]
RatePrice = Annotated[float, PriceOf("USD*s/FLOP", "8 USD per TFLOP/s", zero=True)]
CapacityPrice = Annotated[float, PriceOf("USD/byte", "20 USD per GB", zero=True)]
EnergyPrice = Annotated[float, Unit("USD/kWh", "0.07 USD/kWh", zero=True)]
Intensity = Annotated[float, Unit("gCO2e/kWh", "429 gCO2e/kWh", zero=True)]
Water = Annotated[float, Unit("L/kWh", "1.8 L/kWh", zero=True)]
Pure = Annotated[float, Unit("", "1.1")]
SampleCount = Annotated[float, Unit("sample", "1.28e6 sample")]
SampleSize = Annotated[float, Unit("byte/sample", "110 KB")]
Capacity = Annotated[float, Unit("byte", "100 TiB")]
PrepareRate = Annotated[float, SampleRate("sample/s", "500 sample/s")]
TimeOrZero = Annotated[float, Unit("s", "2 ms", zero=True)]
BatchSize = Annotated[float, TokensOrSamples("4194304 token")]
Share = Annotated[float, Unit("%", "40 %"), AfterValidator(_at_most_all)]
Confidence = Annotated[float, Unit("", "90 %"), AfterValidator(_confidence)]
Scalar = str | int | float
