"""The article's chat room, on the hub: who says something is heard by everyone, or by a room."""

from __future__ import annotations

from typing import Any

from clients import Client
from hub import Hub, Refuse

LOBBY = "lobby"


def chat(hub: Hub) -> None:
    names: dict[str, str] = {}  # id → the name a client gave itself

    def who(room: str | None = None) -> list[dict[str, str]]:
        return [{"id": client.id, "name": names.get(client.id, "")} for client in hub.clients(room)[:100]]

    async def tell_who() -> None:
        await hub.emit("who", {"here": who(), "count": len(hub.clients())})

    async def tell_room(room: str, event: str, client: Client) -> None:
        await hub.to(room).emit(event, {"id": client.id, "name": names.get(client.id, ""), "room": room})

    @hub.on("connect")
    async def hello(client: Client) -> None:
        await client.join(LOBBY)
        await tell_who()

    @hub.on("c2s")
    async def speak(client: Client, message: Any) -> None:
        room = word(message, "room") if isinstance(message, dict) and "room" in message else None
        if room is not None and room not in client.rooms:
            raise Refuse("join the room before you speak in it")
        await (hub.to(room) if room else hub).emit("s2c", message)

    @hub.on("name")
    async def name(client: Client, message: Any) -> None:
        names[client.id] = word(message, "name")[:40]
        await tell_who()

    @hub.on("join")
    async def join(client: Client, message: Any) -> dict[str, list[str]]:
        room = word(message, "room")
        if room not in client.rooms:
            await client.join(room)
            await tell_room(room, "joined", client)
        return {"rooms": client.rooms}

    @hub.on("leave")
    async def leave(client: Client, message: Any) -> dict[str, list[str]]:
        room = word(message, "room")
        if room in client.rooms:
            await tell_room(room, "left", client)
            await client.leave(room)
        return {"rooms": client.rooms}

    @hub.on("who")
    async def ask_who(client: Client, message: Any) -> dict[str, list[dict[str, str]]]:
        return {"who": who(word(message, "room") if message else None)}

    @hub.on("disconnect")
    async def goodbye(client: Client, reason: str) -> None:
        for room in client.rooms:
            await tell_room(room, "left", client)
        await tell_who()


def word(message: Any, key: str) -> str:
    """A text that a person typed. Refuse: there is none."""
    value = message.get(key) if isinstance(message, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise Refuse(f"{key} is missing")
    return value
