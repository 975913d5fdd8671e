"""Getting a Redis: what is here is found, what is missing is said; one that is started says where, and how it ends."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.root import ROOT
from tests.stranger.http import DEADLINE
from transport_fallback.log.streams.wire import Wire, pool

pytestmark = pytest.mark.anyio


def look(**environment: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name not in ("LAB_REQUIRE", "LAB_REDIS")}
    return subprocess.run(
        [ROOT / "scripts/get-redis", "look"], capture_output=True, text=True, timeout=20, env=given | environment
    )


def test_what_is_here_is_found(redis_program: None) -> None:
    found = look()
    assert found.returncode == 0 and os.access(found.stdout.strip(), os.X_OK)


@pytest.mark.parametrize(("required", "code"), [("", 77), ("proxies", 77), ("redis", 1), ("node,all", 1)])
def test_what_is_missing_is_said(required: str, code: int) -> None:
    looked = look(LAB_REDIS="no-such-redis", LAB_REQUIRE=required)
    assert looked.returncode == code and looked.stdout == ""
    assert looked.stderr.strip() == "missing: apt-get install redis-server (as root)"


def test_one_that_is_too_old_is_missing(tmp_path: Path) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.2.7 sha=00000000:0 malloc=libc bits=64 build=0'\n")
    old.chmod(0o755)
    looked = look(LAB_REDIS=str(old))
    assert looked.returncode == 77 and "Redis 7.0 or Valkey 7.2 is needed" in looked.stderr


@pytest.mark.parametrize("kept", [False, True])
async def test_one_is_started_by_hand(kept: bool, redis_program: None, tmp_path: Path) -> None:
    folder = [str(tmp_path / "kept")] if kept else []
    for round_ in range(2):
        program = await asyncio.create_subprocess_exec(
            ROOT / "scripts/start-redis", *folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            assert program.stdout is not None
            async with asyncio.timeout(DEADLINE):
                url = (await program.stdout.readline()).decode().strip()
                ends = (await program.stdout.readline()).decode()
            assert url.startswith("redis://127.0.0.1:")
            assert re.search(r"kill (\d+)$", ends.strip()).group(1) == str(program.pid)  # type: ignore[union-attr]
            assert await incremented(url) == (round_ + 1 if kept else 1)
        finally:
            program.terminate()
            await asyncio.wait_for(program.communicate(), DEADLINE)


async def incremented(url: str) -> int:
    """A number that it keeps, and one more; as soon as it answers."""
    async with asyncio.timeout(DEADLINE):
        while True:
            wire = Wire(pool(url, DEADLINE), DEADLINE)
            try:
                await wire.connect()
                return int(await wire.ask("INCR", "number"))
            except ConnectionError:
                await asyncio.sleep(0.01)
            finally:
                await wire.close()
