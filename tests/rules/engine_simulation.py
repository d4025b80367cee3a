"""An inference engine that batches continuously, event by event: an oracle that shares no code with the rules.

A replica takes decode steps of all its sequences, and reads the prompts that came meanwhile: each whole, before the
next step, or in chunks that share a pass with the sequences being decoded. Requests arrive by themselves (open loop)
or when a user's last answer is complete (closed loop).
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import simpy

Kind = tuple[float, int, int]  # share of requests, tokens of the prompt, tokens of the answer


@dataclass(frozen=True)
class Engine:
    """How long its passes take: seconds a step, a sequence in it, a token of context; a prompt, a token of it."""

    step: float
    sequence: float
    context: float
    prompt: float
    token: float
    slots: int = 1_000_000
    chunk: int = 0  # tokens of prompts that share a pass with decoding; 0: prompts are read whole, and first

    def decode(self, sequences: int, contexts: float) -> float:
        return self.step + self.sequence * sequences + self.context * contexts


@dataclass
class Found:
    """What requests and an observer at random times saw."""

    ttft: list[float] = field(default_factory=list)
    tpot: list[float] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    contexts: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    latency: list[float] = field(default_factory=list)
    end: float = 0.0

    def mean_over_time(self, values: Sequence[float]) -> float:
        return float(np.average(values, weights=self.weights))

    def over_time(self, values: Sequence[float], share: float) -> float:
        order = np.argsort(values)
        passed = np.cumsum(np.asarray(self.weights)[order])
        return float(np.asarray(values)[order][np.searchsorted(passed, share * passed[-1])])


@dataclass
class _Request:
    prompt: int
    answer: int
    came: float
    left: int = 0
    first: float = 0.0


def simulate(
    engine: Engine,
    mix: Sequence[Kind],
    *,
    requests: int,
    seed: int,
    rate: float = 0.0,
    users: int = 0,
    pause: float = 0.0,
) -> Found:
    """Run until so many requests are answered; the first tenth is left out, as the start is empty.

    Requests come at a `rate`, or each of the `users` sends the next one a mean `pause` after its answer.
    """
    env, draw, found = simpy.Environment(), random.Random(seed), Found()
    waiting: deque[_Request] = deque()
    running: list[tuple[int, int, _Request]] = []  # by the step after which they leave
    state = {"step": 0, "done": 0, "contexts": 0.0, "number": 0}
    work = env.event()
    shares = [k[0] for k in mix]
    skipped = requests // 10

    def arrive() -> None:
        nonlocal work
        _, prompt, answer = draw.choices(mix, shares)[0]
        waiting.append(_Request(prompt, answer, env.now, prompt))
        if not work.triggered:
            work.succeed()

    def arrivals() -> Iterator[simpy.Event]:
        while True:
            yield env.timeout(draw.expovariate(rate))
            arrive()

    def complete(r: _Request) -> None:
        state["done"] += 1
        if state["done"] > skipped:
            found.ttft.append(r.first - r.came)
            found.latency.append(env.now - r.came)
            if r.answer > 1:
                found.tpot.append((env.now - r.first) / (r.answer - 1))
        if users:
            env.process(next_request())

    def next_request() -> Iterator[simpy.Event]:
        """A client reads the end of an answer and sends again, at any moment of a step."""
        yield env.timeout(draw.uniform(0, 2 * pause))
        arrive()

    def first_token(r: _Request) -> None:
        r.first = env.now
        if r.answer <= 1:
            complete(r)
            return
        state["number"] += 1
        state["contexts"] += r.prompt + 1
        heapq.heappush(running, (state["step"] + r.answer - 1, state["number"], r))

    def advance() -> None:
        """Every sequence has one token more; those that are complete leave."""
        state["step"] += 1
        state["contexts"] += len(running)
        while running and running[0][0] <= state["step"]:
            r = heapq.heappop(running)[2]
            state["contexts"] -= r.prompt + r.answer
            complete(r)

    def seen(time: float) -> None:
        if state["done"] >= skipped:
            found.sequences.append(len(running))
            found.contexts.append(state["contexts"])
            found.weights.append(time)

    def whole() -> Iterator[simpy.Event]:
        if waiting and len(running) < engine.slots:
            r = waiting.popleft()
            time = engine.prompt + engine.token * r.prompt
            seen(time)
            yield env.timeout(time)
            first_token(r)
        else:
            time = engine.decode(len(running), state["contexts"])
            seen(time)
            yield env.timeout(time)
            advance()

    def merged() -> Iterator[simpy.Event]:
        room, read = engine.chunk, []
        time = engine.decode(len(running), state["contexts"])
        for r in waiting:
            if room <= 0 or len(running) + len(read) >= engine.slots:
                break
            taken = min(room, r.left)
            read.append((r, taken))
            room -= taken
            time += engine.token * taken + engine.prompt * (taken == r.left)
        seen(time)
        yield env.timeout(time)
        if running:
            advance()
        for r, taken in read:
            r.left -= taken
            if not r.left:
                waiting.remove(r)
                first_token(r)

    def serve() -> Iterator[simpy.Event]:
        nonlocal work
        while state["done"] < requests:
            if not waiting and not running:
                work, idle = env.event(), env.now
                yield work
                seen(env.now - idle)
            yield from merged() if engine.chunk else whole()

    if users:
        for _ in range(users):
            arrive()
    else:
        env.process(arrivals())
    env.run(env.process(serve()))
    found.end = env.now
    return found
