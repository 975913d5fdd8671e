"""The Python client behind real nginx and HAProxy: on which transport it ends, and that nothing is lost or repeated.

All rows run at once: six seconds of talk, a quiet time longer than the impatient ones bear, and one last message.
"""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import statistics
import sys
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.root import ROOT
from tests.serving import Lab, eventually, serving
from tests.stranger.http import DEADLINE, http, new_sid
from tests.stranger.readers import TRANSPORTS, Reader, Sse
from transport_fallback.client.socket import io
from transport_fallback.lab.network import proxies
from transport_fallback.lab.network.proxies import TABLE, proxy

pytestmark = pytest.mark.anyio

TALK, QUIET = 6.0, 13.0  # s
MESSAGES = 20  # a second
SECRET = "secretsecretsecretsecr"  # as a sid is


class Row(NamedTuple):
    proxy: str
    ends: str  # the transports it may end on
    says: tuple[str, ...]  # of the decision log, in this order


REFUSED = "answered 426 on the way"  # the upgrade did not arrive
ROWS = [
    Row("nginx-plain", "sse", (REFUSED, "the first time while longpoll was delivering", "resting it")),
    # It asks for no gzip, as a browser does: so it does not fall into that trap.
    Row("nginx-gzip", "sse", (REFUSED, "sse passed", "resting it")),
    Row("nginx-impatient", "ws", ("ws passed", "ws opened and died after", "it beats every 2 s", "ws passed")),
    Row("nginx-right", "ws", ("ws passed", "ws has lived 5 s: longpoll is let go")),
    Row(
        "haproxy-impatient",
        "ws",
        ("ws passed", "ws opened and died after", r"it beats every [45](\.\d)? s", "ws passed"),
    ),
    Row("haproxy-right", "ws", ("ws passed", "ws has lived 5 s: longpoll is let go")),
]
RIGHT = ["nginx-right", "haproxy-right"]


class Outcome(NamedTuple):
    transport: str | None
    heard: list[Any]  # each n, or a gap
    times: list[float]
    story: str
    log: str  # what the proxy wrote


async def listen(name: str, lab: Lab, ready: list[str], over: asyncio.Event) -> Outcome:
    front = proxy(name, to=lab.url)
    async with front as url:
        heard: list[Any] = []
        times: list[float] = []

        def hear(what: Any) -> None:
            heard.append(what)
            times.append(time.monotonic())

        async with io(url) as client:
            client.on("s2c", lambda data: hear(data["n"]))
            client.on("gap", hear)
            await client.ready()
            ready.append(name)
            await over.wait()
            await eventually(lambda: heard and heard[-1] == TALK * MESSAGES)
            ended, story = client.transport, "\n".join(note.text for note in client.decisions)
        return Outcome(ended, heard, times, story, front.log)


@pytest.fixture(scope="module")
async def outcomes(both_proxies: None, anyio_backend: str) -> dict[str, Outcome]:
    ready: list[str] = []
    over = asyncio.Event()
    async with serving() as lab, asyncio.TaskGroup() as group:
        tasks = {row.proxy: group.create_task(listen(row.proxy, lab, ready, over)) for row in ROWS}
        await eventually(lambda: len(ready) == len(ROWS))
        started, count = time.monotonic(), int(TALK * MESSAGES)
        for n in range(count):
            await asyncio.sleep(max(0.0, started + n / MESSAGES - time.monotonic()))
            await lab.say("s2c", {"n": n})
        await asyncio.sleep(QUIET)
        await lab.say("s2c", {"n": count})
        over.set()
    return {name: task.result() for name, task in tasks.items()}


def silences(times: list[float]) -> list[float]:
    """s between any two messages that came one after another."""
    return [later - earlier for earlier, later in zip(times, times[1:], strict=False)]


# One test for all: they were measured together, once, and not once in each process that has one of them.
async def test_nothing_is_lost_or_repeated_and_the_log_says_why(
    outcomes: dict[str, Outcome], subtests: pytest.Subtests
) -> None:
    for row in ROWS:
        with subtests.test(row.proxy):
            holds(row, outcomes)


def holds(row: Row, outcomes: dict[str, Outcome]) -> None:
    transport, heard, times, story, _log = outcomes[row.proxy]
    assert heard == list(range(int(TALK * MESSAGES) + 1)), story
    assert transport in row.ends.split(), story
    place = 0
    for words in row.says:
        told = re.compile(words).search(story, place)
        assert told, f"{words!r} is not said (any more) in:\n{story}"
        place = told.end()
    # What held up the speaker, the server or this process held up all rows.
    assert max(silences(times)[:-1]) < 2 + min(max(silences(one.times)[:-1]) for one in outcomes.values()), story
    assert silences(times)[-1] < 3 + min(silences(one.times)[-1] for one in outcomes.values()), story


def test_every_proxy_is_tried() -> None:
    assert [row.name for row in TABLE] == [row.proxy for row in ROWS]


# ---- ages

EVENTS = 15


async def age(lab: Lab, url: str, transport: type[Reader]) -> float:
    """How many s one of some messages takes by this address, one after another: the median."""
    reader = await lab.join(transport, base=url)
    found = []
    for n in range(EVENTS):
        began = time.monotonic()
        await lab.say("news", n)
        while not (await reader.next()).messages:
            pass
        found.append(time.monotonic() - began)
        await asyncio.sleep(0.03)
    await reader.cut()
    return statistics.median(found)


@pytest.mark.parametrize("transport", ["sse", "ws", "longpoll"])
@pytest.mark.parametrize("name", RIGHT)
async def test_the_right_ones_hold_no_event_back(name: str, transport: str, both_proxies: None, lab: Lab) -> None:
    """Within 0.06 s of what a message takes without a proxy. A machine that was busy for a moment may try again."""
    later = []
    async with proxy(name, to=lab.url) as url:
        for _ in range(4):
            later.append(await age(lab, url, TRANSPORTS[transport]) - await age(lab, lab.url, TRANSPORTS[transport]))
            if later[-1] < 0.06:
                return
    pytest.fail(f"later by {later} s")


async def test_haproxy_holds_events_back_where_it_is_not_told_not_to(both_proxies: None, lab: Lab) -> None:
    """It waits for more before it sends a chunk on: so the line in its configuration is needed."""
    right, front = proxy("haproxy-right", to=lab.url), proxy("haproxy-right", to=lab.url)
    config = [line for line in front.row.config.split("\n") if "http-no-delay" not in line]
    assert len(config) == len(front.row.config.split("\n")) - 1
    front.row = front.row._replace(config="\n".join(config))
    async with front as wrong_url, right as right_url:
        for _ in range(4):  # a busy machine makes both late
            if await age(lab, wrong_url, Sse) > 2 * await age(lab, right_url, Sse):
                return
    pytest.fail("it holds nothing back")


# ---- secrets


async def asks_in_vain(name: str, words: str) -> str:
    """What a proxy writes, `words` in it, when it is asked with a sid: while the server runs, then when it is gone."""
    async with serving() as lab:
        front = proxy(name, to=lab.url)
        url = await front.__aenter__()
        assert (await http(url, "GET", f"/poll?sid={SECRET}")).status == 200
    try:
        assert (await http(url, "GET", f"/poll?sid={SECRET}")).status in (502, 503)
        await eventually(lambda: words in front.log)  # it may write after it has answered
        return front.log
    finally:
        await front.__aexit__()


@pytest.mark.parametrize("name", RIGHT)
async def test_the_right_ones_log_that_somebody_asked_but_no_secret(
    name: str, both_proxies: None, nothing_left: None
) -> None:
    log = await asks_in_vain(name, "GET /poll 50")
    assert "GET /poll 200" in log
    assert SECRET not in log and "?" not in log


async def test_an_ordinary_one_logs_it_as_soon_as_something_fails(both_proxies: None, nothing_left: None) -> None:
    assert SECRET in await asks_in_vain("nginx-plain", SECRET)


# ---- starting and ending


def refuses(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) != 0


@pytest.mark.parametrize("name", RIGHT)
async def test_it_ends_with_its_block_and_leaves_nothing(name: str, both_proxies: None, lab: Lab) -> None:
    front = proxy(name, to=lab.url)
    async with front as url:
        assert (await http(url, "GET", f"/poll?sid={new_sid()}")).status == 200
        assert front.folder.exists()
    assert refuses(url) and not front.folder.exists()


@pytest.mark.parametrize("name", RIGHT)
async def test_a_port_that_is_taken_is_not_shared(name: str, both_proxies: None, lab: Lab) -> None:
    async with proxy(name, to=lab.url) as url:
        with pytest.raises(OSError, match="in use"):
            await proxy(name, to=lab.url, port=urlsplit(url).port or 0).__aenter__()


async def test_a_configuration_that_is_wrong_is_told(both_proxies: None, lab: Lab) -> None:
    front = proxy("nginx-right", to=lab.url)
    front.row = front.row._replace(config="nonsense;")
    with pytest.raises(OSError, match='nginx-right does not run.*unknown directive "nonsense"'):
        await front.__aenter__()
    assert not front.folder.exists()


async def test_a_missing_program_is_told(monkeypatch: pytest.MonkeyPatch, lab: Lab) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(proxies, "PLACES", ())
    for name, program in (("nginx-right", "nginx"), ("haproxy-right", "haproxy")):
        with pytest.raises(FileNotFoundError, match=f"{program} is not installed: run scripts/get-proxies"):
            await proxy(name, to=lab.url).__aenter__()


def test_an_unknown_proxy_is_told() -> None:
    with pytest.raises(ValueError, match="no such proxy; there are nginx-plain, "):
        proxy("squid", to="127.0.0.1:1")


async def test_the_command_runs_one_until_it_is_ended(both_proxies: None, lab: Lab) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lab.proxies", "haproxy-right", "--listen", "0", "--to", str(urlsplit(lab.url).port),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url, *words = (await process.stdout.readline()).decode().split()
        assert " ".join(words).startswith(f"leads to {lab.url}. Passes everything")
        assert (await http(url, "GET", f"/poll?sid={new_sid()}")).status == 200
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), DEADLINE) == 0
        assert refuses(url)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
