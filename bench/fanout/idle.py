"""Idle clients: the memory of one who is in and hears nothing, as the growth from few to many."""

from __future__ import annotations

import socket
import time

from bench.fanout.asking import Poll
from bench.fanout.cell import Setting
from bench.fanout.crowd import Absent, Crowd
from bench.fanout.servers import Unfit, serving
from bench.fanout.targets import Target, without_chat
from bench.fanout.wire import Broken, answer_of
from bench.load.wire import new_sid

FEW, MANY = 400, 1400
QUIET = 6.0  # s after the last has come: what is kept of the first moments of a client has been dropped
COMING = 50  # polling clients that come in a second: of a thousand at once, the first moments are never all there again
KB = 1000


def memory(target: Target, setting: Setting, few: int = FEW, many: int = MANY, quiet: float = QUIET) -> float | str:
    """kB for each client between few and many, or the sentence that says why not."""
    if not setting.chat:
        target = without_chat(target, False)
    try:
        with serving(target, setting.pinned) as server:
            crowd = Crowd(server.port)
            try:
                sizes = []
                for count in (few, many - few):
                    crowd.come(count, target.reading(crowd.port), setting.joining)
                    crowd.linger(quiet)
                    sizes.append(server.memory())
            finally:
                crowd.close()
    except (Absent, Unfit, Broken, OSError, ValueError) as error:
        return str(error)
    return (sizes[1] - sizes[0]) / KB / (many - few)


def beside(target: Target, setting: Setting, few: int = FEW, many: int = MANY, quiet: float = QUIET) -> float | str:
    """The same of polling clients beside their connection: all who come together ask on one, which is then closed."""
    try:
        with serving(target, setting.pinned) as server:
            reading = Poll(server.port)
            sizes = []
            for count in (few, many - few):
                with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
                    for _ in range(count):
                        ask(line, reading)
                        time.sleep(1 / COMING)
                time.sleep(quiet)
                sizes.append(server.memory())
    except (Unfit, Broken, OSError, ValueError) as error:
        return str(error)
    return (sizes[1] - sizes[0]) / KB / (many - few)


def ask(line: socket.socket, reading: Poll) -> None:
    """One poll of a client who has not been here."""
    line.sendall(b"GET " + reading.path.replace(b"{sid}", new_sid().encode()) + reading.after)
    data = b""
    while answer_of(data) is None:
        piece = line.recv(65536)
        if not piece:
            raise Broken("the server hung up on a poll")
        data += piece
