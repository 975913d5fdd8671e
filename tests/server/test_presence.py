"""Presence: who is here, who has gone, who was forgotten, and who may not come back."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import Any

import pytest

from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE, Refused, bye, emit, hello, http, new_sid, post, public_id, target
from tests.stranger.readers import TRANSPORTS, Ended, LongPoll, Poll, Reader, Sse, Ws
from tests.stranger.ways import PostWay
from transport_fallback.hub import Refuse

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
BOTH_LOGS = True  # see conftest.py

# Ages of a client, shortened: here for 0.3 s after its last read (poll: 2.5 × `every` more), remembered 0.5 s longer.
SOON = {"grace": 0.3, "forget_after": 0.5}
FAST: dict[str, Any] = {"hold": 1, "heartbeat": 1, "every": 100}  # asked for by readers, so that silence is soon news
HELD = {name: reader for name, reader in TRANSPORTS.items() if name != "poll"}


@pytest.fixture(params=HELD)
def held(request: pytest.FixtureRequest) -> type[Reader]:
    """The transports whose reads stay open."""
    return HELD[request.param]


async def read_for(reader: Reader, seconds: float) -> None:
    """Go on reading for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await reader.next()


async def gone(lab: Lab, sid: str) -> None:
    await eventually(lambda: lab.life[-1][:2] == ("disconnect", public_id(sid)))


def known(lab: Lab, sid: str) -> bool:
    try:
        return lab.hub.client(public_id(sid)) is not None
    except LookupError:
        return False


async def ended(reader: Reader) -> Refused | Ended:
    """How a reader ended; it may be given batches before."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                await reader.next()
            except (Refused, Ended) as end:
                return end


# ---- Here


# **Here**: a reading request or stream of the client is open, or the last one ended less than `grace` ago.
@pytest.mark.limits(grace=1.0, forget_after=0.5)
async def test_a_client_is_here_as_long_as_it_reads(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    reader = await lab.join(transport, sid, **FAST)
    await read_for(reader, 2.0)
    assert lab.life == [("connect", public_id(sid))] and lab.here() == {public_id(sid)}


# Then `disconnect(reason)` runs: an announcement. (10 s; for poll 2.5 × `every` + 10 s)
@pytest.mark.limits(grace=0.3, forget_after=30)
async def test_a_client_that_stops_reading_goes_after_its_grace(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    reader = await lab.join(transport, sid, **FAST)
    left = time.monotonic()
    await reader.cut()
    await gone(lab, sid)
    assert time.monotonic() - left >= (0.5 if transport is Poll else 0.28)
    assert lab.life[-1][2] in ("transport close", "silence")
    assert lab.here() == set() and known(lab, sid)


# … for poll 2.5 × `every` more: it is here between two polls.
@pytest.mark.limits(grace=0.1, forget_after=30)
async def test_a_client_that_polls_is_here_between_two_polls(lab: Lab) -> None:
    sid = new_sid()
    await lab.join(Poll, sid, every=400)
    left = time.monotonic()
    await gone(lab, sid)
    assert time.monotonic() - left >= 1.0


# … less than `grace` ago: who is back in time was never away.
@pytest.mark.limits(grace=1.0, forget_after=30)
async def test_a_client_back_within_its_grace_was_never_away(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    reader = await lab.join(transport, sid, **FAST)
    for _ in range(3):
        await reader.cut()
        reader = await lab.reader(transport, sid, **FAST).open()
        await reader.next()
    await read_for(reader, 1.8)
    assert lab.life == [("connect", public_id(sid))]


# If it reads again, `connect` runs again: every disconnect has its connect.
@pytest.mark.limits(grace=0.2, forget_after=30)
async def test_every_disconnect_has_its_connect(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = new_sid(), None
    for _ in range(2):
        reader = await lab.reader(transport, sid, **FAST).open(cursor)
        cursor = (await reader.next()).cursor
        await reader.close()
        await gone(lab, sid)
    assert [step[0] for step in lab.life] == ["connect", "disconnect"] * 2


# Rooms, counter and acks are kept, so a shorter silence loses nothing.
@pytest.mark.limits(grace=0.2, forget_after=30)
async def test_a_silence_shorter_than_memory_loses_nothing(lab: Lab, transport: type[Reader]) -> None:
    lab.hub.on("c2s")(lambda client, data: {"heard": data})
    sid = new_sid()
    reader = await lab.join(transport, sid, **FAST)
    client = lab.client(sid)
    await client.join("lobby")
    ack = await emit(lab.url, sid, 1, "c2s", "x")
    cursor = reader.cursor
    await reader.cut()
    await gone(lab, sid)
    await lab.hub.emit("to all")
    await lab.hub.to("lobby").emit("to the room")
    await lab.hub.client(client.id).emit("to it")
    reader = await lab.reader(transport, sid, **FAST).open(cursor)
    batch = await reader.next()
    assert batch.gap is None
    assert [message["event"] for message in batch.messages] == ["to all", "to the room", "to it"]
    assert await emit(lab.url, sid, 1, "c2s", "x") == ack
    assert (await emit(lab.url, sid, 2, "c2s", "y"))["data"] == {"heard": "y"}
    assert (await hello(lab.url, sid))["you"]["rooms"] == ["lobby"]


# Two readers of one client (a duplicate tab's late pipe, a switch): it is here while one of them reads.
@pytest.mark.limits(grace=1.0, forget_after=30)
async def test_a_client_with_two_readers_is_here_while_one_reads(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    one = await lab.join(transport, sid, **FAST)
    two = await lab.reader(transport, sid, **FAST).open(one.cursor)
    await two.next()
    await one.cut()
    await read_for(two, 1.8)
    assert lab.life == [("connect", public_id(sid))]


# ---- Forgotten


# It is **forgotten** after its grace, and a while. Then a cursor of it is a gap, `away`; it is born again.
@pytest.mark.limits(**SOON)
async def test_a_forgotten_client_is_told_that_it_was_away(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    reader = await lab.join(transport, sid, **FAST)
    await lab.client(sid).join("lobby")
    since = (await hello(lab.url, sid))["you"]["since"]
    await reader.close()
    await gone(lab, sid)
    assert known(lab, sid)
    end = lab.hub.end
    await eventually(lambda: not known(lab, sid))
    assert lab.hub.end > end  # a client forgotten is an entry of the log
    assert lab.hub.clients("lobby") == []
    assert (await hello(lab.url, sid))["you"] is None
    await lab.say("meanwhile")
    await lab.hub.to("lobby").emit("not for it any more")
    batch = await (await lab.reader(transport, sid, **FAST).open(reader.cursor)).next()
    assert batch.gap is not None and batch.gap["reason"] == "away"
    assert [message["event"] for message in batch.messages] == ["meanwhile"]
    you = (await hello(lab.url, sid))["you"]
    assert you["rooms"] == [] and you["since"] > since  # another value than before: it was forgotten
    assert [step[0] for step in lab.life] == ["connect", "disconnect", "connect"]


# For a sid the hub does not know, 1 is expected (so a forgotten client finds out).
@pytest.mark.limits(**SOON)
async def test_a_forgotten_client_finds_out_by_its_emit(lab: Lab) -> None:
    sid = new_sid()
    await emit(lab.url, sid, 1, "c2s")
    await (await lab.join(Sse, sid)).close()
    await eventually(lambda: not known(lab, sid))
    error = (await emit(lab.url, sid, 2, "c2s"))["error"]
    assert (error["code"], error["expected"]) == ("out_of_order", 1)


# … after its grace or its last request of any kind, whichever is later.
@pytest.mark.limits(grace=0.1, forget_after=1.5)
async def test_a_client_that_asks_anything_is_remembered(lab: Lab) -> None:
    sid = new_sid()
    await (await lab.join(LongPoll, sid)).close()
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        assert (await hello(lab.url, sid))["you"] is not None
        await asyncio.sleep(0.1)  # the pace of its requests
    await eventually(lambda: not known(lab, sid))


# ---- Leaving


async def every_request_is_refused(lab: Lab, sid: str, code: str, close_code: int, cursor: str) -> None:
    """410 on every request of this sid, which creates nobody."""
    end, here = lab.hub.end, lab.here()
    answers = [
        *[await http(lab.url, "GET", target(name, sid=sid)) for name in ("poll", "longpoll", "sse", "hello")],
        *[await http(lab.url, "GET", target(name, sid=sid, cursor=cursor)) for name in ("poll", "longpoll", "sse")],
        await post(lab.url, sid, emits=[{"n": 1, "event": "c2s"}]),
        await bye(lab.url, sid),
    ]
    assert [(answer.status, answer.error["code"]) for answer in answers] == [(410, code)] * len(answers)
    for start in (None, cursor):
        refusal = await ended(await lab.reader(Ws, sid).open(start))
        assert isinstance(refusal, Refused) and refusal.status == close_code
    assert (lab.hub.end, lab.here()) == (end, here)


def is_the_end(transport: type[Reader], end: Refused | Ended, code: str, close_code: int) -> bool:
    if transport is Ws:
        return isinstance(end, Refused) and end.status == close_code
    if transport is Sse:
        return isinstance(end, Ended) and end.clean
    return isinstance(end, Refused) and (end.status, end.code) == (410, code)


# `bye` disconnects now, ends the client's readers and leaves a mark: every request of that sid gets 410 `gone`
# (ws 4010) and creates nobody.
async def test_who_says_bye_is_gone_at_once(lab: Lab, transport: type[Reader]) -> None:
    sid, other = new_sid(), await lab.join(LongPoll)
    reader = await lab.join(transport, sid, hold=30)
    cursor = reader.batches[0].cursor
    ending = asyncio.create_task(ended(reader))
    await PostWay(lab.url, sid).settle()
    answer = await bye(lab.url, sid)
    assert (answer.status, answer.body) == (204, b"")
    end = await ending
    assert is_the_end(transport, end, "gone", 4010), end
    await gone(lab, sid)
    assert lab.life[-1][2] == "client left" and lab.here() == {public_id(str(other.sid))}
    await eventually(lambda: not known(lab, sid))
    await every_request_is_refused(lab, sid, "gone", 4010, cursor)


# `client.close` does the same: `kicked`, 4001.
async def test_who_is_turned_out_is_kicked_at_once(lab: Lab, transport: type[Reader]) -> None:
    sid, other = new_sid(), await lab.join(LongPoll)
    reader = await lab.join(transport, sid, hold=30)
    cursor = reader.batches[0].cursor
    ending = asyncio.create_task(ended(reader))
    await PostWay(lab.url, sid).settle()
    closing = lab.client(sid).close("spam")
    if inspect.isawaitable(closing):
        await closing
    end = await ending
    assert is_the_end(transport, end, "kicked", 4001), end
    await gone(lab, sid)
    assert lab.here() == {public_id(str(other.sid))}
    await eventually(lambda: not known(lab, sid))
    await every_request_is_refused(lab, sid, "kicked", 4001, cursor)


# `bye` takes any content type (`sendBeacon`), and creates nobody.
@pytest.mark.parametrize("kind", ["text/plain;charset=UTF-8", "application/json", "application/x-www-form-urlencoded"])
async def test_bye_takes_any_content_type_and_creates_nobody(lab: Lab, kind: str) -> None:
    end = lab.hub.end
    assert (await bye(lab.url, new_sid(), kind=kind)).status == 204
    assert (lab.hub.end, lab.life) == (end, [])


# … a mark for 5 minutes.
@pytest.mark.limits(**SOON)
async def test_the_mark_of_bye_does_not_stay_for_ever(lab: Lab) -> None:
    sid = new_sid()
    await lab.join(Ws, sid)
    await bye(lab.url, sid)
    async with asyncio.timeout(DEADLINE):
        while (await http(lab.url, "GET", target("poll", sid=sid))).status == 410:
            await asyncio.sleep(0.05)  # the pace of its requests
    await eventually(lambda: [step[0] for step in lab.life] == ["connect", "disconnect", "connect"])


# ---- Readers


async def opened(lab: Lab, transport: type[Reader], sid: str, cursor: str | None) -> Reader:
    """A reader that the server knows to be open."""
    reader = await lab.reader(transport, sid, hold=30, heartbeat=30).open(cursor)
    if transport is LongPoll:
        await PostWay(lab.url, sid).settle()
    else:
        await reader.next()
    return reader


# At most 4 readers per sid: one more ends the oldest of a transport (ws 4208): a dead pipe must not lock its owner out.
@pytest.mark.alone("each process counts its own readers")
async def test_a_fifth_reader_ends_the_oldest(lab: Lab, held: type[Reader]) -> None:
    sid = new_sid()
    newcomer = await lab.join(Poll, sid)
    readers = [await opened(lab, held, sid, newcomer.cursor) for _ in range(5)]
    try:
        await readers[0].next()
        assert held is LongPoll  # it may be answered with an empty batch, or refused
    except (Refused, Ended) as end:
        assert held is not Ws or isinstance(end, Refused) and end.status == 4208
    await lab.say("m")
    for reader in readers[1:]:
        assert [message["event"] for message in await reader.messages(1)] == ["m"]


# … over all transports together.
@pytest.mark.alone("each process counts its own readers")
async def test_the_readers_of_all_transports_are_counted_together(lab: Lab, held: type[Reader]) -> None:
    sid = new_sid()
    newcomer = await lab.join(Poll, sid)
    oldest = await opened(lab, Ws, sid, newcomer.cursor)
    others = [await opened(lab, transport, sid, newcomer.cursor) for transport in (Sse, LongPoll, Ws)]
    await lab.say("while there are four")
    for reader in (oldest, *others):
        await reader.until("while there are four")
    last = await opened(lab, held, sid, lab.end)
    others[1] = await opened(lab, LongPoll, sid, lab.end)  # the long poll was answered, so it asks again
    end = await ended(oldest)
    assert isinstance(end, Refused) and end.status == 4208
    await lab.say("m")
    for reader in (*others, last):
        await reader.until("m")


# Tries of ws that died without a word must not cost the line that works, though that is older.
@pytest.mark.alone("each process counts its own readers")
async def test_the_transport_that_has_the_most_readers_has_one_too_many(lab: Lab) -> None:
    sid = new_sid()
    newcomer = await lab.join(Poll, sid)
    works = await opened(lab, Sse, sid, newcomer.cursor)
    tries = [await opened(lab, Ws, sid, newcomer.cursor) for _ in range(3)]
    await opened(lab, Poll, sid, lab.end)
    end = await ended(tries[0])
    assert isinstance(end, Refused) and end.status == 4208
    await lab.say("m")
    for reader in (works, *tries[1:]):
        await reader.until("m")


# POSTs are not counted.
async def test_posts_are_not_counted_as_readers(lab: Lab, held: type[Reader]) -> None:
    leave = asyncio.Event()

    @lab.hub.on("wait")
    async def wait(client: Any, data: Any) -> None:
        await leave.wait()

    sid = new_sid()
    newcomer = await lab.join(Poll, sid)
    readers = [await opened(lab, held, sid, newcomer.cursor) for _ in range(4)]
    posts = [asyncio.create_task(emit(lab.url, sid, 1, "wait")) for _ in range(4)]
    await PostWay(lab.url, sid).settle()
    await lab.say("m")
    for reader in readers:
        assert [message["event"] for message in await reader.messages(1)] == ["m"]
    leave.set()
    assert len(await asyncio.gather(*posts)) == 4


# ---- Who one is


# `id` = the first 10 characters of base64url(SHA-256(sid)). A reload is a new client; `history` shows it the past.
async def test_a_reload_is_a_new_client(lab: Lab, transport: type[Reader]) -> None:
    before, after = new_sid(), new_sid()
    page = await lab.join(transport, before)
    await lab.say("said to all")
    await lab.hub.client(public_id(before)).emit("said to it alone")
    await page.until("said to it alone")
    await page.cut()
    batch = await (await lab.reader(transport, after, history=10).open()).next()
    assert [message["event"] for message in batch.messages] == ["said to all"]
    assert lab.life == [("connect", public_id(before)), ("connect", public_id(after))]
    assert (await emit(lab.url, after, 1, "c2s"))["n"] == 1


# `GET /hello`: version, transports, hold, heartbeat (s), every (ms), network, limits, you.
async def test_hello_says_what_this_server_is(lab: Lab) -> None:
    said = await hello(lab.url)
    assert (said["version"], said["transports"]) == (1, ["ws", "sse", "longpoll", "poll"])
    assert (said["hold"], said["heartbeat"], said["every"]) == (20, 15, 1000)
    assert said["limits"].items() >= {"body": 65536, "data": 16384, "batch": 300, "window": 64, "history": 300}.items()
    assert "network" in said and said["you"] is None


# /hello creates nobody (`you` is null).
async def test_hello_creates_nobody(lab: Lab) -> None:
    assert (await hello(lab.url, new_sid()))["you"] is None
    assert (lab.hub.end, lab.life) == (0, [])


# "you":{"id","rooms","since"}. `you.since` is when the hub first saw this client, in ms.
async def test_hello_says_who_one_is(lab: Lab, transport: type[Reader]) -> None:
    sid, before = new_sid(), time.time() * 1000
    await lab.join(transport, sid)
    you = (await hello(lab.url, sid))["you"]
    assert (you["id"], you["rooms"]) == (public_id(sid), [])
    assert isinstance(you["since"], int) and before - 1 <= you["since"] <= time.time() * 1000 + 1
    await lab.client(sid).join("lobby")
    await lab.join(transport, sid)
    assert (await hello(lab.url, sid))["you"] == {**you, "rooms": ["lobby"]}
    answer = await http(lab.url, "GET", "/hello", headers=[("Authorization", f"Bearer {sid}")])
    assert answer.json["you"]["id"] == public_id(sid)


# ---- Who may not come


# raise Refuse("why") in `connect` to turn away: 403 / 4003.
async def test_a_connect_handler_may_turn_away(lab: Lab, transport: type[Reader]) -> None:
    @lab.hub.on("connect")
    async def bouncer(client: Any) -> None:
        if client.id not in welcome:
            raise Refuse("members only")

    member = new_sid()
    welcome = {public_id(member)}
    staying = await lab.join(LongPoll, member)
    end = await ended(await lab.reader(transport, new_sid(), hold=30).open())
    assert isinstance(end, Refused) and end.status == (4003 if transport is Ws else 403)
    assert end.code == "refused" or (transport is Ws and end.code is None)
    assert lab.here() == {public_id(member)}
    await lab.say("m")
    await staying.until("m")


# … also who comes with an emit first.
async def test_a_connect_handler_may_turn_away_who_emits(lab: Lab) -> None:
    heard: list[Any] = []
    lab.hub.on("c2s")(lambda client, data: heard.append(data))

    @lab.hub.on("connect")
    async def bouncer(client: Any) -> None:
        await asyncio.sleep(0.02)
        raise Refuse("members only")

    answer = await post(lab.url, new_sid(), emits=[{"n": 1, "event": "c2s", "data": 1}])
    assert (answer.status, answer.error["code"]) == (403, "refused")
    assert heard == [] and lab.here() == set()


def asks_to_wait(end: Refused | Ended, status: int, close_code: int) -> bool:
    """Whether this is a refusal for now: 429 or 503 with `Retry-After`, a 41xx on ws."""
    if not isinstance(end, Refused) or end.status not in (status, close_code):
        return False
    return end.status == close_code or int(end.headers["retry-after"]) >= 1


# New sids per address: 20/s, burst 100. 429 with `Retry-After` / 4129.
@pytest.mark.alone("each process has its own pace of births")
@pytest.mark.limits(sid_rate=0.1, sid_burst=3)
async def test_new_sids_too_fast_are_asked_to_wait(lab: Lab, transport: type[Reader]) -> None:
    readers = [await lab.join(transport) for _ in range(3)]
    count = lab.hub.end
    end = await ended(await lab.reader(transport, new_sid()).open())
    assert asks_to_wait(end, 429, 4129), end
    assert (await post(lab.url, new_sid(), emits=[{"n": 1, "event": "c2s"}])).status == 429
    assert lab.hub.end == count and len(lab.here()) == 3
    await lab.say("m")
    for reader in readers:  # those who are known go on
        await reader.until("m")


# Anonymous readers: so many per address.
@pytest.mark.alone("each process counts its own readers")
@pytest.mark.limits(anonymous_per_address=2)
async def test_anonymous_readers_are_so_many_and_no_more(lab: Lab, held: type[Reader]) -> None:
    readers = []
    for _ in range(2):
        readers.append(await lab.track(held(lab.url, hold=30, heartbeat=30)).open(lab.end))
        await PostWay(lab.url, new_sid()).settle()
    end = await ended(await lab.track(held(lab.url, hold=30)).open(lab.end))
    assert asks_to_wait(end, 429, 4129) or asks_to_wait(end, 503, 4153), end
    await lab.say("m")
    for reader in readers:
        await reader.until("m")


# Clients: at the cap the client longest gone is forgotten first, never one that is here. 503 with `Retry-After` / 4153.
@pytest.mark.limits(clients=2, grace=0.2, forget_after=30)
async def test_at_the_cap_only_a_client_that_has_gone_makes_room(lab: Lab, transport: type[Reader]) -> None:
    first, second = new_sid(), new_sid()
    leaving, staying = await lab.join(Sse, first), await lab.join(Ws, second)
    end = await ended(await lab.reader(transport, new_sid()).open())
    assert asks_to_wait(end, 503, 4153), end
    assert lab.here() == {public_id(first), public_id(second)}
    await leaving.close()
    await gone(lab, first)
    third = await lab.join(transport)
    assert not known(lab, first) and lab.here() == {public_id(second), public_id(str(third.sid))}
    await lab.say("m")
    await staying.until("m")
