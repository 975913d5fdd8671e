"""The neighbour: an honest client beside an attack. How long does it wait, and does a newcomer get in?"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

EVERY = 0.02  # s between two questions
NEWCOMER = 0.5  # s between two newcomers
PATIENCE = 5.0  # s after which an honest client would have given up
SOURCES = ("127.0.0.2", "127.0.1.2")  # of the neighbour, and of the newcomers
WARM = 300  # honest clients of the warm-up


@dataclass
class Felt:
    """What the neighbour felt: times in ms."""

    waits: list[float] = field(default_factory=list)
    came: int = 0  # newcomers
    inside: int = 0  # of them, those who got their first batch
    errors: int = 0  # questions without an answer

    def percentile(self, share: float) -> float:
        """The nearest rank; 0 where nothing was measured."""
        waits = sorted(self.waits)
        return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else 0.0


async def question(
    port: int, felt: Felt, planned: float, lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
) -> None:
    """One GET /hello on a kept line; its wait counts from the time it was planned for."""
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
    felt.waits.append((loop.time() - planned) * 1000)


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
    began, asking = loop.time(), set[asyncio.Task[None]]()
    for n in range(int(seconds / EVERY)):
        planned = began + n * EVERY
        await asyncio.sleep(planned - loop.time())
        asking.add(asyncio.create_task(question(port, felt, planned, lines)))
        if n % int(NEWCOMER / EVERY) == 0:
            asking.add(asyncio.create_task(newcomer(port, felt)))
    await asyncio.gather(*asking)
    for _reader, writer in lines:
        writer.close()
    return felt


async def warm(port: int) -> None:
    """An honest crowd comes and goes, so that what is made at first use is there before memory is compared."""
    for _ in range(WARM // 10):
        await asyncio.gather(*(newcomer(port, Felt()) for _ in range(10)))
