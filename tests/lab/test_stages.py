"""Stages: what is said to everyone on one stays there, and there are so many of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from tests.serving import Lab, eventually
from tests.stranger.http import http, new_sid, target
from transport_fallback import io
from transport_fallback.client.socket import EmitError
from transport_fallback.hub import Hub
from transport_fallback.lab import stages as module
from transport_fallback.lab.stages import Stages
from transport_fallback.protocol.errors import Refused
from transport_fallback.registry.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]

RUNGS = ("poll", "longpoll", "sse", "ws")
PATIENCE = 10.0
FORMS = "/lab/stage/~a-stage-of-this-file/forms"


def stages_of(lab: Lab) -> Stages:
    found: Stages = lab.app.state.stages
    return found


class Person:
    """A client of a stage, and the numbers it heard."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.heard = socket, []
        socket.on("heard", lambda message: self.heard.append(message["n"]))

    heard: list[int]


@contextlib.asynccontextmanager
async def people(base: str) -> AsyncIterator[list[Person]]:
    """Four clients of one stage, each on another transport."""
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(io(base, transports=[rung], use=rung, every=0.1)) for rung in RUNGS]
        found = [Person(socket) for socket in sockets]
        async with asyncio.timeout(PATIENCE):
            for socket in sockets:
                await socket.ready()
                await eventually(partial(getattr, socket, "id"))
        yield found


async def all_heard(everybody: list[Person], last: int) -> list[list[int]]:
    """What each has heard before the last message, which everyone hears: the log has an order."""
    await eventually(lambda: all(last in person.heard for person in everybody))
    return [[n for n in person.heard if n != last] for person in everybody]


async def test_each_form_is_heard_by_those_it_is_for(lab: Lab) -> None:
    async with people(lab.url + FORMS) as everybody:
        ada, bo, cy, di = (person.socket for person in everybody)
        for one, room in ((ada, "red"), (bo, "red"), (bo, "blue"), (cy, "blue")):
            await one.emit("join", {"room": room})
        await ada.emit("everyone", {"n": 1})
        await ada.emit("others", {"n": 2})
        await ada.emit("self", {"n": 3})
        await di.emit("room", {"n": 4, "room": "red"})  # who is in no room may have it said there
        await bo.emit("roomothers", {"n": 5, "room": "red"})
        await cy.emit("one", {"n": 6, "id": bo.id})
        assert await bo.emit("leave", {"room": "red"}) == ["blue"]
        await bo.emit("room", {"n": 7, "room": "red"})
        await ada.emit("everyone", {"n": 8})
        assert await all_heard(everybody, 8) == [[1, 3, 4, 5, 7], [1, 2, 4, 6], [1, 2], [1, 2]]


async def test_a_question_has_an_answer_or_an_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transport_fallback.lab.forms.PATIENCE", 0.2)
    async with people(lab.url + FORMS) as everybody:
        ada, bo, _cy, di = (person.socket for person in everybody)
        bo.on("question", lambda data, reply: reply({"here": data["n"]}))
        assert await ada.emit("ask", {"id": bo.id, "n": 7}) == {"here": 7}
        with pytest.raises(EmitError, match=r"no reply within 0\.2 s"):
            await ada.emit("ask", {"id": di.id})
        for event, data, why in (
            ("ask", {"id": "nobody"}, "no client of that id"),
            ("one", {"id": 7}, "id is missing"),
            ("room", {"room": "nowhere"}, "nobody is in that room"),
            ("roomothers", None, "room is missing"),
            ("join", {"room": ["red"]}, "room is missing"),
            ("join", {"room": "x" * 65}, "a room has a name"),
        ):
            with pytest.raises(EmitError, match=why):
                await ada.emit(event, data)


async def test_what_is_said_to_everyone_stays_on_its_stage(lab: Lab) -> None:
    other = "/lab/stage/~another-of-this-file/forms"
    async with people(lab.url + FORMS) as ours, people(lab.url + other) as theirs, io(lab.url) as outside:
        heard: list[Any] = []
        outside.on("*", lambda event, _data, _message: heard.append(event))
        await outside.ready()
        await lab.hub.emit("heard", {"n": 1})
        await ours[0].socket.emit("everyone", {"n": 2})
        await theirs[0].socket.emit("everyone", {"n": 3})
        await lab.hub.emit("last")
        assert await all_heard(ours, 2) == await all_heard(theirs, 3) == [[]] * 4
        await eventually(lambda: "last" in heard)
        assert heard == ["heard", "last"]
        assert len(stages_of(lab)) == 2 and len(lab.hub.roll()) == 1


async def test_what_is_no_stage_is_not_found_and_makes_none(lab: Lab) -> None:
    for path in (
        "/~short/forms/poll",
        "/~a-stage-of-this-file/nothing/poll",
        "/a-stage-of-this-file/forms/poll",
        "/~",
        "",
    ):
        answer = await http(lab.url, "GET", f"/lab/stage{path}")
        assert answer.status == 404 and answer.error["code"] == "not_found", path
    assert len(stages_of(lab)) == 0
    answer = await http(lab.url, "GET", FORMS + "/nowhere")
    assert answer.status == 404 and answer.error["code"] == "not_found"
    answer = await http(lab.url, "GET", FORMS + "/ws")
    assert answer.status == 426
    for headers in ([("Origin", "http://evil.test")], [("Sec-Fetch-Site", "cross-site")]):
        answer = await http(lab.url, "GET", FORMS + "/poll?sid=" + new_sid(), headers=headers)
        assert answer.status == 403 and answer.error["code"] == "bad_origin"


async def test_a_stage_has_few_clients_and_takes_little(lab: Lab) -> None:
    for n in range(module.SMALL.clients + 1):
        answer = await http(lab.url, "GET", target(FORMS[1:] + "/poll", sid=new_sid(), every=60_000))
        assert answer.status == (200 if n < module.SMALL.clients else 503)
    for size, status in ((module.SMALL.data - 2, 200), (module.SMALL.data, 413)):
        body = b'{"emits":[{"n":1,"event":"everyone","data":"%b"}]}' % (b"x" * size)
        headers = [("Content-Type", "application/json")]
        path = f"/lab/stage/~another-of-this-file/forms/emit?sid={new_sid()}"
        assert (await http(lab.url, "POST", path, headers=headers, body=body)).status == status


def of(stages: Stages) -> list[str]:
    return [place.split("/")[1] for place in stages._stages]


async def test_there_are_so_many_and_whoever_has_most_makes_way() -> None:
    now = 0.0
    stages = Stages(Clients(Hub()), {"forms": lambda hub: None}, lambda clients: [], most=3, clock=lambda: now)
    for name, owner in (("a", "class"), ("b", "class"), ("c", "class"), ("d", "other")):
        stages.use(f"/{name}/forms", "forms", owner)
    assert of(stages) == ["b", "c", "d"]  # the class has made way, with what it used longest ago
    stages.use("/b/forms", "forms", "class")
    stages.use("/e/forms", "forms", "class")
    assert of(stages) == ["b", "d", "e"]
    for stage in stages._stages.values():
        stage.hub.here.add("somebody")
    with pytest.raises(Refused) as refused:
        stages.use("/f/forms", "forms", "class")
    assert refused.value.code == "full" and len(stages) == 3
    stages.use("/g/forms", "forms", "third")  # whose share is smaller, somebody or not
    assert len(stages) == 3 and "g" in of(stages)
    now = module.IDLE + 1
    stages.sweep()
    assert of(stages) == ["d", "e"]  # where somebody is
    await stages.drain()
    assert len(stages) == 0


async def test_who_reads_on_a_stage_is_answered_when_the_server_stops(lab: Lab) -> None:
    sid = new_sid()
    first = (await http(lab.url, "GET", target(FORMS[1:] + "/longpoll", sid=sid))).accepted()
    waiting = asyncio.create_task(
        http(lab.url, "GET", target(FORMS[1:] + "/longpoll", sid=sid, cursor=first["cursor"], hold=30))
    )
    await eventually(lambda: any(stage.taken for stage in stages_of(lab)._stages.values()))
    await asyncio.sleep(0)
    await lab.app.state.life.drain()
    answer = await asyncio.wait_for(waiting, PATIENCE)
    assert answer.status in (200, 503)
    assert len(stages_of(lab)) == 0
