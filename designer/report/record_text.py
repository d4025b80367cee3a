"""The record of a quantity in words, beside its equation."""

from __future__ import annotations

from constraints.quantity import Record


def in_words(q: Record) -> list[str]:
    """What the record says, a phrase each; of what nobody set, nothing.

    >>> in_words(Record("mfu", better="more", aliases=("utilisation",))), in_words(Record("mfu"))
    (['more is better', 'also called utilisation'], [])
    """
    words = {
        "more is better": q.better == "more",
        f"also called {', '.join(q.aliases)}": q.aliases,
        f"shown as a share of {q.share_of}": q.share_of,
        "a fleet adds it up": q.total == "sum",
        "of a fleet, the most at any one time": q.total == "peak",
        "needs an output of the request": q.needs == "output",
        "needs somebody who waits for the request": q.needs == "waiting",
        f"runs beside {q.feeds}": q.feeds,
        f"keeps up with {q.demand} of {q.supply}": q.demand,
        f"note: {q.note}": q.note,
        f"where unknown: {q.unknown}": q.unknown,
        "where unknown, a limit keeps it out": q.guarded,
        "moves with the market or the site": q.market,
        f"at least {q.least:g}": q.least,
        f"spread of published {q.follows} measurements{', inversely' if q.inversely else ''}": q.follows,
        "lifted by more or other hardware, or less work": q.unit == "truth" and not q.form,
        "says which layouts there are": q.form,
        f"where broken, what is made of {q.voids} means nothing": q.voids,
    }
    return [text for text, there in words.items() if there]
