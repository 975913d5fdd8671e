"""The nemesis: the server as a process that is killed, stopped, frozen and started again, at times as an older life."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

from bench.load.servers import free_port
from transport_fallback.log.batch import new_epoch

CALM = 1.0  # s a restarted server is left alone


class Nemesis:
    """One server process after another on one port, all writing one journal."""

    def __init__(self, tree: Path, journal: Path, seed: int) -> None:
        self.tree, self.journal = tree, journal
        self.port = free_port()
        self.luck = random.Random(seed)
        self.lives = 0
        self.deeds: dict[str, int] = {}
        self.process: asyncio.subprocess.Process | None = None
        self.report = b""  # what the servers said on stderr

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, now: float) -> None:
        """Start a server whose epoch is named as if it were born at this time."""
        self.lives += 1
        call = [sys.executable, "-m", "tests.torture.server", "--port", str(self.port), "--journal", str(self.journal)]
        call += ["--epoch", new_epoch(now), "--seed", str(self.lives)]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.tree.parent), str(self.tree)])}
        pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
        self.process = await asyncio.create_subprocess_exec(*call, cwd=self.tree, env=env, **pipes)  # type: ignore[arg-type]
        assert self.process.stdout is not None
        if await self.process.stdout.readline() != b"ready\n":
            raise RuntimeError((await self.process.communicate())[1].decode())
        self.reading = asyncio.create_task(self._listen(self.process))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self.report += line

    async def storm(self, seconds: float, every: float) -> None:
        """Strike now and then, until the time is up."""
        loop = asyncio.get_running_loop()
        end, now = loop.time() + seconds, 1.7e9
        while (left := end - loop.time()) > 0:
            await asyncio.sleep(min(left, every * 2 * self.luck.random() + CALM))
            if loop.time() >= end:
                return
            deed = self.luck.choice(["kill", "stop", "freeze", "freeze"])
            self.deeds[deed] = self.deeds.get(deed, 0) + 1
            if deed == "freeze":
                self._signal(signal.SIGSTOP)
                await asyncio.sleep(self.luck.random())
                self._signal(signal.SIGCONT)
            else:
                await self.end(signal.SIGKILL if deed == "kill" else signal.SIGTERM)
                await asyncio.sleep(self.luck.random())
                now += self.luck.choice([60.0, -3600.0])  # the clock was put right: the next life is born "earlier"
                await self.start(now)

    def quiet(self) -> None:
        """The server says nothing more of itself."""
        self._signal(signal.SIGUSR1)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        self._signal(number)
        try:
            async with asyncio.timeout(10):
                await self.process.wait()
        except TimeoutError:
            self.report += b"the server did not stop within 10 s\n"
            self.process.kill()
            await self.process.wait()
        await self.reading
