"""The feed: what was planned is what is said, when it was planned, for whom it belongs to, and within its bounds."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import pytest

from tests.serving import Lab, eventually
from tests.stranger.http import JSON, as_json, bye, http, new_sid, public_id
from tests.stranger.readers import Poll, Sse, Ws
from transport_fallback.lab.budget import FEEDS, Bounds
from transport_fallback.lab.feed import Wish, plan

pytestmark = pytest.mark.anyio

BOUNDS = Bounds()


async def wish(lab: Lab, sid: str | None = None, **wanted: Any) -> Any:
    path = "/lab/feed" + (f"?sid={sid}" if sid else "")
    return await http(lab.url, "POST", path, headers=JSON, body=as_json(wanted))


async def listed(lab: Lab) -> list[dict[str, Any]]:
    return list((await http(lab.url, "GET", "/lab/feed")).accepted()["feeds"])


async def end(lab: Lab, name: str, sid: str | None = None) -> Any:
    headers = [("Authorization", f"Bearer {sid}")] if sid else []
    return await http(lab.url, "DELETE", f"/lab/feed/{name}", headers=headers)


async def owner(lab: Lab, *rooms: str) -> str:
    """The sid of a client that is here, and in these rooms."""
    sid = new_sid()
    await lab.join(Ws, sid)
    for room in rooms:
        await lab.client(sid).join(room)
    return sid


async def heard(lab: Lab, seconds: float, **wanted: Any) -> list[dict[str, Any]]:
    reader = await lab.reader(Sse).open()
    await reader.next()
    (await wish(lab, seconds=seconds, **wanted)).accepted(201)
    await eventually(lambda: not lab.app.state.feeds.speaking)
    await lab.hub.emit("the end")
    return [message["data"] for message in await reader.until("the end") if message["event"] == "feed"]


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


async def test_a_feed_is_listed_and_ended_by_its_owner(lab: Lab) -> None:
    sid = await owner(lab, "blue")
    told = (await wish(lab, sid, rate=5, seconds=60, room="blue", shape="poisson", seed=7)).accepted(201)
    assert (told["room"], told["shape"], told["seed"], told["rate"]) == ("blue", "poisson", 7, 5)
    (one,) = await listed(lab)
    assert (one["feed"], one["room"], one["owner"]) == (told["feed"], "blue", public_id(sid))
    assert (await end(lab, told["feed"], sid)).status == 204
    assert await listed(lab) == []
    assert (await end(lab, told["feed"], sid)).error["code"] == "not_found"


async def test_a_room_hears_its_own_feed_only(lab: Lab) -> None:
    reader = await lab.reader(Sse).open()
    await reader.next()
    sid = await owner(lab, "elsewhere")
    (await wish(lab, sid, rate=50, seconds=0.2, room="elsewhere")).accepted(201)
    await eventually(lambda: len(lab.hub.history("elsewhere", 50)) == 10)
    await lab.hub.emit("said", "the end")
    assert [message["event"] for message in await reader.messages(1)] == ["said"]


# ---- Whose it is


# … ends when its owner is gone: at once with its bye, after its grace when it fell silent. Who hears it is told.
@pytest.mark.limits(grace=0.2)
@pytest.mark.parametrize("leaving", ["bye", "silence"])
async def test_a_feed_ends_with_its_owner(lab: Lab, leaving: str) -> None:
    sid, other = new_sid(), await owner(lab, "blue")
    reader = await lab.join(Ws, sid)
    await lab.client(sid).join("blue")
    mine = (await wish(lab, sid, rate=0.1, seconds=600, room="blue")).accepted(201)["feed"]
    yours = (await wish(lab, other, rate=0.1, seconds=600, room="blue")).accepted(201)["feed"]
    await (bye(lab.url, sid) if leaving == "bye" else reader.cut())
    await eventually(lambda: list(lab.app.state.feeds.speaking) == [yours])
    ended = [message["data"] for message in lab.hub.history("blue", 9) if message["event"] == "feed-ended"]
    assert ended == [{"feed": mine, "by": None}]


async def test_who_hears_a_feed_may_end_it_and_a_stranger_may_not(lab: Lab) -> None:
    sid, hearer, stranger = await owner(lab, "blue"), await owner(lab, "blue"), await owner(lab, "red")
    name = (await wish(lab, sid, rate=0.1, seconds=600, room="blue")).accepted(201)["feed"]
    for one in (stranger, new_sid(), None):
        assert (await end(lab, name, one)).error["code"] == "refused"
    assert [one["feed"] for one in await listed(lab)] == [name]
    assert (await end(lab, name, hearer)).status == 204
    last = lab.hub.history("blue", 1)[0]
    assert (last["event"], last["data"]) == ("feed-ended", {"feed": name, "by": public_id(hearer)})
    assert await listed(lab) == []


async def test_everybody_who_is_here_hears_what_is_said_to_everyone(lab: Lab) -> None:
    name = (await wish(lab, await owner(lab), rate=0.1, seconds=60)).accepted(201)["feed"]
    assert (await end(lab, name)).error["code"] == "refused"
    assert (await end(lab, name, await owner(lab))).status == 204


async def test_a_feed_of_nobody_is_short_and_anybody_may_end_it(lab: Lab) -> None:
    told = (await wish(lab, rate=5, seconds=3600)).accepted(201)
    assert (told["seconds"], told["owner"]) == (BOUNDS.nobody, None)
    assert (await end(lab, told["feed"])).status == 204


async def test_who_has_left_starts_none_and_ends_none(lab: Lab) -> None:
    sid = await owner(lab)
    name = (await wish(lab, await owner(lab), rate=0.1, seconds=60)).accepted(201)["feed"]
    await bye(lab.url, sid)
    assert (await wish(lab, sid, rate=1)).status == 410
    assert (await end(lab, name, sid)).status == 410
    assert [one["feed"] for one in await listed(lab)] == [name]


# ---- How much


async def test_a_room_is_spoken_in_for_who_is_in_it(lab: Lab) -> None:
    for sid in (None, await owner(lab), await owner(lab, "red")):
        assert (await wish(lab, sid, rate=1, room="blue")).error["code"] == "refused"
    assert await listed(lab) == [] and lab.hub.history("blue", 1) == []


# However often feeds are asked for, what was said to everyone before is still kept.
async def test_feeds_do_not_push_the_chat_out_of_what_is_kept(lab: Lab) -> None:
    reader = await lab.join(Poll)
    cursor = reader.batches[0].cursor
    said = [await lab.say("s2c", n) for n in range(500)]
    sids = [None, *[await owner(lab) for _ in range(5)]]
    answers = [await wish(lab, sid, rate=rate, seconds=1) for rate in (100, 20, 5) for sid in sids]
    accepted = [answer for answer in answers if answer.status == 201]
    assert 0 < sum(answer.json["rate"] for answer in accepted) <= 250
    assert {answer.error["code"] for answer in answers if answer not in accepted} == {"rate"}
    await eventually(lambda: not lab.app.state.feeds.speaking)
    late = await lab.reader(Poll, reader.sid).open(cursor)
    batches = [await late.next()]
    while batches[-1].more:
        batches.append(await late.next())
    seqs = [message["seq"] for batch in batches for message in batch.messages if message["event"] == "s2c"]
    assert (seqs, batches[0].gap) == (said, None)


# … nor by their ends, which are said to everyone, too.
@pytest.mark.limits(keep_messages=100)
async def test_feeds_that_are_ended_at_once_do_not_push_the_chat_out_either(lab: Lab) -> None:
    said = [await lab.say("s2c", n) for n in range(70)]
    refused: Any = None
    for _ in range(100):
        answer = await wish(lab, rate=1, seconds=10)  # long enough to be ended before it ends
        if answer.status == 201:
            assert (await end(lab, answer.json["feed"])).status == 204
        else:
            refused = answer.error
    assert refused["code"] == "rate" and refused["retry"]
    kept = lab.hub.history(None, 100)
    assert [message["seq"] for message in kept if message["event"] == "s2c"] == said


# … nor what is said in a room of many, also where it became one of many while the feed spoke.
@pytest.mark.limits(keep_messages=40)
async def test_a_room_that_becomes_a_crowd_hears_no_more_than_a_crowd(lab: Lab) -> None:
    sid = await owner(lab, "blue")
    name = (await wish(lab, sid, rate=100, seconds=600, room="blue")).accepted(201)["feed"]
    await eventually(lambda: len(lab.hub.history("blue", 40)) > 12)  # while few are there, it may
    for _ in range(BOUNDS.crowd):
        await owner(lab, "blue")
    before = lab.hub.history("blue", 1)[0]["data"]["n"]
    await eventually(lambda: not lab.app.state.feeds.speaking)
    *_, last, ended = lab.hub.history("blue", 40)
    assert (ended["event"], ended["data"]) == ("feed-ended", {"feed": name, "by": None})
    assert last["data"]["n"] - before <= 40 * BOUNDS.share + 1
    assert (await wish(lab, sid, rate=1, seconds=5, room="blue")).error["code"] == "rate"


async def test_what_was_not_said_may_be_said_by_another(lab: Lab) -> None:
    sid = await owner(lab)
    for _ in range(5):  # each would take all that may be said to everyone
        name = (await wish(lab, sid, rate=1, seconds=240)).accepted(201)["feed"]
        assert (await wish(lab, sid, rate=1, seconds=240)).error["code"] == "rate"
        assert (await end(lab, name, sid)).status == 204


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"rate": 0},
        {"rate": -1},
        {"rate": 1e9},
        {"rate": 1000},
        {"rate": 100, "seconds": 5},
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
    answer = await wish(lab, await owner(lab), **wrong)
    assert answer.status == 400 and answer.error["code"] in ("bad_parameter", "bad_json", "bad_request")
    assert not (await http(lab.url, "GET", "/lab/feed")).accepted()["feeds"]


async def test_one_client_and_one_address_have_only_so_many(lab: Lab) -> None:
    sid = await owner(lab)
    for who in (sid, None):
        for _ in range(BOUNDS.each):
            (await wish(lab, who, rate=1, seconds=10)).accepted(201)
        answer = await wish(lab, who, rate=1)
        assert (answer.status, answer.error["code"]) == (503, "full")
    (await wish(lab, await owner(lab), rate=1)).accepted(201)  # another one is not hindered


@pytest.mark.parametrize(
    ("wanted", "most"),
    [({"rate": 0.01, "size": 0}, FEEDS), ({"rate": 100, "size": 0}, 20), ({"rate": 100, "size": 16000}, 2)],
    ids=["feeds", "messages a second", "bytes a second"],
)
async def test_all_together_say_only_so_much(lab: Lab, wanted: dict[str, Any], most: int) -> None:
    rooms = [f"room {n}" for n in range(most // BOUNDS.each + 1)]
    sids = [await owner(lab, room) for room in rooms]
    for n in range(most):
        which = n // BOUNDS.each
        (await wish(lab, sids[which], seconds=300, room=rooms[which], **wanted)).accepted(201)
    answer = await wish(lab, sids[-1], seconds=300, room=rooms[-1], **wanted)
    assert answer.error["code"] == "full" and "retry" in answer.error


def test_the_plan_is_a_function_of_wish_and_seed() -> None:
    poisson = Wish(rate=50, shape="poisson", seconds=100)
    assert list(plan(poisson, 3)) == list(plan(poisson, 3)) != list(plan(poisson, 4))
    times = list(plan(poisson, 3))
    gaps = [b - a for a, b in zip(times, times[1:], strict=False)]
    assert len(times) == pytest.approx(5000, rel=0.05)
    assert statistics.stdev(gaps) == pytest.approx(statistics.mean(gaps), rel=0.05)  # what Poisson means
    burst = list(plan(Wish(rate=20, shape="burst", seconds=2), 0))
    assert len(burst) == 40 and sorted(set(burst)) == [0.0, 0.5, 1.0, 1.5]
