"""A server that is not this lab is measured by a script; and what a script or a server does wrong is told."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from bench.experiments import Group, Run, Step
from bench.load.foreign import KINDS, text_of
from bench.load.gates import disturbed
from bench.load.script import BadScript, load
from bench.load.wire import Client, Ear, Way
from bench.search import sentence
from tests.bench.plain_server import app
from tests.bench.test_bench import play
from tests.root import ROOT
from tests.serving import GENEROUS
from transport_fallback.app import build
from transport_fallback.protocol.limits import Limits
from transport_fallback.serving.run import running

pytestmark = pytest.mark.anyio
LAB = ROOT / "bench" / "load" / "scripts" / "lab.py"
PUSHED = ("longpoll", "sse", "ws")
PLAIN = """
import json
PATHS = {"longpoll": "/wait?after={after}", "sse": "/events?who={client}", "ws": "/socket"}
HEADERS = {"X-Reader": "bench"}
def after(body): return json.loads(body)["next"]
def subscribe(client): return "news, please"
def publish(text, number, planned): return "POST", "/say", {"Content-Type": "text/plain"}, text
"""
OWN = """
import json
PATHS = {"longpoll": "/wait?after={after}", "sse": "/events", "ws": "/socket"}
def after(body): return json.loads(body)["next"]
def subscribe(client): return "news, please"
def read(message):
    told = json.loads(message)
    said = told["said"] if "said" in told else [told["text"]] if "text" in told else [json.dumps(told)]
    return [(one["number"], one["due"]) for one in map(json.loads, said)]
"""


DEAF = """
seen, all_of = set(), read
def read(message):  # whoever is first to hear of each seventh does not hear it
    first = [one for one in all_of(message) if one[0] % 7 == 0 and one[0] not in seen]
    seen.update(number for number, _ in first)
    return [one for one in all_of(message) if one not in first]
"""


@asynccontextmanager
async def plain(lie: str = "", clock: float | None = None) -> AsyncIterator[str]:
    """The strange server, in this loop."""
    made = app(lie, clock)
    line = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        made, log_level="error", lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve(sockets=[line]))
    speaking = asyncio.create_task(made.state.speak())
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{line.getsockname()[1]}"
    finally:
        speaking.cancel()
        made.state.end()
        server.should_exit = True
        await serving
        line.close()


def script(folder: Path, text: str = PLAIN) -> Path:
    path = folder / "mine.py"
    path.write_text(text, "utf-8")
    return path


def run(path: Path, transport: str, step: Step | None = None, **more: Any) -> Run:
    group = Group(transport, transport, clients=4, interval=0.1 if transport == "poll" else None,
                  mode="rate" if transport == "poll" else None, **more)  # fmt: skip
    steps = (step or Step(rate=20, seconds=1.0, warm=0.4, slack=2.0),)
    return Run("own", (group,), steps, server="url", script=str(path))


def stands(cell: dict[str, Any]) -> bool:
    return cell["void"] is None or disturbed(cell["void"])


# ---- any server


@pytest.mark.parametrize("transport", PUSHED)
async def test_a_strange_server_is_measured(transport: str, tmp_path: Path) -> None:
    async with plain() as url:
        (cell,) = await play(run(script(tmp_path), transport), url)
    assert stands(cell), cell["void"]
    figures = cell["figures"]
    assert figures["sent"] == 20 and figures["lost"] == figures["repeated"] == figures["late"] == 0
    assert figures["delivered"] == pytest.approx(80, abs=16)  # in a window that the machine may shift
    assert 0 < figures["p50"] < 0.5 and figures["payload_down"] > 0 and cell["histogram"]
    if transport == "longpoll":
        assert figures["requests"] >= 40 and figures["connections"] >= 40  # it ends its line with each answer


async def test_a_planted_delay_is_found_and_a_put_in_round_trip(tmp_path: Path) -> None:
    async with plain("late") as url:
        (cell,) = await play(run(script(tmp_path), "ws", Step(rate=10, seconds=1.0, warm=0.4, slack=2.0)), url)
    assert stands(cell) and cell["figures"]["p50"] >= 0.05
    async with plain() as url:
        (cell,) = await play(run(script(tmp_path), "sse", rtt=0.2), url)
    assert stands(cell) and cell["figures"]["p50"] >= 0.1


async def test_several_steps_are_several_cells(tmp_path: Path) -> None:
    steps = tuple(Step(rate=rate, seconds=0.5, warm=0.3, size=300, slack=2.0) for rate in (10, 40))
    async with plain() as url:
        cells = await play(replace(run(script(tmp_path), "ws"), steps=steps), url)
    assert [cell["figures"]["sent"] for cell in cells] == [5, 20] and all(map(stands, cells))
    assert cells[1]["figures"]["payload_down"] / cells[1]["figures"]["delivered"] > 300


@pytest.mark.parametrize(
    ("lie", "why"),
    [("drop", "messages were lost"), ("refuse", "could not publish: 403 not today")],
)
async def test_what_a_server_loses_or_refuses_voids(lie: str, why: str, tmp_path: Path) -> None:
    async with plain(lie) as url:
        (cell,) = await play(run(script(tmp_path), "ws", Step(rate=20, seconds=0.6, warm=0.3, slack=0.3)), url)
    assert cell["void"] is not None and (why in cell["void"] or disturbed(cell["void"]))
    assert lie == "refuse" or cell["figures"]["lost"] >= 4  # of each client every fifth


async def test_an_address_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = script(tmp_path, PLAIN.replace("/events", "/nowhere"))
    async with plain() as url:
        (cell,) = await play(run(path, "sse", Step(rate=20, seconds=0.3, warm=0.3, slack=0.2)), url)
    assert "was answered 404" in cell["void"]


# ---- a server that speaks by itself


@pytest.mark.parametrize("transport", PUSHED)
async def test_a_server_that_speaks_by_itself_is_listened_to(transport: str, tmp_path: Path) -> None:
    async with plain(clock=0.0) as url:
        (cell,) = await play(run(script(tmp_path, OWN), transport), url)
    assert stands(cell), cell["void"]
    assert cell["figures"]["sent"] == pytest.approx(20, abs=1) and cell["figures"]["lost"] == 0
    assert 0 <= cell["figures"]["p50"] < 0.5


async def test_a_clock_that_is_ahead_voids(tmp_path: Path) -> None:
    async with plain(clock=0.5) as url:
        (cell,) = await play(run(script(tmp_path, OWN), "ws"), url)
    assert "before they were due (median): the clocks differ" in cell["void"]


async def test_what_one_of_them_misses_is_lost(tmp_path: Path) -> None:
    path = script(tmp_path, OWN + DEAF)
    async with plain(clock=0.0) as url:
        (cell,) = await play(run(path, "ws"), url)
    assert cell["void"] is not None and ("messages were lost" in cell["void"] or disturbed(cell["void"]))
    assert cell["figures"]["lost"] >= 2


async def test_a_server_that_says_nothing_is_told(tmp_path: Path) -> None:
    async with plain() as url:
        (cell,) = await play(run(script(tmp_path, OWN), "ws", Step(rate=1, seconds=0.3, warm=0.1)), url)
    assert "said nothing in the measured time" in cell["void"]


# ---- this lab, as any server


@pytest.mark.parametrize("transport", ["poll", *PUSHED])
async def test_this_lab_is_measured_by_its_public_interface(transport: str, nothing_left: None) -> None:
    async with running(build(limits=Limits(**GENEROUS))) as url:
        (cell,) = await play(run(LAB, transport), url)
    assert stands(cell), cell["void"]
    assert cell["figures"]["sent"] == 20 and cell["figures"]["lost"] == cell["figures"]["repeated"] == 0
    if transport == "poll":
        assert 0.03 < cell["figures"]["mean"] < 0.2


# ---- bytes


class Deaf:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.said = b""

    def write(self, data: bytes) -> None:
        self.said += data

    def abort(self) -> None: ...

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, _name: str) -> None:
        return None


def hearing(kind: str, path: Path) -> Client:
    ear = Ear()
    ear.listen("f", 0)
    ear.marker = b"feed=f;"
    client: Client = KINDS[kind](Way("127.0.0.1", 9, ""), ear, script=load(path))
    client.transport = Deaf()
    return client


@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("chunked", [True, False])
async def test_event_streams_of_all_kinds_are_read_however_they_are_cut(
    size: int, ends: str, chunked: bool, tmp_path: Path
) -> None:
    client = hearing("sse", script(tmp_path))
    lines = [": hello", "", "retry: 10", "", f"data:{text_of('f', 0, 1.0, 5)}", "", "event: x", "data: first",
             f"data: {text_of('f', 1, 2.0, 5)}", "id: 9", "", f"data: {text_of('g', 2, 3.0, 5)}", "", ""]  # fmt: skip
    body = ends.join(lines).encode()
    said = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    said += b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(body), body) if chunked else b"\r\n" + body
    for at in range(0, len(said), size):
        client.take(said[at : at + size])
    assert (client.next, client.lost, client.repeated, client.faults) == (2, 0, 0, [])
    assert (client.counts.answers, client.counts.empty, client.counts.messages) == (3, 1, 2)
    assert client.opened.done() and len(client.ear.ages) == 2


async def test_what_is_lost_and_repeated_is_counted(tmp_path: Path) -> None:
    client = hearing("ws", script(tmp_path))
    client.take(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
    assert b"news, please" in client.transport.said
    for number in (0, 1, 1, 4):
        text = text_of("f", number, time.time(), 0).encode()
        client.take(bytes((0x82, len(text))) + text)
    assert (client.next, client.lost, client.repeated, client.counts.again) == (5, 2, 1, 1)


async def test_a_long_poll_asks_after_what_it_heard_and_a_204_is_an_answer(tmp_path: Path) -> None:
    client = hearing("longpoll", script(tmp_path))
    client.begin()
    client.take(b"HTTP/1.1 204 No Content\r\n\r\n")
    body = json.dumps({"next": 7, "said": [text_of("f", 0, 1.0, 3)]}).encode()
    client.take(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    asked = [line for line in client.transport.said.decode().split("\r\n") if line.startswith("GET")]
    assert asked == ["GET /wait?after= HTTP/1.1", "GET /wait?after= HTTP/1.1", "GET /wait?after=7 HTTP/1.1"]
    assert "X-Reader: bench" in client.transport.said.decode() and client.next == 1


# ---- scripts that are none


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 +", "mine.py cannot be run: SyntaxError"),
        ("raise OSError('no')", "mine.py cannot be run: OSError: no"),
        ("PATHS = []", "mine.py has no PATHS"),
        ("PATHS = {'h3': '/x'}", "names 'h3'; there are poll, longpoll, sse, ws"),
        ("PATHS = {'ws': 'x'}", "the path of ws in mine.py does not begin with /"),
        ("PATHS = {'ws': '/x'}", "mine.py has neither publish, which says a message, nor read, which finds one"),
    ],
)
def test_what_is_no_script_is_refused_in_a_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(BadScript, match=sentence.replace("+", r"\+")):
        load(script(tmp_path, text))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("def publish(text, number, planned): return text", "not (method, path, headers, body)"),
        ("def publish(text, number, planned): return 1 / 0", "publish in mine.py failed: ZeroDivisionError"),
        ("def read(message): return 5", "read in mine.py gave 5"),
        ("def subscribe(client): raise KeyError(client)", "subscribe in mine.py failed: KeyError"),
    ],
)
async def test_what_a_script_does_wrong_voids_with_its_sentence(line: str, why: str, tmp_path: Path) -> None:
    async with plain() as url:
        path = script(tmp_path, f"{PLAIN}\n{line}\n")
        (cell,) = await play(run(path, "ws", Step(rate=20, seconds=0.3, warm=0.2, slack=0.2)), url)
    assert cell["void"] is not None and why in cell["void"]


# ---- the program


async def test_the_program_measures_a_strange_server_and_says_3_where_a_limit_is_broken(tmp_path: Path) -> None:
    async with plain() as url:
        done = await bench(tmp_path, url, "--transport", "ws,sse", "--clients", "2,3", "--limit", "p99<0.00001",
                           "--limit", "lost=0")  # fmt: skip
        document = json.loads((tmp_path / "raw.json").read_text())
        assert done.returncode == 3, done.stderr
        assert re.search(r"p99<1e-05 is broken: ws with 2 clients at 5/s, round 1, (has p99 \d|is void: )", done.stderr)
        told = {one["limit"]: one["kept"] for one in document["limits"]}
        assert told["p99<1e-05"] is False and (told["lost=0"] or any(cell["void"] for cell in document["cells"]))
        cells = [(cell["transport"], cell["params"]["clients"]) for cell in document["cells"]]
        assert set(cells) == {("ws", 2), ("ws", 3), ("sse", 2), ("sse", 3)}


async def test_the_program_finds_the_most_that_keeps_a_limit(tmp_path: Path) -> None:
    """It goes up from where it is told to begin, and tells what it tried; on a busy machine nobody can tell."""
    async with plain() as url:
        done = await bench(tmp_path, url, "--transport", "ws", "--clients", "2", "--rate", "400", "--most", "p99<20",
                           "--over", "rate")  # fmt: skip
    document = json.loads((tmp_path / "raw.json").read_text())
    (told,) = document["most"]
    assert done.returncode == (0 if told["untold"] is None else 1), done.stderr
    assert told["over"] == "rate" and 1 <= told["tries"] <= 14 and sentence(told) in done.stderr
    rates = [cell["params"]["rate"] for cell in document["cells"]]
    assert rates[0] == 400 and told["most"] in (None, *rates)


async def test_without_a_script_a_strange_server_is_told_that_it_needs_one(tmp_path: Path) -> None:
    async with plain() as url:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "bench", "--url", url, "--transport", "ws", "--clients", "1", "--seconds", "0.2",
             "--json", str(tmp_path / "raw.json"), "--out", str(tmp_path)],
            cwd=ROOT, capture_output=True, text=True, timeout=100,
        )  # fmt: skip
    assert done.returncode == 0
    cells = json.loads((tmp_path / "raw.json").read_text())["cells"]
    assert cells and all("one that is not this lab needs a --script" in (cell["void"] or "") for cell in cells)


async def bench(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--url", url, "--script", str(script(folder)), "--seconds", "0.4",
               "--json", str(folder / "raw.json"), "--out", str(folder / "report"), *arguments]  # fmt: skip
    return await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, timeout=100)
