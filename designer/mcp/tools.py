"""The tools of the server: what each takes and what it answers, without the protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError, nearest
from designer.mcp.folder import Folder

Arguments = Mapping[str, Any]

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_SCENARIO = {
    **_TEXT,
    "description": "a scenario file (YAML) in the folder of the server, or the name of a shipped scenario",
}
_SETS = {
    **_TEXTS,
    "description": "values of the scenario to replace, each path=value, such as budgets.cost=25 MUSD",
}
_DESIGN = {
    **_TEXT,
    "description": "decisions, such as tp=8, pp=16; others are the scenario's baseline or defaults",
}


@dataclass(frozen=True)
class DesignerTool:
    """One tool: its arguments by JSON Schema, the name of its answer's schema, and what answers it."""

    name: str
    description: str
    takes: Mapping[str, Mapping[str, Any]]
    needs: tuple[str, ...]
    # A document of `designer schema`; nothing where the answer is an entry or a list of the catalog.
    answers: str
    call: Callable[[Arguments, Folder, Catalog], Any]

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return {
            "type": "object", "properties": {k: dict(v) for k, v in self.takes.items()}, "required": list(self.needs),
            "additionalProperties": False,
        }  # fmt: skip

    @property
    def output_schema(self) -> dict[str, Any] | None:
        """JSON Schema of the answer, as `designer schema` prints it."""
        from designer.schemas import schema_of

        return schema_of(self.answers) if self.answers else None


def _question(a: Arguments, folder: Folder, facts: Catalog) -> Any:
    from designer.reading.loading import load, locate

    sets = list(a.get("sets", []))
    return load(locate(folder.scenario(a["scenario"], sets)), sets, facts)


def _plan(a: Arguments, folder: Folder, facts: Catalog) -> Any:
    from designer.planning.plan import plan_question

    return plan_question(_question(a, folder, facts))


def _explain(a: Arguments, folder: Folder, facts: Catalog) -> Any:
    from designer.explaining.explanation import explain, explain_found
    from designer.planning.plan import find_design, plan_question
    from designer.question.designs import parse_design

    q, design = _question(a, folder, facts), a.get("design", "A")
    quantities = list(a.get("quantities", [])) or None
    if "=" in design:
        return explain(q, parse_design(q, design, "design"), quantities)
    found = plan_question(q, patient=True)
    return explain_found(q, found, find_design(found, design), quantities)


def _evaluate(a: Arguments, folder: Folder, facts: Catalog) -> Any:
    from designer.evaluating.design import evaluate
    from designer.question.designs import parse_design

    q = _question(a, folder, facts)
    return evaluate(q, parse_design(q, a.get("design", ""), "design"))


def _launch(a: Arguments, folder: Folder, facts: Catalog) -> Any:
    from designer.launching.api import evaluate_launch

    sets = list(a.get("sets", []))
    file = folder.scenario(a["scenario"], sets) if "scenario" in a else ""
    if not file:
        folder.scenario("llama-3.1-70b-chat", sets)  # what overrides name is inside, too
    return evaluate_launch(
        folder.launch(a["launch"]), file=file, node=a.get("node", ""), nodes=a.get("nodes"), sets=sets,
        ignore=list(a.get("ignore", [])), improve=bool(a.get("improve", False)), catalog=facts,
    )[0]  # fmt: skip


def _size(a: Arguments, folder: Folder, facts: Catalog) -> Any:
    from designer.sizing import reading
    from designer.sizing.sizing import size_question

    sets = list(a.get("sets", []))
    devices = list(a.get("devices", []))
    file = folder.scenario(a["scenario"], sets)
    asked = reading.ask(*reading.source_and_part(file, sets, facts, None, a.get("like")), devices, {})
    return size_question(asked, devices=devices, specs=list(a.get("specs", [])))


def _catalog(a: Arguments, folder: Folder, facts: Catalog) -> Any:
    kind, entry = a.get("kind"), a.get("entry")
    if kind is None:
        return {"kinds": list(facts.kinds())}
    if entry is None:
        return {"entries": list(facts.ids(kind))}
    return {
        "from": facts.origin(kind, entry),
        "entry": facts.get(kind, entry).model_dump(mode="json", by_alias=True),
    }


def _check(a: Arguments, folder: Folder, facts: Catalog) -> Any:
    from designer.checking.check import check_question
    from designer.checking.measured import measured_of
    from designer.question.designs import parse_design

    q = _question(a, folder, facts)
    measured = measured_of(q, folder.file(a["against"])) if "against" in a else None
    return check_question(q, parse_design(q, a.get("design", ""), "design"), measured)


TOOLS = (
    DesignerTool(
        "plan", "All Pareto-optimal designs of a scenario, what binds each, or why there is none.",
        {"scenario": _SCENARIO, "sets": _SETS}, ("scenario",), "plan", _plan,
    ),
    DesignerTool(
        "explain", "The equations behind a design of a plan, by its letter, or behind decisions.",
        {"scenario": _SCENARIO, "sets": _SETS,
         "design": {**_TEXT, "description": "a letter, or decisions: tp=8, pp=16"},
         "quantities": {**_TEXTS, "description": "quantities to explain; by default the objectives"}},
        ("scenario",), "explain", _explain,
    ),
    DesignerTool(
        "evaluate", "Every quantity of one design, and each limit it breaks, without a search.",
        {"scenario": _SCENARIO, "sets": _SETS, "design": _DESIGN}, ("scenario",), "evaluate", _evaluate,
    ),
    DesignerTool(
        "launch",
        "Whether a launch line or file fits, what it does and wastes, and what would be better. It is not run.",
        {"launch": {**_TEXT, "description": "a line such as 'vllm serve MODEL -tp 8', or a file in the folder"},
         "node": {**_TEXT, "description": "what it runs on, such as p5.48xlarge"},
         "nodes": {"type": "integer", "minimum": 1}, "scenario": _SCENARIO, "sets": _SETS,
         "ignore": {**_TEXTS, "description": "options to leave out"}, "improve": {"type": "boolean"}},
        ("launch",), "launch", _launch,
    ),
    DesignerTool(
        "size", "What one device must offer so that the targets of a scenario are met, and which parts do.",
        {"scenario": _SCENARIO, "sets": _SETS, "devices": {"type": "array", "items": {"type": "integer", "minimum": 1}},
         "specs": {**_TEXTS, "description": "numbers of a device to size"},
         "like": {**_TEXT, "description": "a node or device"}},
        ("scenario",), "size", _size,
    ),
    DesignerTool(
        "catalog", "Facts with their sources: the kinds of entries, the entries of a kind, or one entry.",
        {"kind": {**_TEXT, "description": "such as accelerators"}, "entry": {**_TEXT, "description": "id or alias"}},
        (), "", _catalog,
    ),
    DesignerTool(
        "check", "Every budget of a scenario, held against a stated design and against a measured result.",
        {"scenario": _SCENARIO, "sets": _SETS, "design": _DESIGN,
         "against": {**_TEXT, "description": "a file in the folder of measured quantities"}},
        ("scenario",), "check", _check,
    ),
)  # fmt: skip


def answer(name: str, arguments: Arguments, folder: Folder, facts: Catalog) -> dict[str, Any]:
    """What a tool answers, as data; raises InputError for an unknown tool, and for arguments it does not take."""
    tools = {t.name: t for t in TOOLS}
    if name not in tools:
        raise InputError(f"unknown tool {name!r}{nearest(name, tools)} (has: {', '.join(tools)})")
    tool = tools[name]
    for key, value in arguments.items():
        if key not in tool.takes:
            raise InputError(
                f"{name}: unknown argument {key!r}{nearest(key, tool.takes)} (has: {', '.join(tool.takes)})"
            )
        _check_type(f"{name}: {key}", value, tool.takes[key])
    if missing := [n for n in tool.needs if n not in arguments]:
        raise InputError(f"{name}: missing {', '.join(missing)}")
    found = tool.call(arguments, folder, facts)
    data: dict[str, Any] = found if isinstance(found, dict) else json.loads(found.to_json())
    return data


def _check_type(where: str, value: Any, schema: Mapping[str, Any]) -> None:
    types: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list}
    wanted = schema["type"]
    if not isinstance(value, types[wanted]) or (wanted == "integer" and isinstance(value, bool)):
        raise InputError(f"{where}: expected {wanted}, found {value!r:.60}")
    if wanted == "integer" and value < schema.get("minimum", value):
        raise InputError(f"{where}: {value} is below {schema['minimum']}")
    for item in value if isinstance(value, list) else []:
        _check_type(where, item, schema["items"])
