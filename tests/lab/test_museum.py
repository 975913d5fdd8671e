"""The museum: each way of before gives the log's own batches, to whom has a ticket and to no other site."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.serving import Lab, eventually
from tests.stranger.http import JSON, Answer, http, new_sid, target
from transport_fallback.lab import museum as module
from transport_fallback.lab.exhibits import AGAIN, SHAPES
from transport_fallback.lab.museum import Museum

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]

HOSTILE = "</script><script>alert(1)</script><!--\u2028*/ ]]>\\</script>"
EVIL = [("Origin", "http://evil.test")]


def museum_of(lab: Lab) -> Museum:
    route: Any = next(route for route in lab.app.routes if getattr(route, "path", "") == "/lab/museum")
    found: Museum = route.endpoint.__self__
    return found


async def begun(lab: Lab) -> tuple[str, str]:
    """The sid and the cursor of a new client."""
    sid = new_sid()
    cursor: str = (await http(lab.url, "GET", target("poll", sid=sid))).accepted()["cursor"]
    return sid, cursor


async def ticket_of(lab: Lab, sid: str) -> str:
    answer = await http(lab.url, "POST", target("lab/museum", sid=sid), headers=JSON, body=b"{}")
    ticket: str = answer.accepted(201)["ticket"]
    return ticket


async def shown(lab: Lab, name: str, **more: Any) -> Answer:
    """An exhibit for a second."""
    return await http(lab.url, "GET", target(f"lab/museum/{name}", **{"hold": 1, "callback": "heard", **more}))


def scripts(body: bytes, call: str) -> Iterator[Any]:
    """The batches that scripts of a page hand to a function, as a browser would read them: up to the first end tag."""
    for script in re.findall(r"<script[^>]*>(.*?)</script>", body.decode(), re.DOTALL):
        found = re.fullmatch(re.escape(call) + r"\((\{.*\})(?:, \"\*\")?\)", script)
        assert found, script
        yield json.loads(found[1])


def said(batches: Iterator[Any] | list[Any]) -> list[Any]:
    return [message["data"] for batch in batches for message in batch["messages"]]


@pytest.mark.parametrize(("name", "call"), [("iframe", "parent.postMessage"), ("htmlfile", "parent.heard")])
async def test_a_page_that_never_ends_has_a_script_for_each_batch(lab: Lab, name: str, call: str) -> None:
    sid, cursor = await begun(lab)
    ticket = await ticket_of(lab, sid)
    await lab.say("m", HOSTILE)
    waiting = asyncio.create_task(shown(lab, name, ticket=ticket, cursor=cursor))
    await eventually(lambda: len(museum_of(lab)) == 1)
    await lab.say("m", "later")
    answer = await waiting
    assert answer.status == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    batches = list(scripts(answer.body, call))
    assert said(batches) == [HOSTILE, "later"] and batches[-1]["cursor"] == lab.end
    assert b"\xe2\x80\xa8" not in answer.body and answer.body.count(b"</script>") == len(batches)
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"sandbox allow-scripts", "default-src 'none'", "frame-ancestors 'self'"} < set(policy)
    nonces = re.findall(rb'<script nonce="([^"]+)">', answer.body)
    assert [part for part in policy if part.startswith("script-src")] == (
        [f"script-src 'nonce-{nonces[0].decode()}'"] if name == "iframe" else []
    )
    assert len(set(nonces)) == (name == "iframe")
    await eventually(lambda: len(museum_of(lab)) == 0)


async def test_a_script_for_each_answer_calls_the_function_once(lab: Lab) -> None:
    sid, cursor = await begun(lab)
    ticket = await ticket_of(lab, sid)
    await lab.say("m", HOSTILE)
    for _ in range(2):  # from the same cursor the same again: it is a log
        answer = await shown(lab, "jsonp", ticket=ticket, cursor=cursor, callback="$heard_1", hold=30)
        found = re.fullmatch(rb"/\*\*/\$heard_1\((\{.*\})\);\n", answer.body)
        assert found and b"<" not in answer.body
        batch = json.loads(found[1])
        assert said([batch]) == [HOSTILE] and batch["cursor"] == lab.end
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    waiting = asyncio.create_task(shown(lab, "jsonp", ticket=ticket, cursor=batch["cursor"], hold=30))
    await eventually(lambda: len(museum_of(lab)) == 1)
    await lab.say("m", "news")
    assert said([json.loads((await waiting).body[len("/**/heard(") : -3])]) == ["news"]
    answer = await shown(lab, "jsonp", ticket=ticket, cursor=lab.end)
    assert json.loads(answer.body[len("/**/heard(") : -3])["messages"] == []


@pytest.mark.parametrize("callback", ["", "a.b", "a(", "1a", "alert(1)//", "a b", "a;b", "é", "x" * 41, "<x>", "a\n"])
async def test_a_callback_is_a_name_and_no_program(lab: Lab, callback: str) -> None:
    sid, cursor = await begun(lab)
    answer = await shown(lab, "jsonp", ticket=await ticket_of(lab, sid), cursor=cursor, callback=callback)
    assert answer.status == 400 and answer.error["code"] == "bad_parameter"


async def test_a_picture_is_replaced_by_the_next_which_has_begun_by_then(lab: Lab) -> None:
    sid, cursor = await begun(lab)
    ticket = await ticket_of(lab, sid)
    await lab.say("m", HOSTILE)
    answer = await shown(lab, "replace", ticket=ticket, cursor=cursor)
    assert answer.headers["content-type"] == f"multipart/x-mixed-replace; boundary={AGAIN}"
    head = f"--{AGAIN}\r\nContent-Type: image/svg+xml\r\n\r\n".encode()
    first, *pictures, rest = answer.body.split(head)
    assert first == rest == b"" and len(pictures) >= 1
    assert all(re.fullmatch(rb"<svg.*</svg>\r\n", picture) for picture in pictures)
    assert lab.end.encode() in pictures[-1] and b">+1<" in pictures[0] and b"alert" not in answer.body


async def test_it_shows_what_this_client_may_see_and_nothing_else(lab: Lab) -> None:
    (one, from_one), (other, from_other) = await begun(lab), await begun(lab)
    await lab.client(one).join("den")
    await lab.say("m", "den", to="den")
    await lab.client(other).emit("m", "private")
    await lab.say("m", "all")
    for sid, cursor, wanted in ((one, from_one, ["den", "all"]), (other, from_other, ["private", "all"])):
        answer = await shown(lab, "iframe", ticket=await ticket_of(lab, sid), cursor=cursor)
        assert said(scripts(answer.body, "parent.postMessage")) == wanted


@pytest.mark.parametrize("name", SHAPES)
async def test_no_page_of_another_site_gets_anything(lab: Lab, name: str) -> None:
    """It may load scripts, frames and pictures; but it has no ticket, and is given none."""
    sid, cursor = await begun(lab)
    ticket = await ticket_of(lab, sid)
    await lab.say("m", "private")
    path = target(f"lab/museum/{name}", ticket=ticket, cursor=cursor, callback="steal", hold=1)
    for headers in (EVIL, [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")]):
        answer = await http(lab.url, "GET", path, headers=headers)
        assert answer.status == 403 and answer.error["code"] == "bad_origin" and b"private" not in answer.body
    for more in (
        {},
        {"sid": sid},
        {"ticket": ""},
        {"ticket": "x" * 22},
        {"ticket": sid},
    ):
        answer = await shown(lab, name, cursor=cursor, **more)
        assert answer.status == 403 and answer.error["code"] == "refused" and b"private" not in answer.body
    answer = await http(lab.url, "GET", path)
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers


async def test_a_ticket_is_given_to_who_asks_as_no_form_can(lab: Lab) -> None:
    sid, _cursor = await begun(lab)
    path = target("lab/museum", sid=sid)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = await http(lab.url, "POST", path, headers=[("Content-Type", kind)], body=b"{}")
        assert answer.status == 415
    assert (await http(lab.url, "POST", path, headers=[*JSON, *EVIL], body=b"{}")).status == 403
    assert (await http(lab.url, "GET", path)).status == 405
    for other in ({}, {"sid": new_sid()}):  # nobody, or nobody that is known: it bears none
        answer = await http(lab.url, "POST", target("lab/museum", **other), headers=JSON, body=b"{}")
        assert answer.status == 400 and answer.error["code"] == "no_sid"
    assert (await http(lab.url, "POST", path, headers=JSON, body=b"x" * (1 << 17))).status == 413
    assert len(museum_of(lab)._tickets) == 0 and len(lab.hub.members) == 1


async def test_tickets_are_so_many_and_do_not_last(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICKETS", 2)
    museum, now = museum_of(lab), 0.0
    museum.clock = lambda: now
    tickets = []
    for _ in range(3):
        sid, cursor = await begun(lab)
        tickets.append(await ticket_of(lab, sid))
        await lab.say("m", "news")
    assert [(await shown(lab, "jsonp", ticket=one, cursor=cursor)).status for one in tickets] == [403, 200, 200]
    now = module.LASTS + 1
    assert (await shown(lab, "jsonp", ticket=tickets[-1], cursor=cursor)).status == 403


async def test_so_many_are_open_and_whoever_has_most_makes_way(lab: Lab) -> None:
    museum = museum_of(lab)
    museum.lines = 2
    sid, cursor = await begun(lab)
    ticket = await ticket_of(lab, sid)
    waiting = [asyncio.create_task(shown(lab, "iframe", ticket=ticket, cursor=cursor, hold=30)) for _ in range(2)]
    await eventually(lambda: len(museum) == 2)
    answer = await shown(lab, "iframe", ticket=ticket, cursor=cursor)
    assert answer.status == 503 and answer.error["code"] == "full"
    museum._make_room("another address")  # whose share is smaller
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    assert len(done) == 1 and len(museum) == 1
    await lab.app.state.life.drain()  # and the server stops
    assert [(await one).status for one in waiting] == [200, 200]
    await eventually(lambda: len(museum) == 0)


async def test_an_exhibit_ends_with_its_line_and_with_its_client(lab: Lab) -> None:
    museum = museum_of(lab)
    sid, cursor = await begun(lab)
    ticket = await ticket_of(lab, sid)
    host = lab.url.removeprefix("http://")
    name, port = host.split(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    path = target("lab/museum/iframe", ticket=ticket, cursor=cursor)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await reader.readuntil(b"</title>")
    assert len(museum) == 1
    writer.close()
    await eventually(lambda: len(museum) == 0)
    waiting = asyncio.create_task(shown(lab, "iframe", ticket=ticket, cursor=cursor, hold=30))
    await eventually(lambda: len(museum) == 1)
    lab.client(sid).close()
    assert (await waiting).status == 200
    assert (await shown(lab, "iframe", ticket=ticket, cursor=cursor)).status == 410


async def test_head_opens_nothing(lab: Lab) -> None:
    sid, cursor = await begun(lab)
    ticket = await ticket_of(lab, sid)
    for name in SHAPES:
        answer = await http(lab.url, "HEAD", target(f"lab/museum/{name}", ticket=ticket, cursor=cursor, callback="f"))
        assert answer.status == 200 and answer.body == b""
    assert len(museum_of(lab)) == 0
