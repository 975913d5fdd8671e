"""A gateway that ends leaves no line open, however late one came."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest

from tests.listening import listening
from tests.stranger.http import DEADLINE
from tests.test_listening import complaints, waits
from transport_fallback.lab.network.gateway import Gateway


@pytest.mark.parametrize("turns", range(8))
def test_a_line_that_comes_in_the_last_turns_is_closed(turns: int) -> None:
    clients = ExitStack()  # they are there for longer than the loop, and close nothing for it

    async def run() -> None:
        async with listening(waits) as to, Gateway("direct", to=to) as url:
            place = ("127.0.0.1", urlsplit(url).port)
            early = clients.enter_context(socket.create_connection(place, DEADLINE))
            await asyncio.sleep(0.02)
            late = [clients.enter_context(socket.create_connection(place, DEADLINE)) for _ in range(3)]
            for _ in range(turns):
                await asyncio.sleep(0)
        for line in (early, *late):
            with suppress(ConnectionResetError):
                while line.recv(1 << 20):
                    pass

    with clients:
        assert complaints(run()) == []
