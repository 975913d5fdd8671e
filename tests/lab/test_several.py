"""Several servers: one tells whose reads are open there, and ends only where it was started so, by its own name."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import pytest

from tests.serving import Lab, eventually, serving
from tests.stranger.http import http, new_sid, public_id
from tests.stranger.readers import Reader, Sse, Ws
from transport_fallback.app import build
from transport_fallback.hub import Hub
from transport_fallback.lab.several import Several
from transport_fallback.log.streams.joined import on_redis
from transport_fallback.serving.run import running

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
KILL = "/lab/cluster/kill?process="


async def told(lab: Lab, *clients: str) -> Any:
    query = "&".join(f"client={client}" for client in clients)
    return (await http(lab.url, "GET", f"/lab/cluster?{query}")).accepted()


@pytest.mark.parametrize("transport", [Sse, Ws])
async def test_it_tells_by_what_a_client_reads_here(lab: Lab, transport: type[Reader]) -> None:
    reader = await lab.join(transport)
    sid = str(reader.sid)
    ids = [public_id(sid), public_id(new_sid())]
    assert (await told(lab, *ids))["reads"] == {ids[0]: [transport.__name__.lower()], ids[1]: []}
    await reader.cut()
    await eventually(lambda: not lab.client(sid).readers)
    assert (await told(lab, ids[0]))["reads"] == {ids[0]: []}


async def test_one_that_is_alone_says_so_and_cannot_be_killed(lab: Lab) -> None:
    await lab.join(Ws)
    assert await told(lab) == {"process": "alone", "processes": 1, "alone": True, "may_be_killed": False, "reads": {}}
    assert (await http(lab.url, "POST", KILL + "alone")).error["code"] == "not_found"


async def test_it_must_be_called_by_its_name_by_a_page_of_its_own_and_not_be_the_last(shared_redis: str) -> None:
    ended: list[str] = []
    name = secrets.token_hex(8)
    log = on_redis(shared_redis, name=name, lease=2.0)
    first, second = Hub(log=log), Hub(log=log)
    app = build(first, may_be_killed=True)
    app.state.several.end = lambda: ended.append(first.process)
    async with running(app) as url:
        refused = await http(url, "POST", KILL + first.process)
        assert refused.error["code"] == "refused" and "last" in refused.error["message"]
        async with running(build(second)):
            async with asyncio.timeout(10):
                while (await http(url, "GET", "/lab/cluster")).accepted()["processes"] != 2:
                    await asyncio.sleep(0.01)
            for process in ("", second.process, "alone"):
                answer = (await http(url, "POST", KILL + process)).accepted()
                assert answer["process"] == first.process and answer["ends"] is False
            foreign = await http(url, "POST", KILL + first.process, headers=[("Origin", "https://evil.example")])
            assert foreign.error["code"] == "bad_origin" and not ended
            assert (await http(url, "GET", KILL + first.process)).error["code"] == "bad_method"
            assert (await http(url, "POST", KILL + first.process)).accepted(202)["ends"] is True
            await eventually(lambda: ended == [first.process])


async def test_what_one_server_keeps_is_refused_where_several_share_a_log(shared_redis: str) -> None:
    hub = Hub(log=on_redis(shared_redis, name=secrets.token_hex(8)))
    async with running(build(hub)) as url:
        link = f"/via/~{new_sid()}"
        for method, path, body in (
            ("PUT", link, b'{"network":"kill"}'),
            ("GET", f"/lab/queue?sid={new_sid()}", b""),
            ("GET", f"/lab/stage/~{new_sid()}/forms/poll?sid={new_sid()}", b""),
        ):
            answer = await http(url, method, path, body=body)
            assert answer.error["code"] == "refused" and "make run" in answer.error["message"], path
        assert (await http(url, "PUT", link, body=b'{"network":"direct"}')).status == 200
        assert (await http(url, "GET", f"{link}/poll")).status == 200  # each server leads it straight through


async def test_nothing_ends_a_server_by_default() -> None:
    async with serving() as lab:
        assert not [one for one in lab.app.routes if getattr(one, "path", "") == "/lab/cluster/kill"]
        assert len(Several(lab.hub).routes()) == 1
