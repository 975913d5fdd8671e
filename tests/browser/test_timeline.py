"""The wire timeline: what crossed the wire is drawn, opened, stopped, taken along, and is what the meter says."""

from __future__ import annotations

import json
import re
import shlex
import urllib.request
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.page import Seat, more, until
from tests.browser.program import Program, ask

Tab = Callable[..., Page]


@pytest.fixture
def motion() -> bool:
    """The picture as most people have it."""
    return True


def taken(page: Page, role: str) -> str:
    """What the button of this role lets one take along."""
    more(page)
    with page.expect_download() as download:
        page.locator(f"figure [data-role={role}]").click()
    return download.value.path().read_text("utf-8")


def tape(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(taken(page, "json"))
    return told


def wire(page: Page) -> Any:
    return page.locator("[data-role=wire]")


def box(page: Page) -> Any:
    return page.locator("[data-role=exchange]")


def open_until(page: Page, *words: str, key: str = "ArrowUp", most: int = 80) -> str:
    """Go from line to line, as a keyboard does, until one opens that says all of this."""
    page.get_by_role("button", name="Pause", exact=True).click()
    wire(page).focus()
    for _ in range(most):
        page.keyboard.press(key)
        box(page).locator("code").wait_for()
        text = str(box(page).inner_text())
        if all(word in text for word in words):
            return text
    raise AssertionError(f"no line says {words!r}; the last one: {text}")


def stats(lab: Program, client: str) -> dict[str, Any]:
    counts: dict[str, Any] = ask(lab, f"/stats?client={client}")["transports"]
    return counts


def same(lab: Program, told: dict[str, Any]) -> bool:
    for side, client in told["clients"].items():
        counts = stats(lab, client)
        mine = {name: (one["requests"], one["up"], one["down"]) for name, one in told["totals"][side].items()}
        if mine != {name: (one["requests"], one["up"], one["down"]) for name, one in counts.items()}:
            return False
    return True


@pytest.mark.parametrize("pair", [("poll", "ws"), ("longpoll", "sse"), ("auto", "auto")], ids="-".join)
def test_its_counts_are_the_meters(tab: Tab, lab: Program, pair: tuple[str, str]) -> None:
    page = tab(f"?left={pair[0]}&right={pair[1]}&every=2000")
    left, right = Seat(page, "left"), Seat(page, "right")
    for n in range(3):
        left.say(f"message {n}")
        right.hears(f"message {n}")
    left.hears("message 2")
    told = until(lambda: one if same(lab, one := tape(page)) else None)
    assert told["missed"] == 0 and 0 < told["clock"]["doubt"] < 1000  # ms: half the quickest of its round trips
    news = [flight for one in told["exchanges"] for flight in one["flights"] if flight["kind"] == "news"]
    assert {seq for flight in news for seq in flight["seqs"]} and all(
        flight["left"] <= flight["came"] for flight in news
    )
    by_side = {one["side"] for one in told["exchanges"] if any(f["kind"] == "news" for f in one["flights"])}
    assert by_side == {"left", "right"}


@pytest.mark.parametrize("first", ["hub", "page"])
def test_nothing_arrives_before_it_left_whoever_tells_of_it_first(tab: Tab, first: str) -> None:
    """The hub's clock is known to some ms; here it goes 50 ms before the page's."""
    flights = tab().evaluate(
        """async (first) => {
            const [{ Tape }, { now }] = await Promise.all([import("/page/tape.js"), import("/page/hubclock.js")]);
            const stream = new Tape().ask("left", "GET", "/sse?sid=s&t=m");
            const poll = new Tape().ask("left", "GET", "/poll?sid=s&t=m");
            const text = '{"cursor":"e.1","messages":[{"seq":1,"at":0}]}';
            const tells = {
                hub: () => {
                    for (const exchange of [stream, poll]) exchange.headed(now() + 50, 100, "HTTP/1.1 200 OK");
                    stream.went(now() + 50, 60, [1]);
                },
                page: () => {
                    stream.began(200);
                    stream.heard(text);
                    poll.began(200);
                    poll.answered(text);
                },
            };
            tells[first]();
            tells[first === "hub" ? "page" : "hub"]();
            return [stream.answer, stream.frames.down[0], poll.answer].map(({ left, came }) => [left, came]);
        }""",
        first,
    )
    assert len(flights) == 3 and all(0 < left <= came for left, came in flights), flights


def test_a_poll_is_opened_with_its_heads_its_bytes_and_the_line_that_repeats_it(tab: Tab, lab: Program) -> None:
    page = tab("?left=poll&right=sse&every=500")
    Seat(page, "left").reads_by("poll")
    until(lambda: "empty" in [flight["kind"] for one in tape(page)["exchanges"] for flight in one["flights"]])
    text = open_until(page, "nothing new", "GET /poll")  # not the heartbeat of the other seat
    assert "GET /poll?sid=…" in text and "HTTP/1.1 200 OK" in text and '"messages":[]' in text
    assert re.search(r"\d+ ms in all|\d\.\d s in all", text)
    head = int(re.findall(r"Bytes of the request's head\s+(\d+)", text)[0])
    assert 200 < head < 1500
    curl = shlex.split(re.findall(r"^curl .*$", text, re.M)[0])
    with urllib.request.urlopen(curl[-1]) as answer:
        assert json.load(answer)["cursor"]
    assert "sid=" in curl[-1] and "…" not in curl[-1]


def test_the_upgrade_is_shown_with_its_key_and_a_frame_with_its_two_bytes(tab: Tab) -> None:
    page = tab("?left=sse&right=ws")
    right = Seat(page, "right")
    right.reads_by("ws")
    right.say("to be framed")
    right.hears("to be framed")
    text = open_until(page, "101 Switching Protocols")
    for word in ("upgrade: websocket", "sec-websocket-key", "Sec-WebSocket-Accept", "Sec-WebSocket-Key: "):
        assert word.lower() in text.lower()
    page.keyboard.press("End")
    text = box(page).inner_text()
    for _ in range(40):
        if re.search(r"Bytes that frame it\s+[24]\b", text):
            break
        page.keyboard.press("ArrowUp")
        text = box(page).inner_text()
    assert re.search(r"Bytes that frame it\s+[24]\b", text), text


SVG = "{http://www.w3.org/2000/svg}"
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def looks(page: Page) -> bytes:
    """The picture as it looks now."""
    picture: bytes = wire(page).screenshot()
    return picture


def at_rest(page: Page) -> bytes:
    """The picture, once it has looked the same for 0.6 s: in a shorter time something comes where it is not still."""

    def same() -> bytes | None:
        before = looks(page)
        page.wait_for_timeout(600)
        return before if looks(page) == before else None

    picture: bytes = until(same)
    return picture


def test_pointing_opens_and_holds_still(tab: Tab) -> None:
    page = tab("?left=poll&right=poll&every=250")
    Seat(page, "left").reads_by("poll")
    page.wait_for_timeout(1500)
    area = wire(page).bounding_box()
    for y in range(int(area["height"]) - 12, 40, -1):
        page.mouse.move(area["x"] + area["width"] / 4, area["y"] + y)
        page.evaluate(DRAWN)
        if box(page).inner_text():
            page.wait_for_timeout(300)
            if box(page).inner_text():  # it is of this place, and not of the one before
                break
    assert "GET" in box(page).inner_text()
    still = at_rest(page)
    page.mouse.move(5, 5)
    until(lambda: looks(page) != still)


def test_it_moves_stops_and_goes_back(tab: Tab) -> None:
    page = tab("?left=poll&right=ws&every=250&span=3")
    Seat(page, "left").reads_by("poll")
    page.wait_for_timeout(2500)
    moving = looks(page)
    until(lambda: looks(page) != moving)
    page.get_by_role("button", name="Pause", exact=True).click()
    stopped = at_rest(page)
    more(page)
    page.locator("[data-role=back]").fill("1.5")
    until(lambda: looks(page) != stopped)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Pause", exact=True).wait_for()


def test_the_span_is_in_the_address_and_back_undoes_it(tab: Tab) -> None:
    page = tab("?span=3")
    more(page)
    select = page.locator("[data-role=span]")
    page.wait_for_function("() => document.querySelector('[data-role=span]').value === '3'")
    select.select_option("20")
    page.wait_for_url("**span=20*")
    page.go_back()
    page.wait_for_function("() => document.querySelector('[data-role=span]').value === '3'")


def test_it_is_taken_along_as_a_drawing(tab: Tab) -> None:
    page = tab("?left=poll&right=ws&name=Ada%20%3C%26%3E")
    left, right = Seat(page, "left"), Seat(page, "right")
    left.say("drawn")
    right.hears("drawn")
    left.hears("drawn")
    drawing = ElementTree.fromstring(taken(page, "svg"))
    kinds = {path.get("class") for path in drawing.iter("{http://www.w3.org/2000/svg}path")}
    assert {"news", "say", "life", "said", "fill"} <= kinds
    texts = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert "Ada <&>" in texts and "server" in texts


# Words of the table that stand on two lines, each broken in the middle.
BROKEN = """() => {
  const cells = [...document.querySelectorAll("[data-role=table] :is(th, td)")];
  const texts = cells.map((cell) => cell.firstElementChild?.firstChild ?? cell.firstChild).filter(Boolean);
  const lines = (text, start, end) => {
    const range = document.createRange();
    range.setStart(text, start);
    range.setEnd(text, end);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  };
  const words = texts.flatMap((text) => [...text.data.matchAll(/[A-Za-z0-9]+/g)].map((word) => [text, word]));
  const broken = ([text, word]) => lines(text, word.index, word.index + word[0].length) > 1;
  return words.filter(broken).map(([, [word]]) => word);
}"""


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_the_table_breaks_no_word(tab: Tab, width: int) -> None:
    page = tab("?left=longpoll&right=ws")
    page.set_viewport_size({"width": width, "height": 900})
    Seat(page, "left").say("hello")
    more(page)
    page.get_by_text("The same as a table").click()
    page.locator("[data-role=table] tbody tr", has_text="something said").first.wait_for()
    assert page.evaluate(BROKEN) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_table_says_the_same(tab: Tab) -> None:
    page = tab("?left=poll&right=ws&every=500")
    left = Seat(page, "left")
    left.say("in words")
    left.hears("in words")
    more(page)
    page.get_by_text("The same as a table").click()
    rows = page.locator("[data-role=table] tbody tr")
    rows.filter(has_text="nothing new").first.wait_for()
    row = rows.filter(has_text="news").first
    row.wait_for()
    row.get_by_role("button").click()
    box(page).get_by_text("curl").wait_for()
    page.get_by_role("button", name="Go on").wait_for()


def test_what_never_arrives_is_crossed_out(tab: Tab) -> None:
    page = tab("?left=poll&right=ws&every=500")
    left, right = Seat(page, "left"), Seat(page, "right")
    right.reads_by("ws")
    left.part("network").select_option("silent")
    left.say("into the dark")
    gone = lambda: [
        flight for one in tape(page)["exchanges"] for flight in one["flights"]
        if one["side"] == "left" and flight["way"] == "up" and flight["came"] is None
    ]  # fmt: skip
    until(gone)
    more(page)
    page.get_by_text("The same as a table").click()
    page.locator("[data-role=table] tbody tr", has_text="never arrived").first.wait_for()


def test_no_sid_is_on_the_tape(tab: Tab) -> None:
    sids: set[str] = set()
    page = tab("?left=poll&right=ws&every=500")
    page.on("request", lambda request: sids.update(re.findall(r"[?&]sid=([\w-]{22})", request.url)))
    left = Seat(page, "left")
    left.say("nobody's business")
    left.hears("nobody's business")
    page.wait_for_timeout(800)
    text = taken(page, "json") + taken(page, "svg")
    assert sids and not [sid for sid in sids if sid in text]


def test_who_wants_no_motion_gets_page_after_page(browser: Browser, lab: Program) -> None:
    """Nothing slides, and yet nothing is left out once a page is full."""
    context = browser.new_context(locale="en-US", reduced_motion="reduce", accept_downloads=True)
    try:
        page = context.new_page()
        page.goto(lab.url + "/?left=poll&every=60000&span=8&talk=0")
        left = Seat(page, "left")
        page.get_by_text("Your system asks for no motion").wait_for()
        Seat(page, "right").reads_by("ws")
        at_rest(page)  # for as long as nothing happens on the wire
        page.wait_for_timeout(8000)  # in which a page is full
        left.say("drawn all the same")
        Seat(page, "right").hears("drawn all the same")
        drawing = ElementTree.fromstring(taken(page, "svg"))
        assert "say" in {path.get("class") for path in drawing.iter("{http://www.w3.org/2000/svg}path")}
        page.get_by_role("button", name="Pause", exact=True).click()
        page.get_by_role("button", name="Go on").wait_for()
        assert not page.get_by_text("Your system asks for no motion").is_visible()
    finally:
        context.close()


def drawn(page: Page) -> tuple[list[str], list[str]]:
    """The words in the picture, and the classes of its lines."""
    drawing = ElementTree.fromstring(taken(page, "svg"))
    words = [text.text or "" for text in drawing.iter(f"{SVG}text")]
    return words, [path.get("class") or "" for path in drawing.iter(f"{SVG}path")]


def test_a_line_that_is_cut_bears_a_mark_and_one_let_go_does_not(tab: Tab) -> None:
    page = tab("?left=sse&right=ws&span=20")
    left, right = Seat(page, "left"), Seat(page, "right")
    right.reads_by("ws")
    left.reads_by("sse")
    left.choose("longpoll")
    left.reads_by("longpoll")
    left.choose("poll")
    left.reads_by("poll")
    page.wait_for_timeout(3000)  # after which what nobody heard of would be lost
    assert "lost" not in drawn(page)[1]
    page.get_by_role("button", name="Break WebSocket").click()
    until(lambda: [text for text in drawn(page)[0] if text.startswith("cut after")])
    assert "lost" in drawn(page)[1]


def test_what_is_kept_to_spare_says_so(tab: Tab) -> None:
    page = tab("?left=sse&right=ws")
    left = Seat(page, "left")
    left.reads_by("sse")
    left.choose("auto")
    until(lambda: "spare, kept 5 s" in drawn(page)[0])
    left.choose("sse")
    left.reads_by("sse")
    until(lambda: "spare, kept 5 s" not in drawn(page)[0])  # out of sight, and what is asked for by hand lets it go


def test_a_line_says_in_words_what_it_brings_and_how_late(tab: Tab) -> None:
    page = tab("?left=poll&right=ws&every=2000&span=8")
    left, right = Seat(page, "left"), Seat(page, "right")
    right.reads_by("ws")
    left.reads_by("poll")
    right.say("hello")
    left.hears("hello")
    found = until(lambda: [text for text in drawn(page)[0] if re.match(r"1 message, .* late", text)])
    said = max(milliseconds(re.findall(r", (.*) late", text)[0]) for text in found)
    heard = milliseconds(left.part("messages").locator("li").last.inner_text().split("\n")[-1].removesuffix(" later"))
    assert said == pytest.approx(heard, abs=110)  # of what is written in tenths of a second
    assert "anything new?  " in " ".join(drawn(page)[0])


def milliseconds(text: str) -> float:
    number, unit = text.strip().removeprefix("<").split()
    return float(number) * (1000 if unit == "s" else 1)


def test_without_the_hubs_side_the_pages_own_is_drawn(browser: Browser, lab: Program) -> None:
    """A network that lets no WebSocket through: the trace has none, the picture is still there."""
    context = browser.new_context(locale="en-US", accept_downloads=True)
    try:
        context.add_init_script("delete globalThis.WebSocket")
        page = context.new_page()
        page.goto(lab.url + "/?left=poll&every=250")
        left = Seat(page, "left")
        left.say("still drawn")
        left.hears("still drawn")
        flights = [flight for one in tape(page)["exchanges"] for flight in one["flights"]]
        assert any(flight["kind"] == "news" for flight in flights)
    finally:
        context.close()
