"""The listener: begins new connections a few at a time, of each address in its turn, and none that has no place.

A loop's own server takes all that are there in one turn, while everybody waits, and where the files of the process have
run out it stops for a second or for good. The system hands them out in the order in which they came, so who comes
behind a crowd would wait for all of it: they are taken from there quickly, which costs little, and begun slowly.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict, deque
from collections.abc import Callable

from ..protocol.pace import owner_of
from .doors import Doors
from .shares import who_gives_way

TAKEN = 64  # connections taken from the system in one turn of the loop
BEGUN = 8  # and begun: that costs some 20 times as much
PAUSE = 0.1  # s until the next try, when the system has nothing left to give


class Listener:
    """One listening socket, while it is served. It stands where uvicorn has an asyncio.Server."""

    def __init__(self, listening: socket.socket, serve: Callable[[], asyncio.Protocol], doors: Doors) -> None:
        self._listening, self._serve, self._doors = listening, serve, doors
        self._loop = asyncio.get_running_loop()
        self._waiting: OrderedDict[str, deque[socket.socket]] = OrderedDict()  # by address, in the order of their turns
        self._taken = 0  # of them
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
            self._wait(owner_of(str(address[0])), connection)

    def _wait(self, address: str, connection: socket.socket) -> None:
        """Let it wait for its turn. Where no more can wait, the address that has most waiting gives way."""
        if not self._doors.open_to(address, len(self._waiting.get(address, ()))):
            return connection.close()
        if not self._doors.room(self._taken):
            greedy = who_gives_way(self._waiting, address)
            if greedy is None:
                return connection.close()
            self._next(greedy).close()
        if not self._waiting:
            self._loop.call_soon(self._turn)
        self._waiting.setdefault(address, deque()).append(connection)
        self._taken += 1

    def _next(self, address: str) -> socket.socket:
        """The first that waits of this address, which goes to the end of the queue of addresses."""
        same = self._waiting.pop(address)
        self._taken -= 1
        first = same.popleft()
        if same:
            self._waiting[address] = same
        return first

    def _turn(self) -> None:
        """Begin a few of those that wait."""
        for _ in range(min(BEGUN, self._taken)):
            task = self._loop.create_task(self._begin(self._next(next(iter(self._waiting)))))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)
        if self._waiting:
            self._loop.call_soon(self._turn)

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
        for same in self._waiting.values():
            for connection in same:
                connection.close()
        self._waiting.clear()
        self._taken = 0

    async def wait_closed(self) -> None:
        if self._beginning:
            await asyncio.wait(self._beginning)
