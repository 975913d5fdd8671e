"""What grows at a full server: found in a made-up world where it is known, and denied where it is not so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bench.experiments.e14 import WARM
from bench.report import growth
from bench.report.document import Document, parse
from bench.report.figure_growth import growth as drawn
from bench.report.files import markdown, tables
from bench.report.page import html
from bench.theory import models
from tests.bench.test_bench_report import FRAME, MESSAGE, REQUEST, Run, framed

LOAD, FULL = 150e3, 300e3  # deliveries a second


def full(run: Run, servers: dict[str, float], *, flat: bool = False) -> None:
    """E14. An answer takes each of the `servers` so many s; `flat`: a frame for each message does not fall behind."""
    for server, request in servers.items():
        for clients in (100, 1000, 3000):
            many(run, server, clients, request)
    for seconds in (1.0, 3.0, 6.0):
        late = 0.3 if flat else models.queued(FULL * (FRAME + MESSAGE), WARM + seconds, 0.99)
        lasting(run, "ws", "per-message", seconds, late, FRAME + MESSAGE)
        lasting(run, "longpoll", "ours", seconds, models.herd(300, FULL, REQUEST, MESSAGE), 1 / FULL)


def many(run: Run, server: str, clients: int, request: float) -> None:
    """Long polls at a full server and below it, and at ours what writes once for several."""
    for load in (30e3, LOAD):
        cycle = models.herd(clients, load, request, MESSAGE)
        batch = max(1.0, load * cycle / clients)

        def asked(cycle: float = cycle, batch: float = batch, load: float = load) -> dict[str, Any]:
            late = cycle * run.noise(0.05)
            return {"p99": late, "messages_per_answer": batch, "cpu_per_delivery": cycle / clients / batch,
                    "delivered": load}  # fmt: skip

        said: dict[str, Any] = {"clients": clients, "rate": load / clients, "seconds": 1.5, "shape": "periodic"}
        run.add("E14", f"{server} longpoll", "longpoll", asked, server, **said)
        for transport in ("sse", "ws") if server == "ours" else ():
            run.add("E14", transport, transport, lambda: {"p99": clients * FRAME * run.noise(0.05)}, **said)


def lasting(run: Run, transport: str, variant: str, seconds: float, late: float, cost: float) -> None:
    """A second, three and six of a load that fills the server."""
    made = lambda: {"p99": late * run.noise(0.02), "cpu_per_delivery": cost, "messages_per_answer": 9.0}
    run.add("E14", transport, transport, made, variant, clients=300, rate=1000.0, seconds=seconds, shape="periodic")


def world(servers: dict[str, float] | None = None, **more: Any) -> Document:
    run = Run()
    full(run, servers or {"ours": REQUEST, "nchan": 20e-6}, **more)
    return parse(framed(run))


def test_a_long_poll_is_as_late_as_its_number_times_an_answer() -> None:
    found = growth.settled(world())
    ours = {one.clients: one for one in found if one.server == "ours"}
    assert set(ours) == {100, 1000, 3000}
    for one in found:
        assert one.load == LOAD and one.times.middle == pytest.approx(1.0, abs=0.1)
        assert one.times.low is not None and one.times.low < 1.1
    assert ours[3000].p99.middle == pytest.approx(30 * ours[100].p99.middle, rel=0.2)
    assert {one.server for one in found} == {"ours", "nchan"}


def test_where_each_message_goes_alone_no_server_is_full() -> None:
    assert all(one.load == LOAD for one in growth.settled(world({"ours": REQUEST})))
    assert [one.clients for one in growth.settled(world({"ours": 5e-6}))] == []


def test_a_frame_for_each_message_grows_as_the_queue_that_it_is() -> None:
    by = {(one.kind, one.seconds): one for one in growth.lasting(world())}
    assert len(by) == 6
    for (kind, _), one in by.items():
        assert (one.model is None) == (kind == "longpoll")
        assert one.model is None or one.p99.middle == pytest.approx(one.model, rel=0.1)


def test_three_sentences_say_so_wherever_the_report_stands() -> None:
    told = world()
    said = growth.sentences(told)
    assert len(said) == 3
    assert re.search(r"its p99 is (0\.9|1|1\.0)\d* to 1\.?\d* times .* an answer, here and with nchan: \S+ ms", said[0])
    assert re.search(r"later by the second, [\d.]+ s, [\d.]+ s and [\d.]+ s after 1, 3 and 6 s", said[1])
    assert (
        re.search(r"p99 of sse 2\d(\.\d)? ms and ws 2\d(\.\d)? ms", said[2]) and "with 3,000 clients at 150k" in said[2]
    )
    for sentence in said:
        assert sentence in markdown(told) and sentence in html(told) and sentence in tables(told)


def test_the_figure_has_its_models_and_its_table() -> None:
    figure = drawn(world())
    assert figure is not None
    for width in (880.0, 328.0):
        svg = figure.draw(width)
        assert svg.count('class="model"') == 3 and "by message" in svg and "nchan" in svg
    assert len(figure.table.rows) == 12 and [row[5] for row in figure.table.rows if row[0] == "longpoll"][-1] == ""


@pytest.mark.parametrize("lacks", ["crowds", "times", "all"])
def test_a_run_without_them_says_nothing_of_it(lacks: str) -> None:
    raw = world().raw

    def lasts(cell: Any) -> bool:
        params = cell["params"]
        return (params["rate"], params["clients"]) == (1000.0, 300)

    left = [cell for cell in raw["cells"] if lacks != "all" and lasts(cell) == (lacks == "crowds")]
    told = parse({**raw, "cells": left})
    assert drawn(told) is None
    assert len(growth.sentences(told)) == {"crowds": 1, "times": 2, "all": 0}[lacks]
