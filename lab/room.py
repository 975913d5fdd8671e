"""The article's chat room in ten steps: what the server of each does. Each is a play of a stage (lab/stages.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..hub import Hub
from ..protocol.errors import Refuse
from ..registry.client import Client
from .forms import said


def greets(hub: Hub) -> None:
    @hub.on("connect")
    async def hello(client: Client) -> None:
        await client.emit("s2c", {"user": "server", "content": "hello"})


def gives_back(hub: Hub) -> None:
    @hub.on("c2s")
    async def speak(client: Client, message: Any) -> None:
        await client.emit("s2c", message)


def tells_everyone(hub: Hub) -> None:
    @hub.on("c2s")
    async def speak(client: Client, message: Any) -> None:
        await hub.emit("s2c", message)


def refuses_blanks(hub: Hub) -> None:
    @hub.on("c2s")
    async def speak(client: Client, message: Any) -> None:
        if not said(message, "content").strip():
            raise Refuse("say something")
        await hub.emit("s2c", message)


def acknowledges(hub: Hub) -> None:
    @hub.on("c2s")
    async def speak(client: Client, message: Any) -> dict[str, int]:
        if not said(message, "content").strip():
            raise Refuse("say something")
        return {"number": await hub.emit("s2c", message)}


def announces(hub: Hub) -> None:
    @hub.on("name")
    async def name(client: Client, message: Any) -> None:
        client.data["name"] = said(message, "user")
        await client.broadcast.emit("s2c", {"user": client.data["name"], "content": "→"})

    @hub.on("disconnect")
    async def goodbye(client: Client, reason: str) -> None:
        await hub.emit("s2c", {"user": client.data.get("name", "?"), "content": "←"})


def has_rooms(hub: Hub) -> None:
    @hub.on("join")
    async def join(client: Client, message: Any) -> list[str]:
        for left in client.rooms:
            await client.leave(left)
        if room := said(message, "room"):
            await client.join(room)
        return client.rooms

    @hub.on("c2s")
    async def speak(client: Client, message: Any) -> dict[str, int]:
        if not said(message, "content").strip():
            raise Refuse("say something")
        where = hub.to(client.rooms[0]) if client.rooms else hub
        return {"number": await where.emit("s2c", message)}


PARTS: list[tuple[Callable[[Hub], None], ...]] = [
    (greets,),
    (greets, gives_back),
    (greets, tells_everyone),
    (greets, tells_everyone),  # from here to the sixth only the page changes
    (greets, tells_everyone),
    (greets, tells_everyone),
    (greets, refuses_blanks),
    (greets, acknowledges),
    (greets, acknowledges, announces),
    (greets, announces, has_rooms),
]


def step(parts: tuple[Callable[[Hub], None], ...]) -> Callable[[Hub], None]:
    def play(hub: Hub) -> None:
        for part in parts:
            part(hub)

    return play


STEPS = {f"chat{n}": step(parts) for n, parts in enumerate(PARTS, 1)}
