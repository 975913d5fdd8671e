"""Turns of a made-up world: what is changed in its cells, and what the report must then say of a claim.

Each claim has its verdict in the world as it is made, and is turned both ways: to where it holds, and to where it does
not. Who adds a claim adds its turns here; `test_verdicts.py` names those that have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Cell = dict[str, Any]
Change = Callable[[Cell], None]
HOLDS, FAILS, OPEN = "holds", "not as stated", "not shown"


class Turn(NamedTuple):
    """A change of some cells, and what is said of the claim then: a pattern, which must match all of it."""

    claim: str
    world: str
    said: str
    changes: tuple[Change, ...]


def those(make: Callable[[Cell], Mapping[str, Any]], **wanted: Any) -> Change:
    """In cells of this kind, and with these parameters, some figures are others. A list offers several."""

    def change(cell: Cell) -> None:
        told = {**cell["params"], **cell, "kind": cell["transport"]}
        if all(told.get(name) in (value if isinstance(value, list) else [value]) for name, value in wanted.items()):
            cell["figures"] = {**cell["figures"], **make(cell)}

    return change


def voided(change: Change) -> Change:
    """The same, and a gate has seen it."""

    def change_it(cell: Cell) -> None:
        before = cell["figures"]
        change(cell)
        if cell["figures"] is not before:
            cell["void"] = "1 messages were lost"

    return change_it


def times(figure: str, factor: float, **wanted: Any) -> Change:
    """A figure is so many times as large."""
    return those(lambda cell: {figure: cell["figures"][figure] * factor}, **wanted)


def to(figure: str, value: Any, **wanted: Any) -> Change:
    """A figure is this one."""
    return those(lambda _: {figure: value}, **wanted)


def later(trips: float, intervals: float, **wanted: Any) -> Change:
    """The mean is later by so many round trips and intervals."""
    return those(
        lambda cell: {
            "mean": cell["figures"]["mean"]
            + trips * cell["params"]["rtt"]
            + intervals * (cell["params"]["interval"] or 0)
        },
        **wanted,
    )


def transits(count: float, **wanted: Any) -> Change:
    """The mean of long polls is so many transits, whatever the load."""
    return those(lambda cell: {"mean": count * cell["params"]["rtt"] / 2}, experiment="E3", kind="longpoll", **wanted)


def cpu(factor: float) -> tuple[Change, ...]:
    """Push takes so many times the CPU of pull, whatever the interval."""
    return tuple(
        to("server_cpu", 0.01 * (factor if push else 1), experiment="E7", kind=kind, rate=2.0, seconds=3.0)
        for kind, push in (("poll", False), ("longpoll", True), ("ws", True))
    )


def empty(share: float, **wanted: Any) -> Change:
    """So many polls find nothing."""
    return those(lambda cell: {"empty": round(share * cell["figures"]["answers"])}, kind="poll", **wanted)


def lossy(share: float) -> Callable[[Cell], Mapping[str, Any]]:
    """That share of what is delivered is lost instead."""
    return lambda cell: {
        "lost": round(share * cell["figures"]["delivered"]),
        "delivered": cell["figures"]["delivered"] - round(share * cell["figures"]["delivered"]),
    }


def as_latest(cell: Cell) -> Mapping[str, Any]:
    """A poll with a cursor loses what the latest value loses."""
    share = max(0.0, 1 - 1 / (cell["params"]["rate"] * cell["params"]["interval"]))
    return {"lost": round(1000 * share), "delivered": 1000 - round(1000 * share)}


def kib(each: float, **wanted: Any) -> Change:
    """A client takes so much memory."""
    return to("memory_per_client", each * 1024, **wanted)


def tabs(kind: str, **figures: Any) -> tuple[Change, ...]:
    """Of eight of a kind in a tab."""
    return tuple(to(name, value, experiment="E9", kind=kind) for name, value in figures.items())


SOURCE = {"experiment": "E7", "rate": 0.2, "interval": 0.1}
RATE, DELAY = ({"experiment": "E2", "kind": "poll", "mode": mode} for mode in ("rate", "delay"))
TCP = {"experiment": "E2", "kind": "ws", "rtt": 0.0}
FAR = {"experiment": "E2", "kind": "ws", "rtt": [0.02, 0.05, 0.1, 0.2]}
SINGLE = {"experiment": "E3", "kind": "longpoll", "variant": "unbatched"}
NEAR_SENSOR, FAR_SENSOR = [0.05, 0.15, 0.22], [0.28, 0.4]  # s of a round trip
OURS = {"experiment": "E1", "variant": "ours"}
PAPER = {"experiment": "E1", "kind": "poll", "variant": "kaazing"}
UP = {"experiment": "E1", "direction": "up"}
PUSHED = {"experiment": ["E2", "E4"], "kind": ["sse", "ws"]}

AS_MADE = {
    "C1": HOLDS,
    "C2": "only when polls are 2 s apart: of those each second 98 % find nothing",
    "C3": r"only when messages are rare: up to a = λ·RTT = 0\.2; it is [\d.]+ transits at a = 10",
    "C4": HOLDS,
    "C5": HOLDS,
    "C6": r"only when heads alone are counted, those of 2010: all that is on the wire is 8\.\d+ to 1",
    "C7": "only when the word “data:” alone is counted of an event: with its line ends it takes 7, 30 here, .*chunk",
    "C8": r"only when λT, .*: push takes 0\.1\d* times the CPU of pull at 0\.2, 7\.\d+ times at 10",
    "C9": HOLDS,
    "C10": "only when each message is written by itself",
    "C11": r"only when the endpoint tells the latest value alone: with a cursor none of [\d,]+ was lost",
    "C12": FAILS,
    "C13": HOLDS,
    "C14": "only when no round trip hides it: from 20 ms on the two are level within 10%",
    "C15": HOLDS,
    "C16": HOLDS,
    "C17": HOLDS,
    "C18": "only when each waits as long from the drop on: with jitter at most 3.33 % come at once, on their own ticks"
    " at most 10 % come at once",
}

SSE, PLAIN = (
    {"experiment": "E1", "variant": "ours", "kind": "sse"},
    {"experiment": "E5", "kind": "ws", "variant": "ours"},
)
DEFLATE = PLAIN | {"variant": "deflate"}
KEPT = {"experiment": "E6", "kind": "ws"}
LOADED = {"experiment": "E4", "kind": ["sse", "ws"], "variant": "ours"}

TURNS = (
    Turn("C1", "a delay costs a bit less", FAILS, (later(-0.25, 0, **DELAY),)),
    Turn("C1", "a rate costs a bit more", FAILS, (later(0.25, 0, **RATE),)),
    Turn("C1", "a rate costs a bit less", FAILS, (later(-0.25, 0, **RATE),)),
    Turn("C1", "both wait longer than half an interval", FAILS, (later(0, 0.1, **RATE), later(0, 0.1, **DELAY))),
    Turn("C2", "96 % are empty", HOLDS, (empty(0.965, **SOURCE),)),
    Turn("C2", "94 % are empty", FAILS, (empty(0.94, **SOURCE),)),
    Turn("C2", "40 % are empty", FAILS, (empty(0.40, **SOURCE),)),
    Turn("C2", "as the formula says there, and nowhere else", FAILS, (empty(0.3, experiment="E2"),)),
    Turn("C3", "1.2 transits at each load", HOLDS, (transits(1.2),)),
    Turn("C3", "1.3 transits at each load", FAILS, (transits(1.3),)),
    Turn("C3", "slow where messages are rare", FAILS, (transits(1.1), transits(2.0, rate=2.0))),
    Turn("C3", "less than three transits at most", FAILS, (times("max", 0.95, experiment="E3", kind="longpoll"),)),
    Turn("C4", "beyond the limit no queue", FAILS, (transits(1.2, variant="unbatched", beyond=True),)),
    Turn("C4", "below it a longer one", FAILS, (times("mean", 1.25, **SINGLE, beyond=False),)),
    Turn("C4", "below it a shorter one", FAILS, (times("mean", 0.8, **SINGLE, beyond=False),)),
    Turn("C5", "no kink", FAILS, (transits(1.0, shape="periodic"),)),
    Turn("C5", "late from the beginning", FAILS, (transits(1.2, shape="periodic", rtt=NEAR_SENSOR),)),
    Turn("C5", "hardly late beyond", FAILS, (transits(1.4, shape="periodic", rtt=FAR_SENSOR),)),
    Turn("C6", "on the wire, too", HOLDS, (to("up", 60_000 * 40, **PAPER),)),
    Turn("C6", "heads of 760 bytes", FAILS, (to("head_up", 40 * 567, **PAPER),)),
    Turn("C7", "an event of five", HOLDS, (to("framing_down", 80 * 5, **SSE),)),
    Turn("C7", "an event of six", "only when the word “data:” alone .* takes 7, 6 here.*",
         (to("framing_down", 80 * 6, **SSE),)),
    Turn("C7", "frames of 15", FAILS, (to("framing_down", 80 * 15, **OURS, kind="ws"),)),
    Turn("C7", "heads of 410 beside a browser's", FAILS, (to("head_up", 80 * 230, **OURS, kind=["poll", "longpoll"]),)),
    Turn("C7", "heads of 90", FAILS, (to("head_down", -80 * 20, **OURS, kind=["poll", "longpoll"]),)),
    Turn("C8", "seven times everywhere", HOLDS, cpu(7.0)),
    Turn("C8", "level everywhere", HOLDS, cpu(1.05)),
    Turn("C8", "a fifth everywhere", FAILS, cpu(0.2)),
    Turn("C8", "a quarter more everywhere", FAILS, cpu(1.25)),
    Turn("C8", "ten times everywhere", FAILS, cpu(10.0)),
    Turn("C9", "sse is later in E2", FAILS, (times("mean", 1.2, experiment="E2", kind="sse"),)),
    Turn("C9", "sse takes more CPU", "only when the way is longer than what the server itself takes",
         (times("server_cpu", 1.3, experiment="E4", kind="sse"),)),
    Turn("C10", "whatever pushes is late", HOLDS, (times("p99", 100, **LOADED), times("p50", 100, **LOADED))),
    Turn("C10", "long polls are later still", FAILS,
         (times("p99", 1e5, experiment="E4", kind="longpoll"), times("p50", 1e5, experiment="E4", kind="longpoll"))),
    Turn("C11", "a cursor loses as much", HOLDS, (those(as_latest, experiment="E7", kind="poll", variant="ours"),)),
    Turn("C11", "the latest value loses nothing", FAILS, (to("lost", 0, experiment="E7", variant="latest"),)),
    Turn("C11", "it loses everything", FAILS, (to("delivered", 0, experiment="E7", variant="latest"),
                                               to("lost", 1000, experiment="E7", variant="latest"))),
    Turn("C11", "a cursor loses as much, and that is void",
         HOLDS, (voided(those(as_latest, experiment="E7", kind="poll", variant="ours")),)),
    Turn("C11", "a cursor loses a little", OPEN, (to("lost", 30, experiment="E7", variant="ours", interval=1.5),)),
    Turn("C12", "streams drop one in a hundred", HOLDS, (those(lossy(0.01), **PUSHED),)),
    Turn("C12", "streams drop one in a hundred, and that is void", HOLDS, (voided(those(lossy(0.01), **PUSHED)),)),
    Turn("C12", "long polls drop as many", FAILS, (those(lossy(0.01), experiment=["E2", "E3", "E4"]),)),
    Turn("C12", "hardly anything was heard", OPEN, (to("delivered", 1, kind=["sse", "ws"]),)),
    Turn("C13", "compression takes 90 KiB", "only when nothing is compressed", (kib(90, **DEFLATE),)),
    Turn("C13", "compression takes 44 KiB", "only when nothing is compressed", (kib(44, **DEFLATE),)),
    Turn("C13", "20 KiB without", "only when frames are compressed", (kib(20, **PLAIN),)),
    Turn("C13", "9 KiB without", "only when frames are compressed", (kib(9, **PLAIN),)),
    Turn("C13", "500 KiB either way", FAILS, (kib(500, experiment="E5", kind="ws"),)),
    Turn("C14", "slower at each distance", HOLDS, (times("mean", 1.2, **FAR),)),
    Turn("C14", "faster without a round trip", FAILS, (times("mean", 0.6, **TCP),)),
    Turn("C14", "far slower without a round trip", FAILS, (times("mean", 1.5, **TCP),)),
    Turn("C14", "far slower at each distance", FAILS, (times("mean", 1.6, **FAR),)),
    Turn("C15", "a cursor loses one message", FAILS, (to("retained", 0.999, **KEPT, cursor=True),)),
    Turn("C15", "a cursor loses one once, and that is void",
         FAILS, (voided(to("retained", 0.999, **KEPT, cursor=True, round=2)),)),
    Turn("C15", "a cursor loses one each time", FAILS, (voided(to("retained", 0.999, **KEPT, cursor=True)),)),
    Turn("C15", "nothing is lost without one", FAILS, (to("retained", 1.0, **KEPT, cursor=False),)),
    Turn("C16", "a frame of nine", FAILS, (to("overhead_up", 9.0, **UP, kind="ws"),)),
    Turn("C16", "a frame of two", FAILS, (to("overhead_up", 2.0, **UP, kind="ws"),)),
    Turn("C16", "a POST of 90", FAILS, (to("overhead_up", 90.0, **UP, kind="poll"),)),
    Turn("C16", "a POST of 410", FAILS, (to("overhead_up", 410.0, **UP, kind="poll"),)),
    Turn("C16", "a POST is later", FAILS, (times("mean", 1.1, **UP, kind="poll"),)),
    Turn("C17", "seven streams come through", FAILS, tabs("sse", held=7, heard_by=7)),
    Turn("C17", "two waiting streams hear, too", FAILS, tabs("sse", heard_by=8)),
    Turn("C17", "eight long polls come through", FAILS, tabs("longpoll", held=8)),
    Turn("C17", "six WebSockets", FAILS, tabs("ws", held=6, heard_by=6)),
    Turn("C17", "a request beside streams is answered", FAILS, tabs("sse", beside=0.01)),
    Turn("C17", "a request beside WebSockets is not", FAILS, tabs("ws", beside=None)),
    Turn("C18", "in step whatever they do", HOLDS, (to("requests_by_100ms", [80, 80], experiment="E8"),)),
    Turn("C18", "never in step", FAILS, (to("requests_by_100ms", [70, 70], experiment="E8"),)),
    Turn("C18", "in step on their ticks", "only when nothing is left to chance: .* ticks at most 30 % come at once",
         (to("requests_by_100ms", [90], experiment="E8", retry="phase"),)),
    Turn("C18", "in step with jitter", OPEN, (to("requests_by_100ms", [90], experiment="E8", retry="jitter"),)),
)  # fmt: skip
