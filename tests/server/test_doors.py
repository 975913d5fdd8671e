"""The doors: who floods the server with connections shuts out itself, and not who comes from elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import struct
import sys
from typing import Any

import httpx2
import pytest

from tests.root import ROOT
from tests.server.test_guards import UPGRADE, address, frame
from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE, new_sid, target
from transport_fallback.protocol.limits import Limits
from transport_fallback.serving.doors import Doors
from transport_fallback.serving.memory import LEAST, Memory
from transport_fallback.serving.run import server_for
from transport_fallback.serving.turns import Turns

pytestmark = pytest.mark.anyio

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def line_from(source: str, where: tuple[str, int]) -> Line:
    connection = socket.socket()
    connection.setblocking(False)
    connection.bind((source, 0))
    try:
        await asyncio.get_running_loop().sock_connect(connection, where)
    except BaseException:
        connection.close()
        raise
    return await asyncio.open_connection(sock=connection)


async def asked(line: Line, where: tuple[str, int], path: str = "/hello") -> bytes:
    """The head of an answer; empty where there is none."""
    reader, writer = line
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        writer.write("GET {} HTTP/1.1\r\nHost: {}:{}\r\n\r\n".format(path, *where).encode())
        async with asyncio.timeout(DEADLINE):
            return await reader.readuntil(b"\r\n\r\n")
    return b""


async def shut(line: Line) -> None:
    """It is ended by the server."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(DEADLINE):
            assert await line[0].read() == b""


def close(lines: list[Line]) -> None:
    for _reader, writer in lines:
        writer.transport.abort()


@pytest.mark.limits(connections=12, connections_per_address=4)
async def test_one_address_has_so_many_connections_and_another_gets_in(lab: Lab) -> None:
    where = address(lab)
    flood = [await line_from("127.0.0.2", where) for _ in range(4)]
    await eventually(lambda: len(lab.app.state.doors) == 4)
    for _ in range(20):  # and it goes on
        refused = await line_from("127.0.0.2", where)
        await shut(refused)
        flood.append(refused)
    honest = await line_from("127.0.0.3", where)
    assert b" 200 " in await asked(honest, where)
    close(flood)
    await eventually(lambda: len(lab.app.state.doors) == 1)
    again = await line_from("127.0.0.2", where)
    assert b" 200 " in await asked(again, where)
    close([honest, again])


@pytest.mark.limits(connections=4, connections_per_address=4)
async def test_when_it_is_full_who_has_been_idle_for_longest_goes_first(lab: Lab) -> None:
    where = address(lab)
    stream = await line_from("127.0.0.2", where)
    assert b" 200 " in await asked(stream, where, target("sse", sid=new_sid()))
    answered = await line_from("127.0.0.2", where)
    silent = await line_from("127.0.0.2", where)
    await eventually(lambda: len(lab.app.state.doors) == 3)
    assert b" 200 " in await asked(answered, where)  # so it has been idle for a shorter time than the silent one
    await answer_rest(answered)
    half = await line_from("127.0.0.2", where)
    half[1].write(b"GET /hello HTTP/1.1\r\n")
    await eventually(lambda: len(lab.app.state.doors) == 4)
    newcomers = []
    for goes in (silent, answered, half):
        newcomers.append(await line_from("127.0.0.3", where))
        assert b" 200 " in await asked(newcomers[-1], where, target("sse", sid=new_sid()))
        await shut(goes)
    late = await line_from("127.0.0.3", where)
    await shut(late)  # nobody is idle: those who are served stay
    await lab.say("news")
    await stream[0].readuntil(b'"news"')
    close([stream, answered, silent, half, late, *newcomers])


async def answer_rest(line: Line) -> None:
    """The body of an answer whose head was read."""
    async with asyncio.timeout(DEADLINE):
        await line[0].readuntil(b'"you":null}')


async def test_who_has_gone_has_no_place(lab: Lab) -> None:
    where = address(lab)
    lines = [await line_from("127.0.0.2", where) for _ in range(5)]
    reader, writer = lines[0]
    for line, path in zip(
        lines, ("/hello", "/via/~some-link/hello", "/nowhere", "/via/~some-link/hello"), strict=False
    ):
        assert await asked(line, where, path)
    writer = lines[4][1]
    writer.write(UPGRADE.format(path=f"/via/~some-link/ws?sid={new_sid()}", host="{}:{}".format(*where)).encode())
    assert b" 101 " in await lines[4][0].readuntil(b"\r\n\r\n")
    assert len(lab.app.state.doors) == 5
    close(lines)
    await eventually(lambda: not len(lab.app.state.doors))
    assert not lab.app.state.doors._idle and not lab.app.state.doors._from


def test_a_class_is_one_address() -> None:
    assert Limits(connections=10).most_per_address == 5
    assert Limits(connections=10, per_sid=True).most_per_address == 10
    assert Doors(Limits()).most < resource.getrlimit(resource.RLIMIT_NOFILE)[0]


FILES = 128


async def test_with_few_files_a_flood_that_is_renewed_shuts_nobody_else_out() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "app.py", "--port", "0"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)),
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), DEADLINE)).decode()
    where = ("127.0.0.1", int(line.partition("127.0.0.1:")[2].split()[0]))

    async def flood(source: str) -> None:
        lines: list[Line] = []
        try:
            while True:
                with contextlib.suppress(OSError):
                    lines.append(await line_from(source, where))
                if len(lines) > FILES:
                    close([lines.pop(0)])
        finally:
            close(lines)

    floods = [asyncio.create_task(flood(f"127.0.0.{n}")) for n in (2, 3, 4)]
    try:
        await asyncio.sleep(0.3)
        for _ in range(50):
            honest = await line_from("127.0.0.9", where)
            assert b" 200 " in await asked(honest, where)
            close([honest])
    finally:
        for task in floods:
            task.cancel()
        await asyncio.gather(*floods, return_exceptions=True)
        process.terminate()
        _, report = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert not report, report.decode()


async def test_who_comes_behind_a_crowd_does_not_wait_for_it(lab: Lab) -> None:
    """The system hands out connections in the order in which they came; they are begun by address, in turn."""
    where = address(lab)

    def come(source: str, said: bytes) -> socket.socket:
        """Connect in one go: the loop, and with it the server, has no part in it."""
        connection = socket.socket()
        connection.bind((source, 0))
        connection.connect(where)
        connection.sendall(said)
        return connection

    request = "GET /hello HTTP/1.1\r\nHost: {}:{}\r\n\r\n".format(*where).encode()
    crowd = [come("127.0.0.2", b"") for _ in range(300)]
    honest = come("127.0.0.3", request)
    honest.setblocking(False)
    try:
        answer = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(honest, 100), DEADLINE)
        assert b" 200 " in answer and len(lab.app.state.doors) < 250
        await eventually(lambda: len(lab.app.state.doors) == 301)  # and the crowd comes in all the same
    finally:
        for one in (*crowd, honest):
            one.close()


@pytest.mark.limits(connections=1000, connections_per_address=400)
async def test_of_those_who_wait_to_come_in_the_largest_crowd_gives_way(lab: Lab) -> None:
    doors = lab.app.state.doors
    doors.most = 20
    where = address(lab)
    crowd = []
    for _ in range(60):
        one = socket.socket()
        one.bind(("127.0.0.2", 0))
        one.connect(where)
        crowd.append(one)
    try:
        honest = await line_from("127.0.0.3", where)
        assert b" 200 " in await asked(honest, where)
        assert len(doors) <= 20
        close([honest])
    finally:
        for one in crowd:
            one.close()


@pytest.mark.limits(connections=1000)
@pytest.mark.parametrize("reset", [1, 0], ids=["reset", "closed"])
async def test_an_end_is_seen_though_nothing_is_read_of_the_line(lab: Lab, reset: int) -> None:
    """Who has sent so much that it waits is not read on, and the loop tells of an end only where it reads."""
    where = address(lab)
    lines = []
    for _ in range(4):
        line = await line_from("127.0.0.2", where)
        line[1].write(UPGRADE.format(path=f"/ws?sid={new_sid()}", host="{}:{}".format(*where)).encode())
        await line[0].readuntil(b"\r\n\r\n")
        line[1].write(frame(1, b"{}") * 20_000)
        lines.append(line)
    await eventually(lambda: len(lab.app.state.doors) == 4)
    for _reader, writer in lines:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", reset, 0))
    close(lines)
    await eventually(lambda: not len(lab.app.state.doors))


@pytest.mark.logs_errors
async def test_a_step_that_fails_ends_its_connection_and_nobody_else_s(caplog: pytest.LogCaptureFixture) -> None:
    turns, done = Turns(), []

    class One:
        def __init__(self, name: str) -> None:
            self.name, self.address = name, name

        def go_on(self) -> None:
            if self.name == "bad":
                raise ValueError("a fault of ours")
            if turns.take(self):
                done.append(self.name)

        def cut(self) -> None:
            done.append(f"{self.name} is cut")

    bad, good = One("bad"), One("good")
    for one in (bad, good):
        while turns.take(one):
            pass
    await eventually(lambda: len(done) == 2)
    assert sorted(done) == ["bad is cut", "good"] and "a step failed" in caplog.text
    again = One("later")
    while turns.take(again):
        pass
    await eventually(lambda: "later" in done)


def test_memory_is_looked_for_when_as_many_have_gone_as_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    now, searches = [0.0], []
    monkeypatch.setattr("gc.collect", lambda: searches.append(now[0]))
    doors = Doors(Limits())
    memory = Memory(doors, clock=lambda: now[0])
    for gone, at, expected in ((LEAST - 1, 10, 0), (1, 11, 0), (0, 20, 1), (0, 30, 1), (LEAST, 40, 2)):
        doors.gone += gone
        now[0] = at
        memory.look()
        assert len(searches) == expected, at


# RFC 6177: a house has 64 bits of addresses, all of which one stranger may come from.
async def test_the_addresses_of_one_house_count_as_one(lab: Lab) -> None:
    class From(asyncio.Transport):
        def get_extra_info(self, name: str, default: object = None) -> object:
            return {"peername": (self.address, 1, 0, 0), "sockname": ("::1", 80, 0, 0)}.get(name, default)

        def is_closing(self) -> bool:
            return False

        def abort(self) -> None:
            pass

        def __init__(self, address: str) -> None:
            super().__init__()
            self.address = address

    server = server_for(lab.app)
    server.config.load()
    doors, lines = lab.app.state.doors, []
    for source in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::ffff:10.0.0.1", "10.0.0.1"):
        line: Any = server.config.http_protocol_class(server.config, server.server_state, {})  # type: ignore[call-arg]
        line.connection_made(From(source))
        lines.append(line)
    assert doors._from == {"2001:db8::/64": 2, "2001:db8:0:1::/64": 1, "10.0.0.1": 2}
    for line in lines:
        line.connection_lost(None)
    assert not doors._from


@pytest.mark.limits(sid_rate=0.01, sid_burst=2, anonymous_per_address=1, poll_rate=0.01, poll_burst=1)
async def test_who_comes_from_many_addresses_of_one_house_is_paced_as_one(lab: Lab) -> None:
    async def polled(address: str, **params: str) -> int:
        way = httpx2.ASGITransport(app=lab.app, client=(address, 1))
        async with httpx2.AsyncClient(transport=way, base_url=lab.url) as asking:
            return (await asking.get("/poll", params=params)).status_code

    assert [await polled(f"2001:db8::{n}", sid=new_sid()) for n in range(3)] == [200, 200, 429]
    assert [await polled(f"2001:db8::{n}") for n in range(2)] == [200, 429]
    assert await polled("2001:db8:0:1::1", sid=new_sid()) == 200 and await polled("2001:db8:0:1::1") == 200
