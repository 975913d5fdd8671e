"""One process of the log in a program of its own, that can be frozen or killed.

python -m tests.log.alone URL LEASE: it says `name NAME`, appends each number that it reads, and where it is declared
gone, `renamed [those that it has applied]`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import Any

from tests.root import ROOT
from tests.stranger.http import DEADLINE
from transport_fallback.log.streams.streams import Streams
from transport_fallback.protocol.errors import Refused


class Alone:
    """`async with Alone(url) as alone`: the program, as a test has it in its hands."""

    def __init__(self, url: str, lease: float = 1.0) -> None:
        self.url, self.lease = url, lease

    async def __aenter__(self) -> Alone:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.log.alone", self.url, str(self.lease)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def says(self, what: str) -> str:
        """What comes next, which begins so."""
        assert self._process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            first, _, rest = (await self._process.stdout.readline()).decode().strip().partition(" ")
        assert first == what, f"it said {first} {rest}"
        return rest

    def tell(self, n: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"%d\n" % n)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)


async def main(url: str, lease: str) -> None:
    applied: list[Any] = []

    def apply(_place: int, _by: str, kind: str, fields: tuple[Any, ...], _tail: bytes, _at: int) -> None:
        if kind == "u":
            applied.extend(fields)

    def renamed() -> None:
        print("renamed", applied, flush=True)
        print("name", log.process, flush=True)

    log = Streams(url, apply, lease=float(lease), on_renamed=renamed)
    await log.open()
    print("name", log.process, flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        with contextlib.suppress(Refused):
            await log.append("u", int(line))
    await log.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
