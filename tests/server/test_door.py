"""The door says yes to what is simple, in the very bytes of the plain way, and to nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import re
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tests.lab.test_meter import Line, line_to
from tests.server.test_guards import UPGRADE, connect, frame
from tests.serving import Lab, eventually, serving
from tests.stranger.http import DEADLINE, http, new_sid, post, public_id
from tests.stranger.readers import Reader, Sse, Ws
from transport_fallback.app import build
from transport_fallback.log import turn
from transport_fallback.serving.door import Door, Question, opens, straight
from transport_fallback.serving.run import running, server_for

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
DATE = re.compile(rb"date: [^\r]*\r\n")
OTHER = "https://other.example"


@pytest.fixture
def said_yes(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the door said to each request, in order."""
    said: list[bool] = []
    asked = Door.question

    def question(door: Door, *args: Any) -> Question | None:
        found = asked(door, *args)
        if found is not None or args[1] is not None:  # else the parser reads it, and the door is asked again
            said.append(found is not None)
        return found

    monkeypatch.setattr(Door, "question", question)
    return said


async def come(lab: Lab, line: Line, name: str = "poll") -> tuple[str, str]:
    """A new client that has read once. Returns its sid and its cursor."""
    sid = new_sid()
    _, _, body = await line.asked("GET", f"/{name}?sid={sid}")
    return sid, json.loads(body)["cursor"]


@pytest.mark.parametrize("name", ["poll", "longpoll"])
@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Origin: http://{host}"],
        ["Origin: http://{host}", "Sec-Fetch-Site: same-origin", "Cookie: a=b", "Accept-Encoding: gzip"],
        [f"Origin: {OTHER}", "Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Site: none", "Connection: Keep-Alive"],
    ],
    ids=["bare", "own", "browser", "other", "typed"],
)
async def test_its_answers_are_those_of_the_plain_way(said_yes: list[bool], name: str, headers: list[str]) -> None:
    async with serving(build_with={"allow_origins": [OTHER]}) as lab, line_to(lab.url) as line:
        heads = [header.format(host=line.host) for header in headers]
        sid, cursor = await come(lab, line, name)
        await lab.say("said", "é" * 100)
        target = f"/{name}?sid={sid}&cursor={cursor}&t=mark"
        fast = await line.asked("GET", target, b"", *heads)
        plain = await line.asked("GET", f"{target}&plain=1", b"", *heads)
        bearer = await line.asked("GET", target.replace(f"sid={sid}&", ""), b"", *heads, f"Authorization: Bearer {sid}")
        assert said_yes == [False, True, False, True]
        assert DATE.sub(b"", fast[1]) == DATE.sub(b"", plain[1]) == DATE.sub(b"", bearer[1])
        assert fast[2] == plain[2] == bearer[2] and len(json.loads(fast[2])["messages"]) == 1
        if OTHER in str(headers):
            assert f"access-control-allow-origin: {OTHER}\r\n".encode() in fast[1]


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/poll?sid={sid}", []),
        ("/poll?cursor={cursor}", []),
        ("/poll?sid={new}&cursor={cursor}", []),
        ("/poll?sid=short&cursor={cursor}", []),
        ("/poll?sid={sid}&cursor=nonsense", []),
        ("/poll?sid={sid}&cursor=other.1", []),
        ("/poll?sid={sid}&cursor={cursor}9999", []),
        ("/poll?sid={sid}&cursor={cursor}&cursor={cursor}", []),
        ("/poll?sid={sid}&cursor={cursor}&every=50", []),
        ("/poll?sid={sid}&cursor={cursor}&every=60001", []),
        ("/poll?sid={sid}&cursor={cursor}&every=2e3", []),
        ("/longpoll?sid={sid}&cursor={cursor}&hold=0", []),
        ("/longpoll?sid={sid}&cursor={cursor}&hold=1.5", []),
        ("/poll?sid={sid}&cursor={cursor}&history=3", []),
        ("/poll?sid={sid}&cursor={cursor}&t=%41", []),
        ("/poll?sid={sid}&cursor={cursor}&t=a+b", []),
        ("/poll?sid={sid}&cursor={cursor}&", []),
        ("/poll/?sid={sid}&cursor={cursor}", []),
        ("/sse?sid={sid}&cursor={cursor}", ["Connection: close"]),
        ("/poll?sid={sid}&cursor={cursor}", ["Connection: close"]),
        ("/poll?sid={sid}&cursor={cursor}", ["Content-Length: 0"]),
        ("/poll?sid={sid}&cursor={cursor}", ["Expect: 100-continue"]),
        ("/poll?sid={sid}&cursor={cursor}", ["Upgrade: h2c"]),
        ("/poll?sid={sid}&cursor={cursor}", ["Authorization: Bearer {sid}"]),
        ("/poll?cursor={cursor}", ["Authorization: Basic {sid}"]),
        ("/poll?sid={sid}&cursor={cursor}", ["Origin: https://evil.example"]),
        ("/poll?sid={sid}&cursor={cursor}", ["Host: evil.example"]),
        ("/poll?sid={sid}&cursor={cursor}", ["Sec-Fetch-Site: cross-site"]),
    ],
)
async def test_what_is_not_simple_goes_the_plain_way(
    lab: Lab, said_yes: list[bool], target: str, headers: list[str]
) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await come(lab, line)
        await lab.say("said", 1)
        names = {"sid": sid, "cursor": cursor, "new": new_sid()}
        line.ask("GET", target.format(**names), b"", *(header.format(**names) for header in headers))
        async with asyncio.timeout(DEADLINE):
            await line.reader.readuntil(b"\r\n\r\n")
        assert said_yes[1:] in ([False], [])  # not even asked, where it is no GET of a place of its own


async def test_head_is_no_get(lab: Lab, said_yes: list[bool]) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await come(lab, line)
        line.ask("HEAD", f"/poll?sid={sid}&cursor={cursor}")
        assert b" 200 OK" in await line.reader.readuntil(b"\r\n\r\n")
    assert len(said_yes) == 1


async def test_who_was_let_in_once_is_looked_at_again(lab: Lab, said_yes: list[bool]) -> None:
    """What is remembered of a connection holds for the same headers and the same sid only."""
    async with line_to(lab.url) as line:
        (one, cursor), (two, _) = await come(lab, line), await come(lab, line)
        target = "/poll?sid={}&cursor={}"
        assert b" 200 " in (await line.asked("GET", target.format(one, cursor)))[1]
        evil = await line.asked("GET", target.format(one, cursor), b"", "Origin: https://evil.example")
        assert b" 403 " in evil[1] and json.loads(evil[2])["error"]["code"] == "bad_origin"
        assert b" 200 " in (await line.asked("GET", target.format(two, cursor)))[1]
        lab.client(two).close()
        turned_out = await line.asked("GET", target.format(two, cursor))
        assert json.loads(turned_out[2])["error"]["code"] == "kicked"
        await lab.hub.forget(lab.client(one))
        again = json.loads((await line.asked("GET", target.format(one, cursor)))[2])
        assert again["gap"]["reason"] == "away"  # it is another client of the same sid
    assert said_yes == [False, False, True, False, True, False, False]


@pytest.mark.limits(poll_rate=0.001, poll_burst=2)
async def test_who_polls_too_often_hears_so(lab: Lab, said_yes: list[bool]) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await come(lab, line)
        answers = [await line.asked("GET", f"/poll?sid={sid}&cursor={cursor}") for _ in range(3)]
    assert [head.split()[1] for _, head, _ in answers] == [b"200", b"200", b"429"]
    assert said_yes == [False, True, True, False]


async def test_a_held_poll_is_answered_kept_from_nobody_and_left_in_time(lab: Lab, said_yes: list[bool]) -> None:
    async with line_to(lab.url) as line, line_to(lab.url) as other:
        sid, cursor = await come(lab, line, "longpoll")
        target = f"/longpoll?sid={sid}&cursor={cursor}&hold=30"
        line.ask("GET", target)
        line.ask("GET", f"/hello?sid={sid}")  # asked behind it, and answered behind it
        await eventually(lambda: len(lab.hub.turn.readers) == 1)
        await lab.say("said", 1)
        assert json.loads((await line.answer())[1])["messages"][0]["data"] == 1
        assert json.loads((await line.answer())[1])["you"]["id"] == public_id(sid)
        assert not lab.hub.turn.readers and not lab.client(sid).readers
        other.ask("GET", target.replace(cursor, lab.end))
        await eventually(lambda: len(lab.hub.turn.readers) == 1)
    await eventually(lambda: not lab.hub.turn.readers)  # its line was closed
    assert not lab.client(sid).readers and lab.client(sid).broken
    assert said_yes == [False, True, False, True]


async def test_what_is_asked_behind_a_held_poll_is_not_said_by_who_ends_it(lab: Lab) -> None:
    """A handler's emit ends the turn in which the poll is answered; the next request is nevertheless nobody's word."""

    async def say(_request: Any) -> PlainTextResponse:
        await lab.hub.emit("mine", None)
        return PlainTextResponse("said")

    lab.app.router.routes.append(Route("/say", say))
    lab.hub.on("speak")(lambda client, data: lab.hub.emit("hers", data))
    async with line_to(lab.url) as line:
        sid, _ = await come(lab, line, "longpoll")
        line.ask("GET", f"/longpoll?sid={sid}&cursor={lab.end}&hold=30")
        line.ask("GET", "/say")
        await eventually(lambda: len(lab.hub.turn.readers) == 1)
        await post(lab.url, sid, emits=[{"n": 1, "event": "speak", "data": 1}])
        await line.answer()
        await line.answer()
    said = {message["event"]: message["from"] for message in lab.hub.history(None, 2)}
    assert said == {"hers": public_id(sid), "mine": None}


async def test_whoever_is_held_is_answered_when_the_server_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "TOLD", 1)  # most have not had their turn when the connections are closed
    async with contextlib.AsyncExitStack() as stack:
        async with serving() as lab:
            lines = [await stack.enter_async_context(line_to(lab.url)) for _ in range(8)]
            for line in lines:
                sid, _ = await come(lab, line, "longpoll")
                line.ask("GET", f"/longpoll?sid={sid}&cursor={lab.end}&hold=30")
            await eventually(lambda: len(lab.hub.turn.readers) == len(lines))
        answers = [await line.answer() for line in lines]
    assert all(b" 200 OK" in head and json.loads(body)["messages"] == [] for head, body in answers)


@pytest.mark.parametrize(("how", "told"), [("kick", "kicked"), ("bye", "gone")])
async def test_who_leaves_while_its_poll_is_held_hears_why(lab: Lab, said_yes: list[bool], how: str, told: str) -> None:
    async with line_to(lab.url) as line:
        sid, cursor = await come(lab, line, "longpoll")
        line.ask("GET", f"/longpoll?sid={sid}&cursor={cursor}&hold=30")
        await eventually(lambda: len(lab.hub.turn.readers) == 1)
        if how == "kick":
            lab.client(sid).close()
        else:
            await http(lab.url, "POST", f"/bye?sid={sid}")
        async with asyncio.timeout(DEADLINE):
            _, body = await line.answer()
        assert json.loads(body)["error"]["code"] == told
        counts = lab.app.state.meter.of(public_id(sid))["longpoll"]
        assert (counts.requests, counts.down) == (2, counts.head_down + counts.payload_down)  # it is counted once
    assert said_yes == [False, True]


def door_of(app: Starlette) -> Door | None:
    """The door of the server that serves this."""
    protocol: Any = server_for(app).config.http
    found: Door | None = protocol.door
    return found


async def test_whoever_puts_something_around_the_lab_closes_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    async def mine(_request: Any) -> PlainTextResponse:
        return PlainTextResponse("mine")

    lab = build()
    assert opens(lab, lab) and door_of(lab) is not None
    monkeypatch.setenv("LAB_DOOR", "off")
    assert door_of(lab) is None
    monkeypatch.delenv("LAB_DOOR")
    around, before, over = build(), build(), build()
    around.add_middleware(GZipMiddleware)
    before.router.routes.insert(0, Route("/poll", mine))
    over.router.routes.insert(0, Mount("/", PlainTextResponse("mine")))
    for app in (around, before, over):
        assert not opens(app, app) and door_of(app) is None
    outer = Starlette(routes=[Mount("/live", lab)], middleware=[Middleware(GZipMiddleware)])
    assert not opens(outer, lab) and door_of(outer) is None


@pytest.mark.limits(stall_seconds=30)
async def test_who_is_turned_out_while_its_line_is_full_reads_no_more_at_once(lab: Lab) -> None:
    """What came up waits for a client that takes no bytes; that it has left does not."""
    reader, writer = await connect(lab, receive_buffer=4096)
    sid = new_sid()
    writer.write(UPGRADE.format(path=f"/ws?sid={sid}", host=lab.url.removeprefix("http://")).encode())
    await reader.readuntil(b"\r\n\r\n")
    await eventually(lambda: len(lab.hub.turn.readers) == 1)
    (carried,) = lab.hub.turn.readers
    for _ in range(200):
        await lab.hub.emit("large", "x" * 10_000)
        await asyncio.sleep(0)
        if carried.paused:
            break
    assert carried.paused
    writer.write(frame(1, b'{"ping":1}') * 3)
    await asyncio.sleep(0.1)
    client = lab.client(sid)
    client.close()
    await eventually(lambda: not client.readers, 3)
    assert not client.broken
    writer.transport.abort()


class Watching:
    """Middleware that notes what an application sends."""

    def __init__(self, app: Any, seen: list[str]) -> None:
        self.app, self.seen = app, seen

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def noted(message: Any) -> None:
            self.seen.append(message.get("text") or message.get("body", b"").decode())
            await send(message)

        await self.app(scope, receive, noted)


@pytest.mark.parametrize("transport", [Sse, Ws])
@pytest.mark.parametrize("mounted", [False, True], ids=["around it", "around what it is mounted in"])
async def test_a_middleware_sees_what_a_stream_is_told(transport: type[Reader], mounted: bool) -> None:
    lab, seen = build(), list[str]()
    if mounted:
        app = Starlette(routes=[Mount("/live", lab)], middleware=[Middleware(Watching, seen=seen)])
    else:
        app = lab
        app.add_middleware(Watching, seen=seen)
    async with running(app) as url:
        reader = await transport(url + "/live" * mounted, new_sid()).open()
        await reader.next()
        await lab.state.hub.emit("said", "this")
        await reader.until("said")
        await reader.close()
        counts = lab.state.meter.totals[reader.name]
        assert (counts.batches, counts.news, counts.frames_down) == (2, 1, 2 * (reader.name == "ws"))
    assert any("this" in text for text in seen)


async def test_a_mount_is_no_hindrance_to_a_stream() -> None:
    lab = build()
    assert straight(lab, lab) and straight(Starlette(routes=[Mount("/live", lab)]), lab)
    assert straight(Starlette(routes=[Mount("/a", Starlette(routes=[Mount("/live", lab)]))]), lab)
    wrapped = Mount("/live", lab, middleware=[Middleware(GZipMiddleware)])
    assert not straight(Starlette(routes=[wrapped]), lab) and not straight(GZipMiddleware(lab), lab)


def test_uvicorn_is_as_the_fast_way_knows_it() -> None:
    """What serving/http.py calls and leaves out is private to uvicorn: a version that changes it must be looked at."""
    source = inspect.getsource(HttpToolsProtocol.on_message_begin)
    assert all(f"self.{name} =" in source for name in ("url", "headers", "expect_100_continue", "scope"))
    assert "parse_url(self.url)" in inspect.getsource(HttpToolsProtocol.on_headers_complete)
    assert "more_body = False" in inspect.getsource(HttpToolsProtocol.on_message_complete)
    done = inspect.getsource(HttpToolsProtocol.on_response_complete)
    assert "total_requests += 1" in done and "timeout_keep_alive_task = " in done and "resume_reading()" in done
    assert "response_complete" in inspect.getsource(RequestResponseCycle)
    assert not [
        name for name in ("door", "visits", "give", "hand_on", "date", "_head") if hasattr(HttpToolsProtocol, name)
    ]
