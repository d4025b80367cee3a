"""Points drawn from distributions: Sobol sequences, Latin hypercubes, plain Monte Carlo."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from catalogs.errors import InputError
from designer.documents.sweep import SampledAxis
from designer.question.question import Question
from designer.search.compile import tables_of
from designer.sweeping.axes import Axis, Drawn, with_unit
from designer.sweeping.extras import needed


def draw(samples: SampledAxis, over: Mapping[str, Drawn], question: Question | None) -> Axis:
    """One axis whose rows are the samples; the same seed draws the same rows."""
    qmc = needed("scipy.stats", "scipy", "sampled sweeps").qmc
    centres = {path: _centre(path, d, question) for path, d in over.items()}
    if samples.method == "monte_carlo":
        import numpy as np

        shares = np.random.default_rng(samples.seed).random((samples.count, len(over)))
    else:
        engine = {"sobol": qmc.Sobol, "latin_hypercube": qmc.LatinHypercube}[samples.method]
        with warnings.catch_warnings():
            # A Sobol sequence that is no power of two long is less even, and still a sample.
            warnings.simplefilter("ignore", UserWarning)
            shares = engine(len(over), seed=samples.seed).random(samples.count)
    # The very ends of an unbounded distribution are infinite.
    shares = shares.clip(1e-9, 1 - 1e-9)
    columns = [
        [with_unit(d.at(float(s), centres[path][0]), centres[path][1]) for s in shares[:, k]]
        for k, (path, d) in enumerate(over.items())
    ]
    return Axis(tuple(over), tuple(zip(*columns, strict=True)))


def _centre(path: str, d: Drawn, question: Question | None) -> tuple[float, str]:
    """Centre and unit of a distribution, from the base scenario where it says `base`."""
    if d.kind == "uniform" or d.centre is not None:
        return d.centre or 0.0, d.unit
    assert question is not None
    section, _, name = path.partition(".")
    if section != "assume":
        raise InputError(f"{path}: only assumptions are centred on the base scenario; give the centre")
    unit = question.unit(name)
    if name in question.given:
        value = question.given[name].si
    elif name in (tables := tables_of(question)):
        values = tables[name].values
        if not (values == values.flat[0]).all():
            raise InputError(f"{path}: the base scenario has several values of {name}; give the centre")
        value = float(values.flat[0])
    else:
        raise InputError(f"{path}: the base scenario does not state {name}; give the centre")
    if not value > 0:
        raise InputError(f"{path}: the base scenario has {value:g} of {name}; give a centre above 0")
    return (value * 100, "%") if unit == "%" else (value, unit)
