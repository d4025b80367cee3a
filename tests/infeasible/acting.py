"""Every sentence that is printed of an impossible scenario, acted on as somebody would who edits the file.

Scenarios are drawn as those of the oracle of the search are, written as a file, and planned; the text is
taken apart line by line. Each sentence becomes an edit of the file, which is read and searched anew.
Nothing of the explanation is used, only what it prints.

    python tests/infeasible/acting.py 0 300
"""

from __future__ import annotations

import copy
import itertools
import json
import math
import random
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "search"))
import test_search_oracle as oracle

from catalogs import units, yaml
from designer.evaluating.design import complete_design, evaluate
from designer.planning.plan import plan_question
from designer.question.designs import parse_design
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.report.plan_text import render
from designer.search.archive import frontier_of

Document = dict[str, Any]
MOST_DESIGNS = 60


def drawn(seed: int) -> Document:
    """A scenario with budgets so tight that few or none of its designs meet them."""
    r = random.Random(f"acting-{seed}")
    job = r.choice(["training", "serving"])
    while True:
        document = oracle.training(r) if job == "training" else oracle.serving(r)
        domains = document["candidates"]
        while math.prod(len(d) for d in domains.values()) > MOST_DESIGNS:
            r.choice([d for d in domains.values() if len(d) > 1]).pop()
        for name in r.sample(
            sorted(domains), 2
        ):  # what a scenario leaves to defaults follows its other candidates
            if name in ("sharding", "recompute", "region", "kv", "weights", "checkpoint_interval"):
                del domains[name]
        goals = oracle.TRAINING_GOALS if job == "training" else oracle.SERVING_GOALS
        document["objectives"] = r.sample(goals, 2)
        question = read(document)
        rows = [evaluate(question, d).metrics for d in designs(question, r)]
        budgets = {}
        for name in r.sample(oracle.BUDGETS[job], r.choice([1, 2, 3])):
            values = sorted(m[name].value for m in rows if name in m and m[name].value is not None)
            if values:
                at = values[int(len(values) * r.uniform(0, 0.3))] * r.choice([0.5, 0.9, 0.99, 1.01])
                at = float(f"{at:.4g}") if name != "devices" else max(1.0, math.floor(at))
                budgets[name] = f"{r.choice(['<=', '<=', '<'])} {at!r} {oracle.UNITS[name]}".strip()
        rules = [t.text for t in r.sample(oracle.SITE_RULES, r.choice([0, 0, 1]))]
        found = {**document, "budgets": budgets, "rules": rules}
        if not possible(found):
            return found


def designs(question: Question, r: random.Random) -> Iterator[dict[str, Any]]:
    for _ in range(40):
        yield {n: r.choice(v) for n, v in question.domains.items()}


def read(document: Document) -> Question:
    text = json.dumps(document, indent=1)
    return question_of(SourceMap(yaml.parse(text, "acted.yaml"), [], oracle.CATALOG))


def possible(document: Document) -> bool:
    archive, count = frontier_of(read(document))
    assert count.complete
    return len(archive.positions) > 0


def changed(document: Document, changes: Iterable[tuple[str, str]]) -> Document:
    """The file with lines edited as they are told; raises KeyError for what is no line of it."""
    out = copy.deepcopy(document)
    for name, text in changes:
        section, _, key = name.partition(".")
        if section == "candidates":
            more = [int(v) if v.isdigit() else v for v in re.sub(r"^(add|also) ", "", text).split(", ")]
            out["candidates"][key] = [*_list(out["candidates"][key]), *more]
        elif section == "workload":
            text = text.removeprefix("down to ")
            if text.endswith("% of them"):
                share = float(text.split()[0]) / 100
                for item in out["workload"][key]:
                    for part in item.keys() - {"share"}:
                        value, unit = units.split(item[part])
                        item[part] = f"{value * share!r} {unit}"
            else:
                out["workload"][key] = text
        elif name in out["budgets"]:
            if text == "drop it":
                del out["budgets"][name]
            else:
                out["budgets"][name] = text
        elif (rule := _rule(out, name)) is not None:
            out["rules"].remove(rule)
            out["rules"] += [] if text == "drop it" else [f"{name} {text}"]
        elif name.startswith("idle_share"):  # the default stands in no line; a budget takes its place
            out["budgets"]["idle_share"] = "<= 100 %" if text == "drop it" else text
        else:
            raise KeyError(name)
    return out


def _rule(document: Document, name: str) -> str | None:
    return next((t for t in document["rules"] if t == name or t.startswith(f"{name} <")), None)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass
class Said:
    """What the text says, line by line."""

    document: Document
    lines: list[str]
    faults: list[str] = field(default_factory=list)
    checked: int = 0

    def claim(self, true: bool, sentence: str) -> None:
        self.checked += 1
        if not true:
            self.faults.append(sentence)

    def under(self, head: str) -> list[str]:
        """The lines below one that starts so, up to the next empty one."""
        at = next((i for i, line in enumerate(self.lines) if line.startswith(head)), None)
        if at is None:
            return []
        return list(itertools.takewhile(str.strip, self.lines[at + 1 :]))

    # -- conflicts -----------------------------------------------------------------------------

    def member(self, line: str) -> tuple[str, str, bool]:
        """Name, how it gives way, and whether it is marked as enough."""
        found = re.match(r"\s+\d+  (\* |  )?(.*?)   \[(.*)\]$", line)
        assert found, line
        text, place = found[2], found[3]
        way = "drop it"
        for word in (", down to ", ", also "):
            if word in text:
                text, _, rest = text.partition(word)
                way = f"{word[2:]}{rest}"
        return self.name(text, way, place), way, found[1] == "* "

    def name(self, text: str, way: str, place: str) -> str:
        """What the file calls a member, by the line it stands on."""
        if way.startswith(("down", "also")):
            section = "workload" if way.startswith("down") else "candidates"
            line = json.dumps(self.document, indent=1).splitlines()[int(place.split(":")[1]) - 1]
            return f"{section}.{line.strip().split(':')[0].strip('{').strip().strip(chr(34))}"
        return text if text in self.document["rules"] or place == "default" else text.split()[0]

    def conflict(self) -> None:
        heads = [
            i for i, x in enumerate(self.lines) if x.startswith(("These cannot hold", "This cannot be met"))
        ]
        uninvolved = dict(self.not_involved())
        for i in heads:
            head = self.lines[i]
            rows = itertools.takewhile(lambda x: re.match(r"  \d", x), self.lines[i + 1 :])
            members = [self.member(x) for x in rows]
            hardware = [m for m in members if not self.editable(m[0])]
            if hardware:
                continue
            for name, way, marked in members:
                alone = possible(changed(self.document, [(name, way)]))
                if "let any one give way and" in head or marked:
                    self.claim(alone, f"{head} {name}")
                elif "one marked *" in head or "conflicts remain" in head:
                    self.claim(not alone, f"{head} not {name}")
            if i == heads[0]:
                # All others let go, each demand as asked or as far as it may, and there is still none.
                fixed = [c for c in uninvolved.items() if not c[1].startswith("down")]
                free = [c for c in uninvolved.items() if c[1].startswith("down")]
                fixed = [c for c in fixed if self.editable(c[0])]
                for n in range(len(free) + 1):
                    for some in itertools.combinations(free, n):
                        self.claim(
                            not possible(changed(self.document, [*fixed, *some])), f"{head}: the rest alone"
                        )

    def editable(self, name: str) -> bool:
        try:
            changed(self.document, [(name, "<= 1")] if "." not in name else [])
        except KeyError:
            return False
        return True

    def not_involved(self) -> Iterator[tuple[str, str]]:
        line = next((x for x in self.lines if x.startswith("Not involved: ")), "")
        text = line.removeprefix("Not involved: ").removesuffix(".")
        for found in re.finditer(r"(.+?)(?: \(((?:also|down to) [^()]*)\))?(?:, |$)", text):
            yield found[1], found[2] or "drop it"

    # -- misses and repairs --------------------------------------------------------------------

    def misses(self) -> None:
        for line in self.under("Closest misses"):
            layout, _, missed = line.strip().partition(": ")
            result = self.evaluated(self.document, layout)
            broken = {b.name: b for b in result.violated}
            told = {re.split("[ :]", t)[0] for t in missed.split("; ")}
            known = {
                b.quantity
                for b in broken.values()
                if b.quantity and result.metrics[b.quantity].value is not None
            }
            self.claim(known <= told, f"miss {line}: breaks {sorted(broken)}")
            for said in missed.split("; "):
                found = re.match(
                    r"(\w+) (\S+(?: [^\d ]\S*)?) against (.*?)(?:, ([\d.,]+) % (over|below))?$", said
                )
                if found is None:
                    self.claim(said.split(":")[0] in broken, f"miss {line}: {said}")
                    continue
                missed_by = next((b.value for b in result.violated if b.quantity == found[1]), None)
                value = result.metrics[found[1]].value if missed_by is None else missed_by
                self.claim(
                    value is not None and _near(found[2], value), f"miss {line}: {found[1]} is {value}"
                )

    def evaluated(self, document: Document, layout: str) -> Any:
        question = read(document)
        given = parse_design(question, ", ".join(layout.split(" ")), "")
        complete_design(question, given)
        return evaluate(question, given)

    def repairs(self) -> None:
        rows = [*self.under("Smallest repairs"), *self.under("Smallest joint repair")]
        for line in rows:
            found = re.match(r"\s+(?:[a-z]  )?(.*?)(?:  ?\((?:sum )?([-+]?[\d.,e-]+) %\))?  with (.*)$", line)
            if found is None:
                continue
            changes = [self.change(c) for c in self.split(found[1])]
            if any(c is None for c in changes):
                continue
            told = [c for c in changes if c]
            edited = changed(self.document, told)
            self.claim(possible(edited), f"repair {line}")
            self.claim(self.evaluated(edited, found[3]).feasible, f"repair {line}: with that design")
            if len(told) == 1 and (less := self.less(*told[0])) is not None:
                self.claim(not possible(changed(self.document, [less])), f"repair {line}: {less} is enough")

    def split(self, text: str) -> list[str]:
        """Several changes, each of which starts with a name of the file or of what the hardware lacks."""
        rules = [t for rule in self.document["rules"] for t in (rule, rule.split(" <")[0])]
        names = [*self.document["budgets"], *rules, "idle_share", "workload.", "candidates."]
        starts = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        return re.split(rf", (?={starts}|[a-z_]+ needs )", text)

    def change(self, text: str) -> tuple[str, str] | None:
        """A change by its name; None of what no file says, as of hardware that lacks something."""
        if re.search(r" needs ", text):
            return None
        if text.startswith(("workload.", "candidates.")):
            name, _, told = text.partition(": ")
            return name, told
        if text.endswith(" drop it"):
            return text.removesuffix(" drop it"), "drop it"
        name, told = text.split(" ", 1)
        return name, told

    def less(self, name: str, told: str) -> tuple[str, str] | None:
        """The same change, smaller by one in its last digit of four; None where there is nothing smaller."""
        found = re.match(r"(<=|<|>=|>)?\s*([\d.e+]+)(.*)", told)
        if found is None or name.startswith("candidates") or name == "workload.sequence_length":
            return None
        number = float(found[2])
        step = 10.0 ** (math.floor(math.log10(number)) - 3)
        if ("request" in found[3] and "/s" not in found[3]) or name == "devices":
            step = max(1.0, step)
        up = name.startswith("workload.") or found[1] in (">=", ">")
        number = number + step if up else number - step
        if name == "workload.lengths" and number > 100:
            return None
        return name, f"{found[1] or ''} {number:.12g}{found[3]}".strip()


def _near(text: str, value: float) -> bool:
    number, unit = units.split(text.replace(",", ""))
    return math.isclose(number * units.factor(unit), value, rel_tol=6e-3)


def said(document: Document) -> Said:
    question = read(document)
    result = plan_question(question, every_conflict=True)
    assert result.status == "infeasible"
    text = render(result, question.job, 4000, question.units, file="acted.yaml")
    out = Said(document, text.splitlines())
    out.conflict()
    out.misses()
    out.repairs()
    return out


if __name__ == "__main__":
    checked = false = scenarios = 0
    for seed in range(*map(int, sys.argv[1:3])):
        document = drawn(seed)
        try:
            found = said(document)
        except Exception as e:
            print(seed, f"{type(e).__name__}: {e}", flush=True)
            false += 1
            continue
        checked, scenarios = checked + found.checked, scenarios + 1
        false += len(found.faults)
        for fault in found.faults:
            print(seed, fault, flush=True)
    print(f"{scenarios} scenarios, {checked} sentences acted on, {false} false")
