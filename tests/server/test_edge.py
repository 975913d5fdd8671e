"""The edge: what a browser of today may ask, what it is told, and what whoever runs the server sees."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

import pytest

from tests.serving import Lab, serving
from tests.stranger.http import DEADLINE, JSON, Answer, as_json, http, new_sid, target
from transport_fallback.serving.pages import policy, takes_gzip

pytestmark = pytest.mark.anyio

WIRE = ["GET /poll", "GET /longpoll", "GET /sse", "GET /hello", "POST /emit", "POST /bye", "HEAD /poll"]
TOOLS = ["GET /stats", "GET /lab/feed", "POST /lab/feed", "GET /via", "PUT /via/~some-link", "GET /lab/class/qr"]
PAGES = [
    "/",
    "/client/socket.js",
    "/socket.io/socket.io.js",
    "/lessons/list.js",
    "/report/report.html",
    "/report/report.zh.html",
    "/page/page.css",
]


async def ask(lab: Lab, door: str, *headers: tuple[str, str], host: str = "") -> Answer:
    method, path = door.split(" ", 1)
    body = as_json({"emits": [{"n": 1, "event": "said"}]}) if method == "POST" else None
    sid = {"sid": new_sid()} if path in ("/poll", "/longpoll", "/sse", "/hello", "/emit", "/bye") else {}
    path = target(path.lstrip("/"), **sid) if sid else path
    return await http(lab.url, method, path, headers=[*JSON, *headers], body=body, host=host)


# ---- Sec-Fetch-Site: an <img> of any site asks without an Origin


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("door", [*WIRE, *TOOLS, "GET /nowhere"])
async def test_a_page_of_another_site_that_does_not_say_which_is_refused(lab: Lab, door: str, site: str) -> None:
    for mode in ("no-cors", "navigate", "websocket"):
        answer = await ask(lab, door, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode))
        assert answer.status == 403
        assert door.startswith("HEAD") or answer.error["code"] == "bad_origin"
    assert not lab.hub.members and not lab.app.state.feeds.speaking


@pytest.mark.parametrize("path", PAGES)
async def test_any_site_may_lead_to_the_page_and_load_its_files(lab: Lab, path: str) -> None:
    for mode in ("navigate", "no-cors"):
        answer = await ask(lab, f"GET {path}", ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", mode))
        assert answer.status == 200


# A page on 127.0.0.1 that asks localhost is of another site, and its Origin is our own.
async def test_another_site_with_an_origin_of_ours_may_ask() -> None:
    async with serving(build_with={"allow_origins": ["https://app.example.org:443"]}) as lab:
        port = urlsplit(lab.url).port
        for origin in (f"http://localhost:{port}", f"http://127.0.0.1:{port}", "https://app.example.org"):
            for door in WIRE:
                if door != "GET /sse":
                    answer = await ask(lab, door, ("Origin", origin), ("Sec-Fetch-Site", "cross-site"))
                    assert answer.status in (200, 204), (door, origin)
                    assert answer.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("site", ["none", "same-origin"])
async def test_ones_own_page_and_the_address_bar_may_ask(lab: Lab, site: str) -> None:
    for door in ("GET /poll", "POST /emit", "GET /lab/feed"):
        assert (await ask(lab, door, ("Sec-Fetch-Site", site))).status == 200


# ---- Host: a name, in all its forms


@pytest.mark.parametrize(
    "host",
    ["LocalHost:{port}", "localhost.", "localhost.:{port}", "127.0.0.1 ", "127.0.0.1\t", "[0:0::1]:{port}", "[::1]"],
)
async def test_a_name_of_ours_is_known_in_every_form(lab: Lab, host: str) -> None:
    port = urlsplit(lab.url).port
    answer = await ask(lab, "GET /hello", host=host.format(port=port))
    assert answer.status == 200
    page = await ask(lab, "GET /", host=host.format(port=port))
    assert "localhost" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1#; script-src *", "127.0.0.1;", "127.0.0.1, evil.test", "127.0.0.1:80:80", "127.0.0.1:99999", "::1",
     "[::1", "localhost..", ".localhost", "127.0.0.1%", "127.0.0.1\x0b", "[::1%25lo]", "2130706433", "0x7f.1"],
)  # fmt: skip
async def test_what_only_looks_like_a_name_of_ours_is_refused(lab: Lab, host: str) -> None:
    for door in ("GET /", "GET /hello", "POST /emit"):
        answer = await ask(lab, door, host=host)
        assert answer.status == 400
        assert "content-security-policy" not in answer.headers


async def test_the_policy_of_the_page_names_what_it_may_use(lab: Lab) -> None:
    at_port = (await ask(lab, "GET /", host="localhost:3000")).headers["content-security-policy"]
    assert " http://127.0.0.1:3000" in at_port and " http://localhost:3000" in at_port
    at_none = (await ask(lab, "GET /", host="localhost")).headers["content-security-policy"]
    assert re.search(r" http://127\.0\.0\.1[ ;]", at_none) and re.search(r" http://localhost[ ;]", at_none)


# ---- what every answer says


async def test_a_page_is_given_leave_only_where_it_asks_across_origins(lab: Lab) -> None:
    origin = ("Origin", lab.url)
    same = await ask(lab, "GET /client/socket.js", origin, ("Sec-Fetch-Site", "same-origin"))
    across = await ask(lab, "GET /client/socket.js", origin, ("Sec-Fetch-Site", "same-site"))
    assert "access-control-allow-origin" not in same.headers
    assert across.headers["access-control-allow-origin"] == lab.url


async def test_every_answer_says_what_it_is_and_no_page_more_than_it_must(lab: Lab) -> None:
    doors = [*WIRE, *TOOLS, *(f"GET {path}" for path in PAGES), "GET /nowhere", "POST /client/socket.js", "GET /ws"]
    for door in doors:
        for headers in ([], [("Origin", "http://evil.test")]):
            if door == "GET /sse" and not headers:
                continue
            answer = await ask(lab, door, *headers)
            assert answer.headers["x-content-type-options"] == "nosniff", door
            assert answer.headers["cache-control"] in ("no-store", "no-cache"), door
    assert (await ask(lab, "GET /", host="evil.test")).headers["x-content-type-options"] == "nosniff"
    host = lab.url.removeprefix("http://")
    for astray in (b"\x16\x03\x01\r\n\r\n", b"GET /via/~some-link/x HTTP/1.1\r\nno header\r\n\r\n"):
        assert b"x-content-type-options: nosniff" in await raw_head(lab, astray)
    events = await raw_head(lab, f"GET {target('sse', sid=new_sid())} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert b"x-content-type-options: nosniff" in events
    for path in ("/", "/report/report.html", "/report/e4.svg"):
        assert (await ask(lab, f"GET {path}")).headers["referrer-policy"] == "no-referrer"
        policy = (await ask(lab, f"GET {path}")).headers["content-security-policy"]
        for part in ("default-src '", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"):
            assert part in policy
        assert "script-src" not in policy and "*" not in policy
    where = lab.url.removeprefix("http://")
    frames = f"frame-src {where}/lessons/sandbox.html {where}/lab/museum/iframe;"
    assert frames in (await ask(lab, "GET /")).headers["content-security-policy"]


async def test_what_a_reader_writes_runs_in_a_page_of_no_origin_and_without_a_network(lab: Lab) -> None:
    parts = (await ask(lab, "GET /lessons/sandbox.html")).headers["content-security-policy"].split("; ")
    assert {"sandbox allow-scripts", "default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"} < set(parts)
    assert not [part for part in parts if "connect-src" in part or "'self'" in part and "ancestors" not in part]
    for other in ("/lessons/lost/en.html", "/report/report.html"):
        assert "frame-ancestors 'none'" in (await ask(lab, f"GET {other}")).headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "frame"),
    [("localhost:3000", "localhost:3000/lessons/sandbox.html localhost:3000/lab/museum/iframe"),
     ("lab.example", "lab.example/lessons/sandbox.html lab.example/lab/museum/iframe"),
     ("[::1]:3000", "'self'")],
)  # fmt: skip
def test_the_policy_names_the_frames_of_this_server(host: str, frame: str) -> None:
    assert f"; frame-src {frame}; base-uri" in policy(host, [])


async def raw_head(lab: Lab, request: bytes) -> bytes:
    url = urlsplit(lab.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(request)
    try:
        return (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE)).lower()
    finally:
        writer.transport.abort()


# ---- what there is


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/lab/feed/abc", "DELETE"), ("/lab/feed", "GET HEAD POST"), ("/via/~some-link", "GET HEAD PUT"),
     ("/emit", "POST"), ("/poll", "GET HEAD"), ("/client/socket.js", "GET HEAD"), ("/", "GET HEAD"), ("/nowhere", "")],
)  # fmt: skip
async def test_a_page_is_told_which_methods_there_are(lab: Lab, path: str, allowed: str) -> None:
    answer = await http(lab.url, "OPTIONS", path)
    assert (answer.status, answer.headers["allow"]) == (204, ", ".join(sorted([*allowed.split(), "OPTIONS"])))
    asked = [("Origin", lab.url), ("Access-Control-Request-Method", "DELETE")]
    answer = await http(lab.url, "OPTIONS", path, headers=asked)
    assert set(answer.headers["access-control-allow-methods"].split(", ")) == {"DELETE", "GET", "HEAD", "POST", "PUT"}
    if allowed:
        other = next(method for method in ("PATCH", "DELETE") if method not in allowed)
        answer = await http(lab.url, other, path)
        assert answer.status == 405
        assert set(answer.headers["allow"].split(", ")) == set(allowed.split())


# RFC 9110, 12.5.3: a weight of 0 means "not acceptable".
@pytest.mark.parametrize(
    ("accepts", "taken"),
    [("gzip", True), ("GZIP;q=0.5, br", True), ("gzip;q=0", False), ("gzip; q=0.000", False), ("*", True),
     ("br", False), ("*;q=0", False), ("*, gzip;q=0", False), ("x-gzip", True), ("", False), ("gzipped", False),
     ("gzip;q=0.001", True)],
)  # fmt: skip
async def test_gzip_is_sent_to_who_takes_it(lab: Lab, accepts: str, taken: bool) -> None:
    assert takes_gzip(accepts) is taken
    answer = await ask(lab, "GET /", ("Accept-Encoding", accepts))
    assert (answer.headers.get("content-encoding") == "gzip") is taken
    assert "accept-encoding" in answer.headers["vary"].lower()


# ---- what whoever runs the server sees


async def test_a_refused_origin_is_told_once_with_the_flag_that_lets_it_in(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    for origin in ["https://app.example.org"] * 3 + ["https://app.example.org:443", "http://a b", "http://x:y"]:
        assert (await ask(lab, "GET /hello", ("Origin", origin))).status == 403
    assert (await ask(lab, "GET /hello", ("Origin", "http://x\x1b[31m"))).status == 400
    (told,) = [record.getMessage() for record in caplog.records]
    assert "--allow-origin https://app.example.org " in told
    for n in range(300):
        await ask(lab, "GET /hello", ("Origin", f"http://{n}.evil.test"))
    assert len(caplog.records) <= 100
