"""The scripts by themselves: what Redis decides for the processes of one log, each rule on a real server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.log.redis import Redis
from transport_fallback.log.batch import new_epoch
from transport_fallback.log.streams.scripts import Keys, Word, call
from transport_fallback.log.streams.wire import Answered, Wire

pytestmark = pytest.mark.anyio

LEASE = 60_000  # ms: no lease of these tests runs out by itself
KEYS = Keys.of("lab")


class Scripts:
    """The scripts, called as a client would call them, and what they left in the log."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.epoch = ""

    async def adopt(
        self,
        process: str = "a",
        *,
        run: str = "run 1",
        epoch: str = "",
        place: int = 0,
        head: bytes = b"",
        k: Word = "",
        limits: str = "",
        before: str = "",
    ) -> tuple[str, str, bool]:
        said = (run, epoch, place, head, "abc", process, k, limits, LEASE, before)
        name, lineage, holds = await self.wire.ask(*call("adopt", KEYS, *said))
        self.epoch = name.decode()
        return self.epoch, lineage.decode(), bool(holds)

    async def run(self, name: str, *arguments: Word, process: str = "a", epoch: str = "") -> Any:
        return await self.wire.ask(*call(name, KEYS, epoch or self.epoch, process, *arguments))

    async def append(self, k: int, *ns: int, process: str = "a", epoch: str = "") -> list[int]:
        """These as entries, the first of them with this k."""
        items = [word for n in ns for word in (1, json.dumps([process, n]), f"tail {n}")]
        last: list[int] = await self.run("append", k, *items, process=process, epoch=epoch)
        return last

    async def beat(self, process: str = "a") -> list[int]:
        said: list[int] = await self.run("beat", LEASE, process=process)
        return said

    async def draft(self, *chunks: Word, process: str = "a", before: int = 0) -> None:
        for count, chunk in enumerate(chunks, before):
            await self.run("draft", count, chunk, process=process)

    async def trim(self, place: int, *chunks: Word) -> int:
        """Write a snapshot of these chunks. Returns how many items went."""
        await self.draft(*chunks)
        gone: int = await self.run("trim", place, len(chunks))
        return gone

    async def refused(self, asked: Any) -> str:
        with pytest.raises(Answered) as answered:
            await asked
        return answered.value.code

    async def log(self) -> list[dict[str, Any]]:
        """The items: place, seq (None of a note), head, tail, time."""
        found = await self.wire.ask("XRANGE", KEYS.log, "-", "+")
        return [
            {
                "place": int(place[2:]),
                "seq": int(seq) if seq else None,
                "head": json.loads(head),
                "tail": tail.decode(),
                "at": int(at),
            }
            for place, (_, seq, _, head, _, tail, _, at) in found
        ]

    async def heads(self) -> list[Any]:
        return [item["head"] for item in await self.log()]

    async def known(self) -> dict[str, int]:
        """The processes, and the last k of each."""
        said = await self.wire.ask("HGETALL", KEYS.procs)
        return {said[i].decode(): int(said[i + 1]) for i in range(0, len(said), 2)}

    async def run_out(self, process: str) -> None:
        """Its lease has ended."""
        await self.wire.ask("ZADD", KEYS.live, 1, process)


@pytest.fixture
async def lua(redis: Redis) -> AsyncIterator[Scripts]:
    async with redis.wire() as wire:
        yield Scripts(wire)


# ---- adopt: the first, again, after another run, where nothing is left


async def test_the_first_who_comes_begins_an_epoch_with_a_note(lua: Scripts) -> None:
    epoch, lineage, holds = await lua.adopt("a")
    assert (lineage, holds) == ("", True)
    assert await lua.known() == {"a": 0}
    (item,) = await lua.log()
    assert (item["place"], item["seq"], item["head"]) == (1, None, ["a", 0, "e", epoch, "", 0])
    assert epoch.endswith("abc") and abs(int(epoch[:-3], 36) - time.time() * 1000) < 60_000


async def test_whoever_comes_to_the_same_run_joins_its_epoch(lua: Scripts) -> None:
    first = await lua.adopt("a")
    assert await lua.adopt("b") == first
    assert await lua.known() == {"a": 0, "b": 0}
    assert len(await lua.log()) == 1


async def test_who_comes_again_is_told_whether_its_last_item_is_there(lua: Scripts) -> None:
    epoch, *_ = await lua.adopt("a")
    await lua.append(1, 1, 2)
    assert await lua.adopt("a", epoch=epoch, place=3, head=b'["a", 2]', k=2) == (epoch, "", True)
    assert await lua.adopt("a", epoch=epoch, place=3, head=b'["b", 2]', k=2) == (epoch, "", False)
    assert await lua.adopt("a", epoch=epoch, place=4, head=b'["a", 2]', k=2) == (epoch, "", False)


async def test_who_comes_again_keeps_the_k_that_has_landed(lua: Scripts) -> None:
    epoch, *_ = await lua.adopt("a")
    await lua.append(1, 1, 2, 3)
    await lua.adopt("a", epoch=epoch, place=2, head=b'["a", 1]', k=1)  # of the others it has no answer
    assert await lua.known() == {"a": 3}
    assert (await lua.append(2, 2, 3, 4))[0] == 4
    assert await lua.heads() == [["a", 0, "e", epoch, "", 0], ["a", 1], ["a", 2], ["a", 3], ["a", 4]]


async def test_another_run_is_another_epoch_that_goes_on_from_the_last_seq(lua: Scripts) -> None:
    old, *_ = await lua.adopt("a")
    await lua.append(1, 1, 2)
    head = b'["a", 2]'
    epoch, lineage, holds = await lua.adopt("a", run="run 2", epoch=old, place=3, head=head, k=2)
    assert epoch != old and lineage == f"{old}:2" and holds
    assert (await lua.log())[-1]["head"] == ["a", 0, "e", epoch, old, 2]
    assert await lua.adopt("b", run="run 2") == (epoch, lineage, True)
    await lua.append(3, 3)
    assert (await lua.log())[-1]["seq"] == 3
    third, lineage, _holds = await lua.adopt("c", run="run 3")
    assert lineage == f"{old}:2 {epoch}:3" and third != epoch


async def test_after_another_run_everybody_has_a_lease_to_come_in(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.adopt("b")
    await lua.run_out("b")
    await lua.adopt("a", run="run 2", epoch=lua.epoch, k=0)
    await lua.beat()
    assert await lua.known() == {"a": 0, "b": 0}


async def test_two_who_come_to_another_run_at_once_begin_one_epoch(redis: Redis, lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.adopt("b")
    async with redis.wire() as wire:
        other = Scripts(wire)
        came = await asyncio.gather(
            lua.adopt("a", run="run 2", epoch=lua.epoch, k=0), other.adopt("b", run="run 2", epoch=lua.epoch, k=0)
        )
    assert came[0] == came[1]
    assert [head[2] for head in await lua.heads()] == ["e", "e"]


@pytest.mark.parametrize("missing", ["log", "meta", "procs", "live"])
async def test_where_a_part_is_missing_nobody_goes_on_as_if_it_were_there(missing: str, lua: Scripts) -> None:
    old, *_ = await lua.adopt("a")
    await lua.append(1, 1, 2)
    await lua.wire.ask("DEL", getattr(KEYS, missing))
    again = lua.adopt("a", epoch=old, place=3, head=b'["a", 2]', k=2)
    if missing == "live":  # leases are made anew
        assert await again == (old, "", True)
        return
    assert await lua.refused(again) == "DOWN"
    epoch, lineage, holds = await lua.adopt("b", epoch=old, place=3, head=b'["a", 2]', before="a")
    assert lineage == ""
    if missing == "procs":
        assert epoch == old and holds
    else:
        assert epoch != old and not holds
        assert [item["place"] for item in await lua.log()] == [1]
        assert await lua.known() == {"b": 0}


async def test_a_name_that_was_declared_gone_is_nobodys_any_more(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.adopt("b")
    await lua.beat()
    await lua.run_out("b")
    await lua.beat()
    assert await lua.refused(lua.adopt("b", epoch=lua.epoch, k=0)) == "DOWN"
    assert "b" not in await lua.known()


async def test_who_takes_a_new_name_inherits_from_the_old_one_once(lua: Scripts) -> None:
    await lua.adopt("a")
    for _ in range(2):  # the first answer was lost
        await lua.adopt("b", before="a")
    assert (await lua.heads())[1:] == [["b", 0, "x", "a", "b"]]
    assert await lua.known() == {"b": 0}


async def test_who_has_other_limits_does_not_come_in(lua: Scripts) -> None:
    await lua.adopt("a", limits="window=64")
    assert await lua.refused(lua.adopt("b", limits="window=32")) == "LIMITS"
    assert await lua.known() == {"a": 0}


async def test_no_epoch_is_named_twice_although_the_clock_is_set_back(lua: Scripts) -> None:
    ahead = new_epoch(time.time() + 3600)
    await lua.adopt("a")
    await lua.wire.ask("HSET", KEYS.meta, "epoch", ahead)  # an hour ago it was an hour later
    names = [ahead]
    for run in range(2, 6):
        names.append((await lua.adopt("b", run=f"run {run}"))[0])
    await lua.wire.ask("FLUSHALL")
    names.append((await lua.adopt("b", epoch=names[-1], place=1))[0])  # only this process remembers
    born = [int(name[:-3], 36) for name in names]
    assert born == sorted(set(born))


async def test_the_lineage_is_bounded(lua: Scripts) -> None:
    for run in range(70):
        _epoch, lineage, _holds = await lua.adopt(f"p{run}", run=f"run {run}")
    assert len(lineage.split()) == 64


# ---- append


async def test_places_count_items_and_seqs_count_entries(lua: Scripts) -> None:
    await lua.adopt("a")
    said: list[Word] = [1, "[1]", "t", 0, "[2]", b"\x00\xff", 1, "[3]", ""]
    assert await lua.run("append", 1, *said) == [3, 4]
    found = await lua.wire.ask("XRANGE", KEYS.log, "0-2", "+")
    assert [(place, item[1], item[3], item[5]) for place, item in found] == [
        (b"0-2", b"1", b"[1]", b"t"),
        (b"0-3", b"", b"[2]", b"\x00\xff"),
        (b"0-4", b"2", b"[3]", b""),
    ]


async def test_sixty_four_in_a_group_land_together_at_one_time(lua: Scripts) -> None:
    await lua.adopt("a")
    assert await lua.append(1, *range(1, 65)) == [64, 65]
    items = (await lua.log())[1:]
    assert [item["seq"] for item in items] == list(range(1, 65))
    assert [item["head"][1] for item in items] == list(range(1, 65))
    assert len({item["at"] for item in items}) == 1


async def test_what_is_sent_again_lands_once(lua: Scripts) -> None:
    await lua.adopt("a")
    assert await lua.append(1, 1, 2) == [2, 3]
    assert await lua.append(1, 1, 2) == [2, 3]
    assert await lua.append(2, 2, 3) == [3, 4]
    assert [head[1] for head in (await lua.heads())[1:]] == [1, 2, 3]


async def test_what_an_old_connection_still_brings_is_overtaken(redis: Redis, lua: Scripts) -> None:
    await lua.adopt("a")
    async with redis.wire() as wire:
        new = Scripts(wire)
        new.epoch = lua.epoch
        await new.append(1, 1, 2, 3)
        await lua.append(1, 1, 2)  # the old one's
        await lua.append(3, 3, 4)
        await new.append(4, 4, 5)
        await lua.append(3, 3, 4)
    assert [head[1] for head in (await lua.heads())[1:]] == [1, 2, 3, 4, 5]


async def test_nothing_lands_before_what_was_refused(lua: Scripts) -> None:
    await lua.adopt("a")
    assert await lua.refused(lua.append(2, 2)) == "HOLE"
    await lua.append(1, 1)
    assert await lua.refused(lua.append(3, 3, 4)) == "HOLE"
    assert await lua.known() == {"a": 1}


async def test_each_process_counts_for_itself(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.adopt("b")
    await lua.append(1, 1, 2)
    await lua.append(1, 1, process="b")
    assert await lua.known() == {"a": 2, "b": 1}
    assert [item["seq"] for item in (await lua.log())[1:]] == [1, 2, 3]


async def test_without_items_the_tip_is_told_and_nothing_is_written(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.append(1, 1, 2, 3)
    assert await lua.run("append", 0) == [3, 4]
    await lua.wire.ask("CONFIG", "SET", "maxmemory", 1)
    assert await lua.run("append", 0) == [3, 4]  # a full Redis says it, too


async def test_a_full_redis_refuses_a_group_whole_and_takes_beats(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.append(1, 1)
    await lua.wire.ask("CONFIG", "SET", "maxmemory", 1)
    assert await lua.refused(lua.append(2, 2, 3)) == "OOM"
    assert await lua.refused(lua.append(4, 4)) == "HOLE"
    assert (await lua.beat())[0] == 2
    await lua.wire.ask("CONFIG", "SET", "maxmemory", 0)
    await lua.append(2, 2, 3)
    assert [head[1] for head in (await lua.heads())[1:]] == [1, 2, 3]


# ---- the fence


@pytest.mark.parametrize("script", ["append", "beat", "leave", "draft", "trim"])
async def test_the_fence(script: str, lua: Scripts) -> None:
    arguments: tuple[Word, ...] = {
        "append": (1, 1, "[1]", "t"), "beat": (LEASE,), "leave": (), "draft": (0, "chunk"), "trim": (1, 1)
    }[script]  # fmt: skip
    await lua.adopt("a")
    await lua.adopt("b")
    before = await lua.heads()
    assert await lua.refused(lua.run(script, *arguments, epoch="another")) == "EPOCH"
    assert await lua.refused(lua.run(script, *arguments, process="nobody")) == "DOWN"
    assert await lua.heads() == before
    await lua.wire.ask("DEL", KEYS.log)
    assert await lua.refused(lua.run(script, *arguments)) == "LOST"
    assert not await lua.wire.ask("EXISTS", KEYS.log)
    await lua.wire.ask("FLUSHALL")
    assert await lua.refused(lua.run(script, *arguments)) == "EPOCH"


# ---- who is alive


async def test_ten_who_see_a_dead_process_announce_it_once(redis: Redis, lua: Scripts) -> None:
    for name in ("dead", *"abcdefghij"):
        await lua.adopt(name)
    await lua.beat()
    await lua.run_out("dead")
    wires = [redis.wire() for _ in range(10)]
    others = [Scripts(await wire.__aenter__()) for wire in wires]
    try:
        for other in others:
            other.epoch = lua.epoch
        await asyncio.gather(*(other.beat(name) for other, name in zip(others, "abcdefghij", strict=True)))
    finally:
        for wire in wires:
            await wire.__aexit__(None, None, None)
    (gone,) = [head for head in await lua.heads() if head[2] == "x"]
    assert gone[3] == "dead" and gone[4] == gone[0] and gone[0] in "abcdefghij"
    assert "dead" not in await lua.known()


async def test_a_beat_renews_its_lease_and_answers_the_tip(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.append(1, 1)
    await lua.run_out("a")
    assert (await lua.beat())[0] == 2
    assert float(await lua.wire.ask("ZSCORE", KEYS.live, "a")) > time.time() * 1000
    assert await lua.known() == {"a": 1}


@pytest.mark.parametrize("ago", [LEASE * 2, -LEASE * 2])
async def test_nobody_is_gone_after_a_pause_of_redis_or_when_its_clock_was_set(ago: int, lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.adopt("b")
    await lua.run_out("b")
    await lua.wire.ask("HSET", KEYS.meta, "beat", int(time.time() * 1000) - ago)
    await lua.beat()
    assert await lua.known() == {"a": 0, "b": 0}
    await lua.run_out("b")
    await lua.beat()
    assert await lua.known() == {"a": 0}


async def test_one_of_those_who_are_alive_keeps_the_snapshots(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.adopt("b")
    assert [(await lua.beat(name))[1] for name in "abab"] == [1, 0, 1, 0]
    await lua.run_out("a")
    assert (await lua.beat("b"))[1] == 1


async def test_a_beat_tells_how_many_are_alive(lua: Scripts) -> None:
    for name in "abc":
        await lua.adopt(name)
    assert [(await lua.beat(name))[2] for name in "abc"] == [3, 3, 3]
    await lua.run_out("b")
    assert (await lua.beat("a"))[2] == 2
    assert await lua.run("leave", process="c") == b"a"
    assert (await lua.beat("a"))[2] == 1


async def test_who_leaves_names_an_heir_who_is_alive(lua: Scripts) -> None:
    for name in "abc":
        await lua.adopt(name)
    await lua.run_out("c")
    assert await lua.run("leave") == b"b"
    assert (await lua.heads())[1:] == [["a", 0, "x", "a", "b"]]
    assert sorted(await lua.known()) == ["b", "c"]
    assert await lua.refused(lua.run("leave")) == "DOWN"


async def test_the_last_who_leaves_changes_nothing_and_is_inherited_later(lua: Scripts) -> None:
    await lua.adopt("a")
    assert await lua.run("leave") is None
    assert await lua.known() == {"a": 0} and len(await lua.heads()) == 1
    await lua.adopt("b")
    await lua.beat("b")
    await lua.run_out("a")
    await lua.beat("b")
    assert (await lua.heads())[1:] == [["b", 0, "x", "a", "b"]]


# ---- trim


async def test_the_log_is_trimmed_behind_the_last_but_one_snapshot(lua: Scripts) -> None:
    epoch, *_ = await lua.adopt("a")
    await lua.beat()
    await lua.append(1, *range(1, 31))
    for place, gone in ((10, 0), (20, 9), (25, 10)):
        assert await lua.trim(place, "one", "two") == gone
        assert await lua.run("trim", place, 2) == 0  # said again
    assert (await lua.log())[0]["place"] == 20
    assert not await lua.wire.ask("EXISTS", "{lab}:snap:10")
    assert await lua.wire.ask("LRANGE", "{lab}:snap:25", 0, -1) == [b"one", b"two"]
    assert [await lua.wire.ask("TTL", f"{{lab}}:snap:{place}") for place in (20, 25)] == [-1, -1]
    assert (await lua.adopt("a", epoch=epoch, place=20, head=b'["a", 19]', k=30))[2]
    assert not (await lua.adopt("a", epoch=epoch, place=19, head=b'["a", 18]', k=30))[2]
    assert await lua.append(31, 31) == [31, 32]  # the count goes on


async def test_only_the_keeper_writes_snapshots_and_trims(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.adopt("b")
    await lua.beat("a")
    await lua.append(1, 1, 2)
    assert await lua.refused(lua.draft("one", process="b")) == "KEEPER"
    await lua.draft("one", "two")
    await lua.run_out("a")
    await lua.beat("b")
    await lua.adopt("c")
    assert await lua.refused(lua.run("trim", 2, 0, process="c")) == "KEEPER"
    assert await lua.refused(lua.run("trim", 2, 2)) == "DOWN"
    assert await lua.wire.ask("KEYS", "{lab}:snap:*") == []
    assert await lua.refused(lua.run("trim", 2, 2, process="b")) == "SNAP"  # another's draft is not its own


async def test_a_draft_that_is_not_whole_is_no_snapshot(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.beat()
    await lua.append(1, 1)
    await lua.draft("one", "two", "three")
    assert await lua.refused(lua.run("trim", 2, 4)) == "SNAP"
    assert await lua.refused(lua.draft("three", before=2)) == "SNAP"  # an old connection brings it again
    assert await lua.refused(lua.draft("five", before=4)) == "SNAP"
    await lua.wire.ask("DEL", "{lab}:draft:a")  # its time was over
    assert await lua.refused(lua.draft("four", before=3)) == "SNAP"
    assert await lua.refused(lua.run("trim", 2, 3)) == "SNAP"
    assert await lua.wire.ask("HGET", KEYS.meta, "snap") is None


async def test_a_draft_begins_anew_and_is_gone_when_nobody_goes_on_with_it(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.beat()
    await lua.append(1, 1)
    await lua.draft("of", "another")
    assert 0 < await lua.wire.ask("TTL", "{lab}:draft:a") <= 60
    await lua.trim(2, "whole")
    assert await lua.wire.ask("LRANGE", KEYS.snapshot(2), 0, -1) == [b"whole"]
    await lua.draft("late")
    assert await lua.run("trim", 2, 1) == 0
    assert await lua.wire.ask("KEYS", "{lab}:draft:*") == []


async def test_a_full_redis_takes_a_snapshot_for_it_makes_room(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.beat()
    await lua.append(1, *range(1, 21))
    await lua.wire.ask("CONFIG", "SET", "maxmemory", 1)
    assert await lua.trim(10, "one") == 0
    assert await lua.trim(20, "two") == 9


async def test_a_log_that_begins_anew_has_no_snapshots_of_the_last(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.beat()
    await lua.append(1, 1, 2)
    for place in (1, 2):
        await lua.trim(place, "whole")
    await lua.wire.ask("DEL", KEYS.log)
    await lua.adopt("b")
    assert await lua.wire.ask("KEYS", "*snap*") == []


async def test_two_logs_on_one_redis_know_nothing_of_each_other(lua: Scripts) -> None:
    await lua.adopt("a")
    await lua.append(1, 1)
    other = Keys.of("other")
    said = ("run 1", "", 0, "", "xyz", "a", "", "", LEASE, "")
    epoch, _lineage, _holds = await lua.wire.ask(*call("adopt", other, *said))
    assert epoch.decode() != lua.epoch
    assert await lua.wire.ask("XLEN", other.log) == 1
