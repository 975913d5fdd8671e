"""What the tests of the server share: processes on one log, and a client's secret."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest

from tests.house import House


@pytest.fixture
def sid() -> str:
    return secrets.token_urlsafe(16)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    for process in house.processes:
        await process.clients.tasks.end()
