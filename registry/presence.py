"""Presence: who comes and goes is told to those who watch, together and at a pace; the list is asked for page by page.

The news of everybody is said in the room `who`, that of a room NAME in the room `who NAME`: whoever wants to hear it
joins, and what is said elsewhere, and the history of it, holds none of it. However many come and go, each of these
rooms hears one small message a second.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextvars import Context
from typing import Any

from ..hub import Hub, Member
from ..protocol.codec import encode
from ..protocol.errors import Refuse, Refused
from .handlers import Tasks

WHO = "who"  # the event, and the room in which it is said
PACE = 1.0  # s between two messages in one room; the first goes at once
NAMED = 8  # clients named in one message; of others it says that there are more
PAGE = 100  # clients on one page of the list, or as many as one ack may hold
AROUND = 128  # bytes of an ack around a page's clients


def watching(room: str | None) -> str:
    """The room in which the news of a room, or of everybody, is said."""
    return WHO if room is None else f"{WHO} {room}"


def person(member: Member) -> dict[str, Any]:
    return {"id": member.id, "name": member.data.get("name", "")}


class Changes:
    """The clients of whom there is news that has yet to be told: a few by name, the others as `more`."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.more = False

    def add(self, member: Member) -> None:
        if len(self.members) < NAMED or member.id in self.members:
            self.members[member.id] = member
        else:
            self.more = True


class Presence:
    """The clients who are here, in all and in each room."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._waiting: dict[str | None, Changes] = {}  # for each room of which something was told within PACE
        self._tasks = Tasks()

    def moved(self, member: Member) -> None:
        """A client came, or left: there is news of it in each of its rooms."""
        for room in (None, *member.joined):
            self.note(member, room)

    def note(self, member: Member, room: str | None) -> None:
        """There is news of this client in this room."""
        if not self.hub.roll(watching(room)):
            return
        if room not in self._waiting:
            self._waiting[room] = Changes()
            self._later(0, room)
        self._waiting[room].add(member)

    def _later(self, seconds: float, room: str | None) -> None:
        # In a context of its own: the news is the server's word, not that of the client whose handler runs now.
        asyncio.get_running_loop().call_later(seconds, self._tell, room, context=Context())

    def _tell(self, room: str | None) -> None:
        changes = self._waiting.pop(room)
        if changes.members:
            self._waiting[room] = Changes()
            self._tasks.start(self._say(room, changes))
            self._later(PACE, room)

    async def _say(self, room: str | None, changes: Changes) -> None:
        roll = self.hub.roll(room)
        named = [{**person(member), "here": member.id in roll} for member in changes.members.values()]
        news = {"room": room, "count": len(roll), "changes": named, "more": changes.more}
        with contextlib.suppress(Refused):  # the log is not reached, and this is no news when it is
            await self.hub.to(watching(room)).emit(WHO, news)

    def page(self, room: str | None, after: Any = 0) -> dict[str, Any]:
        """One page of the list, in the order of coming; `next` is what comes `after` it, null at the end."""
        if type(after) is not int or after < 0:
            raise Refuse("after is the `next` of the page before")
        roll, left = self.hub.roll(room), self.hub.limits.ack - AROUND
        listed: list[dict[str, Any]] = []
        for number, client in roll.page(after, PAGE):
            one = person(self.hub.members[client])
            left -= len(encode(one)) + 1
            if listed and left < 0:
                break
            listed.append(one)
            after = number
        return {"who": listed, "count": len(roll), "next": after if roll.page(after, 1) else None}
