"""The forms of emit: a play in which a client has the server say something in each way there is, and ask somebody."""

from __future__ import annotations

from typing import Any

from ..hub import Hub, Member
from ..protocol.errors import Refuse
from ..registry.client import Client

PATIENCE = 1.0  # s for a client to reply


def forms(hub: Hub) -> None:
    @hub.on("everyone")
    async def everyone(client: Client, message: Any) -> None:
        await hub.emit("heard", message)

    @hub.on("others")
    async def others(client: Client, message: Any) -> None:
        await client.broadcast.emit("heard", message)

    @hub.on("self")
    async def itself(client: Client, message: Any) -> None:
        await client.emit("heard", message)

    @hub.on("room")
    async def room(client: Client, message: Any) -> None:
        await hub.to(room_of(message)).emit("heard", message)

    @hub.on("roomothers")
    async def room_others(client: Client, message: Any) -> None:
        await client.broadcast.to(room_of(message)).emit("heard", message)

    @hub.on("one")
    async def one(client: Client, message: Any) -> None:
        await other_of(message).emit("heard", message)

    @hub.on("join")
    async def join(client: Client, message: Any) -> list[str]:
        await client.join(said(message, "room"))
        return client.rooms

    @hub.on("leave")
    async def leave(client: Client, message: Any) -> list[str]:
        await client.leave(said(message, "room"))
        return client.rooms

    @hub.on("ask")
    async def ask(client: Client, message: Any) -> Any:
        other = other_of(message)
        try:
            return await other.ask("question", message, timeout=PATIENCE)
        except TimeoutError:
            raise Refuse(f"no reply within {PATIENCE:g} s") from None
        except LookupError:
            raise Refuse("that client is not here") from None

    def room_of(message: Any) -> str:
        room = said(message, "room")
        if room not in hub.rooms:
            raise Refuse("nobody is in that room")
        return room

    def other_of(message: Any) -> Any:
        found: Member | None = hub.members.get(said(message, "id"))
        if found is None:
            raise Refuse("there is no client of that id")
        return found


def said(message: Any, key: str) -> str:
    """A text of a message. Refuse: there is none."""
    value = message.get(key) if isinstance(message, dict) else None
    if not isinstance(value, str):
        raise Refuse(f"{key} is missing")
    return value
