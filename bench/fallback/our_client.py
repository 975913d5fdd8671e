"""Our Python client, played as the others of the table are: bench.fallback.our_client DIRECT OPTIONS [speaks]"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from transport_fallback.client.decisions import Note
from transport_fallback.client.socket import Socket, io

LOOK = 0.02  # s between two looks at a client
SPEAKING = 1.0  # s between two words of the person
WARMING = 10.0  # s: a direct server answers long before
LIFE = ("connect", "disconnect", "switch", "reconnect")


def tell(what: str, value: Any, at: float | None = None) -> None:
    print(json.dumps([time.monotonic() if at is None else at, what, value]), flush=True)


async def warm(url: str, options: dict[str, Any]) -> None:
    """One connection for nothing, so that everything is loaded."""
    async with asyncio.timeout(WARMING), io(url, **options) as socket:
        await socket.once("s2c")


class Play:
    """A client that tells what it hears, what it reads by, and why."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.using: str | None = None
        self.told: Note | None = None  # the last of the decisions
        socket.on("s2c", self.hear)
        for event in LIFE:
            socket.on(event, self.look)

    def hear(self, data: Any) -> None:
        if "n" in data:
            tell("heard", data["n"])

    def look(self) -> None:
        if self.socket.transport != self.using:
            self.using = self.socket.transport
            tell("transport", self.using)
        notes = self.socket.decisions
        for note in notes[next((at for at, note in enumerate(notes, 1) if note is self.told), 0) :]:
            tell("decision", note.text, note.at)
            self.told = note


async def play(url: str, options: dict[str, Any], speaks: bool) -> None:
    socket = io(url, **options)
    playing, spoken = Play(socket), time.monotonic()
    async with socket:
        while True:
            playing.look()
            if speaks and time.monotonic() >= spoken + SPEAKING:
                spoken = time.monotonic()
                socket.emit("c2s", {"said": "hello"})
            await asyncio.sleep(LOOK)


async def main(direct: str, options: dict[str, Any], speaks: bool) -> None:
    await warm(direct, options)
    tell("ready", None)
    if url := await asyncio.to_thread(sys.stdin.readline):
        await play(url.strip(), options, speaks)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2]), "speaks" in sys.argv[3:]))
