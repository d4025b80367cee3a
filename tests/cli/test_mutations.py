"""Scenarios changed at random: each loads or says, with a place, what is wrong with it."""

from __future__ import annotations

import copy
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from catalogs import Catalog, InputError
from catalogs.errors import Problem
from designer.reading.loading import load, shipped

pytestmark = pytest.mark.slow

CATALOG = Catalog()
DATA = {name: YAML(typ="safe").load(path.read_text("utf-8")) for name, path in shipped().items()}
VALUES = st.one_of(
    st.sampled_from(
        [0, -1, 1, 7, 2.5, 1e300, 10**30, True, False, "", " ", "x", "8192", "8192 token", "-1 h", "0 s",
         "1e400 h", "nan", "1..0", "1..9", "0..4", "1 kg", "30 USD/h", "40 %", "tp", "<= 3", "tp <= 8", "(" * 60,
         "a.b", "spot", "owned", "fp4", "dgx-h100", "h100-sxm", "aws-us-east-1", "llama-3.1-8b",
         "bert-base", "t5-11b", [], {}, [[]], [1, "2"], {"a": 1}, ["cost"], {"tp": 8},
         "1e308 GB", "\u0663", "training", "serving", "batch"]
    ),
    st.text(max_size=12), st.integers(-3, 10**12), st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
NAMES = """
name workload job model candidates budgets objectives rules assume baseline site pricing solver tp pp dp node
devices node_count accelerator region precision weights kv batch rate lengths share input output tenure provider
price pue sequence_length global_batch dataset storage reliability dp_overlap cost time_limit seed sp
"""
KEYS = st.sampled_from(NAMES.split())


def _spots(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [p for k, v in items for p in ((*path, k), *_spots(v, (*path, k)))]


@st.composite
def scenarios(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A shipped scenario with a few values dropped, replaced, repeated or moved, and overrides."""
    data = copy.deepcopy(DATA[draw(st.sampled_from(sorted(DATA)))])
    for _ in range(draw(st.integers(1, 3))):
        spots = _spots(data)
        if not spots:
            break
        *path, last = draw(st.sampled_from(spots))
        holder = data
        for p in path:
            holder = holder[p]
        match draw(st.sampled_from(["drop", "replace", "repeat", "add", "swap"])):
            case "drop":
                del holder[last]
            case "replace":
                holder[last] = copy.deepcopy(draw(VALUES))
            case "repeat" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
            case "swap":
                holder[last] = copy.deepcopy(DATA[draw(st.sampled_from(sorted(DATA)))].get(str(last), {}))
            case _ if isinstance(holder, dict):
                holder[draw(KEYS)] = copy.deepcopy(draw(VALUES))
    out = io.StringIO()
    YAML(typ="safe").dump(data, out)
    sets = draw(st.lists(st.tuples(st.lists(KEYS, min_size=1, max_size=2), VALUES), max_size=1))
    return out.getvalue(), [f"{'.'.join(p)}={v}" for p, v in sets]


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(scenarios())
def test_a_changed_scenario_loads_or_says_where(changed: tuple[str, list[str]]) -> None:
    text, sets = changed
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "f.yaml"
        file.write_text(text, "utf-8", errors="surrogatepass")
        problems = _problems(file, sets)
        for p in problems:
            placed = p.file == str(file) and p.line is not None
            assert placed or "--set " in str(p), (p, text, sets)
            assert len(p.message) < 600


def _problems(file: Path, sets: list[str]) -> tuple[Problem, ...]:
    try:
        load(file, sets, CATALOG)
    except InputError as e:
        return e.problems
    return ()
