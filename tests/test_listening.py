"""A server of a test's own leaves nothing open, whatever it was doing, and hides no error."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.listening import Serve, listening
from tests.stranger.http import DEADLINE


def complaints(run: Coroutine[Any, Any, None]) -> list[str]:
    """What Python says of that which a loop left open."""
    gc.collect()  # what others left is theirs
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        asyncio.run(run)
        gc.collect()
    return [str(one.message) for one in said]


async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def returns(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pass


async def says_what_nobody_reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(16 << 20))
    writer.close()


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("serve", [waits, returns, says_what_nobody_reads])
def test_no_line_is_left_open_and_no_task_runs(serve: Serve, turns: int) -> None:
    """One line is served for a while, and another comes in the last turns of the loop."""

    clients = ExitStack()  # they are there for longer than the loop, and close nothing for it

    async def run() -> None:
        async with listening(serve) as url:
            place = ("127.0.0.1", urlsplit(url).port)
            early = clients.enter_context(socket.create_connection(place, DEADLINE))
            await asyncio.sleep(0.02)
            late = clients.enter_context(socket.create_connection(place, DEADLINE))
            for _ in range(turns):
                await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        for line in (early, late):
            with suppress(ConnectionResetError):
                while line.recv(1 << 20):
                    pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(place)

    with clients:
        assert complaints(run()) == []


def test_what_a_handler_raises_is_heard_by_the_loop_and_by_the_client() -> None:
    heard: list[Any] = []

    async def fails(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise LookupError("not known here")

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context["exception"]))
        async with listening(fails) as url:
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
            assert await asyncio.wait_for(reader.read(), DEADLINE) == b""
            writer.close()

    assert complaints(run()) == [] and [str(error) for error in heard] == ["not known here"]
