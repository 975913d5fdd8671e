"""Networks: each fault hurts what its row says, new and living, by either door, and nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from bench.load.servers import free_port
from tests.listening import listening
from tests.root import ROOT
from tests.serving import Lab, eventually, serving
from tests.stranger.http import DEADLINE, JSON, Answer, Refused, as_json, http, new_sid, target
from tests.stranger.readers import TRANSPORTS, Ended, LongPoll, Reader, Sse, Ws
from transport_fallback.client.socket import io
from transport_fallback.lab.network import ends, network
from transport_fallback.lab.network.faults import CUT_STREAM
from transport_fallback.lab.network.gateway import Gateway
from transport_fallback.lab.network.links import Links
from transport_fallback.lab.network.linktable import Link
from transport_fallback.lab.network.table import TABLE, Setting
from transport_fallback.protocol.errors import Refused as ServerRefused
from transport_fallback.protocol.http1 import ANSWERS, ASKS, Bad, Chunked, Messages, answered_body, asked_body

pytestmark = pytest.mark.anyio

QUIET = 0.4  # s without a word, after which a line counts as silent
FINE = "first news"
NAMES = (
    "direct no-upgrade forbidden hang kill mute deaf later heal buffer impatient cut lost no-post stale portal silent"
)


@dataclass
class Door:
    """A way to the server that leads through a network."""

    lab: Lab
    kind: str
    url: str
    gate: Any = None

    async def change(self, setting: str, seed: int | None = None) -> None:
        if self.gate:
            self.gate.change(setting, seed)
        else:
            await put(self.lab, self.url.rpartition("~")[2], setting, seed)

    @property
    def through(self) -> network.Network:
        found: network.Network = (
            self.gate.through if self.gate else self.lab.app.state.links.find(self.url.rpartition("~")[2])
        )
        return found


@pytest.fixture(params=["link", "port"])
async def door(request: pytest.FixtureRequest, lab: Lab) -> AsyncIterator[Door]:
    async with opened(lab, request.param) as door:
        yield door


@contextlib.asynccontextmanager
async def opened(lab: Lab, kind: str) -> AsyncIterator[Door]:
    if kind == "link":
        yield Door(lab, kind, f"{lab.url}/via/~{new_sid()}")
    else:
        gate = Gateway("direct", to=lab.url)
        async with gate as url:
            yield Door(lab, kind, url, gate)


async def ask(base: str, method: str = "GET", name: str = "hello", body: bytes | None = None, **more: Any) -> Answer:
    """One request below a base that may have a path."""
    deadline = more.pop("deadline", DEADLINE)
    headers = more.pop("headers", JSON if body is not None else [])
    path = urlsplit(base).path + target(name, **more)
    return await http(base, method, path, headers=headers, body=body, deadline=deadline)


async def put(lab: Lab, link: str, setting: Any, seed: Any = None) -> Any:
    body = {"network": setting} | ({} if seed is None else {"seed": seed})
    return (await http(lab.url, "PUT", f"/via/~{link}", body=as_json(body))).accepted()


async def said(base: str, sid: str, n: int = 1, **more: Any) -> Answer:
    emits = {"emits": [{"n": n, "event": "c2s", "data": n}]}
    return await ask(base, "POST", "emit", as_json(emits), sid=sid, **more)


async def outcome(reader: Reader, deadline: float = QUIET) -> str:
    """What a reader hears next: a word for it."""
    try:
        async with asyncio.timeout(deadline):
            while True:
                messages = (await reader.next(30)).messages
                if messages:
                    return str(messages[-1]["event"])
                if len(reader.batches) == 1:
                    return "first"
    except TimeoutError:
        return "silence"
    except Ended:
        return "ended"
    except Refused as refused:
        return str(refused.status)
    except (ValueError, AssertionError):
        return "html"


def patience(word: str, quiet: float = 1.0) -> float:
    """s to wait where this word is expected: silence is soon heard, and for anything else a busy machine has time."""
    return quiet if word == "silence" else DEADLINE


async def feel(lab: Lab, base: str, transport: str, expected: str = FINE) -> str:
    """What a new reader hears: its first batch, then news, or its end where that is expected. Joined by spaces."""
    reader = await lab.reader(TRANSPORTS[transport], base=base).open()
    first, *then = expected.split()
    heard = [await outcome(reader, patience(first))]
    if heard == ["first"]:
        if then != ["ended"]:
            await asyncio.sleep(0.15)
            await lab.say("news")
        heard.append(await outcome(reader, patience("".join(then))))
    return " ".join(heard)


# What a newcomer finds. POST: the status, "ended" or "silence".
NEW: dict[str, dict[str, str]] = {
    "direct": {},
    "no-upgrade": {"ws": "400"},
    "forbidden": {"ws": "403"},
    "hang": {"ws": "silence"},
    "kill:100": {"ws": "first ended"},
    "mute": {"ws": "silence"},
    "deaf": {},
    "later:0": {"ws": "403"},
    "later:60": {},
    "heal:60": {"ws": "403"},
    "heal:0": {},
    "buffer": {"sse": "silence"},
    "impatient:0.5": {},
    "cut:1": {"poll": "ended", "longpoll": "ended", "sse": "ended", "post": "ended"},
    "cut:0": {},
    "lost:1": {"poll": "ended", "longpoll": "ended", "sse": "ended", "post": "ended"},
    "lost:0": {},
    "no-post": {"post": "403"},
    "stale": {},
    "portal": {"poll": "html", "longpoll": "html", "sse": "html", "ws": "200", "post": "html"},
    "silent": dict.fromkeys([*TRANSPORTS, "post"], "silence"),
    "slow:100": {},
    "flaky:3600": {},
}


@pytest.mark.parametrize("setting", NEW)
async def test_a_newcomer_meets_what_the_row_says(door: Door, setting: str) -> None:
    await door.change(setting, seed=1)
    await asyncio.sleep(0.02)
    expected = {name: NEW[setting].get(name, FINE) for name in TRANSPORTS}
    if setting == "cut:1":  # where a stream is cut is left to chance
        del expected["sse"]
    heard = await asyncio.gather(*(feel(door.lab, door.url, name, words) for name, words in expected.items()))
    assert dict(zip(expected, heard, strict=True)) == expected


@pytest.mark.parametrize("setting", NEW)
async def test_a_post_meets_what_the_row_says(door: Door, setting: str) -> None:
    heard: list[Any] = []

    @door.lab.hub.on("c2s")
    async def hear(_client: Any, data: Any) -> None:
        heard.append(data)

    await door.change(setting, seed=1)
    expected = NEW[setting].get("post", "200")
    try:
        answer = await said(door.url, new_sid(), deadline=patience(expected))
        found = "html" if b"<html" in answer.body or b"<!doctype" in answer.body else str(answer.status)
        assert answer.status in (200, 403)
        found = "403" if answer.status == 403 else found
        if len(answer.body) < int(answer.headers["content-length"]):
            found = "ended"
    except TimeoutError:
        found = "silence"
    except (ValueError, IndexError):
        found = "ended"  # an answer that was cut, or none at all
    assert found == expected
    if setting in ("lost:1", "cut:1"):  # the server did the work
        await eventually(lambda: heard)
    assert heard == ([1] if expected in ("200", "ended") else [])


async def reading(lab: Lab, *readers: Reader) -> None:
    """Wait until each of them is read for by the server."""
    await eventually(lambda: all(lab.app.state.clients.find(reader.sid).readers for reader in readers))


# What living readers hear after the network changed, when news is told a moment later.
LIVING: dict[str, dict[str, str]] = {
    "direct": {},
    "no-upgrade": {"ws": "ended"},
    "forbidden": {"ws": "ended"},
    "hang": {},
    "kill:60000": {"ws": "ended"},
    "mute": {"ws": "silence"},
    "deaf": {},
    "later:0.1": {"ws": "ended"},
    "later:60": {},
    "heal:60": {"ws": "ended"},
    "buffer": {"sse": "silence"},
    "impatient:0.1": {"longpoll": "html"},
    "cut:1": {"longpoll": "ended"},
    "lost:1": {"longpoll": "ended"},
    "no-post": {},
    "stale": {},
    "portal": {"longpoll": "ended", "sse": "ended", "ws": "ended"},
    "silent": {"longpoll": "silence", "sse": "silence", "ws": "silence"},
    "slow:100": {},
    "flaky:0.1": {"longpoll": "ended", "sse": "ended", "ws": "ended"},
}


@pytest.mark.parametrize("setting", LIVING)
async def test_a_change_strikes_the_living_as_the_row_says_and_nobody_else(door: Door, setting: str) -> None:
    lab, names = door.lab, ("longpoll", "sse", "ws")
    others = f"{lab.url}/via/~{new_sid()}"
    behind = [await lab.join(TRANSPORTS[name], base=door.url) for name in names]
    beside = [await lab.join(TRANSPORTS[name], base=base) for name in names for base in (lab.url, others)]
    for reader in (behind[0], *beside[:2]):
        reader._start()  # the long polls wait
    await reading(lab, *behind, *beside)
    await door.change(setting, seed=7)  # by which no life is longer than 0.11 s
    await asyncio.sleep(0.3)
    await lab.say("news")
    expected = {name: LIVING[setting].get(name, "news") for name in names}
    waits = [patience(word, 0.6) for word in expected.values()]
    heard = await asyncio.gather(*(outcome(reader, wait) for reader, wait in zip(behind, waits, strict=True)))
    assert dict(zip(names, heard, strict=True)) == expected
    assert await asyncio.gather(*(outcome(reader, DEADLINE) for reader in beside)) == ["news"] * 6
    assert [await feel(lab, base, "ws") for base in (lab.url, others)] == [FINE, FINE]
    assert (await said(others, new_sid())).status == 200


# Rows that need a closer look.


async def test_a_deaf_line_brings_news_and_takes_nothing(door: Door) -> None:
    early = await door.lab.join(Ws, base=door.url)
    assert isinstance(early, Ws) and await early.ping("a") == "a"
    await door.change("deaf")
    late = await door.lab.join(Ws, base=door.url)
    await door.lab.say("news")
    assert [await outcome(early, DEADLINE), await outcome(late, DEADLINE)] == ["news", "news"]
    for line in (early, late):
        assert isinstance(line, Ws)
        with pytest.raises(TimeoutError):
            await line.ping("b", QUIET)
    await door.change("direct")  # what vanished has left a hole in the frames: it stays deaf
    with pytest.raises(TimeoutError):
        await early.ping("c", QUIET)
    assert await feel(door.lab, door.url, "ws") == FINE


async def test_mute_answers_the_handshake(door: Door) -> None:
    await door.change("mute")
    line = door.lab.reader(Ws, base=door.url)
    assert isinstance(line, Ws)
    await line.open()
    await asyncio.wait_for(line.opened.wait(), DEADLINE)
    assert line.line is not None and await outcome(line) == "silence"


async def test_kill_lives_as_long_as_it_says(door: Door) -> None:
    await door.change("kill:300")
    began = time.monotonic()
    line = await door.lab.join(Ws, base=door.url)
    assert await outcome(line, DEADLINE) == "ended"
    assert 0.3 <= time.monotonic() - began < 3


async def test_later_and_heal_turn_at_their_time(door: Door) -> None:
    await door.change("heal:1")
    assert await feel(door.lab, door.url, "ws", "403") == "403"
    await asyncio.sleep(1.1)
    assert await feel(door.lab, door.url, "ws") == FINE
    await door.change("later:1")
    line = await door.lab.join(Ws, base=door.url)
    assert await outcome(line, DEADLINE) == "ended"
    assert await feel(door.lab, door.url, "ws", "403") == "403"


async def test_buffer_holds_a_stream_until_it_ends(door: Door) -> None:
    await door.change("buffer")
    sid = new_sid()
    reader = await door.lab.reader(Sse, sid, base=door.url).open()
    assert await outcome(reader) == "silence"
    await door.lab.say("news")
    await eventually(lambda: door.lab.people)
    await http(door.lab.url, "POST", target("bye", sid=sid), body=b"")
    assert (await reader.messages(1))[0]["event"] == "news"


async def test_buffer_lets_go_when_the_network_changes(door: Door) -> None:
    await door.change("buffer")
    reader = await door.lab.reader(Sse, base=door.url).open()
    assert await outcome(reader) == "silence"
    await door.lab.say("news")
    assert await outcome(reader) == "silence"
    await door.change("direct")
    assert (await reader.messages(1))[0]["event"] == "news"


async def test_buffer_cuts_what_grows_too_large(door: Door) -> None:
    await door.change("buffer")
    reader = await door.lab.reader(Sse, base=door.url).open()
    assert await outcome(reader) == "silence"
    for _ in range(100):
        await door.lab.say("news", "x" * 16000)
        await asyncio.sleep(0.001)
        assert door.through.held <= ends.PIPE + (300 << 10)
    assert await outcome(reader, DEADLINE) == "ended"
    assert door.through.held == 0


async def test_impatient_answers_504_at_its_time(door: Door) -> None:
    await door.change("impatient:0.3")
    reader = await door.lab.join(LongPoll, base=door.url)
    began = time.monotonic()
    answer = await ask(door.url, name="longpoll", cursor=reader.cursor, hold=5)
    assert answer.status == 504 and b"<h1>" in answer.body
    assert 0.3 <= time.monotonic() - began < 3


async def test_cut_ends_in_the_middle(door: Door) -> None:
    whole = await ask(door.url)
    await door.change("cut:1")
    answer = await http(door.url, "GET", urlsplit(door.url).path + "/hello")
    length = int(whole.headers["content-length"])
    assert 0 < len(answer.body) < length and int(answer.headers["content-length"]) >= length - 20


async def test_cut_ends_a_stream_soon(door: Door) -> None:
    await door.change("cut:1")
    for _ in range(5):
        reader = await door.lab.reader(Sse, base=door.url).open()
        with pytest.raises(Ended) as ended:
            for _ in range(50):
                await door.lab.say("news")
                await reader.next()
        assert not ended.value.clean


@pytest.mark.parametrize("fault", ["cut", "lost"])
async def test_a_seed_makes_chance_the_same_again(door: Door, fault: str) -> None:
    async def draw(seed: int) -> str:
        await door.change(f"{fault}:0.5", seed)
        return "".join([await self_contained(door.url) for _ in range(24)])

    async def self_contained(base: str) -> str:
        try:
            answer = await ask(base)
            return "." if len(answer.body) == int(answer.headers["content-length"]) else "x"
        except (ValueError, IndexError):
            return "x"

    first, again, other = await draw(7), await draw(7), await draw(8)
    assert first == again != other
    assert 4 < first.count("x") < 20
    expected, generator = [], random.Random(7)
    for _ in first:
        expected.append("x" if generator.random() < 0.5 else ".")
    assert first == "".join(expected)  # the same by both doors


async def test_flaky_lives_are_drawn_from_the_seed(lab: Lab) -> None:
    """None ends before its time; how long after it depends on what else the machine does."""
    chance, found = random.Random(3), []
    async with Gateway("flaky:0.3", to=lab.url, seed=3) as url:
        for _ in range(8):
            drawn, began = chance.expovariate(1 / 0.3), time.monotonic()
            reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), DEADLINE)
            writer.close()
            found.append((drawn, time.monotonic() - began))
    assert all(drawn <= lived + 0.01 for drawn, lived in found), found
    assert min(lived - drawn for drawn, lived in found) < 0.2, found


async def test_stale_repeats_its_last_answer_to_the_same_url(door: Door) -> None:
    cursor = door.lab.at(0)
    await door.lab.say("one")
    await door.change("stale")
    first = await ask(door.url, name="poll", cursor=cursor)
    await door.lab.say("two")
    again = await ask(door.url, name="poll", cursor=cursor)
    fresh = await ask(door.url, name="poll", cursor=cursor, t=1)
    assert first.raw == again.raw
    assert [m["event"] for m in fresh.json["messages"]] == ["one", "two"]
    await door.change("direct")
    assert (await ask(door.url, name="poll", cursor=cursor)).json == fresh.json


async def test_stale_never_mixes_people_up(lab: Lab) -> None:
    cursor = lab.at(0)
    here, there = (f"{lab.url}/via/~{new_sid()}" for _ in range(2))
    for base in (here, there):
        await put(lab, base.rpartition("~")[2], "stale")
    await ask(here, name="poll", cursor=cursor)
    await lab.say("one")
    assert (await ask(here, name="poll", cursor=cursor)).json["messages"] == []
    assert len((await ask(there, name="poll", cursor=cursor)).json["messages"]) == 1
    ada, bob = new_sid(), new_sid()
    for sid in (ada, bob):  # one link, one URL, two people
        await ask(here, name="poll", headers=[("Authorization", f"Bearer {sid}")])
    await lab.hub.client(lab.client(ada).id).emit("secret", 1)
    seen = {}
    for sid in (ada, bob, ada, bob):
        headers = [("Authorization", f"Bearer {sid}")]
        seen[sid] = await ask(here, name="poll", cursor=lab.at(1), headers=headers)
    assert b"secret" in seen[ada].raw and b"secret" not in seen[bob].raw


async def test_portal_speaks_html_until_cleared(door: Door) -> None:
    await door.change("portal")
    answer = await ask(door.url)
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
    await door.change("direct")
    assert (await ask(door.url)).json["version"] == 1


async def test_what_silence_struck_stays_dead_and_the_new_lives(door: Door) -> None:
    reader = await door.lab.join(Sse, base=door.url)
    await door.change("silent")
    await door.lab.say("news")
    await door.change("direct")
    await door.lab.say("news")
    assert await outcome(reader) == "silence"
    assert await feel(door.lab, door.url, "sse") == FINE


async def least(does: Callable[[], Awaitable[Any]], enough: float) -> float:
    """The least s that something takes, tried a few times: what else the machine does can only add to it."""
    took = []
    for _ in range(5):
        began = time.monotonic()
        await does()
        took.append(time.monotonic() - began)
        if took[-1] < enough:
            break
    return min(took)


async def test_slow_is_a_pipe(door: Door) -> None:
    await door.change("slow:300")
    began = time.monotonic()
    line = await door.lab.join(Ws, base=door.url)
    opening = time.monotonic() - began
    assert isinstance(line, Ws) and 0.59 < opening < 3  # to connect takes a round trip, to ask takes another
    began = time.monotonic()
    for token in range(50):
        await line.write({"ping": token})
    assert [await line.pongs.get() for _ in range(50)] == list(range(50))
    assert 0.29 < time.monotonic() - began < 3  # all of them in one round trip of 0.3 s, not in 50; in order
    await door.change("direct")
    assert await least(line.ping, 0.25) < 0.25


async def test_slow_carries_much_at_once(door: Door) -> None:
    cursor = door.lab.end
    for _ in range(60):
        await door.lab.say("news", "x" * 4000)
    await door.change("slow:200")
    answers = []

    async def asked() -> None:
        answers.append(await ask(door.url, name="poll", cursor=cursor))

    assert await least(asked, 1.2) < 1.2
    assert len(answers[0].json["messages"]) == 60


# The door in the server.


async def test_the_table_is_served(lab: Lab) -> None:
    found = (await http(lab.url, "GET", "/via")).accepted()["networks"]
    assert [row["name"] for row in found] == [*NAMES.split(), "slow", "flaky"]
    for row in found:
        assert set(row) == {"name", "parameter", "touches", "does"} and set(row["does"]) == {"en", "zh"}
        assert row["does"]["en"].endswith(".") and re.search("[一-鿿]", row["does"]["zh"])
        if row["parameter"]:
            assert set(row["parameter"]) == {"unit", "default", "least", "most"}
            assert row["parameter"]["least"] <= row["parameter"]["default"] <= row["parameter"]["most"]


async def test_a_link_is_made_by_its_first_use_and_set_by_put(lab: Lab) -> None:
    links = lab.app.state.links
    told = (await http(lab.url, "GET", "/via/~new-link")).accepted()
    assert told["network"] == "direct" and links.find("new-link") is None
    assert (await ask(f"{lab.url}/via/~new-link")).json["network"] == "direct"
    assert links.find("new-link") is not None
    for setting in ("kill", "kill:300", "cut:0.25", "direct"):
        told = await put(lab, "new-link", setting, seed=5)
        assert told["network"] == setting and told["seed"] == 5 and told["link"] == "new-link"
        assert (await http(lab.url, "GET", "/via/~new-link")).json == told
        if not setting.startswith("cut"):
            assert (await ask(f"{lab.url}/via/~new-link")).json["network"] == setting
    assert (await ask(lab.url)).json["network"] not in ("direct", "kill")


@pytest.mark.parametrize("once", [True, False])
async def test_a_link_may_give_each_connection_one_answer(lab: Lab, once: bool) -> None:
    body = as_json({"network": "direct", "close": once})
    assert (await http(lab.url, "PUT", "/via/~close-link", body=body)).accepted()["close"] is once
    host = urlsplit(lab.url).netloc
    reader, writer = await asyncio.open_connection(*host.split(":"))
    request = f"GET /via/~close-link/hello HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    with contextlib.closing(writer):
        writer.write(request)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE)
        await reader.readexactly(int(re.findall(rb"content-length: (\d+)", head)[0]))
        assert (b"connection: close" in head) is once
        if once:
            assert await asyncio.wait_for(reader.read(1), DEADLINE) == b""
        else:
            writer.write(request)
            assert b" 200 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE)


@pytest.mark.parametrize("link", ["short", "x" * 33, "has.a.dot", "größe-123", "~~~~~~~~~"])
async def test_a_bad_name_of_a_link_is_refused(lab: Lab, link: str) -> None:
    from urllib.parse import quote

    for path in (f"/via/~{quote(link, safe='~')}", f"/via/~{quote(link, safe='~')}/poll"):
        assert (await http(lab.url, "GET", path)).error["code"] == "bad_parameter"
    body = as_json({"network": "direct"})
    assert (await http(lab.url, "PUT", f"/via/~{quote(link, safe='~')}", body=body)).status == 400
    assert lab.app.state.links.find(link) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_json"),
        (b"{}", "bad_json"),
        (b'{"network":7}', "bad_json"),
        (b'{"network":"kill","seed":"x"}', "bad_json"),
        (b'{"network":"kill","seed":-1}', "bad_parameter"),
        (b'{"network":"kill","close":"yes"}', "bad_json"),
        (b'{"network":"wet-string"}', "bad_parameter"),
        (b'{"network":"kill:"}', "bad_parameter"),
        (b'{"network":"kill:nan"}', "bad_parameter"),
        (b'{"network":"kill:-1"}', "bad_parameter"),
        (b'{"network":"kill:60001"}', "bad_parameter"),
        (b'{"network":"cut:1.5"}', "bad_parameter"),
        (b'{"network":"mute:3"}', "bad_parameter"),
        (b'{"network":"' + b"x" * 70000 + b'"}', "too_large"),
    ],
)
async def test_a_bad_setting_is_refused(lab: Lab, body: bytes, code: str) -> None:
    await put(lab, "some-link", "mute")
    assert (await http(lab.url, "PUT", "/via/~some-link", body=body)).error["code"] == code
    assert (await http(lab.url, "GET", "/via/~some-link")).json["network"] == "mute"
    assert (await http(lab.url, "PUT", "/via/~other-link", body=body)).error["code"] == code
    assert lab.app.state.links.find("other-link") is None


async def test_other_methods_are_refused(lab: Lab) -> None:
    assert (await http(lab.url, "POST", "/via/~some-link", body=b"{}")).status == 405
    assert (await http(lab.url, "POST", "/via", body=b"{}")).status == 405
    assert (await http(lab.url, "HEAD", "/via/~some-link")).status == 200


async def test_no_link_leads_through_another(lab: Lab) -> None:
    answer = await http(lab.url, "GET", "/via/~link-one/via/~link-two/hello")
    assert answer.error["code"] == "bad_request"
    assert lab.app.state.links.find("link-two") is None


async def test_hosts_and_origins_are_checked_behind_a_link(lab: Lab) -> None:
    path = "/via/~some-link/hello"
    assert (await http(lab.url, "GET", path, host="evil.example")).error["code"] == "bad_host"
    foreign = await http(lab.url, "GET", path, headers=[("Origin", "http://evil.example")])
    assert foreign.error["code"] == "bad_origin"
    own = await http(lab.url, "GET", path, headers=[("Origin", lab.url)])
    assert own.status == 200 and own.headers["access-control-allow-origin"] == lab.url


@pytest.mark.limits(anonymous_per_address=1)
async def test_a_link_hides_nobody_and_no_header_makes_an_address(lab: Lab) -> None:
    link = f"{lab.url}/via/~some-link"
    await lab.track(Sse(lab.url)).open()
    await eventually(lambda: list(lab.app.state.clients.nobodies))
    forged = [("X-Forwarded-For", "9.9.9.9"), ("Forwarded", "for=9.9.9.9"), ("X-Real-IP", "9.9.9.9")]
    assert (await ask(link, name="poll", headers=forged)).error["code"] == "readers"
    ws = await lab.track(Ws(link)).open()
    with pytest.raises(Refused):
        await ws.next()
    url = urlsplit(lab.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port, local_addr=("127.0.0.7", 0))
    writer.write(b"GET /via/~some-link/poll HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()


async def told(reader: asyncio.StreamReader) -> tuple[int, Any]:
    """The next answer on a kept connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(re.findall(rb"content-length: (\d+)", head.lower())[0])
    body = await reader.readexactly(length)
    return int(head.split()[1]), json.loads(body) if body.startswith(b"{") else body


def asking(path: str, body: bytes | None = None) -> bytes:
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + (body or b"")


ONE, TWO = "/via/~link-one/hello", "/via/~link-two/hello"
MIXTURE = ["/hello", ONE, ONE, "/hello", TWO, ONE, "/via", "/via/~link-two", TWO]


@pytest.mark.parametrize("pieces", ["whole", "ahead", "bytes", "halves"])
async def test_a_kept_connection_asks_here_and_there(lab: Lab, pieces: str) -> None:
    await put(lab, "link-one", "slow:20")
    await put(lab, "link-two", "heal:9")
    own = (await ask(lab.url)).json["network"]
    expected = [{"link-one": "slow:20", "link-two": "heal:9"}.get(path[6:14], own) for path in MIXTURE]
    url = urlsplit(lab.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    requests = [asking(path) for path in MIXTURE]
    if pieces == "ahead":
        writer.write(b"".join(requests))
    found = []
    for path, request in zip(MIXTURE, requests, strict=True):
        if pieces == "whole":
            writer.write(request)
        elif pieces != "ahead":
            step = 1 if pieces == "bytes" else 17
            for start in range(0, len(request), step):
                writer.write(request[start : start + step])
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        status, body = await asyncio.wait_for(told(reader), DEADLINE)
        assert status == 200
        found.append(own if path == "/via" else body["network"])
    assert found == expected
    writer.close()


async def test_a_client_that_reads_nothing_makes_nobody_write_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection changes hands only when what it was given before has gone."""
    monkeypatch.setattr(ends, "STALL", 20.0)
    cursor = lab.end
    for _ in range(12):
        await lab.say("news", "x" * 16000)
    url = urlsplit(lab.url)
    for first, then in (("/via/~link-one", ""), ("", "/via/~link-one"), ("/via/~link-one", "/via/~link-two")):
        quiet = socket.socket()
        quiet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        quiet.connect((url.hostname, url.port))
        more = [asking(f"{first}/poll?cursor={cursor}&t={number}") for number in range(4)]
        quiet.sendall(b"".join(more) + asking(f"{then}/hello"))
        await asyncio.sleep(0.3)
        quiet.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=quiet)
        sizes = [len((await asyncio.wait_for(told(reader), DEADLINE))[1].get("messages", ())) for _ in range(5)]
        assert sizes == [12, 12, 12, 12, 0]
        writer.close()


async def test_bodies_pass_as_they_are(door: Door) -> None:
    heard, path = [], urlsplit(door.url).path

    @door.lab.hub.on("c2s")
    async def hear(_client: Any, data: Any) -> None:
        heard.append(len(data))

    big = as_json({"emits": [{"n": n, "event": "c2s", "data": "x" * 15000} for n in (1, 2, 3, 4)]})
    head = f"POST {path}/emit?sid={new_sid()} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (big[:7], big[7:20000], big[20000:]))
    answer = await raw(door.url, (head + "Content-Length: 0\r\nConnection: close\r\n\r\n").encode())
    assert answer.startswith(b"HTTP/1.1 400")  # nothing is no JSON, says the server itself
    url = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write((head + f"Content-Length: {len(big)}\r\nExpect: 100-continue\r\n\r\n").encode())
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE)).startswith(b"HTTP/1.1 100")
    writer.write(big)
    assert (await asyncio.wait_for(told(reader), DEADLINE))[0] == 200
    writer.write((head + "Transfer-Encoding: chunked\r\n\r\n").encode() + chunks + b"0\r\n\r\n")
    status, refused = await asyncio.wait_for(told(reader), DEADLINE)
    assert status in (200, 413) and heard == [15000] * 4  # the same emits once more, or no length was told
    writer.close()
    head_only = await raw(
        door.url, f"HEAD {path}/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    )
    assert head_only.startswith(b"HTTP/1.1 200") and head_only.endswith(b"\r\n\r\n")


async def test_flaky_ends_a_new_websocket(door: Door) -> None:
    await door.change("flaky:0.2", seed=1)
    for _ in range(3):
        line = await door.lab.reader(Ws, base=door.url).open()
        heard = [await outcome(line, DEADLINE) for _ in range(2)]
        assert heard[-1] == "ended"


async def test_a_body_that_looks_like_a_request_is_a_body(lab: Lab) -> None:
    sid, heard = new_sid(), []

    @lab.hub.on("c2s")
    async def hear(_client: Any, data: Any) -> None:
        heard.append(data)

    text = "GET /via/~link-one/hello HTTP/1.1\r\n\r\n"
    url = urlsplit(lab.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    bodies = [as_json({"emits": [{"n": n, "event": "c2s", "data": text}]}) for n in (1, 2, 3)]
    writer.write(asking(f"/emit?sid={sid}", bodies[0]) + asking("/via/~link-one/hello"))
    writer.write(asking(f"/via/~link-one/emit?sid={sid}", bodies[1]) + asking(f"/emit?sid={sid}", bodies[2]))
    writer.write(asking("/via/~link-two/hello") + asking("/via/~link-one/hello"))
    answers = [(await asyncio.wait_for(told(reader), DEADLINE))[1] for _ in range(6)]
    assert heard == [text] * 3
    assert [next(iter(answer)) for answer in answers] == ["acks", "version", "acks", "acks", "version", "version"]
    writer.close()


async def test_a_links_request_waits_for_the_answer_before_it(lab: Lab) -> None:
    await put(lab, "link-one", "mute")
    url = urlsplit(lab.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(asking(f"/longpoll?cursor={lab.end}&hold=5"))
    await asyncio.sleep(0.1)
    writer.write(asking("/via/~link-one/hello"))
    await asyncio.sleep(0.1)
    writer.write(asking("/hello"))
    await asyncio.sleep(0.1)
    await lab.say("news")
    answers = [(await asyncio.wait_for(told(reader), DEADLINE))[1] for _ in range(3)]
    assert [answer.get("network", "") for answer in answers][:2] == ["", "mute"] and len(answers[0]["messages"]) == 1
    writer.close()


@pytest.mark.parametrize("start", [b"", b"\r\n", b"\r\n\r\n"])
async def test_a_tilde_may_be_escaped_and_a_line_be_blank(lab: Lab, start: bytes) -> None:
    url = urlsplit(lab.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(start + asking("/via/%7Elink-one/hello"))
    assert (await asyncio.wait_for(told(reader), DEADLINE))[1]["network"] == "direct"
    writer.close()


# Bad and hostile clients.


@pytest.mark.parametrize(
    "rest",
    [
        b"Host: localhost\r\nno header\r\n\r\n",
        b"Host: localhost\r\nA : b\r\n\r\n",
        b"Host: localhost\r\n folded: x\r\n\r\n",
        b"Host: localhost\nA: b\r\n\r\n",
        b"Host: localhost\r\nA: " + b"x" * 20000 + b"\r\n\r\n",
        b"Host: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"Host: localhost\r\nContent-Length: -1\r\n\r\n",
        b"Host: localhost\r\nContent-Length: 1, 2\r\n\r\n",
        b"Host: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5000,
    ],
)
async def test_what_is_no_http_is_refused(door: Door, rest: bytes) -> None:
    path = urlsplit(door.url).path
    answer = await raw(door.url, f"POST {path}/emit HTTP/1.1\r\n".encode() + rest)
    assert answer.startswith(b"HTTP/1.1 400") and b'"bad_request"' in answer


async def test_blanks_in_a_header_hold_nobody_up(door: Door) -> None:
    """Many of them before a byte that no header may hold: nothing to think over for long."""
    path, blanks = urlsplit(door.url).path, b" " * 15_000
    began = time.process_time()
    answer = await raw(door.url, f"GET {path}/hello HTTP/1.1\r\nA:".encode() + blanks + b"\x01\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400") and time.process_time() - began < 1
    assert (await ask(door.url, headers=[("A", " \t" * 1000 + "x" + " " * 1000)])).status == 200


@pytest.mark.parametrize("first", [b"\x16\x03\x01\x02\x00\x01", b"hello\r\n\r\n", b"GET / HTTP/2.0\r\n\r\n", b"\0" * 9])
async def test_the_port_refuses_what_is_no_http(lab: Lab, first: bytes) -> None:
    async with Gateway("direct", to=lab.url) as url:
        assert (await raw(url, first)).startswith(b"HTTP/1.1 400")


async def raw(base: str, data: bytes, deadline: float = DEADLINE) -> bytes:
    url = urlsplit(base)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(data)
    try:
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(reader.read(), deadline)
        return b""
    finally:
        writer.close()


async def test_half_a_head_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transport_fallback.lab.network.line.HEAD_SECONDS", 0.2)
    path = urlsplit(door.url).path
    assert await raw(door.url, f"GET {path}/hello HTTP/1.1\r\nHost: lo".encode()) == b""
    await eventually(lambda: not door.through.lines)


async def test_a_server_that_is_not_there_is_a_bad_gateway(nothing_left: None) -> None:
    async with Gateway("direct", to=f"127.0.0.1:{free_port()}") as url:
        assert (await ask(url)).status == 502


async def test_a_client_that_goes_is_gone_for_the_server(door: Door) -> None:
    for transport in (LongPoll, Sse, Ws):
        sid = new_sid()
        reader = await door.lab.join(transport, sid, base=door.url)
        if transport is LongPoll:
            reader._start()
        client = await eventually(lambda: door.lab.app.state.clients.find(sid))
        await eventually(lambda: client.readers)
        await reader.cut()
        await eventually(lambda: not client.readers)
    await eventually(lambda: not door.through.lines)


async def test_the_last_words_of_a_client_that_goes_arrive(door: Door) -> None:
    heard = []

    @door.lab.hub.on("c2s")
    async def hear(_client: Any, data: Any) -> None:
        heard.append(data)

    body = as_json({"emits": [{"n": 1, "event": "c2s", "data": 7}]})
    await door.change("slow:100")
    url = urlsplit(door.url)
    _reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(asking(f"{url.path}/emit?sid={new_sid()}", body))
    await writer.drain()
    writer.close()
    await eventually(lambda: heard == [7])
    await eventually(lambda: not door.through.lines)


@pytest.mark.limits(stall_seconds=0.5)
async def test_who_takes_nothing_holds_little_and_not_for_ever(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ends, "STALL", 0.6)
    url = urlsplit(door.url)
    quiet = socket.socket()
    quiet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
    quiet.connect((url.hostname, url.port))
    quiet.sendall(asking(f"{url.path}/sse?cursor={door.lab.end}"))
    await eventually(lambda: door.through and any(line.far.transport for line in door.through.lines))
    (line,) = door.through.lines
    for _ in range(300):
        await door.lab.say("news", "x" * 16000)
        await asyncio.sleep(0.002)
        near = line.near.transport
        assert near is not None and (line.over or near.get_write_buffer_size() < 512 << 10)
        assert door.through.held < 512 << 10
    await eventually(lambda: line.over or line.closing)
    assert await feel(door.lab, door.url, "sse") == FINE
    quiet.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    quiet.close()
    await eventually(lambda: line.over)


async def test_only_so_many_lines_hang(lab: Lab) -> None:
    await put(lab, "some-link", "silent")
    url, link = urlsplit(lab.url), lab.app.state.links.find("some-link")
    kept = []
    for _ in range(network.FROZEN + 6):
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(asking("/via/~some-link/hello"))
        kept.append((reader, writer))
        await eventually(lambda: len(link.lines) == min(len(kept), network.FROZEN))
    for reader, _writer in kept[:6]:  # the oldest are let go
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), DEADLINE) == b""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(kept[6][0].read(), 0.1)
    for _reader, writer in kept:
        writer.close()


@pytest.mark.parametrize("setting", ["silent", "mute", "hang", "deaf"])
async def test_nothing_hangs_for_ever(door: Door, setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "FROZEN_SECONDS", 0.3)
    await door.change(setting)
    line = await door.lab.reader(Ws, base=door.url).open()
    heard = [await outcome(line, DEADLINE) for _ in range(2)]
    assert heard[-1] == "ended"
    await eventually(lambda: not door.through.lines)


async def test_a_link_has_only_so_many_connections(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transport_fallback.lab.network.links.LINES", 2)
    readers = [await lab.join(Sse, base=f"{lab.url}/via/~some-link") for _ in range(2)]
    assert (await ask(f"{lab.url}/via/~some-link")).error["code"] == "full"
    assert (await ask(f"{lab.url}/via/~other-link")).status == 200
    await readers[0].cut()
    await eventually(lambda: len(lab.app.state.links.find("some-link").lines) == 1)
    assert (await ask(f"{lab.url}/via/~some-link")).status == 200


async def test_links_are_bounded_and_one_in_use_is_never_forgotten() -> None:
    now = [0.0]
    links = Links(most=3, clock=lambda: now[0])
    for name in ("link-one", "link-two", "link-three"):
        now[0] += 1
        links.use(name).change("mute")
    links.use("link-one").lines[object()] = None  # type: ignore[index]
    links.use("link-four")
    assert [bool(links.find(name)) for name in ("link-one", "link-two", "link-three", "link-four")] == [1, 0, 1, 1]
    for name in ("link-three", "link-four"):
        links.use(name).lines[object()] = None  # type: ignore[index]
    with pytest.raises(ServerRefused, match="in use"):
        links.use("link-five")
    links.use("link-four").lines.clear()
    now[0] += 599
    assert links.find("link-four")
    now[0] += 2
    assert links.find("link-four") is None and links.find("link-one")
    assert links.use("link-four").setting.text == "direct"
    for link in (links.find("link-one"), links.find("link-three")):
        assert isinstance(link, Link)
        link.lines.clear()


# The whole.


@pytest.mark.parametrize("setting", [row.name for row in TABLE])
async def test_a_server_stops_in_time_whatever_hangs(setting: str, nothing_left: None) -> None:
    async with serving() as lab:
        readers = [await lab.reader(kind, base=f"{lab.url}/via/~some-link").open() for kind in TRANSPORTS.values()]
        await asyncio.gather(*(outcome(reader) for reader in readers))
        await put(lab, "some-link", setting)
        late = [await lab.reader(kind, base=f"{lab.url}/via/~some-link").open() for kind in TRANSPORTS.values()]
        await asyncio.gather(*(outcome(reader, 0.2) for reader in late))
        lab.readers.clear()  # they stay
        began = time.monotonic()
    assert time.monotonic() - began < 3
    for reader in readers + late:
        await reader.cut()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_stopping_server_says_so_through_a_link(transport: str, nothing_left: None) -> None:
    async with serving() as lab:
        reader = await lab.join(TRANSPORTS[transport], base=f"{lab.url}/via/~some-link")
        if transport == "longpoll":
            reader._start()
        if transport != "poll":
            await reading(lab, reader)
        lab.readers.clear()
    if transport == "ws":
        with pytest.raises(Ended) as ended:
            await reader.next()
        assert ended.value.code == 1012
    elif transport == "sse":
        with pytest.raises(Ended) as ended:
            await reader.next()
        assert ended.value.clean
    elif transport == "longpoll":
        assert (await reader.next()).messages == []
    await reader.cut()


TALK = ["direct", "no-upgrade", "forbidden", "hang", "kill:100", "mute", "deaf", "later:0.5", "heal:0.5", "buffer",
        "impatient:0.5", "cut", "lost", "no-post", "stale", "slow:50", "flaky:1"]  # fmt: skip


@pytest.mark.parametrize("setting", TALK)
@pytest.mark.parametrize("kind", ["link", "port"])
async def test_a_conversation_loses_and_repeats_nothing(lab: Lab, kind: str, setting: str) -> None:
    @lab.hub.on("c2s")
    async def speak(_client: Any, data: Any) -> Any:
        await lab.hub.emit("s2c", data)
        return data

    async with opened(lab, kind) as door:
        await door.change(setting, seed=4)
        heard: list[int] = []
        async with io(door.url) as socket:
            socket.on("s2c", lambda data: heard.append(data))
            await asyncio.wait_for(socket.ready(), DEADLINE)
            acks = []
            for number in range(50):
                acks.append(socket.emit("c2s", number))
                await asyncio.sleep(0.02)
            assert await asyncio.wait_for(asyncio.gather(*acks), 30) == list(range(50))
            await eventually(lambda: len(heard) >= 50)
        assert heard == list(range(50))


async def test_a_conversation_lives_through_changes(lab: Lab) -> None:
    @lab.hub.on("c2s")
    async def speak(_client: Any, data: Any) -> Any:
        await lab.hub.emit("s2c", data)
        return data

    heard: list[int] = []
    async with opened(lab, "link") as door:
        await door.change("direct")
        async with io(door.url) as socket:
            socket.on("s2c", lambda data: heard.append(data))
            await asyncio.wait_for(socket.ready(), DEADLINE)
            acks = []
            for number, setting in enumerate(["direct", "kill", "slow:50", "forbidden", "cut", "buffer", "direct"]):
                await door.change(setting, seed=number)
                for step in range(8):
                    acks.append(socket.emit("c2s", number * 8 + step))
                    await asyncio.sleep(0.03)
            assert await asyncio.wait_for(asyncio.gather(*acks), DEADLINE) == list(range(56))
            await eventually(lambda: len(heard) >= 56)
    assert heard == list(range(56))


# The little HTTP it knows.


def test_chunks_are_found_however_they_come() -> None:
    body = b"5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
    for step in range(1, len(body) + 1):
        chunked, buffer, taken = Chunked(), bytearray(), b""
        for start in range(0, len(body), step):
            buffer += body[start : start + step]
            end = chunked.cut(buffer)
            taken += bytes(buffer[:end])
            del buffer[:end]
        assert chunked.whole and taken == body and not buffer
    extra = bytearray(body + b"GET")
    assert Chunked().cut(extra) == len(body)


def test_messages_are_found_however_they_come() -> None:
    one = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    two = b"\r\nGET /b?c HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
    for step in range(1, 40):
        messages, found = Messages(ASKS), []
        text = one + two
        for start in range(0, len(text), step):
            messages.buffer += text[start : start + step]
            while True:
                if messages.whole:
                    head = messages.head()
                    if head is None:
                        break
                    messages.body = asked_body(head)
                    found.append(head.words + (head.upgrade,))
                elif not messages.piece():
                    break
        assert found == [(b"POST", b"/a", False), (b"GET", b"/b?c", True)]


@pytest.mark.parametrize(
    ("head", "method", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"GET", "Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"HEAD", "Length"),
        (b"HTTP/1.1 204 \r\n\r\n", b"GET", "Length"),
        (b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", b"GET", "Chunked"),
        (b"HTTP/1.0 200 OK\r\n\r\n", b"GET", "UntilClose"),
    ],
)
def test_an_answers_body_is_framed_as_http_says(head: bytes, method: bytes, kind: str) -> None:
    messages = Messages(ANSWERS)
    messages.buffer += head
    found = messages.head()
    assert found is not None
    body = answered_body(found, method)
    assert type(body).__name__ == kind and (method != b"HEAD" or body.whole)


@pytest.mark.parametrize("head", [b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n", b"HTTP/1.1 200 OK\nA: b\r\n\r\n"])
def test_what_no_server_says_is_bad(head: bytes) -> None:
    messages = Messages(ANSWERS)
    messages.buffer += head
    with pytest.raises(Bad):
        messages.head()


async def test_any_server_may_stand_behind_the_port(nothing_left: None) -> None:
    body = b"one " + b"two" * CUT_STREAM  # longer than what a cut stream lets pass

    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A server that frames nothing: its answer ends with the line."""
        await reader.readuntil(b"\r\n\r\n")
        for part in (b"HTTP/1.0 200 OK\r\n", b"X: y\r\n\r\n", body[:4], body[4:]):
            writer.write(part)
            await asyncio.sleep(0.02)
        writer.close()

    async with listening(old) as there:
        gate = Gateway("direct", to=there)
        async with gate as url:
            for setting in ("direct", "buffer", "slow:20", "stale", "impatient:5"):
                gate.change(setting)
                assert (await ask(url)).body == body
            gate.change("cut:1", seed=1)
            answer = await ask(url)
            assert body.startswith(answer.body) and 0 < len(answer.body) < len(body)


# The command.


def test_a_setting_says_what_it_does() -> None:
    assert "200 milliseconds" in Setting.parse("kill").says() and "300 milliseconds" in Setting.parse("kill:300").says()
    assert "probability 0.3" in Setting.parse("cut").says() and Setting.parse("mute").says().endswith(".")
    for row in TABLE:
        if row.parameter:
            assert re.search(rf"\b{row.parameter.letters}\b", row.en) and f" {row.parameter.letters} " in row.zh


async def run(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdout=pipe, stderr=pipe, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )


async def test_the_command_serves_until_it_is_ended(lab: Lab) -> None:
    to = lab.url.rpartition(":")[2]
    process = await run("-m", "lab.networks", "kill:100", "--listen", "0", "--to", to, "--seed", "1")
    assert process.stdout is not None and process.stderr is not None
    sentence = (await asyncio.wait_for(process.stdout.readline(), DEADLINE)).decode()
    assert "100 milliseconds" in sentence and "Ctrl-C" in sentence
    url = sentence.split()[0]
    assert (await ask(url)).json["version"] == 1
    assert await feel(lab, url, "ws", "first ended") == "first ended"
    reader = await lab.join(Sse, base=url)
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), DEADLINE) == 0
    assert await process.stderr.read() == b""
    assert await outcome(reader, DEADLINE) == "ended"


async def test_the_command_refuses_what_is_no_network() -> None:
    for arguments in (["wet", "--listen", "0", "--to", "1"], ["kill", "--listen", "x", "--to", "1"]):
        process = await run("-m", "lab.networks", *arguments)
        _out, err = await asyncio.wait_for(process.communicate(), DEADLINE)
        assert process.returncode == 2 and b"Traceback" not in err


async def test_links_work_in_the_program_as_it_is_run() -> None:
    """The program runs on another event loop than the tests."""
    process = await run("app.py", "--port", "0")
    assert process.stdout is not None and process.stderr is not None
    url = re.findall(r"http://\S+", (await asyncio.wait_for(process.stdout.readline(), DEADLINE)).decode())[0]
    try:
        link = f"{url}/via/~some-link"
        for setting in ("direct", "kill:100", "silent", "slow:100", "mute", "buffer"):
            body = as_json({"network": setting})
            assert (await http(url, "PUT", "/via/~some-link", body=body)).json["network"] == setting
            reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
            writer.write(asking("/hello") + asking("/via/~some-link/hello"))
            assert (await told(reader))[0] == 200
            with contextlib.suppress(TimeoutError):
                assert (await asyncio.wait_for(told(reader), 0.5))[1]["network"] == setting != "silent"
            writer.close()
            ws = await Ws(link, new_sid()).open()
            expected = {"kill:100": ["first", "ended"], "silent": ["silence"], "mute": ["silence"]}
            for word in expected.get(setting, ["first"]):
                heard = await outcome(ws, patience(word))
                assert heard == word or (word, heard) == ("first", "who")  # the chat room greets
            await ws.cut()
    finally:
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), DEADLINE)
    assert time.monotonic() - began < 6 and await process.stderr.read() == b""  # the drain, and the end of Python
