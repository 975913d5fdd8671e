"""A queue forgets what it has sent, and the log beside it does not: the same messages, the same lost answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.serving import Lab
from tests.stranger.http import Refused, http, new_sid, target
from tests.stranger.readers import LongPoll
from transport_fallback.lab import queue

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]


async def asked(lab: Lab, sid: str, **more: Any) -> dict[str, Any]:
    """One answer of the queue."""
    answer = await http(lab.url, "GET", target("lab/queue", sid=sid, hold=1, **more))
    assert answer.status == 200, answer.body
    found: dict[str, Any] = json.loads(answer.body)
    return found


def said(batch: dict[str, Any]) -> list[Any]:
    return [message["data"] for message in batch["messages"]]


async def test_what_was_sent_once_is_forgotten_whether_or_not_it_arrived(lab: Lab) -> None:
    sid, other = new_sid(), new_sid()
    assert said(await asked(lab, sid)) == []
    cursor = (await (await lab.reader(LongPoll, other).open()).next()).cursor
    await lab.say("m", 1)
    assert said(await asked(lab, sid)) == [1]  # suppose that this answer is lost
    await lab.say("m", 2)
    assert said(await asked(lab, sid)) == [2]
    for _ in range(2):  # the log gives the same as often as it is asked
        batch = await (await lab.reader(LongPoll, other).open(cursor)).next()
        assert [message["data"] for message in batch.messages] == [1, 2]


async def test_a_cursor_in_the_question_means_nothing(lab: Lab) -> None:
    sid = new_sid()
    cursor = (await asked(lab, sid))["cursor"]
    await lab.say("m", 1)
    assert said(await asked(lab, sid)) == [1]
    assert said(await asked(lab, sid, cursor=cursor)) == []


async def test_each_client_has_a_queue_of_its_own_with_what_it_may_see(lab: Lab) -> None:
    one, other = new_sid(), new_sid()
    for sid in (one, other):
        await asked(lab, sid)
    await lab.client(one).join("den")
    await lab.say("m", "den", to="den")
    await lab.say("m", "all")
    assert said(await asked(lab, one)) == ["den", "all"] and said(await asked(lab, other)) == ["all"]


async def test_it_is_somebodys(lab: Lab) -> None:
    answer = await http(lab.url, "GET", "/lab/queue")
    assert answer.status == 400 and answer.error["code"] == "bad_sid"
    answer = await http(lab.url, "HEAD", target("lab/queue", sid=new_sid()))
    assert answer.status == 200


async def test_so_many_places_are_kept_and_no_more(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "CLIENTS", 2)
    sids = [new_sid() for _ in range(3)]
    for n, sid in enumerate(sids):
        await asked(lab, sid)
        await lab.say("m", n)
        await asked(lab, sid)
    await lab.say("m", "last")
    heard = [said(await asked(lab, sid)) for sid in (sids[2], sids[1], sids[0])]
    assert heard == [["last"], [2, "last"], []]  # who asked longest ago begins anew


async def test_a_client_that_was_turned_out_is_refused(lab: Lab) -> None:
    sid = new_sid()
    await asked(lab, sid)
    lab.client(sid).close()
    answer = await http(lab.url, "GET", target("lab/queue", sid=sid, hold=1))
    with pytest.raises(Refused):
        raise Refused(answer.status, answer.error, answer.headers)
    assert answer.error["code"] == "kicked"
