"""WebSocket: one pipe, both ways."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..protocol.codec import encode, packed
from ..protocol.errors import Refused
from ..registry.clients import Clients
from ..registry.emits import Ack, Upload
from ..registry.handlers import Tasks
from ..registry.reader import Reader
from .request import acks_text, cursor_of, number, open_reader, payer_of, sid_of
from .scope import served

ANSWERS = 2  # times the window: frames whose answers are not there yet, or not taken
STRIKES = 10  # refused frames in a row, then the line is closed: this client does not listen
ENDED = {"draining": 1012, "crowded": 4208, "gone": 4010, "kicked": 4001, "refused": 4003}


class Frame(Upload):
    """A text that comes up: the upload of every way up, or a ping."""

    ping: Any = msgspec.UNSET


Way = Callable[[WebSocket, Reader, float], Awaitable[tuple[int, str]]]


def ws(clients: Clients, way_down: Way | None = None) -> Callable[[WebSocket], Awaitable[None]]:
    """The endpoint. `way_down`: how batches are sent, by default a frame each."""
    carry = way_down or down

    async def talk(socket: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the line was lost while something was sent
            await socket.accept()  # a browser can read a close code, but not the status of a refused handshake
            try:
                heartbeat = number(socket, "heartbeat", clients.limits.heartbeat, 1, 30)
                reader = await open_reader(clients, socket, "ws", cursor_of(socket))
            except Refused as refused:
                await refuse(socket, refused)
                return await socket.close(refused.close_code, refused.code)
            try:
                code, reason = await first_of(carry(socket, reader, heartbeat), up(socket, clients))
            finally:
                reader.broken = reader.ended is None
                reader.close()
            await socket.close(code, reason)

    return talk


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
    if by is not None and by.carry is not None:  # as below, without a coroutine for each message
        await by.carry(reader, heartbeat)
        return ENDED.get(reader.ended or "", 1000), reader.ended or ""
    async with contextlib.aclosing(reader.follow(heartbeat)) as batches:
        async for batch in batches:
            if write:
                await write(reader.give(batch))
            else:
                await socket.send_text(batch.text.decode())
    return ENDED.get(reader.ended or "", 1000), reader.ended or ""


async def up(socket: WebSocket, clients: Clients) -> tuple[int, str]:
    """Emits, replies and pings: each frame is answered by acks when they are there, by a pong, or by an error."""
    answers, sending = Tasks(), asyncio.Lock()
    strikes = 0
    try:
        while (message := await socket.receive())["type"] == "websocket.receive":
            if message.get("text") is None:
                return 1003, "text frames only"
            try:
                await take(socket, clients, message["text"], answers, sending)
                strikes = 0
            except Refused as refused:
                strikes += 1
                await refuse(socket, refused)
                if strikes == STRIKES:
                    return refused.close_code, refused.code
        return 1000, ""
    finally:
        await answers.end()


async def take(socket: WebSocket, clients: Clients, text: str, answers: Tasks, sending: asyncio.Lock) -> None:
    limits = clients.limits
    frame = Frame.parse(text, limits)
    pinged = frame.ping is not msgspec.UNSET
    if pinged:
        await socket.send_text(f'{{"pong":{packed(frame.ping, limits.data, limits.depth).decode()}}}')
    if frame.emits or frame.replies or frame.acked or not pinged:  # a client that only pings may be nobody
        if len(answers) >= ANSWERS * limits.window:
            raise Refused("window", "this client does not take what it is answered", retry=0.5)
        acks = await clients.take(sid_of(socket), frame, payer_of(socket))
        answers.start(answer(socket, acks, sending))  # a handler may take its time: the next frame does not wait for it


async def answer(socket: WebSocket, acks: list[Ack], sending: asyncio.Lock) -> None:
    """Send each ack when it is there, those that are there already together.

    One text at a time is made and sent: acks asked for again and again, and never taken, are not held in copies.
    """
    waiting = list(acks)
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, Refused):  # refused: the line's end says why
        while waiting:
            ready = [waiting.pop(0)]
            if isinstance(ready[0], asyncio.Future):
                await asyncio.shield(ready[0])
            while waiting and (isinstance(waiting[0], bytes) or waiting[0].done()):
                ready.append(waiting.pop(0))
            async with sending:
                await socket.send_text((await acks_text(ready)).decode())


async def refuse(socket: WebSocket, refused: Refused) -> None:
    await socket.send_text(encode(refused.as_json()).decode())
