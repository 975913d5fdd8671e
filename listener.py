"""The listener: takes new connections a few at a time, and none that has no place.

A loop's own server takes all that are there in one turn, while everybody waits, and where the files of the process have
run out it stops for a second or for good.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from doors import Doors

TAKEN = 8  # connections in one turn of the loop
PAUSE = 0.1  # s until the next try, when the system has nothing left to give


class Listener:
    """One listening socket, while it is served. It stands where uvicorn has an asyncio.Server."""

    def __init__(self, listening: socket.socket, serve: Callable[[], asyncio.Protocol], doors: Doors) -> None:
        self._listening, self._serve, self._doors = listening, serve, doors
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._closed = False
        listening.setblocking(False)
        self._listen()

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening, self._take)

    def _take(self) -> None:
        for _ in range(TAKEN):
            try:
                connection, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no files, or no memory: accept(2)
                return self._rest()
            if not self._doors.open_to(str(address[0])):
                connection.close()
                continue
            task = self._loop.create_task(self._begin(connection))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)

    def _rest(self) -> None:
        """Nothing can be taken now: whoever is idle for longest makes room, and what waits is asked again soon."""
        self._doors.make_room()
        self._loop.remove_reader(self._listening)
        self._pause = self._loop.call_later(PAUSE, self._listen)

    async def _begin(self, connection: socket.socket) -> None:
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._serve, connection)
        except OSError:  # it has gone before it began
            connection.close()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._pause is not None:
            self._pause.cancel()
        else:
            self._loop.remove_reader(self._listening)

    async def wait_closed(self) -> None:
        if self._beginning:
            await asyncio.wait(self._beginning)
