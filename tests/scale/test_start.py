"""A program whose log cannot be had says so in a sentence, and ends with 1; a password is in no sentence."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.log.redis import Redis
from tests.root import ROOT
from tests.scale.cluster import cluster

pytestmark = pytest.mark.anyio


def started(url: str, *flags: str) -> str:
    """What it says as it ends."""
    command = [sys.executable, "app.py", "--port", "0", "--log-lease", "2", *flags]
    environment = {**os.environ, "LAB_LOG": url}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, env=environment)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done
    assert done.stderr.startswith("the log cannot be opened: ") and done.stderr.count("\n") == 1
    return done.stderr


async def test_it_ends_where_no_redis_is(redis: Redis) -> None:
    await redis.kill()
    said = started(redis.url.replace("//", "//:secret@"))
    assert str(redis.port) in said and "secret" not in said


async def test_it_ends_where_redis_would_throw_the_log_away(redis: Redis) -> None:
    await redis.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    assert "noeviction" in started(redis.url)


async def test_it_ends_where_the_others_have_other_limits(redis: Redis) -> None:
    async with cluster(redis.url, servers=1):
        said = started(redis.url, "--window", "32")
    assert "window=64" in said and "LIMITS" in said
