"""What a field of a workload gives the rules, declared where the field is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel


@dataclass(frozen=True, init=False)
class Gives:
    """Annotation of a field: the quantities it becomes, by name, and whether it is a demand.

    A single quantity is the value of the field itself, where that is a number; several are made of it
    by `of`. A demand may give way in an impossible question: by any share where it is an "amount"; a
    "context" only in halves, with as many more sequences in a batch. `words` say what several are, with
    the quantities in braces. Of a field that lists items, `parts` are the amounts of an item, each by the
    quantity that it is called by.
    """

    names: tuple[str, ...]
    demand: Literal["amount", "context"] | None
    of: Callable[[Any], Mapping[str, float]] | None
    words: str
    parts: Mapping[str, str]

    def __init__(
        self,
        *names: str,
        demand: Literal["amount", "context"] | None = None,
        of: Callable[[Any], Mapping[str, float]] | None = None,
        words: str = "",
        parts: Mapping[str, str] | None = None,
    ):
        said = {"names": names, "demand": demand, "of": of, "words": words, "parts": parts or {}}
        for name, value in said.items():
            object.__setattr__(self, name, value)

    def numbers(self, value: Any) -> Mapping[str, float]:
        """The quantities that a value of the field becomes; none where it says nothing of them."""
        if self.of is not None:
            return self.of(value)
        return {self.names[0]: value} if isinstance(value, float) else {}

    def scaled(self, value: Any, share: float, part: str = "") -> Any:
        """The value of the field with its amount so many times as large; of a list, one part of it or all."""
        if not self.parts:
            return value * share
        moved = [part] if part else list(self.parts.values())
        return tuple(v.model_copy(update={m: getattr(v, m) * share for m in moved}) for v in value)


def given_by(workload: BaseModel) -> dict[str, float]:
    """Every quantity that the fields of a workload give, in SI."""
    out: dict[str, float] = {}
    for field, gives in declared(workload):
        out |= gives.numbers(getattr(workload, field))
    return out


def declared(workload: BaseModel) -> Iterator[tuple[str, Gives]]:
    """The fields of a workload that give quantities."""
    for name, field in type(workload).model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, Gives):
                yield name, mark


MOMENTS = (
    "input_tokens", "input_square", "input_cube", "output_tokens", "output_square", "prompt_answer", "context_cube",
    "reasoning_tokens", "reasoning_p99", "context_limit", "longest_prompt", "longest_answer",
)  # fmt: skip


def moments(mix: Sequence[Any]) -> dict[str, float]:
    """The moments of prompt and output lengths of a mix of requests, all of which grow with the lengths.

    They are joint ones: a sequence is decoded for as many steps as its answer is long, so that what is being
    decoded is weighted with the answers and not with the requests.
    """
    total = sum(m.share for m in mix)

    def moment(of: Callable[[Any], float], k: int) -> float:
        return float((sum(m.share * of(m) for m in mix) / total) ** (1 / k))

    made = (
        moment(lambda m: m.input, 1),
        moment(lambda m: m.input**2, 2),
        moment(lambda m: m.input**3, 3),
        moment(lambda m: m.generated, 1),
        moment(lambda m: m.generated**2, 2),
        moment(lambda m: m.input * m.generated, 2),
        # the squares of the contexts that an answer is generated behind, summed over its tokens
        moment(lambda m: m.generated * (m.input**2 + m.input * m.generated + m.generated**2 / 3), 3),
        moment(lambda m: m.reasoning, 1),
        _quantile(mix, 0.99 * total),
        max(m.input + m.generated for m in mix),
        max(m.input for m in mix),
        max(m.generated for m in mix),
    )
    return dict(zip(MOMENTS, made, strict=True))


def _quantile(mix: Sequence[Any], share: float) -> float:
    """Hidden tokens that all but a part of the requests stay within."""
    below = 0.0
    for m in sorted(mix, key=lambda m: m.reasoning):
        below += m.share
        if below >= share * (1 - 1e-9):
            return float(m.reasoning)
    raise AssertionError("shares add up to their total")
