"""The turn: carried readers are told together, each what it may see, and nothing is counted twice or not at all."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from transport_fallback.hub import Hub, Member
from transport_fallback.log import turn as turns
from transport_fallback.log.batch import Batch, Cursor
from transport_fallback.log.bell import Bell
from transport_fallback.log.carried import NOTHING, Carried, Figures, plus
from transport_fallback.protocol.limits import Limits

pytestmark = pytest.mark.anyio
LONG = 30.0


class Text:
    """Batches as they are, and who was told how much."""

    most = 2000

    def __init__(self) -> None:
        self.frames, self.figures = 0, NOTHING

    def frame(self, batch: Batch) -> bytes:
        self.frames += 1
        return b"frame of " + batch.text

    def told(self, figures: Figures, readers: int) -> None:
        for _ in range(readers):
            self.figures = plus(self.figures, figures)


class Ear:
    """A carried reader, and what was written to it."""

    def __init__(self, hub: Hub, client: Member, form: Text, write: Callable[[bytes], Any] | None = None) -> None:
        self.written: list[bytes] = []
        self.batches: list[Batch] = []
        self.told = 0  # of them
        self.bell, self.over = Bell(), False
        self.one = Carried(hub.turn, client, self.bell, form, write or self.written.append, LONG)
        self.one.watch = lambda batch, size: self.batches.append(batch)
        self.one.on_end = lambda: setattr(self, "over", True)
        self.one.begin(hub.read(client, hub.last_seen_by(client)))

    def heard(self) -> list[Any]:
        """What it was told since this was asked last; each batch goes on from where the one before it ended."""
        assert all(one.cursor == other.after for one, other in pairwise(self.batches))
        messages = [message for batch in self.batches[self.told :] for message in batch.messages]
        self.told = len(self.batches)
        return [int(message.text.partition(b'"data":')[2].partition(b",")[0]) for message in messages]


async def born(hub: Hub, *names: str) -> list[Member]:
    return [await hub.bear(name) for name in names]


async def turn() -> None:
    """Let what was said be told."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_read_and_one_frame_serve_all_who_are_in_step() -> None:
    hub, form = Hub(), Text()
    ears = [Ear(hub, client, form) for client in await born(hub, *map(str, range(20)))]
    await hub.emit("said", 1)
    await turn()  # those who came one after the other are told the same for the first time
    before, read = form.frames, []
    hub.read, plain = lambda *args, **more: read.append(args) or plain(*args, **more), hub.read  # type: ignore[method-assign, func-returns-value]
    await hub.emit("said", 2)
    await hub.emit("said", 3)
    assert [ear.heard() for ear in ears] == [[1]] * 20  # nobody yet: the turn is not over
    await turn()
    assert [ear.heard() for ear in ears] == [[2, 3]] * 20
    assert (form.frames - before, len(read)) == (1, 1)
    assert len({ear.written[-1] for ear in ears}) == 1


async def test_who_leaves_within_a_turn_hears_what_was_said_before_and_who_joins_what_is_said_after() -> None:
    hub, form = Hub(), Text()
    goes, comes, stays = await born(hub, "goes", "comes", "stays")
    for client in (goes, stays):
        await client.join("room")
    ears = [Ear(hub, client, form) for client in (goes, comes, stays)]
    await hub.to("room").emit("said", 1)
    await goes.leave("room")
    await comes.join("room")
    await hub.to("room").emit("said", 2)
    await turn()
    assert [ear.heard() for ear in ears] == [[1], [2], [1, 2]]
    await hub.to("room").emit("said", 3)
    await turn()
    assert [ear.heard() for ear in ears] == [[], [3], [3]]


async def test_whom_a_message_leaves_out_keeps_it_from_nobody_else() -> None:
    hub, form = Hub(), Text()
    clients = await born(hub, "a", "b", "c")
    ears = [Ear(hub, client, form) for client in clients]
    await hub.emit("said", 1)
    await turn()
    for n, client in enumerate(clients, 2):
        await client.broadcast.emit("said", n)
    await clients[0].emit("said", 5)
    await turn()
    await hub.emit("said", 6)
    await turn()
    assert [ear.heard() for ear in ears] == [[1, 3, 4, 5, 6], [1, 2, 4, 6], [1, 2, 3, 6]]


async def test_news_in_two_rooms_reaches_whoever_is_in_either() -> None:
    hub, form = Hub(), Text()
    both, left, right, none = await born(hub, "both", "left", "right", "none")
    for client, rooms in ((both, "lr"), (left, "l"), (right, "r")):
        for room in rooms:
            await client.join(room)
    ears = [Ear(hub, client, form) for client in (both, left, right, none)]
    for n in range(3):
        await hub.to("l").emit("said", 3 * n)
        await hub.to("r").emit("said", 3 * n + 1)
        await turn()
        await hub.emit("said", 3 * n + 2)  # and all are in step again
        await turn()
    heard = [[n for n in range(9) if n % 3 in sees] for sees in ((0, 1, 2), (0, 2), (1, 2), (2,))]
    assert [ear.heard() for ear in ears] == heard


async def test_whose_line_takes_no_more_reads_on_from_where_it_is() -> None:
    hub, form = Hub(), Text()
    ears = [Ear(hub, client, form) for client in await born(hub, "slow", "well")]
    ears[0].one.pause()
    for n in range(3):
        await hub.emit("said", n)
        await turn()
    assert (len(ears[0].written), ears[1].heard()) == (1, [0, 1, 2])
    ears[0].one.resume()
    await turn()
    assert ears[0].heard() == [0, 1, 2] and len(ears[0].written) == 2  # in one batch: nothing was kept for it


async def test_many_are_told_in_several_turns_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TOLD", 3)
    hub, form = Hub(), Text()
    ears = [Ear(hub, client, form) for client in await born(hub, *map(str, range(10)))]
    await turn()
    await hub.emit("said", 1)
    told = []
    for n in range(2, 7):
        await asyncio.sleep(0)
        told.append(sum(len(ear.batches) > 1 for ear in ears))
        await hub.to("nobody is in it").emit("said", n)  # the log goes on while others are yet to be told
    await turn()
    await turn()
    assert told[:4] == [3, 6, 9, 10]
    assert [ear.heard() for ear in ears] == [[1]] * 10


@pytest.mark.parametrize("few", [2, 32])
async def test_what_everyone_hears_amid_a_turn_is_told_with_the_rest_of_it(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(turns, "TOLD", 2)
    monkeypatch.setattr(turns, "FEW", few)
    hub, form = Hub(), Text()
    ears = [Ear(hub, client, form) for client in await born(hub, *map(str, range(6)))]
    await hub.emit("said", 1)
    await asyncio.sleep(0)  # two are told
    await hub.emit("said", 2)
    await turn()
    await turn()
    assert [[len(batch.messages) for batch in ear.batches[1:]] for ear in ears] == [[1, 1]] * 2 + [[2]] * 4
    frames = form.frames
    for n in (3, 4):
        await hub.emit("said", n)
        await turn()
    # Many stay apart, each with a frame of their own; few are brought into step with the others, who share theirs.
    assert form.frames - frames == (2 if few > 2 else 4)
    assert [ear.heard() for ear in ears] == [[1, 2, 3, 4]] * 6
    written = sum(len(frame) for ear in ears for frame in ear.written)
    own = [ear.one.figures() for ear in ears]
    assert form.figures.sent == sum(one.sent for one in own) == written
    assert form.figures.messages == sum(one.messages for one in own) == 24


async def test_who_was_told_amid_a_turn_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TOLD", 1)
    hub, form = Hub(), Text()
    ears = [Ear(hub, client, form) for client in await born(hub, *map(str, range(4)))]
    await hub.emit("said", 1)
    await asyncio.sleep(0)
    await hub.emit("said", 2)
    for _ in range(4):
        await asyncio.sleep(0)
    assert [ear.heard() for ear in ears] == [[1], [1, 2], [1, 2], [1, 2]]
    looked: list[Carried] = []
    monkeypatch.setattr(hub.turn, "_tell", looked.append)
    await turn()
    await turn()
    assert ears[0].heard() == [2] and not looked


async def test_what_is_logged_amid_a_turn_is_told_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TOLD", 1)
    hub = Hub()
    first, out, within = await born(hub, "first", "out", "within")
    await within.join("room")
    other = Text()
    ears = [Ear(hub, first, Text()), Ear(hub, out, other), Ear(hub, within, other)]
    await hub.emit("said", 1)
    for _ in range(9):
        await asyncio.sleep(0)
    await hub.emit("said", 2)
    await asyncio.sleep(0)  # the first is told, and the others, who are in step, are not yet
    assert [len(ear.batches) for ear in ears] == [3, 2, 2]
    await hub.to("room").emit("said", 3)
    for _ in range(9):
        await asyncio.sleep(0)
    assert [ear.heard() for ear in ears] == [[1, 2], [1, 2], [1, 2, 3]]


@pytest.mark.logs_errors
async def test_who_cannot_be_told_ends_alone() -> None:
    hub, form = Hub(), Text()
    written: list[bytes] = []

    def write(frame: bytes) -> None:
        written.append(frame)
        if len(written) > 1:
            raise RuntimeError("broken")

    def fail() -> None:
        broken.over = True
        raise RuntimeError("broken, too")

    one, two = await born(hub, "one", "two")
    broken, well = Ear(hub, one, form, write), Ear(hub, two, form)
    broken.one.on_end = fail
    for n in (1, 2):
        await hub.emit("said", n)
        await turn()
    assert broken.over and not well.over
    assert well.heard() == [1, 2] and len(written) == 2 and list(hub.turn.readers) == [well.one]


async def test_who_is_told_to_stop_hears_nothing_more() -> None:
    hub, form = Hub(), Text()
    (ann,) = await born(hub, "ann")
    ear = Ear(hub, ann, form)
    ear.bell.end("kicked")
    await hub.emit("said", 1)
    assert not ear.over  # it is told when the turn is over, and not while somebody looks at who reads
    await turn()
    assert ear.over and len(ear.written) == 1 and not hub.turn.readers and not ann.bells


async def test_a_silent_reader_is_given_an_empty_batch() -> None:
    hub, form = Hub(), Text()
    (ann,) = await born(hub, "ann")
    ear = Ear(hub, ann, form)
    ear.one.heartbeat = 0.02
    ear.one._wait(0.02)
    async with asyncio.timeout(10):
        while len(ear.written) < 3:
            await asyncio.sleep(0.01)
    assert ear.heard() == []
    ear.one.close()


def test_a_log_outlives_the_loop_it_was_served_in() -> None:
    hub, form = Hub(), Text()

    async def once(n: int, wait: bool) -> list[Any]:
        client = await hub.bear(str(n))
        ear = Ear(hub, client, form)
        await hub.emit("said", n)
        if wait:
            await turn()
        ear.one.close()
        return ear.heard()

    assert asyncio.run(once(1, wait=False)) == []  # that loop ended before its turn did
    assert asyncio.run(once(2, wait=True)) == [2]


@pytest.mark.parametrize("seed", range(8))
async def test_what_readers_were_given_adds_up(seed: int) -> None:
    """Whatever happens, each reader's figures are what was written to it, and everybody's are the sum of them."""
    chance, hub, form = random.Random(seed), Hub(Limits(batch_messages=5, stream_bytes=2000)), Text()
    clients = await born(hub, *map(str, range(6)))
    ears: list[Ear] = []
    sums: dict[Ear, Figures] = {}
    for n in range(300):
        client = chance.choice(clients)
        match chance.randrange(10):
            case 0 if len(ears) < 20:
                ears.append(Ear(hub, client, form))
            case 1:
                await (client.leave("room") if "room" in client.joined else client.join("room"))
            case 2:
                await client.emit("said", n)
            case 3:
                await client.broadcast.emit("said", n)
            case 4:
                await hub.to("room").emit("said", n)
            case 5 if ears:
                ear = chance.choice(ears)
                sums[ear] = plus(sums.get(ear, NOTHING), ear.one.figures())  # somebody looks
            case 6 if ears:
                one = chance.choice(ears).one
                (one.resume if one.paused else one.pause)()
            case 7 | 8:
                await turn()
            case _:
                await hub.emit("said", n)
    await turn()
    for ear in ears:
        sums[ear] = plus(sums.get(ear, NOTHING), ear.one.figures())
        assert sums[ear].sent == sum(map(len, ear.written)) and sums[ear].batches == len(ear.written)
        assert sums[ear].messages == sum(frame.count(b'"seq":') for frame in ear.written)
        assert ear.one.figures() == NOTHING
        ear.one.close()
    total = NOTHING
    for figures in sums.values():
        total = plus(total, figures)
    assert form.figures == total and ears


class Asker(Ear):
    """A carried reader that has asked for one batch, as a long poll does."""

    def __init__(self, hub: Hub, client: Member, form: Text, seq: int) -> None:
        self.written, self.batches, self.told, self.bell, self.over = [], [], 0, Bell(), False
        self.one = Carried(hub.turn, client, self.bell, form, self.written.append, LONG)
        self.one.watch = lambda batch, size: self.batches.append(batch)
        self.one.hold(Cursor(hub.epoch, seq))


async def test_who_asks_late_is_in_step_with_nobody() -> None:
    hub, form = Hub(), Text()
    ann, bob, eve, dan = await born(hub, "ann", "bob", "eve", "dan")
    at = hub.end
    early = [Asker(hub, client, form, at) for client in (ann, eve)]
    await bob.broadcast.emit("said", 1)  # bob, who asks before the turn is over, may not see it
    late = [Asker(hub, bob, form, at), Asker(hub, dan, form, at)]
    await turn()
    assert [ear.heard() for ear in early] == [[1], [1]] and [ear.heard() for ear in late] == [[], [1]]
    await hub.emit("said", 2)
    await turn()
    assert late[0].heard() == [2]


async def test_those_who_ask_at_the_end_are_given_one_frame_until_one_may_see_more() -> None:
    hub, form = Hub(), Text()
    clients = await born(hub, *"abcdef")
    await clients[4].join("room")
    askers = [Asker(hub, client, form, hub.end) for client in clients]
    await clients[5].emit("said", 1)
    await hub.to("room").emit("said", 2)
    await hub.emit("said", 3)
    await turn()
    assert [ear.heard() for ear in askers] == [[3], [3], [3], [3], [2, 3], [1, 3]]
    assert form.frames == 3


async def test_who_has_left_everyone_is_in_step_with_nobody() -> None:
    hub, form = Hub(), Text()
    ann, bob = await born(hub, "ann", "bob")
    for client in (ann, bob):
        await client.join("room")
    ears = [Ear(hub, client, form) for client in (ann, bob)]
    await bob.leave(None)
    await turn()
    for n in (1, 2):  # both are given the same: now they would be in step
        await hub.to("room").emit("said", n)
        await turn()
    await hub.emit("said", 3)
    await turn()
    assert [ear.heard() for ear in ears] == [[1, 2, 3], [1, 2]]
    for ear in ears:
        ear.one.close()
    askers = [Asker(hub, client, form, hub.end) for client in (ann, bob)]
    await hub.emit("said", 4)
    await turn()
    await hub.to("room").emit("said", 5)
    await turn()
    assert [ear.heard() for ear in askers] == [[4, 5], [5]]


async def test_nothing_is_kept_of_who_has_left() -> None:
    hub, form = Hub(), Text()
    (ann,) = await born(hub, "ann")
    for n in range(3):
        ear = Ear(hub, ann, form)
        await hub.emit("said", n)
        ear.one.close()
    await hub.emit("said", 3)
    await turn()
    del ear
    gc.collect()
    assert not hub.turn.readers and not ann.bells and not hub.turn._rung and not hub.turn._news
    assert not [one for one in gc.get_objects() if isinstance(one, Carried)]
