"""The goals, as data: which figure over which other, and what it should come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from bench.fanout.cell import Cell
from bench.theory.stats import Estimate, estimate, ratios

Cells = Mapping[tuple[str, str], Mapping[int, Cell]]  # (row, target) → round → cell
NOT = "not measured"


class Of(NamedTuple):
    """A figure of one target in one row: `cost`, `rate`, or the ms `first` or `whole`."""

    row: str
    target: str
    what: str = "cost"


class Loose(NamedTuple):
    """A figure that has no rounds in common with others, by its name, such as "kB ours-ws" or "start"."""

    name: str


@dataclass(frozen=True)
class Goal:
    name: str
    part: Of | Loose
    of: Of | None  # None: the figure itself is judged
    goal: float
    most: bool = True  # the goal is the most it may be; else the least
    more: bool = False  # by how much the one is more than the other; else how many times
    floor: Of | Loose | None = None  # what a server that only writes comes to in place of the part
    bare: Of | Loose | None = None  # and what the least application under uvicorn comes to

    def said(self) -> str:
        return f"{'≤' if self.most else '≥'} {self.goal:g}"


def against(
    name: str, row: str, part: str, of: str, goal: float, of_row: str = "", floor: str = "", bare: str = ""
) -> Goal:
    lower = (Of(row, one) if one else None for one in (floor, bare))
    return Goal(name, Of(row, part), Of(of_row or row, of), goal, True, False, *lower)


GOALS = (
    against("ws, window 1 ÷ limit, 500 clients", "w1", "ours-ws", "limit", 1.25),
    against("… 1,000 clients", "1000", "ours-ws", "limit", 1.35),
    against("… 10,000 clients", "10000", "ours-ws", "limit", 1.35),
    against("ws, window 1 ÷ Socket.IO on Node", "w1", "ours-ws", "socketio", 0.6, floor="limit", bare="bare-ws"),
    against("ws, window 8 ÷ limit", "w8", "ours-ws", "limit", 0.40, floor="floor-ws", bare="bare-ws"),
    Goal("… ms until all have a message, beyond the limit's", Of("w8", "ours-ws", "whole"), Of("w8", "limit", "whole"),
         1.0, more=True),
    Goal("ms until somebody has it, 3,000 deliveries a second, beyond the limit's", Of("paced", "ours-ws", "first"),
         Of("paced", "limit", "first"), 1.0, more=True),
    against("sse ÷ ws, window 1", "w1", "ours-sse", "ours-ws", 1.1),
    against("sse ÷ ws, window 8", "w8", "ours-sse", "ours-ws", 1.1),
    against("long poll ÷ Socket.IO on Node, window 1", "w1", "ours-longpoll", "socketio-polling", 0.6,
            floor="floor-longpoll", bare="bare-longpoll"),
    against("long poll ÷ Socket.IO on Node, window 8", "w8", "ours-longpoll", "socketio-polling", 0.6,
            floor="floor-longpoll", bare="bare-longpoll"),
    Goal("short polls a second ÷ bare ASGI", Of("polls", "ours-poll", "rate"), Of("polls", "bare-asgi", "rate"), 1.0,
         most=False),
    Goal("… with a browser's heads", Of("browser", "ours-poll", "rate"), Of("browser", "bare-asgi", "rate"), 0.9,
         most=False),
    Goal("kB an idle ws client, chat room on", Loose("kB ours-ws"), None, 15, floor=Loose("kB limit"),
         bare=Loose("kB bare-ws")),
    Goal("kB an idle sse client", Loose("kB ours-sse"), None, 13, floor=Loose("kB limit"), bare=Loose("kB bare-sse")),
    Goal("kB a held long poll", Loose("kB ours-longpoll"), None, 13, floor=Loose("kB floor-longpoll"),
         bare=Loose("kB bare-longpoll")),
    Goal("kB a polling client beside its connection", Loose("kB beside"), None, 2),
    against("ws, 100 rooms and 10 % private ÷ without", "mixed", "ours-ws", "ours-ws", 1.15, "nochat"),
    against("ws ÷ nchan, window 1", "w1", "ours-ws", "nchan-ws", 1.0, floor="limit", bare="bare-ws"),
    against("sse ÷ nchan, window 1", "w1", "ours-sse", "nchan-sse", 1.0, floor="limit", bare="bare-sse"),
    against("ws ÷ nchan, 3,000 deliveries a second", "paced", "ours-ws", "nchan-ws", 1.0, floor="limit",
            bare="bare-ws"),
    against("sse ÷ nchan, 3,000 deliveries a second", "paced", "ours-sse", "nchan-sse", 1.0, floor="limit",
            bare="bare-sse"),
    Goal("p99 of GET /hello, 10,000 clients hear 10/s ÷ quiet", Loose("neighbours ours-ws"), None, 3,
         floor=Loose("neighbours nchan-ws"), bare=Loose("neighbours bare-ws")),
    Goal("s until app.py answers", Loose("start"), None, 0.35),
)  # fmt: skip


def in_place(other: Of | Loose | None, goal: Goal, cells: Cells, loose: Mapping[str, Estimate]) -> Estimate | None:
    """What another comes to in place of the part, in the same rounds. None: there is none, or it was not measured."""
    return None if other is None else found(replace(goal, part=other), cells, loose)


def found(goal: Goal, cells: Cells, loose: Mapping[str, Estimate]) -> Estimate | None:
    """What a goal has come to. None: it was not measured, or a row of it is void."""
    if isinstance(goal.part, Loose):
        return loose.get(goal.part.name)
    part = values(goal.part, cells)
    if goal.of is None:
        return estimate(part.values())
    of = values(goal.of, cells)
    if goal.more:
        return estimate(part[number] - of[number] for number in part.keys() & of.keys())
    return estimate(ratios(part, of))


def values(of: Of, cells: Cells) -> dict[int, float]:
    """The figure in each round; nothing if a round is void."""
    rounds = cells.get((of.row, of.target), {})
    if any(cell.void for cell in rounds.values()):
        return {}
    return {number: getattr(cell, of.what) for number, cell in rounds.items()}


def verdict(goal: Goal, figure: Estimate | None) -> str:
    """Reached or missed, and whether the whole interval says so."""
    if figure is None:
        return NOT
    reached = figure.middle <= goal.goal if goal.most else figure.middle >= goal.goal
    word = "reached" if reached else "missed"
    if figure.known:
        low, high = figure.low, figure.high
        assert low is not None and high is not None
        sure = high <= goal.goal or low > goal.goal if goal.most else low >= goal.goal or high < goal.goal
        return word if sure else f"{word}, not surely"
    return word
