"""The members of a cluster: a Redis that keeps nothing, servers that share a log in it, and HAProxy before them.

All of them listen on the loopback. Nothing is sticky: any server answers any client's next request. One that is killed
stays so until somebody starts it again, so that it can be seen what the others make of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process

from .network.proxies import PATIENCE, Row, free, proxy

HOST = "127.0.0.1"
NAMES = "ABC"
LESSON = "?panel=lessons&lesson=10"

HAPROXY = """\
defaults
    mode http
    balance roundrobin
    timeout connect 1s
    timeout client  60s     # more than a heartbeat or a hold, 30 s at most
    timeout server  60s
    timeout tunnel  60s     # a WebSocket
    timeout check   1s
    retries 3
    option redispatch 1     # where one does not take a connection, another is asked
    option http-no-delay    # each event at once: else it waits for more, a tenth of a second and longer
    option httpchk
    http-check send meth GET uri /ready ver HTTP/1.1 hdr Host {host}
    http-check expect status 200
    default-server check inter 500ms fall 1 rise 1 on-marked-down shutdown-sessions

listen lab
    bind {listen}
"""


async def ended(process: Process | None, patience: float = PATIENCE) -> None:
    """End a process, if it was started: politely, and when that takes too long at once."""
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(patience):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def port_of(port: int) -> int:
    """This port, or any if 0. OSError: it is taken, or no port at all."""
    try:
        return free(HOST, port)
    except (OSError, OverflowError) as error:
        raise OSError(
            f"cannot listen on {HOST}:{port}: {error}; choose another, as in make cluster PORT=3400"
        ) from None


class Redis:
    """A Redis that keeps nothing."""

    def __init__(self, program: str) -> None:
        self.program, self.port = program, free(HOST, 0)
        self.url = f"redis://{HOST}:{self.port}/0"
        self.process: Process | None = None

    async def ended(self) -> None:
        assert self.process is not None
        await self.process.wait()

    async def start(self) -> None:
        """OSError: it does not run."""
        # An own session: Ctrl-C is for the program that ends all of them, in their order.
        self.process = process = await asyncio.create_subprocess_exec(
            self.program, "--port", str(self.port), "--bind", HOST, "--save", "", "--appendonly", "no",
            "--maxmemory-policy", "noeviction", "--loglevel", "warning", "--dir", tempfile.gettempdir(),
            stdin=DEVNULL, stdout=DEVNULL, start_new_session=True,
        )  # fmt: skip
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while process.returncode is None:
                    try:
                        _reader, writer = await asyncio.open_connection(HOST, self.port)
                    except OSError:
                        await asyncio.sleep(0.02)
                    else:
                        writer.close()
                        return
        raise OSError("Redis does not run")


class Server:
    """One of the servers: what it is called, where it listens, and how it is started, here or by hand."""

    def __init__(self, name: str, log: str, flags: list[str]) -> None:
        self.name, self.log, self.port = name, log, free(HOST, 0)
        self.flags = ["--log-as", name, "--may-be-killed", "--per-sid", "1", *flags]
        self.process: Process | None = None

    async def start(self) -> Process:
        """Begin, and wait until it answers. OSError: it does not, and has said why."""
        arguments = ["--port", str(self.port), "--log", self.log, *self.flags]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "transport_fallback.app", *arguments,
            stdin=DEVNULL, stdout=PIPE, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        if not re.search(rb"http://", await self.process.stdout.readline()):
            raise OSError(f"server {self.name} does not run")
        return self.process

    @property
    def by_hand(self) -> str:
        return f"make run PORT={self.port} LOG={self.log} FLAGS='{' '.join(self.flags)}'"


class Cluster:
    """All of it, while it is entered."""

    def __init__(self, port: int, redis: str, flags: list[str]) -> None:
        self.redis = Redis(redis)
        self.servers = [Server(name, self.redis.url, flags) for name in NAMES]
        lines = "".join(f"    server {one.name} {HOST}:{one.port}\n" for one in self.servers)
        row = Row("cluster", "haproxy", "", "", HAPROXY + lines)
        self.front = proxy(row, f"http://{HOST}", host=HOST, port=port_of(port))
        self._watching: set[asyncio.Task[None]] = set()
        self._all = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Cluster:
        """OSError: a part of it does not run."""
        try:
            self._all.push_async_callback(self._end)
            await self.redis.start()
            await asyncio.gather(*(one.start() for one in self.servers))
            self.url = await self._all.enter_async_context(self.front)
            for one in self.servers:
                self._watch(one)
        except BaseException:
            await self._all.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._all.aclose()

    async def _end(self) -> None:
        """The servers first: what they say at their end is for the log."""
        await asyncio.gather(*(ended(one.process) for one in self.servers))
        await ended(self.redis.process)

    async def broken(self) -> str:
        """Wait until there is no cluster any more. Returns what has ended."""
        needed = {"Redis": self.redis.ended(), "HAProxy": self.front.ended()}
        tasks = {asyncio.ensure_future(one): name for name, one in needed.items()}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        return tasks[done.pop()]

    def _watch(self, server: Server) -> None:
        """Tell when this one ends."""

        async def watch() -> None:
            assert server.process is not None
            await server.process.wait()
            print(
                f"Server {server.name} (process {server.process.pid}) has ended, and the others go on. Enter starts it "
                f"again; so does, in another terminal:\n  {server.by_hand}",
                flush=True,
            )

        task = asyncio.create_task(watch())
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    async def start_again(self) -> None:
        """Start those that have ended."""
        for server in self.servers:
            if server.process is not None and server.process.returncode is not None:
                print(f"Server {server.name} starts …", flush=True)
                try:
                    process = await server.start()
                except OSError as error:
                    print(error, flush=True)
                else:
                    print(f"Server {server.name} is process {process.pid} now.", flush=True)
                    self._watch(server)

    def told(self) -> str:
        """What is where, and what one can do with it."""
        parts = [(one.name, one.process, f"http://{HOST}:{one.port}") for one in self.servers]
        parts += [("Redis", self.redis.process, self.redis.url), ("HAProxy", self.front.process, self.url)]
        rows = [f"  {name:9}{process.pid if process else '':<10}{place}" for name, process, place in parts]
        return "\n".join(
            (
                f"{self.url} leads to {len(self.servers)} servers that share one log, to each in its turn.",
                "",
                f"  {'server':9}{'process':10}address",
                *rows,
                "",
                f"Kill one by its process:  kill -9 {parts[0][1] and parts[0][1].pid}",
                f"or on the page, in lesson 10:  {self.url}/{LESSON}",
                "Enter starts again what was killed, and Ctrl-C ends all of it.",
            )
        )
