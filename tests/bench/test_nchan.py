"""nchan as a server that is loaded: its three kinds of subscribers, and the publisher that speaks to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bench.experiments import Group, Run, Step
from bench.load.servers import serving
from bench.peers import nchan
from bench.peers.nchan import KINDS, MODULE, nginx
from tests.bench.test_bench import play

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not (nginx() and MODULE.exists()), reason="no nginx with nchan here"),
]
RATE, SECONDS, CLIENTS = 100.0, 0.6, 30


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with serving("nchan") as server:
        yield server.url


async def played(transport: str, url: str) -> dict[str, Any]:
    """The cell of a short run. Five of the clients time, the others sink what comes or poll unheard."""
    group = Group(transport, transport, "nchan", clients=CLIENTS, probes=5)
    run = Run("E4", (group,), (Step(rate=RATE, seconds=SECONDS, warm=0.2, slack=3.0),), server="nchan", sweep=True)
    (cell,) = await play(run, url)
    return cell


@pytest.mark.parametrize("transport", KINDS)
async def test_every_message_is_heard_once_and_after_it_was_due(transport: str, url: str) -> None:
    figures = (await played(transport, url))["figures"]
    assert figures["sent"] == RATE * SECONDS and figures["lost"] == figures["repeated"] == figures["late"] == 0
    assert figures["delivered"] == pytest.approx(CLIENTS * RATE * SECONDS, rel=0.5)  # in a window that may shift
    assert 0 < figures["p50"] < 1


async def test_who_forgets_what_it_heard_loses_and_the_cell_is_void(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nchan, "LAST", b"X: %b%b\r\n")
    monkeypatch.setattr(KINDS["longpoll"], "ask", slow(KINDS["longpoll"].ask))
    cell = await played("longpoll", url)
    assert cell["figures"]["lost"] > 0 and cell["void"]


async def test_what_comes_between_two_long_polls_is_in_the_next_answer(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KINDS["longpoll"], "ask", slow(KINDS["longpoll"].ask))
    cell = await played("longpoll", url)
    assert cell["figures"]["messages_per_answer"] > 3 and cell["figures"]["lost"] == 0


def slow(ask: Any) -> Any:
    """A long poll that takes its time before it asks again."""

    def later(self: Any) -> None:
        self.loop.call_later(0.1, lambda: None if self.transport is None else ask(self))

    return later
