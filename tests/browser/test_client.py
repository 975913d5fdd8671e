"""The JavaScript client in Chromium, by its own API, against the program as a person starts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from bench.load.servers import free_port
from tests.browser.program import program

TRANSPORTS = ["poll", "longpoll", "sse", "ws"]

# Each script begins by taking the client as a page does, and ends by closing what it opened.
CLIENT = """
async (given) => {
  const { io } = await import("/client/socket.js");
  const opened = [];
  const open = (options = {}) => {
    const socket = io(given.url ?? undefined, { every: 200, ...options });
    opened.push(socket);
    return socket;
  };
  const when = (socket, event) => new Promise((resolve) => socket.once(event, resolve));
  const until = async (holds, ms = 15000) => {
    const end = performance.now() + ms;
    while (!holds()) {
      if (performance.now() > end) throw new Error("not within " + ms + " ms: " + holds);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  try { BODY } finally { for (const socket of opened) socket.close(); }
}
"""


def run(page: Page, body: str, **given: object) -> Any:
    return page.evaluate(CLIENT.replace("BODY", body), {"url": None, **given})


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_emit_and_on_work_on_every_transport(tab: Callable[..., Page], transport: str) -> None:
    heard = run(
        tab("client/socket.js"),
        """
        const socket = open({ use: given.transport }), heard = [];
        socket.on("s2c", (message) => heard.push(message.content));
        await until(() => socket.connected && socket.transport === given.transport);
        const order = [];
        socket.on("s2c", () => order.push("message"));
        const ack = await new Promise((resolve) => {
          socket.emit("c2s", { user: "Ada", content: "hello" }, (...ack) => { order.push("ack"); resolve(ack); });
        });
        await until(() => heard.length === 1);
        return [heard, ack[0], order];
        """,
        transport=transport,
    )
    assert heard == [["hello"], None, ["message", "ack"]]


def test_the_first_life_cycle_is_connecting_then_connect(tab: Callable[..., Page]) -> None:
    events = run(
        tab("client/socket.js"),
        """
        const socket = open(), events = [];
        socket.onLife((event) => events.push(event));
        await until(() => events.includes("connect"));
        return events.slice(0, 2);
        """,
    )
    assert events == ["connecting", "connect"]


def test_auto_begins_on_longpoll_and_ends_on_ws(tab: Callable[..., Page]) -> None:
    switches = run(
        tab("client/socket.js"),
        """
        const socket = open(), switches = [];
        socket.on("connect", (detail) => switches.push(detail.transport));
        socket.on("switch", (detail) => switches.push(detail.to));
        await until(() => socket.transport === "ws");
        return switches;
        """,
    )
    assert switches == ["longpoll", "ws"]


def test_a_server_that_restarts_is_found_again_in_the_articles_order(
    context: BrowserContext, faults: list[str]
) -> None:
    with program() as lab:
        page = context.new_page()
        page.goto(lab.url + "/client/socket.js")
        page.evaluate(
            """async () => {
                const { io } = await import("/client/socket.js");
                globalThis.events = []; globalThis.heard = [];
                globalThis.socket = io({ });
                socket.onLife((event) => events.push(event));
                socket.on("s2c", (message) => heard.push(message));
            }"""
        )
        page.wait_for_function("socket.transport === 'ws'")
        page.evaluate("events.length = 0")
        lab.kill()
        page.wait_for_function("events.includes('reconnecting')")
        lab.start()
        page.wait_for_function("events.includes('connect')", timeout=40_000)
        events = [event for event in page.evaluate("events") if event not in ("switch", "gap", "error")]
        first = events[: events.index("connect") + 1]
        middle = [event for event in first[1:-3] if event != "reconnecting"]
        assert first[0] == "disconnect"
        assert first[1] == "reconnecting"
        assert first[-3:] == ["connecting", "reconnect", "connect"]
        assert not middle
        page.evaluate("socket.emit('c2s', 'after')")
        page.wait_for_function("heard.includes('after')")
        assert "gap" in page.evaluate("events")  # the log has another life: never silently
        page.evaluate("socket.close()")


def test_switching_through_all_transports_loses_and_repeats_nothing(tab: Callable[..., Page]) -> None:
    """500 messages flow while the reader goes through all four, twice, and back to its own choice."""
    result = run(
        tab("client/socket.js"),
        """
        const speaker = open({ use: "ws" }), reader = open({ use: "longpoll" }), heard = [], used = new Set();
        reader.on("s2c", (message, reply, about) => {
          heard.push([message.i, about.seq]);
          used.add(reader.transport);
        });
        await until(() => speaker.connected && reader.connected);
        const path = ["ws", "poll", "sse", "longpoll", "sse", "ws", "longpoll", "poll", "auto"];
        for (let i = 0; i < 500; i++) {
          if (i % 55 === 54) reader.use(path.shift(), { strict: i % 2 === 0 });
          speaker.emit("c2s", { i });
          await new Promise((resolve) => setTimeout(resolve, 8));
        }
        await until(() => heard.length >= 500);
        await new Promise((resolve) => setTimeout(resolve, 1200));
        return { heard: heard.map(([i]) => i), seqs: heard.map(([, seq]) => seq), used: [...used] };
        """,
    )
    assert result["heard"] == list(range(500))
    assert result["seqs"] == sorted(set(result["seqs"]))
    assert set(result["used"]) == set(TRANSPORTS)  # a run in which nothing was switched is void


def test_eight_tabs_at_once_all_get_messages(tab: Callable[..., Page]) -> None:
    """A browser opens six connections to a host: those without one read by poll, and say so."""
    pages = [tab("client/socket.js") for _ in range(8)]
    for page in pages:
        page.evaluate(
            """async () => {
                const { io } = await import("/client/socket.js");
                globalThis.heard = [];
                globalThis.socket = io();
                socket.on("s2c", (message) => heard.push(message));
            }"""
        )
    for page in pages:
        page.wait_for_function("socket.connected")
    for number, page in enumerate(pages):
        page.evaluate("(number) => void socket.emit('c2s', 'from ' + number)", number)
    for page in pages:
        page.wait_for_function("new Set(heard).size === 8")
        assert len(page.evaluate("heard")) == 8
        page.evaluate("socket.close()")


def test_a_page_that_goes_says_bye(tab: Callable[..., Page]) -> None:
    with program("--grace=120") as lab:
        watcher = tab("client/socket.js", lab.url)
        watcher.evaluate(
            """async () => {
                const { io } = await import("/client/socket.js");
                globalThis.socket = io(); globalThis.count = 0;
                socket.on("who", (who) => { count = who.count; });
                socket.emit("join", { room: "who" });
                socket.emit("who", {}, (who) => { count = who.count; });
            }"""
        )
        watcher.wait_for_function("socket.connected && count > 0")
        before = watcher.evaluate("count")
        other = tab("client/socket.js", lab.url)
        other.evaluate('async () => { const { io } = await import("/client/socket.js"); globalThis.socket = io(); }')
        other.wait_for_function("socket.connected")
        watcher.wait_for_function(f"count === {before + 1}")
        other.close(run_before_unload=False)
        watcher.wait_for_function(f"count === {before}")  # at once, not after its grace
        watcher.evaluate("socket.close()")


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A foreign static server on another port: its origin and its folder."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}", tmp_path
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("copied", [False, True], ids=["from the lab", "copied"])
def test_the_classic_script_works_across_origins(
    context: BrowserContext, foreign: tuple[str, Path], copied: bool
) -> None:
    """As the article uses it: one script gives `io`, wherever the script and the page come from."""
    origin, folder = foreign
    with program("--allow-origin", origin) as lab:
        source = f"{lab.url}/socket.io/socket.io.js"
        page = context.new_page()
        if copied:
            (folder / "socket.io.js").write_bytes(page.request.get(source).body())
            source = "socket.io.js"
        (folder / "index.html").write_text(
            f"""<!DOCTYPE html><ul id=ul></ul><script src="{source}"></script><script>
            var socket = io.connect("{lab.url}");
            socket.on("s2c", function (message) {{
              var li = document.createElement("li");
              li.textContent = message.user + " says " + message.content;
              document.getElementById("ul").prepend(li);
            }});
            </script>"""
        )
        page.goto(origin + "/index.html")
        page.wait_for_function("socket.connected")
        page.evaluate("void socket.emit('c2s', { user: 'Ada', content: 'across' })")
        page.locator("li", has_text="Ada says across").wait_for()
        page.wait_for_function("socket.transport === 'ws'")
        page.evaluate("socket.close()")
