"""Neighbours: how long GET /hello takes while thousands hear messages, and while they are quiet.

As a program it is the neighbour, on the core of the load but before it: neighbours.py PORT SECONDS prints how long each
request took, in ms from the time planned for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.fanout.cell import Setting, audience_of
from bench.fanout.crowd import Absent, Crowd
from bench.fanout.servers import Unfit, serving
from bench.fanout.targets import Target
from bench.fanout.wire import Broken, answer_of
from bench.load.servers import ROOT

EVERY = 0.02  # s between two requests
SECONDS = 20.0  # in which a server pings each WebSocket once: quiet and loud have a whole round of that


@dataclass
class Neighbours:
    """p99 in ms of so many requests, quiet and loud; or the sentence that says why there is none."""

    quiet: float = 0.0
    loud: float = 0.0
    requests: int = 0
    clients: int = 0
    void: str = ""


def neighbours(target: Target, setting: Setting, pace: float = 10.0, seconds: float = SECONDS) -> Neighbours:
    told = Neighbours(clients=setting.clients)
    try:
        with serving(target, setting.pinned) as server:
            crowd = Crowd(server.port)
            try:
                crowd.come(setting.clients, target.reading(crowd.port), setting.joining)
                crowd.audience = audience_of(target, setting, crowd)
                crowd.bring(target.speaker(crowd.port), target.says)
                crowd.linger(setting.settle)
                with asking(server.port, seconds) as times:
                    crowd.linger(seconds + 1)
                    told.quiet, told.requests = p99(times)
                with asking(server.port, seconds) as times:
                    crowd.speak(seconds + 0.5, 1, pace)
                    told.loud, _ = p99(times)
            finally:
                crowd.close()
    except (Absent, Unfit, Broken, OSError, ValueError) as error:
        told.void = str(error)
    return told


@contextlib.contextmanager
def asking(port: int, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """The neighbour, who asks for so long, and not beyond the block."""
    command = [sys.executable, "-m", "bench.fanout.neighbours", str(port), str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def p99(process: subprocess.Popen[bytes]) -> tuple[float, int]:
    """In ms, and of how many requests. ValueError: the neighbour was not answered."""
    times = json.loads(process.communicate()[0])
    return nearest(times, 99), len(times)


def nearest(times: list[float], percent: int) -> float:
    """The percentile by the nearest rank."""
    return sorted(times)[max(0, -(-percent * len(times) // 100) - 1)]


def ask(port: int, seconds: float) -> list[float]:
    """ms from its planned time until each answer had come whole."""
    request = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port
    times = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        for n in range(int(seconds / EVERY)):
            planned = began + n * EVERY
            time.sleep(max(0.0, planned - time.perf_counter()))
            line.sendall(request)
            data = b""
            while answer_of(data) is None:
                piece = line.recv(65536)
                if not piece:
                    raise OSError("the server hung up on a neighbour")
                data += piece
            times.append((time.perf_counter() - planned) * 1000)
    return times


def go_first() -> None:
    """Be let in at once by the load on its core, where the system allows: what is waited for is the server."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (OSError, AttributeError):
        with contextlib.suppress(OSError):
            os.nice(-10)


if __name__ == "__main__":
    go_first()
    print(json.dumps(ask(int(sys.argv[1]), float(sys.argv[2]))))
