"""One conversation, five readers: two browsers, curl twice, and the Python client, each on a transport of its own."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.page import Seat, until
from tests.browser.program import Program
from tests.root import ROOT


class Listener:
    """A program whose output is read line by line."""

    def __init__(self, *command: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.thread.join(10)
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    listeners: list[Listener] = []

    def start(*command: str) -> Listener:
        listeners.append(Listener(*command))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.end()


def said(batch: dict[str, Any]) -> list[str]:
    return [
        f"{message['data']['user']} says {message['data']['content']}"
        for message in batch["messages"]
        if message["event"] == "s2c"
    ]


def longpoll_with_curl(url: str, sid: str, cursor: str, heard: list[str], count: int) -> None:
    """A shell loop's work: ask again from the cursor of the last answer."""
    while len(heard) < count:
        answer = subprocess.run(
            ["curl", "-s", "--max-time", "20", f"{url}/longpoll?sid={sid}&cursor={cursor}&hold=5"],
            capture_output=True, check=True, timeout=30,
        )  # fmt: skip
        batch = json.loads(answer.stdout)
        cursor = batch["cursor"]
        heard += said(batch)


def test_five_readers_hear_the_same_messages_in_the_same_order(
    tab: Callable[..., Page], lab: Program, listen: Callable[..., Listener]
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl: apt-get install curl")
    on_ws, on_poll = Seat(tab("?left=ws&name=Ada"), "left"), Seat(tab("?left=poll&every=300&name=Bo"), "left")
    on_ws.reads_by("ws")
    on_poll.reads_by("poll")
    client = listen(sys.executable, "-m", "client", lab.url, "--use", "ws", "--name", "Cy")
    sids = [secrets.token_urlsafe(16) for _ in range(2)]
    with urllib.request.urlopen(f"{lab.url}/longpoll?sid={sids[0]}") as answer:
        cursor = json.load(answer)["cursor"]
    stream = listen("curl", "-s", "-N", f"{lab.url}/sse?sid={sids[1]}")
    until(lambda: stream.lines)
    until(lambda: client.lines)  # "connected": all of them are here before anybody speaks

    polled: list[str] = []
    polling = threading.Thread(target=longpoll_with_curl, args=(lab.url, sids[0], cursor, polled, 6))
    polling.start()
    for round_ in range(2):
        on_ws.say(f"from ws {round_}")
        on_poll.say(f"from poll {round_}")
        client.say(f"from Python {round_}")
    for seat in (on_ws, on_poll):
        for speaker in ("ws", "poll", "Python"):
            seat.hears(f"from {speaker} 1")
    polling.join(30)
    streamed = until(lambda: len(found := stream_said(stream.lines)) == 6 and found)
    printed = until(lambda: len(found := [line for line in client.lines if " says " in line]) == 6 and found)
    in_ws, in_poll = ([text.partition("\n")[0] for text in seat.heard()] for seat in (on_ws, on_poll))
    assert len(in_ws) == 6
    assert in_ws == in_poll == polled == streamed
    assert [re.sub(r"^\W*", "", line) for line in printed] == in_ws


def stream_said(lines: list[str]) -> list[str]:
    batches = [json.loads(line.removeprefix("data: ")) for line in list(lines) if line.startswith("data: ")]
    return [text for batch in batches for text in said(batch)]


def test_the_curl_lines_of_the_docs_work_as_they_stand(lab: Program, tmp_path: Path) -> None:
    """All lines of the protocol's section, pasted one after the other; each must be answered as it says."""
    if shutil.which("curl") is None:
        pytest.skip("no curl: apt-get install curl")
    section = (
        (ROOT / "docs" / "protocol.md").read_text("utf-8").partition("## By hand, with curl")[2].partition("\n## ")[0]
    )
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    shell = shell.replace("http://127.0.0.1:3000", lab.url).replace("curl -N", "curl -N --max-time 2")
    shell = re.sub(r"^.*websockets.*$", "", shell, flags=re.MULTILINE)
    script = tmp_path / "lines.sh"
    script.write_text(shell)
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    said = done.stdout
    assert '"version":1' in said
    assert re.findall(r'"error":\{"code":"(\w+)"', said) == ["gone"]  # as it says, after `bye`
    assert said.count('"acks":[{"n":') >= 1
    assert said.count('"content":"still here?"') == 2  # the answer that was held, and the stream from the same cursor
    assert "data: {" in said
