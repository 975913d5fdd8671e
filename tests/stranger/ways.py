"""The two ways up as a stranger sends: `send(emits, replies, acked)`, by POST or on the line of ws."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from tests.stranger.http import DEADLINE, Refused, hello, post
from tests.stranger.readers import Ws

Waiting = tuple[
    set[tuple[str, int]], list[dict[str, Any]], asyncio.Future[None]
]  # for which acks, those that came, all


class PostWay:
    """The way up of three transports: one POST an upload."""

    name = "post"

    def __init__(self, base: str, sid: str) -> None:
        self.base = base
        self.sid = sid

    async def open(self) -> Self:
        return self

    async def send(
        self, emits: list[dict[str, Any]] | None = None, replies: list[dict[str, Any]] | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        """Send one upload; returns its acks. Raises Refused when the request is refused whole."""
        upload = {"emits": emits or [], "replies": replies or [], **more}
        acks: list[dict[str, Any]] = (await post(self.base, self.sid, **upload)).accepted()["acks"]
        return acks

    async def emit(self, n: int, event: str, data: Any = None) -> dict[str, Any]:
        (ack,) = await self.send([{"n": n, "event": event, "data": data}])
        return ack

    async def settle(self) -> None:
        """Wait until the server has read what was sent: it reads lines in turn, so a later question is read later."""
        for _ in range(3):
            await hello(self.base)

    async def close(self) -> None:
        pass


class WsWay(PostWay):
    """The way up of ws: the frame goes up the line that brings the batches."""

    name = "ws"

    def __init__(self, base: str, sid: str) -> None:
        super().__init__(base, sid)
        self.line = Ws(base, sid)
        self.waiting: list[Waiting] = []
        self.sorter: asyncio.Task[None] | None = None

    async def open(self) -> Self:
        await self.line.open()
        await self.line.next()
        self.sorter = asyncio.create_task(self._sort())
        return self

    async def send(
        self, emits: list[dict[str, Any]] | None = None, replies: list[dict[str, Any]] | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        keys = {("n", item["n"]) for item in emits or []} | {("seq", item["seq"]) for item in replies or []}
        waiting: Waiting = (keys, [], asyncio.get_running_loop().create_future())
        self.waiting.append(waiting)
        try:
            await self.line.write({"emits": emits or [], "replies": replies or [], **more})
            async with asyncio.timeout(DEADLINE * 2):
                await waiting[2]
        finally:
            self.waiting.remove(waiting)
        return waiting[1]

    async def settle(self) -> None:
        await self.line.ping()

    async def _sort(self) -> None:
        async def acks() -> None:
            while True:
                ack = await self.line.acks.get()
                for keys, taken, done in list(self.waiting):
                    key = ("n", ack["n"]) if "n" in ack else ("seq", ack["seq"])
                    if key in keys:
                        keys.remove(key)
                        taken.append(ack)
                    if not keys and not done.done():
                        done.set_result(None)

        async def errors() -> None:
            while True:
                error = await self.line.errors.get()
                for *_, done in self.waiting[-1:]:  # it answers the frame sent last
                    done.set_exception(Refused(None, error))

        async with asyncio.TaskGroup() as group:
            group.create_task(acks())
            group.create_task(errors())

    async def close(self) -> None:
        if self.sorter is not None:
            self.sorter.cancel()
            await asyncio.gather(self.sorter, return_exceptions=True)
        await self.line.close()


WAYS: dict[str, type[PostWay]] = {"post": PostWay, "ws": WsWay}
