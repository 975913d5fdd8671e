"""Made-up cells of E10 to E13, and how the claims about them turn: the deployed part of `turns.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.experiments import Group, Run, Step
from bench.load.cells import cell_of
from tests.bench.turns import FAILS, HOLDS, OPEN, Turn, times, to

ROUNDS = 5
Cells = list[dict[str, Any]]


def cells(experiment: str, front: str, group: Group, step: Step, **figures: float | None) -> Cells:
    """The same in each round."""
    run = Run(experiment, (group,), (step,), front=front)
    return [cell_of(replace(run, round=n), group, step, dict(figures), None, None) for n in range(ROUNDS)]


def exchange(http: int, up: int, down: int, front: str = "nginx-tls") -> Cells:
    """Four polls and their answers, each with a message of 24 bytes."""
    group = Group(f"poll {http}", "poll", interval=0.25, http=http, heads=True)
    figures = {"requests": 4, "answers": 4, "delivered": 4, "head_up": 4 * up, "head_down": 4 * down}
    bytes_of = {"up": 4 * up, "down": 4 * (down + 24), "payload_down": 96, "framing_down": 0}
    line = {"line_up": 4 * (up + 22), "line_down": 4 * (down + 24 + 22), "segments_up": 4, "segments_down": 8}
    return cells("E10", front, group, Step(rate=4.0, size=20), **figures, **bytes_of, **line)


def streams(front: str, clients: int, held: int, beside: float | None) -> Cells:
    group = Group(f"{clients} of sse", "sse", clients=clients, http=2)
    return cells("E11", front, group, Step(rate=1.0), held=held, beside=beside, heard_by=held, lines=1)


def sockets(front: str, lines: int) -> Cells:
    group = Group("8 of ws", "ws", clients=8, http=2)
    return cells("E11", front, group, Step(rate=1.0), held=8, beside=0.01, heard_by=8, lines=lines)


def packs(kind: str, size: int, old: float, new: float, dearer: float) -> Cells:
    """A message of `old` bytes, packed `new`, for so many times the processor time."""
    step, made = Step(rate=10.0, size=size, filling="prose"), []
    for variant, line, cpu in (("compressed", new, dearer), ("ours", old, 1.0)):
        group = Group(f"{kind} {variant}", kind, variant)
        made += cells(
            "E12", "nginx-tls", group, step, delivered=1, line_up=0, line_down=line, up=0, down=line - 22,
            cpu_per_delivery=3e-5 * cpu, front_cpu_per_delivery=1e-5 * cpu,
        )  # fmt: skip
    return made


def idle(kind: str, more: float) -> Cells:
    step, made = Step(rate=0.0), []
    for variant, memory in (("compressed", 30_000.0 + more), ("ours", 30_000.0)):
        group = Group(f"{kind} {variant} idle", kind, variant)
        made += cells("E12", "nginx-tls", group, step, memory_per_client=memory, front_memory_per_client=9_000.0)
    return made


def through(front: str, cpu: float, held: float) -> Cells:
    busy = cells("E13", front, Group(f"ws {front}", "ws"), Step(rate=4.0), cpu_per_delivery=cpu * 0.8,
                 front_cpu_per_delivery=cpu * 0.2)  # fmt: skip
    group = Group(f"ws idle {front}", "ws")
    return busy + cells("E13", front, group, Step(rate=0.0), memory_per_client=9e3, front_memory_per_client=held)


def record(application: int) -> Cells:
    """A ws message of so many bytes, and TLS's record."""
    figures = {"delivered": 1, "up": 0, "down": application, "line_up": 0, "line_down": application + 22}
    return cells("E10", "nginx-tls", Group("ws", "ws", heads=True), Step(rate=4.0, size=1000), **figures)


def world() -> Cells:
    """A whole run of the four."""
    limits = streams("haproxy-tls", 150, 100, None), streams("nginx-tls", 150, 128, None)
    several = [
        exchange(1, 577, 226),
        exchange(2, 75, 116),
        record(250),
        streams("nginx-tls", 8, 8, 0.01),
        streams("nginx-tls", 20, 20, 0.01),
        *limits,
        sockets("haproxy-tls", 1),
        sockets("nginx-tls", 9),
        packs("ws", 1000, 1000, 400, 2.0),
        idle("ws", 9e4),
        through("nginx", 1e-4, 1.6e4),
        through("nginx-tls", 1.001e-4, 2.5e4),
    ]
    return [cell for made in several for cell in made]


PACKED = {"experiment": "E12", "variant": "compressed", "rate": 10.0}
AS_MADE = {
    "C19": "only when heads of requests are meant",
    "C20": "only when the proxy's own limit is meant: 100 through haproxy-tls and 128 through nginx-tls",
    "C21": FAILS,
    "C22": "only when the proxy offers it: haproxy-tls did, nginx-tls did not",
    "C23": FAILS,
}
TURNS = (
    Turn("C19", "answers shrink as much", HOLDS, (times("head_down", 0.5, experiment="E10", http=2),)),
    Turn("C19", "requests shrink less", FAILS, (times("head_up", 4, experiment="E10", http=2),)),
    Turn("C20", "both stop at a hundred", HOLDS, (to("held", 100, experiment="E11", clients=150),)),
    Turn("C20", "six of eight get through", FAILS, (to("held", 6, experiment="E11", kind="sse", clients=8),)),
    Turn("C20", "nothing else gets through", FAILS, (to("beside", None, experiment="E11", kind="sse", clients=20),)),
    Turn("C21", "it saves more", HOLDS, (times("line_down", 0.3, **PACKED),)),
    Turn("C21", "it saves more and costs nothing", OPEN, (
        times("line_down", 0.3, **PACKED), times("cpu_per_delivery", 0.3, **PACKED))),
    Turn("C22", "both share", HOLDS, (to("lines", 1, experiment="E11", kind="ws"),)),
    Turn("C22", "neither shares", FAILS, (to("lines", 9, experiment="E11", kind="ws"),)),
    Turn("C23", "messages are large", HOLDS, (
        *(to(name, value, experiment="E10") for name, value in
          {"up": 0, "line_up": 0, "down": 9000, "line_down": 9044}.items()),)),
    Turn("C23", "messages are large, and ciphers cost", FAILS, (
        *(to(name, value, experiment="E10") for name, value in
          {"up": 0, "line_up": 0, "down": 9000, "line_down": 9044}.items()),
        times("front_cpu_per_delivery", 3, experiment="E13", front="nginx-tls", rate=4.0))),
)  # fmt: skip
