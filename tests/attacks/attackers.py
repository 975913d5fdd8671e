"""What hostile clients do, each for as long as it is let. They come from an address of their own and read little.

Each is `async def attack(lab)`, run over and over until the time is up; `lab` opens connections. A connection that the
server cuts or refuses is no failure of an attack: it comes again.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

SOURCE = "127.0.0.3"  # the attackers' address; the honest come from others

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Lab:
    """Where the server is, and the lines that an attack holds open from one round to the next."""

    port: int
    held: list[Line] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def line(self) -> Line:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(SOURCE, 0))

    def head(self, method: str, target: str, *headers: str) -> bytes:
        return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {self.host}", *headers, "", ""]).encode("latin-1")

    async def ask(self, request: bytes, *, keep: bool = False) -> None:
        """One request on a line of its own; its answer, or a second of waiting, and then it hangs up."""
        line = await self.line()
        line[1].write(request)
        try:
            async with asyncio.timeout(1.0):
                await line[0].read(65536)
        except TimeoutError:
            pass
        if keep:
            self.held.append(line)
        else:
            line[1].close()

    async def ws(self, target: str) -> Line:
        """A WebSocket that stands."""
        reader, writer = await self.line()
        key = base64.b64encode(os.urandom(16)).decode()
        head = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}")
        writer.write(self.head("GET", target, *head))
        async with asyncio.timeout(2.0):
            await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    async def write(self, line: Line, data: bytes) -> None:
        """Write, and wait until it is on its way. ConnectionError: the server has cut this line."""
        if line[1].is_closing():
            raise ConnectionError("cut")
        line[1].write(data)
        async with asyncio.timeout(2.0):
            await line[1].drain()

    async def flood(self, line: Line, data: bytes, times: int = 1) -> None:
        """Write on, whatever is answered; nothing is read."""
        for _ in range(times):
            await self.write(line, data)

    def put(self, link: str, network: str) -> bytes:
        body = json.dumps({"network": network})
        head = self.head("PUT", f"/via/~{link}", "Content-Type: application/json", f"Content-Length: {len(body)}")
        return head + body.encode()

    def post(self, target: str, body: bytes) -> bytes:
        return self.head("POST", target, "Content-Type: application/json", f"Content-Length: {len(body)}") + body


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """A masked frame, its mask all zeros (RFC 6455 5.3 asks for a mask; which one it is nobody can check)."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
    return bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload


def sid() -> str:
    return secrets.token_urlsafe(16)


async def blanks_in_a_head(lab: Lab) -> None:
    await lab.ask(lab.head("GET", f"/via/~{secrets.token_hex(4)}/hello", "A:" + " " * 12_000 + "\x01"))


async def frames_after_the_refusal(lab: Lab) -> None:
    line = await lab.ws(f"/ws?sid={sid()}")
    await lab.flood(line, frame(b"", 9) * 400 + frame(b"{}") * 8000, 20)
    line[1].close()


async def unasked_pongs(lab: Lab) -> None:
    line = await lab.ws(f"/ws?sid={sid()}")
    await lab.flood(line, frame(b"", 10) * 10_000, 60)
    line[1].close()


async def pongs_to_the_watch(lab: Lab) -> None:
    line = await lab.ws("/lab/watch?client=abcdefghij")
    await lab.flood(line, frame(b"", 10) * 10_000, 60)
    line[1].close()


async def pings(lab: Lab) -> None:
    line = await lab.ws(f"/ws?sid={sid()}")
    await lab.flood(line, frame(b'{"ping":1}') * 1000, 20)
    line[1].close()


async def tiny_frames(lab: Lab) -> None:
    line = await lab.ws(f"/ws?sid={sid()}")
    await lab.flood(line, frame(b"{}") * 4000, 20)
    line[1].close()


async def fragments(lab: Lab) -> None:
    line = await lab.ws(f"/ws?sid={sid()}")
    await lab.flood(line, b"\x01\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 10_000, 20)
    line[1].close()


async def emits_out_of_order(lab: Lab) -> None:
    me = sid()
    emits = json.dumps({"emits": [{"n": 5 + n, "event": "c2s"} for n in range(1800)]}).encode()
    for _ in range(10):
        await lab.ask(lab.post(f"/emit?sid={me}", emits[:65_000]))


async def blank_lines(lab: Lab) -> None:
    line = await lab.line()
    await lab.flood(line, b"\r\n" * 500_000, 15)
    line[1].close()


async def heads_of_strangers(lab: Lab) -> None:
    await lab.ask(lab.head("GET", f"/hello?sid={sid()}&p={'x' * 15_000}"))


async def traces_from_the_start(lab: Lab) -> None:
    me = sid()
    await lab.ask(lab.head("GET", f"/hello?sid={me}&p={'x' * 15_000}"))
    line = await lab.ws("/lab/trace")
    await lab.flood(line, frame(json.dumps({"look": {me: 0}}).encode()) * 100, 20)
    lab.held.append(line)
    if len(lab.held) > 30:
        lab.held.pop(0)[1].close()


async def caches_of_links(lab: Lab) -> None:
    link = secrets.token_hex(8)
    await lab.ask(lab.put(link, "stale"))
    for n in range(20):
        await lab.ask(lab.head("GET", f"/via/~{link}/page/page.js?n={n}"))


async def held_streams(lab: Lab) -> None:
    link = secrets.token_hex(8)
    await lab.ask(lab.put(link, "buffer"))
    await lab.ask(lab.head("GET", f"/via/~{link}/sse?sid={sid()}&history=300"), keep=True)


async def silent_links(lab: Lab) -> None:
    link = secrets.token_hex(8)
    await lab.ask(lab.put(link, "silent"))
    line = await lab.line()
    line[1].write(lab.head("GET", f"/via/~{link}/hello"))
    lab.held.append(line)


async def dripping_bodies(lab: Lab) -> None:
    """Two hundred lines that send a byte a second, on every kind of request that may have a body."""
    targets = [("POST", "/emit?sid=" + sid()), ("PUT", "/via/~aaaaaaaa"), ("GET", "/hello"), ("POST", "/nowhere")]
    while len(lab.held) < 200:
        line = await lab.line()
        method, target = targets[len(lab.held) % len(targets)]
        line[1].write(lab.head(method, target, "Content-Type: application/json", "Content-Length: 60000"))
        lab.held.append(line)
    await asyncio.sleep(1.0)
    for line in list(lab.held):
        if line[1].is_closing() or line[0].at_eof():
            lab.held.remove(line)
        else:
            line[1].write(b"x")


async def upgrades_with_a_body(lab: Lab) -> None:
    head = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Content-Length: 5")
    await lab.ask(lab.head("GET", "/ws", *head, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==") + b"hello")


async def long_names(lab: Lab) -> None:
    me = sid()
    upload = json.dumps({"emits": [{"n": 1, "event": "name", "data": {"name": "\U0001f600" * 40}}]}).encode()
    await lab.ask(lab.post(f"/emit?sid={me}", upload))
    await lab.ask(lab.head("GET", f"/longpoll?sid={me}&hold=1"), keep=True)
    if len(lab.held) > 90:
        lab.held.pop(0)[1].close()


async def feeds(lab: Lab) -> None:
    for room in (None, "red"):
        wish = json.dumps({"rate": 1000, "seconds": 600, "size": 1000, "room": room}).encode()
        await lab.ask(lab.post("/lab/feed", wish))


async def goodbyes(lab: Lab) -> None:
    line = await lab.line()
    for _ in range(100):
        await lab.write(line, b"".join(lab.head("POST", f"/bye?sid={sid()}", "Content-Length: 0") for _ in range(10)))
        async with asyncio.timeout(2.0):
            await line[0].read(65536)
    line[1].close()


async def births(lab: Lab) -> None:
    await lab.ask(lab.head("GET", f"/poll?sid={sid()}&history=300"))


async def resets(lab: Lab) -> None:
    """Connections that are reset at once, a request half sent."""
    for _ in range(100):
        line = await lab.line()
        line[1].write(lab.head("GET", "/hello")[:-2])
        linger = struct.pack("ii", 1, 0)
        line[1].get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        line[1].transport.abort()


async def gets_on_fifty_lines(lab: Lab) -> None:
    while len(lab.held) < 50:
        lab.held.append(await lab.line())
    for line in list(lab.held):
        try:
            await lab.write(line, lab.head("GET", "/hello") * 10)
            async with asyncio.timeout(1.0):
                await line[0].read(65536)
        except (OSError, TimeoutError):
            lab.held.remove(line)


async def thousands_of_fields(lab: Lab) -> None:
    query = "&".join(f"a{n}=1" for n in range(2400))
    line = await lab.line()
    for _ in range(20):
        await lab.write(line, lab.head("GET", f"/hello?{query}"))
        async with asyncio.timeout(1.0):
            await line[0].read(65536)
    line[1].close()


async def readers_that_do_not_read(lab: Lab) -> None:
    lab.held.append(await lab.ws(f"/ws?history=300&sid={sid()}"))
    if len(lab.held) > 60:
        lab.held.pop(0)[1].close()
    await asyncio.sleep(0.05)


async def idle_lines(lab: Lab) -> None:
    """As many lines as the server takes, which say nothing."""
    lab.held.append(await lab.line())
    if len(lab.held) > 3000:
        lab.held.pop(0)[1].close()


Attack = Callable[[Lab], Awaitable[None]]
ATTACKS: dict[str, Attack] = {
    attack.__name__.replace("_", " "): attack
    for attack in (
        blanks_in_a_head,
        frames_after_the_refusal,
        unasked_pongs,
        pongs_to_the_watch,
        pings,
        tiny_frames,
        fragments,
        emits_out_of_order,
        blank_lines,
        heads_of_strangers,
        traces_from_the_start,
        caches_of_links,
        held_streams,
        silent_links,
        dripping_bodies,
        upgrades_with_a_body,
        long_names,
        feeds,
        goodbyes,
        births,
        resets,
        gets_on_fifty_lines,
        thousands_of_fields,
        readers_that_do_not_read,
        idle_lines,
    )
}


async def go_on(name: str, port: int, seconds: float, at_once: int) -> int:
    """Attack until the time is up. Returns how many rounds there were."""
    loop = asyncio.get_running_loop()
    end, rounds = loop.time() + seconds, 0

    async def one() -> None:
        nonlocal rounds
        lab = Lab(port)
        while loop.time() < end:
            try:
                async with asyncio.timeout_at(end):
                    await ATTACKS[name](lab)
            except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
                await asyncio.sleep(0.005)
            rounds += 1
        for _reader, writer in lab.held:
            writer.transport.abort()

    await asyncio.gather(*(one() for _ in range(at_once)))
    return rounds
