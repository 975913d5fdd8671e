"""Which server answered: one of several says its name with each answer, one that is alone says nothing."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.lab.test_meter import line_to
from tests.serving import Lab
from tests.stranger.http import Answer, emit, hello, http, new_sid, public_id
from transport_fallback.app import build
from transport_fallback.hub import Hub
from transport_fallback.log.streams.joined import on_redis
from transport_fallback.serving.run import running

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
OTHER = "https://other.example"


class Server:
    """One of two that share a log."""

    def __init__(self, url: str, app: Any) -> None:
        self.url = url.rstrip("/")
        self.name: str = app.state.hub.process

    async def get(self, path: str) -> Answer:
        answer = await http(self.url, "GET", path)
        assert answer.headers["lab-server"] == self.name, path
        return answer


@pytest.fixture
async def servers(shared_redis: str, nothing_left: None) -> AsyncIterator[list[Server]]:
    name = secrets.token_hex(8)
    hubs = [Hub(log=on_redis(shared_redis, name=name, called=called, lease=2.0)) for called in "AB"]
    apps = [build(hub, allow_origins=[OTHER]) for hub in hubs]
    async with running(apps[0]) as first, running(apps[1]) as second:
        yield [Server(url, app) for url, app in zip((first, second), apps, strict=True)]


async def test_each_answer_says_which_of_several_servers_it_is_from(servers: list[Server]) -> None:
    sid = new_sid()
    for server, called in zip(servers, "AB", strict=True):
        assert server.name.startswith(f"{called}-") and len(server.name) > len("A-")
        cursor = (await server.get(f"/poll?sid={sid}")).accepted()["cursor"]
        for path in (f"/poll?sid={sid}&cursor={cursor}", f"/longpoll?sid={sid}&hold=1&cursor={cursor}", "/hello", "/"):
            assert (await server.get(path)).status == 200
        assert (await server.get("/poll?cursor=none")).status == 400
        async with line_to(server.url) as line:
            line.ask("GET", f"/sse?sid={sid}")
            head = await line.reader.readuntil(b"\r\n\r\n")
            assert f"\r\nlab-server: {server.name}\r\n".encode() in head
        async with connect(server.url.replace("http", "ws") + f"/ws?sid={sid}", proxy=None) as socket:
            assert socket.response is not None and socket.response.headers["lab-server"] == server.name


async def test_what_is_said_to_one_is_heard_at_the_other(servers: list[Server]) -> None:
    first, second = servers
    sid, said = new_sid(), {"user": "Ada", "content": "hello"}
    cursor = (await first.get(f"/poll?sid={sid}")).accepted()["cursor"]
    await emit(first.url, sid, 1, "c2s", said)
    heard = (await second.get(f"/poll?sid={sid}&cursor={cursor}")).accepted()
    assert [message["data"] for message in heard["messages"] if message["event"] == "s2c"] == [said]
    assert heard["gap"] is None
    assert (await hello(second.url, sid))["you"]["id"] == public_id(sid)


@pytest.mark.parametrize("headers", [[], [f"Origin: {OTHER}", "Sec-Fetch-Site: cross-site"]], ids=["own", "other"])
@pytest.mark.parametrize("name", ["poll", "longpoll"])
async def test_the_door_says_it_in_the_bytes_of_the_plain_way(
    servers: list[Server], name: str, headers: list[str]
) -> None:
    sid = new_sid()
    async with line_to(servers[1].url) as line:
        cursor = json.loads((await line.asked("GET", f"/{name}?sid={sid}", b"", *headers))[2])["cursor"]
        await emit(servers[0].url, sid, 1, "c2s", {"user": "Ada", "content": "hello"})
        await line.asked("GET", f"/longpoll?sid={sid}&cursor={cursor}", b"", *headers)
        fast, plain = [
            (await line.asked("GET", f"/{name}?sid={sid}&cursor={cursor}{more}", b"", *headers))[1].splitlines()[2:]
            for more in ("", "&plain=1")
        ]
    assert fast == plain and f"lab-server: {servers[1].name}".encode() in fast
    exposed = b"access-control-expose-headers: Retry-After, Lab-Server"
    assert (exposed in fast) == bool(headers)


async def test_figures_say_of_which_server_they_are_and_how_many_there_are(servers: list[Server]) -> None:
    for server in servers:
        sid = new_sid()
        await server.get(f"/poll?sid={sid}")
        for path in ("/lab/load", "/stats", f"/stats?client={public_id(sid)}"):
            told = (await server.get(path)).accepted()
            assert told["process"] == server.name and told["processes"] in (1, 2), path
        watched = server.url.replace("http", "ws") + f"/lab/watch?client={public_id(sid)}"
        async with connect(watched, proxy=None) as watch:
            assert json.loads(await watch.recv())["server"][0] == server.name
    while (told := (await servers[0].get("/lab/load")).accepted())["processes"] != 2:  # with the next beat
        assert told["processes"] == 1
    assert "lab_processes 2" in (await servers[0].get("/metrics")).body.decode().splitlines()


async def test_one_that_is_alone_says_no_name(lab: Lab) -> None:
    for path in ("/poll", "/hello", "/lab/load", "/"):
        answer = await http(lab.url, "GET", path, headers=[("Origin", lab.url)])
        assert answer.status == 200 and "lab-server" not in answer.headers, path
        assert "Lab-Server" not in answer.headers.get("access-control-expose-headers", "")
    told = (await http(lab.url, "GET", "/lab/load")).accepted()
    assert (told["process"], told["processes"]) == ("alone", 1)
    async with connect(lab.url.replace("http", "ws") + "/ws", proxy=None) as socket:
        assert socket.response is not None and "lab-server" not in socket.response.headers
