"""WebSocket: one pipe, both ways."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import msgspec
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ..protocol.codec import encode, packed
from ..protocol.errors import Refused
from ..registry.clients import Clients
from ..registry.emits import Ack, Upload
from ..registry.handlers import Tasks
from ..registry.reader import Reader
from .request import SERVER, acks_text, cursor_of, leave, number, open_reader, payer_of, server_of, sid_of
from .scope import Carried, served

ANSWERS = 2  # times the window: frames whose answers are not there yet, or not taken
STRIKES = 10  # refused frames in a row, then the line is closed: this client does not listen
ENDED = {"draining": 1012, "unready": 1012, "crowded": 4208, "gone": 4010, "kicked": 4001, "refused": 4003}


class Frame(Upload):
    """A text that comes up: the upload of every way up, or a ping."""

    ping: Any = msgspec.UNSET


Way = Callable[[WebSocket, Reader, float], Awaitable[tuple[int, str]]]


def ws(clients: Clients, way_down: Way | None = None) -> Callable[[WebSocket], Awaitable[None]]:
    """The endpoint. `way_down`: how batches are sent, by default a frame each."""

    async def talk(socket: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the line was lost while something was sent
            asked = HTTPConnection(socket.scope)  # it remembers what it was asked for, and ends with this
            server = server_of(clients)
            signed = [] if server is None else [(SERVER.lower().encode(), server.encode())]
            await socket.accept(
                headers=signed
            )  # a browser can read a close code, but not the status of a refused handshake
            try:
                heartbeat = number(asked, "heartbeat", clients.limits.heartbeat, 1, 30)
                reader = await open_reader(clients, asked, "ws", cursor_of(asked))
            except Refused as refused:
                await refuse(socket, refused)
                return await socket.close(refused.close_code, refused.code)
            by = served(socket.scope)
            speaker = sid_of(asked), payer_of(asked)
            if by is not None and by.carry is not None and way_down is None:
                by.rest = partial(carried, by.carry(reader, heartbeat), reader, clients, *speaker)
                return
            try:
                way, up = (way_down or down)(socket, reader, heartbeat), Up(socket, clients, *speaker)
                code, reason = await first_of(way, up.go(socket.receive))
            finally:
                leave(reader)
            await socket.close(code, reason)

    return talk


async def carried(
    carriage: AbstractAsyncContextManager[Carried],
    reader: Reader,
    clients: Clients,
    sid: str | None,
    payer: str,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """The same, where the connection itself writes the batches; what comes up ends when the reader must stop."""
    socket = WebSocket(scope, receive, send)
    socket.client_state = socket.application_state = WebSocketState.CONNECTED
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        try:
            async with carriage:
                code, reason = await Up(socket, clients, sid, payer).go(receive)
        finally:
            leave(reader)
        if reader.ended is not None:
            code, reason = ENDED.get(reader.ended, 1000), reader.ended
        await socket.close(code, reason)


async def first_of(*ways: Awaitable[tuple[int, str]]) -> tuple[int, str]:
    """Both ways at once; when one ends, so does the other. Returns the close code of the first."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def down(socket: WebSocket, reader: Reader, heartbeat: float) -> tuple[int, str]:
    """Batches, as long as this reader may read."""
    by = served(socket.scope)
    write = None if by is None else by.write
    async with contextlib.aclosing(reader.follow(heartbeat)) as batches:
        async for batch in batches:
            reader.give(batch)
            if write:
                await write(batch)
            else:
                await socket.send_text(batch.text.decode())
    return ENDED.get(reader.ended or "", 1000), reader.ended or ""


class Up:
    """The way up of one line: each frame is answered by acks when they are there, by a pong, or by an error."""

    def __init__(self, socket: WebSocket, clients: Clients, sid: str | None, payer: str) -> None:
        self.socket, self.clients, self.sid, self.payer = socket, clients, sid, payer
        self.unanswered = 0  # frames
        self._new: list[list[Ack]] = []  # the acks of frames that came in this turn of the loop
        self._answers, self._sending = Tasks(), asyncio.Lock()

    async def go(self, receive: Receive) -> tuple[int, str]:
        """Take what comes. Returns a close code."""
        strikes = 0
        try:
            while (message := await receive())["type"] == "websocket.receive":
                if message.get("text") is None:
                    return 1003, "text frames only"
                try:
                    await self.take(message["text"])
                    strikes = 0
                except Refused as refused:
                    strikes += refused.code != "unready"  # which is no fault of this client
                    await refuse(self.socket, refused)
                    if strikes == STRIKES:
                        return refused.close_code, refused.code
            return 1000, ""
        finally:
            await self._answers.end()

    async def take(self, text: str) -> None:
        limits = self.clients.limits
        frame = Frame.parse(text, limits)
        pinged = frame.ping is not msgspec.UNSET
        if pinged:
            await self.socket.send_text(f'{{"pong":{packed(frame.ping, limits.data, limits.depth).decode()}}}')
        if frame.emits or frame.replies or frame.acked or not pinged:  # a client that only pings may be nobody
            if self.unanswered >= ANSWERS * limits.window:
                raise Refused("window", "this client does not take what it is answered", retry=0.5)
            self.answer(await self.clients.take(self.sid, frame, self.payer))

    def answer(self, acks: list[Ack]) -> None:
        """Answer a frame, together with those that come in the same turn. It does not wait: a handler may take long."""
        self.unanswered += 1
        self._new.append(acks)
        if len(self._new) == 1:
            self._answers.start(self._answer())

    async def _answer(self) -> None:
        """Send each ack when it is there, those that are there already together.

        One text at a time is made and sent: acks asked for again and again, and never taken, are not held in copies.
        """
        frames, self._new = self._new, []
        waiting = [ack for acks in frames for ack in acks]
        waiting.sort(key=lambda ack: not isinstance(ack, bytes))  # a reply's waits for no handler
        try:
            while waiting:
                ready = [waiting.pop(0)]
                if isinstance(ready[0], asyncio.Future):
                    await asyncio.shield(ready[0])
                while waiting and (isinstance(waiting[0], bytes) or waiting[0].done()):
                    ready.append(waiting.pop(0))
                async with self._sending:
                    await self.socket.send_text((await acks_text(ready)).decode())
        except (WebSocketDisconnect, RuntimeError, Refused):
            pass  # refused: the line's end says why
        finally:
            self.unanswered -= len(frames)


async def refuse(socket: WebSocket, refused: Refused) -> None:
    await socket.send_text(encode(refused.as_json()).decode())
