"""The doors: who floods the server with connections shuts out itself, and not who comes from elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import sys

import pytest

from conftest import ROOT, Lab, eventually
from doors import Doors
from limits import Limits
from test_guards import UPGRADE, address
from wire import new_sid, target

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
        async with asyncio.timeout(5):
            return await reader.readuntil(b"\r\n\r\n")
    return b""


async def shut(line: Line) -> None:
    """It is ended by the server."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(5):
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
    async with asyncio.timeout(5):
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
    line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
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
        _, report = await asyncio.wait_for(process.communicate(), 20)
    assert not report, report.decode()
