"""Programs of the docs, run as a reader runs them: each in a folder of its own, and started from another."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from transport_fallback import io

RUNGS = ("poll", "longpoll", "sse", "ws")
PATIENCE = 20.0  # s for a program to start, to answer, to end


@contextlib.asynccontextmanager
async def started(
    program: Path, elsewhere: Path, python: str = sys.executable, **environment: str
) -> AsyncIterator[str]:
    """The URL that a running program prints; SIGTERM must end it, as it says in docs/python.md."""
    process = await asyncio.create_subprocess_exec(
        python,
        str(program),
        cwd=elsewhere,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).decode()
        assert "http://" in line, (await process.stderr.read()).decode()
        yield next(word for word in line.split() if word.startswith("http://"))
        process.terminate()
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == -15
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def heard_by_all(base: str, event: str, data: Any, back: str) -> list[Any]:
    """Somebody says `data` on each transport in turn; everybody, one on each, hears it as `back`. What was heard."""
    async with contextlib.AsyncExitStack() as stack:
        people = [await stack.enter_async_context(io(base, transports=[rung], use=rung, every=0.1)) for rung in RUNGS]
        heard: list[Any] = []
        async with asyncio.timeout(PATIENCE):
            for person, rung in zip(people, RUNGS, strict=True):
                await person.ready()
                assert person.transport == rung
            for person in people:
                waiting = [one.once(back) for one in people]
                await person.emit(event, data)
                heard += await asyncio.gather(*waiting)
        return heard
