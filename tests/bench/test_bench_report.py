"""The report of a run that never was: its cells are made of the models and noise, so what it must say is known."""

from __future__ import annotations

import csv
import io
import math
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hdrh.histogram import HdrHistogram

from bench.claims import CLAIMS, findings
from bench.report import beside, figures
from bench.report.about import warnings
from bench.report.answer import Answer
from bench.report.document import BadDocument, Document, parse, read
from bench.report.drawing import Drawing
from bench.report.files import cells_csv, markdown, tables, write
from bench.report.page import html
from bench.report.runs import keep, read_all
from bench.report.saying import percent
from bench.report.tables import experiment
from bench.theory import models
from bench.theory.stats import Verdict

TRIPS = (0.0, 0.02, 0.05, 0.1, 0.2)
HOSTILE = "</script><script src=//evil.example/x.js></script>\"'><img src=x onerror=alert(1)>"
Cell = dict[str, Any]


# ---- a run that never was


class Run:
    """Makes the cells of a run, of the shape that `python -m bench` gives them."""

    def __init__(self, rounds: int = 5, seed: int = 1) -> None:
        self.luck, self.rounds = random.Random(seed), rounds
        self.cells: list[Cell] = []

    def noise(self, off: float = 0.01) -> float:
        return math.exp(self.luck.gauss(0, off))

    def add(
        self, experiment: str, name: str, transport: str, make: Callable[[], Cell], variant: str = "ours", **params: Any
    ) -> None:
        """A scenario in all rounds. `twin=True`: another one beside it."""
        twins = (False, True) if params.pop("twin", False) else (False,)
        told = {"clients": 20, "rate": 2.0, "shape": "poisson", "interval": None, "mode": None, "rtt": 0.0}
        told |= {"size": 100, "seconds": 5.0, "hold": None, "beyond": False, **params}
        for at in range(self.rounds):
            for twin in twins:
                found = make()
                kept = found.pop("histogram", None)
                cell: Cell = {"experiment": experiment, "name": name, "transport": transport, "variant": variant}
                cell |= {"twin": twin, "round": at, "params": told, "void": None, "figures": found, "histogram": kept}
                self.cells.append(cell)

    def latency(self, law: models.Law, count: int = 800, add: float = 0.0004) -> Cell:
        """The figures of latencies drawn from a law, with a little that the machine adds."""
        ages = sorted(law.quantile(self.luck.random()) + add * self.noise(0.3) for _ in range(count))
        kept = HdrHistogram(1, 600_000_000, 3)
        for age in ages:
            kept.record_value(round(age * 1e6))
        told = {f"p{p}": ages[math.ceil(p / 100 * count) - 1] for p in (50, 95, 99)}
        return {"mean": sum(ages) / count, "max": ages[-1], "delivered": count, "sent": count, "lost": 0, "repeated": 0,
                "generator_cpu": 0.2, "histogram": kept.encode().decode(), **told}  # fmt: skip


def latency_experiments(run: Run) -> None:
    for rtt in TRIPS:
        for name, law in ((name, models.push(rtt / 2)) for name in ("ws", "sse", "tcp")):
            own = 0.0004 * (1.16 if name == "ws" and not rtt else 1)
            pushed = lambda: run.latency(law, add=own)
            run.add("E2", f"{name} rtt={rtt * 1000:g}", name, pushed, rtt=rtt, twin=rtt == 0.1)
        held = models.longpoll(2.0, max(rtt, 1e-6), rtt / 2)
        run.add("E2", f"longpoll rtt={rtt * 1000:g}", "longpoll", lambda: run.latency(held), rtt=rtt)
        for mode in ("rate", "delay"):
            for every in (0.25, 1.0):
                asked = models.poll(every, rtt, rtt / 2, rate=2.0, mode=mode)

                def make() -> Cell:
                    answers = 2000
                    asking = {
                        "answers": answers,
                        "empty": round(answers * asked.empty),
                        "requests": asked.requests * 100,
                    }
                    return run.latency(asked) | asking | traffic(run, asked, 20)

                name = f"poll-{mode} T={every:g} rtt={rtt * 1000:g}"
                run.add("E2", name, "poll", make, rtt=rtt, interval=every, mode=mode)
    for rate in (2.0, 5.0, 10.0, 20.0, 50.0):
        for rtt in (0.05, 0.1, 0.2):
            law_of_longpoll(run, rate, rtt)
    for way in (0.025, 0.075, 0.11, 0.14, 0.2):
        kinked = models.longpoll_periodic(0.25, 2 * way, way)
        said: dict[str, Any] = {"rtt": 2 * way, "rate": 4.0, "shape": "periodic"}
        run.add("E3", f"longpoll 4 Hz d={way * 1000:g}", "longpoll", lambda: run.latency(kinked, 100), **said)


def traffic(run: Run, law: models.Law, size: int) -> Cell:
    asked = 1 / max(1e-9, 1 - law.empty) if law.requests else 0
    return {
        "up": 110 * 800 * asked,
        "down": 260 * 800 * asked,
        "segments_up": 1600 * asked,
        "segments_down": 800 * asked,
    }


def law_of_longpoll(run: Run, rate: float, rtt: float) -> None:
    held, a = models.longpoll(rate, rtt, rtt / 2), rate * rtt
    single = models.longpoll_single(rate, rtt, rtt / 2)

    def batched() -> Cell:
        asked = {"requests": held.requests * 100 * run.noise(), "answers": 800 / held.per_answer}
        return run.latency(held, 1200) | asked | {"messages_per_answer": held.per_answer * run.noise()}

    def growing() -> Cell:
        return run.latency(models.push(rtt / 2, clients=1, each=2 * models.longpoll_single_growing(rate, rtt, 5.0)))

    name = f"rtt={rtt * 1000:g}"
    run.add("E3", f"longpoll batched {name}", "longpoll", batched, rtt=rtt, rate=rate)
    if a < 0.95:
        drawn = lambda: run.latency(queued(run, single, rate, rtt), 400)
        run.add("E3", f"longpoll unbatched {name}", "longpoll", drawn, "unbatched", rtt=rtt, rate=rate)
    elif a > 1:
        run.add("E3", f"longpoll unbatched {name}", "longpoll", growing, "unbatched", rtt=rtt, rate=rate, beyond=True)


def queued(run: Run, law: models.Law, rate: float, rtt: float) -> models.Law:
    """The same law, drawn by playing the queue: its formula takes its time."""
    waits, wait = [], 0.0
    for _ in range(4000):
        wait = max(0.0, wait + rtt - run.luck.expovariate(rate))
        waits.append(wait)
    return replace(law, quantile=lambda p: rtt / 2 + waits[int(p * len(waits))])


REQUEST, FRAME, MESSAGE = 45e-6, 9e-6, 0.8e-6  # s of the server, as this run will have it
LOADS = (900.0, 3e3, 9e3, 3e4, 6e4, 105e3, 150e3, 210e3, 3e5)


def saturation(run: Run, *, coalesced: float = 1.0, sse: float = 1.05) -> None:
    """E4. `coalesced`, `sse`: so many times as late as the models say."""
    for load in LOADS:
        for transport, variant in (
            ("poll", "ours"),
            ("longpoll", "ours"),
            ("sse", "ours"),
            ("ws", "per-message"),
            ("ws", "ours"),
        ):

            def make(kind: tuple[str, str] = (transport, variant), load: float = load) -> Cell:
                return loaded(run, kind, load, coalesced if kind[0] == "ws" else sse)

            run.add("E4", f"{transport} {variant}", transport, make, variant, clients=300, rate=load / 300, seconds=1.0,
                    beyond=True, shape="periodic", interval=1.0 if transport == "poll" else None,
                    twin=(transport, variant) == ("ws", "ours"))  # fmt: skip


def loaded(run: Run, kind: tuple[str, str], load: float, times: float) -> Cell:
    clients, noise = 300, run.noise(0.04)
    if kind == ("poll", "ours"):
        late, last, answers = 0.5, 0.99, 300.0
    elif kind == ("longpoll", "ours"):
        cycle = models.herd(clients, load, REQUEST, MESSAGE)
        late, last, answers = cycle / 2, cycle, min(load, 0.9 / REQUEST)
    elif kind == ("ws", "per-message"):
        busy = load * (FRAME + MESSAGE)
        late = clients * FRAME / 2 + models.queued(busy, 1.0)
        last, answers = clients * FRAME + models.queued(busy, 1.0, 0.99), load
    else:
        cycle = models.herd(clients, load, FRAME, MESSAGE) * times
        late, last, answers = cycle / 2, cycle, min(load, 0.9 / FRAME)
    each = REQUEST if kind[0] in ("poll", "longpoll") else FRAME
    cpu = min(1.0, answers * each + load * MESSAGE) * run.noise(0.01)
    return {
        "p50": late * noise, "mean": late * noise, "p99": last * noise, "max": last * noise * 1.1, "server_cpu": cpu,
        "delivered": load, "sent": load / 300, "lost": 0, "answers": answers, "requests": answers,
        "generator_cpu": min(0.75, load * 2e-6), "messages_per_answer": load / answers,
    }  # fmt: skip


def costs_and_faults(run: Run) -> None:
    kinds = (("poll", 0.25), ("poll seldom", 1.0), ("longpoll", None), ("sse", None), ("ws", None))
    for size in (20, 125, 1000, 64000):
        for name, interval in kinds:
            transport = name.split()[0]
            made = lambda: sized(transport, size, interval)
            run.add("E1", name, transport, made, size=size, interval=interval, rate=4.0, shape="periodic")
    for transport in ("poll", "ws"):
        replayed = lambda: kaazing(transport)
        run.add("E1", f"the paper's {transport}", transport, replayed, "kaazing", size=21, rate=4.0)
    for transport, variant, each in (
        ("poll", "ours", 2.1),
        ("longpoll", "ours", 9.5),
        ("sse", "ours", 12.0),
        ("ws", "ours", 14.5),
        ("ws", "deflate", 62.0),
    ):
        for clients in (200, 1000):
            made = lambda: {"memory_per_client": each * 1024 * run.noise(), "server_cpu": 0.02}
            run.add("E5", f"{variant} {transport} N={clients}", transport, made, variant, clients=clients, rate=0,
                    twin=clients == 1000, deflate=variant == "deflate")  # fmt: skip
    for transport in ("poll", "longpoll", "sse", "ws"):
        for cursor in (True, False):
            share = 1.0 if cursor else 0.84
            made = lambda: {"delivered": 1000, "lost": 0, "retained": share * (run.noise() if share < 1 else 1)}
            run.add("E6", f"{transport} {cursor}", transport, made, cursor=cursor, cut=3.0)
    for transport in ("poll", "ws"):
        for retry in ("fixed", "jitter") if transport == "ws" else ("fixed", "jitter", "phase"):
            bins = {"fixed": [0, 0, 0, 280, 20], "jitter": [0, 0, *([10] * 30)], "phase": [30] * 10}[retry]
            run.add(
                "E8",
                f"{transport} {retry}",
                transport,
                lambda: {"requests_by_100ms": bins},
                clients=300,
                retry=retry,
            )
    for name, transport, around in (("POST up", "poll", 301.0), ("ws up", "ws", 6.0)):
        made = lambda: {"overhead_up": around, "mean": 0.0502 * run.noise(0.002), "delivered": 30}
        run.add("E1", name, transport, made, direction="up", rate=10.0, rtt=0.1, size=20)
    bozdag(run)
    tabs(run)


def tabs(run: Run, streams: int = 6) -> None:
    """Eight of each kind in one tab; so many streams come through."""
    for transport, through, heard, after in (
        ("longpoll", 6, 8, None),
        ("sse", streams, streams, None),
        ("ws", 8, 8, 0.005),
    ):
        made = lambda: {"held": through, "heard_by": heard, "beside": after}
        run.add("E9", f"eight of {transport}", transport, made, clients=8)


def sized(transport: str, size: int, interval: float | None) -> Cell:
    """Eighty messages, one by one; a poll each second brings four."""
    many = 80 * (4 if transport == "poll" and interval == 1.0 else 1)
    answers, framing = 80, {"ws": models.ws_bytes(size + 150) - size - 150, "sse": 30}.get(transport, 0)
    heads = 0 if transport in ("ws", "sse") else 1
    told = {"delivered": many, "answers": answers, "requests": answers * heads, "payload_down": many * (size + 150)}
    told |= {"framing_down": answers * framing, "head_up": 110 * answers * heads, "head_down": 180 * answers * heads}
    told |= {"segments_up": answers * 1, "segments_down": answers, "lost": 0, "up": 110 * answers * heads}
    return told | {"down": told["payload_down"] + told["framing_down"] + told["head_down"]}


def kaazing(transport: str) -> Cell:
    heads, body, framing = models.KAAZING, 21, 2
    poll = transport == "poll"
    each = {
        "delivered": 1, "answers": 1, "requests": int(poll),
        "payload_down": body, "framing_down": 0 if poll else framing,
        "head_up": heads.request if poll else 0, "head_down": heads.answer if poll else 0,
        "up": heads.request if poll else 0, "down": body + (heads.answer if poll else framing),
        "segments_up": 2 if poll else 1, "segments_down": 1,
    }  # fmt: skip
    return {name: 40 * count for name, count in each.items()}


def bozdag(run: Run) -> None:
    said: dict[str, Any] = {"shape": "periodic", "mode": "rate"}
    for publish in (0.1, 0.5, 5.0):
        for pull in (0.1, 0.5, 1.5):
            for variant in ("ours", "latest"):
                share = models.lost_periodic(publish, pull) if variant == "latest" else 0.0
                told = {"delivered": 1000 * (1 - share), "lost": round(1000 * share), "answers": 1000}
                told |= {"empty": round(1000 * models.empty_periodic(publish, pull))}
                name = f"pull {pull:g} {variant}"
                run.add("E7", name, "poll", lambda: {**told}, variant, interval=pull, rate=1 / publish, **said)
    alone = (
        ("poll", 0.1, 80e-6),
        ("poll", 0.5, 40e-6),
        ("poll", 1.5, 19e-6),
        ("poll", 5.0, 8e-6),
        ("longpoll", None, 60e-6),
        ("ws", None, 12e-6),
    )
    for transport, interval, cpu in alone:
        late = interval / 2 if interval else 0.001

        def make(late: float = late, cpu: float = cpu) -> Cell:
            return {"mean": late * run.noise(), "server_cpu": cpu * 600 * run.noise(), "delivered": 600}

        name = f"{transport} {interval} alone"
        run.add("E7", name, transport, make, clients=100, interval=interval, rate=2.0, seconds=3.0, **said)


def document(rounds: int = 5, seed: int = 1, **changed: Any) -> dict[str, Any]:
    """A whole run."""
    run = Run(rounds, seed)
    latency_experiments(run)
    saturation(run)
    costs_and_faults(run)
    return framed(run, **changed)


def framed(run: Run, **changed: Any) -> dict[str, Any]:
    machine = {"cpu": "Imagined 2.0 GHz", "cores": 2, "memory_mib": 7900, "kernel": "6.18", "python": "3.11.2",
               "versions": {"uvicorn": "0.54", "websockets": "17.0"}, "loop": "uvloop", "congestion": "cubic",
               "steal_percent": 0.1}  # fmt: skip
    told = {"version": 1, "began": "2026-11-23T10:00:00+00:00", "ended": "2026-11-23T10:41:00+00:00", "seed": 7,
            "quick": False, "interrupted": False, "machine": machine, "settings": {"rounds": run.rounds}}  # fmt: skip
    return {**told, "cells": run.cells, **changed}


@pytest.fixture(scope="module")
def whole() -> Document:
    raw = document()
    for number, cell in enumerate(raw["cells"]):
        if cell["experiment"] == "E2" and number % 40 == 0:
            cell["void"] = "3 messages were lost"
    return parse(raw)


@pytest.fixture(scope="module")
def page(whole: Document) -> str:
    return html(whole)


OTHER = ("href", "report.zh.html")  # the one link of the page: to itself in the other language


class Outline(HTMLParser):
    """Checks that what is opened is closed, and keeps what could load something."""

    VOID = {"meta", "link", "img", "br", "hr", "input"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.loads: list[tuple[str, str | None]] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "data", "action", "xlink:href", "poster") or name.startswith("on"):
                self.loads.append((name, value))
            if name == "id" and value:
                self.ids.append(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> where {self.open[-3:]} is open"
        self.open.pop()


def outline(text: str) -> Outline:
    found = Outline()
    found.feed(text)
    found.close()
    assert found.open == []
    return found


# ---- what the report says


def found(document: Document) -> dict[str, Verdict]:
    return {claim.number: finding.verdict for claim, finding in findings(document)}


def test_what_is_rare_is_compared_with_its_model_over_all_rounds() -> None:
    """In each of these rounds 2 of 100 messages are late by as much as in the model's tail, but in one all of them."""
    run, ages = Run(rounds=5), iter([[0.05] * 100] * 4 + [[0.05] * 50 + [0.5] * 50])

    def make() -> Cell:
        kept = HdrHistogram(1, 600_000_000, 3)
        told = next(ages)
        for age in told:
            kept.record_value(round(age * 1e6))
        return {"mean": sum(told) / 100, "p99": sorted(told)[98], "histogram": kept.encode().decode()}

    run.add("E3", "longpoll", "longpoll", make)
    (group,) = parse(framed(run)).of("E3")
    assert group.middle("p99") == pytest.approx(0.05) and group.overall("p99") == pytest.approx(0.5, rel=0.001)
    assert group.middle("mean") == pytest.approx(0.05) and group.overall("mean") == pytest.approx(0.095)


def test_the_answer_of_e4_is_one_sentence_with_intervals(whole: Document) -> None:
    answer = Answer(whole)
    assert answer.naive and answer.naive.knee == 150e3  # 102,000 is where its cost says
    assert (answer.first, answer.second) == (Verdict.HOLDS, Verdict.HOLDS)
    assert re.search(r"Yes: from 150k deliveries/s on, .* against .* s after 1 s of it \(A/A noise", answer.sentence)
    last = answer.past[-1]
    assert answer.band is not None and last.effect == pytest.approx(1 / last.ratio.middle - 1)
    assert f"{percent(answer.band / last.effect)} of that difference" in answer.sentence
    assert answer.title.endswith("ahead or level everywhere")


def test_other_libraries_long_polls_stand_beside_ours() -> None:
    run = Run()
    for variant, cost in (("ours", 200e-6), ("socket.io", 50e-6)):
        for load, batch in ((900.0, 1.0), (3000.0, 1.0), (30e3, 4.0 if variant == "ours" else 1.0)):
            made = {"cpu_per_delivery": cost, "messages_per_answer": batch, "p99": load * cost / 100}
            run.add("E4", variant, "longpoll", lambda: dict(made), variant, clients=300, rate=load / 300)
    told = parse(framed(run))
    said = beside.sentence(told)
    assert said is not None and said in markdown(told) and said in html(told) and said in tables(told)
    assert "at 3,000 deliveries/s" in said and "200 µs (ours) and 50 µs (socket.io)" in said
    assert said.endswith("at 30k, in batches, its p99 is 60 ms (ours) and 15 ms (socket.io).")
    run.cells = [cell for cell in run.cells if cell["variant"] == "ours"]
    assert beside.sentence(parse(framed(run))) is None


def test_coalesced_frames_that_are_slow_do_not_win_everywhere() -> None:
    run = Run()
    saturation(run, coalesced=3.0)
    answer = Answer(parse(framed(run)))
    assert answer.second is Verdict.FAILS
    assert re.search(r"does not win everywhere: it is behind in \d+ of 36", answer.sentence)


# The claim is of WebSocket and SSE: one of them that keeps up refutes it.
@pytest.mark.parametrize(
    ("coalesced", "sse", "verdict", "names"),
    [
        (1.0, 1.05, Verdict.ONLY, "sse and coalesced ws stayed ahead"),
        (1.0, 100.0, Verdict.ONLY, "coalesced ws stayed ahead"),
        (100.0, 1.05, Verdict.ONLY, "sse stayed ahead"),
        (100.0, 100.0, Verdict.HOLDS, ""),
    ],
)
def test_who_degrades_is_asked_of_all_that_push(coalesced: float, sse: float, verdict: Verdict, names: str) -> None:
    run = Run()
    saturation(run, coalesced=coalesced, sse=sse)
    (told,) = [one for claim, one in findings(parse(framed(run))) if claim.number == "C10"]
    assert told.verdict is verdict and told.measured.startswith(names)
    assert told.when == ("each message is written by itself" if verdict is Verdict.ONLY else "")


@pytest.mark.parametrize(("times", "verdict"), [(1.0, Verdict.OPEN), (4.0, Verdict.FAILS)])
def test_long_polling_that_is_as_late_or_later_does_not_beat_anything(times: float, verdict: Verdict) -> None:
    run = Run()
    saturation(run)
    late = {(c["round"], c["params"]["rate"]): c["figures"] for c in run.cells if c["variant"] == "per-message"}
    for cell in run.cells:
        if cell["transport"] == "longpoll":
            naive = late[cell["round"], cell["params"]["rate"]]
            cell["figures"] |= {name: naive[name] * times * run.noise(0.02) for name in ("p50", "p99")}
    answer = Answer(parse(framed(run)))
    assert answer.first is verdict and answer.sentence.startswith(
        "No: " if times > 1 else "Long polling past the knee: not"
    )


def test_without_a_twin_the_answer_is_not_shown() -> None:
    run = Run()
    saturation(run)
    run.cells = [cell for cell in run.cells if not cell["twin"]]
    answer = Answer(parse(framed(run)))
    assert (answer.first, answer.second) == (Verdict.OPEN, Verdict.OPEN) and "no A/A twin" in answer.sentence
    assert any("no A/A twin" in warning for warning in warnings(answer.document))


def test_one_round_settles_nothing_that_was_timed() -> None:
    one = parse(document(rounds=1))
    verdicts = found(one)
    timed = ("C1", "C2", "C3", "C4", "C5", "C8", "C9", "C10", "C16")
    assert {verdicts[number] for number in timed} == {Verdict.OPEN}
    assert verdicts["C6"] is Verdict.ONLY  # bytes are counted
    assert any("1 round" in warning and "--rounds 5" in warning for warning in warnings(one))
    outline(html(one))


def test_the_costs_and_knees_come_back_out_of_the_cells(whole: Document) -> None:
    from bench.theory.predict import costs

    fitted = costs(whole)
    assert (
        fitted and fitted.frame == pytest.approx(FRAME, rel=0.1) and fitted.request == pytest.approx(REQUEST, rel=0.1)
    )
    bends = models.knees(fitted, 300)
    assert bends.ws == pytest.approx(1 / (FRAME + MESSAGE), rel=0.05)


# ---- the files


def test_the_page_parses_and_asks_nobody_for_anything(page: str) -> None:
    seen = outline(page)
    assert seen.loads == [OTHER] and "script" not in seen.tags and "link" not in seen.tags
    assert len(seen.ids) == len(set(seen.ids))
    assert not re.search(r"url\(|@import", page)
    outside = {url for url in re.findall(r"https?://[^\s\"'<]+", page)}
    assert outside == {"http://www.w3.org/2000/svg"}  # a name, not an address


def test_the_page_has_every_claim_figure_and_reason(whole: Document, page: str) -> None:
    for claim in CLAIMS:
        assert f"<b>{claim.number}</b>" in page
    assert {figure.name for figure in figures.all_figures(whole)} == {
        "e4", "cdf", "law", "pareto", "bytes", "sequence", "memory",
    }  # fmt: skip
    for figure in figures.all_figures(whole):
        assert f'<figure id="{figure.name}">' in page
    assert page.count("3 messages were lost") == sum(cell.void is not None for cell in whole.cells)
    for said in ("Imagined 2.0 GHz", "uvicorn 0.54", "python -m bench --rounds 5", "python -m bench --only E2"):
        assert said in page


def test_each_figure_is_an_svg_with_a_title_within_its_width(whole: Document) -> None:
    for figure in figures.all_figures(whole):
        for width in (figures.WIDE, figures.NARROW):
            root = ET.fromstring(figure.draw(width))
            assert root[0].text == figure.title and root[1].text
            assert float(root.attrib["width"]) == width
            for text in root.iter("{http://www.w3.org/2000/svg}text"):
                assert -1 <= float(text.attrib["x"]) <= width, (figure.name, text.text)
                assert 0 <= float(text.attrib["y"]) <= float(root.attrib["height"]), (figure.name, text.text)


def test_a_word_never_stands_outside_the_figure(whole: Document) -> None:
    """By the width that a text is reckoned to have."""
    for figure in figures.all_figures(whole):
        for width in (figures.WIDE, figures.NARROW):
            for text in ET.fromstring(figure.draw(width)).iter("{http://www.w3.org/2000/svg}text"):
                kind, x, wide = text.attrib.get("class", ""), float(text.attrib["x"]), len(text.text or "") * 13 * 0.5
                left = x - wide if "end" in kind else x - wide / 2 if "mid" in kind else x
                assert left > -14 and left + wide < width + 14, (figure.name, width, text.text)


def test_the_slide_stands_alone(whole: Document) -> None:
    slide = figures.slide(whole)
    assert slide
    root = ET.fromstring(slide)
    assert root.attrib["viewBox"] == "0 0 1280 720" and "prefers-color-scheme: dark" in slide
    assert figures.slide(parse(framed(Run()))) is None


def test_the_files_are_written_and_made_again_from_their_run(tmp_path: Path) -> None:
    first = write(read_all(keep(parse(document(rounds=2)), tmp_path)), tmp_path)
    names = {"report.html", "report.zh.html", "runs", "cells.csv", "e4.svg"}
    assert {path.name for path in tmp_path.iterdir()} == names
    second = write(read_all(tmp_path), tmp_path / "second")
    assert second.read_text() == first.read_text()


DAMAGE: list[bytes | Callable[[bytes], bytes]] = [
    *(b"\x1f\x8b", b"{", b"\xff\xfe"),
    *(lambda kept: kept[:-9], lambda kept: kept[:-9] + bytes(9)),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_result_is_refused_in_a_sentence(damage: bytes | Callable[[bytes], bytes], tmp_path: Path) -> None:
    kept = keep(parse(document(rounds=2)), tmp_path)
    kept.write_bytes(damage if isinstance(damage, bytes) else damage(kept.read_bytes()))
    with pytest.raises(BadDocument, match=r"\.json\.gz is"):
        read(kept)


def test_the_table_of_cells_has_a_row_for_each_cell(whole: Document) -> None:
    rows = list(csv.DictReader(io.StringIO(cells_csv(whole))))
    assert len(rows) == len(whole.cells)
    for row, cell in zip(rows, whole.cells, strict=True):
        assert (row["experiment"], row["name"], row["round"]) == (cell.experiment, cell.name, str(cell.round))
        assert row["void"] == (cell.void or "")
        assert row["p99"] == str(cell.figures.get("p99", "")) and row["param rate"] == str(cell.params["rate"])


def test_the_terminal_has_the_same_tables(whole: Document) -> None:
    told = tables(whole)
    assert all(f"\n{claim.number} (" in told for claim in CLAIMS)
    assert all(f"\n{name} " in told for name in ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9"))
    assert "3 messages were lost" in told and Answer(whole).sentence in told


def test_tables_have_one_order_whatever_was_played_first() -> None:
    raw = document()
    random.Random(1).shuffle(raw["cells"])
    table = experiment(parse(raw), "E4")
    assert table is not None
    loads = [(float(row[2].replace(",", "")), row[1]) for row in table.rows]
    assert [load for load, _ in loads] == sorted(load for load, _ in loads)
    assert [kind for load, kind in loads if load == loads[0][0]] == [
        "poll", "longpoll", "sse", "ws", "ws (twin)", "ws per-message",
    ]  # fmt: skip


def test_what_does_not_apply_leaves_its_place_in_a_table_empty(whole: Document) -> None:
    rows = [row for name in whole.experiments if (table := experiment(whole, name)) for row in table.rows]
    assert rows and not any("not measured" in said for row in rows for said in row)


# ---- documents that are not whole


def test_an_interrupted_run_of_some_experiments_is_reported_with_what_is_missing() -> None:
    run = Run(rounds=5)
    saturation(run)
    told = parse(framed(run, interrupted=True, ended=None))
    said = warnings(told)
    assert any("interrupted" in warning for warning in said)
    assert any("python -m bench --only E1,E2,E3,E5,E6,E7,E8,E9" in warning for warning in said)
    page = html(told)
    outline(page)
    assert found(told)["C1"] is Verdict.UNTOLD and "python -m bench --only E5" in page


@pytest.mark.parametrize("lose", ["figures", "params", "histogram", "some", "all"])
def test_whatever_is_missing_in_cells_is_not_measured_and_no_accident(lose: str) -> None:
    raw, luck = document(rounds=2), random.Random(3)
    for cell in raw["cells"]:
        if lose == "some":
            cell["figures"] = {name: value for name, value in cell["figures"].items() if luck.random() < 0.5}
            cell["params"] = {name: value for name, value in cell["params"].items() if luck.random() < 0.8}
        elif lose == "all":
            cell["figures"], cell["params"], cell["histogram"] = None, [], 7
        else:
            cell[lose] = None
    told = parse(raw)
    outline(html(told))
    assert tables(told) and cells_csv(told)


def test_a_run_whose_every_cell_is_void_still_has_a_report() -> None:
    raw = document(rounds=1)
    for cell in raw["cells"]:
        cell["void"] = "only 3 of 300 clients were connected"
    told = parse(raw)
    outline(html(told))
    (said,) = (warning for warning in warnings(told) if warning.startswith("100 % of the cells are void"))
    assert said.endswith("Mend that, and repeat.")
    for cell in raw["cells"]:
        cell["void"] = "the server waited for its core 6% of the time: something else ran there"
    assert any(warning.endswith("Close what else runs, and repeat.") for warning in warnings(parse(raw)))
    assert set(found(told).values()) - {Verdict.UNTOLD} <= {Verdict.FAILS, Verdict.OPEN}


def test_a_comparison_of_ones_own_has_its_table_and_misses_nothing() -> None:
    run = Run(rounds=1)
    run.add("own", "ws", "ws", lambda: run.latency(models.push(0.05)), rtt=0.1)
    told = parse(framed(run))
    assert "A comparison of one&#x27;s own" in html(told) and not any(
        "Not in this run" in one for one in warnings(told)
    )
    assert "untold" not in tables(told) and "What the literature claims" not in html(told)


def test_hostile_words_stay_words() -> None:
    raw = document(rounds=1)
    for cell in raw["cells"]:
        cell["name"] = cell["variant"] = HOSTILE
        cell["params"][HOSTILE] = HOSTILE
        cell["figures"][HOSTILE] = "=cmd|' /C calc'!A1"
        cell["histogram"] = HOSTILE
    for cell in raw["cells"][::7]:
        cell["void"] = HOSTILE + "\x1b[2J"
    raw |= {"began": HOSTILE, "seed": HOSTILE, "left_out": [HOSTILE]}
    raw["machine"] |= {"cpu": HOSTILE, "versions": {HOSTILE: HOSTILE}}
    raw["settings"] |= {HOSTILE: HOSTILE, "only": "E1; rm -rf /"}
    told = parse(raw)
    seen = outline(html(told))
    assert seen.loads == [OTHER] and not {"script", "img"} & set(seen.tags)
    for figure in figures.all_figures(told):
        ET.fromstring(figure.draw(figures.WIDE))
    assert "--only &#x27;E1; rm -rf /&#x27;" in html(told)
    assert "\x1b" not in tables(told)
    assert "'=cmd" in cells_csv(told)


def test_words_in_a_drawing_are_escaped_wherever_they_stand() -> None:
    drawing = Drawing("x", 100, 100, HOSTILE, HOSTILE)
    drawing.text(0, 0, HOSTILE)
    drawing.label(0, 0, HOSTILE)
    drawing.beside(0, [(50, HOSTILE, "ws")], 0, 100)
    said = [element.text for element in ET.fromstring(drawing.svg()).iter() if element.text and element.text.strip()]
    assert said == [HOSTILE] * 5


@pytest.mark.parametrize("raw", [None, [], {}, {"version": 2, "cells": []}, {"version": 1, "cells": {}}])
def test_what_is_no_document_is_refused_in_a_sentence(raw: object) -> None:
    with pytest.raises(BadDocument, match="this"):
        parse(raw)


def test_cells_that_are_none_are_left_out() -> None:
    told = parse(
        {"version": 1, "cells": [None, 3, {}, {"experiment": "E2", "transport": "ws", "figures": {"mean": "x"}}]}
    )
    assert [cell.figure("mean") for cell in told.cells] == [None]
    outline(html(told))
