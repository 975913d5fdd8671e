"""The log of several processes: what each of them appends all of them apply, once, in one order, whatever breaks."""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
from typing import Any

import pytest

from tests.log.alone import Alone
from tests.log.gate import Gate
from tests.log.processes import Process, Processes, until
from tests.log.redis import Redis, ask_replica, replicated
from transport_fallback.log.streams.pending import GROUP, MOST, MOST_BYTES
from transport_fallback.log.streams.scripts import Keys, call
from transport_fallback.log.streams.streams import Streams
from transport_fallback.log.streams.wire import Unusable
from transport_fallback.protocol.errors import Refused

pytestmark = pytest.mark.anyio


def in_order(seen: list[tuple[Any, ...]]) -> bool:
    return [item[0] for item in seen] == list(range(1, len(seen) + 1))


# ---- one order


async def test_what_each_of_three_appends_all_apply_in_one_order(processes: Processes) -> None:
    three = [await processes.start() for _ in range(3)]
    began = [one.began(*range(100 * i, 100 * i + 100)) for i, one in enumerate(three)]
    made = await asyncio.gather(*itertools.chain(*began))
    assert sorted(fields[0] for fields in made) == list(range(300))
    for one in three:
        await one.log.tip()
    first = three[0]
    assert all(one.seen == first.seen for one in three) and in_order(first.seen)
    for i, one in enumerate(three):  # of each process they are in its own order
        own = [fields[0] for _place, by, kind, fields, *_ in first.seen if by == one.log.process and kind == "u"]
        assert own == list(range(100 * i, 100 * i + 100))


async def test_an_item_comes_out_as_it_went_in(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    said = ("m", "the attic", None, [1, 2.5, "ä \u2028 \U0001f600"], {"a": True}, None)
    await one.log.append(*said, tail=b'\x00\xff "as it is"\r\n')
    await other.log.tip()
    _place, by, kind, fields, tail, at = other.seen[-1]
    assert (by, kind, fields, tail) == (one.log.process, "m", said[1:], b'\x00\xff "as it is"\r\n')
    assert isinstance(at, int)
    with pytest.raises(TypeError):
        await one.log.append("u", object())
    await one.log.append("u", 1)  # and no k is missing


async def test_whoever_comes_later_applies_all_that_was_logged(processes: Processes) -> None:
    one = await processes.start()
    await asyncio.gather(*one.began(*range(1200)[: MOST - 1]))
    await asyncio.gather(*one.began(*range(200)))
    other = await processes.start()
    assert other.seen == one.seen and other.log.ready
    assert other.log.behind == 0 and other.log.inflight == one.log.inflight == 0


async def test_notes_are_logged_in_their_place_among_the_others(processes: Processes) -> None:
    one = await processes.start()
    began = one.began(1)
    await asyncio.sleep(0)
    one.log.note("h", 2)
    one.log.note("a", 3)
    await asyncio.gather(*began, *one.began(4))
    assert [item[2:4] for item in one.seen[1:]] == [("u", (1,)), ("h", (2,)), ("a", (3,)), ("u", (4,))]


async def test_at_the_tip_all_is_here_that_was_logged_before(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    for n in range(50):
        await one.log.append("u", n)
        await other.log.tip()
        assert other.said()[-1] == n


async def test_many_go_in_groups(redis: Redis, processes: Processes) -> None:
    one = await processes.start()
    await redis.ask("CONFIG", "RESETSTAT")
    await asyncio.gather(*one.began(*range(10 * GROUP)))
    stats = (await redis.ask("INFO", "commandstats")).decode()
    calls = int(stats.partition("cmdstat_evalsha:calls=")[2].partition(",")[0])
    assert 10 <= calls <= 20


# ---- who gives up waiting


async def test_who_is_cancelled_leaves_no_answer_for_another(processes: Processes) -> None:
    one = await processes.start()
    chance, mine = random.Random(20), []
    for n in range(300):
        task = asyncio.create_task(one.log.append("u", n))
        tip = asyncio.create_task(one.log.tip())
        mine.append((n, task))
        if chance.random() < 0.2:
            await asyncio.sleep(chance.random() / 500)
        if chance.random() < 0.5:
            task.cancel()
        if chance.random() < 0.5:
            tip.cancel()
    done = await asyncio.gather(*(task for _n, task in mine), return_exceptions=True)
    told = [(n, one) for (n, _task), one in zip(mine, done, strict=True) if not isinstance(one, BaseException)]
    assert 100 < len(told) < 250 and all(made == (n,) for n, made in told)
    await one.log.tip()
    ran = {n for (n, _task), one in zip(mine, done, strict=True)}
    assert one.said() == sorted(set(one.said())) and {n for n, _made in told} <= set(one.said()) <= ran
    assert one.log.lines == 1


async def test_who_gave_up_when_it_was_on_its_way_is_logged_all_the_same(redis: Redis, processes: Processes) -> None:
    one = await processes.start()
    redis.pause()
    (task,) = one.began(7)
    await asyncio.sleep(0.05)
    task.cancel()
    redis.resume()
    await one.log.tip()
    assert one.said() == [7] and task.cancelled()


# ---- Redis is away, and comes back


async def test_redis_killed_without_a_file_is_another_log(redis: Redis, processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    await one.log.append("u", 1)
    epoch, names = one.log.epoch, {one.log.process, other.log.process}
    await redis.kill()
    await until(lambda: not one.log.ready)
    (waits,) = one.began(2)
    await redis.start()
    with pytest.raises(Refused) as refused:
        await waits
    assert (refused.value.code, refused.value.status, refused.value.retry) == ("unready", 503, 1.0)
    await until(lambda: one.log.ready and other.log.ready)
    assert one.told == other.told == ["renamed", "emptied"]
    assert not names & {one.log.process, other.log.process}
    assert one.log.epoch == other.log.epoch != epoch and one.log.lineage == {}
    await one.log.append("u", 3)
    await other.log.tip()
    assert one.seen == other.seen and one.said() == [3] and in_order(one.seen)


@pytest.mark.redis(aof=True)
async def test_redis_killed_with_a_file_goes_on_in_a_new_epoch(redis: Redis, processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    await asyncio.gather(*one.began(*range(20)))
    await one.log.append("m", tail=b"said")
    epoch, name = one.log.epoch, one.log.process
    began = [*one.began(*range(20, 300)), *other.began(*range(300, 500))]
    await asyncio.sleep(0.01)
    await redis.kill()
    began += one.began(*range(500, 520))  # it is appended while Redis is away
    await redis.start()
    assert len(await asyncio.gather(*began)) == 500
    await other.log.tip()
    assert one.told == other.told == [] and one.log.process == name
    assert one.seen == other.seen and in_order(one.seen)
    assert sorted(one.said()) == list(range(520))
    assert one.log.epoch != epoch and one.log.lineage == other.log.lineage == {epoch: 1}
    began_anew = [(item[1], item[3]) for item in one.seen if item[2] == "e"]
    assert len(began_anew) == 2 and began_anew[1][1] == (one.log.epoch, epoch, 1)


async def test_an_answer_that_is_lost_makes_nothing_land_twice(redis: Redis, processes: Processes) -> None:
    async with Gate(redis.port) as gate:
        one, other = await processes.start(gate.url), await processes.start()
        for round_ in range(5):
            gate.eats = True
            await asyncio.gather(*one.began(*range(200 * round_, 200 * round_ + 200)))
            assert gate.eaten == round_ + 1
        await other.log.tip()
        assert other.said() == one.said() == list(range(1000))
        assert one.seen == other.seen and one.told == [] and one.log.lines > 1
        await one.log.close()


async def test_a_line_that_is_cut_again_and_again_loses_and_repeats_nothing(redis: Redis, processes: Processes) -> None:
    async with Gate(redis.port) as gate:
        one = await processes.start(gate.url)
        began: list[asyncio.Task[Any]] = []
        for lines in range(1, 6):
            await until(lambda: one.log.lines == lines and one.log.ready)
            for n in range(100 * (lines - 1), 100 * lines):
                began += one.began(n)
                if n % 7 == 0:
                    await asyncio.sleep(0)
                if n % 100 == 50:
                    gate.cut()
        await asyncio.gather(*began)
        assert one.said() == list(range(500)) and one.told == []
        await one.log.close()


async def test_a_pause_of_redis_longer_than_a_lease_is_nobodys_death(redis: Redis, processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    await one.log.append("u", 1)
    redis.pause()
    began = [*one.began(2, 3), *other.began(4)]
    await until(lambda: not one.log.ready and not other.log.ready)
    assert one.log.away > 1
    redis.resume()
    await asyncio.gather(*began)
    await until(lambda: one.log.ready and other.log.ready)
    await asyncio.sleep(0.5)  # two beats
    await one.log.tip()
    await other.log.tip()
    assert one.told == other.told == []
    assert one.seen == other.seen and sorted(one.said()) == [1, 2, 3, 4] and not one.said("x")


async def test_flushall_is_noticed_although_nobody_speaks(redis: Redis, processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    await one.log.append("u", 1)
    epoch = one.log.epoch
    await redis.ask("FLUSHALL")
    await until(lambda: one.told == other.told == ["renamed", "emptied"])
    await until(lambda: one.log.ready and other.log.ready)
    assert one.log.epoch == other.log.epoch != epoch
    await other.log.append("u", 2)
    await one.log.tip()
    assert one.seen == other.seen and one.said() == [2]


async def test_after_flushall_no_item_of_the_new_log_is_taken_for_one_of_the_old(
    redis: Redis, processes: Processes
) -> None:
    one, other = await processes.start(lease=8.0), await processes.start(lease=8.0)
    await asyncio.gather(*one.began(*range(50)))
    await other.log.tip()
    await redis.ask("FLUSHALL")
    with pytest.raises(Refused):
        await one.log.append("u", 100)  # so this one notices at once, the other when it reads or beats next
    await until(lambda: one.told == ["renamed", "emptied"])
    await asyncio.gather(*one.began(*range(200, 300)))
    await until(lambda: other.told)
    await other.log.tip()
    assert other.told == ["renamed", "emptied"]
    assert other.last == one.last
    assert other.seen == one.seen and in_order(other.seen)


@pytest.mark.parametrize("key", ["log", "meta", "procs"])
async def test_a_key_that_is_gone_ends_nobody(key: str, redis: Redis, processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    await one.log.append("u", 1)
    await redis.ask("DEL", f"{{lab}}:{key}")
    await until(lambda: one.told and other.told)
    await until(lambda: one.log.ready and other.log.ready)
    await one.log.append("u", 2)
    await other.log.tip()
    assert one.seen == other.seen and in_order(one.seen)
    assert one.said() == ([1, 2] if key == "procs" else [2])


async def test_a_full_redis_takes_nothing_and_is_read_on(redis: Redis, processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    await one.log.append("u", 1)
    await redis.ask("CONFIG", "SET", "maxmemory", 1)
    began = one.began(*range(2, 200))
    await until(lambda: not one.log.ready)
    await one.log.tip()
    await other.log.tip()
    await asyncio.sleep(1.2)  # longer than a lease
    assert other.log.ready and one.said() == [1] and not any(task.done() for task in began)
    await redis.ask("CONFIG", "SET", "maxmemory", 0)
    await asyncio.gather(*began)
    await until(lambda: one.log.ready)
    await other.log.tip()
    assert one.told == other.told == []
    assert one.seen == other.seen and one.said() == list(range(1, 200))


async def test_too_much_on_its_way_is_refused_and_what_is_on_its_way_lands(redis: Redis, processes: Processes) -> None:
    one = await processes.start()
    redis.pause()
    began = one.began(*range(MOST))
    await until(lambda: one.log.inflight == MOST)
    with pytest.raises(Refused) as refused:
        await one.log.append("u", -1)
    assert refused.value.as_json()["error"]["retry"] == 1
    one.log.note("u", MOST)  # whoever does not wait is not kept waiting
    redis.resume()
    await asyncio.gather(*began)
    await one.log.tip()
    assert one.said() == list(range(MOST + 1))
    redis.pause()
    began = [asyncio.create_task(one.log.append("m", tail=bytes(MOST_BYTES // 8))) for _ in range(8)]
    await until(lambda: one.log.inflight == 8)
    with pytest.raises(Refused):
        await one.log.append("u", -1)
    redis.resume()
    await asyncio.gather(*began)
    assert one.log.inflight == 0 and -1 not in one.said()


# ---- another primary


async def test_demoted_and_promoted_again_is_another_epoch(redis: Redis, processes: Processes) -> None:
    one = await processes.start()
    await one.log.append("m")
    epoch = one.log.epoch
    await redis.ask("CONFIG", "SET", "repl-timeout", 60)
    async with redis.wire() as wire:
        await wire.send([("REPLICAOF", "127.0.0.1", 1), ("REPLICAOF", "NO", "ONE")])
        await wire.answers(2)
    await until(lambda: one.log.epoch != epoch)
    await one.log.append("m")
    assert one.told == [] and one.log.lineage == {epoch: 1}


async def test_a_promoted_replica_that_was_behind_is_another_log_from_there_on(redis: Redis) -> None:
    async with Redis() as replica, Gate(redis.port) as gate, Processes(gate.url) as processes:
        one = await processes.start()
        await asyncio.gather(*one.began(*range(10)), one.log.append("m"))
        epoch = one.log.epoch
        await replica.ask("CONFIG", "SET", "repl-diskless-load", "swapdb")
        await ask_replica(replica, "REPLICAOF", "127.0.0.1", redis.port)
        await replicated(replica, one.log.place)
        await ask_replica(replica, "REPLICAOF", "NO", "ONE")
        await asyncio.gather(*one.began(*range(10, 20)), one.log.append("m"))
        gate.to = replica.port
        await redis.kill()
        gate.cut()
        await until(lambda: one.told)
        await until(lambda: one.log.ready)
        assert one.told == ["emptied"] and one.log.lineage == {epoch: 1}
        await one.log.append("u", 30)
        assert one.said() == [*range(10), 30] and in_order(one.seen)
        kinds = [item[2] for item in one.seen]
        assert kinds == ["e", *"u" * 10, "m", "e", "x", "u"]  # its old name is gone, so that its claims are settled


# ---- who is gone, who leaves, who cannot go on


async def test_a_process_frozen_past_its_lease_goes_on_under_another_name(processes: Processes) -> None:
    other = await processes.start()
    async with Alone(processes.url) as alone:
        name = await alone.says("name")
        alone.tell(1)
        await until(lambda: 1 in other.said())
        alone.signal(signal.SIGSTOP)
        await until(lambda: name in other.said("x"))
        alone.tell(2)  # it will believe that it is who it was
        alone.signal(signal.SIGCONT)
        assert await alone.says("renamed") == "[1]"
        another = await alone.says("name")
        assert another != name
        alone.tell(3)
        await until(lambda: 3 in other.said())
        own = [(item[1], item[3][0]) for item in other.seen if item[2] == "u" and item[3][0] != 2]
        assert own == [(name, 1), (another, 3)]
        assert (name, 2) not in [(item[1], item[3][0]) for item in other.seen if item[2] == "u"]
    assert other.told == []


async def test_a_process_that_ends_without_a_word_is_declared_gone_once(processes: Processes) -> None:
    one, *others = [await processes.start() for _ in range(3)]
    await one.log.append("u", 1)
    await one.log.close()
    await until(lambda: all(other.said("x") for other in others))
    await asyncio.sleep(0.5)
    gone = [item for item in others[0].seen if item[2] == "x"]
    assert len(gone) == 1 and gone[0][3][0] == one.log.process
    assert gone[0][3][1] in {other.log.process for other in others}
    with pytest.raises(Refused):
        await one.log.append("u", 2)


async def test_a_process_that_leaves_names_its_heir_and_says_no_more(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    began = one.began(1, 2, 3)
    await asyncio.sleep(0)
    assert await one.log.leave() == other.log.process
    await asyncio.gather(*began)
    with pytest.raises(Refused):
        await one.log.append("u", 4)
    await other.log.tip()
    assert other.seen[-1][2:4] == ("x", (one.log.process, other.log.process)) and other.said() == [1, 2, 3]
    assert await other.log.leave() is None
    await other.log.append("u", 5)  # nobody goes on for it: it may finish


async def test_who_leaves_hears_it_whether_it_is_read_first_or_answered(processes: Processes) -> None:
    stays = await processes.start()
    for _ in range(12):
        one = await processes.start()
        assert await one.log.leave() == stays.log.process
        assert one.told == []


async def test_what_is_appended_while_it_leaves_is_logged_once_or_refused(processes: Processes) -> None:
    other = await processes.start()
    for round_ in range(10):
        one = await processes.start()
        leaves = asyncio.create_task(one.log.leave())
        began: list[asyncio.Task[Any]] = []
        for n in itertools.count(1000 * round_):
            began += one.began(n)
            await asyncio.sleep(0)
            if leaves.done():
                break
        assert await leaves == other.log.process
        told = await asyncio.gather(*began, return_exceptions=True)
        await other.log.tip()
        said = [n for n in other.said() if n >= 1000 * round_]
        landed = {made[0] for made in told if not isinstance(made, BaseException)}
        assert landed <= set(said) and len(set(said)) == len(said) and one.told == []
        assert all(isinstance(made, Refused) for made in told if isinstance(made, BaseException))


async def test_a_process_that_cannot_ask_does_not_know_whether_there_is_an_heir(
    redis: Redis, processes: Processes
) -> None:
    one = await processes.start()
    await redis.kill()
    await until(lambda: not one.log.ready)
    with pytest.raises(Refused):
        await one.log.leave()


@pytest.mark.logs_errors
async def test_an_item_that_cannot_be_applied_ends_the_process(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    other.fails_at = "z"
    (waits,) = other.began(1)
    await waits
    await one.log.append("z")
    await one.log.append("u", 2)
    await until(lambda: other.told)
    assert other.told == ["failed"] and not other.log.ready and other.said() == [1]
    with pytest.raises(Refused):
        await other.log.append("u", 3)
    assert one.log.ready


async def test_who_cannot_open_it_is_told_why(redis: Redis, processes: Processes) -> None:
    one = await processes.start(limits="window=64")
    with pytest.raises(Unusable, match="LIMITS"):
        await processes.start(limits="window=32")
    with pytest.raises(Unusable, match="LIMITS"):
        await processes.start(limits="window=64", lease=2.0)
    await one.log.close()
    await redis.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    with pytest.raises(Unusable, match="noeviction"):
        await processes.start()
    await redis.kill()
    with pytest.raises(ConnectionError):
        await processes.start()
    with pytest.raises(ValueError, match="scheme"):
        Streams("http://127.0.0.1/", Process("redis://127.0.0.1:1/0").apply)


async def test_who_waits_for_a_process_that_has_ended_is_told(redis: Redis, processes: Processes) -> None:
    one = await processes.start()
    redis.pause()
    began = [*one.began(1), asyncio.create_task(one.log.tip())]
    await asyncio.sleep(0.05)
    await one.log.close()
    redis.resume()
    began += [*one.began(2), asyncio.create_task(one.log.tip())]
    told = await asyncio.gather(*began, return_exceptions=True)
    assert [getattr(one, "code", one) for one in told] == ["unready"] * 4


async def test_scripts_that_redis_has_forgotten_are_loaded_again(redis: Redis, processes: Processes) -> None:
    one = await processes.start()
    await redis.ask("SCRIPT", "FLUSH")
    await one.log.append("u", 1)
    assert one.told == [] and one.said() == [1]


RIGHTS = (
    "~{lab}:* -@all +@stream +@hash +@sortedset +@list +@connection +@scripting"
    " +del +exists +expire +persist +rename +time +info"
)


async def test_these_rights_are_enough(redis: Redis, processes: Processes) -> None:
    await redis.ask("ACL", "SETUSER", "lab", "on", ">secret", *RIGHTS.split())
    url = redis.url.replace("//", "//lab:secret@")
    one, other = await processes.start(url), await processes.start(url)
    await one.log.append("u", 1)
    await one.log.close()
    await until(lambda: other.said("x"))
    third = await processes.start(url)
    assert await other.log.leave() == third.log.process
    async with redis.wire() as wire:
        await wire.ask("AUTH", "lab", "secret")
        await until(lambda: third.log.keeps)
        keys, who = Keys.of("lab"), (third.log.epoch, third.log.process)
        for place in (2, 3, 4):
            await wire.ask(*call("draft", keys, *who, 0, "chunk"))
            await wire.ask(*call("trim", keys, *who, place, 1))
        assert await wire.ask("EXISTS", "{lab}:snap:2") == 0
    await redis.ask("FLUSHALL")
    await until(lambda: "emptied" in third.told)


async def test_a_password_is_asked_for_and_never_told(
    redis: Redis, processes: Processes, caplog: pytest.LogCaptureFixture
) -> None:
    await redis.ask("CONFIG", "SET", "requirepass", "open sesame")
    with pytest.raises(ConnectionError):
        await processes.start()
    for wrong in ("open%20hazel", "open%20sesame"):
        url = redis.url.replace("//", f"//:{wrong}@")
        if wrong == "open%20sesame":
            one = await processes.start(url)
            await one.log.append("u", 1)
        else:
            with pytest.raises(ConnectionError) as refused:
                await processes.start(url)
            assert "hazel" not in str(refused.value)
    assert "sesame" not in caplog.text and "hazel" not in caplog.text
