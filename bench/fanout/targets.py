"""The targets: each a server and a way to be told, side by side in one run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.fanout import readings, speaking
from bench.fanout.asking import LongPoll, Poll, SocketIoPolling
from bench.fanout.readings import Reading
from bench.load.servers import ROOT
from bench.peers import nchan, node, python
from bench.peers.packages import CACHE

LIMIT, BARE = "limit", "bare-asgi"
MOST_HELD = 200  # long polls: each of their answers is a request, too
POLLERS = 32  # connections that ask again at once
# Every limit that a bench meets and a person does not.
RAISED = {
    "LAB_EMIT_RATE": "1000000000",
    "LAB_EMIT_BURST": "1000000000",
    "LAB_POLL_RATE": "1000000000",
    "LAB_POLL_BURST": "1000000000",
    "LAB_FRAME_RATE": "1000000000",
    "LAB_FRAME_BURST": "1000000000",
    "LAB_SID_RATE": "1000000000",
    "LAB_SID_BURST": "1000000000",
    "LAB_CONNECTIONS_PER_ADDRESS": "1000000",
}


def python_of(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


@dataclass(frozen=True)
class Target:
    """`command`: how its server is started on a port, in a folder it may write to. `most`: clients it is measured with,
    0 for as many as the run has. `warm`: s of messages before the measured ones."""

    name: str
    command: Callable[[int, Path], list[str]]
    reading: type[Reading]
    speaker: type[Reading]
    says: speaking.Says
    base: str = LIMIT
    most: int = 0
    warm: float = 0.3
    lacking: Callable[[], str] = lambda: ""
    install: Callable[[], None] = lambda: None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def polls(self) -> bool:
        return not self.reading.at_once

    @property
    def ours(self) -> bool:
        return self.name.startswith("ours-")


def app(port: int, _folder: Path) -> list[str]:
    return [sys.executable, str(ROOT / "app.py"), "--port", str(port)]


def our(transport: str, reading: type[Reading], base: str = LIMIT, most: int = 0) -> Target:
    return Target(f"ours-{transport}", app, reading, readings.OursWs, speaking.ours, base, most, environment=RAISED)


def older(name: str, checkout: Path) -> Target:
    """The same of ours as another checkout has it, in this environment: before-ws and the like."""

    def command(port: int, folder: Path) -> list[str]:
        (folder / "transport_fallback").symlink_to(checkout)
        code = f"import runpy, sys; sys.path.insert(0, {str(folder)!r}); sys.argv[0] = 'app.py'; "
        code += f"runpy.run_path({str(checkout / 'app.py')!r}, run_name='__main__')"
        return [sys.executable, "-c", code, "--port", str(port)]

    return replace(ALL[name], name=name.replace("ours", "before", 1), command=command)


def without_chat(target: Target, rooms: bool) -> Target:
    """Ours with a bare application instead of the chat room; all others are what they are."""
    if not target.ours:
        return target
    more = ("rooms",) if rooms else ()
    return replace(target, command=lambda port, _folder: python_of("bench.fanout.plainhub", str(port), *more))


def on_node(name: str, which: str, reading: type[Reading], most: int = 0) -> Target:
    socketio = which == "socket.io"
    return Target(
        name,
        lambda port, _folder: ["node", str(ROOT / "bench/peers/relay_node.mjs"), str(CACHE), str(port), which],
        reading,
        readings.SocketIoWs if socketio else readings.Ws,
        speaking.socketio if socketio else speaking.plain,
        most=most,
        warm=1.0,  # until its compiler has seen all of it
        lacking=node.lacking,
        install=node.install,
    )


def bare(which: str, reading: type[Reading], base: str = LIMIT, most: int = 0) -> Target:
    def command(port: int, _folder: Path) -> list[str]:
        return python_of("bench.fanout.bare", str(port))

    return Target(f"bare-{which}", command, reading, readings.Ws, speaking.plain, base, most)


def by_nchan(name: str, reading: type[Reading]) -> Target:
    return Target(name, nchan.command, reading, speaking.Posting, speaking.posted, lacking=nchan.lacking)


ALL = {
    target.name: target
    for target in (
        Target(
            LIMIT, lambda port, _: python_of("bench.fanout.limit", str(port)), readings.Ws, readings.Ws, speaking.plain
        ),
        our("ws", readings.OursWs),
        our("sse", readings.Sse),
        our("longpoll", LongPoll, most=MOST_HELD),
        Target(
            "floor-ws",
            lambda port, _: python_of("bench.fanout.limit", "--gather", str(port)),
            readings.Ws,
            readings.Ws,
            speaking.plain,
        ),
        Target(
            "floor-longpoll",
            lambda port, _: python_of("bench.fanout.floor", str(port)),
            LongPoll,
            readings.Ws,
            speaking.plain,
            most=MOST_HELD,
        ),
        Target(
            "websockets",
            lambda port, _: python_of("bench.peers.websockets_server", str(port)),
            readings.Ws,
            readings.Ws,
            speaking.plain,
        ),
        on_node("node-ws", "ws", readings.Ws),
        on_node("socketio", "socket.io", readings.SocketIoWs),
        on_node("socketio-polling", "socket.io", SocketIoPolling, MOST_HELD),
        Target(
            "python-socketio",
            lambda port, _: [
                str(CACHE / "venv/bin/python"), "-P", str(ROOT / "bench/peers/relay_python.py"), str(port)
            ],  # fmt: skip
            readings.SocketIoWs,
            readings.SocketIoWs,
            speaking.socketio,
            install=python.install,
        ),
        by_nchan("nchan-ws", readings.NchanWs),
        by_nchan("nchan-sse", readings.NchanSse),
        bare("ws", readings.BareWs),
        bare("sse", readings.Sse),
        bare("longpoll", LongPoll, most=MOST_HELD),
        bare("asgi", Poll, BARE, POLLERS),
        our("poll", Poll, BARE, POLLERS),
    )
}  # fmt: skip


def environment(target: Target) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **target.environment}
