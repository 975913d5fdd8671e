"""The chat in a terminal: nothing that is typed, shown or closed ends it in silence."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.client.test_client import echoing
from tests.root import ROOT
from tests.serving import eventually
from tests.stranger.http import DEADLINE
from transport_fallback.client.terminal import TOLD
from transport_fallback.client.wire import LIFE

PIPES: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), asyncio.subprocess.PIPE) | {"cwd": ROOT}
TERMINAL = (sys.executable, "-m", "client")


@asynccontextmanager
async def terminal(*options: str, **more: Any) -> AsyncIterator[Any]:
    command = (*TERMINAL, *options)
    chat = await asyncio.create_subprocess_exec(*command, **{**PIPES, **more})
    try:
        yield chat
    finally:
        if chat.returncode is None:
            chat.kill()
        await chat.communicate()


async def line(stream: asyncio.StreamReader) -> str:
    return (await asyncio.wait_for(stream.readline(), DEADLINE)).decode()


@pytest.mark.anyio
async def test_the_chat_in_a_terminal(lab: Any) -> None:
    echoing(lab.hub)
    options = ("--use", "ws", "--name", "Ada", "--history", "5")
    await lab.say("s2c", {"user": "Bob", "content": "was here\x1b[2J"})
    chat = await asyncio.create_subprocess_exec(*TERMINAL, lab.url, *options, **PIPES)
    assert chat.stdin and chat.stdout and chat.stderr
    chat.stdin.write(b"hello\n\nagain\n")
    chat.stdin.write_eof()  # the end of what is typed is not the end of listening
    lines = [(await asyncio.wait_for(chat.stdout.readline(), DEADLINE)).decode() for _ in range(3)]
    assert lines == ["Bob says was here\N{REPLACEMENT CHARACTER}[2J\n", "Ada says hello\n", "Ada says again\n"]
    chat.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(chat.communicate(), DEADLINE)
    assert chat.returncode == 0 and b"Traceback" not in errors
    await eventually(lambda: not lab.here())


@pytest.mark.anyio
async def test_a_byte_that_is_no_text_is_replaced_and_the_next_line_is_said(lab: Any) -> None:
    echoing(lab.hub)
    async with terminal(lab.url, "--use", "ws", env={**os.environ, "PYTHONUTF8": "1"}) as chat:
        chat.stdin.write(b"caf\xe9\nagain\n")
        said = [await line(chat.stdout) for _ in range(2)]
        assert said == ["somebody says caf\N{REPLACEMENT CHARACTER}\n", "somebody says again\n"]


@pytest.mark.anyio
async def test_a_terminal_that_cannot_print_a_character_shows_its_number(lab: Any) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    async with terminal(lab.url, "--use", "ws", env=env) as chat:
        await eventually(lambda: lab.here())
        await lab.say("s2c", {"user": "\u6797", "content": "\u4f60\u597d"})
        await lab.say("s2c", {"user": "Bob", "content": "hello"})
        assert [await line(chat.stdout) for _ in range(2)] == ["\\u6797 says \\u4f60\\u597d\n", "Bob says hello\n"]


@pytest.mark.anyio
async def test_who_shows_to_nobody_leaves(lab: Any) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    async with terminal(lab.url, "--use", "ws", stdout=writing) as chat:
        os.close(writing)
        await eventually(lambda: lab.here())
        await lab.say("s2c", {"user": "Bob", "content": "hello"})
        assert await asyncio.wait_for(chat.wait(), DEADLINE) == 0
        errors = await chat.stderr.read()
        assert b"Traceback" not in errors and b"BrokenPipe" not in errors
        await eventually(lambda: not lab.here())


@pytest.mark.anyio
async def test_who_is_turned_out_says_why_and_ends(lab: Any) -> None:
    async with terminal(lab.url, "--use", "ws") as chat:
        await eventually(lambda: set(lab.here()) & set(lab.people))
        lab.people[next(iter(lab.here()))].close("enough")
        assert await asyncio.wait_for(chat.wait(), DEADLINE) == 1
        errors = await chat.stderr.read()
        assert b"* kicked: " in errors and b"Traceback" not in errors


@pytest.mark.anyio
@pytest.mark.parametrize("options", [["localhost:3000"], ["--every", "0"], ["--history", "-1"], ["--use", "websocket"]])
async def test_what_cannot_be_meant_is_refused_in_a_sentence(options: list[str]) -> None:
    async with terminal(*options) as chat:
        assert await asyncio.wait_for(chat.wait(), DEADLINE) == 2
        errors = await chat.stderr.read()
        assert b"error:" in errors and b"Traceback" not in errors


@pytest.mark.anyio
async def test_what_happens_to_the_line_is_told_in_sentences(lab: Any) -> None:
    async with terminal(lab.url, "--use", "auto") as chat:
        await eventually(lambda: lab.here())
        told = [await line(chat.stderr) for _ in range(2)]
        assert told[0] == "* connected by longpoll\n"
        assert re.fullmatch(r"\* ws carries on for longpoll: [^{}]+; silence \d+ ms\n", told[1])


@pytest.mark.parametrize(
    ("event", "detail", "sentence"),
    [
        ("disconnect", {"reason": "the server ended it"}, "disconnected: the server ended it"),
        ("reconnecting", {"attempt": 1, "waitMs": 500}, "trying again in 500 ms, for the 1st time"),
        ("reconnecting", {"attempt": 12, "waitMs": 5000}, "trying again in 5000 ms, for the 12th time"),
        ("reconnecting", {"attempt": 22, "waitMs": 0}, "trying again in 0 ms, for the 22nd time"),
        ("connect_failed", {"message": "refused"}, "no transport came through: refused"),
        ("gap", {"reason": "epoch", "missed": None}, "messages may be lost, nobody knows how many (epoch)"),
        ("gap", {"reason": "trimmed", "missed": 1}, "1 message may be lost (trimmed)"),
        ("gap", {"reason": "away", "missed": 3}, "3 messages may be lost (away)"),
        ("error", {"code": "kicked", "message": "enough"}, "kicked: enough"),
    ],
)
def test_each_thing_that_happens_has_its_sentence(event: str, detail: dict[str, Any], sentence: str) -> None:
    assert TOLD[event](detail) == sentence


def test_every_event_of_a_client_that_says_something_has_a_sentence() -> None:
    assert {"connect", "connecting", "reconnect", *TOLD} == LIFE
