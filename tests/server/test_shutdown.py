"""Stopping: the server answers who waits, says when to come back, and is gone in under 3 s."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from tests.root import ROOT
from tests.serving import serving
from tests.stranger.http import DEADLINE, Refused, hello, new_sid, public_id
from tests.stranger.readers import TRANSPORTS, Batch, Ended, Poll, Reader, Sse, Ws

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]

SECONDS = 3.0  # shutdown: drain ≤ 3 s
EACH = 15  # readers on each transport; more sids than 100 at once are not born


class Program:
    """`python app.py`, as a person starts it."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    async def stop(self, how: signal.Signals) -> tuple[float, str]:
        """Send a signal; returns the seconds it took to end and what it wrote to stderr."""
        began = time.monotonic()
        self.process.send_signal(how)
        _out, report = await asyncio.wait_for(self.process.communicate(), DEADLINE)
        return time.monotonic() - began, report.decode()


@asynccontextmanager
async def program() -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "app.py", "--host", "127.0.0.1", "--port", "0"),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("LAB_")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), DEADLINE)).decode()
        url = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert url, f"it did not print its address: {line!r}"
        yield Program(process, url[0])
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def waiting(url: str) -> dict[str, list[Reader]]:
    """Readers on every transport, each waiting for news."""
    readers = {name: [reader(url, new_sid(), hold=30) for _ in range(EACH)] for name, reader in TRANSPORTS.items()}
    for reader in [reader for some in readers.values() for reader in some]:
        await (await reader.open()).next()
    for reader in [*readers["longpoll"], *readers["poll"]]:
        reader.batches.clear()
        await reader.open(reader.cursor)
    for _ in range(3):
        await hello(url)
    return readers


async def last(reader: Reader) -> Batch | Ended | Refused:
    """The last that a reader is told: how its line ends, or for a long poll its answer."""
    try:
        while True:
            batch = await reader.next(SECONDS)
            if reader.name in ("poll", "longpoll"):
                return batch
    except (Ended, Refused) as end:
        return end


# shutdown: drain ≤ 3 s: held polls answered, streams ended, sockets closed with 1012.
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_the_server_stops_in_time_with_readers_waiting_on_all_four(how: signal.Signals) -> None:
    async with program() as server:
        readers = await waiting(server.url)
        try:
            ends = {name: [asyncio.create_task(last(reader)) for reader in some] for name, some in readers.items()}
            seconds, report = await server.stop(how)
            told = {name: await asyncio.gather(*some) for name, some in ends.items()}
        finally:
            for reader in [reader for some in readers.values() for reader in some]:
                await reader.cut()
    assert seconds < SECONDS
    assert all(isinstance(end, Batch) and end.gap is None for end in told["longpoll"]), told["longpoll"]
    assert all(isinstance(end, Ended) and end.clean for end in told["sse"]), told["sse"]
    assert all(isinstance(end, Ended) and end.code == 1012 for end in told["ws"]), told["ws"]
    assert "Traceback" not in report and "Exception" not in report, report


# … and a client that does not answer any more does not hold it.
async def test_a_dead_client_does_not_keep_the_server_from_stopping() -> None:
    async with program() as server:
        url = urlsplit(server.url)
        _reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(
            f"GET /ws?sid={new_sid()} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        await hello(server.url)  # by now it reads, and from here on it does not answer
        try:
            seconds, report = await server.stop(signal.SIGTERM)
        finally:
            writer.transport.abort()
    assert seconds < SECONDS + 0.5  # the drain, and the end of the process
    assert "Traceback" not in report, report


# disconnect(reason): server closing. Every connect has its disconnect.
async def test_a_server_that_closes_says_so_to_its_handlers() -> None:
    sids = [new_sid() for _ in TRANSPORTS]
    async with serving() as lab:
        for sid, transport in zip(sids, TRANSPORTS.values(), strict=True):
            await lab.join(transport, sid, hold=30)
    assert sorted(lab.life[len(sids) :]) == sorted(("disconnect", public_id(sid), "server closing") for sid in sids)


# Once it is stopped nobody is told anything: what comes then is a lost line, and no 4xxx.
async def test_after_the_end_a_line_is_simply_lost() -> None:
    async with serving() as lab:
        pass
    for transport in (Poll, Sse, Ws):
        reader = transport(lab.url, new_sid())
        with pytest.raises(Ended) as end:
            await (await reader.open()).next()
        assert not end.value.clean
        await reader.cut()
