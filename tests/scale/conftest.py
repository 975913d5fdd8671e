"""What the tests of a cluster share: a Redis of one's own, that can be paused, killed and started again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.log.redis import Redis


@pytest.fixture
async def redis(request: pytest.FixtureRequest, redis_program: None, nothing_left: None) -> AsyncIterator[Redis]:
    """`@pytest.mark.redis(aof=True)` says how it is started."""
    marker = request.node.get_closest_marker("redis")
    async with Redis(**(marker.kwargs if marker else {})) as redis:
        yield redis
