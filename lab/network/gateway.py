"""A gateway: a port in front of any server, and a network of one's choice between the two.

python -m transport_fallback.lab.networks kill --listen 9001 --to 8000    a port 9001 through which every WebSocket dies
async with Gateway("kill", to=url) as faulty: ...                         the same for a test
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import sys
import time
from collections import deque
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from .ends import STALL
from .line import Line
from .network import Network
from .table import TABLE, Setting

ACCEPTING = 3  # turns of the loop until a line that was accepted is here: one that comes as asyncio closes is left open
CAME = 1000  # connections whose time of coming is kept
BUFFER = 128 << 10  # bytes the kernel takes at each side of a port; its default swallows megabytes


class Gateway:
    """A listening port in front of a server: `async with Gateway("kill", to=url) as url`, and `.change(name)`."""

    def __init__(
        self, setting: str, to: str, *, seed: int | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.to = urlsplit(to if "//" in to else f"http://{to}")
        self.setting, self.seed = setting, seed
        self.host, self.port = host, port
        self.came: deque[float] = deque(maxlen=CAME)  # when the last connections came in, by time.monotonic()
        Setting.parse(setting)

    async def __aenter__(self) -> str:
        self.through = Network(self.setting, self.seed, frozen=4096)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self.host, self.port, backlog=2048)
        for listener in self._server.sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        self.port = self._server.sockets[0].getsockname()[1]
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    async def __aexit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for listener in self._server.sockets:
            loop.remove_reader(listener.fileno())
        for _turn in range(ACCEPTING):
            await asyncio.sleep(0)
        self._server.close()
        while self.through.lines:
            self.through.close()
            await asyncio.sleep(0)
        await self._server.wait_closed()
        await asyncio.sleep(0)  # what was being connected has heard that it is not needed

    def change(self, setting: str, seed: int | None = None) -> None:
        """Be another network from now on, and strike the connections that live."""
        self.through.change(setting, seed)

    def _accept(self) -> asyncio.Protocol:
        self.came.append(time.monotonic())
        return Accepted(self)

    async def reach(self, end: asyncio.Protocol) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(STALL):
            to = self.to.hostname or self.host, self.to.port or 80
            transport, _end = await loop.create_connection(lambda: end, *to)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)


class Accepted(asyncio.Protocol):
    """A connection that has just come in by the port."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def connection_made(self, transport: Any) -> None:
        Line(self.gateway.through, self.gateway.reach).begin(transport)


def place(text: str) -> tuple[str, int]:
    """`PORT` or `HOST:PORT`; without a host it is this machine, which nobody else reaches."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port and no host:port")
    return host.strip("[]") or "127.0.0.1", int(port)


async def serve(setting: Setting, listen: tuple[str, int], to: tuple[str, int], seed: int | None) -> None:
    host, port = to
    target = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    gate = Gateway(setting.text, target, seed=seed, host=listen[0], port=listen[1])
    async with gate as url:
        print(f"{url} leads to {target}. {setting.says()} (seed {gate.through.seed}; Ctrl-C ends it)", flush=True)
        await asyncio.Event().wait()


def main(arguments: Iterable[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m transport_fallback.lab.networks",
        description="A faulty network in front of a server.",
        epilog="\n".join(f"  {row.name:11}{row.en}" for row in TABLE),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", help="one of those below, with its parameter if you like: kill, kill:300")
    parser.add_argument("--listen", type=place, required=True, metavar="[HOST:]PORT", help="0 = any free port")
    parser.add_argument("--to", type=place, required=True, metavar="[HOST:]PORT", help="where the server is")
    parser.add_argument("--seed", type=int, help="makes what is left to chance the same again")
    chosen = parser.parse_args(list(arguments))
    try:
        setting = Setting.parse(chosen.network)
    except ValueError as error:
        parser.error(str(error))
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve(setting, chosen.listen, chosen.to, chosen.seed))
    except OSError as error:
        print(f"cannot listen there: {error}", file=sys.stderr)
        return 1
    return 0
