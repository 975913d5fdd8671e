"""The server under torture: the lab itself, with a hub that keeps a journal and handlers that say what they are told.

python -m tests.torture.server --port 3001 --journal FILE [--epoch NAME]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
from typing import Any

from transport_fallback.app import build
from transport_fallback.hub import Address, Hub
from transport_fallback.log.audience import Where
from transport_fallback.log.items import ENTRIES
from transport_fallback.protocol.limits import Limits
from transport_fallback.serving.run import listen, server_for

ROOMS = ("red", "green", "blue")
LIMITS = Limits(
    keep_messages=600,
    forget_after=1.0,
    grace=0.3,
    poll_rate=1000,
    poll_burst=10_000,
    sid_rate=10_000,
    sid_burst=100_000,
    emit_rate=1000,
    emit_burst=10_000,
    anonymous_per_address=1000,
    window=64,
)
PAUSE = 0.1  # s between two bursts of the server's own
BURST = 20  # messages of one, at most twice as many
FEED_FROM = 1 << 40  # ids of the server's own messages; a life adds its place in time to it


class Journaled(Hub):
    """A hub that writes each entry down before anybody can read it."""

    def __init__(self, limits: Limits, journal: int, epoch: str | None) -> None:
        super().__init__(limits, epoch=epoch)
        self.journal = journal

    def apply(self, place: int, by: str, kind: str, fields: tuple[Any, ...], tail: bytes, at: int) -> Any:
        applied = super().apply(place, by, kind, fields, tail, at)
        if kind in ENTRIES:
            line = json.dumps([self.epoch, self.end, *described(kind, fields, tail)])
            os.write(self.journal, f"{line}\n".encode())
        return applied


def described(kind: str, fields: tuple[Any, ...], tail: bytes) -> list[Any]:
    """An entry, as `truth.Life.add` reads it."""
    if kind != "m":
        names = {"b": "born", "j": "join", "l": "leave", "f": "forgotten"}
        return [names[kind], *fields]
    room, client, but, _ack = fields
    said = json.loads(b"{%b}" % tail)
    data, to = said["data"], f"@{client}" if client is not None else room
    return ["message", data["id"] if isinstance(data, dict) and "id" in data else -1, to, but, said["from"]]


def handlers(hub: Hub) -> None:
    """What clients may ask for: to be heard somewhere, to enter a room, to leave it."""

    @hub.on("say")
    async def say(client: Any, wish: dict[str, Any]) -> Any:
        await address(hub, client, wish).emit("news", {"id": wish["id"], "pad": "x" * wish.get("pad", 0)})
        return wish["id"]

    @hub.on("join")
    async def join(client: Any, room: str) -> None:
        await client.join(room)

    @hub.on("leave")
    async def leave(client: Any, room: str) -> None:
        await client.leave(room)


def address(hub: Hub, client: Any, wish: dict[str, Any]) -> Address:
    match wish.get("to"):
        case "others":
            return client.broadcast  # type: ignore[no-any-return]
        case "room":
            return hub.to(wish["room"])
        case "room others":
            return client.broadcast.to(wish["room"])  # type: ignore[no-any-return]
        case "me":
            return Address(hub, Where(client=client.id))
    return Address(hub)


async def talk(hub: Hub, seed: int, stop: asyncio.Event) -> None:
    """The server speaks of itself: bursts to everyone, to rooms and to single clients."""
    luck, ids = random.Random(seed), itertools.count(FEED_FROM + (seed << 20))
    while not stop.is_set():
        for _ in range(luck.randint(0, 2 * BURST)):
            data = {"id": next(ids), "pad": "x" * (2000 if luck.random() < 0.02 else 0)}
            there = list(hub.members)
            if luck.random() < 0.2 and there:
                await hub.client(luck.choice(there)).emit("news", data)
            else:
                await Address(hub, Where(luck.choice([None, None, *ROOMS]))).emit("news", data)
        await asyncio.sleep(PAUSE * 2 * luck.random())


async def serve(options: argparse.Namespace) -> None:
    journal = os.open(options.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    hub = Journaled(LIMITS, journal, options.epoch)
    handlers(hub)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, stop.set)  # from now on the server is quiet
    talking = asyncio.create_task(talk(hub, options.seed, stop))
    server = server_for(build(hub, chat=False))
    listener = listen("127.0.0.1", options.port)
    print("ready", flush=True)
    with contextlib.suppress(asyncio.CancelledError):
        await server.serve(sockets=[listener])
    talking.cancel()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", required=True)
    parser.add_argument("--epoch")
    parser.add_argument("--seed", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
