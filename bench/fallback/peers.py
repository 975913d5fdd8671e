"""The peers: which packages each one is, what of it is tuned, and what a reader of its table should know."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.peers import packages, python
from bench.peers.packages import CACHE, FOLDER

Options = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """`server` and `client`: files of bench/peers. Options are those that the libraries' own documentation names."""

    label: str
    npm: tuple[str, ...]
    server: str
    client: str
    note: str
    options: Options = field(default_factory=dict)  # of the client, however it is tuned
    server_tuned: Options = field(default_factory=dict)
    client_tuned: Options = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Its packages, apart from everybody else's: none of them decides a version for another."""
        return CACHE / "npm" / "+".join(self.npm)

    def lacking(self) -> str:
        return packages.lacking(self.label)

    def install(self) -> None:
        """Get both ends by name, once for each version. CalledProcessError: they could not be had."""
        packages.npm(self.npm, self.folder)
        if self.server.endswith(".py"):
            python.install()

    def server_command(self, port: int, tuned: bool) -> list[str]:
        options = json.dumps(self.server_tuned if tuned else {})
        if self.server.endswith(".py"):
            return [str(packages.PYTHON), "-P", str(FOLDER / self.server), str(port), options]
        return ["node", str(FOLDER / self.server), str(self.folder), str(port), options]

    def client_command(self, direct: str, tuned: bool, speaks: bool) -> list[str]:
        options = json.dumps(self.options | (self.client_tuned if tuned else {}))
        speaking = ["speaks"] if speaks else []
        return ["node", str(FOLDER / self.client), str(self.folder), direct, options, *speaking]


CLIENT = "socket.io-client@4.8.4"
SECONDS = {"ping_interval": 1.0, "ping_timeout": 1.5}
MILLISECONDS = {"pingInterval": 1000, "pingTimeout": 1500}
FIRST = {"transports": ["websocket", "polling"], "tryAllTransports": True}
PYTHON_NOTE = f"{' and '.join(python.PACKAGES)} with {CLIENT} (September 2026); a ping each 25 s, answered within 20 s."
PEERS = {
    "socketio": Peer(
        "python-socketio with socket.io-client: polling first, then an upgrade (its default)",
        (CLIENT,), "socketio_server.py", "socketio_client.mjs",
        f"{PYTHON_NOTE} Tuned: 1 s and 1.5 s.",
        server_tuned=SECONDS,
    ),
    "socketio-ws": Peer(
        "python-socketio with socket.io-client: WebSocket first, `tryAllTransports`",
        (CLIENT,), "socketio_server.py", "socketio_client.mjs",
        "The same packages and pings.",
        options=FIRST, server_tuned=SECONDS,
    ),
    "socketio-node": Peer(
        "Socket.IO on Node with `connectionStateRecovery`",
        ("socket.io@4.8.4", CLIENT), "socketio_server.mjs", "socketio_client.mjs",
        "socket.io@4.8.4 (September 2026) keeps what was told to a client for 2 min, its default, and gives it to one "
        "that comes back. Its pings are those of python-socketio.",
        server_tuned=MILLISECONDS,
    ),
    "sockjs": Peer(
        "SockJS: sockjs with sockjs-client",
        ("sockjs@0.3.24", "sockjs-client@1.6.1"), "sockjs_server.mjs", "sockjs_client.mjs",
        "sockjs@0.3.24 (December 2021) with sockjs-client@1.6.1 (May 2022); both are still worked on. The client does "
        "not come back by itself: here a new one is made 1 s after the old one closed. The server sends a heartbeat "
        "each 25 s and closes what does not answer in 10 s; the client misses none, and nothing of that can be tuned: "
        "it comes back when the network lets it know. Tuned: a heartbeat each 1 s.",
        server_tuned={"heartbeat_delay": 1000},
    ),
    "faye": Peer(
        "faye",
        ("faye@1.4.3",), "faye_server.mjs", "faye_client.mjs",
        "faye@1.4.3 (September 2026). What has no answer 1.2 times its `timeout` of 60 s after it was asked is asked "
        "again 5 s later. Tuned: a `timeout` of 2 s at both ends.",
        server_tuned={"timeout": 2}, client_tuned={"timeout": 2},
    ),
    "primus": Peer(
        "primus with its default transformer, `websockets`",
        ("primus@8.0.9", "ws@8.23.0"), "primus_server.mjs", "primus_client.mjs",
        "primus@8.0.9 (November 2023) with ws@8.23.0: WebSocket and nothing below it, so that it has nothing to fall "
        "back to. A ping each 30 s, missed after 45 s, as in the client that its server makes for browsers; the one "
        "that it makes for Node is without. Tuned: 1 s and 2.5 s.",
        options={"pingTimeout": 45_000}, server_tuned={"pingInterval": 1000}, client_tuned={"pingTimeout": 2500},
    ),
}  # fmt: skip
