"""What the Python client is told and cannot mean it: refused where it is said, by name, with what would be right."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import math
from typing import Any

import pytest

from tests.client.test_client import QUICK
from transport_fallback.client.socket import EmitError, Options, Socket, io

URL = "http://127.0.0.1:1"


@dataclasses.dataclass
class Thing:
    name: str = "x"


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ({"transports": ["websocket", "polling"]}, ValueError, "there is no 'websocket' here; it is called 'ws'"),
        ({"transports": ["polling"]}, ValueError, "it is called 'longpoll'"),
        ({"transports": ["carrier pigeon"]}, ValueError, "there are ws, sse, longpoll, poll"),
        ({"transports": ["ws", 5]}, ValueError, "there is no 5"),
        ({"transports": "ws"}, TypeError, r"transports is a list, \['ws'\]"),
        ({"transports": []}, ValueError, "transports is empty"),
        ({"transports": None}, TypeError, "transports is a list"),
        ({"use": "websocket"}, ValueError, "use: there is no 'websocket' here; it is called 'ws'"),
        ({"use": "poll", "transports": ["ws"]}, ValueError, "use: there is no 'poll' here; there are ws"),
        ({"use": None}, ValueError, "use: there is no None"),
        ({"every": 0}, ValueError, "every is above 0 and at most 60"),
        ({"every": -1}, ValueError, "every"),
        ({"every": 1000}, ValueError, "every .* in seconds"),
        ({"every": "1"}, TypeError, "every is a number of seconds"),
        ({"every": True}, TypeError, "every is a number"),
        ({"every": math.nan}, ValueError, "every"),
        ({"hold": 0}, ValueError, "hold is from 1 to 30"),
        ({"hold": 31}, ValueError, "hold is from 1 to 30"),
        ({"heartbeat": math.inf}, ValueError, "heartbeat is from 1 to 30"),
        ({"heartbeat": None}, TypeError, "heartbeat is a number of seconds"),
        ({"history": -1}, ValueError, "history is 0 or more"),
        ({"history": 1.5}, TypeError, "history is a number of messages"),
        ({"verdicts": []}, TypeError, "verdicts is a dict or None"),
        ({"network": 5}, TypeError, "network is a str or None"),
        ({"clock": 5}, TypeError, "clock is a function"),
        ({"chance": 0.5}, TypeError, "chance is a function"),
        ({"reconnection": False}, TypeError, "there is no option 'reconnection'; there are use, transports, every"),
        ({"path": "/x"}, TypeError, "there is no option 'path'"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_meant(said: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        io(URL, **said)


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("localhost:3000", ValueError, "say http://localhost:3000"),
        ("127.0.0.1:3000/base", ValueError, "say http://127.0.0.1:3000/base"),
        ("ws://a.example/x", ValueError, "say http://a.example/x"),
        ("wss://a.example", ValueError, "say https://a.example"),
        ("/base", ValueError, "is no http URL"),
        ("", ValueError, "is no http URL"),
        ("http://", ValueError, "is no http URL"),
        ("http://a.example?x=1", ValueError, "query or a fragment: url is only the base, http://a.example"),
        ("http://a.example/b#c", ValueError, "only the base, http://a.example/b"),
        ("http://user:secret@a.example", ValueError, "a user or a password"),
        ("http://a b.example", ValueError, "names no host"),
        ("http://a.example:port", ValueError, "[Pp]ort"),
        ("http://a.example:99999", ValueError, "[Pp]ort"),
        (5, TypeError, "url is a text"),
        (None, TypeError, "url is a text"),
    ],
)
def test_a_url_that_is_no_base(url: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as refused:
        io(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("event", "handler", "kind", "words"),
    [
        ("s2c", 5, TypeError, "a handler is a function"),
        ("s2c", "print", TypeError, "a handler is a function"),
        (print, None, TypeError, "an event is a name"),
        ("connection", print, ValueError, "it is called 'connect'"),
        ("reconnect_failed", print, ValueError, "it is called 'connect_failed'"),
        ("$void", print, ValueError, "never comes"),
        ("", print, ValueError, "never comes"),
        ("x" * 65, print, ValueError, "never comes"),
    ],
)
def test_a_handler_that_could_never_run(event: Any, handler: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        io(URL).on(event, handler)


@pytest.mark.anyio
async def test_use_and_once_refuse_what_is_not_there_and_change_nothing() -> None:
    socket = io(URL, transports=["poll", "sse"])
    for name in ("websocket", "ws", "", None):
        with pytest.raises(ValueError, match="use: there is no .* there are auto, sse, poll"):
            socket.use(name)  # type: ignore[arg-type]
    assert socket.session.ladder.rungs.pinned is None and not socket.decisions
    with pytest.raises(ValueError, match="never comes"):
        socket.once("connection")
    with pytest.raises(TypeError):
        socket.on("s2c")("not a function")
    assert not socket.session.handlers._named and not socket.session.handlers._waits


def loop() -> list[Any]:
    ring: list[Any] = []
    ring.append(ring)
    return ring


@pytest.mark.anyio
@pytest.mark.parametrize(
    "data",
    [b"x", bytearray(b"x"), memoryview(b"x"), {1, 2}, frozenset(), Thing(), Thing, print, object(), 1j, math.nan,
     -math.inf, {1: 2}, {None: 1}, {True: 1}, {("a",): 1}, loop(), [{"a": {3}}], (x for x in [1]), range(3), 2**53 + 1,
     {"a": b"x"}, {"\ud800": 1}, enum.Enum("E", "a")],
)  # fmt: skip
async def test_data_that_is_no_json_is_refused_where_it_is_emitted(data: Any) -> None:
    socket = io(URL)
    with pytest.raises(EmitError) as refused:
        socket.emit("c2s", data)
    assert refused.value.code == "bad_json" and not socket.session.way.outbox.unsent
    with pytest.raises(TypeError):
        socket.emit("c2s", 1, 2)  # type: ignore[call-arg]


def test_what_can_be_meant_is_taken() -> None:
    for said in ({}, QUICK, {"transports": ("poll", "ws")}, {"transports": {"sse"}}, {"every": 60, "hold": 30}):
        assert isinstance(io("http://127.0.0.1:1/base/", **said), Socket)


def test_what_io_may_be_told_is_what_a_socket_takes() -> None:
    known = [name for name in inspect.signature(Socket).parameters if name != "url"]
    assert known == list(Options.__annotations__)
