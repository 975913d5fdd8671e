"""A cell: one target under one setting in one round, with a fresh server, and what came of it."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass

from bench.fanout.audience import Everyone, Mixed
from bench.fanout.crowd import PATIENCE, Absent, Crowd
from bench.fanout.servers import Server, Unfit, serving
from bench.fanout.targets import Target, without_chat
from bench.fanout.wire import Broken
from transport_fallback.registry.identity import public_id

LINGER = 0.05  # s in which what is told too often would still come
REST = 0.003  # s after which a server that has told everybody sleeps, so that the kernel has counted what it ran


@dataclass(frozen=True)
class Setting:
    """How a row is measured. Times in s."""

    clients: int = 500
    window: int = 1  # messages in flight
    settle: float = 0.7  # from the last client's coming until the first message
    seconds: float = 1.0  # measured
    pace: float | None = None  # messages a second, instead of a window
    chat: bool = True  # ours with its chat room
    rooms: bool = False
    private: bool = False
    browser: bool = False  # a browser's heads
    pinned: bool = True
    joining: float = 60.0  # in which all must have come in
    patience: float = PATIENCE  # without any delivery, while some are due


@dataclass
class Cell:
    """What one target did in one round. `void`: the sentence that says why there are no figures."""

    target: str
    void: str = ""
    lost: bool = False  # it is void because of what was, or was not, delivered
    clients: int = 0
    deliveries: int = 0  # or answers, of polls
    cost: float = 0.0  # µs of the server's processor for each of these
    rate: float = 0.0  # of these a second
    first: float | None = None  # ms until a message was heard by somebody, median
    whole: float | None = None  # ms until it was heard by all, median
    waited: float = 0.0  # share of the time in which the server could have run but for others on its core
    busy: float = 0.0  # share of its core that the load used
    joined: float = 0.0  # s in which all came in


def play(target: Target, setting: Setting) -> Cell:
    """One cell. What goes wrong is in it, as a sentence."""
    cell = Cell(target.name)
    if not setting.chat or setting.rooms or setting.private:
        target = without_chat(target, setting.rooms)
    try:
        with serving(target, setting.pinned) as server:
            crowd = Crowd(server.port, setting.patience)
            try:
                measure(target, setting, server, crowd, cell)
            finally:
                crowd.close()
    except (Absent, Unfit) as error:
        cell.void = str(error)
    except (Broken, OSError, ValueError) as error:
        cell.void, cell.lost = str(error), True
    return cell


def measure(target: Target, setting: Setting, server: Server, crowd: Crowd, cell: Cell) -> None:
    come(target, setting, crowd, cell)
    crowd.linger(setting.settle)
    run(target, setting, crowd, target.warm)
    time.sleep(REST)
    gc.collect()
    gc.disable()
    try:
        ran, waited = server.used()
        clock, own = time.perf_counter(), time.process_time()
        heard, asked, told = crowd.deliveries, crowd.answers, crowd.told
        run(target, setting, crowd, setting.seconds)
        lasted, own = time.perf_counter() - clock, time.process_time() - own
        time.sleep(REST)
        ran_then, waited_then = server.used()
    finally:
        gc.enable()
    crowd.linger(LINGER)
    cell.deliveries = crowd.answers - asked if target.polls else crowd.deliveries - heard
    cell.cost = (ran_then - ran) / 1000 / cell.deliveries
    cell.rate = cell.deliveries / lasted
    cell.waited = (waited_then - waited) / 1e9 / lasted
    cell.busy = own / lasted
    if not target.polls:
        began = crowd.told_at[told:]
        cell.first = middle(crowd.first_at[told:], began)
        cell.whole = middle(crowd.whole_at[told:], began)


def come(target: Target, setting: Setting, crowd: Crowd, cell: Cell) -> None:
    began = time.perf_counter()
    cell.clients = min(target.most or setting.clients, setting.clients)
    crowd.come(cell.clients, target.reading(crowd.port, setting.browser), setting.joining)
    cell.joined = time.perf_counter() - began
    if not target.polls:
        crowd.bring(target.speaker(crowd.port), target.says)
    crowd.audience = audience_of(target, setting, crowd)


def audience_of(target: Target, setting: Setting, crowd: Crowd) -> Everyone:
    if crowd.publisher and target.ours and (setting.rooms or setting.private):
        ids = [public_id(client.name) for client in crowd.clients]
        return Mixed(ids, setting.private, setting.rooms, public_id(crowd.publisher.name))
    return Everyone(len(crowd.clients))


def run(target: Target, setting: Setting, crowd: Crowd, seconds: float) -> None:
    if target.polls:
        crowd.poll(seconds)
    else:
        crowd.speak(seconds, setting.window, setting.pace)


def middle(ended: list[float], began: list[float]) -> float:
    """ms between the two, the median."""
    return statistics.median((end - begin) * 1000 for end, begin in zip(ended, began, strict=True))
