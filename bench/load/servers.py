"""The servers under test: each a process of its own, on a core of its own, and what it costs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bench.experiments import BROWSER
from bench.load import fronts
from bench.peers import chromium, nchan, node, python

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
STARTING = 30.0  # s, on a busy machine
ENDING = 6.0  # s: ours drains for 3
SERVER_CORE, GENERATOR_CORE = 0, 1
FILES = 20_000
LOWEST_PORT = 10_000
# Of our own, as in serving/run.py and bench/variants.py.
SETTINGS = (
    "uvicorn with one worker, httptools and websockets (sans I/O); keep-alive 75 s, backlog 4,096, a WebSocket ping"
    " each 20 s; no access log, no compression but where it is named"
)
ADDRESS = re.compile(r"http://[\w.-]+(:\d{1,5})?(/\S*)?")


class Unfit(Exception):
    """This server cannot be had here; the sentence says why."""


def command(name: str, port: int, folder: Path) -> list[str]:
    """How the server of this name is started; in `folder` it may write. Unfit: it cannot be, here."""
    if name == "python-socketio":
        return python.server(port)
    if name == "socket.io":
        return node.server(port)
    if name == "nchan":
        return nchan.command(port, folder)
    return [sys.executable, "-m", "bench.variants", name, "--port", str(port)]


def lacking(name: str) -> str:
    """Why this server, or what plays its clients, cannot be had here; "" if it can."""
    if name == BROWSER:
        return chromium.lacking()
    if name in fronts.WHICH:
        return fronts.lacking(name)
    if name == "nchan":
        return nchan.lacking()
    return node.lacking() if name == "socket.io" else ""


def install(name: str) -> None:
    """Get a peer by its name, once. OSError, CalledProcessError: it could not be had."""
    if name == "python-socketio":
        python.install()
    elif name == "socket.io":
        node.install()


def version_of(name: str) -> str:
    """Of what was got, and of what it runs on. OSError, CalledProcessError: it does not say."""
    versions: dict[str, Callable[[], str]] = {
        "python-socketio": python.version,
        "socket.io": node.version,
        "nchan": nchan.version,
        BROWSER: chromium.version,
        **{program: partial(fronts.version, program) for program in fronts.WHICH},
    }
    return versions[name]()


def free_port() -> int:
    """A port of the loopback for a program that is yet to start.

    It is none of those that the system gives to whoever connects or asks for any: until the program binds it, another
    of the hundreds here would be given it. Two who ask here at once hardly draw the same.
    """
    for _ in range(100):
        port = random.SystemRandom().randrange(LOWEST_PORT, given_ports())
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
    raise OSError("no port of the loopback is free")


def given_ports() -> int:
    """The first of the ports that this system gives away."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        return 32_768  # as Linux has it; others begin higher


@dataclass
class Server:
    """One that runs."""

    name: str
    port: int
    process: asyncio.subprocess.Process | None
    url: str
    folder: Path = Path()  # for what it writes

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    async def start(self) -> None:
        """Start the process and wait until it takes connections. Unfit: it did not come up."""
        self.process = await asyncio.create_subprocess_exec(
            *command(self.name, self.port, self.folder), cwd=ROOT, start_new_session=True,
            stdout=asyncio.subprocess.DEVNULL, preexec_fn=lambda: pin(SERVER_CORE),
        )  # fmt: skip
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STARTING):
                while self.process.returncode is None:
                    with contextlib.suppress(OSError):
                        (await asyncio.open_connection("127.0.0.1", self.port))[1].close()
                        return
                    await asyncio.sleep(0.03)
        await self.end()
        raise Unfit(f"the server {self.name} did not start on port {self.port}")

    async def end(self, politely: bool = False) -> None:
        """End the process. Nobody waits for what it still has to say, but for a restart, which is as in life."""
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            (self.process.terminate if politely else self.process.kill)()
        try:
            async with asyncio.timeout(ENDING):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    async def restart(self) -> None:
        """As an update of the program does it: it is told to end, and a new one comes up in its place."""
        await self.end(politely=True)
        await self.start()


@contextlib.asynccontextmanager
async def serving(name: str, url: str | None = None) -> AsyncIterator[Server]:
    """A fresh server, or the one at `url`, of which nothing can be read but what it answers."""
    if url is not None:
        yield Server("url", urlsplit(url).port or 80, None, url.rstrip("/"))
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(name, port, None, f"http://127.0.0.1:{port}", Path(folder))
        try:
            await server.start()
            yield server
        finally:
            await server.end()


def pin(core: int) -> None:
    """Run this process on one core, where there are two, and let it open many files."""
    import resource

    if (os.cpu_count() or 1) > 1 and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core})
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def cpu_of(pid: int | None) -> float | None:
    """s of processor this process has used, all its threads, user and system. None: nobody can tell."""
    if pid is None:
        return None
    try:
        return time.clock_gettime((~pid << 3) | 2)  # the clock of a process's processor time, as Linux names it
    except OSError:
        pass
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    except (OSError, ValueError, IndexError):
        return None


def waited_of(pid: int | None, proc: Path = Path("/proc")) -> float | None:
    """s in which this process could have run, but another one had its core. What its own threads did there meanwhile
    is its work, not a disturbance: Node collects garbage in them. None: nobody can tell."""
    if pid is None:
        return None
    try:
        waited = int((proc / f"{pid}/schedstat").read_text().split()[1])
        threads = [one for one in (proc / f"{pid}/task").iterdir() if one.name != str(pid)]
        return (waited - sum(int((one / "schedstat").read_text().split()[0]) for one in threads)) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def memory_of(pid: int | None) -> int | None:
    """Bytes that are this process's alone and written to. None: nobody can tell."""
    if pid is None:
        return None
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(re.search(r"Private_Dirty:\s+(\d+) kB", text)[1]) * 1024  # type: ignore[index]
    except (OSError, TypeError):
        return None
