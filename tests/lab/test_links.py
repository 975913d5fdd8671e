"""Links together: a bound on all that they hold, and whoever has most makes way, so that nobody hurts another."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE, as_json, http, new_sid
from tests.stranger.readers import TRANSPORTS
from transport_fallback.lab.network.links import Links
from transport_fallback.lab.network.linktable import Link, LinkTable
from transport_fallback.lab.network.table import TABLE
from transport_fallback.protocol.errors import Refused
from transport_fallback.protocol.pace import owner_of

pytestmark = pytest.mark.anyio

OTHER = "127.0.0.2"  # another address of this machine
BOUND = 1 << 20


@contextlib.asynccontextmanager
async def line_from(lab: Lab, address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    url = urlsplit(lab.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port, local_addr=(address, 0))
    try:
        yield reader, writer
    finally:
        writer.close()


async def asked(lab: Lab, target: str, *, address: str = "127.0.0.1", method: str = "GET", body: bytes = b"") -> bytes:
    """One request from an address of this machine, on a line of its own."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {urlsplit(lab.url).netloc}", "Connection: close"]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()
    async with line_from(lab, address) as (reader, writer):
        writer.write(head + body)
        async with asyncio.timeout(DEADLINE):
            with contextlib.suppress(ConnectionError):
                return await reader.read()
    return b""


async def put(lab: Lab, link: str, setting: str, address: str = "127.0.0.1") -> Any:
    answer = await asked(lab, f"/via/~{link}", address=address, method="PUT", body=as_json({"network": setting}))
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def links_of(lab: Lab) -> Links:
    links: Links = lab.app.state.links
    return links


def counted(lab: Lab) -> int:
    """What is counted link by link."""
    return sum(link.weight for link in links_of(lab)._links.values())


async def test_what_caches_keep_is_bounded_in_all_and_who_keeps_most_makes_way(lab: Lab) -> None:
    links = links_of(lab)
    links.most_held = BOUND
    await put(lab, "the-others-link", "stale", OTHER)
    first = await asked(lab, "/via/~the-others-link/stats", address=OTHER)
    for n in range(12):
        await put(lab, f"greedy-link-{n}", "stale")
        for m in range(40):
            await asked(lab, f"/via/~greedy-link-{n}/stats?{n}.{m}={'x' * 2000}")
            assert links.held <= BOUND and links.held == counted(lab)
    assert links.held > BOUND // 4
    await asked(lab, "/poll?sid=" + new_sid())
    assert await asked(lab, "/via/~the-others-link/stats", address=OTHER) == first  # it is still in the cache


async def test_streams_that_are_held_back_are_bounded_in_all(lab: Lab) -> None:
    links = links_of(lab)
    links.most_held = BOUND
    async with contextlib.AsyncExitStack() as stack:
        lines = []
        for n in range(21):
            name, address = f"some-link-{n}", OTHER if n == 0 else "127.0.0.1"
            await put(lab, name, "buffer", address)
            _reader, writer = line = await stack.enter_async_context(line_from(lab, address))
            writer.write(f"GET /via/~{name}/sse HTTP/1.1\r\nHost: {urlsplit(lab.url).netloc}\r\n\r\n".encode())
            lines.append(line)
        await eventually(lambda: all(link.held for link in links._links.values()))
        for _ in range(15):
            await lab.say("news", "x" * 10_000)
            await asyncio.sleep(0)
            assert links.held <= BOUND and links.held == counted(lab)
        other = links.find("some-link-0")
        assert other is not None
        await eventually(lambda: other.held > 15 * 10_000)  # nothing is taken from who holds little
        await eventually(lambda: any(not link.lines for link in links._links.values()))
    await eventually(lambda: links.held == 0)


@pytest.mark.parametrize("setting", [row.name for row in TABLE])
async def test_the_bytes_counted_are_the_bytes_held(lab: Lab, setting: str) -> None:
    links, base = links_of(lab), f"{lab.url}/via/~some-link"
    readers = []
    await put(lab, "some-link", "direct")
    for transport in TRANSPORTS.values():
        with contextlib.suppress(Exception):
            readers.append(await lab.join(transport, base=base))
    await put(lab, "some-link", setting)
    async with asyncio.TaskGroup() as group:
        for n in range(5):
            group.create_task(quietly(asked(lab, f"/via/~some-link/hello?{n}", body=b"x" * 3000)))
            group.create_task(quietly(asked(lab, f"/via/~some-link/emit?{n}", method="POST", body=b"{}" * 9000)))
        await lab.say("news", "x" * 10_000)
    link = links.find("some-link")
    assert link is not None and links.held == link.weight and link.held == sum(line.held for line in link.lines)
    for reader in readers:
        await reader.cut()
    links.thaw()
    await eventually(lambda: not link.lines)
    assert link.held == 0 and links.held == link.cached
    await put(lab, "some-link", "direct")
    assert links.held == 0


async def quietly(asking: Any) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asking, 0.5)


async def test_who_makes_many_links_forgets_nobody_elses(lab: Lab) -> None:
    links_of(lab).most = 30
    await put(lab, "the-others-link", "mute", OTHER)
    for n in range(60):
        assert (await put(lab, f"greedy-link-{n}", "silent"))["network"] == "silent"
    told = (await http(lab.url, "GET", "/via/~the-others-link")).accepted()
    assert told["network"] == "mute"
    assert len(links_of(lab)._links) == 30


async def test_a_newcomer_gets_a_link_while_another_hangs_in_all_of_them(lab: Lab) -> None:
    links = links_of(lab)
    links.most = 10
    async with contextlib.AsyncExitStack() as stack:
        for n in range(10):
            await put(lab, f"silent-link-{n}", "silent")
            _reader, writer = await stack.enter_async_context(line_from(lab, "127.0.0.1"))
            writer.write(f"GET /via/~silent-link-{n}/hello HTTP/1.1\r\n\r\n".encode())
            link = links.find(f"silent-link-{n}")
            await eventually(lambda: link and link.lines)
        assert (await put(lab, "one-more-link", "direct"))["error"]["code"] == "full"
        assert (await put(lab, "the-others-link", "mute", OTHER))["network"] == "mute"
        assert b"200 OK" in await asked(lab, "/via/~second-link/hello", address=OTHER)
        assert len(links._links) == 10 and links.find("silent-link-0") is None


async def test_lines_are_taken_from_who_has_most(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transport_fallback.lab.network.links.file_limit_share", lambda: 8 * 6)
    links = links_of(lab)
    async with contextlib.AsyncExitStack() as stack:
        await put(lab, "the-others-link", "silent", OTHER)
        for n in range(9):
            name, address = ("the-others-link", OTHER) if n == 0 else (f"some-link-{n % 3}", "127.0.0.1")
            _reader, writer = await stack.enter_async_context(line_from(lab, address))
            await put(lab, name, "silent", address)
            before = links.lines
            writer.write(f"GET /via/~{name}/hello HTTP/1.1\r\n\r\n".encode())
            await eventually(lambda: links.lines != before or before == 6)
        other = links.find("the-others-link")
        assert other is not None and len(other.lines) == 1 and links.lines <= 6


def test_links_that_are_in_use_do_not_hide_those_whose_time_is_over() -> None:
    now = [0.0]
    table = LinkTable(clock=lambda: now[0])
    for name in ("link-used", "link-idle"):
        table.use(name)
    table.use("link-used").lines[object()] = None  # type: ignore[index]
    now[0] += 601
    table.use("link-new")
    table.use("link-newer")
    assert set(table._links) == {"link-used", "link-new", "link-newer"}


# Nobody comes who would need their place: the server looks by itself.
async def test_links_whose_time_is_over_keep_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    links = links_of(lab)
    for n in range(20):
        await put(lab, f"some-link-{n}", "stale")
        await asked(lab, f"/via/~some-link-{n}/stats")
    assert links.held
    async with line_from(lab, OTHER) as (reader, writer):
        writer.write(f"GET /via/~some-link-0/sse HTTP/1.1\r\nHost: {urlsplit(lab.url).netloc}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        monkeypatch.setattr("transport_fallback.lab.network.linktable.IDLE", 0.0)
        await eventually(lambda: list(links._links) == ["some-link-0"])
    await eventually(lambda: not links._links and not links.held and not links._owned)


def test_when_all_belongs_to_one_what_is_in_use_stays() -> None:
    table = LinkTable(most=2)
    for name in ("link-one", "link-two"):
        table.use(name, "me").lines[object()] = None  # type: ignore[index]
    with pytest.raises(Refused, match="in use"):
        table.use("link-three", "me")
    assert isinstance(table.find("link-one"), Link)


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_who_counts_as_one(address: str, owner: str) -> None:
    assert owner_of(address) == owner
