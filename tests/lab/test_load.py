"""The load: what the server tells of its processor is so, and nothing is kept for who asks."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.serving import Lab
from tests.stranger.http import http
from tests.stranger.readers import Sse

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]


async def load(lab: Lab) -> Any:
    answer = await http(lab.url, "GET", "/lab/load")
    assert answer.status == 200 and answer.headers["cache-control"] == "no-store"
    return answer.json


async def test_it_tells_the_processor_that_was_used_and_who_is_here(lab: Lab) -> None:
    before = await load(lab)
    assert before["here"] == 0
    await lab.join(Sse)
    until = time.process_time() + 0.2
    while time.process_time() < until:  # the server of a test lives in this process
        pass
    after = await load(lab)
    busy, at = (after[name] - before[name] for name in ("busy", "at"))
    assert 0.2 <= busy and at > 0 and after["here"] == 1


async def test_idleness_uses_none(lab: Lab) -> None:
    before = await load(lab)
    await asyncio.sleep(0.3)
    after = await load(lab)
    assert after["at"] - before["at"] >= 0.3
    assert after["busy"] - before["busy"] < after["at"] - before["at"]
