"""The wire: one connection to Redis, which does what it is told and nothing besides.

redis-py does its handshake, TLS and reading. Left to itself it would also connect anew between two commands, and what
this process was told of one server it would tell another.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, NamedTuple

import hiredis
from redis.asyncio.connection import ConnectionPool
from redis.exceptions import RedisError, ResponseError

from ..items import NoLog
from . import scripts
from .scripts import Command

WHO = ("INFO", "server", "replication")
pack: Callable[[Any], bytes] = hiredis.pack_command  # redis-py's own takes seven times as long
CHUNK = 64 << 10  # bytes read at once, as many as asyncio's buffer takes before it stops reading


class Answered(Exception):
    """Redis, or a script in it, refuses a command; the connection goes on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code


class Unusable(NoLog):
    """This server may not keep a log: to go on would be to lose it."""


class Server(NamedTuple):
    """What a connection leads to."""

    run: str  # this life of this primary: another after each restart, and after each promotion
    kept: str  # how it keeps what it has, in words

    @classmethod
    def of(cls, info: bytes) -> Server:
        """What INFO says. ConnectionError: it is no primary, or not yet. Unusable: it hides who it is, or would throw
        items away."""
        said = dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
        if said.get("role") != "master":
            raise ConnectionError(f"the server there is no primary but a {said.get('role')}")
        if said.get("loading") == "1":
            raise ConnectionError("the server there is still reading its file")
        if not said.get("run_id") or not said.get("master_replid"):
            raise Unusable("this Redis does not say its run_id: nobody would see that it was started anew")
        if said.get("maxmemory_policy", "noeviction") != "noeviction":
            raise Unusable(f"maxmemory-policy {said['maxmemory_policy']} would throw the log away: set noeviction")
        appends = said.get("aof_enabled") == "1"
        kept = "in an append-only file" if appends else "in memory, and in what snapshots of it Redis makes"
        return cls(f"{said['run_id']}.{said['master_replid']}", kept)


class Wire:
    """One connection, of one owner. Its commands are answered in order: whoever does not wait for his leaves it to the
    next. So a wait that is given up, by a deadline or by being cancelled, ends the connection."""

    def __init__(self, pool: ConnectionPool, deadline: float) -> None:
        self.deadline = deadline  # s after which no answer comes
        self._connection = pool.make_connection()

    async def connect(self) -> Server:
        """ConnectionError: nobody answers there, or not yet. Unusable: it is no place for a log."""
        async with _plainly(self.deadline):
            await self._connection.connect()
        return Server.of(await self.ask(*WHO, "memory", "persistence"))

    async def load(self, *names: str) -> None:
        """Make scripts known to this server."""
        await self.send(("SCRIPT", "LOAD", scripts.text(name)) for name in names)
        await self.answers(len(names))

    async def send(self, commands: Iterable[Command]) -> None:
        """Write commands, each of which has to be waited for in its turn. It takes as long as the line is full."""
        if not self._connection.is_connected:  # redis-py would connect anew, and nobody would have adopted
            raise ConnectionError("the connection is closed")
        packed = b"".join(map(pack, commands))
        async with _plainly(None):
            await self._connection.send_packed_command(packed)

    async def answers(self, count: int, more: float = 0.0) -> list[Any]:
        """The next answers, all within the deadline and `more` seconds. Answered: one is an error."""
        found: list[Any] = []
        fault: Answered | None = None
        async with _plainly(self.deadline + more):
            for _ in range(count):
                try:
                    found.append(await self._connection.read_response())
                except ResponseError as error:  # of an answer after it somebody else would think that it is his
                    fault = fault or Answered(*_words(error))
        if fault is not None:
            raise fault
        return found

    async def ask(self, *command: scripts.Word) -> Any:
        """Send one command, and wait for its answer."""
        await self.send([command])
        return (await self.answers(1))[0]

    async def close(self) -> None:
        with contextlib.suppress(ConnectionError):
            async with _plainly(self.deadline):
                await self._connection.disconnect(nowait=True)


def pool(url: str, deadline: float) -> ConnectionPool:
    """The connections to this address. ValueError: it is none."""
    made = ConnectionPool.from_url(url, protocol=2)
    made.connection_kwargs.update(  # after the address, which could say something else
        protocol=2,  # 3 would ask every server for news of its maintenance
        socket_timeout=None,  # 5 s by default, in which XREAD may well have nothing to say (redis-py#3138)
        socket_connect_timeout=deadline,
        socket_read_size=CHUNK,
        health_check_interval=0,  # a PING between two commands
        retry_on_timeout=False,
        decode_responses=False,
        driver_info=None,
    )
    return made


def _words(error: ResponseError) -> tuple[str, str]:
    """The first word of an error, which says what it is, and the rest. redis-py cuts it off where it knows it."""
    code, _, rest = str(error).partition(" ")
    return (error.status_code, str(error)) if error.status_code else (code, rest)


@contextlib.asynccontextmanager
async def _plainly(seconds: float | None) -> AsyncIterator[None]:
    """ConnectionError, whatever went wrong with the line, or when it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise ConnectionError(f"no answer within {seconds} s") from None
    except (RedisError, OSError) as error:
        raise ConnectionError(str(error)) from None
