"""The feed: what was planned is what is said, when it was planned, and no more than the server can say."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import pytest

from conftest import Lab, eventually
from lab.feed import FEEDS, Wish, plan
from wire import JSON, Sse, as_json, http

pytestmark = pytest.mark.anyio


async def wish(lab: Lab, **wanted: Any) -> Any:
    return await http(lab.url, "POST", "/lab/feed", headers=JSON, body=as_json(wanted))


async def heard(lab: Lab, seconds: float, **wanted: Any) -> list[dict[str, Any]]:
    reader = await lab.reader(Sse).open()
    await reader.next()
    (await wish(lab, seconds=seconds, **wanted)).accepted(201)
    messages: list[dict[str, Any]] = []
    end = time.monotonic() + seconds + 0.6
    while time.monotonic() < end:
        try:
            messages += (await reader.next(max(0.05, end - time.monotonic()))).messages
        except TimeoutError:
            break
    return [message["data"] for message in messages if message["event"] == "feed"]


async def test_it_speaks_as_often_as_was_asked_for(lab: Lab) -> None:
    said = await heard(lab, 1.0, rate=40, size=64)
    assert [one["n"] for one in said] == list(range(40))
    assert {len(one["text"]) for one in said} == {64}
    steps = [b["at"] - a["at"] for a, b in zip(said, said[1:], strict=False)]
    assert steps == pytest.approx([25.0] * 39, abs=0.01)  # planned on absolute deadlines: they do not drift


async def test_one_that_was_late_catches_up(lab: Lab) -> None:
    reader = await lab.reader(Sse).open()
    await reader.next()
    (await wish(lab, rate=100, seconds=1)).accepted(201)
    await asyncio.sleep(0.1)
    time.sleep(0.4)  # the server's own loop stands still
    messages = await reader.messages(100)
    assert len(messages) == 100


async def test_a_feed_is_listed_and_stopped(lab: Lab) -> None:
    told = (await wish(lab, rate=5, seconds=60, room="lobby", shape="poisson", seed=7)).accepted(201)
    assert (told["room"], told["shape"], told["seed"], told["rate"]) == ("lobby", "poisson", 7, 5)
    listed = (await http(lab.url, "GET", "/lab/feed")).accepted()["feeds"]
    assert [one["feed"] for one in listed] == [told["feed"]]
    assert (await http(lab.url, "DELETE", f"/lab/feed/{told['feed']}")).status == 204
    await eventually(lambda: not lab.app.state.feeds.speaking)
    assert (await http(lab.url, "DELETE", f"/lab/feed/{told['feed']}")).error["code"] == "not_found"


async def test_a_room_hears_its_own_feed_only(lab: Lab) -> None:
    reader = await lab.reader(Sse).open()
    await reader.next()
    (await wish(lab, rate=50, seconds=0.2, room="elsewhere")).accepted(201)
    await asyncio.sleep(0.4)
    await lab.hub.emit("said", "the end")
    assert [message["event"] for message in await reader.messages(1)] == ["said"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"rate": 0},
        {"rate": -1},
        {"rate": 1e9},
        {"rate": "fast"},
        {"rate": 1, "seconds": 0},
        {"rate": 1, "seconds": 1e9},
        {"rate": 1, "size": -1},
        {"rate": 1, "size": 10**6},
        {"rate": 1, "shape": "square"},
        {"rate": 1, "room": ""},
        {"rate": 1, "seed": "x"},
    ],
)
async def test_what_cannot_be_said_is_refused(lab: Lab, wrong: dict[str, Any]) -> None:
    answer = await wish(lab, **wrong)
    assert answer.status == 400 and answer.error["code"] in ("bad_parameter", "bad_json", "bad_request")
    assert not (await http(lab.url, "GET", "/lab/feed")).accepted()["feeds"]


async def test_only_so_many_speak_at_once(lab: Lab) -> None:
    for _ in range(FEEDS):
        (await wish(lab, rate=1, seconds=30)).accepted(201)
    assert (await wish(lab, rate=1)).error["code"] == "full"


def test_the_plan_is_a_function_of_wish_and_seed() -> None:
    poisson = Wish(rate=50, shape="poisson", seconds=100)
    assert list(plan(poisson, 3)) == list(plan(poisson, 3)) != list(plan(poisson, 4))
    times = list(plan(poisson, 3))
    gaps = [b - a for a, b in zip(times, times[1:], strict=False)]
    assert len(times) == pytest.approx(5000, rel=0.05)
    assert statistics.stdev(gaps) == pytest.approx(statistics.mean(gaps), rel=0.05)  # what Poisson means
    burst = list(plan(Wish(rate=20, shape="burst", seconds=2), 0))
    assert len(burst) == 40 and sorted(set(burst)) == [0.0, 0.5, 1.0, 1.5]
