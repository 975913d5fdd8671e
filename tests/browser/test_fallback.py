"""Every network in Chromium: on which transport the client ends, that nothing is lost or repeated, and what it says.

All rows run at once, each in a browser of its own as far as connections and storage go, against one program.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser

from tests.browser.program import program
from tests.once import once

SECONDS = 14  # of talk once all of them listen, 10 messages a second


class Row(NamedTuple):
    """What one network does to a client, and what the client says of it."""

    network: str
    ends: str  # the transports it may end on
    says: tuple[str, ...]  # of the decision log, in this order; how long a machine took for it stands between them
    without: str = ""  # transports this browser does not have
    then: str = ""  # the network after 5 s
    silence: float = 1.0  # s, at most, beside what the machine stood still: this tells a gap from a hitch


ROWS = [
    Row("direct", "ws", ("longpoll passed", "ws passed", "ws has lived 5 s: longpoll is let go")),
    Row(
        "no-upgrade",
        "sse",
        ("ws did not open", "the first time while longpoll was delivering", "the third time while", "rest"),
    ),
    Row(
        "forbidden",
        "sse",
        ("ws did not open", "the first time while longpoll was delivering", "the third time while", "rest"),
    ),
    Row("hang", "sse", ("ws gave no first batch within", "the first time while")),
    Row(
        "kill:200",
        "sse",
        ("ws opened and died after", "the third time while", "resting it for 1 min", "carries on; silence 0"),
    ),
    Row("mute", "sse", ("ws opened, but gave no first batch within", "while", "was delivering")),
    Row("deaf", "sse", ("ws opened, but gave no first batch within", "while", "was delivering")),
    Row("later:4", "sse", ("ws passed", "ws opened and died after", "did not open")),
    Row("direct", "sse", ("ws passed", "ws was silent for"), then="mute", silence=3.5),
    Row("direct", "sse", ("ws passed", "ws opened and died after", "resting it"), then="kill"),
    Row("direct", "ws sse longpoll", ("ws passed", "longpoll"), then="no-upgrade"),
    Row("buffer", "ws", ("ws passed",)),
    Row("buffer", "longpoll", ("sse gave no first batch", "while longpoll was delivering"), without="ws"),
    Row("impatient:2", "ws", ("ws passed",)),
    Row("cut:0.3", "ws", ("ws passed",), silence=4),
    Row("lost:0.3", "ws", ("ws passed",), silence=4),
    Row("no-post", "ws", ("ws passed",)),
    Row("stale", "ws", ("ws passed",)),
    Row("stale", "poll", (), without="ws,sse,longpoll"),
    Row("slow:300", "ws", ("ws passed",)),
    Row("slow:1500", "ws", ("ws passed",), silence=4),
    Row("flaky:3", "ws sse longpoll poll", ("died after",), silence=4),
    Row(
        "portal", "ws", ("200 that is not the server's word", "nothing reads: next try in", "ws passed"), then="direct"
    ),
    Row("silent", "ws", ("gave no first batch", "it may still come", "ws passed"), then="direct", silence=9),
]

WATCH = """
async ({ network, then, without, link }) => {
  const { io } = await import("/client/socket.js");
  const set = (setting) => fetch(link, { method: "PUT", body: JSON.stringify({ network: setting, seed: 7 }) });
  await set(network);
  const world = {};
  if (without.includes("ws")) world.WebSocket = undefined;
  if (without.includes("sse")) world.EventSource = undefined;
  const transports = ["ws", "sse", "longpoll", "poll"].filter((name) => !without.includes(name));
  const socket = io(link, { world, transports, every: 500, heartbeat: 1 });
  const heard = (window.heard = []);
  window.socket = socket;
  socket.on("s2c", ({ n }) => heard.push([n, performance.now()]));
  socket.on("gap", (gap) => heard.push(["gap", gap]));
  if (then) setTimeout(async () => { await set(then); socket.changed(); }, 5000);
  let ticked = performance.now();
  window.still = 0; // ms that this page stood still at most
  setInterval(() => {
    window.still = Math.max(window.still, performance.now() - ticked - 50);
    ticked = performance.now();
  }, 50);
}
"""
TALK = """
async () => {
  const { io } = await import("/client/socket.js");
  const socket = (window.socket = io(undefined, { use: "ws" }));
  await new Promise((resolve) => socket.once("connect", resolve));
  const heard = (window.heard = []);
  socket.on("s2c", ({ n }) => heard.push([n, performance.now()]));
  window.said = 0;
  window.timer = setInterval(() => socket.emit("c2s", { n: window.said++ }), 100);
}
"""
ENOUGH = """
() => {
  clearInterval(window.timer);
  window.socket.close();
  return { said: window.said, heard: window.heard };
}
"""
OUTCOME = """
(last) => {
  const { transport, decisions } = window.socket;
  if (!transport || !window.heard.some(([n]) => n === last)) return null; // perhaps it is between two rungs
  return { heard: window.heard, still: window.still, transport, log: decisions.map(({ text }) => text) };
}
"""


def named(row: Row) -> str:
    return "-".join(
        filter(None, [row.network, row.then and f"then {row.then}", row.without and f"without {row.without}"])
    )


@pytest.fixture(scope="module")
def outcomes(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found: dict[str, Any] = once(tmp_path_factory, "fallback", lambda: measured(browser))
    return found


def measured(browser: Browser) -> dict[str, Any]:
    with program() as lab:
        contexts = [browser.new_context() for _ in (*ROWS, "talk")]
        *pages, talker = [context.new_page() for context in contexts]
        for page in (*pages, talker):
            page.goto(f"{lab.url}/client/socket.js")
        talker.evaluate(TALK)
        for number, (row, page) in enumerate(zip(ROWS, pages, strict=True)):
            given = {"network": row.network, "then": row.then, "without": row.without.split(",") if row.without else []}
            page.evaluate(WATCH, {**given, "link": f"{lab.url}/via/~row{number:05}"})
        talker.wait_for_timeout(SECONDS * 1000)
        spoken = talker.evaluate(ENOUGH)
        found = {"talk": spoken}
        for row, page in zip(ROWS, pages, strict=True):
            found[named(row)] = page.wait_for_function(OUTCOME, arg=spoken["said"] - 1, timeout=60_000).json_value()
        for context in contexts:
            context.close()
    return found


def silence(outcome: dict[str, Any]) -> float:
    """The longest time in s between two messages that came one after another."""
    times = [at for _, at in outcome["heard"]]
    return float(max(later - earlier for earlier, later in zip(times, times[1:], strict=False))) / 1000


@pytest.mark.timeout(300)
@pytest.mark.parametrize("row", ROWS, ids=named)
def test_nothing_is_lost_or_repeated_and_the_log_says_why(row: Row, outcomes: dict[str, Any]) -> None:
    outcome = outcomes[named(row)]
    log, heard = outcome["log"], outcome["heard"]
    numbers = [n for n, _ in heard]
    story = "\n".join(log)
    assert "gap" not in numbers, story
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), story
    assert outcome["transport"] in row.ends.split(), story
    place = 0
    for words in row.says:
        found = story.find(words, place)
        assert found >= 0, f"{words!r} is not said (any more) in:\n{story}"
        place = found
    # What silenced the server or the speaker, the speaker did not hear either; what stopped a page stopped its clock.
    hitch = silence(outcomes["talk"]) + outcome["still"] / 1000
    assert silence(outcome) <= row.silence + hitch, f"silent for {silence(outcome):.1f} s:\n{story}"
