"""The neighbour: an honest client beside an attack. How long does it wait, and does a newcomer get in?"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass, field

EVERY = 0.02  # s between two questions
NEWCOMER = 0.5  # s between two newcomers
PATIENCE = 5.0  # s after which an honest client would have given up
SOURCES = ("127.0.0.2", "127.0.1.2")  # of the neighbour, and of the newcomers
WARM = 300  # honest clients of the warm-up
TICK = 0.002  # s between two looks at whether this process itself is late; by more than that a wait says nothing


@dataclass
class Felt:
    """What the neighbour felt: times in ms."""

    waits: list[float] = field(default_factory=list)
    came: int = 0  # newcomers
    inside: int = 0  # of them, those who got their first batch
    errors: int = 0  # questions without an answer
    void: int = 0  # waits in which the neighbour's own process was late

    def percentile(self, share: float) -> float:
        """The nearest rank; 0 where nothing was measured."""
        waits = sorted(self.waits)
        return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else 0.0


class Watch:
    """Looks again and again whether this process is late, so that nobody takes that for the server's fault."""

    def __init__(self) -> None:
        self.late = 0.0  # s in all
        self._task = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK
            await asyncio.sleep(TICK)
            self.late += max(0.0, loop.time() - due - TICK / 2)

    def end(self) -> None:
        self._task.cancel()


async def question(
    port: int,
    felt: Felt,
    planned: float,
    watch: Watch,
    lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
) -> None:
    """One GET /hello on a kept line; its wait counts from the time it was planned for."""
    late = watch.late
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE):
            if lines:
                reader, writer = lines.pop()
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(SOURCES[0], 0))
            writer.write(f"GET /hello HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            lines.append((reader, writer))
    except (OSError, EOFError, TimeoutError, IndexError, asyncio.LimitOverrunError):
        felt.errors += 1
    wait = loop.time() - planned
    await asyncio.sleep(TICK)  # a watch that is late itself has said so by then
    if watch.late - late > TICK:
        felt.void += 1
    else:
        felt.waits.append(wait * 1000)


async def newcomer(port: int, felt: Felt) -> None:
    """Somebody opens the page: a first batch on a line of its own."""
    felt.came += 1
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(SOURCES[1], 0))
            target = f"/longpoll?sid={secrets.token_urlsafe(16)}"
            writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            felt.inside += answer.startswith(b"HTTP/1.1 200") and b'"cursor"' in answer
    except (OSError, EOFError, TimeoutError):
        pass


async def feel(port: int, seconds: float) -> Felt:
    """Ask on absolute deadlines for so long; nobody who is late may hide it."""
    felt, lines = Felt(), list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]()
    loop = asyncio.get_running_loop()
    began, asking, watch = loop.time(), set[asyncio.Task[None]](), Watch()
    for n in range(int(seconds / EVERY)):
        planned = began + n * EVERY
        await asyncio.sleep(planned - loop.time())
        asking.add(asyncio.create_task(question(port, felt, planned, watch, lines)))
        if n % int(NEWCOMER / EVERY) == 0:
            asking.add(asyncio.create_task(newcomer(port, felt)))
    await asyncio.gather(*asking)
    watch.end()
    for _reader, writer in lines:
        writer.close()
    return felt


async def warm(port: int) -> None:
    """An honest crowd comes by every way, and goes, so that what is made at first use is no growth afterwards."""
    for _ in range(WARM // 10):
        await asyncio.gather(*(newcomer(port, Felt()) for _ in range(10)))
    for _ in range(2):
        await asyncio.gather(*(visit(port, base) for n in range(20) for base in ("", f"/via/~warm{n:06}")))


async def visit(port: int, base: str) -> None:
    """One client: the page and its files, each transport, an emit and a goodbye."""
    me = secrets.token_urlsafe(16)
    body = b'{"emits":[{"n":1,"event":"c2s","data":{"user":"a","content":"b"}}]}'
    said = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    upgrade = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    for head, more, rest in (
        ("GET /", "", b""),
        ("GET /page/page.js", "", b""),
        ("GET /client/socket.js", "", b""),
        ("GET /socket.io/socket.io.js", "", b""),
        (f"GET {base}/poll?sid={me}&history=300", "", b""),
        (f"POST {base}/emit?sid={me}", said, body),
        (f"GET {base}/sse?sid={me}", "", b""),
        (f"GET {base}/ws?sid={me}", upgrade, b""),
        ("GET /lab/trace", upgrade, b""),
        ("GET /stats", "", b""),
        (f"POST {base}/bye?sid={me}", "Content-Length: 0\r\n", b""),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(SOURCES[1], 0))
        writer.write(f"{head} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{more}\r\n".encode() + rest)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(0.3 if "/sse" in head else 0.1):
                await reader.read(1 << 20)
        writer.transport.abort()
