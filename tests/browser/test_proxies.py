"""Chromium behind real nginx and HAProxy: on which transport the client ends, and that nothing is lost or repeated.

All rows run at once: six seconds of talk, a quiet time longer than the impatient ones bear, and one last message.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser

from bench.load.servers import free_port
from tests.browser.program import program
from tests.once import once
from tests.root import ROOT

TALK, QUIET = 6, 13  # s
MESSAGES = 20  # a second


class Row(NamedTuple):
    proxy: str
    ends: str  # the transports it may end on
    says: tuple[str, ...]  # of the decision log, in this order


ROWS = [
    Row("nginx-plain", "sse", ("ws did not open", "the first time while", "resting it")),
    Row("nginx-gzip", "longpoll", ("ws did not open", "sse gave no first batch", "while longpoll was delivering")),
    Row("nginx-impatient", "ws", ("ws passed", "ws opened and died after", "it beats every 2 s", "ws passed")),
    Row("nginx-right", "ws", ("ws passed", "ws has lived 5 s: longpoll is let go")),
    Row(
        "haproxy-impatient",
        "ws",
        ("ws passed", "ws opened and died after", r"it beats every [45](\.\d)? s", "ws passed"),
    ),
    Row("haproxy-right", "ws", ("ws passed", "ws has lived 5 s: longpoll is let go")),
]

WATCH = """
async () => {
  const { io } = await import("/client/socket.js");
  const socket = (window.socket = io());
  const heard = (window.heard = []);
  socket.on("s2c", ({ n }) => heard.push([n, performance.now()]));
  socket.on("gap", (gap) => heard.push(["gap", performance.now()]));
  let ticked = performance.now();
  window.still = 0; // ms that this page stood still at most
  setInterval(() => {
    window.still = Math.max(window.still, performance.now() - ticked - 50);
    ticked = performance.now();
  }, 50);
  await new Promise((resolve) => socket.once("connect", resolve));
}
"""
TALKING = """
async ({ messages, every, quiet }) => {
  const { io } = await import("/client/socket.js");
  const socket = io(undefined, { use: "ws" });
  await new Promise((resolve) => socket.once("connect", resolve));
  let n = 0;
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      socket.emit("c2s", { n: n++ });
      if (n < messages) return;
      clearInterval(timer);
      resolve();
    }, every);
  });
  await new Promise((resolve) => setTimeout(resolve, quiet));
  await socket.emitWithAck("c2s", { n });
  socket.close();
}
"""
LAST = "(last) => window.heard.some(([n]) => n === last)"
OUTCOME = """
() => {
  const { transport, decisions } = window.socket;
  return { heard: window.heard, still: window.still, transport, log: decisions.map(({ text }) => text) };
}
"""


@contextlib.contextmanager
def proxied(ports: dict[str, int], to: int) -> Iterator[dict[str, str]]:
    """Each proxy by its command, at its port."""
    with contextlib.ExitStack() as stack:
        started = {}
        for name, port in ports.items():
            process = subprocess.Popen(
                [sys.executable, "-m", "lab.proxies", name, "--listen", str(port), "--to", str(to)],
                cwd=ROOT, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
            assert process.stdout is not None
            stack.callback(process.stdout.close)
            started[name] = process.stdout
        urls = {name: said.readline().partition(" ")[0] for name, said in started.items()}
        assert all(urls.values()), urls
        yield urls


@pytest.fixture(scope="module")
def outcomes(both_proxies: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found: dict[str, Any] = once(tmp_path_factory, "proxies", lambda: measured(browser))
    return found


def measured(browser: Browser) -> dict[str, Any]:
    ports = {row.proxy: free_port() for row in ROWS}
    # This one hands on its own name for the server as Host: by that, its pages are of a foreign origin.
    allow = f"--allow-origin=http://127.0.0.1:{ports['nginx-plain']}"
    with program(allow) as lab, proxied(ports, lab.port) as urls, contextlib.ExitStack() as stack:
        pages = {}
        for name in (*urls, "talk"):
            context = browser.new_context()
            stack.callback(context.close)
            pages[name] = context.new_page()
            pages[name].goto(f"{urls.get(name, lab.url)}/client/socket.js")
        talker = pages.pop("talk")
        for page in pages.values():
            page.evaluate(WATCH)
        talker.evaluate(TALKING, {"messages": TALK * MESSAGES, "every": 1000 / MESSAGES, "quiet": QUIET * 1000})
        found = {}
        for name, page in pages.items():
            page.wait_for_function(LAST, arg=TALK * MESSAGES)
            found[name] = page.evaluate(OUTCOME)
    return found


def silences(outcome: dict[str, Any]) -> list[float]:
    """s between any two messages that came one after another."""
    times = [at / 1000 for _, at in outcome["heard"]]
    return [later - earlier for earlier, later in zip(times, times[1:], strict=False)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.proxy)
def test_nothing_is_lost_or_repeated_and_the_log_says_why(row: Row, outcomes: dict[str, Any]) -> None:
    outcome = outcomes[row.proxy]
    story = "\n".join(outcome["log"])
    assert [n for n, _ in outcome["heard"]] == list(range(TALK * MESSAGES + 1)), story
    assert outcome["transport"] in row.ends.split(), story
    place = 0
    for words in row.says:
        told = re.compile(words).search(story, place)
        assert told, f"{words!r} is not said (any more) in:\n{story}"
        place = told.end()
    # What silenced the speaker or the server silenced all rows, what stopped a page stopped its clock.
    talk, last = (max(silences(outcome)[:-1]), silences(outcome)[-1])
    still = outcome["still"] / 1000
    assert talk < 2 + still + min(max(silences(one)[:-1]) for one in outcomes.values()), story
    assert last < 3 + still + min(silences(one)[-1] for one in outcomes.values()), story
