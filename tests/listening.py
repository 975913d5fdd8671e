"""A server of a test's own, of which nothing is open when it has ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """A URL at which every line is given to `serve`. At the end no task serves, and every line is closed.

    Lines are accepted here: asyncio's own server forgets one that comes in the turn in which it closes, keeps from
    everybody the tasks that serve, and cannot close what it accepted before Python 3.13.
    """
    loop = asyncio.get_running_loop()
    lines, writers, tasks = list[socket.socket](), list[asyncio.StreamWriter](), list[asyncio.Task[None]]()

    def accept() -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):  # who is gone again
            lines.append(door.accept()[0])
            tasks.append(loop.create_task(given(lines[-1])))

    async def given(line: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=line)
        writers.append(writer)
        try:
            await serve(reader, writer)
        except Exception as error:
            loop.call_exception_handler({"message": f"a line at {url} was not served", "exception": error})
            writer.close()

    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setblocking(False)
        loop.add_reader(door, accept)
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        try:
            yield url
        finally:
            loop.remove_reader(door)
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
            for writer in writers:
                writer.transport.abort()
            await asyncio.sleep(0)  # a transport closes its line one turn later
            for line in lines:
                line.close()  # its task may have ended before its first step
