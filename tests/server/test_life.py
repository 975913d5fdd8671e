"""The life of an application: who goes departs and who stops says goodbye, whoever serves it, and under which path."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.root import ROOT
from tests.serving import GENEROUS, eventually
from tests.stranger.http import DEADLINE, JSON, Refused, as_json, emit, http, new_sid, public_id
from tests.stranger.readers import TRANSPORTS, Batch, Ended, Sse, Ws
from transport_fallback.app import build
from transport_fallback.hub import Hub
from transport_fallback.protocol.limits import Limits
from transport_fallback.serving.run import SEND_BUFFER, lab_in, listen, running, server_for, url_of

pytestmark = pytest.mark.anyio

PROGRAM = """
import asyncio
from transport_fallback import Hub, build, running

hub = Hub()

@hub.on("disconnect")
async def goodbye(client, reason):
    print(reason, flush=True)

@hub.on("stay")
async def stay(client, data):
    print("stays", flush=True)
    await asyncio.sleep(60)

async def main():
    try:
        async with running(build(hub, chat=False)) as url:
            print(url, flush=True)
            await asyncio.Event().wait()
    finally:
        print("unwound")

asyncio.run(main())
"""


class App:
    """An application of one's own with the lab mounted in it, and what its handlers were told."""

    def __init__(self, **limits: Any) -> None:
        self.hub = Hub(Limits(**{**GENEROUS, **limits}))
        self.lab = build(self.hub, chat=False)
        self.outer = Starlette(routes=[Mount("/rt", self.lab)])
        self.said: list[tuple[str, str]] = []
        self.hub.on("disconnect")(self._disconnected)

    async def _disconnected(self, client: Any, reason: str) -> None:
        self.said.append((client.id, reason))


@asynccontextmanager
async def plainly(app: Any) -> AsyncIterator[tuple[str, uvicorn.Server]]:
    """uvicorn as somebody's own command runs it: nothing of our server."""
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="websockets-sansio"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await eventually(lambda: server.started)
    try:
        yield url_of(listener), server
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def ours(app: Any) -> AsyncIterator[tuple[str, None]]:
    async with running(app) as url:
        yield url, None


SERVERS = pytest.mark.parametrize("serve", [plainly, ours])


# Starlette runs no lifespan of a mounted application.
@SERVERS
@pytest.mark.usefixtures("nothing_left")
async def test_a_client_of_a_mounted_lab_departs_and_is_forgotten(serve: Any) -> None:
    app = App(grace=0.1, forget_after=0.1)
    async with serve(app.outer) as (url, _server):
        sid = new_sid()
        assert (await http(url, "GET", f"/rt/poll?every=100&sid={sid}")).status == 200
        await eventually(lambda: app.said == [(public_id(sid), "silence")])
        await eventually(lambda: not app.hub.members)


# All wire URLs are base + "/" + name, and the base keeps its path.
@SERVERS
@pytest.mark.parametrize("transport", TRANSPORTS.values())
@pytest.mark.usefixtures("nothing_left")
async def test_a_mounted_lab_speaks_the_protocol_under_its_path(serve: Any, transport: Any) -> None:
    app = App()
    async with serve(app.outer) as (url, _server):
        sid = new_sid()
        reader = await transport(f"{url}/rt", sid, hold=5).open()
        await reader.next()
        await app.hub.emit("news", 1)
        assert [message["data"] for message in await reader.messages(1)] == [1]
        body = as_json({"emits": [{"n": 1, "event": "said"}]})
        assert (await http(url, "POST", f"/rt/emit?sid={sid}", headers=JSON, body=body)).accepted()["acks"][0]["n"] == 1
        origin = [("Origin", url)]
        assert (await http(url, "GET", "/rt/hello", headers=origin)).headers["access-control-allow-origin"] == url
        foreign = [("Origin", "http://evil.test")]
        assert (await http(url, "GET", "/rt/hello", headers=foreign)).status == 403
        assert (await http(url, "POST", f"/rt/bye?sid={sid}", body=b"")).status == 204
        await eventually(lambda: app.said == [(public_id(sid), "client left")])
        await reader.cut()


# A link is an address of the lab's own, so it begins with the lab's path; the outer application keeps all other paths.
@pytest.mark.parametrize("transport", TRANSPORTS.values())
@pytest.mark.parametrize("path", ["/rt", "/a/b"])
@pytest.mark.usefixtures("nothing_left")
async def test_a_link_of_a_mounted_lab_begins_with_its_path(path: str, transport: Any) -> None:
    app = App()
    first, *rest = path.removeprefix("/").split("/")
    inner = Starlette(routes=[Mount(f"/{rest[0]}", app.lab)]) if rest else app.lab
    link = f"{path}/via/~some-link"
    async with ours(Starlette(routes=[Mount(f"/{first}", inner)])) as (url, _none):
        put = await http(url, "PUT", link, headers=JSON, body=as_json({"network": "slow:50"}))
        assert put.accepted()["network"] == "slow:50"
        greeting = await http(url, "GET", f"{link}/hello", headers=[("Origin", url)])
        assert greeting.accepted()["network"] == "slow:50"
        assert greeting.headers["access-control-allow-origin"] == url
        assert (await http(url, "GET", f"{link}/hello", headers=[("Origin", "http://evil.test")])).status == 403
        reader = await transport(url + link, new_sid(), hold=5).open()
        await reader.next()
        await app.hub.emit("news", 1)
        while not (batch := await reader.next()).messages:
            pass
        assert [message["event"] for message in batch.messages] == ["news"]
        await reader.cut()
        assert (await http(url, "GET", "/via/~some-link/hello")).status == 404  # no address of the lab


def test_a_link_of_a_mounted_lab_is_known_as_soon_as_it_can_be() -> None:
    app = App()
    server_for(app.outer)
    claims, request = app.lab.state.links.claims, b"GET /rt/via/~some-link/hello HTTP/1.1"
    decided = [claims(request[:end]) for end in range(len(request) + 1)]
    assert decided[: len(b"GET /rt/via/~some-link/")] == [None] * len(b"GET /rt/via/~some-link/")
    assert decided[-1] is True
    for other in (b"GET /via/~some-link/hello HTTP", b"GET /rt/hello HTTP", b"GET /rt/vib"):
        assert claims(other) is False


# Held polls answered, streams ended, sockets closed with 1012; each client has its disconnect.
@SERVERS
@pytest.mark.usefixtures("nothing_left")
async def test_a_mounted_lab_says_goodbye_when_its_server_stops(serve: Any) -> None:
    app = App()
    async with serve(app.outer) as (url, server):
        readers = {name: transport(f"{url}/rt", new_sid(), hold=30) for name, transport in TRANSPORTS.items()}
        for reader in readers.values():
            await (await reader.open()).next()
        held = await readers["longpoll"].open(readers["longpoll"].cursor)
        await eventually(lambda: sum(bool(client.readers) for client in app.hub.clients()) == 3)
        if server is not None:
            server.should_exit = True  # as its signal handler does it
            end = await held.next()
            assert isinstance(end, Batch) and end.gap is None
            await eventually(lambda: len(app.said) == 4)
            server.should_exit = False  # leave it to the end of the test
    assert sorted(app.said) == sorted((public_id(reader.sid or ""), "server closing") for reader in readers.values())
    with pytest.raises(Ended) as end_of_ws:
        await readers["ws"].next()
    assert end_of_ws.value.code == 1012
    with pytest.raises((Ended, Refused)):
        while True:
            await readers["sse"].next()
    for reader in readers.values():
        await reader.cut()


# A poller waits for nothing when the server stops: only a lifespan is waited for.
@pytest.mark.usefixtures("nothing_left")
async def test_the_lifespan_of_a_lab_can_be_handed_to_the_application_around_it() -> None:
    app = App()
    life: Any = app.lab.router.lifespan_context
    outer = Starlette(routes=app.outer.routes, lifespan=lambda _app: life(app.lab))
    sid = new_sid()
    async with plainly(outer) as (url, _server):
        assert (await http(url, "GET", f"/rt/poll?sid={sid}")).status == 200
    assert app.said == [(public_id(sid), "server closing")]


# A loop that ends, and another that begins: as a test client has it.
def test_a_lab_lives_again_in_each_event_loop() -> None:
    app = App(grace=0.05, forget_after=0.05)
    for whole in (app.lab, app.outer):
        for _ in range(2):
            with TestClient(whole, base_url="http://localhost") as client:
                path = "" if whole is app.lab else "/rt"
                sid = new_sid()
                assert client.get(f"{path}/poll?every=100&sid={sid}").status_code == 200
                body = {"emits": [{"n": 1, "event": "said"}]}
                assert client.post(f"{path}/emit?sid={sid}", json=body).json()["acks"][0]["n"] == 1
                assert client.portal is not None
                assert client.portal is not None
                assert client.portal is not None
                assert client.portal is not None
                assert client.portal is not None
                assert client.portal is not None
                client.portal.call(eventually, lambda: not app.hub.members)


async def test_who_serves_it_without_our_server_is_told_once_what_does_not_hold(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = App()
    async with plainly(app.outer) as (url, _server):
        for _ in range(3):
            assert (await http(url, "GET", "/rt/hello")).status == 200
    assert ["`running`" in record.getMessage() for record in caplog.records] == [True]
    caplog.clear()
    async with ours(App().outer) as (url, _none):
        await http(url, "GET", "/rt/hello")
    assert not caplog.records


def test_our_server_serves_one_lab_and_says_so() -> None:
    first, second = build(chat=False), build(chat=False)
    assert lab_in(Starlette(routes=[Mount("/a", Starlette(routes=[Mount("/b", first)]))])) is first
    for app in (Starlette(), Starlette(routes=[Mount("/a", first), Mount("/b", second)])):
        with pytest.raises(ValueError, match="lab="):
            lab_in(app)


async def test_running_goes_by_the_name_it_listens_on() -> None:
    async with running(build(chat=False), host="127.0.0.2") as url:
        assert (await http(url, "GET", "/hello")).status == 200


# Who lets the server listen itself gets the same sockets: a client that takes no bytes holds little.
async def test_a_server_that_listens_itself_listens_as_ours_does() -> None:
    server: Any = server_for(build(chat=False), host="127.0.0.3", port=0)
    server.signals = False
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    listener = server.servers[0]._listening
    assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SEND_BUFFER  # Linux doubles it
    assert (await http("http://{}:{}".format(*listener.getsockname()), "GET", "/hello")).status == 200
    server.should_exit = True
    await serving


def test_a_server_serves_again_in_another_event_loop() -> None:
    server: Any = server_for(build(chat=False), host="127.0.0.3", port=0)
    server.signals = False

    async def once() -> int:
        server.should_exit = server.started = False
        serving = asyncio.create_task(server.serve())
        await eventually(lambda: server.started)
        url = "http://{}:{}".format(*server.servers[0]._listening.getsockname())
        try:
            return (await http(url, "GET", f"/poll?sid={new_sid()}")).status
        finally:
            server.should_exit = True
            await serving

    assert [asyncio.run(once()), asyncio.run(once())] == [200, 200]


# ---- signals


@asynccontextmanager
async def program() -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("LAB_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process, (await asyncio.wait_for(process.stdout.readline(), DEADLINE)).decode().strip()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_an_application_of_ones_own_says_goodbye_and_ends_by_the_signal(how: signal.Signals) -> None:
    async with program() as (process, url):
        reader = await Ws(url, new_sid()).open()
        await reader.next()
        process.send_signal(how)
        out, report = await asyncio.wait_for(process.communicate(), DEADLINE)
        with pytest.raises(Ended) as end:
            await reader.next()
        await reader.cut()
    assert end.value.code == 1012
    assert out.decode().split("\n") == ["server closing", "unwound", ""]
    assert process.returncode == -how
    assert b"Error" not in report and b"Cancelled" not in report or how == signal.SIGINT


async def test_a_second_signal_does_not_wait() -> None:
    async with program() as (process, url):
        sid = new_sid()
        reader = await Sse(url, sid).open()
        await reader.next()
        busy = asyncio.create_task(emit(url, sid, 1, "stay"))  # the drain waits for this handler
        assert process.stdout is not None
        assert await process.stdout.readline() == b"stays\n"
        process.send_signal(signal.SIGTERM)
        with pytest.raises(Ended):
            await reader.next()
        process.send_signal(signal.SIGTERM)
        out, _report = await asyncio.wait_for(process.communicate(), DEADLINE)
        await reader.cut()
        await asyncio.gather(busy, return_exceptions=True)
    assert process.returncode == -signal.SIGTERM
    assert b"unwound" not in out


# A program that minds the signal itself goes on minding it.
async def test_a_handler_of_ones_own_for_the_signal_is_left_alone() -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    try:
        async with running(build(chat=False)) as url:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(asked.wait(), DEADLINE)
            assert (await http(url, "GET", "/hello")).status == 200
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
