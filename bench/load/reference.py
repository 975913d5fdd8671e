"""The reference work: the same before and after each run, on the server's core: another machine or mood is noticed.

    python -m bench.load.reference     prints how many s it took

It is what a server does: encode a message, write it to a line, read it at the other end, decode it.
"""

from __future__ import annotations

import math
import socket
import subprocess
import sys
import time
from collections.abc import Iterable

import msgspec

from bench.load.servers import ROOT, SERVER_CORE, pin

TIMES, MESSAGES = 15, 1_000
SLOWER = 0.20  # what is farther off than this ran on another machine, or on a busy one
MESSAGE = {
    "seq": 1,
    "event": "feed",
    "data": {"n": 1, "at": 1.5, "text": "x" * 100},
    "from": None,
    "room": None,
    "at": 1,
}


def work() -> float:
    """s of the processor that the work takes: the median of several times, for a single one may be disturbed."""
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder()
    one, other = socket.socketpair()
    took = []
    with one, other:
        for _ in range(TIMES):
            began = time.process_time()
            for _ in range(MESSAGES):
                one.send(encoder.encode(MESSAGE))
                decoder.decode(other.recv(65_536))
            took.append(time.process_time() - began)
    return sorted(took)[TIMES // 2]


def off(took: Iterable[float], usual: float) -> float | None:
    """How many times as long as usual the farthest of these took. None: each was about as usual."""
    times = [one / usual for one in took if usual > 0]
    farthest = max(times, key=lambda one: abs(math.log(one)), default=1.0)
    return None if 1 / (1 + SLOWER) <= farthest <= 1 + SLOWER else farthest


def reference() -> float | None:
    """The same, in a process of its own. None: it could not be done."""
    told = subprocess.run([sys.executable, "-m", __spec__.name], cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        return float(told.stdout)
    except ValueError:
        return None


if __name__ == "__main__":
    pin(SERVER_CORE)
    print(work())
