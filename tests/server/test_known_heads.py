"""A head that came before is not parsed again, and nobody sees a difference: whatever else comes is."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from tests.lab.test_meter import Line, counted, line_to
from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE, new_sid
from transport_fallback.log.batch import Batch
from transport_fallback.serving import held
from transport_fallback.serving.http import Http
from transport_fallback.serving.pieces import HEAD_BYTES

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
DATE = re.compile(rb"date: [^\r]*\r\n")
BROWSER = ["User-Agent: Mozilla/5.0", "Accept: */*", "Sec-Fetch-Site: same-origin", "Connection: keep-alive"]
TRANSPORTS = ["poll", "longpoll"]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The targets that a parser has read, in order."""
    targets: list[bytes] = []
    complete = Http.on_headers_complete

    def on_headers_complete(connection: Any) -> None:
        targets.append(connection.url)
        complete(connection)

    monkeypatch.setattr(Http, "on_headers_complete", on_headers_complete)
    return targets


async def known(line: Line, name: str, *headers: str) -> tuple[str, str]:
    """Ask until the head is known. Returns the sid and the cursor."""
    sid = new_sid()
    _, _, body = await line.asked("GET", f"/{name}?sid={sid}", b"", *headers)
    cursor = json.loads(body)["cursor"]
    await line.asked("GET", f"/poll?sid={sid}&cursor={cursor}", b"", *headers)
    return sid, cursor


async def all_of(line: Line) -> bytes:
    """What comes until the line is closed."""
    async with asyncio.timeout(DEADLINE):
        return await line.reader.read()


@pytest.mark.parametrize("name", TRANSPORTS)
@pytest.mark.parametrize("headers", [[], BROWSER], ids=["bare", "browser"])
async def test_it_is_answered_as_before(lab: Lab, parsed: list[bytes], name: str, headers: list[str]) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await known(line, name, *headers)
        await lab.say("said", "é" * 100)
        before = len(parsed)
        target = f"/{name}?sid={sid}&cursor={cursor}"
        again = await line.asked("GET", target, b"", *headers)
        marked = await line.asked("GET", f"{target}&t=mark-1", b"", *headers)
        assert len(parsed) == before
        plain = await line.asked("GET", target, b"", *headers, "X-More: yes")
        assert len(parsed) == before + 1
        assert DATE.sub(b"", again[1]) == DATE.sub(b"", marked[1]) == DATE.sub(b"", plain[1])
        assert again[2] == marked[2] == plain[2] and len(json.loads(again[2])["messages"]) == 1


@pytest.mark.parametrize(
    "head",
    [
        "GET {target} HTTP/1.1\r\nX-More: a HTTP/1.1\r\n{rest}",
        "GET {target} HTTP/1.1\r\n{rest}GET {target} HTTP/1.1\r\n{rest}",
        "GET {target} HTTP/1.1\r\n{rest}GET /hello?sid={sid} HTTP/1.1\r\n{rest}",
        "GET {target} HTTP/1.1 HTTP/1.1\r\n{rest}",
        "GET {target}&t=a b HTTP/1.1\r\n{rest}",
        "GET {target}&t=\x00 HTTP/1.1\r\n{rest}",
        "GET {target}&t=\x7f HTTP/1.1\r\n{rest}",
        "GET {target}&t=\xe9 HTTP/1.1\r\n{rest}",
        "GET {target}&t=a#b HTTP/1.1\r\n{rest}",
        "GET {target}&t=%41 HTTP/1.1\r\n{rest}",
        "GET {target}\n&t=a HTTP/1.1\r\n{rest}",
        "GET\t{target} HTTP/1.1\r\n{rest}",
        "GET  {target} HTTP/1.1\r\n{rest}",
        "get {target} HTTP/1.1\r\n{rest}",
        "HEAD {target} HTTP/1.1\r\n{rest}",
        "POST {target} HTTP/1.1\r\n{rest}",
        "GET http://127.0.0.1{target} HTTP/1.1\r\n{rest}",
        "GET {target} HTTP/1.0\r\n{rest}",
        "GET {target} HTTP/1.1\n{rest}",
        "GET / HTTP/1.1\r\n{rest}",
        "GET /poll HTTP/1.1\r\n{rest}",
        "GET /poll?sid={sid} HTTP/1.1\r\n{rest}",
        "GET /poll?sid={sid}&cursor=nonsense HTTP/1.1\r\n{rest}",
        "GET /poll?sid={sid}&cursor={cursor}99 HTTP/1.1\r\n{rest}",
        "GET /poll?sid=short&cursor={cursor} HTTP/1.1\r\n{rest}",
        "\r\n\r\nGET {target} HTTP/1.1\r\n{rest}",
        "{rest}",
    ],
)
async def test_what_only_looks_like_it_is_read_by_the_parser(lab: Lab, head: str) -> None:
    """On a line where a head is known, and on one where none is, it means the same."""
    answers = []
    async with line_to(lab.url) as knowing, line_to(lab.url) as other:
        sid, cursor = await known(knowing, "poll")
        rest = f"Host: {knowing.host}\r\n\r\n"
        text = head.format(target=f"/poll?sid={sid}&cursor={cursor}", rest=rest, sid=sid, cursor=cursor)
        for line in (knowing, other):
            line.writer.write(text.encode("latin-1"))
            async with asyncio.timeout(DEADLINE):
                first = await line.reader.read(1)
            line.ask("GET", "/nowhere", b"", "Connection: close")
            answers.append(DATE.sub(b"", first + await all_of(line)))
    assert answers[0] == answers[1] and answers[0].startswith(b"HTTP/1.1 ")


async def test_a_head_is_known_only_while_it_was_the_last(lab: Lab, parsed: list[bytes]) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await known(line, "poll")
        target = f"/poll?sid={sid}&cursor={cursor}"
        for between in (f"/hello?sid={sid}", "/poll?sid=short"):
            parsed.clear()
            await line.asked("GET", target)
            await line.asked("GET", between)
            await line.asked("GET", target)
            await line.asked("GET", target)
            assert parsed == [between.encode(), target.encode()]
        await line.asked("POST", f"/emit?sid={sid}", b"{}", "Content-Type: application/json")
        parsed.clear()
        await line.asked("GET", target)
        assert parsed == [target.encode()]


async def test_whoever_may_not_ask_any_more_hears_why(lab: Lab) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await known(line, "poll")
        lab.client(sid).close()
        _, head, body = await line.asked("GET", f"/poll?sid={sid}&cursor={cursor}")
        assert b" 410 " in head and json.loads(body)["error"]["code"] == "kicked"


async def test_whoever_is_turned_out_while_held_hears_nothing_of_others(lab: Lab) -> None:
    """A proxy may ask for several on one connection: Starlette answers what was asked last, not what was parsed."""
    async with line_to(lab.url) as line:
        other, cursor = await known(line, "poll")
        await lab.hub.client(lab.client(other).id).emit("private", 1)
        async with line_to(lab.url) as own:
            sid, _ = await known(own, "poll")
        await line.asked("GET", f"/poll?sid={other}&cursor={cursor}")
        line.ask("GET", f"/longpoll?sid={sid}&cursor={lab.end}&hold=30")
        await eventually(lambda: len(lab.hub.turn.readers) == 1)
        lab.client(sid).close()
        head, body = await line.answer()
        assert b" 410 " in head and json.loads(body)["error"]["code"] == "kicked"


async def test_a_known_head_may_be_no_larger_than_others(lab: Lab) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await known(line, "poll")
        line.ask("GET", f"/poll?sid={sid}&cursor={cursor}&t={'x' * HEAD_BYTES}")
        assert (await all_of(line)).startswith(b"HTTP/1.1 400 ")


async def test_a_bearer_is_known_with_its_head(lab: Lab, parsed: list[bytes]) -> None:
    async with line_to(lab.url) as line:
        one, two = new_sid(), new_sid()
        _, _, body = await line.asked("GET", f"/poll?sid={one}")
        await line.asked("GET", f"/poll?sid={two}")
        target = f"/poll?cursor={json.loads(body)['cursor']}"
        await lab.hub.client(lab.client(two).id).emit("private", 2)
        heard: dict[str, list[list[int]]] = {}
        for sid in (one, one, two, two, one):
            _, _, body = await line.asked("GET", target, b"", f"Authorization: Bearer {sid}")
            heard.setdefault(sid, []).append([message["data"] for message in json.loads(body)["messages"]])
        assert heard == {one: [[]] * 3, two: [[2]] * 2}
        parsed.clear()
        await line.asked("GET", f"{target}&sid={one}", b"", f"Authorization: Bearer {one}")
        assert len(parsed) == 1  # which of the two is meant is not the door's to say


@pytest.mark.limits(header_seconds=0.2)
async def test_one_that_comes_in_pieces_is_answered_and_not_cut_afterwards(lab: Lab) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await known(line, "poll")
        text = f"GET /poll?sid={sid}&cursor={cursor} HTTP/1.1\r\nHost: {line.host}\r\n\r\n".encode()
        for at in (1, 3, 4, 5, 12, len(text) - 20, len(text) - 2, len(text) - 1):
            line.writer.write(text[:at])
            await asyncio.sleep(0.03)
            line.writer.write(text[at:])
            async with asyncio.timeout(DEADLINE):
                head, _ = await line.answer()
            assert b" 200 OK" in head
        await asyncio.sleep(0.5)
        assert b" 200 OK" in (await line.asked("GET", f"/poll?sid={sid}&cursor={cursor}"))[1]


@pytest.mark.parametrize("looked", [False, True], ids=["nobody looks", "somebody looks"])
async def test_it_is_counted_and_traced_to_the_byte(lab: Lab, looked: bool) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await known(line, "poll")
        for n in range(40):  # the first events are kept in any case
            await lab.say("said", n)
            await line.asked("GET", f"/poll?sid={sid}&cursor={cursor}")
        trace = lab.app.state.meter.trace(lab.client(sid).id)
        seen = trace.after(0)[1][-1] if looked else None
        line.writer.write(b"\r\n")
        await line.asked("GET", f"/poll?sid={sid}&cursor={cursor}")
        before = lab.end
        line.ask("GET", f"/longpoll?sid={sid}&cursor={lab.end}")
        await eventually(lambda: len(lab.hub.turn.readers) == 1)
        await lab.say("said", "last")
        await line.answer()
        await line.asked("GET", f"/longpoll?sid={sid}&cursor={cursor}")
        counts = counted(lab, sid)
        assert (sum(one.up for one in counts.values()), sum(one.down for one in counts.values())) == line.passed
        for one in counts.values():
            assert one.up == one.head_up and one.down == one.head_down + one.payload_down
            assert one.requests == one.batches == one.news + one.empty
        assert [one.requests for one in counts.values()] == [43, 2]
        if seen:
            fresh = [event for event in trace.after(0)[1] if event[0] > seen[0]]
            assert [event[2] for event in fresh] == ["ask", "head", "down"] * 3
            asked = [("poll", cursor), ("longpoll", before), ("longpoll", cursor)]
            heads = [f"GET /{name}?sid={sid}&cursor={at} HTTP/1.1\r\nHost: {line.host}\r\n\r\n" for name, at in asked]
            assert [event[3] for event in fresh if event[2] == "ask"] == [len(heads[0]) + 2, *map(len, heads[1:])]


async def test_it_is_closed_when_nothing_is_asked_and_not_before(lab: Lab) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await known(line, "poll")
        (connection,) = lab.app.state.doors._inside
        connection.timeout_keep_alive = 0.4
        target = f"/poll?sid={sid}&cursor={cursor}"
        connection._unset_keepalive_if_required()  # it was set for longer
        for _ in range(8):
            await line.asked("GET", target)
            await asyncio.sleep(0.1)
        line.ask("GET", f"/longpoll?sid={sid}&cursor={lab.end}&hold=30")
        await asyncio.sleep(0.8)
        assert not line.reader.at_eof() and len(lab.hub.turn.readers) == 1
        await lab.say("said", 1)
        await line.answer()
        started = asyncio.get_running_loop().time()
        assert await all_of(line) == b""
        assert asyncio.get_running_loop().time() - started >= 0.3


async def test_what_is_held_is_answered_when_its_own_time_is_over(lab: Lab) -> None:
    """They ask from the same place and share a timer of their line, but no time."""
    async with line_to(lab.url) as long, line_to(lab.url) as short:
        (one, _), (two, _) = await known(long, "longpoll"), await known(short, "longpoll")
        long.ask("GET", f"/longpoll?sid={one}&cursor={lab.end}&hold=2")
        short.ask("GET", f"/longpoll?sid={two}&cursor={lab.end}&hold=30")
        await eventually(lambda: len(lab.hub.turn.readers) == 2)
        await lab.say("said", 1)
        await long.answer()
        await short.answer()
        loop = asyncio.get_running_loop()
        times = {}

        async def held_for(line: Line, sid: str, hold: int) -> None:
            started = loop.time()
            line.ask("GET", f"/longpoll?sid={sid}&cursor={lab.end}&hold={hold}")
            _, body = await line.answer()
            assert json.loads(body)["messages"] == []
            times[hold] = loop.time() - started

        async with asyncio.timeout(DEADLINE):
            await asyncio.gather(held_for(short, two, 1), held_for(long, one, 3))
        assert 0.9 <= times[1] < times[3] and times[3] >= 2.9


async def test_one_read_serves_all_who_are_held_at_the_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = []
    async with line_to(lab.url) as a, line_to(lab.url) as b, line_to(lab.url) as c:
        for line in (a, b, c):
            sid, _ = await known(line, "longpoll")
            lines.append((line, sid))
        for line, sid in lines:
            line.ask("GET", f"/longpoll?sid={sid}&cursor={lab.end}&hold=30")
        await eventually(lambda: len(lab.hub.turn.readers) == 3)
        plain, read = lab.hub.read, []

        def noted(*args: Any, **more: Any) -> Batch:
            read.append(args)
            return plain(*args, **more)

        monkeypatch.setattr(lab.hub, "read", noted)
        await lab.say("said", 1)
        assert len({(await line.answer())[1] for line, _ in lines}) == 1
        assert len(read) == 1
        for line, sid in lines[1:]:
            line.ask("GET", f"/longpoll?sid={sid}&cursor={lab.end}&hold=30")
        await eventually(lambda: len(lab.hub.turn.readers) == 2)
        await lab.hub.client(lab.client(lines[1][1]).id).emit("private", 2)
        await lab.say("said", 3)
        heard = [json.loads((await line.answer())[1])["messages"] for line, _ in lines[1:]]
        assert [[message["data"] for message in messages] for messages in heard] == [[2, 3], [3]]


def test_a_target_holds_nothing_that_ends_it() -> None:
    ends = [bytes([code]) for code in range(256) if held.TARGET.fullmatch(b"/poll?t=" + bytes([code]))]
    assert all(33 <= one[0] < 127 and one not in b'"#<>\\^`{|}%' for one in ends) and len(ends) > 60
