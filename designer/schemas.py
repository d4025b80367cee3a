"""The published JSON Schemas: of scenario, fleet and sweep files, and of every answer that `--json` prints."""

from __future__ import annotations

import importlib
from typing import Any, get_args

from pydantic import BaseModel

from catalogs.errors import InputError, nearest

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Where the model of each document lives; an answer says which it is in its field `schema`.
_HOMES = {
    "scenario": "designer.documents.scenario:Scenario",
    "fleet-file": "designer.documents.fleet:Fleet",
    "sweep-file": "designer.documents.sweep:Sweep",
    "fleet": "designer.answers.fleet:FleetResult",
    "plan": "designer.answers.plan:PlanResult",
    "evaluate": "designer.answers.plan:EvaluateResult",
    "launch": "designer.launching.result:LaunchResult",
    "check": "designer.checking.result:CheckResult",
    "lock": "designer.checking.result:Lock",
    "lock-check": "designer.checking.result:LockResult",
    "export": "designer.exporting.api:ExportResult",
    "explain": "designer.explaining.explanation:ExplainResult",
    "whynot": "designer.planning.why_not:WhyNotResult",
    "compare": "designer.explaining.comparison:CompareResult",
    "size": "designer.answers.size:SizeResult",
    "report": "designer.answers.report:Report",
    "sweep": "designer.sweeping.store:Manifest",
    "rule": "designer.rulebook.call:RuleResult",
    "solve": "designer.rulebook.inverse:SolveResult",
    "rules": "designer.rulebook.entries:RulesResult",
    "diagnose": "designer.diagnosing.diagnosis:DiagnoseResult",
    "validate": "designer.accuracy.result:ValidateResult",
}


def names() -> list[str]:
    """Documents that have a schema."""
    return list(_HOMES)


def model_of(name: str) -> type[BaseModel]:
    """The pydantic model of a document; raises InputError for an unknown one."""
    if name not in _HOMES:
        raise InputError(f"unknown schema {name!r}{nearest(name, _HOMES)} (has: {', '.join(_HOMES)})")
    module, _, attribute = _HOMES[name].partition(":")
    found: type[BaseModel] = getattr(importlib.import_module(module), attribute)
    return found


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a document, titled with its name and version such as `designer.plan/1`."""
    model = model_of(name)
    if name in ("scenario", "fleet-file", "sweep-file"):
        return {"$schema": DIALECT} | model.model_json_schema()
    title = get_args(model.model_fields["schema_name"].annotation)[0]
    body = model.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": DIALECT} | body | {"title": title}
