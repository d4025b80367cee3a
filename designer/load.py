"""From a scenario file to a question: every mistake is found here, with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from catalogs import Catalog, default_catalog, units, yaml
from catalogs.errors import InputError, Problem, nearest
from constraints.bundles.device import base_precision, has_rate
from constraints.bundles.model import model_bundle
from constraints.bundles.site import check_provider
from constraints.graph import Graph
from designer import expressions
from designer.question import (
    Constraint,
    Context,
    Objective,
    Question,
    assumptions,
    groups_of,
    job_rules,
    quantity_units,
    record_bundle,
    workload_bundle,
)
from designer.scenario import Scenario, Training
from designer.space import DECISIONS, Decision, Value

DEFAULT_OBJECTIVES = {
    "training": ["time_to_train", "cost"],
    "serving": ["cost_per_token", "tpot_p99"],
    "batch": ["time_to_complete", "cost"],
}
# Limits a scenario may loosen: a design that leaves more than this idle should rent fewer nodes.
MAX_IDLE = ("idle_share <= 25 %", "default")
MAX_DOMAIN = 100_000
# Shorter names for quantities, for people.
ALIASES = {"gpus": "devices", "ttft_mean": "ttft", "tpot_mean": "tpot", "itl": "tpot"}


def shipped() -> dict[str, Path]:
    """Scenarios that come with the package, by name."""
    import scenarios

    folder = Path(scenarios.__path__[0])
    return {p.stem: p for p in sorted(folder.glob("*.yaml"))}


def is_scenario(name: str | Path) -> bool:
    """Whether a command-line argument means a scenario rather than a rule."""
    text = str(name)
    return text.endswith((".yaml", ".yml")) or "/" in text or Path(text).exists() or text in shipped()


def locate(name: str | Path) -> Path:
    """The file a user means: a path, else a shipped scenario by name or by its usual path."""
    path = Path(name)
    if path.exists():
        return path
    known = shipped()
    plain = str(name).removeprefix("scenarios/").removesuffix(".yaml")
    if plain in known:
        return known[plain]
    raise InputError(f"{name}: no such file or scenario{nearest(plain, known)} (shipped: {', '.join(known)})")


def load(
    path: str | Path, sets: Sequence[str] = (), catalog: Catalog | None = None
) -> Question:
    """The question a scenario file asks, with `--set path=value` overrides applied.

    Raises InputError listing every problem found, each with its file and line.
    """
    document = yaml.read(path)
    return Loader(document, sets, catalog or default_catalog()).question()


class Loader:
    """One reading of one document; collects problems and reports them together."""

    def __init__(self, document: yaml.Document, sets: Sequence[str], catalog: Catalog):
        self.document = document
        self.catalog = catalog
        self.data = document.data
        self.overridden: dict[tuple[str | int, ...], str] = {}
        self.problems: list[Problem] = []
        for text in sets:
            self._override(text)

    # -- places --------------------------------------------------------------------------------

    def place(self, path: tuple[str | int, ...]) -> tuple[str, int | None]:
        """File and line of a value, or the override that replaced it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.overridden:
                return f"--set {self.overridden[path[:end]]}", None
        return self.document.file, self.document.at(path)[0]

    def problem(self, path: tuple[str | int, ...], message: str, *, key: bool = False) -> Problem:
        file, line = self.place(path)
        if line is None:
            return Problem(message, file, path=yaml.dotted(path))
        return self.document.problem(path, message, key=key)

    def fail(self, path: tuple[str | int, ...], message: str) -> InputError:
        return InputError(self.problem(path, message))

    def raise_problems(self) -> None:
        if self.problems:
            raise InputError(*self.problems)

    # -- overrides -----------------------------------------------------------------------------

    def _override(self, text: str) -> None:
        path_text, equals, value_text = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][\w.\[\]-]*", path_text.strip()):
            raise InputError(f"--set {text!r}: write it as path=value, for example budgets.cost='25 MUSD'")
        path = tuple(path_text.strip().split("."))
        value = yaml.parse(f"value: {value_text}\n", f"--set {text}").data["value"]
        # Budgets may be written as a list; by name they are set as a mapping.
        if path[0] == "budgets" and isinstance(self.data.get("budgets"), list):
            self._budgets_as_mapping()
        at: Any = self.data
        for part in path[:-1]:
            at = at.setdefault(part, {}) if isinstance(at, dict) else None
            if not isinstance(at, dict):
                raise InputError(f"--set {text!r}: {part!r} has no parts of its own")
        at[path[-1]] = value
        self.overridden[path] = text

    def _budgets_as_mapping(self) -> None:
        out: dict[str, Any] = {}
        for i, item in enumerate(self.data["budgets"]):
            found = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*(<=|>=|<|>)\s*(.+)", str(item))
            if not found:
                raise self.fail(("budgets", i), f"{item!r} is not a budget; write 'quantity <= value unit'")
            if found[1] in out:
                raise self.fail(("budgets", i), f"two budgets on {found[1]}; change the list instead of using --set")
            out[found[1]] = f"{found[2]} {found[3]}"
            self.document.values[("budgets", found[1])] = self.document.at(("budgets", i))
        self.data["budgets"] = out

    # -- parts ---------------------------------------------------------------------------------

    def question(self) -> Question:
        scenario = self._scenario()
        job = scenario.workload.job
        notes: list[str] = []
        model = self._model(scenario)
        domains, defaulted = self._domains(scenario, job, model)
        self.raise_problems()
        given = {
            **model,
            **assumptions(self.catalog, job),
            **self._record(scenario),
            **workload_bundle(scenario.workload),
        }
        given["owned"] = _known(1.0 if scenario.pricing.tenure == "owned" else 0.0, "the scenario's pricing")
        if job != "training":
            given["node_limit"] = _known(float(max(int(n) for n in domains["node_count"])), "candidates.node_count")
            given["activation_bytes"] = _known(2.0, "definition: 16-bit activations")
            domains.pop("node_count")
            defaulted.discard("node_count")
        if scenario.pricing.provider:
            try:
                check_provider(self.catalog, scenario.pricing.provider)
            except InputError as e:
                raise self._at(("pricing", "provider"), e) from None
        graph = Graph(job_rules(job))
        question = Question(
            scenario=scenario,
            job=job,
            graph=graph,
            decisions=tuple(d for d in DECISIONS[job] if d.name in domains),
            domains=domains,
            defaulted=defaulted,
            given=given,
            groups=groups_of(job, scenario, self.catalog),
            limits=[r.id for r in graph.rules.values() if r.is_limit],
            constraints=[],
            objectives=[],
            baseline={},
            notes=notes,
        )
        self._assume(question)
        question.constraints = self._constraints(question)
        question.objectives = self._objectives(question)
        question.baseline = self._design(question, dict(scenario.baseline), ("baseline",))
        self.raise_problems()
        self._context(question)
        self._known(question)
        return question

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
                message = f"unknown value {error['input']!r}{nearest(str(error['input']), choices)}; {message}"
            elif kind != "value_error":
                message = f"{message}; found {_short(error['input'])}"
            problem = self.problem(loc, message)
            # A union of types reports each member; one line per place is enough.
            if not any(p.path == problem.path and p.line == problem.line for p in self.problems):
                self.problems.append(problem)

    def _model(self, scenario: Scenario) -> dict[str, Any]:
        try:
            model = model_bundle(self.catalog.get("models", scenario.workload.model))
        except InputError as e:
            raise self._at(("workload", "model"), e) from None
        self._context_limit(scenario, model)
        return model

    def _context_limit(self, scenario: Scenario, model: dict[str, Any]) -> None:
        """A context longer than the model was made for is a mistake, not a layout."""
        w, most = scenario.workload, model["max_context"].si
        if isinstance(w, Training):
            if w.sequence_length > most:
                self.problems.append(
                    self.problem(
                        ("workload", "sequence_length"),
                        f"{w.sequence_length:,.0f} token is longer than the context of {w.model}: {most:,.0f} token",
                    )
                )
            sequences = w.global_batch / w.sequence_length
            if abs(sequences - round(sequences)) > 1e-6 or sequences < 1:
                below = max(1, math.floor(sequences)) * w.sequence_length
                self.problems.append(
                    self.problem(
                        ("workload", "global_batch"),
                        f"{w.global_batch:,.0f} token is not a whole number of sequences of"
                        f" {w.sequence_length:,.0f}; nearest {below:,.0f} token",
                    )
                )
            return
        for i, length in enumerate(w.lengths):
            if length.input + length.output > most:
                self.problems.append(
                    self.problem(
                        ("workload", "lengths", i),
                        f"{length.input + length.output:,.0f} token of input and output is longer than the context"
                        f" of {w.model}: {most:,.0f} token",
                    )
                )

    def _at(self, path: tuple[str | int, ...], error: InputError) -> InputError:
        """The same error, placed in the scenario unless it has a place already."""
        return InputError(*(p if p.file else self.problem(path, p.message) for p in error.problems))

    def _record(self, scenario: Scenario) -> dict[str, Any]:
        for key in ("storage", "reliability"):
            name = getattr(scenario, key)
            if name is not None:
                try:
                    self.catalog.get(key, name)
                except InputError as e:
                    raise self._at((key,), e) from None
        try:
            return record_bundle(self.catalog, scenario)
        except InputError as e:
            raise self._at(("storage",), e) from None

    # -- domains -------------------------------------------------------------------------------

    def _domains(
        self, scenario: Scenario, job: str, model: dict[str, Any]
    ) -> tuple[dict[str, list[Value]], set[str]]:
        wanted = dict(scenario.candidates)
        decisions = {d.name: d for d in DECISIONS[job]}
        extra = {"accelerator", "devices", "node_count"}
        for name in wanted:
            if name not in decisions and name not in extra:
                known = [*decisions, *extra]
                self.problems.append(
                    self.problem(("candidates", name), f"unknown decision {name!r}{nearest(name, known)}", key=True)
                )
        self.raise_problems()
        domains: dict[str, list[Value]] = {}
        defaulted: set[str] = set()
        context = Context(job, self.catalog, scenario.workload, model, domains)
        self._nodes(wanted, domains, defaulted, decisions["node"], context)
        self._node_count(wanted, domains, defaulted, context, job)
        # Two passes: what other defaults read must be there first.
        order = sorted(decisions.values(), key=lambda d: d.name not in ("precision", "global_batch"))
        for d in order:
            if d.name in domains:
                continue
            if d.name in wanted:
                domains[d.name] = self._domain(d, wanted[d.name])
            else:
                domains[d.name] = list(d.default(context))
                defaulted.add(d.name)
        self._precisions(domains, defaulted, context)
        if scenario.site:
            domains["region"] = ["own-site"]
            defaulted.discard("region")
        else:
            self._regions(domains)
        return domains, defaulted

    def _nodes(
        self, wanted: dict[str, Any], domains: dict[str, list[Value]], defaulted: set[str], d: Decision, c: Context
    ) -> None:
        if "node" in wanted and "accelerator" in wanted:
            raise self.fail(("candidates", "accelerator"), "give either node or accelerator, not both")
        if "accelerator" in wanted:
            names = self._list(("candidates", "accelerator"), wanted["accelerator"])
            domains["node"] = [self._node_with(i, str(n)) for i, n in enumerate(names)]
        elif "node" in wanted:
            found: list[Value] = []
            for i, n in enumerate(self._list(("candidates", "node"), wanted["node"])):
                try:
                    found.append(self.catalog.get("nodes", str(n)).id)
                except InputError as e:
                    raise self._at(("candidates", "node", i), e) from None
            domains["node"] = found
        else:
            domains["node"] = list(d.default(c))
            defaulted.add("node")

    def _node_with(self, index: int, accelerator: str) -> str:
        """The node an accelerator is planned in: a vendor's system if there is one, else a cloud's."""
        try:
            acc = self.catalog.get("accelerators", accelerator).id
        except InputError as e:
            raise self._at(("candidates", "accelerator", index), e) from None
        nodes = [
            node
            for id in self.catalog.ids("nodes")
            if re.search(rf"^accelerator: {re.escape(acc)}\s*$", self.catalog.path("nodes", id).read_text("utf-8"), re.M)
            for node in [self.catalog.get("nodes", id)]
        ]
        if not nodes:
            raise self.fail(("candidates", "accelerator", index), f"no node of the catalog holds {acc}")
        best = min(nodes, key=lambda n: (n.kind != "system", n.nic is None, -n.accelerators, n.id))
        return best.id

    def _node_count(
        self, wanted: dict[str, Any], domains: dict[str, list[Value]], defaulted: set[str], c: Context, job: str
    ) -> None:
        if "devices" in wanted:
            if "node_count" in wanted:
                raise self.fail(("candidates", "devices"), "give either devices or node_count, not both")
            path = ("candidates", "devices")
            counts: list[Value] = []
            for i, n in enumerate(self._counts(path, wanted["devices"])):
                for node in c.nodes:
                    if n % node.accelerators:
                        per = node.accelerators
                        near = max(1, round(n / per)) * per
                        raise self.fail(
                            (*path, i), f"{n} devices is not a whole number of {node.id} nodes of {per}; nearest {near}"
                        )
                counts.append(n // c.nodes[0].accelerators)
            if len({node.accelerators for node in c.nodes}) > 1:
                raise self.fail(path, "the candidate nodes hold different numbers of devices; give node_count")
            domains["node_count"] = counts
        elif "node_count" in wanted:
            domains["node_count"] = list(self._counts(("candidates", "node_count"), wanted["node_count"]))
        else:
            domains["node_count"] = [2**i for i in range(8)] if job == "training" else [8]
            defaulted.add("node_count")

    def _list(self, path: tuple[str | int, ...], raw: Any) -> list[Any]:
        values = raw if isinstance(raw, list) else [raw]
        if not values:
            raise self.fail(path, "an empty list; give at least one value")
        return values

    def _counts(self, path: tuple[str | int, ...], raw: Any) -> list[int]:
        out: list[int] = []
        for i, item in enumerate(self._list(path, raw)):
            at = (*path, i)
            span = re.fullmatch(r"\s*(\d+)\s*\.\.\s*(\d+)\s*(?:step\s+(\d+)\s*)?", item) if isinstance(item, str) else None
            if span:
                low, high, step = int(span[1]), int(span[2]), int(span[3] or 1)
                if not 1 <= low <= high or step < 1 or (high - low) // step > MAX_DOMAIN:
                    raise self.fail(at, f"{item!r} is not a range of counts; write it like 1..64 or 8..512 step 8")
                out.extend(range(low, high + 1, step))
                continue
            whole = isinstance(item, int) and not isinstance(item, bool)
            if not whole and not (isinstance(item, float) and item.is_integer()):
                raise self.fail(at, f"{item!r} is not a count; write a whole number, a list or a range like 1..64")
            if item < 1:
                raise self.fail(at, f"{item!r} must be at least 1")
            out.append(int(item))
        if len(out) > MAX_DOMAIN:
            raise self.fail(path, f"{len(out):,} values; the limit is {MAX_DOMAIN:,}")
        return sorted(set(out))

    def _domain(self, d: Decision, raw: Any) -> list[Value]:
        path: tuple[str | int, ...] = ("candidates", d.name)
        if d.name == "global_batch":
            return list(self._batches(path, raw))
        if d.kind == "count":
            return list(self._counts(path, raw))
        out: list[Value] = []
        for i, item in enumerate(self._list(path, raw)):
            out.append(self._value(d, item, (*path, i) if isinstance(raw, list) else path))
        return list(dict.fromkeys(out))

    def _batches(self, path: tuple[str | int, ...], raw: Any) -> list[int]:
        """Global batches as sequences; those written in tokens are converted."""
        length = getattr(Scenario.model_validate(self.data).workload, "sequence_length", 1.0)
        out: list[int] = []
        for i, item in enumerate(self._list(path, raw)):
            if isinstance(item, str) and "token" in item:
                sequences = units.parse(item, "token") / length
                if abs(sequences - round(sequences)) > 1e-6:
                    raise self.fail((*path, i), f"{item!r} is not a whole number of sequences of {length:,.0f} token")
                out.append(round(sequences))
            else:
                out.extend(self._counts(path, item))
        return sorted(set(out))

    def _value(self, d: Decision, item: Any, path: tuple[str | int, ...]) -> Value:
        """One value of a decision, checked."""
        if d.kind == "count":
            found = self._counts(path, item)
            if len(found) != 1:
                raise self.fail(path, f"{item!r} is not one count")
            return found[0]
        if d.kind == "time":
            try:
                seconds = units.parse(item, "s")
            except InputError as e:
                raise self._at(path, e) from None
            if seconds <= 0:
                raise self.fail(path, f"{item!r} must be above 0")
            return seconds
        if not isinstance(item, str):
            raise self.fail(path, f"{item!r} is not a name; a {d.title} is text")
        if d.choices and item not in d.choices:
            known = ", ".join(d.choices)
            raise self.fail(path, f"unknown {d.name} {item!r}{nearest(item, d.choices)} (has: {known})")
        if d.name in ("node", "region"):
            if d.name == "region" and "site" in self.data:
                return item
            try:
                return self.catalog.get("nodes" if d.name == "node" else "regions", item).id
            except InputError as e:
                raise self._at(path, e) from None
        return item

    def _precisions(self, domains: dict[str, list[Value]], defaulted: set[str], c: Context) -> None:
        """A precision that no candidate has is an error, not an empty space."""
        if "precision" in defaulted:
            return
        for i, p in enumerate(domains["precision"]):
            if c.any_device_has(str(p)):
                continue
            accs = [self.catalog.get("accelerators", n.accelerator) for n in c.nodes]
            path = ("candidates", "precision", i) if isinstance(self.data["candidates"]["precision"], list) else (
                "candidates", "precision")  # fmt: skip
            has = "; ".join(f"{a.id} has {', '.join(a.compute.rates())}" for a in {a.id: a for a in accs}.values())
            raise self.fail(path, f"no candidate multiplies in {p} ({has})")

    def _regions(self, domains: dict[str, list[Value]]) -> None:
        for r in domains["region"]:
            self.catalog.get("regions", str(r))

    # -- assumptions, constraints, objectives --------------------------------------------------

    def _assume(self, q: Question) -> None:
        known = quantity_units(q.job)
        for name, raw in q.scenario.assume.items():
            path = ("assume", name)
            if name not in known:
                self.problems.append(self.problem(path, f"unknown quantity {name!r}{nearest(name, known)}", key=True))
                continue
            if known[name] == "truth":
                self.problems.append(self.problem(path, f"{name} is a limit and cannot be assumed", key=True))
                continue
            if name in q.domains:
                self.problems.append(
                    self.problem(path, f"{name} is a decision; set its domain under candidates", key=True)
                )
                continue
            try:
                si = units.parse(raw, known[name])
                if si < 0:
                    raise InputError(f"{raw!r} must be at least 0")
                q.given[name] = _known(si, f"{self.place(path)[0]}: assume.{name}")
            except InputError as e:
                self.problems.append(self.problem(path, str(e)))

    def _constraints(self, q: Question) -> list[Constraint]:
        out: list[Constraint] = []
        budgets = q.scenario.budgets
        if isinstance(budgets, dict):
            items = [(("budgets", k), f"{k} {_bound(v)}", k) for k, v in budgets.items()]
        else:
            items = [(("budgets", i), str(v), str(v)) for i, v in enumerate(budgets)]
        for path, text, name in items:
            self._constraint(q, out, path, text, name, "budget")
        for i, text in enumerate(q.scenario.rules):
            self._constraint(q, out, ("rules", i), text, text, "rule")
        if q.job == "training" and not any("idle" in c.text for c in out):
            text, place = MAX_IDLE
            out.append(Constraint(text, text, "default", place, expressions.parse(text)))
        return out

    def _constraint(
        self, q: Question, out: list[Constraint], path: tuple[str | int, ...], text: str, name: str, kind: str
    ) -> None:
        try:
            node = _renamed(expressions.parse(text))
            self._check_names(q, node.names())
            if node.dimension({n: q.unit(n) for n in node.names()}) != "truth":
                raise InputError(f"{text!r} compares nothing; write it like 'tp * pp <= 64'")
        except InputError as e:
            self.problems.append(self.problem(path, str(e)))
            return
        file, line = self.place(path)
        c = Constraint(name, text, kind, f"{file}:{line}" if line else file, node)
        if kind == "budget":
            if c.quantity is None:
                self.problems.append(self.problem(path, f"{text!r} is not a budget; write 'quantity <= value unit'"))
                return
            c = Constraint(c.quantity, text, kind, c.place, node)
            if any(o.name == c.name and o.node.op == node.op and o.kind == kind for o in out):
                self.problems.append(self.problem(path, f"a second budget on {c.name}"))
                return
        if any(o.name == c.name for o in out):
            c = replace(c, name=text)  # an upper and a lower bound on one quantity
        out.append(c)

    def _check_names(self, q: Question, names: Iterable[str]) -> None:
        known = set(quantity_units(q.job)) | set(q.given)
        choices = {d.name for d in q.decisions if d.kind == "choice"}
        reachable = set(q.graph.rules) | set(q.bundle(q.first_design()))
        for n in sorted(names):
            if n in choices:
                raise InputError(f"{n!r} is a choice of names; restrict it under candidates")
            if n not in known or n not in reachable:
                raise InputError(f"unknown quantity {n!r}{nearest(n, reachable - choices)}")

    def _objectives(self, q: Question) -> list[Objective]:
        out: list[Objective] = []
        texts = q.scenario.objectives or DEFAULT_OBJECTIVES[q.job]
        for i, text in enumerate(texts):
            path = ("objectives", i)
            words = text.split()
            sign = 1
            if len(words) == 2 and words[0] in ("min", "max"):
                sign = -1 if words[0] == "max" else 1
                words = words[1:]
            if len(words) != 1:
                self.problems.append(self.problem(path, f"{text!r} is not an objective; write 'cost' or 'max mfu'"))
                continue
            name = ALIASES.get(words[0], words[0])
            try:
                self._check_names(q, [name])
                if q.unit(name) == "truth":
                    raise InputError(f"{name} is a limit, not a quantity to optimise")
            except InputError as e:
                self.problems.append(self.problem(path, str(e)))
                continue
            if any(o.quantity == name for o in out):
                self.problems.append(self.problem(path, f"{name} is an objective already"))
                continue
            out.append(Objective(name, sign))
        return out

    def _design(self, q: Question, raw: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Value]:
        """Values of decisions, checked; those of unknown decisions are problems."""
        out: dict[str, Value] = {}
        decisions = {d.name: d for d in q.decisions}
        for name, value in raw.items():
            if name not in decisions:
                self.problems.append(
                    self.problem((*path, name), f"unknown decision {name!r}{nearest(name, decisions)}", key=True)
                )
                continue
            try:
                out[name] = self._value(decisions[name], value, (*path, name))
            except InputError as e:
                self.problems.extend(e.problems)
        return out

    # -- last checks ---------------------------------------------------------------------------

    def _context(self, q: Question) -> None:
        """Nothing left that a device or a region cannot say."""
        accs = {self.catalog.get("nodes", str(n)).accelerator for n in q.domains["node"]}
        for a in sorted(accs):
            acc = self.catalog.get("accelerators", a)
            base_precision(acc)
            if not any(has_rate(acc, str(p)) for p in q.domains["precision"]):
                has = ", ".join(acc.compute.rates())
                wanted = ", ".join(map(str, q.domains["precision"]))
                raise self.fail(("candidates", "precision"), f"{a} multiplies in none of {wanted} (has: {has})")

    def _known(self, q: Question) -> None:
        """A budget or objective that rests on an unknown number is an error, never a free pass."""
        asked: list[tuple[tuple[str | int, ...], str]] = []
        for i, o in enumerate(q.objectives):
            asked.append((("objectives", i) if q.scenario.objectives else (), o.quantity))
        for c in q.constraints:
            key: tuple[str | int, ...] = ("budgets", c.name) if c.kind == "budget" else ("rules",)
            asked.extend((key, n) for n in sorted(c.inputs))
        groups = [g for g in q.groups if g.axes in (("node", "region"), ("region",), ("node",))]
        for path, name in asked:
            leaves = q.graph.inputs_of([name]) - set(q.given)
            for g in groups:
                for combo in _product([q.domains[a] for a in g.axes]):
                    for leaf, known in g.build(*combo).items():
                        if leaf in leaves and known.si != known.si and not _tolerated(leaf, q):
                            raise self.fail(
                                path,
                                f"{name} needs {leaf} of {' in '.join(map(str, combo))}, which is unknown"
                                f" ({known.source}); {_HOW.get(leaf, f'give assume.{leaf}')}",
                            )


_HOW = {
    "rental_rate": "give pricing.price, or another provider or tenure",
    "purchase_price": "give pricing.purchase",
    "electricity_price": "give pricing.electricity or a site with electricity",
    "water_usage": "give a site with water_usage",
}


def _tolerated(leaf: str, q: Question) -> bool:
    """Numbers whose absence some limit or branch handles."""
    owned = q.scenario.pricing.tenure == "owned"
    return (
        leaf in ("scale_out_bandwidth", "scale_up_bandwidth")
        or (leaf == "rental_rate" and owned)
        or (leaf in ("purchase_price", "electricity_price") and not owned)
    )


def _product(lists: Sequence[Sequence[Value]]) -> Iterable[tuple[Value, ...]]:
    import itertools

    return itertools.product(*lists)


def _known(si: float, source: str) -> Any:
    from constraints.bundles import Known

    return Known(si, "scenario", source)


def _bound(value: Any) -> str:
    text = str(value).strip()
    return text if re.match(r"(<=|>=|<|>)", text) else f"<= {text}"


def _renamed(node: expressions.Node) -> expressions.Node:
    """The same expression with aliases resolved."""
    if node.op == "name":
        return expressions.Node("name", name=ALIASES.get(node.name, node.name))
    parts = tuple(_renamed(p) for p in node.parts)
    return expressions.Node(node.op, parts, node.name, node.value, node.unit)


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

    top = {"workload": None, "pricing": s.Pricing, "site": s.Site, "solver": s.Solver}
    if not path:
        return list(Scenario.model_fields)
    if path[0] == "workload" and len(path) == 1:
        job = data.get("workload", {}).get("job")
        kind = {"training": s.Training, "serving": s.Serving, "batch": s.Batch}.get(job)
        return list(kind.model_fields) if kind else []
    if path[0] == "workload":
        return list(s.Length.model_fields)
    model = top.get(str(path[0]))
    return list(model.model_fields) if model else []
