"""Clients alone, without a server and under a clock of our own: who is here, who is forgotten, what counts once."""

from __future__ import annotations

import asyncio
import json
import secrets
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.stranger.http import DEADLINE
from transport_fallback.hub import Hub, Refuse
from transport_fallback.log.batch import Cursor
from transport_fallback.protocol.errors import Refused
from transport_fallback.protocol.limits import Limits
from transport_fallback.protocol.pace import Pace
from transport_fallback.registry.client import Client
from transport_fallback.registry.clients import Clients
from transport_fallback.registry.emits import Emit, Reply, Upload
from transport_fallback.registry.reader import Reader

pytestmark = pytest.mark.anyio


def sid() -> str:
    return secrets.token_urlsafe(16)


class World:
    """A hub with clients, and its time."""

    def __init__(self, **limits: Any) -> None:
        self.now = 1000.0
        self.hub = Hub(Limits(**limits), clock=lambda: self.now)
        self.clients = Clients(self.hub, clock=lambda: self.now)
        self.life: list[tuple[str, ...]] = []

        @self.hub.on("connect")
        async def connected(client: Client) -> None:
            self.life.append(("connect", client.id))

        @self.hub.on("disconnect")
        async def disconnected(client: Client, reason: str) -> None:
            self.life.append(("disconnect", client.id, reason))

    async def read(self, who: str, cursor: str | None = None, **more: Any) -> Reader:
        return await self.clients.read(who, Cursor.parse(cursor) if cursor else None, **more)

    async def come(self, who: str | None = None) -> Client:
        """Read once and be here."""
        reader = await self.read(who or sid())
        reader.close()
        assert isinstance(reader.client, Client)
        return reader.client

    async def after(self, seconds: float) -> None:
        self.now += seconds
        self.clients.sweep()
        await self.done()

    async def done(self) -> None:
        """Let the handlers run that have something to do."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def emit(self, who: str, *emits: tuple[int, str], acked: int = 0) -> list[Any]:
        upload = Upload([Emit(n, event) for n, event in emits], [], acked)
        acks = await self.clients.take(who, upload, "")
        return [json.loads(ack if isinstance(ack, bytes) else await ack) for ack in acks]


@pytest.fixture
async def world() -> World:
    return World()


async def test_a_client_takes_no_attributes_of_an_application_but_may_be_referred_to_weakly(world: World) -> None:
    client = await world.come()
    with pytest.raises(AttributeError):
        client.name = "Ann"  # type: ignore[attr-defined]
    client.data["name"] = "Ann"
    assert weakref.ref(client)() is client


async def test_what_is_put_is_data_and_plain_and_of_a_client_that_is_known(world: World) -> None:
    client = await world.come()
    await client.put("name", "Ann")
    assert client.data == {"name": "Ann"}
    with pytest.raises(ValueError, match="JSON"):
        await client.put("name", {1, 2})
    await world.hub.forget(client)
    with pytest.raises(LookupError, match="forgotten"):
        await client.put("name", "Bob")
    assert client.data == {"name": "Ann"}


async def test_a_newcomer_has_its_position_before_its_handler_runs(world: World) -> None:
    @world.hub.on("connect")
    async def greet(client: Client) -> None:
        await world.hub.emit("hello", client.id)

    reader = await world.read(sid())
    assert [message.seq for message in reader.read().messages] == [world.hub.end]


async def test_connect_runs_once_for_reads_that_come_together(world: World) -> None:
    who = sid()
    await asyncio.gather(*(world.read(who) for _ in range(3)))
    assert [event for event, *_ in world.life] == ["connect"]


async def test_every_disconnect_has_its_connect(world: World) -> None:
    who = sid()
    client = await world.come(who)
    await world.after(9.9)
    assert client.here
    await world.after(0.2)
    assert not client.here
    await world.come(who)
    await world.after(11)
    assert world.life == [
        ("connect", client.id),
        ("disconnect", client.id, "silence"),
        ("connect", client.id),
        ("disconnect", client.id, "silence"),
    ]


async def test_a_line_that_broke_is_told_from_silence(world: World) -> None:
    reader = await world.read(sid())
    reader.broken = True
    reader.close()
    await world.after(11)
    assert world.life[-1][2] == "transport close"


async def test_who_polls_slowly_has_more_grace(world: World) -> None:
    reader = await world.read(sid(), grace=35.0)
    reader.close()
    await world.after(30)
    assert reader.client.here
    await world.after(6)
    assert not reader.client.here


async def test_who_reads_is_here_for_as_long_as_it_reads(world: World) -> None:
    reader = await world.read(sid())
    await world.after(10_000)
    assert reader.client.here


async def test_a_client_is_forgotten_after_its_grace_and_memory(world: World) -> None:
    client = await world.come()
    await client.join("room")
    await world.after(11)
    assert client.id in world.hub.members and world.hub.rooms == {"room": [client.id]}
    await world.after(300)
    assert client.id not in world.hub.members and not world.hub.rooms


async def test_any_request_keeps_a_client_in_memory(world: World) -> None:
    who = sid()
    client = await world.come(who)
    for _ in range(5):
        await world.after(200)
        assert world.clients.find(who) is client
    await world.after(301)
    assert world.clients.find(who) is None


async def test_a_forgotten_client_that_comes_back_was_away_until_it_took_a_batch(world: World) -> None:
    who = sid()
    await world.come(who)
    cursor = str(Cursor(world.hub.epoch, world.hub.end))
    await world.after(400)
    await world.after(1)
    for _ in range(2):  # a lost answer repeats the gap
        reader = await world.read(who, cursor)
        batch = reader.read()
        reader.close()
        assert batch.gap and batch.gap["reason"] == "away"
    reader = await world.read(who, str(batch.cursor))
    assert reader.read().gap is None


async def test_bye_is_at_once_and_leaves_a_mark_for_a_while(world: World) -> None:
    who = sid()
    client = await world.come(who)
    await world.clients.bye(who, Upload([Emit(1, "last words")]), "")
    await world.done()
    assert world.life[-1] == ("disconnect", client.id, "client left")
    with pytest.raises(Refused, match="bye"):
        await world.read(who)
    await world.after(301)
    assert (await world.come(who)) is not client


async def test_who_is_turned_out_is_kicked(world: World) -> None:
    who = sid()
    reader = await world.read(who)
    assert isinstance(reader.client, Client)
    reader.client.close("be quiet")
    assert reader.ended == "kicked"
    await world.done()
    with pytest.raises(Refused, match="be quiet") as refused:
        await world.read(who)
    assert refused.value.code == "kicked"


async def test_a_handler_that_refuses_leaves_nothing(world: World) -> None:
    @world.hub.on("connect")
    async def no(client: Client) -> None:
        raise Refuse("full house")

    for _ in range(2):
        with pytest.raises(Refused, match="full house"):
            await world.read(sid())
    assert not world.hub.members


async def test_one_reader_more_ends_the_oldest_that_still_goes_on(world: World) -> None:
    who = sid()
    readers = [await world.read(who) for _ in range(6)]
    assert [reader.ended for reader in readers] == ["crowded", "crowded", None, None, None, None]


async def test_one_reader_more_ends_none_of_the_transport_that_has_but_one(world: World) -> None:
    """Tries of ws that died without a word must not cost the sse that works, though it is older."""
    who = sid()
    opened = ["sse", "ws", "ws", "ws", "poll", "longpoll"]
    readers = [await world.read(who, transport=transport) for transport in opened]
    assert [reader.ended for reader in readers] == [None, "crowded", "crowded", None, None, None]
    readers.append(await world.read(who, transport="poll"))
    assert [reader.ended for reader in readers][4:] == ["crowded", None, None]


async def test_at_the_cap_the_longest_gone_is_forgotten_and_never_one_that_is_here() -> None:
    world = World(clients=2)
    first = await world.come()
    await world.after(5)
    second = await world.come()
    with pytest.raises(Refused) as refused:
        await world.read(sid())
    assert refused.value.code == "full"
    await world.after(11)
    await world.come()
    assert first.id not in world.hub.members and second.id in world.hub.members


async def test_two_sids_with_one_id_are_not_one_client(world: World) -> None:
    who = sid()
    client = await world.come(who)
    client.secret = b"of another sid"
    with pytest.raises(Refused, match="taken"):
        await world.read(who)


async def test_an_emit_counts_once_whenever_it_is_repeated(world: World) -> None:
    who, ran = sid(), []
    release = asyncio.Event()

    @world.hub.on("slow")
    async def slow(client: Client, data: Any) -> int:
        ran.append(data)
        await release.wait()
        return len(ran)

    await world.come(who)
    racing = [asyncio.create_task(world.emit(who, (1, "slow"))) for _ in range(5)]
    await world.done()
    release.set()
    assert [acks[0]["data"] for acks in await asyncio.gather(*racing)] == [1] * 5
    assert (await world.emit(who, (1, "slow")))[0]["data"] == 1
    assert len(ran) == 1


async def test_a_hole_consumes_nothing(world: World) -> None:
    who = sid()
    acks = await world.emit(who, (1, "a"), (3, "c"))
    assert acks[1]["error"]["code"] == "out_of_order" and acks[1]["error"]["expected"] == 2
    assert "error" not in (await world.emit(who, (2, "b"), (3, "c")))[1]


async def test_results_are_kept_for_a_window_and_until_they_are_acked(world: World) -> None:
    who = sid()
    for n in range(1, 67):
        world.now += 1
        await world.emit(who, (n, "e"))
    assert (await world.emit(who, (2, "e")))[0]["error"]["code"] == "stale"
    assert "error" not in (await world.emit(who, (3, "e")))[0]
    await world.emit(who, acked=10)
    assert (await world.emit(who, (10, "e")))[0]["error"]["code"] == "stale"
    assert "error" not in (await world.emit(who, (11, "e")))[0]


async def test_the_rate_is_refused_whole_and_repeats_cost_nothing() -> None:
    world = World(emit_rate=1, emit_burst=3)
    who = sid()
    await world.emit(who, (1, "e"), (2, "e"), (3, "e"))
    for _ in range(20):
        await world.emit(who, (1, "e"), (2, "e"), (3, "e"))
    with pytest.raises(Refused) as refused:
        await world.emit(who, (3, "e"), (4, "e"))
    assert refused.value.code == "rate" and refused.value.retry == pytest.approx(1)
    world.now += 1
    assert "error" not in (await world.emit(who, (4, "e")))[0]


async def test_an_upload_larger_than_the_burst_passes_when_the_burst_is_full() -> None:
    world = World(emit_rate=1, emit_burst=3)
    acks = await world.emit(sid(), *((n, "e") for n in range(1, 11)))
    assert len(acks) == 10


async def test_the_first_reply_counts_and_waits_behind_nothing(world: World) -> None:
    who, answers = sid(), []

    @world.hub.on("question")
    async def question(client: Client, data: Any) -> Any:
        answers.append(await client.ask("and you?"))

    await world.come(who)
    asking = asyncio.create_task(world.emit(who, (1, "question")))
    await world.done()
    seq = world.hub.end
    for data in ("first", "second"):
        assert await world.clients.take(who, Upload([], [Reply(seq, data)]), "") == [b'{"seq":%d}' % seq]
    await asking
    assert answers == ["first"]


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_a_failing_handler_stops_no_other(number: int, caplog: pytest.LogCaptureFixture) -> None:
    world, who, ran = World(handler_seconds=0.05), sid(), []

    async def fails(client: Client, data: Any) -> None:
        raise RuntimeError("broken")

    async def refuses(client: Client, data: Any) -> None:
        raise Refuse("not you")

    async def hangs(client: Client, data: Any) -> None:
        await asyncio.Event().wait()

    handlers: list[Callable[..., Any]] = [fails, refuses, hangs]
    world.hub.on("bad")(handlers[number])
    world.hub.on("good")(lambda client, data: ran.append(client.id))
    acks = await world.emit(who, (1, "bad"), (2, "good"))
    assert acks[0]["error"]["code"] == ["handler_failed", "refused", "timeout"][number]
    assert "error" not in acks[1] and len(ran) == 1
    caplog.clear()


# ---- where a reader begins


async def test_until_it_reads_with_a_cursor_a_newcomer_begins_at_one_position(world: World) -> None:
    who = sid()
    first = (await world.read(who)).read()
    await world.hub.emit("news")
    again = (await world.read(who)).read()
    assert again.after == first.after and len(again.messages) == 1
    await world.read(who, str(again.cursor))
    assert (await world.read(who)).read().after == again.cursor


async def test_who_was_born_by_an_emit_begins_at_its_birth(world: World) -> None:
    who = sid()
    await world.emit(who, (1, "e"))
    await world.hub.emit("news")
    assert [message.seq for message in (await world.read(who)).read().messages] == [world.hub.end]


async def test_a_newcomer_waits_for_nothing_and_who_has_a_cursor_does(world: World) -> None:
    who = sid()
    async with asyncio.timeout(DEADLINE):
        batch = await (await world.read(who)).wait(3 * DEADLINE)
    waiting = asyncio.create_task((await world.read(who, str(batch.cursor))).wait(3 * DEADLINE))
    await world.done()
    assert not waiting.done()
    await world.hub.emit("news")
    async with asyncio.timeout(DEADLINE):
        assert len((await waiting).messages) == 1


async def test_history_is_for_newcomers(world: World) -> None:
    await world.hub.emit("past")
    who = sid()
    batch = (await world.read(who, history=5)).read()
    assert [message.seq for message in batch.messages] == [1]
    assert not (await world.read(who, str(batch.cursor), history=5)).read().messages


@pytest.mark.parametrize("beyond", [1, 2, 3, 4, 9])
async def test_a_cursor_beyond_the_end_stays_so_whatever_is_logged_before_the_answer(world: World, beyond: int) -> None:
    @world.hub.on("connect")
    async def greet(client: Client) -> None:
        await world.hub.emit("hello")

    await world.hub.emit("news")
    reader = await world.read(sid(), str(Cursor(world.hub.epoch, world.hub.end + beyond)))
    batch = reader.read()
    assert batch.gap == {"reason": "future", "missed": None}
    assert batch.after == batch.cursor == Cursor(world.hub.epoch, world.hub.end)


async def test_who_was_forgotten_and_comes_back_by_an_emit_is_told_that_it_was_away(world: World) -> None:
    who = sid()
    client = await world.come(who)
    await client.join("red")
    cursor = str(Cursor(world.hub.epoch, world.hub.end))
    await world.after(400)
    await world.after(1)
    await world.hub.to("red").emit("lost to it")
    await world.emit(who, (1, "e"))
    gap = (await world.read(who, cursor)).read().gap
    assert gap and gap["reason"] == "away" and gap["missed"] >= 1


async def test_who_comes_back_in_the_turn_in_which_it_is_due_is_not_forgotten(world: World) -> None:
    who = sid()
    client = await world.come(who)
    await client.join("red")
    await world.after(11)
    world.now += 400
    world.clients.sweep()
    reader = await world.read(who)
    await world.done()
    assert reader.client is client is world.hub.client(client.id)
    assert client.here and world.hub.rooms == {"red": [client.id]}


# ---- who is born, and who is not


@pytest.mark.parametrize("who", ["", "x" * 21, "x" * 23, "x" * 21 + "=", "x" * 21 + "\n", "ü" * 22])
async def test_a_sid_is_22_characters_of_base64url(world: World, who: str) -> None:
    for request in (world.read(who), world.emit(who, (1, "e")), world.clients.bye(who, Upload(), "")):
        with pytest.raises(Refused) as refused:
            await request
        assert refused.value.code == "bad_sid"
    assert world.hub.end == 0


async def test_a_hole_a_bye_and_an_emit_that_is_refused_bear_nobody() -> None:
    world = World(window=2)
    await world.emit(sid(), (2, "e"))
    await world.clients.bye(sid(), Upload(), "")
    await world.clients.take(sid(), Upload([], [Reply(1)]), "")
    with pytest.raises(Refused):
        await world.emit(sid(), (1, "e"), (2, "e"), (3, "e"))
    with pytest.raises(Refused):
        await world.clients.take(None, Upload([Emit(1, "e")]), "")
    assert world.hub.end == 0 and not world.life


async def test_connect_runs_before_any_other_handler(world: World) -> None:
    order: list[str] = []

    @world.hub.on("connect")
    async def slowly(client: Client) -> None:
        await asyncio.sleep(0)
        order.append("connect")

    world.hub.on("e")(lambda client, data: order.append("e"))
    await world.emit(sid(), (1, "e"))
    assert order == ["connect", "e"]


@pytest.mark.logs_errors
async def test_a_connect_handler_that_fails_or_hangs_keeps_nobody_out() -> None:
    world = World(handler_seconds=0.02)

    @world.hub.on("connect")
    async def fails(client: Client) -> None:
        raise RuntimeError("broken")

    assert (await world.come()).here
    world.hub.handlers["connect"] = [lambda client: asyncio.sleep(9)]
    assert (await world.come()).here


async def test_who_is_turned_out_by_its_connect_handler_is_kicked(world: World) -> None:
    @world.hub.on("connect")
    async def not_you(client: Client) -> None:
        client.close("not you")

    with pytest.raises(Refused) as refused:
        await world.read(sid())
    await world.done()
    assert refused.value.code == "kicked" and not world.hub.members
    assert [event for event, *_ in world.life] == ["connect", "disconnect"]


async def test_new_sids_are_counted_by_address() -> None:
    world = World(sid_rate=1, sid_burst=2)
    for _ in range(2):
        await world.read(sid(), address="a")
    with pytest.raises(Refused) as refused:
        await world.read(sid(), address="a")
    assert refused.value.code == "rate" and refused.value.retry == pytest.approx(1)
    await world.read(sid(), address="b")
    world.now += 1
    await world.read(sid(), address="a")


async def test_in_a_class_new_sids_are_not_counted_by_address() -> None:
    world = World(sid_rate=1, sid_burst=2, per_sid=True)
    for _ in range(9):
        await world.read(sid(), address="one NAT")


async def test_readers_without_a_sid_are_counted_by_address_while_they_read() -> None:
    world = World(anonymous_per_address=2)
    readers = [await world.clients.read(None, None, address="a") for _ in range(2)]
    with pytest.raises(Refused) as refused:
        await world.clients.read(None, None, address="a")
    assert refused.value.code == "readers"
    await world.clients.read(None, None, address="b")
    readers[0].close()
    readers[0].close()  # harmless when repeated
    await world.clients.read(None, None, address="a")
    assert world.hub.end == 0


# ---- how often


async def test_polls_are_paced_and_going_on_from_a_cut_batch_costs_nothing() -> None:
    world = World(poll_rate=1, poll_burst=2, batch_messages=1)
    who = sid()
    cursor = (await world.read(who, paced=True)).read().cursor  # the one that bears it costs nothing
    for n in range(9):
        await world.hub.emit("news", n)
    for _ in range(9):
        reader = await world.read(who, str(cursor), paced=True)
        cursor = reader.read().cursor
        reader.close()
    await world.read(who, str(cursor), paced=True)
    with pytest.raises(Refused) as refused:
        await world.read(who, str(cursor), paced=True)
    assert refused.value.code == "rate"
    await world.read(who, str(cursor))  # what is held is not paced
    world.now += 1
    await world.read(who, str(cursor), paced=True)


async def test_what_is_left_of_a_pace_is_forgotten_when_it_is_full_again() -> None:
    now = [0.0]
    pace = Pace(2.0, 3, "knocks", lambda: now[0])
    for _ in range(3):
        pace.take("ann")
    with pytest.raises(Refused) as refused:
        pace.take("ann")
    assert refused.value.retry == pytest.approx(0.5)
    pace.take("bob")
    now[0] += 1.4
    pace.sweep()
    assert "ann" in pace._buckets
    now[0] += 0.1
    pace.sweep()
    assert not pace._buckets


# ---- emits


async def test_more_than_the_window_is_refused_whole_and_consumes_nothing() -> None:
    world, who, release = World(window=3), sid(), asyncio.Event()

    @world.hub.on("slow")
    async def slow(client: Client, data: Any) -> None:
        await release.wait()

    first = asyncio.create_task(world.emit(who, (1, "slow"), (2, "slow")))
    await world.done()
    with pytest.raises(Refused) as refused:
        await world.emit(who, (3, "slow"), (4, "slow"))
    assert refused.value.code == "window" and refused.value.retry
    last = asyncio.create_task(world.emit(who, (3, "slow")))
    await world.done()
    release.set()
    assert [ack["n"] for ack in [*await first, *await last]] == [1, 2, 3]


async def test_a_reserved_event_consumes_its_n_and_is_repeated_as_it_was(world: World) -> None:
    who = sid()
    for event in ("$void", "connect"):
        first = await world.emit(who, (1, event))
        assert first[0]["error"]["code"] == "reserved"
        assert await world.emit(who, (1, "e")) == first
        assert "error" not in (await world.emit(who, (2, "e")))[0]
        who = sid()


async def test_handlers_run_one_at_a_time_per_client_and_delay_no_other(world: World) -> None:
    release, running, most = asyncio.Event(), [0], [0]

    @world.hub.on("slow")
    async def slow(client: Client, data: Any) -> None:
        running[0] += 1
        most[0] = max(running[0], most[0])
        await release.wait()
        running[0] -= 1

    one = asyncio.create_task(world.emit(sid(), (1, "slow"), (2, "slow")))
    async with asyncio.timeout(DEADLINE):
        await world.done()
        await world.emit(sid(), (1, "quick"))
        assert not one.done() and most == [1]
        release.set()
        await one
    assert most == [1]


async def test_an_ack_names_the_last_message_its_client_may_see(world: World) -> None:
    who = sid()
    (ack,) = await world.emit(who, (1, "nothing"))
    assert ack == {"n": 1, "data": None, "cursor": f"{world.hub.epoch}.0"}
    other = await world.come()

    @world.hub.on("speak")
    async def speak(client: Client, data: Any) -> int:
        seq = await client.emit("for you")
        await other.emit("not for you")
        await client.broadcast.emit("nor this")
        return seq

    (ack,) = await world.emit(who, (2, "speak"))
    assert ack["cursor"] == f"{world.hub.epoch}.{ack['data']}"


async def test_what_a_handler_emits_is_from_its_client_and_nothing_else_is(world: World) -> None:
    who = sid()
    world.hub.on("speak")(lambda client, data: world.hub.emit("said"))
    reader = await world.read(who)
    await world.emit(who, (1, "speak"))
    await world.hub.emit("said")
    messages = [json.loads(message.text) for message in reader.read().messages]
    assert [message["from"] for message in messages] == [reader.client.id, None]


async def test_star_hears_every_event_and_the_first_answer_is_the_ack(world: World) -> None:
    heard: list[str] = []
    world.hub.on("*")(lambda client, event, data: heard.append(event))
    world.hub.on("e")(lambda client, data: None)
    world.hub.on("e")(lambda client, data: "first")
    world.hub.on("e")(lambda client, data: "second")
    acks = await world.emit(sid(), (1, "e"), (2, "unheard of"))
    assert heard == ["e", "unheard of"]
    assert [ack["data"] for ack in acks] == ["first", None]


async def test_what_was_claimed_runs_on_and_last_words_are_claimed_before_the_client_goes(world: World) -> None:
    who, order = sid(), []
    world.hub.on("e")(lambda client, n: order.append(n))
    world.hub.on("disconnect")(lambda client, reason: order.append(reason))
    claimed = await world.clients.take(who, Upload([Emit(1, "e", 1)]), "")
    await world.clients.bye(who, Upload([Emit(1, "e", 1), Emit(2, "e", 2)]), "")
    await world.done()
    assert order == [1, 2, "client left"]
    assert json.loads(await claimed[0])["n"] == 1  # type: ignore[misc]


async def test_a_reply_is_taken_and_told_although_the_emits_beside_it_are_refused() -> None:
    world, who = World(window=1), sid()
    client = await world.come(who)
    asking = asyncio.create_task(client.ask("and you?"))
    await world.done()
    seq = world.hub.end
    with pytest.raises(Refused) as refused:
        await world.clients.take(who, Upload([Emit(1, "e"), Emit(2, "e")], [Reply(seq, "well")]), "")
    assert refused.value.code == "window" and refused.value.as_json()["acks"] == [{"seq": seq}]
    assert await asking == "well"


async def test_only_who_was_asked_can_answer(world: World) -> None:
    who, other = sid(), sid()
    client = await world.come(who)
    await world.come(other)
    asking = asyncio.create_task(client.ask("and you?"))
    await world.done()
    seq = world.hub.end
    assert await world.clients.take(other, Upload([], [Reply(seq, "me")]), "") == [b'{"seq":%d}' % seq]
    await world.clients.take(who, Upload([], [Reply(seq, "I")]), "")
    assert await asking == "I"


async def test_who_does_not_answer_is_not_waited_for(world: World) -> None:
    who = sid()
    client = await world.come(who)
    with pytest.raises(TimeoutError):
        await client.ask("and you?", timeout=0.01)
    assert not client.asks
    late = await world.clients.take(who, Upload([], [Reply(world.hub.end, "late")]), "")
    assert late == [b'{"seq":%d}' % world.hub.end]  # answered all the same, so that it is not repeated


# ---- the end


async def test_a_stopping_server_answers_who_waits_and_takes_nobody_new() -> None:
    world = World(drain_seconds=0.1)
    who = sid()
    batch = (await world.read(who)).read()
    waiting = asyncio.create_task((await world.read(who, str(batch.cursor))).wait(3 * DEADLINE))
    await world.done()
    async with asyncio.timeout(DEADLINE):
        await world.clients.drain()
        assert not (await waiting).news
    assert world.life[-1][2] == "server closing"
    for request in (world.read(who), world.read(sid()), world.emit(who, (1, "e"))):
        with pytest.raises(Refused) as refused:
            await request
        assert refused.value.code == "draining"


async def test_a_stopping_server_leaves_no_emit_without_an_answer() -> None:
    world, who = World(drain_seconds=0.1), sid()

    @world.hub.on("hangs")
    async def hangs(client: Client, data: Any) -> None:
        await asyncio.Event().wait()

    acks = await world.clients.take(who, Upload([Emit(1, "quick"), Emit(2, "hangs"), Emit(3, "quick")]), "")
    await world.clients.drain()
    assert all(isinstance(ack, asyncio.Future) and ack.done() for ack in acks)
    assert json.loads(acks[0].result())["n"] == 1  # type: ignore[union-attr]
    ends = [ack.exception() for ack in acks[1:] if isinstance(ack, asyncio.Future)]
    assert [isinstance(end, Refused) and end.code for end in ends] == ["draining"] * 2
