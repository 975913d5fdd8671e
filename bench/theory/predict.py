"""What the models say of one cell, and how far a measurement may be from it."""

from __future__ import annotations

import math

from bench.report.document import Cell, Document
from bench.theory import models
from bench.theory.models import Costs, Law, Work

MEAN_OFF = (0.05, 0.001)  # of the prediction, or s, whichever is larger
P99_OFF = (0.10, 0.002)
LOW_LOAD = (0.02, 0.6)  # cores: below, the clock of the CPU is too coarse; above, the models of low load end


def law(cell: Cell) -> Law | None:
    """The law of latency that this cell must obey, or None where no model speaks: past the knee, of others' servers,
    and of what falls under several experiments at once."""
    rate, rtt = cell.param("rate"), cell.param("rtt")
    if rate is None or rtt is None or not cell.ours or cell.params.get("beyond") is True or cell.variant == "latest":
        return None
    down = rtt / 2
    if cell.transport == "poll":
        return _poll(cell, rate, rtt, down)
    if cell.transport in ("tcp", "sse", "ws"):
        return models.push(down)
    if cell.transport != "longpoll":
        return None
    if cell.params.get("shape") == "periodic" and rate > 0:
        return (
            None if cell.variant == "unbatched" and 1 / rate <= rtt else models.longpoll_periodic(1 / rate, rtt, down)
        )
    if cell.params.get("shape") == "burst":
        return None
    if cell.variant == "unbatched":
        return models.longpoll_single(rate, rtt, down)
    return models.longpoll(rate, rtt, down, hold=cell.param("hold"))


def _poll(cell: Cell, rate: float, rtt: float, down: float) -> Law | None:
    interval = cell.param("interval")
    if not interval:
        return None
    mode = cell.params.get("mode")
    return models.poll(interval, rtt, down, rate=rate, mode="delay" if mode == "delay" else "rate")


def predicted(cell: Cell, figure: str) -> float | None:
    """What a figure should be; None where no model says."""
    found = law(cell)
    if found is None:
        return None
    value = _value(found, cell, figure)
    return value if value is not None and math.isfinite(value) else None


def _value(found: Law, cell: Cell, figure: str) -> float | None:
    if figure in ("mean", "max"):
        return found.mean if figure == "mean" else found.max
    if figure in ("p50", "p95", "p99"):
        return found.quantile(int(figure[1:]) / 100)
    if figure == "request_rate":
        return found.requests
    if figure == "empty_share":
        return _empty(cell, found)
    return found.per_answer if figure == "messages_per_answer" and cell.transport == "longpoll" else None


def _empty(cell: Cell, found: Law) -> float | None:
    rate = cell.param("rate")
    if cell.transport == "poll" and rate and cell.params.get("shape") == "periodic":
        return models.empty_periodic(1 / rate, 1 / found.requests)
    if cell.params.get("shape") == "burst":
        return None
    return found.empty if cell.transport in ("poll", "longpoll") else None


def load(cell: Cell) -> float | None:
    """a: messages that come while a long poll is away."""
    rate, rtt = cell.param("rate"), cell.param("rtt")
    return None if rate is None or rtt is None else rate * rtt


def near(figure: str, measured: float, expected: float) -> bool:
    """Whether a measurement is as near to its model as the bench promises."""
    share, least = MEAN_OFF if figure == "mean" else P99_OFF
    return abs(measured - expected) <= max(share * expected, least)


def work(cell: Cell) -> Work | None:
    """What the server did in this cell, for the fit of its costs."""
    cpu, delivered = cell.figure("server_cpu"), cell.figure("delivered")
    answers = cell.figure("answers") or cell.figure("requests")
    if cpu is None or delivered is None:
        return None
    if cell.transport in ("poll", "longpoll"):
        return None if answers is None else Work(cpu, answers=answers, messages=delivered)
    written = delivered if cell.variant == "per-message" or answers is None else answers
    if cell.transport == "sse":
        return Work(cpu, events=written, messages=delivered)
    return Work(cpu, frames=written, messages=delivered)


def costs(document: Document) -> Costs | None:
    """The costs of this server, from the cells of E4 in which it had time to spare."""
    works = []
    for group in document.of("E4"):
        for cell in group.cells:
            cores = cell.figure("cores")
            if cell.ours and cores is not None and LOW_LOAD[0] <= cores <= LOW_LOAD[1]:
                works.append(work(cell))
    found = [one for one in works if one is not None]
    return models.fit(found) if len(found) >= 3 else None
