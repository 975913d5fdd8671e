"""The article's chat room, on the hub: who says something is heard by everyone, or by a room."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

from .hub import Hub, Refuse
from .registry.client import Client
from .registry.presence import WHO, Presence

LOBBY = "lobby"
LONGEST = 40  # characters of a name, of a client or of a room; 160 bytes at the most
JOINERS = "\u200c\u200d"  # nobody sees them, but Persian and composed emoji are not written without


def chat(hub: Hub) -> None:
    presence = Presence(hub)

    @hub.on("connect")
    async def hello(client: Client) -> None:
        await client.join(LOBBY)
        presence.moved(client)

    @hub.on("c2s")
    async def speak(client: Client, message: Any) -> None:
        room = word(message, "room") if isinstance(message, dict) and "room" in message else None
        if room is not None and room not in client.rooms:
            raise Refuse("join the room before you speak in it")
        await (hub.to(room) if room else hub).emit("s2c", message)

    @hub.on("name")
    async def name(client: Client, message: Any) -> dict[str, str]:
        chosen = tidy(word(message, "name"))
        if chosen != client.data.get("name"):
            await client.put("name", chosen)
            presence.note(client, None)
        return {"name": chosen}

    @hub.on("join")
    async def join(client: Client, message: Any) -> dict[str, list[str]]:
        room = word(message, "room")
        if len(room.removeprefix(f"{WHO} ")) > LONGEST:
            raise Refuse(f"the name of a room has at most {LONGEST} characters")
        if room not in client.rooms:
            await client.join(room)
            presence.note(client, room)
        return {"rooms": client.rooms}

    @hub.on("leave")
    async def leave(client: Client, message: Any) -> dict[str, list[str]]:
        room = None if isinstance(message, dict) and message.get("room", "") is None else word(message, "room")
        if room is None:
            await client.leave(None)  # what is said to everyone reaches it no more
        elif room in client.rooms:
            await client.leave(room)
            presence.note(client, room)
        return {"rooms": client.rooms}

    @hub.on("who")
    async def ask_who(client: Client, message: Any) -> dict[str, Any]:
        wish = message if isinstance(message, dict) else {}
        return presence.page(word(wish, "room") if wish.get("room") is not None else None, wish.get("after", 0))

    @hub.on("disconnect")
    async def goodbye(client: Client, reason: str) -> None:
        presence.moved(client)


def word(message: Any, key: str) -> str:
    """A text that a person typed. Refuse: there is none."""
    value = message.get(key) if isinstance(message, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise Refuse(f"{key} is missing")
    return value


def tidy(text: str) -> str:
    """A name as it is shown: composed, on one line, without what nobody sees, and cut. Refuse: nothing is left."""
    whole = normalize("NFC", " ".join(text[: 4 * LONGEST].split()))  # what composes may be four to one
    seen = "".join(one for one in whole if one.isprintable() or one in JOINERS)
    name = seen[:LONGEST].strip(f" {JOINERS}")
    if not name:
        raise Refuse("a name has at least one character that can be seen")
    return name
