"""What the server keeps of a client that asked and hears nothing: little, and less when it is forgotten."""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
import weakref

import pytest

from tests.lab.test_meter import Line, line_to
from tests.serving import Lab, eventually, serving
from tests.stranger.http import new_sid

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]

CROWD = 700
QUIET = 60.0  # s, after which nobody's first moments are kept
BYTES = 2300  # of one client, an eighth more than it takes: an empty deque or a dictionary of attributes is beyond it
FORGOTTEN = 1500  # bytes that are left of one: its figures, and its places in tables that do not shrink


async def come_and_poll(lab: Lab, line: Line, count: int) -> None:
    """So many clients ask for the first time, and once more at the door."""
    for _ in range(count):
        sid = new_sid()
        _, _, body = await line.asked("GET", f"/poll?sid={sid}")
        await line.asked("GET", f"/poll?sid={sid}&cursor={json.loads(body)['cursor']}")


def kept(lab: Lab) -> int:
    """Bytes of all that is there after a while in which nothing was asked."""
    shelf = lab.app.state.meter.accounts.shelf
    later = shelf.clock() + QUIET
    shelf.clock = lambda: later
    shelf.sweep()
    lab.people.clear()  # what the test itself remembers
    lab.life.clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def test_a_client_that_polled_takes_little_and_less_when_it_is_forgotten() -> None:
    async with serving(build_with={"chat": True}) as lab, line_to(lab.url) as line:
        tracemalloc.start()
        try:
            await come_and_poll(lab, line, 1)
            before = kept(lab)
            await come_and_poll(lab, line, CROWD)
            assert (kept(lab) - before) / CROWD < BYTES
            known, clients = weakref.WeakSet(lab.hub.members.values()), lab.app.state.clients
            clients.clock = lambda: time.monotonic() + 1000
            await eventually(lambda: not lab.hub.members and not clients.tasks)
            assert (kept(lab) - before) / CROWD < FORGOTTEN
            assert len(known) <= 1  # the one whom the line knows because it asked last
        finally:
            tracemalloc.stop()
