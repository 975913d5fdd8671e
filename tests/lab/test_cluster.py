"""The cluster as a person starts it: three servers on one log behind HAProxy; one is killed, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.root import ROOT
from tests.stranger.http import DEADLINE, http, new_sid, post
from transport_fallback.client.socket import io
from transport_fallback.lab.network.proxies import free

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("both_proxies", "redis_program", "nothing_left")]
FLAGS = ["--sid-rate=1000", "--emit-rate=1000", "--poll-rate=1000"]


class Started:
    """The program, and what it printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def says(self, pattern: str) -> re.Match[str]:
        """Wait for a line like this."""
        assert self.process.stdout is not None
        async with asyncio.timeout(2 * DEADLINE):
            while line := (await self.process.stdout.readline()).decode():
                if found := re.search(pattern, line):
                    return found
        raise AssertionError(f"it ended and did not say {pattern}")

    async def come(self) -> None:
        """Until it has told what is where."""
        self.url = (await self.says(r"(http://\S+) leads to 3 servers"))[1]
        rows = [await self.says(rf"^ +{name} +(\d+) +\S+:(\d+)") for name in ("A", "B", "C", "Redis", "HAProxy")]
        self.pids, self.ports = ([int(row[i]) for row in rows] for i in (1, 2))

    async def answering(self, count: int) -> list[str]:
        """The names of the servers that answer so many requests, one after the other."""
        names = []
        for _ in range(count):
            answer = await http(self.url, "GET", "/hello")
            assert answer.status == 200
            names.append(answer.headers["lab-server"].partition("-")[0])
        return names

    def press(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")


@pytest.fixture
async def cluster(nothing_left: None) -> AsyncIterator[Started]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "transport_fallback.lab.cluster", "--port", "0", *FLAGS),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    started = Started(process)
    try:
        await started.come()
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(2 * DEADLINE):
            await process.wait()


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def said(url: str, sid: str, n: int) -> None:
    """Say it until it is acked: an answer that the killed one owed is HAProxy's, and the same n counts once."""
    async with asyncio.timeout(DEADLINE):
        while (await post(url, sid, emits=[{"n": n, "event": "c2s", "data": saying(n)}])).status != 200:
            await asyncio.sleep(0.05)


def saying(n: int) -> dict[str, str]:
    return {"user": "Ada", "content": f"{n}"}


@contextlib.asynccontextmanager
async def hearing(url: str) -> AsyncIterator[dict[str, list[str]]]:
    """What a client on each transport hears; a gap too."""
    heard: dict[str, list[str]] = {}
    async with contextlib.AsyncExitStack() as stack:
        for one in ("ws", "sse", "longpoll", "poll"):
            socket = io(url, transports=[one])
            mine = heard[one] = []
            socket.on("s2c", lambda data, mine=mine: mine.append(data["content"]))
            socket.on("gap", lambda gap, mine=mine: mine.append(f"gap {gap}"))
            await stack.enter_async_context(socket)
        yield heard


async def test_one_is_killed_and_nothing_is_lost_and_it_can_be_started_again(cluster: Started) -> None:
    assert sorted(set(await cluster.answering(6))) == ["A", "B", "C"]
    numbers = [f"{n}" for n in range(1, 61)]
    async with hearing(cluster.url) as heard:
        sid = new_sid()
        await http(cluster.url, "GET", f"/poll?sid={sid}")
        for n in range(1, 61):
            if n == 20:
                os.kill(cluster.pids[0], signal.SIGKILL)
            await said(cluster.url, sid, n)
        async with asyncio.timeout(3 * DEADLINE):  # who read at the killed one comes again in its own time
            while any(len(one) < len(numbers) for one in heard.values()):
                await asyncio.sleep(0.02)
    assert heard == dict.fromkeys(heard, numbers)
    assert "Enter starts it again" in (await cluster.says(r"Server A \(process \d+\) has ended")).string
    command = await cluster.says(r"make run PORT=(\d+) LOG=(\S+) FLAGS='(.*)'")
    assert int(command[1]) == cluster.ports[0] and "--log-as A --may-be-killed" in command[3]
    assert set(await cluster.answering(6)) == {"B", "C"}

    cluster.press()
    again = await cluster.says(r"Server A is process (\d+) now")
    async with asyncio.timeout(DEADLINE):
        while set(await cluster.answering(6)) != {"A", "B", "C"}:
            await asyncio.sleep(0.1)
    cluster.process.send_signal(signal.SIGINT)
    async with asyncio.timeout(2 * DEADLINE):
        assert await cluster.process.wait() == 0
    assert not any(map(runs, [*cluster.pids, int(again[1])]))


async def test_without_redis_there_is_no_cluster_and_all_ends(cluster: Started) -> None:
    os.kill(cluster.pids[3], signal.SIGKILL)
    async with asyncio.timeout(2 * DEADLINE):
        assert await cluster.process.wait() == 1
    assert not any(map(runs, cluster.pids))


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--redis", "no-such-redis"], "redis-server is not installed: run scripts/get-redis as root"),
        (["--port", "{taken}"], "choose another, as in make cluster PORT="),
        (["--keep-messages", "none"], "keep"),
    ],
)
async def test_what_is_missing_is_said_in_a_sentence(flags: list[str], says: str) -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    async with server:
        taken = server.sockets[0].getsockname()[1]
        given = ["--port", str(free("127.0.0.1", 0)), *(flag.format(taken=taken) for flag in flags)]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "transport_fallback.lab.cluster", *given),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        async with asyncio.timeout(2 * DEADLINE):
            _, told = await process.communicate()
    assert process.returncode == 1 and says in told.decode() and "Traceback" not in told.decode()
