"""The lab's own transport: what the contract does not ask; tests/contract/ holds it to all that the four promise."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.contract.own import Own
from tests.serving import Lab, eventually
from tests.stranger.http import http, new_sid, public_id
from transport_fallback.lab.ndjson import Lines

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]


class Ndjson(Own):
    """The reader that the contract's suite has, where the lab serves it."""

    name = "lab/ndjson"


def readers(lab: Lab, sid: str) -> list[Any]:
    client: Any = lab.hub.members.get(public_id(sid))
    return [reader for reader in client.readers if not reader.ended] if client else []


async def test_who_has_gone_before_the_first_line_leaves_nothing_open(lab: Lab) -> None:
    sid = new_sid()
    reader = await lab.app.state.clients.read(sid, None)
    assert readers(lab, sid) == [reader]

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(_message: Any) -> None:
        await asyncio.Event().wait()  # it is cancelled, for nobody is there

    await Lines(reader, 1.0)({"type": "http", "asgi": {"spec_version": "2.3"}}, gone, send)
    assert not readers(lab, sid) and reader.broken


async def test_a_line_that_is_lost_is_noticed(lab: Lab) -> None:
    sid = new_sid()
    reader = await lab.join(Ndjson, sid)
    assert len(readers(lab, sid)) == 1
    await reader.cut()
    await eventually(lambda: not readers(lab, sid))


@pytest.mark.limits(readers=2)
async def test_one_client_has_so_many_open_and_no_more(lab: Lab) -> None:
    sid = new_sid()
    for _ in range(4):
        await lab.join(Ndjson, sid)
    await eventually(lambda: len(readers(lab, sid)) == 2)


async def test_what_is_asked_wrongly_is_refused_before_the_first_byte(lab: Lab) -> None:
    wrong = {"heartbeat=soon": "bad_parameter", "cursor=1": "bad_cursor", "sid=me": "bad_sid"}
    for query, code in wrong.items():
        answer = await http(lab.url, "GET", f"/lab/ndjson?{query}")
        assert answer.status == 400 and answer.error["code"] == code
    assert (await http(lab.url, "POST", "/lab/ndjson")).status == 405


async def test_its_type_is_told_without_a_stream_too(lab: Lab) -> None:
    answer = await http(lab.url, "HEAD", "/lab/ndjson")
    assert answer.status == 200 and answer.headers["content-type"] == "application/x-ndjson"
