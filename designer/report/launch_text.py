"""The answer of `evaluate --from` as text."""

from __future__ import annotations

from designer.jobs import decided
from designer.launching.result import Better, Difference, LaunchResult
from designer.question.question import Question
from designer.report.evaluate_text import render as render_evaluation
from designer.words.numbers import percent
from designer.words.text import wrap


def render(result: LaunchResult, q: Question, width: int, *, everything: bool = False) -> str:
    """What was read, whether it fits and what it does; what is wasted, what is not counted, what is better."""
    machines = f"{result.nodes:,} x {result.node}"
    lines = wrap(f"{result.launcher}: {result.model} on {machines}: {_fit(result)}", width)
    if result.read:
        lines += wrap(f"read     {'; '.join(f'{n} from {w}' for n, w in result.read.items())}", width, 0, 9)
    for text in result.taken:
        lines += wrap(f"taken    {text}", width, 0, 9)
    lines += ["", render_evaluation(result.evaluation, q, width, everything=everything)]
    for title, texts in (("Wasted", result.wasted), ("Said by the launch and not counted", result.remarks)):
        if texts:
            lines += ["", title]
            for text in texts:
                lines += wrap(text, width, 2, 4)
    if result.better is not None:
        lines += ["", *_improved(result.better, q, width)]
    return "\n".join(lines)


def _fit(result: LaunchResult) -> str:
    if not result.fits:
        return "does NOT run"
    return "fits" if result.evaluation.feasible else "fits, and misses budgets"


def _improved(better: list[Better], q: Question, width: int) -> list[str]:
    if not better:
        return wrap("Nothing on these machines is better in an objective and worse in none.", width)
    lines = ["Better on the same machines"]
    for one in better:
        gains = ", ".join(f"{n} {_signed(x)}" for n, x in one.changes.items())
        layout = ", ".join(f"{d.option}={d.then}" for d in one.decisions)
        lines += wrap(f"{gains or 'it runs'}: {layout or _layout(one)}", width, 2, 4)
        if one.options is None:
            lines += wrap(f"no options for it: {one.why_not}", width, 4, 6)
        else:
            lines += [line for d in one.options for line in wrap(_option(d), width, 4, 6)]
    return lines


def _layout(one: Better) -> str:
    return ", ".join(f"{n}={decided(n, v)}" for n, v in one.design.items())


def _option(d: Difference) -> str:
    if d.then is None:
        return f"without {d.option} {d.now}"
    return f"{d.option} {d.then}" + (f" instead of {d.now}" if d.now is not None else "")


def _signed(share: float) -> str:
    return f"{'+' if share > 0 else '-'}{percent(abs(share))}"
