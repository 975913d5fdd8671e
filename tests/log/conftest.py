"""What the tests of the shared log share: a real Redis, and processes on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.log.processes import Processes
from tests.log.redis import Redis


@pytest.fixture
async def redis(request: pytest.FixtureRequest, redis_program: None, nothing_left: None) -> AsyncIterator[Redis]:
    """`@pytest.mark.redis(aof=True)` says how it is started."""
    marker = request.node.get_closest_marker("redis")
    async with Redis(**(marker.kwargs if marker else {})) as redis:
        yield redis


@pytest.fixture
async def processes(redis: Redis) -> AsyncIterator[Processes]:
    async with Processes(redis.url) as processes:
        yield processes
