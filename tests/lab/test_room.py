"""The chat room in ten steps: each step's server, run for two people as its page would use it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.docs.programs import started
from tests.root import ROOT
from tests.serving import Lab, eventually
from transport_fallback import io
from transport_fallback.client.socket import EmitError
from transport_fallback.lab.room import STEPS

pytestmark = pytest.mark.anyio

HELLO = ("server", "hello")


class Person:
    """Somebody in the room, and what was heard there: who said what."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.heard: list[tuple[Any, Any]] = []
        socket.on("s2c", lambda message: self.heard.append((message["user"], message["content"])))

    async def says(self, user: str, content: Any) -> Any:
        return await self.socket.emit("c2s", {"user": user, "content": content})

    async def has_heard(self, *said: tuple[Any, Any]) -> None:
        await eventually(lambda: len(self.heard) >= len(said))
        assert self.heard == list(said)


@contextlib.asynccontextmanager
async def room(lab: Lab, step: int) -> AsyncIterator[tuple[Person, Person]]:
    base = f"{lab.url}/lab/stage/~step-of-this-file/chat{step}"
    async with contextlib.AsyncExitStack() as stack:
        people = []
        for rung in ("longpoll", "ws"):
            socket = await stack.enter_async_context(io(base, transports=[rung], use=rung))
            people.append(Person(socket))
            await asyncio.wait_for(socket.ready(), 10)
            await people[-1].has_heard(HELLO)  # each step greets whoever connects
        yield people[0], people[1]


def test_there_are_ten() -> None:
    assert list(STEPS) == [f"chat{n}" for n in range(1, 11)]


async def test_the_first_greets_and_takes_nothing(lab: Lab) -> None:
    async with room(lab, 1) as (ada, bo):
        assert await ada.says("Ada", "hello") is None  # nobody hears it
        assert ada.heard == bo.heard == [HELLO]


async def test_the_second_gives_back_to_who_spoke(lab: Lab) -> None:
    async with room(lab, 2) as (ada, bo):
        await ada.says("Ada", "one")
        await bo.says("Bo", "two")
        await ada.has_heard(HELLO, ("Ada", "one"))
        await bo.has_heard(HELLO, ("Bo", "two"))


@pytest.mark.parametrize("step", [3, 4, 5, 6])
async def test_from_the_third_on_everyone_hears_and_the_server_changes_nothing_of_it(lab: Lab, step: int) -> None:
    async with room(lab, step) as (ada, bo):
        await ada.says("<b>Ada</b>", "hello")
        await bo.says("Bo", " ")
        for person in (ada, bo):
            await person.has_heard(HELLO, ("<b>Ada</b>", "hello"), ("Bo", " "))


@pytest.mark.parametrize("step", [7, 8, 9, 10])
async def test_from_the_seventh_on_a_blank_is_refused(lab: Lab, step: int) -> None:
    async with room(lab, step) as (ada, bo):
        for blank in ("", " ", "\t\n", "\u3000"):
            with pytest.raises(EmitError, match="say something"):
                await ada.says("Ada", blank)
        for nothing in (7, None, ["x"]):
            with pytest.raises(EmitError, match="content is missing"):
                await ada.says("Ada", nothing)
        with pytest.raises(EmitError, match="content is missing"):
            await ada.socket.emit("c2s", "hello")
        await ada.says("Ada", "hello")
        for person in (ada, bo):
            await person.has_heard(HELLO, ("Ada", "hello"))


@pytest.mark.parametrize("step", [8, 9, 10])
async def test_from_the_eighth_on_an_ack_says_where_it_stands_in_the_log(lab: Lab, step: int) -> None:
    async with room(lab, step) as (ada, _bo):
        first, second = [(await ada.says("Ada", word))["number"] for word in ("one", "two")]
        assert second == first + 1


@pytest.mark.parametrize("step", [9, 10])
async def test_from_the_ninth_on_one_hears_who_comes_and_goes(lab: Lab, step: int) -> None:
    async with room(lab, step) as (ada, bo):
        await bo.socket.emit("name", {"user": "Bo"})
        await ada.has_heard(HELLO, ("Bo", "→"))
        await bo.socket.close()
        await ada.has_heard(HELLO, ("Bo", "→"), ("Bo", "←"))
        assert bo.heard == [HELLO]


async def test_the_tenth_has_rooms(lab: Lab) -> None:
    async with room(lab, 10) as (ada, bo):
        assert await ada.socket.emit("join", {"room": "red"}) == ["red"]
        assert await bo.socket.emit("join", {"room": "blue"}) == ["blue"]
        await ada.says("Ada", "in red")
        await bo.says("Bo", "in blue")
        assert await bo.socket.emit("join", {"room": "red"}) == ["red"]
        await ada.says("Ada", "now both")
        assert await ada.socket.emit("join", {"room": ""}) == []
        await ada.says("Ada", "to all")
        await bo.says("Bo", "in red again")
        await ada.has_heard(HELLO, ("Ada", "in red"), ("Ada", "now both"), ("Ada", "to all"))
        await bo.has_heard(HELLO, ("Bo", "in blue"), ("Ada", "now both"), ("Ada", "to all"), ("Bo", "in red again"))
        with pytest.raises(EmitError, match="a room has a name"):
            await ada.socket.emit("join", {"room": "\n"})


async def test_each_step_is_a_program_too(tmp_path: Path) -> None:
    page = (ROOT / "web" / "lessons" / "chat" / "4.html").read_text("utf-8")
    async with started(ROOT / "scripts" / "step.py", tmp_path, STEP="4", PORT="0") as url:
        async with httpx2.AsyncClient(base_url=url) as http:
            name = '"><b>'
            served = (await http.get("/", params={"name": name})).text
            assert served == page.replace("{{username}}", "&quot;&gt;&lt;b&gt;")
            assert "io" in (await http.get("/socket.io/socket.io.js")).text
        async with io(url) as socket:
            ada = Person(socket)
            await socket.ready()
            await ada.says("Ada", "by program")
            await ada.has_heard(HELLO, ("Ada", "by program"))


def test_a_step_that_is_none_is_told() -> None:
    environment = {**os.environ, "STEP": "11"}
    call = [sys.executable, str(ROOT / "scripts" / "step.py")]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "there is no step 11: say one of 1 to 10" in done.stderr
