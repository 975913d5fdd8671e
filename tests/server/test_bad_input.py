"""Bad input: refused with a clear error in the protocol's form, on http and on ws, and nothing has changed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.serving import Lab, serving
from tests.stranger.http import DEADLINE, JSON, Answer, Refused, as_json, emit, http, new_sid, post, raw, target
from tests.stranger.readers import Ended, Poll, Reader, Ws

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]

BODY, DATA = 65_536, 16_384  # bytes: the limits of a body or frame, and of the data of one message
LIMIT = 2**53


@asynccontextmanager
async def nothing_changes(lab: Lab) -> AsyncIterator[None]:
    """The log and who is here are afterwards what they were; a healthy neighbour reads on."""
    neighbour = await lab.join(Ws)
    before = (lab.hub.end, lab.here(), list(lab.life))
    yield
    assert (lab.hub.end, lab.here(), lab.life) == before
    await lab.say("fence")
    assert [message["event"] for message in await neighbour.until("fence", 1)] == ["fence"]


@pytest.fixture
def heard(lab: Lab) -> list[Any]:
    """What the handler of `c2s` was given."""
    heard: list[Any] = []
    lab.hub.on("c2s")(lambda client, data: heard.append(data))
    return heard


async def knock(lab: Lab, path: str = "/ws", host: str | None = None, **headers: str) -> int:
    """What a ws is answered with: 101 when it is let in, else the status of the handshake or the close code."""
    url = urlsplit(lab.url)
    extra = [(name.replace("_", "-"), value) for name, value in headers.items()]
    where = f"ws://{host or url.netloc}{path}"
    try:
        async with connect(
            where, host=url.hostname, port=url.port, additional_headers=extra, proxy=None, close_timeout=1
        ) as line:
            async with asyncio.timeout(DEADLINE):
                while "messages" not in json.loads(await line.recv()):
                    pass
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


def refused(answer: Answer, status: int, *codes: str) -> None:
    """This answer is a refusal in the protocol's form."""
    assert answer.status == status, answer
    assert answer.error["code"] in codes, answer.error
    assert answer.error["message"] and "Traceback" not in answer.error["message"]


async def refused_frame(line: Reader, frame: str | bytes, *codes: str) -> None:
    """This frame is answered by an error frame; the line stays open."""
    assert isinstance(line, Ws)
    await line.write(frame)
    async with asyncio.timeout(DEADLINE):
        error = await line.errors.get()
    assert error["code"] in codes and error["message"], (frame[:80], error)
    assert await line.ping("still here?") == "still here?"


def upload(n: Any = 1, event: Any = "c2s", data: Any = None) -> bytes:
    return as_json({"emits": [{"n": n, "event": event, "data": data}]})


def with_data(text: str) -> str:
    """An emit whose data is this JSON text, as it stands."""
    return upload(data="#").decode().replace('"#"', text)


# ---- sid


BAD_SIDS = [
    "a",
    "a" * 21,
    "a" * 23,
    "a" * 5000,
    "a" * 21 + "+",
    "a" * 21 + "/",
    "a" * 21 + "=",
    "a" * 21 + " ",
    "a" * 22 + "\n",
    "a" * 21 + "\x00",
    "é" * 22,
    "٣" * 22,
]


# `sid`: 22 characters of base64url. 400 malformed parameters.
@pytest.mark.parametrize("door", ["poll", "longpoll", "sse", "hello", "emit", "bye"])
async def test_a_bad_sid_is_refused_at_every_door(lab: Lab, door: str) -> None:
    async with nothing_changes(lab):
        for sid in BAD_SIDS:
            method = "POST" if door in ("emit", "bye") else "GET"
            body = upload() if method == "POST" else None
            refused(await http(lab.url, method, target(door, sid=sid), headers=JSON, body=body), 400, "bad_sid")
        bearer = [*JSON, ("Authorization", "Bearer not-a-sid")]
        refused(await http(lab.url, method, target(door), headers=bearer, body=body), 400, "bad_sid")


# … on ws by a close code, after accept: 4000.
async def test_a_bad_sid_is_refused_on_ws(lab: Lab) -> None:
    async with nothing_changes(lab):
        for sid in BAD_SIDS:
            assert await knock(lab, target("ws", sid=sid)) == 4000, sid


# Who emits or leaves must say who it is.
@pytest.mark.parametrize("door", ["emit", "bye"])
async def test_who_sends_needs_a_sid(lab: Lab, door: str) -> None:
    async with nothing_changes(lab):
        refused(await http(lab.url, "POST", f"/{door}", headers=JSON, body=upload()), 400, "no_sid")


# ---- Parameters


BAD_NUMBERS = ["abc", "nan", "inf", "-inf", "0x5", "٣", "5s", "1,5", " 5", "5\n", "--5"]


# 400 bad request (malformed parameters too), before the first byte of a stream.
@pytest.mark.parametrize(
    ("door", "name"),
    [("poll", "every"), ("longpoll", "hold"), ("sse", "heartbeat"), ("poll", "history"), ("sse", "history")],
)
async def test_a_malformed_parameter_is_refused(lab: Lab, door: str, name: str) -> None:
    async with nothing_changes(lab):
        for value in BAD_NUMBERS:
            answer = await http(lab.url, "GET", target(door, sid=new_sid(), **{name: value}))
            refused(answer, 400, "bad_parameter")


@pytest.mark.parametrize("name", ["heartbeat", "history"])
async def test_a_malformed_parameter_is_refused_on_ws(lab: Lab, name: str) -> None:
    async with nothing_changes(lab):
        for value in BAD_NUMBERS:
            assert await knock(lab, target("ws", sid=new_sid(), **{name: value})) == 4000, value


# A bad cursor is a rule of the contract (test_contract.py); here: who comes with one is not born by it.
@pytest.mark.parametrize("door", ["poll", "longpoll", "sse"])
async def test_a_bad_cursor_bears_nobody(lab: Lab, door: str) -> None:
    async with nothing_changes(lab):
        for cursor in ("x", "m3.-1", "m3." + "9" * 5000, "m3.٣", f"{lab.hub.epoch}.01"):
            refused(await http(lab.url, "GET", target(door, sid=new_sid(), cursor=cursor)), 400, "bad_cursor")
            refused(await http(lab.url, "GET", target(door, cursor=cursor)), 400, "bad_cursor")
            assert await knock(lab, target("ws", sid=new_sid(), cursor=cursor)) == 4000


# ---- JSON


BAD_TEXTS = {
    "empty": "",
    "blank": " \n",
    "cut": '{"emits":[{"n":1,"event":"c2s"',
    "nonsense": "nonsense",
    "more than one": '{"emits":[]}{"emits":[]}',
    "quotes": "{'emits':[]}",
    "an array": "[]",
    "a string": '"emits"',
    "a number": "1",
    "null": "null",
    "emits no list": '{"emits":{}}',
    "emits null": '{"emits":null}',
    "an emit no object": '{"emits":[1]}',
    "an emit without n": '{"emits":[{"event":"c2s"}]}',
    "an emit without event": '{"emits":[{"n":1}]}',
    "replies no list": '{"replies":{}}',
    "a reply without seq": '{"replies":[{"data":1}]}',
    "a reply to no number": '{"replies":[{"seq":"x"}]}',
    "acked no number": '{"acked":"x"}',
    "acked below 0": '{"acked":-1}',
    "acked a fraction": '{"acked":1.5}',
    "NaN": with_data("NaN"),
    "Infinity": with_data("Infinity"),
    "-Infinity": with_data("[-Infinity]"),
    "1e999": with_data("1e999"),
    "a lone surrogate": with_data(r'"\ud800"'),
    "a lone low surrogate": with_data(r'["\udc00x"]'),
    "a lone surrogate in a key": with_data(r'{"\ud800":1}'),
    "surrogates the wrong way round": with_data(r'"\udc00\ud800"'),
    "a control character": with_data('"\x01"'),
    "5,000 digits": with_data("9" * 5000),
    "-5,000 digits": with_data("-" + "9" * 5000),
    "2^53 + 1": with_data(str(LIMIT + 1)),
    "-2^53 - 1": with_data(f'{{"a":[{-LIMIT - 1}]}}'),
    "2^64": with_data(str(2**64)),
    "a leading zero": with_data("01"),
    "a comment": with_data("1/* */"),
    "9 levels": with_data("[" * 9 + "]" * 9),
    "9 levels of objects": with_data('{"a":' * 9 + "1" + "}" * 9),
    "20,000 levels": with_data("[" * 20_000 + "]" * 20_000),
    "20,000 levels of objects": with_data('{"a":' * 10_000 + "1" + "}" * 10_000),
    "levels above emits": "[" * 60_000,
}
BAD_BYTES = {
    "invalid UTF-8": with_data('"\xff"').encode("latin-1"),
    "a surrogate in UTF-8": with_data('"#"').encode().replace(b"#", b"\xed\xa0\x80"),
    "overlong UTF-8": with_data('"#"').encode().replace(b"#", b"\xc0\xaf"),
    "UTF-16": with_data("1").encode("utf-16"),
    "NUL behind": with_data("1").encode() + b"\x00",
}


# JSON (UTF-8); finite numbers; no lone surrogates; JSON depth 8; integers beyond 2^53 are refused. 400, whole.
@pytest.mark.parametrize("fault", [*BAD_TEXTS, *BAD_BYTES])
async def test_bad_json_is_refused(lab: Lab, heard: list[Any], fault: str) -> None:
    sid = new_sid()
    await lab.join(Poll, sid)
    body = BAD_BYTES[fault] if fault in BAD_BYTES else BAD_TEXTS[fault].encode()
    async with nothing_changes(lab):
        for who in (sid, new_sid()):
            answer = await http(lab.url, "POST", target("emit", sid=who), headers=JSON, body=body)
            refused(answer, 400, "bad_json", "bad_n", "bad_request")
        assert heard == []
    await emit(lab.url, sid, 1, "c2s", "good")
    assert heard == ["good"]


# … on ws an error frame, and a close code only if it goes on.
async def test_a_bad_frame_is_refused_and_the_line_stays(lab: Lab, heard: list[Any]) -> None:
    line = await lab.join(Ws)
    async with nothing_changes(lab):
        for text in BAD_TEXTS.values():
            await refused_frame(line, text, "bad_json", "bad_n", "bad_request")
        assert heard == []
    assert isinstance(line, Ws)
    await line.write(upload(data="good").decode())
    async with asyncio.timeout(DEADLINE):
        assert (await line.acks.get())["n"] == 1
    assert heard == ["good"]


# … (then it is 4000: a client that does not listen is not spoken to for ever).
async def test_a_line_that_goes_on_with_bad_frames_is_closed(lab: Lab, heard: list[Any]) -> None:
    line = await lab.join(Ws)
    assert isinstance(line, Ws)
    async with nothing_changes(lab):
        with pytest.raises(Refused) as end:
            for _ in range(200):
                with contextlib.suppress(ConnectionClosed):
                    await line.write("nonsense")
            await line.next()
        assert end.value.status == 4000 and heard == []


# From the stack (which says so in its log): 1003 a binary frame, 1007 text that is not UTF-8.
@pytest.mark.logs_errors
@pytest.mark.parametrize(("text", "code"), [(False, 1003), (True, 1007)], ids=["binary", "not UTF-8"])
async def test_a_frame_that_is_no_text_ends_the_line(lab: Lab, text: bool, code: int) -> None:
    line = await lab.join(Ws)
    assert isinstance(line, Ws) and line.line is not None
    async with nothing_changes(lab):
        await line.line.send(b"\xff\xfe", text=text)
        with pytest.raises(Ended) as end:
            await line.next()
        assert end.value.code == code


# ---- Events and n


BAD_EVENTS = ["", "x" * 65, "a\nb", "a\x00", "\x7f", "\t", "a\u2028b", 5, None, True, [], {"a": 1}]


# Event names: 1-64 printable characters.
@pytest.mark.parametrize("event", BAD_EVENTS, ids=repr)
async def test_a_bad_event_name_is_refused(lab: Lab, event: Any) -> None:
    line = await lab.join(Ws)
    async with nothing_changes(lab):
        answer = await post(lab.url, new_sid(), emits=[{"n": 1, "event": event}])
        refused(answer, 400, *(["bad_event"] if isinstance(event, str) else ["bad_event", "bad_json"]))
        await refused_frame(line, upload(event=event).decode(), "bad_event", "bad_json")


# … 64 of them are not too many, in any script.
@pytest.mark.parametrize("event", ["x", "x" * 64, "é" * 64, "你好", "a b", "🎈", "constructor", "__proto__"])
async def test_any_printable_event_name_is_taken(lab: Lab, event: str) -> None:
    heard: list[Any] = []
    lab.hub.on(event)(lambda client, data: heard.append(data))
    assert "error" not in await emit(lab.url, new_sid(), 1, event, "x")
    assert heard == ["x"]


# `n` counts a client's emits 1, 2, 3 …
@pytest.mark.parametrize("n", [0, -1, 1.5, "1", True, None, [], LIMIT, 10**30], ids=repr)
async def test_a_bad_n_is_refused(lab: Lab, heard: list[Any], n: Any) -> None:
    line = await lab.join(Ws)
    async with nothing_changes(lab):
        refused(await post(lab.url, new_sid(), emits=[{"n": n, "event": "c2s"}]), 400, "bad_n", "bad_json")
        await refused_frame(line, upload(n=n).decode(), "bad_n", "bad_json")
        assert heard == []


# ---- Sizes, at the limit and one over


SIZES = {  # what has exactly 16 KiB of compact UTF-8, as a JSON text
    "ascii": '"' + "x" * (DATA - 2) + '"',
    "two bytes each": '"' + "é" * (DATA // 2 - 1) + '"',
    "an array": "[" + "1," * (DATA // 2 - 2) + "11]",
}


# data of one message: 16 KiB; sizes are of its compact UTF-8. 413 / an error frame.
@pytest.mark.parametrize("kind", SIZES)
async def test_data_at_its_limit_is_taken_and_one_over_is_not(lab: Lab, heard: list[Any], kind: str) -> None:
    text = SIZES[kind]
    over = text[:-1] + ("1]" if kind == "an array" else 'x"')
    assert (len(text.encode()), len(over.encode())) == (DATA, DATA + 1)
    line = await lab.join(Ws)
    async with nothing_changes(lab):
        body = with_data(over).encode()
        answer = await http(lab.url, "POST", target("emit", sid=new_sid()), headers=JSON, body=body)
        refused(answer, 413, "too_large")
        await refused_frame(line, with_data(over), "too_large")
        assert heard == []
    body = with_data(text).encode()
    answer = await http(lab.url, "POST", target("emit", sid=line.sid), headers=JSON, body=body)
    assert "error" not in answer.accepted()["acks"][0] and heard == [json.loads(text)]
    await lab.hub.emit("s2c", heard[0])
    assert (await line.until("s2c"))[-1]["data"] == heard[0]


# … so neither its blanks nor its escapes count.
async def test_blanks_and_escapes_of_data_do_not_count(lab: Lab, heard: list[Any]) -> None:
    escaped = '"' + r"\u0041" * 10_000 + '"'
    blank = "[" + " " * 30_000 + "1]"
    for n, text in enumerate((escaped, blank), 1):
        body = upload(n, data="#").replace(b'"#"', text.encode())
        answer = await http(lab.url, "POST", target("emit", sid="a" * 22), headers=JSON, body=body)
        assert "error" not in answer.accepted()["acks"][0]
    assert heard == ["A" * 10_000, [1]]


def padded(size: int, n: int = 1) -> bytes:
    """An upload of so many bytes, most of them blank."""
    return upload(n, data="x").ljust(size)


# body or frame: 64 KiB. 413 / 4013 or, from the stack, 1009.
async def test_a_body_at_its_limit_is_taken_and_one_over_is_not(lab: Lab, heard: list[Any]) -> None:
    sid = new_sid()
    async with nothing_changes(lab):
        over = await http(lab.url, "POST", target("emit", sid=sid), headers=JSON, body=padded(BODY + 1))
        refused(over, 413, "too_large")
        assert heard == []
    answer = await http(lab.url, "POST", target("emit", sid=sid), headers=JSON, body=padded(BODY))
    assert "error" not in answer.accepted()["acks"][0] and heard == ["x"]


# … also where no Content-Length says so beforehand.
async def test_a_chunked_body_over_its_limit_is_refused(lab: Lab, heard: list[Any]) -> None:
    host = urlsplit(lab.url).netloc
    head = f"POST {target('emit', sid=new_sid())} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    chunk = b"2000\r\n" + b" " * 0x2000 + b"\r\n"
    async with nothing_changes(lab):
        request = head.encode() + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk * 9 + b"0\r\n\r\n"
        answer = await raw(lab.url, request)
        assert answer.startswith(b"HTTP/1.1 413 ") and b'"too_large"' in answer
        assert heard == []


async def test_a_frame_at_its_limit_is_taken_and_one_over_is_not(lab: Lab, heard: list[Any]) -> None:
    line = await lab.join(Ws)
    assert isinstance(line, Ws)
    await line.write(padded(BODY).decode())
    async with asyncio.timeout(DEADLINE):
        assert (await line.acks.get())["n"] == 1
    async with nothing_changes(lab):
        await line.write(padded(BODY + 1, 2).decode())
        with pytest.raises((Refused, Ended)) as end:
            await line.next()
        ending: Any = end.value
        assert ending.code == 1009 or ending.status == 4013
        assert heard == ["x"]


# JSON depth 8, counted from `data`.
@pytest.mark.parametrize("text", ["[" * 8 + "]" * 8, '{"a":' * 8 + "1" + "}" * 8, '[{"a":' * 4 + "1" + "}]" * 4])
async def test_8_levels_are_taken(lab: Lab, heard: list[Any], text: str) -> None:
    answer = await http(lab.url, "POST", target("emit", sid=new_sid()), headers=JSON, body=with_data(text).encode())
    assert "error" not in answer.accepted()["acks"][0] and heard == [json.loads(text)]


# integers beyond 2^53 are refused; those up to it are not, nor is any finite number.
@pytest.mark.parametrize("text", [str(LIMIT - 1), str(LIMIT), str(-LIMIT), "1e300", "-0.0", "5e-324"])
async def test_numbers_that_every_parser_knows_are_taken(lab: Lab, heard: list[Any], text: str) -> None:
    answer = await http(lab.url, "POST", target("emit", sid=new_sid()), headers=JSON, body=with_data(text).encode())
    assert "error" not in answer.accepted()["acks"][0] and heard == [json.loads(text)]


# Every door holds, the server's own too: what no wire takes, `hub.emit` does not log.
@pytest.mark.parametrize(
    "data",
    [float("nan"), float("inf"), "\ud800", {"\ud800": 1}, LIMIT + 1, "x" * DATA, [[[[[[[[[]]]]]]]]], object()],
    ids=lambda data: repr(data)[:20],
)
async def test_the_hub_itself_may_not_emit_what_no_wire_takes(lab: Lab, data: Any) -> None:
    async with nothing_changes(lab):
        with pytest.raises((ValueError, TypeError)):
            await lab.hub.emit("s2c", data)


# What a handler returns is held to the same rules: an ack that is no JSON is an error ack.
@pytest.mark.logs_errors
@pytest.mark.parametrize("value", [float("nan"), "\ud800", LIMIT + 1, object()], ids=lambda value: repr(value)[:20])
async def test_an_ack_that_no_wire_takes_is_an_error_ack(lab: Lab, value: Any) -> None:
    lab.hub.on("ask")(lambda client, data: value)
    sid = new_sid()
    ack = await emit(lab.url, sid, 1, "ask")
    assert ack["n"] == 1 and ack["error"]["code"] == "handler_failed"
    assert await emit(lab.url, sid, 1, "ask") == ack


# ---- Requests


METHODS = [
    *[(method, f"/{door}", "GET") for door in ("poll", "longpoll", "sse", "hello") for method in ("POST", "PUT")],
    *[(method, f"/{door}", "POST") for door in ("emit", "bye") for method in ("GET", "HEAD", "DELETE")],
    ("PATCH", "/poll", "GET"),
    ("DELETE", "/sse", "GET"),
]


# 405 with `Allow`.
@pytest.mark.parametrize(("method", "path", "allowed"), METHODS)
async def test_a_wrong_method_is_refused(lab: Lab, method: str, path: str, allowed: str) -> None:
    async with nothing_changes(lab):
        answer = await http(lab.url, method, f"{path}?sid={new_sid()}", headers=JSON, body=b"{}")
        assert answer.status == 405 and allowed in answer.headers["allow"].replace(" ", "").split(",")
        assert method not in answer.headers["allow"].replace(" ", "").split(",")
        if method != "HEAD":
            refused(answer, 405, "bad_method")


# GET /ws (upgrade): a request that does not upgrade is not what stands there.
async def test_ws_without_an_upgrade_is_refused(lab: Lab) -> None:
    async with nothing_changes(lab):
        refused(await http(lab.url, "GET", target("ws", sid=new_sid())), 426, "upgrade_required")


KINDS = [None, "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data"]


# POST /emit, application/json: 415 otherwise. (A page of another origin can post text/plain without asking.)
@pytest.mark.parametrize("kind", [*KINDS, "application/jsonp", "text/json", "application/json5", "", "json"])
async def test_a_wrong_content_type_is_refused(lab: Lab, heard: list[Any], kind: str | None) -> None:
    async with nothing_changes(lab):
        headers = [] if kind is None else [("Content-Type", kind)]
        answer = await http(lab.url, "POST", target("emit", sid=new_sid()), headers=headers, body=upload())
        refused(answer, 415, "bad_type")
        assert heard == []


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_by_any_of_its_spellings_is_taken(lab: Lab, heard: list[Any], kind: str) -> None:
    headers = [("Content-Type", kind)]
    await http(lab.url, "POST", target("emit", sid=new_sid()), headers=headers, body=upload(data=1))
    assert heard == [1]


PATHS = (
    "/nowhere /poll/x /poll/ /POLL /emit/ /ws/x /.git/config /app.py /client/../app.py /client/..%2fapp.py "
    "/client/%2e%2e/app.py /client//etc/passwd /%00 /client/%00 //nowhere"
).split()


# 404, in the protocol's form: anything else would be the network speaking.
@pytest.mark.parametrize("path", PATHS)
async def test_an_unknown_path_is_refused(lab: Lab, path: str) -> None:
    async with nothing_changes(lab):
        answer = await http(lab.url, "GET", path)
        refused(answer, 404, "not_found")
        assert await knock(lab, "/nowhere" if path.startswith("//") else quote(path, safe="/%.")) in (403, 404, 4000)


# ---- Origin


def own_origins(lab: Lab) -> list[str]:
    port = urlsplit(lab.url).port
    return [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]


def foreign_origins(lab: Lab) -> list[str]:
    port = urlsplit(lab.url).port
    return [
        "http://evil.test",
        f"http://evil.test:{port}",
        f"http://127.0.0.1.evil.test:{port}",
        f"http://evil.test#127.0.0.1:{port}",
        f"http://127.0.0.1:{port}@evil.test",
        "null",
        "file://",
        "nonsense",
    ]


DOORS = ["GET /poll", "GET /longpoll", "GET /sse", "GET /hello", "POST /emit", "POST /bye", "OPTIONS /emit"]


# Everyone else gets 403, on http and ws alike.
@pytest.mark.parametrize("door", [*DOORS, "HEAD /poll"])
async def test_a_foreign_origin_is_refused(lab: Lab, heard: list[Any], door: str) -> None:
    method, path = door.split()
    async with nothing_changes(lab):
        for origin in foreign_origins(lab):
            headers = [*JSON, ("Origin", origin), ("Access-Control-Request-Method", "POST")]
            body = upload() if method == "POST" else None
            answer = await http(lab.url, method, f"{path}?sid={new_sid()}", headers=headers, body=body)
            assert answer.status == 403, (origin, answer)
            assert "access-control-allow-origin" not in answer.headers
            if method != "HEAD":
                refused(answer, 403, "bad_origin")
        assert heard == []


async def test_a_foreign_origin_is_refused_on_ws(lab: Lab) -> None:
    async with nothing_changes(lab):
        for origin in foreign_origins(lab):
            assert await knock(lab, target("ws", sid=new_sid()), Origin=origin) in (403, 4003), origin


# Among own origins CORS works, on errors too (exact echo, `Vary: Origin`, no credentials, `Retry-After` exposed).
@pytest.mark.parametrize(("path", "status"), [("/hello", 200), ("/poll", 200), ("/poll?cursor=bad", 400), ("/no", 404)])
async def test_an_own_origin_may_read_every_answer(lab: Lab, path: str, status: int) -> None:
    for origin in own_origins(lab):
        answer = await http(lab.url, "GET", path, headers=[("Origin", origin)])
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == origin
        assert "origin" in answer.headers["vary"].lower()
        assert "access-control-allow-credentials" not in answer.headers
        assert "retry-after" in answer.headers["access-control-expose-headers"].lower()


async def test_an_own_origin_may_open_a_ws(lab: Lab) -> None:
    for origin in own_origins(lab):
        assert await knock(lab, Origin=origin) == 101


# No Origin passes.
async def test_no_origin_passes_and_is_told_nothing_of_origins(lab: Lab) -> None:
    answer = await http(lab.url, "GET", "/hello")
    assert answer.status == 200 and "access-control-allow-origin" not in answer.headers
    assert await knock(lab) == 101


# … or `--allow-origin` (which a page served elsewhere needs).
async def test_an_origin_may_be_allowed_by_name() -> None:
    async with serving(build_with={"allow_origins": ["https://school.example"]}) as lab:
        answer = await http(lab.url, "GET", "/hello", headers=[("Origin", "https://school.example")])
        assert answer.headers["access-control-allow-origin"] == "https://school.example"
        assert await knock(lab, Origin="https://school.example") == 101
        for foreign in ("http://school.example", "https://school.example.evil.test", "https://evil.test"):
            assert (await http(lab.url, "GET", "/hello", headers=[("Origin", foreign)])).status == 403
            assert await knock(lab, Origin=foreign) in (403, 4003)


# Preflight 204 allows GET, HEAD, POST, PUT and Authorization, Content-Type, Last-Event-ID.
@pytest.mark.parametrize("path", ["/emit", "/poll", "/sse", "/hello"])
async def test_a_preflight_of_an_own_origin_is_granted(lab: Lab, path: str) -> None:
    for origin in own_origins(lab):
        headers = [("Origin", origin), ("Access-Control-Request-Method", "POST")]
        answer = await http(lab.url, "OPTIONS", path, headers=headers)
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == origin
        methods = {name.strip() for name in answer.headers["access-control-allow-methods"].split(",")}
        allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
        assert methods >= {"GET", "HEAD", "POST", "PUT"}
        assert allowed >= {"authorization", "content-type", "last-event-id"}
        assert "access-control-allow-credentials" not in answer.headers


# ---- Host


BAD_HOSTS = ["evil.test", "evil.test:80", "127.0.0.1.evil.test", "a@127.0.0.1", "127.0.0.1@evil.test", "127.0.0.1/x"]


# 400: an unknown Host (a page that had its own name point here), none, or two.
@pytest.mark.parametrize("door", ["GET /poll", "GET /hello", "POST /emit", "GET /", "GET /nowhere"])
async def test_an_unknown_host_is_refused(lab: Lab, heard: list[Any], door: str) -> None:
    method, path = door.split()
    body = upload() if method == "POST" else None
    own = urlsplit(lab.url).netloc
    async with nothing_changes(lab):
        for host in [*BAD_HOSTS, f"evil.test:{urlsplit(lab.url).port}", " ", "127.0.0.1:port"]:
            answer = await http(lab.url, method, f"{path}?sid={new_sid()}", headers=JSON, body=body, host=host)
            refused(answer, 400, "bad_host")
        refused(await http(lab.url, method, path, headers=JSON, body=body, host=None), 400, "bad_host")
        for hosts in (["127.0.0.1", own], [own, "evil.test"], [own, own]):
            headers = [*JSON, ("Host", hosts[1])]
            refused(await http(lab.url, method, path, headers=headers, body=body, host=hosts[0]), 400, "bad_host")
        assert heard == []


async def test_an_unknown_host_is_refused_on_ws(lab: Lab) -> None:
    async with nothing_changes(lab):
        for host in ("evil.test", "127.0.0.1.evil.test:80"):
            assert await knock(lab, host=host) in (400, 4000), host
        assert await knock(lab, Host="evil.test") in (400, 4000)  # a second Host beside the true one


# A Host is known by its name, whatever the port.
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:1", "127.0.0.1:9001", "[::1]:80"])
async def test_an_own_name_is_known_whatever_the_port(lab: Lab, host: str) -> None:
    assert (await http(lab.url, "GET", "/hello", host=host)).status == 200
    assert await knock(lab, host=host) == 101


# … and more names may be given to it.
async def test_a_host_may_be_allowed_by_name() -> None:
    async with serving(build_with={"allow_hosts": ["lab.test"]}) as lab:
        assert (await http(lab.url, "GET", "/hello", host="lab.test:3000")).status == 200
        assert (await http(lab.url, "GET", "/hello", host="other.test")).status == 400
        origin = [("Origin", "http://lab.test:3000")]
        assert (await http(lab.url, "GET", "/hello", host="lab.test:3000", headers=origin)).status == 200


# ---- HEAD


# HEAD answers like GET, without waiting and without a body.
@pytest.mark.parametrize("door", ["poll", "longpoll", "sse", "hello"])
async def test_head_answers_at_once_and_without_a_body(lab: Lab, door: str) -> None:
    sid = new_sid()
    reader = await lab.join(Poll, sid)
    for who in ({}, {"sid": sid}):
        path = target(door, **who, cursor=reader.cursor, hold=30, heartbeat=30)
        answer = await http(lab.url, "HEAD", path)
        assert (answer.status, answer.body) == (200, b"")
        kind = "text/event-stream" if door == "sse" else "application/json"
        assert answer.headers["content-type"].startswith(kind)
    assert (await http(lab.url, "HEAD", target(door, sid="bad"))).status == 400
    if door != "hello":
        assert (await http(lab.url, "HEAD", target(door, cursor="bad"))).status == 400
