"""A page that is away: offline, asleep, hidden, put away, reloaded, duplicated. Nothing is lost or repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.page import until
from tests.browser.program import Program

LISTEN = """
async (options) => {
  const { io } = await import("/client/socket.js");
  const socket = (window.socket = io({ every: 300, heartbeat: 1, ...options }));
  window.heard = [];
  window.life = [];
  socket.on("s2c", ({ n }) => window.heard.push(n));
  socket.onLife((event, detail) => window.life.push([event, detail]));
  await new Promise((resolve) => socket.once("connect", resolve));
}
"""
SPEAK = """
async () => {
  const { io } = await import("/client/socket.js");
  const socket = io({ use: "ws" });
  await new Promise((resolve) => socket.once("connect", resolve));
  let n = 0;
  window.timer = setInterval(() => socket.emit("c2s", { n: n++ }), 50);
  window.stop = () => (clearInterval(window.timer), n);
}
"""
FAILS = "() => window.socket.rungs.map(({ fails }) => fails).reduce((sum, fails) => sum + fails, 0)"


@pytest.fixture
def speaker(browser: Browser, lab: Program) -> Iterator[Page]:
    """Somebody else, who says a number 20 times a second."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{lab.url}/client/socket.js")
    page.evaluate(SPEAK)
    yield page
    context.close()


@pytest.fixture
def listener(tab: Callable[..., Page]) -> Callable[..., Page]:
    def open_listener(*, alone: bool = False) -> Page:
        page = tab("client/socket.js")
        page.evaluate(LISTEN, {})
        page.wait_for_function("window.socket.id" if alone else "window.heard.length > 5")
        return page

    return open_listener


def whole(page: Page, speaker: Page) -> list[int]:
    """Everything said from when this page first heard something, once and in order, to the very last."""
    said = speaker.evaluate("window.stop()")
    page.wait_for_function(f"window.heard.at(-1) === {said - 1}")
    heard: list[int] = page.evaluate("window.heard")
    assert heard == list(range(heard[0], said))
    return heard


def told(page: Page, event: str) -> int:
    return int(page.evaluate(f"window.life.filter(([event]) => event === '{event}').length"))


def on_ws(page: Page) -> None:
    page.wait_for_function("window.socket.transport === 'ws'")


def test_offline_and_back(listener: Callable[..., Page], speaker: Page) -> None:
    page = listener()
    on_ws(page)
    page.context.set_offline(True)
    page.wait_for_function("window.life.some(([event]) => event === 'disconnect')")
    page.wait_for_timeout(3000)
    assert page.evaluate(FAILS) == 0
    page.context.set_offline(False)
    page.wait_for_function("window.socket.connected")
    whole(page, speaker)
    assert told(page, "disconnect") == 1 == told(page, "reconnect") and told(page, "gap") == 0


def test_a_page_that_slept(listener: Callable[..., Page], speaker: Page) -> None:
    """No timer of it ran, while its heartbeats were due several times over: that silence was nobody's."""
    page = listener()
    on_ws(page)
    page.evaluate("() => { const end = performance.now() + 5000; while (performance.now() < end); }")
    whole(page, speaker)
    assert page.evaluate(FAILS) == 0 and told(page, "disconnect") == 0
    assert page.evaluate("window.socket.transport") == "ws"


def test_a_frozen_page_reads_on_when_it_is_woken(listener: Callable[..., Page], speaker: Page) -> None:
    """As browsers do with tabs nobody has looked at for long."""
    page = listener()
    on_ws(page)
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    speaker.wait_for_timeout(6000)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    whole(page, speaker)
    assert page.evaluate(FAILS) == 0


def test_a_hidden_tab_goes_on_reading_and_judges_nobody(listener: Callable[..., Page], speaker: Page) -> None:
    page = listener()
    on_ws(page)
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    before = page.evaluate("window.heard.length")
    page.evaluate("window.socket.cut()")
    page.wait_for_function(f"window.heard.length > {before + 20}")
    whole(page, speaker)
    assert page.evaluate(FAILS) == 0


def test_the_back_forward_cache(listener: Callable[..., Page], speaker: Page, lab: Program) -> None:
    """Headless Chromium keeps no page there, so the two events that tell a page of it are sent by hand."""
    page = listener()
    on_ws(page)
    page.wait_for_function("window.socket.id")
    name = page.evaluate("window.socket.id")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    before = page.evaluate("window.heard.length")
    page.wait_for_timeout(2500)
    assert page.evaluate("window.heard.length") <= before + 1  # it holds no connection there, else it would not be kept
    page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    whole(page, speaker)
    assert page.evaluate("window.socket.id") == name and not [url for url in asked if "/bye" in url]


def test_a_reload_is_a_new_client_and_the_old_one_has_left(listener: Callable[..., Page]) -> None:
    page = listener(alone=True)
    first = page.evaluate("window.socket.id")
    page.reload()
    page.evaluate(LISTEN, {})
    page.wait_for_function("window.socket.id")
    assert page.evaluate("window.socket.id") != first

    def gone() -> bool:
        who = page.evaluate("window.socket.emitWithAck('who')")
        return first not in [one["id"] for one in who["who"]]

    until(gone)  # long before its grace of 10 s would have ended it


def test_a_duplicated_tab_is_another_client(listener: Callable[..., Page]) -> None:
    """Its storage is a copy of the first one's: a sid kept there would be read by two."""
    page = listener(alone=True)
    with page.context.expect_page() as opened:
        page.evaluate("window.open(location.href)")
    other = opened.value
    other.evaluate(LISTEN, {})
    other.wait_for_function("window.socket.id")
    assert page.evaluate("window.socket.id") != other.evaluate("window.socket.id")
    page.evaluate("window.socket.emit('c2s', { n: 7 })")
    for one in (page, other):
        one.wait_for_function("window.heard.includes(7)")


def test_a_server_restart_is_told_and_emits_count_once(listener: Callable[..., Page], lab: Program) -> None:
    page = listener(alone=True)
    page.evaluate("window.socket.emit('c2s', { n: 1 })")
    page.wait_for_function("window.heard.includes(1)")
    lab.stop()
    page.evaluate("window.socket.emit('c2s', { n: 2 })")
    page.wait_for_timeout(2000)
    lab.start()
    page.wait_for_function("window.heard.includes(2)")
    page.evaluate("window.socket.emit('c2s', { n: 3 })")
    page.wait_for_function("window.heard.includes(3)")
    assert page.evaluate("window.heard") == [1, 2, 3]
    gaps = page.evaluate("window.life.filter(([event]) => event === 'gap').map(([, { reason }]) => reason)")
    assert gaps == ["epoch"]
