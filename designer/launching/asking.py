"""The question that a launch asks, and its design in the question's words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalogs import Catalog, yaml
from catalogs.errors import InputError
from constraints.roles import NODES
from designer.evaluating.design import complete_design, values_of
from designer.exporting.target import NEUTRAL
from designer.jobs.shared import NO_EXPERTS
from designer.jobs.training import MEASURED
from designer.launching.places import model_of, models_of, node_of
from designer.launching.stated import Reading
from designer.question.context import Value
from designer.question.question import Question
from designer.reading.loading import document_of, locate
from designer.reading.source_map import Flagged, SourceMap
from designer.reading.steps import question_of

# Requests where nothing says what they are: the lengths most published comparisons have.
INPUT, OUTPUT = 1024, 1024
# Sequences of a replica that are asked about at most.
MOST = 2**16
# What an engine takes of memory above which its cap on sequences is the higher one, and the caps.
_LARGE, _CAPS = 70 * 2**30, (1024, 256)


@dataclass
class AskedLaunch:
    """A question with one design of it, and what was taken to ask it."""

    question: Question
    design: dict[str, Value]
    stated: Reading
    node: str
    nodes: int
    taken: list[str] = field(default_factory=list)
    # Sequences of a replica: what the engine would take at most, and what the memory holds.
    cap: int | None = None
    room: int | None = None


@dataclass(frozen=True)
class Asking:
    """What there is beside the launch: a scenario, machines, overrides."""

    catalog: Catalog
    file: str = ""
    node: str = ""
    nodes: int | None = None
    sets: Sequence[str] = ()


def asked_of(stated: Reading, beside: Asking) -> AskedLaunch:
    """The question of a launch. Raises InputError for what is missing, with the option that gives it."""
    node = (
        node_of(beside.catalog, beside.node or stated.node)
        if beside.node or stated.node
        else _only_node(beside)
    )
    per_node = beside.catalog.get("nodes", node).accelerators
    whole = _inference if stated.serves else _training
    return whole(stated, beside, node, per_node)


def _only_node(beside: Asking) -> str:
    if beside.file:
        data = document_of(locate(beside.file)).data
        candidates = data.get("candidates")
        given = candidates.get("node") if isinstance(candidates, dict) else None
        if isinstance(given, str):
            return node_of(beside.catalog, given)
    raise InputError("the launch does not say on what it runs: give --node, for example --node p5.48xlarge")


def _question(beside: Asking, stated: Reading, made: dict[str, Any], node: str, nodes: int) -> Question:
    """The scenario's question, or one made of the launch, with what the launch itself says in either."""
    given = {s.partition("=")[0].strip() for s in beside.sets}
    if beside.file:
        document = document_of(locate(beside.file))
        said = {"candidates.node": node, f"candidates.{NODES}": str(nodes)}
    else:
        document = yaml.Document("the launch", made, {}, {})
        said = {}
    said |= {f"assume.{name}": text for name, text in stated.assume.items()}
    more = [Flagged(f"{path}={text}", "--from") for path, text in said.items() if path not in given]
    source = SourceMap(document, [*beside.sets, *more], beside.catalog)
    question = question_of(source)
    if question.pools:
        raise InputError("the scenario has pools of machines apart, and a launch is of one")
    if beside.file:
        _same_model(stated, question, beside.catalog)
    return question


def _same_model(stated: Reading, question: Question, catalog: Catalog) -> None:
    wanted = question.scenario.workload.model
    if (
        wanted
        and not wanted.endswith(".json")
        and model_of(catalog, stated.model) != catalog.find("models", wanted)
    ):
        shape = catalog.get("models", wanted).architecture
        if shape is None or shape.model_copy(update={"source": None}) != _shape(catalog, stated):
            raise InputError(
                f"the launch runs {model_of(catalog, stated.model)}, and the scenario is of {wanted}"
            )


def _shape(catalog: Catalog, stated: Reading) -> Any:
    found = catalog.get("models", model_of(catalog, stated.model)).architecture
    return found.model_copy(update={"source": None}) if found else None


def _model(stated: Reading, beside: Asking, taken: list[str]) -> str:
    """The id of the model; one that the user names stands for what the launch says."""
    if any(s.partition("=")[0].strip() == "workload.model" for s in beside.sets):
        return "llama-3.1-8b"  # replaced before it is read
    if not stated.model:
        raise InputError("the launch names no model: --set workload.model=NAME")
    first, *others = models_of(beside.catalog, stated.model)
    if others:
        taken.append(
            f"the model is {first}, of whose shape {', '.join(others[:4])} are too: --set workload.model=NAME"
        )
    return first


def _known(question: Question, design: Mapping[str, Value]) -> dict[str, Value]:
    """The decisions that the question has; raises InputError where one that matters is none."""
    names = {d.name for d in question.decisions}
    if left := [
        n
        for n, v in design.items()
        if n not in names and n != "engine" and n not in NO_EXPERTS and v not in NEUTRAL.get(n, ())
    ]:
        raise InputError(f"the {question.job.name} job has no {', '.join(left)}")
    shared, tp = int(design.get("etp", 1)), int(design.get("tp", 1))
    if "etp" in names and tp % shared:
        raise InputError(
            f"each expert is split over {shared} ranks, which are more than the {tp} of a tensor group: not modelled"
            " here; with expert parallelism over these ranks experts stay whole"
        )
    return {n: v for n, v in design.items() if n in names}


# --- inference ---------------------------------------------------------------------------------------------


def _published(stated: Reading, catalog: Catalog, node: str, taken: list[str]) -> dict[str, Value]:
    """The decisions with the format that the model's publisher stores it in, where the launch says none."""
    d = dict(stated.decisions)
    if stated.stores or not stated.model:
        return d
    model = catalog.find("models", model_of(catalog, stated.model))
    own = [c for c in catalog.get("models", model).checkpoints if c.by is None] if model else []
    if not own:
        taken.append(
            f"weights in {d['weights']}: neither the launch nor the catalog says that they are narrower"
        )
        return d
    stored = catalog.get("formats", own[0].format)
    device = catalog.get("accelerators", catalog.get("nodes", node).accelerator)
    products = stored.products if stored.products in device.compute.rates() else None
    taken.append(f"weights in {stored.id}, as {model} is published")
    return {**d, "weights": stored.id, "precision": products or d["precision"]}


def _inference(stated: Reading, beside: Asking, node: str, per_node: int) -> AskedLaunch:
    d = stated.decisions
    each = math.prod(int(d[n]) for n in ("tp", "pp", "dp"))
    replicas = int(d["replicas"])
    # A replica that is wider than a node has whole nodes to itself.
    needs = (
        math.ceil(each / per_node) * replicas if each > per_node else math.ceil(replicas / (per_node // each))
    )
    nodes = beside.nodes or needs
    taken = [*stated.taken]
    d = _published(stated, beside.catalog, node, taken)
    stated = replace(stated, decisions=d)
    made = _served(stated, beside, node, nodes, taken)
    question = _question(beside, stated, made, node, nodes)
    asked = AskedLaunch(question, {}, stated, node, nodes, taken)
    first = _known(question, {**d, "node": node, "batch": d.get("batch", 1)})
    design, _ = complete_design(question, first)
    _fill_batch(asked, design, beside.catalog)
    if not beside.file and question.job.name == made["workload"]["job"]:
        users = int(asked.design["batch"]) * replicas
        if not any(s.partition("=")[0].strip() == "workload.concurrency" for s in beside.sets):
            made["workload"]["concurrency"] = f"{users} request"
            made["candidates"]["batch"] = _batches(users, nodes * per_node)
            asked.taken.append(
                f"{users:,} users at once, as many as the engine takes at once: --set workload.concurrency=N"
            )
        asked.question = _question(beside, stated, made, node, nodes)
    return asked


def _batches(users: int, devices: int) -> list[int]:
    """Sequences of a replica that share the users evenly, for every number of replicas there may be."""
    return sorted({math.ceil(users / n) for n in range(1, min(devices, users) + 1)})


def _served(stated: Reading, beside: Asking, node: str, nodes: int, taken: list[str]) -> dict[str, Any]:
    """A scenario of users who keep the engine busy, where none is given."""
    if beside.file:
        return {}
    context = stated.work.get("context", 2 * (INPUT + OUTPUT))
    output = 0 if stated.embeds else min(OUTPUT, max(1, context // 2))
    prompt = max(1, min(INPUT, context - output - 1))
    paths = {s.partition("=")[0].strip() for s in beside.sets}
    if not paths & {"workload.lengths", "workload.isl", "workload.osl"}:
        taken.append(
            f"requests of {prompt:,} tokens and answers of {output:,}: --set workload.isl=N --set workload.osl=N,"
            " or a scenario"
        )
    model = _model(stated, beside, taken)
    job = {"job": "concurrent", "concurrency": "1 request"}
    if stated.embeds:
        raise InputError("a launch that embeds asks for a scenario: designer evaluate SCENARIO --from ...")
    d = stated.decisions
    return {
        "name": "launch",
        "workload": {
            **job,
            "model": model,
            "lengths": [{"share": 1, "input": f"{prompt} token", "output": f"{output} token"}],
        },
        "candidates": {
            "node": node,
            NODES: nodes,
            **{n: d[n] for n in ("precision", "weights", "kv")},
        },
        **({"engine": str(d["engine"])} if beside.catalog.find("engines", str(d.get("engine", ""))) else {}),
    }


def _fill_batch(asked: AskedLaunch, design: dict[str, Value], catalog: Catalog) -> None:
    """As many sequences as the engine would hold: no more than it is told, and than its memory has room for."""
    d, q = asked.stated.decisions, asked.question
    device = catalog.get("accelerators", catalog.get("nodes", asked.node).accelerator)
    if "batch" in d:
        asked.cap = int(d["batch"])
    elif asked.stated.capped:
        large = device.memory.si >= _LARGE and "a100" not in device.id
        asked.cap = _CAPS[not large] * int(d["dp"])
        asked.taken.append(
            f"at most {asked.cap:,} sequences of a replica at once, the default of {asked.stated.launcher}"
        )
    unit = int(d["pp"]) * int(d["dp"])
    asked.room = unit * _held(q, design, unit, asked.cap)
    most = max(unit, min(asked.room, asked.cap or asked.room))
    asked.design = {**design, "batch": most}
    if asked.cap is None and asked.room:
        asked.taken.append(f"{most:,} sequences of a replica at once, what its memory holds")


def _held(question: Question, design: Mapping[str, Value], unit: int, cap: int | None) -> int:
    """The most sequences, in so many at a time, that memory has room for; no more than are asked about."""

    def fits(count: int) -> bool:
        at = {name: known.si for name, known in question.bundle({**design, "batch": count * unit}).items()}
        values = question.graph.evaluate([MEASURED.allocated, MEASURED.usable], at)
        return bool(values[MEASURED.allocated] <= values[MEASURED.usable])

    low, high = 0, max(1, (cap or MOST) // unit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


# --- training ----------------------------------------------------------------------------------------------


def _training(stated: Reading, beside: Asking, node: str, per_node: int) -> AskedLaunch:
    ranks = beside.nodes * per_node if beside.nodes else stated.ranks.total(per_node)
    decisions = dict(stated.decisions)
    if ranks is None and "dp" not in decisions:
        raise InputError("the launch does not say how many ranks it starts: give --nodes N")
    if ranks is None:
        ranks = math.prod(int(decisions.get(n, 1)) for n in ("tp", "pp", "cp", "dp"))
    dp = int(stated.derive_dp(ranks)["dp"])
    if int(decisions.get("dp", dp)) != dp:
        raise InputError(
            f"dp {decisions['dp']} of the launch and {ranks} ranks contradict each other: {ranks} leave dp {dp}"
        )
    decisions["dp"] = dp
    nodes = math.ceil(ranks / per_node)
    taken = [*stated.taken]
    if "global_batch" not in decisions:
        many = stated.work.get("accumulation")
        if many is None or "micro_batch" not in decisions:
            raise InputError("the launch does not say how large a batch is; name the script's arguments too")
        decisions["global_batch"] = int(decisions["micro_batch"]) * many * dp
    made = _trained(stated, beside, decisions, node, nodes, taken)
    question = _question(beside, stated, made, node, nodes)
    given = _known(question, {**decisions, "node": node, NODES: nodes})
    design, _ = complete_design(question, given)
    if "save_steps" in stated.work and "checkpoint_interval" not in given:
        step = float(values_of(question, design)[MEASURED.time])
        design["checkpoint_interval"] = stated.work["save_steps"] * step
    return AskedLaunch(question, design, replace(stated, decisions=decisions), node, nodes, taken)


def _trained(
    stated: Reading, beside: Asking, d: Mapping[str, Value], node: str, nodes: int, taken: list[str]
) -> dict[str, Any]:
    """A scenario of the run that the launch is of, where none is given."""
    if beside.file:
        return {}
    length, steps = stated.work.get("sequence_length"), stated.work.get("iterations")
    paths = {s.partition("=")[0].strip() for s in beside.sets}
    if length is None and "workload.sequence_length" not in paths:
        raise InputError(
            "the launch does not say how long sequences are: --set workload.sequence_length='8192 token'"
        )
    batch = int(d["global_batch"]) * (length or 1)
    if steps is None and "workload.dataset" not in paths:
        steps = 1000
        taken.append("1,000 steps: --set workload.dataset='15e12 token'")
    free = ("sharding", "recompute", "sp")
    return {
        "name": "launch",
        "workload": {
            "job": "training", "model": _model(stated, beside, taken), "sequence_length": f"{length or 1} token",
            "global_batch": f"{batch} token", "dataset": f"{(steps or 1) * batch} token",
        },
        "candidates": {
            "node": node, NODES: nodes, **({"precision": d["precision"]} if "precision" in d else {}),
            **{n: [*dict.fromkeys([str(d[n]), *_USUAL[n]])] for n in free if n in d},
        },
        "rules": ["idle_share <= 100 %"],
        **({"framework": stated.framework} if stated.framework else {}),
    }  # fmt: skip


_USUAL = {"sharding": ("zero1", "zero2", "zero3"), "recompute": ("none", "selective", "full"), "sp": ("on",)}
