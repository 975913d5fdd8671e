"""RFC 6455 frame by frame: the cases of the Autobahn test suite, sections 1 to 7 and 10, in raw bytes.

Against an endpoint that says back what it hears. All results are strict but for 6.4.3 and 6.4.4: what is no UTF-8 is
refused with the end of its fragment, not in the middle of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.utils import apply_mask

from tests.server.test_guards import UPGRADE, address, connect
from tests.serving import Lab
from tests.stranger.http import DEADLINE

pytestmark = pytest.mark.anyio

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
SIZES = [0, 125, 126, 127, 128, 65535, 65536]


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    while (message := await socket.receive())["type"] == "websocket.receive":
        if message.get("text") is not None:
            await socket.send_text(message["text"])
        else:
            await socket.send_bytes(message["bytes"])


class Frame(NamedTuple):
    opcode: int
    data: bytes


def sent(opcode: int, data: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """One frame from a client, with a mask of its own."""
    size = len(data)
    length, more = (size, b"") if size < 126 else (126, struct.pack("!H", size & 0xFFFF))
    if size > 0xFFFF:
        length, more = 127, struct.pack("!Q", size)
    mask = os.urandom(4) if masked else b""
    head = bytes([fin << 7 | rsv << 4 | opcode, (0x80 if masked else 0) | length])
    return head + more + mask + (apply_mask(data, mask) if masked else data)


class Pipe:
    """A WebSocket of which we write the bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *frames: bytes, chop: int = 0) -> None:
        """All at once, or so many bytes in a segment."""
        data = b"".join(frames)
        for start in range(0, len(data), chop or len(data)):
            self.writer.write(data[start : start + (chop or len(data))])
            if chop:
                await self.writer.drain()
                await asyncio.sleep(0)

    async def heard(self) -> Frame:
        async with asyncio.timeout(DEADLINE):
            first, second = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80 and second < 0x80  # whole, no reserved bits, no mask
            length = second
            if second == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif second == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return Frame(first & 0x0F, await self.reader.readexactly(length))

    async def ends(self, code: int | None) -> None:
        """A close frame with this code, none where it is None, and then the line."""
        opcode, data = await self.heard()
        assert opcode == CLOSE
        assert (struct.unpack("!H", data[:2])[0] if data else None) == code
        async with asyncio.timeout(DEADLINE):
            with contextlib.suppress(ConnectionError):
                assert await self.reader.read() == b""

    async def lives(self) -> None:
        """It goes on, and has said nothing else."""
        await self.send(sent(TEXT, b"still here"))
        assert await self.heard() == (TEXT, b"still here")
        await self.send(sent(CLOSE, struct.pack("!H", 1000)))
        await self.ends(1000)


@pytest.fixture
async def pipe(lab: Lab) -> AsyncIterator[Pipe]:
    lab.app.router.routes.insert(0, WebSocketRoute("/echo", echo))
    reader, writer = await connect(lab)
    writer.write(UPGRADE.format(path="/echo", host="{}:{}".format(*address(lab))).encode())
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    yield Pipe(reader, writer)
    writer.transport.abort()


# 1 Framing


@pytest.mark.parametrize("chop", [0, 997], ids=["whole", "in segments"])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", SIZES)
async def test_1_a_message_of_any_size_is_heard(pipe: Pipe, size: int, opcode: int, chop: int) -> None:
    data = b"*" * size if opcode == TEXT else bytes(n % 256 for n in range(size))
    await pipe.send(sent(opcode, data), chop=chop)
    assert await pipe.heard() == (opcode, data)
    await pipe.lives()


# 2 Pings and pongs


@pytest.mark.parametrize("data", [b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125])
async def test_2_a_ping_is_answered_with_what_it_said(pipe: Pipe, data: bytes) -> None:
    await pipe.send(sent(PING, data))
    assert await pipe.heard() == (PONG, data)
    await pipe.lives()


async def test_2_5_a_ping_of_126_bytes_is_too_long(pipe: Pipe) -> None:
    await pipe.send(sent(PING, b"\xfe" * 126))
    await pipe.ends(1002)


async def test_2_6_a_ping_that_comes_byte_by_byte(pipe: Pipe) -> None:
    await pipe.send(sent(PING, b"\xfe" * 125), chop=1)
    assert await pipe.heard() == (PONG, b"\xfe" * 125)


@pytest.mark.parametrize("data", [b"", b"unsolicited"])
async def test_2_7_a_pong_nobody_asked_for_is_not_answered(pipe: Pipe, data: bytes) -> None:
    await pipe.send(sent(PONG, data), sent(PING, b"then"))
    assert await pipe.heard() == (PONG, b"then")
    await pipe.lives()


@pytest.mark.parametrize("chop", [0, 1], ids=["whole", "byte by byte"])
async def test_2_10_ten_pings_are_answered_in_order(pipe: Pipe, chop: int) -> None:
    said = [b"payload-%d" % n for n in range(10)]
    await pipe.send(*[sent(PING, one) for one in said], chop=chop)
    assert [await pipe.heard() for _ in said] == [(PONG, one) for one in said]
    await pipe.lives()


# 3 Reserved bits


@pytest.mark.parametrize("before", [False, True], ids=["first", "after a message"])
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
@pytest.mark.parametrize("rsv", range(1, 8))
async def test_3_a_reserved_bit_ends_it(pipe: Pipe, rsv: int, opcode: int, before: bool) -> None:
    if before:
        await pipe.send(sent(TEXT, b"first"))
        assert await pipe.heard() == (TEXT, b"first")
    await pipe.send(sent(opcode, b"\x03\xe8" if opcode == CLOSE else b"*", rsv=rsv))
    await pipe.ends(1002)


# 4 Reserved opcodes


@pytest.mark.parametrize("data", [b"", b"reserved"])
@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
async def test_4_a_reserved_opcode_ends_it(pipe: Pipe, opcode: int, data: bytes) -> None:
    await pipe.send(sent(TEXT, b"first"))
    assert await pipe.heard() == (TEXT, b"first")
    await pipe.send(sent(opcode, data), sent(PING))
    await pipe.ends(1002)


async def test_a_frame_without_a_mask_ends_it(pipe: Pipe) -> None:
    await pipe.send(sent(TEXT, b"", masked=False))
    await pipe.ends(1002)


# 5 Fragments


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
async def test_5_1_control_frames_are_not_fragmented(pipe: Pipe, opcode: int) -> None:
    await pipe.send(sent(opcode, fin=False), sent(CONT, b"rest"))
    await pipe.ends(1002)


@pytest.mark.parametrize("chop", [0, 1], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_5_3_fragments_make_one_message(pipe: Pipe, opcode: int, chop: int) -> None:
    await pipe.send(sent(opcode, b"one", fin=False), sent(CONT, b"", fin=False), sent(CONT, b"two"), chop=chop)
    assert await pipe.heard() == (opcode, b"onetwo")
    await pipe.lives()


@pytest.mark.parametrize("chop", [0, 1], ids=["whole", "byte by byte"])
async def test_5_6_a_ping_between_fragments_is_answered_at_once(pipe: Pipe, chop: int) -> None:
    await pipe.send(sent(TEXT, b"one", fin=False), sent(PING, b"now"), chop=chop)
    assert await pipe.heard() == (PONG, b"now")
    await pipe.send(sent(CONT, b"two"), chop=chop)
    assert await pipe.heard() == (TEXT, b"onetwo")
    await pipe.lives()


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("before", [b"", sent(TEXT, b"whole")], ids=["nothing", "a message"])
async def test_5_9_nothing_is_continued_that_has_not_begun(pipe: Pipe, before: bytes, fin: bool) -> None:
    await pipe.send(before, sent(CONT, b"what?", fin=fin), sent(TEXT, b"later"))
    if before:
        assert await pipe.heard() == (TEXT, b"whole")
    await pipe.ends(1002)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_5_18_a_message_does_not_begin_in_another(pipe: Pipe, opcode: int) -> None:
    await pipe.send(sent(TEXT, b"one", fin=False), sent(opcode, b"two"))
    await pipe.ends(1002)


async def test_5_19_many_fragments_with_pings_between(pipe: Pipe) -> None:
    await pipe.send(sent(TEXT, b"1", fin=False), sent(CONT, b"2", fin=False), sent(PING, b"a"))
    assert await pipe.heard() == (PONG, b"a")
    await pipe.send(sent(CONT, b"3", fin=False), sent(CONT, b"4", fin=False), sent(PING, b"b"), sent(CONT, b"5"))
    assert [await pipe.heard() for _ in range(2)] == [(PONG, b"b"), (TEXT, b"12345")]
    await pipe.lives()


# 6 UTF-8

GREEK = "Hello-µ@ßöäüàá-UTF-8!! κόσμε".encode()
GOOD = [
    GREEK,
    "\x00\u007f\u0080\u07ff\u0800\uffff\U00010000\U0010ffff".encode(),
    "\ud7ff\ue000\ufffd\ufffe\uffff\ufdd0\U0001fffe\U0010fffe".encode(),
    "\u2028\u2029\u0085\ufeff".encode(),
]
BAD = [
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",  # a surrogate
    b"\xf8\x88\x80\x80\x80",  # five bytes
    b"\xfc\x84\x80\x80\x80\x80",  # six
    b"\xf4\x90\x80\x80",  # beyond U+10FFFF
    b"\x80",
    b"\xbf\x80",
    b"\xc0\x20\xc1\x20",
    b"\xe0\x20",
    b"\xc0\xaf",  # longer than needed
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xed\xbf\xbf",
    b"\xfe",
    b"\xff",
]
CUT = [b"\xc3", b"\xe1\xbd", b"\xf0\x90\x80"]  # each the beginning of a character


@pytest.mark.parametrize("pieces", [0, 1, 3], ids=["whole", "byte by byte", "fragments of three"])
@pytest.mark.parametrize("text", GOOD)
async def test_6_2_good_text_is_heard_however_it_is_cut(pipe: Pipe, text: bytes, pieces: int) -> None:
    size = pieces or len(text)
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    last = len(parts) - 1
    await pipe.send(*[sent(CONT if n else TEXT, part, fin=n == last) for n, part in enumerate(parts)])
    assert await pipe.heard() == (TEXT, text)
    await pipe.lives()


@pytest.mark.parametrize("before", [b"", GREEK], ids=["alone", "after good text"])
@pytest.mark.parametrize("text", [*BAD, *CUT])
async def test_6_3_what_is_no_text_is_refused(pipe: Pipe, text: bytes, before: bytes) -> None:
    await pipe.send(sent(TEXT, before + text))
    await pipe.ends(1007)


@pytest.mark.parametrize("text", BAD)
async def test_6_4_it_is_refused_before_its_message_ends(pipe: Pipe, text: bytes) -> None:
    await pipe.send(sent(TEXT, GREEK, fin=False), sent(CONT, text, fin=False))
    await pipe.ends(1007)


@pytest.mark.parametrize("text", BAD)
async def test_bytes_need_be_no_text(pipe: Pipe, text: bytes) -> None:
    await pipe.send(sent(BINARY, text, fin=False), sent(CONT, text))
    assert await pipe.heard() == (BINARY, text + text)


# 7 Closing


async def test_7_1_3_a_ping_after_a_close_is_not_answered(pipe: Pipe) -> None:
    await pipe.send(sent(CLOSE, b"\x03\xe8"), sent(PING), sent(TEXT, b"late"), sent(CLOSE, b"\x03\xe9"))
    await pipe.ends(1000)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_7_1_5_a_close_between_fragments_is_answered_by_its_code(pipe: Pipe, opcode: int) -> None:
    await pipe.send(sent(opcode, b"fragment", fin=False), sent(CLOSE, b"\x03\xe8"), sent(CONT, b"rest"))
    await pipe.ends(1000)


async def test_7_1_6_what_was_said_before_a_close_is_heard(pipe: Pipe) -> None:
    await pipe.send(sent(TEXT, b"*" * 60_000), sent(TEXT, b"Hello!"))
    assert [(await pipe.heard()).data[:6] for _ in range(2)] == [b"******", b"Hello!"]
    await pipe.send(sent(CLOSE, b"\x03\xe8"), sent(PING))
    await pipe.ends(1000)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", None),  # 7.3.1
        (b"\x03", 1002),  # 7.3.2
        (b"\x03\xe8", 1000),
        (b"\x03\xe8Hello!", 1000),
        (b"\x03\xe8" + b"*" * 123, 1000),  # 7.3.5
        (b"\x03\xe8" + b"*" * 124, 1002),  # 7.3.6
        (b"\x03\xe8" + GREEK, 1000),
        (b"\x03\xe8" + BAD[0], 1007),  # 7.5.1
    ],
)
async def test_7_3_what_a_close_may_say(pipe: Pipe, data: bytes, code: int | None) -> None:
    await pipe.send(sent(CLOSE, data))
    await pipe.ends(code)


VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
INVALID = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]


@pytest.mark.parametrize("reason", [b"", b"why"])
@pytest.mark.parametrize("code", VALID)
async def test_7_7_a_valid_code_is_said_back(pipe: Pipe, code: int, reason: bytes) -> None:
    await pipe.send(sent(CLOSE, struct.pack("!H", code) + reason))
    await pipe.ends(code)


@pytest.mark.parametrize("code", INVALID)
async def test_7_9_an_invalid_code_is_an_error_of_the_protocol(pipe: Pipe, code: int) -> None:
    await pipe.send(sent(CLOSE, struct.pack("!H", code)))
    await pipe.ends(1002)


# 10 Messages cut by the peer's library


@pytest.mark.parametrize("size", [1300, 1100])
async def test_10_1_a_message_of_64_kib_in_many_fragments(pipe: Pipe, size: int) -> None:
    data = b"*" * 65536
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    last = len(parts) - 1
    await pipe.send(*[sent(CONT if n else TEXT, part, fin=n == last) for n, part in enumerate(parts)])
    assert await pipe.heard() == (TEXT, data)
    await pipe.lives()


# Limits


@pytest.mark.parametrize("parts", [1, 2, 40])
async def test_a_message_over_the_limit_is_too_big_however_it_is_cut(pipe: Pipe, parts: int) -> None:
    part = b"*" * (65536 // parts + 1)
    await pipe.send(*[sent(CONT if n else TEXT, part, fin=n == parts - 1) for n in range(parts)])
    await pipe.ends(1009)
