"""`catalog import`: the config.json of a model as an entry of the catalog."""

from __future__ import annotations

import re
from datetime import date as Day
from pathlib import Path

from catalogs.errors import InputError
from catalogs.schema.fact import Wrong, check_date
from designer.importing.entry import TOLERANCE, Imported, Stated, billions, entry_of
from designer.importing.shape import Shape, read_shape
from designer.words.numbers import percent

_ID = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
MAX_PARAMETERS = 1e15


def id_of(path: str | Path) -> str:
    """An id from the name of a file, or of its folder where the file is called config.json.

    >>> id_of("Qwen--Qwen3-32B-FP8_config.json"), id_of("models/Tiny 1B/config.json")
    ('qwen3-32b-fp8', 'tiny-1b')
    """
    file = Path(path)
    stem = file.name.removesuffix(".json").removesuffix("config").rstrip("_-.")
    name = stem or file.resolve().parent.name
    return "-".join(re.findall(r"[a-z0-9]+(?:[.][a-z0-9]+)*", name.split("--")[-1].lower())) or "model"


def import_config(
    path: str | Path,
    *,
    id: str | None = None,
    hub: str | None = None,
    parameters: float | None = None,
    active_parameters: float | None = None,
    source: str | None = None,
    date: str | None = None,
) -> tuple[Shape, Imported]:
    """The entry that a config.json becomes, and the shape it was made from.

    `hub` is the model's name on a hub, `source` says where the configuration and the stated totals were
    read, `date` when. Raises InputError for a configuration that is not known or not understood, by name.
    """
    shape = read_shape(path)
    wanted = id or (id_of(hub.split("/")[-1]) if hub else id_of(path))
    if not _ID.fullmatch(wanted):
        raise InputError(f"--id {wanted!r}: an id is lower-case words joined by '-' or '.'")
    if hub is not None and not _HUB.fullmatch(hub):
        raise InputError(f"--hub {hub!r}: write it like meta-llama/Llama-3.1-8B")
    for option, value in (("--parameters", parameters), ("--active-parameters", active_parameters)):
        if value is not None and not 0 < value <= MAX_PARAMETERS:
            raise InputError(f"{option} {value:g}: expected a number of parameters, for example 8.03e9")
    try:
        when = check_date(date or Day.today().isoformat())
    except Wrong as e:
        raise InputError(f"--date: {e}") from None
    read_from = source or (f"config.json of {hub}" if hub else Path(path).name)
    stated = Stated(
        id=wanted,
        name=hub.split("/")[-1] if hub else wanted,
        aliases=(hub.lower(),) if hub else (),
        source=read_from,
        date=when,
        publisher=source or "the publisher",
        parameters=parameters,
        active_parameters=active_parameters,
    )
    return shape, entry_of(shape, stated)


def write(imported: Imported, folder: str | Path) -> Path:
    """Write the entry into a folder of one's own entries; raises InputError rather than replace another."""
    file = Path(folder) / "models" / f"{imported.model.id}.yaml"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and file.read_bytes() != imported.text.encode():
            raise InputError(f"--out: {file} is there and says something else; take another --id")
        file.write_text(imported.text, encoding="utf-8")
    except OSError as e:
        raise InputError(f"--out {folder}: {e.strerror or e}") from None
    return file


def summary(shape: Shape, imported: Imported, stated: float | None) -> list[tuple[str, str]]:
    """What was found, as names and texts: the layers, the count beside what is stated, what is left out."""
    a = imported.model.architecture
    assert a is not None
    kinds = f"{a.layers} layers of {a.hidden}, {imported.model.attention}"
    if a.sliding_layers:
        kinds += f", {a.sliding_layers} of them with a window of {a.sliding_window:,}"
    if a.chunked_layers:
        kinds += f", {a.chunked_layers} of them in chunks of {a.attention_chunk:,}"
    if a.linear_layers:
        kinds += f", {a.linear_layers} of them with a state"
    if a.experts:
        kinds += f", {a.experts_per_token} of {a.experts} experts"
    rows = [(imported.model.id, kinds), ("parameters", _counts(imported.counted, stated))]
    rows.append(("weights", shape.weights))
    if shape.left_out:
        rows.append(("left out", ", ".join(shape.left_out)))
    if imported.not_planned:
        rows.append(("plans", f"refuse it: {imported.not_planned}"))
    if shape.unread:
        rows.append(("not read", ", ".join(shape.unread)))
    return rows


def _counts(counted: float | None, stated: float | None) -> str:
    if counted is None or stated is None:
        known = counted if counted is not None else stated
        assert known is not None
        return f"{billions(known)} {'counted' if counted is not None else 'stated, not counted'}"
    apart = abs(counted / stated - 1)
    more = "" if apart <= TOLERANCE else ", so the entry says what is counted"
    return f"{billions(counted)} counted, {billions(stated)} stated: {percent(apart)} apart{more}"
