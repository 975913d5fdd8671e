"""Lines: what may come, go, be asked or be lost while one is opened, goes on, and ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from websockets.http11 import Request as HttpHead

from tests.server.test_guards import UPGRADE, address, answer, close_code, connect, frame
from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE, Refused, bye, hello, http, new_sid, public_id, target
from tests.stranger.readers import TRANSPORTS, Ended, LongPoll, Reader, Sse, Ws
from transport_fallback.serving.carry import is_on
from transport_fallback.transports.ws import ANSWERS

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
BOTH_WAYS = True  # see conftest.py


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Lines = Callable[..., Awaitable[Line]]


def host(lab: Lab) -> str:
    return "{}:{}".format(*address(lab))


def asked(lab: Lab, path: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host(lab)}", *headers, "", ""]).encode()


@pytest.fixture
async def lines(lab: Lab) -> AsyncIterator[Lines]:
    """Bare connections, which end with the test."""
    opened: list[Line] = []

    async def line(**more: int) -> Line:
        opened.append(await connect(lab, **more))
        return opened[-1]

    yield line
    for _reader, writer in opened:
        writer.transport.abort()
    await asyncio.sleep(0)


def opening(lab: Lab, name: str, sid: str) -> bytes:
    """The request by which a read on this transport begins."""
    path = target(name, sid=sid, hold=30, heartbeat=30)
    return UPGRADE.format(path=path, host=host(lab)).encode() if name == "ws" else asked(lab, path)


def readers_of(lab: Lab) -> list[Any]:
    """The reads that are open, and the bells that would be rung."""
    members = lab.hub.members.values()
    return [*(reader for member in members for reader in member.readers), *lab.hub._bells]  # type: ignore[attr-defined]


# ---- While a line is opened


# It may be lost at any moment: before its head is written, between the head and the first batch, and after that.
@pytest.mark.parametrize("name", TRANSPORTS)
async def test_a_line_that_is_lost_while_it_opens_leaves_no_reader_behind(lab: Lab, lines: Lines, name: str) -> None:
    for turns in range(40):
        _reader, writer = await lines()
        writer.write(opening(lab, name, new_sid()))
        for _ in range(turns):
            await asyncio.sleep(0)
        writer.transport.abort()
    await hello(lab.url)
    await eventually(lambda: not readers_of(lab))
    await lab.hub.emit("said")
    await hello(lab.url)


# A stream lives for hours: what let it in, and what it asked with, has been forgotten by then.
@pytest.mark.parametrize("name", ["sse", "ws"])
async def test_a_stream_keeps_nothing_of_what_let_it_in(lab: Lab, lines: Lines, name: str) -> None:
    reader, writer = await lines()
    before = asyncio.all_tasks()
    writer.write(opening(lab, name, sid := new_sid()))
    while b'"cursor"' not in await asyncio.wait_for(reader.read(4096), DEADLINE):
        pass
    (task,) = {task for task in asyncio.all_tasks() - before if "run_asgi" in str(task)}
    inner, files = task.get_coro(), []
    while getattr(inner, "cr_frame", None) is not None:
        files.append(inner.cr_frame.f_code.co_filename)  # type: ignore[union-attr]
        inner = inner.cr_await  # type: ignore[union-attr]
    through = [file for file in files if "starlette" in file and not file.endswith("websockets.py")]
    if is_on():
        assert not through and len(files) > 2, files
        gc.collect()
        held = [one for one in gc.get_objects() if isinstance(one, dict) and one.get("type") in ("http", "websocket")]
        assert not [scope for scope in held if sid in str(scope.get("query_string"))]
        assert not [one for one in gc.get_objects() if isinstance(one, HttpHead) and sid in one.path]
    else:
        assert through


# What is sent with the request, or right behind it, is heard as if it had come later.
async def test_frames_that_come_with_the_upgrade_are_answered(lab: Lab, lines: Lines) -> None:
    lab.hub.on("count")(lambda client, data: data + 1)
    texts = [json.dumps({"ping": n, "emits": [{"n": n, "event": "count", "data": n}]}).encode() for n in range(1, 6)]
    reader, writer = await lines()
    writer.write(opening(lab, "ws", new_sid()) + b"".join(frame(1, text) for text in texts))
    await reader.readuntil(b"\r\n\r\n")
    found = b""
    async with asyncio.timeout(DEADLINE):
        while found.count(b'"pong"') < 5 or found.count(b'"n":') < 5:
            found += await reader.read(4096)
    acks = [json.loads(ack) for ack in re.findall(rb"\{\"n\":[^}]*\}", found)]
    assert [(ack["n"], ack["data"]) for ack in acks] == [(n, n + 1) for n in range(1, 6)]
    assert b'"messages"' in found


# A client must not expect to be told to go on with a body that it does not have: it is answered, and at most told so.
@pytest.mark.parametrize("name", ["poll", "longpoll", "sse"])
async def test_a_read_that_expects_to_be_told_to_go_on_is_answered(lab: Lab, lines: Lines, name: str) -> None:
    reader, writer = await lines()
    for sid in (new_sid(), new_sid()):
        writer.write(asked(lab, target(name, sid=sid), "Expect: 100-continue"))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE)
        if b" 100 " in head:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE)
        assert head.startswith(b"HTTP/1.1 200 "), head
        if name == "sse":
            assert b'"messages":[]' in await asyncio.wait_for(reader.readuntil(b"\n\n"), DEADLINE)
            break
        length = re.search(rb"content-length: (\d+)", head)
        assert length and json.loads(await reader.readexactly(int(length[1])))["messages"] == []


# One connection carries requests of every kind, one after the other, in pieces of any size: none is taken for another.
@pytest.mark.parametrize("size", [1, 7, 64, 4096])
async def test_requests_of_all_kinds_follow_each_other_on_one_connection(lab: Lab, lines: Lines, size: int) -> None:
    sid = new_sid()
    emits = json.dumps({"emits": [{"n": 1, "event": "e"}]}).encode()
    posted = ["Content-Type: application/json", f"Content-Length: {len(emits)}"]
    first = await lab.join(TRANSPORTS["poll"], sid)
    cursor = first.cursor
    steps = [
        (asked(lab, target("poll", sid=sid, cursor=cursor)), 200, b'"cursor"'),
        (asked(lab, target("poll", sid=sid, cursor="nonsense")), 400, b"bad_cursor"),
        (asked(lab, target("poll", cursor=cursor), f"Authorization: Bearer {sid}"), 200, b'"cursor"'),
        (asked(lab, target("poll", sid="short", cursor=cursor)), 400, b"bad_sid"),
        (asked(lab, target("emit", sid=sid), *posted, method="POST") + emits, 200, b'"n":1'),
        (asked(lab, target("poll", sid=sid, cursor=cursor), "Origin: http://elsewhere.example"), 403, b"origin"),
        (asked(lab, target("longpoll", sid=new_sid())), 200, b'"cursor"'),
        (asked(lab, target("poll", sid=sid), method="HEAD"), 200, b""),
        (asked(lab, target("poll", sid=sid, cursor=cursor), method="DELETE"), 405, b"method"),
        (asked(lab, target("poll", sid=sid, cursor=cursor)), 200, b'"cursor"'),
    ]
    reader, writer = await lines()
    for request, status, body in steps:
        for at in range(0, len(request), size):
            writer.write(request[at : at + size])
            await asyncio.sleep(0)
        if request.startswith(b"HEAD"):
            head, said = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE), b""
        else:
            head, said = await answer(reader)
        assert head.startswith(b"HTTP/1.1 %d " % status) and body in said, (request, head, said)


# ---- While it goes on


async def chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The parts of an answer, until it is complete."""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    assert await reader.readexactly(2) == b"\r\n"


# A request behind a stream is answered when the stream is over, and never into it.
@pytest.mark.parametrize("later", [False, True], ids=["sent with it", "sent later"])
async def test_a_request_behind_a_stream_waits_until_it_is_over(lab: Lab, lines: Lines, later: bool) -> None:
    sid = new_sid()
    behind = asked(lab, "/hello") + asked(lab, target("poll", sid=new_sid()))
    reader, writer = await lines()
    writer.write(opening(lab, "sse", sid) + (b"" if later else behind))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE)
    assert head.startswith(b"HTTP/1.1 200 ") and b"text/event-stream" in head
    if later:
        writer.write(behind)

    async def speak() -> None:
        for n in range(20):
            await lab.hub.emit("said", n)
            await hello(lab.url)
        lab.client(sid).close()

    speaking = asyncio.create_task(speak())
    async with asyncio.timeout(DEADLINE * 2):
        said = b"".join([part async for part in chunks(reader)])
    await speaking
    assert b"HTTP/1.1" not in said and said.count(b'"event":"said"') == 20
    for word in (b'"version"', b'"cursor"'):
        head, body = await answer(reader)
        assert head.startswith(b"HTTP/1.1 200 ") and word in body, (head, body)


# A body says nothing to a stream, and is read all the same: else it would be taken for the next request.
@pytest.mark.parametrize("later", [False, True], ids=["sent with it", "sent later"])
async def test_a_stream_that_is_asked_for_with_a_body_goes_on(lab: Lab, lines: Lines, later: bool) -> None:
    sid, body = new_sid(), b"GET / HTTP/1.1\r\n\r\n"
    request = asked(lab, target("sse", sid=sid), f"Content-Length: {len(body)}")
    reader, writer = await lines()
    writer.write(request + (b"" if later else body))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE)
    assert head.startswith(b"HTTP/1.1 200 ")
    if later:
        writer.write(body)
    await lab.hub.emit("said", 1)
    await hello(lab.url)
    lab.client(sid).close()
    async with asyncio.timeout(DEADLINE):
        said = b"".join([part async for part in chunks(reader)])
    assert said.count(b'"event":"said"') == 1
    writer.write(asked(lab, "/hello"))
    head, told = await answer(reader)
    assert head.startswith(b"HTTP/1.1 200 ") and b'"version"' in told


# Who asks and asks and takes no answer is held in a bounded part of the memory, and cut.
@pytest.mark.limits(stall_seconds=1)
@pytest.mark.parametrize("what", ["pings", "emits"])
async def test_who_asks_on_ws_and_never_reads_is_bounded_and_cut(lab: Lab, lines: Lines, what: str) -> None:
    lab.hub.on("large")(lambda client, data: "x" * 4000)
    reader, writer = await lines(receive_buffer=4096)
    writer.write(opening(lab, "ws", new_sid()))
    await reader.readuntil(b"\r\n\r\n")
    (line,) = lab.app.state.doors._inside
    most = tasks = sent = 0

    def lost() -> bool:
        nonlocal most, tasks
        queue = getattr(line, "queue", None)
        queued = sum(len(str(one)) for one in queue._items) if queue is not None else 0
        most = max(most, line.real.get_write_buffer_size() + len(line._input) + queued)
        tasks = max(tasks, len(asyncio.all_tasks()))
        return bool(line.lost)

    async def ask() -> None:
        nonlocal sent
        for n in range(1, 20_000):  # 80 MB
            ping = {"ping": "x" * 4000}
            emit = {"emits": [{"n": n, "event": "large"}], "pad": "x" * 4000}
            writer.write(frame(1, json.dumps(ping if what == "pings" else emit).encode()))
            await writer.drain()
            sent += 4000
            lost()
            await asyncio.sleep(0)

    asking = asyncio.create_task(ask())
    try:
        await eventually(lost, 20)
        assert most < 2 << 20 and tasks < ANSWERS * lab.hub.limits.window + 50, (most, tasks)
        assert sent < 24 << 20, sent  # what the kernel holds on both sides; more would be held by us
        await hello(lab.url)
        await eventually(lambda: not readers_of(lab))
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


# An emit and a reply come in one piece: the handler of the one may take long, and the other is acked meanwhile.
async def test_the_ack_of_a_reply_waits_for_no_handler(lab: Lab, lines: Lines) -> None:
    held = asyncio.Event()

    async def slow(client: Any, data: Any) -> None:
        await held.wait()

    lab.hub.on("slow")(slow)
    reader, writer = await lines()
    writer.write(opening(lab, "ws", new_sid()))
    await reader.readuntil(b'"messages":[]}')
    texts = [{"emits": [{"n": 1, "event": "slow"}]}, {"replies": [{"seq": 1}]}]
    writer.write(b"".join(frame(1, json.dumps(text).encode()) for text in texts))
    for ack in (b'{"acks":[{"seq":1}]}', b'{"acks":[{"n":1,"data":null,'):
        said = await asyncio.wait_for(reader.readuntil(b"]}"), DEADLINE)
        assert ack in said
        held.set()


# ---- While it ends


async def says_bye(lab: Lab, sid: str) -> None:
    await bye(lab.url, sid)


async def is_kicked(lab: Lab, sid: str) -> None:
    lab.client(sid).close()


async def is_one_too_many(lab: Lab, sid: str) -> None:
    for _ in range(lab.hub.limits.readers):
        await lab.join(Ws, sid)


ENDS = {"bye": (says_bye, 4010), "kicked": (is_kicked, 4001), "crowded": (is_one_too_many, 4208)}


# After our last word nothing of what still comes is heard, and nothing of it is kept.
@pytest.mark.parametrize("end", ENDS)
async def test_frames_after_the_end_of_a_line_are_neither_heard_nor_kept(lab: Lab, lines: Lines, end: str) -> None:
    how, code = ENDS[end]
    heard: list[Any] = []
    lab.hub.on("late")(lambda client, data: heard.append(data))
    sid = new_sid()
    reader, writer = await lines()
    writer.write(opening(lab, "ws", sid))
    await reader.readuntil(b'"messages":[]}')
    line = next(iter(lab.app.state.doors._inside))
    await how(lab, sid)
    assert await close_code(reader) == code
    late = [json.dumps({"ping": n, "emits": [{"n": n + 1, "event": "late"}]}).encode() for n in range(500)]
    with contextlib.suppress(ConnectionError):
        writer.write(b"".join(frame(1, text) for text in late))
        await writer.drain()
    await hello(lab.url)
    queue = getattr(line, "queue", None)
    assert not line._input and (queue is None or len(queue._items) <= 1), queue  # one: that it is over
    assert b"pong" not in await asyncio.wait_for(reader.read(), DEADLINE)
    assert not heard
    await eventually(lambda: line not in lab.app.state.doors._inside)


async def end_of(reader: Reader) -> Any:
    """How its line ended; of a long poll also its answer."""
    try:
        while True:
            batch = await reader.next()
            if reader.pulls:
                return batch
    except (Ended, Refused) as end:
        return end


async def waiting(lab: Lab, transport: type[Reader], sid: str) -> Reader:
    """A reader that waits for news."""
    reader = await lab.join(transport, sid, hold=30, heartbeat=30)
    if transport is LongPoll:
        reader.batches.clear()
        await reader.open(reader.cursor)
        client: Any = lab.hub.client(public_id(sid))
        await eventually(lambda: any(one.transport == "longpoll" for one in client.readers))
    return reader


HELD: list[type[Reader]] = [Ws, Sse, LongPoll]


# Readers are told to stop in the same turn in which they are rung: each has the message or has it still to read.
async def test_a_drain_while_fifty_readers_are_rung_ends_each_once(lab: Lab) -> None:
    sids = [new_sid() for _ in range(17)]
    readers = [await waiting(lab, transport, sid) for sid in sids for transport in HELD]
    ends = [asyncio.create_task(end_of(reader)) for reader in readers]
    await asyncio.sleep(0)
    said = await lab.hub.emit("said")
    await lab.app.state.clients.drain()
    for reader, end in zip(readers, await asyncio.gather(*ends), strict=True):
        given = [seq for batch in reader.batches for seq in batch.seqs]
        assert given in ([said], []) and (given or int(str(reader.cursor).partition(".")[2]) < said)
        if isinstance(reader, Ws):
            assert isinstance(end, Ended) and end.code == 1012
        elif isinstance(reader, Sse):
            assert isinstance(end, Ended) and end.clean
        else:
            assert not isinstance(end, Exception)
    await eventually(lambda: not readers_of(lab))


# A handler turns out its own client, all of whose readers have just been rung.
async def test_a_client_that_is_turned_out_by_a_handler_ends_on_all_its_lines(lab: Lab) -> None:
    async def out(client: Any, data: Any) -> None:
        await lab.hub.emit("said")
        client.close("enough")
        await lab.hub.emit("said later")

    lab.hub.on("out")(out)
    sid, neighbour = new_sid(), await lab.join(Ws)
    readers = [await waiting(lab, transport, sid) for transport in (Ws, Sse, LongPoll, Ws)]
    client: Any = lab.hub.client(public_id(sid))
    ends = [asyncio.create_task(end_of(reader)) for reader in readers]
    posting = http(
        lab.url,
        "POST",
        target("emit", sid=sid),
        headers=[("Content-Type", "application/json")],
        body=b'{"emits":[{"n":1,"event":"out"}]}',
    )
    (await posting).accepted()
    for reader, end in zip(readers, await asyncio.gather(*ends), strict=True):
        if isinstance(reader, Ws):
            assert isinstance(end, Refused) and end.status == 4001
        elif isinstance(reader, Sse):
            assert isinstance(end, Ended) and end.clean
        else:
            assert isinstance(end, Refused) and end.code == "kicked"
    assert not client.readers and not client.bells
    assert [message["event"] for message in await neighbour.messages(2)] == ["said", "said later"]
    await eventually(lambda: client.id not in lab.hub.members)
