"""The shape of a scenario: pydantic's errors as problems with a line and the nearest valid name."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ValidationError

from catalogs.errors import nearest
from designer.reading.places import Places
from designer.scenario import Scenario
from designer.space import DECISIONS


class ShapeReader(Places):
    """Validates the document against the schema."""

    def _scenario(self) -> Scenario:
        try:
            return Scenario.model_validate(self.data)
        except ValidationError as e:
            for error in e.errors():
                self._schema_problem(error)
            self.raise_problems()
            raise AssertionError("a validation error without errors") from None

    def _schema_problem(self, error: Any) -> None:
        loc = tuple(p for p in error["loc"] if p not in ("training", "serving", "batch", "[key]"))
        loc = tuple(p for i, p in enumerate(loc) if i == 0 or not _is_type_tag(p))
        kind = error["type"]
        if kind == "extra_forbidden":
            known = _field_names(loc[:-1], self.data)
            self.problems.append(
                self.problem(loc, f"unknown key {loc[-1]!r}{nearest(str(loc[-1]), known)}", key=True)
            )
        elif kind == "missing":
            self.problems.append(self.problem(loc[:-1], f"missing key {loc[-1]!r}"))
        elif kind in ("union_tag_invalid", "union_tag_not_found"):
            workload = self.data.get("workload")
            found = workload.get("job") if isinstance(workload, dict) else None
            if found is None:
                self.problems.append(self.problem(loc, "missing key 'job': training, serving or batch"))
            else:
                self.problems.append(
                    self.problem(
                        (*loc, "job"),
                        f"unknown job {found!r}{nearest(str(found), DECISIONS)} (has: {', '.join(DECISIONS)})",
                    )
                )
        else:
            message = error["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
            if kind == "literal_error":
                choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
                message = (
                    f"unknown value {error['input']!r}{nearest(str(error['input']), choices)}; {message}"
                )
            elif kind != "value_error":
                message = f"{message}; found {_short(error['input'])}"
            problem = self.problem(loc, message)
            # A union of types reports each member; one line per place is enough.
            if not any(p.path == problem.path and p.line == problem.line for p in self.problems):
                self.problems.append(problem)


def _short(value: object) -> str:
    text = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_type_tag(part: object) -> bool:
    """Parts pydantic adds to a location to say which member of a union it tried."""
    return isinstance(part, str) and (
        part in ("str", "int", "float", "list[union[str,int,float]]", "list[str]")
        or part.startswith(("dict[", "list[", "constrained"))
    )


def _field_names(path: tuple[Any, ...], data: Any) -> list[str]:
    """Keys the schema knows at a place."""
    from designer import scenario as s

    parts: dict[str, type[BaseModel]] = {"pricing": s.Pricing, "site": s.Site, "solver": s.Solver}
    jobs: dict[str, type[BaseModel]] = {"training": s.Training, "serving": s.Serving, "batch": s.Batch}
    if not path:
        return list(Scenario.model_fields)
    if path[0] == "workload" and len(path) == 1:
        kind = jobs.get(data.get("workload", {}).get("job"))
        return list(kind.model_fields) if kind else []
    if path[0] == "workload":
        return list(s.Length.model_fields)
    model = parts.get(str(path[0]))
    return list(model.model_fields) if model else []
