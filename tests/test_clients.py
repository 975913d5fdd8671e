"""Clients alone, without a server and under a clock of our own: who is here, who is forgotten, what counts once."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from batch import Cursor
from clients import Client, Clients, Reader
from emits import Emit, Reply, Upload
from errors import Refused
from hub import Hub, Refuse
from limits import Limits

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
