"""What every job that runs a trained model has in common: requests, layouts, compression."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from catalogs import Catalog
from catalogs.schema import Model
from constraints.bundles import Bundle, Known, same, unknown
from constraints.bundles.device import ELEMENT_BYTES, SPARSITY, precision_bundle
from constraints.bundles.fidelity import score_bundle
from constraints.bundles.formats import products_bundle, stored_as, stored_bundle
from constraints.bundles.serving import serving_bundle
from constraints.bundles.software import software_bundle
from designer.fields.gives import MOMENTS, Gives, given_by, moments
from designer.fields.workload import DocumentBlock, Workload
from designer.fields.written import Pure, Time, TokenCount, TokenCountOrZero
from designer.jobs.shared import EP, NODE, REGION, STORED, TP, dp, pp, precision, upto
from designer.question.context import Context, Value
from designer.question.decisions import Decision, only
from designer.question.groups import Group
from designer.question.job import Intervals, Mistake, Phase, SoftwareChoice
from designer.words.numbers import count


class Length(DocumentBlock):
    """One kind of request in a mix."""

    share: Pure = Field(description="share of requests, up to a common factor")
    input: Annotated[TokenCount, Gives("input_tokens")] = Field(description="prompt tokens")
    output: Annotated[TokenCountOrZero, Gives("output_tokens")] = Field(
        description="generated tokens that the user sees"
    )
    reasoning: TokenCountOrZero = Field(
        default=0.0, description="tokens generated before them that the user does not see"
    )

    @property
    def generated(self) -> float:
        """Tokens generated, seen or not."""
        return self.reasoning + self.output


Lengths = Annotated[
    tuple[Length, ...],
    Gives(
        *MOMENTS,
        demand="amount",
        of=moments,
        words="prompts of {input_tokens} and answers of {output_tokens}",
        parts={"input_tokens": "input", "output_tokens": "output", "reasoning_tokens": "reasoning"},
    ),
]


class Inference(Workload):
    """What every job that runs a trained model says."""

    model: str = Field(
        description="a model of the catalog (designer catalog list models), or the config.json of one"
    )
    lengths: Lengths = Field(min_length=1, description="the mix of prompt and output lengths")


class Ongoing(Inference):
    """A job that goes on, of which some time is counted."""

    period: Annotated[Time, Gives("period")] = Field(
        default=365.25 * 86400 / 12,
        description="time over which cost and carbon are counted (default: a month)",
    )


PREFILL_BATCH = Decision(
    "prefill_batch", "count", "prefill batch", only(1), 1, short="pre\nbatch", tells="detail"
)


def _weights(c: Context) -> list[Value]:
    """The formats that products read as they are, and those the model's publisher stores it in."""
    found = list(c.domain("precision"))
    for checkpoint in c.catalog.get("models", c.workload.model).checkpoints:
        of = c.catalog.get("formats", checkpoint.format)
        if checkpoint.by is None and not {of.id, of.scored_as} & set(found):
            found.append(of.id)
    return found


_BATCHES: tuple[Value, ...] = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
DECISIONS = (
    NODE,
    Decision("engine", "choice", "engine", only(), entries="engines", tells="core"),
    precision(("bf16", "fp8"), tuple(ELEMENT_BYTES)),
    Decision(
        "weights", "choice", "weights", _weights, entries="formats", short="wts", left=False
    ),
    Decision("sparsity", "choice", "sparsity", only(), "none", ("none", *SPARSITY)),
    Decision(
        "kv", "choice", "KV", lambda c: c.domain("precision"), choices=STORED, left=False, tells="detail"
    ),
    TP,
    pp(only(1, 2, 4)),
    dp(lambda c: [1, 2, 4, 8] if max(c.model_counts("experts")) else [1]),
    EP,
    PREFILL_BATCH,
    Decision("batch", "count", "batch", only(*_BATCHES), tells="core", first=True),
    Decision("samples", "count", "samples", only(), 1, tells="core"),
    Decision(
        "replicas", "count", "replicas", lambda c: upto(min(64, c.most_devices())), short="×", tells="core",
        first=True,
    ),
    REGION,
)  # fmt: skip

# The order in which people say them.
SAID = (
    "node", "engine", "precision", "weights", "kv", "tp", "pp", "dp", "ep", "batch", "prefill_batch", "replicas",
    "region", "samples",
)  # fmt: skip
PHASES = (
    Phase("prefill", "prefill_time", work="prefill"),
    Phase("decode", "decode_full_step", work="decode"),
)
INTERVALS = Intervals(
    "intervals-serving",
    {"ttft": "ttft_bound", "tpot": "tpot_bound", "throughput": "throughput_bound"},
    "latencies are upper bounds and throughput is a lower one, with all that follows from them,",
)


def given(w: Inference) -> Bundle:
    """The workload as numbers, each declared with its field."""
    where = "the scenario's workload"
    out = same("scenario", where, given_by(w)) | same("scenario", where, {"samples": 1.0})
    success = getattr(w, "success", None)
    stated = unknown(f"{where} states no success") if success is None else Known(success, "scenario", where)
    alike = getattr(w, "success_concentration", None)
    if alike is not None:
        out["success_concentration"] = Known(alike, "scenario", where)
    return out | {"sample_success": stated}


def assumed(domains: Mapping[str, list[Value]]) -> Bundle:
    """How many nodes there may be, and what activations are kept in."""
    most = max(int(n) for n in domains["node_count"])
    return {
        "node_limit": Known(float(most), "scenario", "candidates.node_count"),
        "activation_bytes": Known(2.0, "datasheet", "definition: 16-bit activations"),
    }


def groups(catalog: Catalog, w: Inference, benchmark: str, open_: Collection[str]) -> list[Group]:
    """The engine, and how stored weights and their sparsity become bytes, rates and scores."""
    model = catalog.get("models", w.model)

    def node_precision(node: Value, precision: Value, pattern: Value = "none") -> Bundle:
        return precision_bundle(catalog, catalog.get("nodes", str(node)), str(precision), str(pattern))

    def stored(weights: Value, pattern: Value = "none") -> Bundle:
        return stored_bundle(stored_as(catalog, model, str(weights)), str(pattern))

    def products(node: Value, precision: Value, weights: Value) -> Bundle:
        acc = catalog.get("accelerators", catalog.get("nodes", str(node)).accelerator)
        return products_bundle(stored_as(catalog, model, str(weights)), str(precision), acc)

    def score(weights: Value, precision: Value, kv: Value, pattern: Value = "none") -> Bundle:
        formats = (str(weights), str(precision), str(kv), str(pattern))
        return score_bundle(catalog, model.id, benchmark, *formats)

    def served(node: Value, precision: Value) -> Bundle:
        return serving_bundle(catalog, catalog.get("nodes", str(node)), str(precision))

    def element(kv: Value) -> Bundle:
        of = catalog.get("formats", str(kv))
        return {"kv_element_bytes": replace(Known.of(of.bits, f"formats/{of.id}"), si=of.bits.si / 8)}

    more = ("sparsity",) if "sparsity" in open_ else ()
    return [
        *(
            [Group("engine", ("engine",), lambda e: software_bundle(catalog, "engines", str(e)))]
            if "engine" in open_
            else []
        ),
        Group("rates", ("node", "precision", *more), node_precision),
        Group("weights", ("weights", *more), stored),
        Group("products", ("node", "precision", "weights"), products),
        Group("score", ("weights", "precision", "kv", *more), score),
        Group("serving", ("node", "precision"), served),
        Group("kv", ("kv",), element),
    ]


def mistakes(w: Inference, entry: Model, model: Bundle) -> Iterator[Mistake]:
    """A context longer than the model was made for is a mistake, not a layout."""
    most = model["max_context"].si
    for i, length in enumerate(w.lengths):
        path = ("workload", "lengths", i)
        if entry.kind == "encoder" and length.generated:
            message = f"{w.model} is an encoder and generates nothing; write 0 token"
            yield Mistake((*path, "output"), message)
        if length.input + length.generated > most:
            message = (
                f"{count(length.input + length.generated)} token of input and output is longer than the context"
                f" of {w.model}: {most:,.0f} token"
            )
            yield Mistake(path, message)


def refused(w: Inference) -> dict[str, str]:
    """Requests that put nothing out have no time per output token."""
    answered = any(m.generated for m in w.lengths)
    return {} if answered else {"output": "requests without output"}


# The least that is said of requests.
REQUESTS: Mapping[str, object] = {"lengths": [{"share": 1, "input": "1 token", "output": "1 token"}]}
# What every such job says of itself in the same way.
COMMON: Mapping[str, Any] = dict(
    phases=PHASES,
    said=SAID,
    assumptions=("operations", "serving"),
    node_counts=(8,),
    intervals=INTERVALS,
    software=SoftwareChoice("engine", "engines"),
    given=given,
    assumed=assumed,
    groups=groups,
    mistakes=mistakes,
    refused=refused,
)
