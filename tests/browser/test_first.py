"""The first screen: it answers its question by itself, with this browser's own figures."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request

from tests.browser.page import Seat, until

SENTENCE = (
    r"In the last (?P<seconds>\d+) s Ada asked (?P<asked>\d+) times, (?P<vain>\d+) in vain, "
    r"and waited (?P<poll>\S+ m?s) for a message; Bo asked 0 times and waited (?P<ws>\S+ m?s)\."
)


@pytest.fixture
def quiet() -> bool:
    """The feed is on, as whoever comes first finds it."""
    return False


def ms(text: str) -> float:
    number, unit = text.replace("<", "").split()
    return float(number) * (1000 if unit == "s" else 1)


def sentence(page: Page) -> re.Match[str] | None:
    return re.fullmatch(SENTENCE, page.locator("[data-role=result]").inner_text())


def test_it_says_what_each_way_costs_by_what_crossed_the_wire(tab: Callable[..., Page]) -> None:
    page = tab()
    asked: list[float] = []  # when each poll left, as the browser tells
    answered: list[tuple[float, bool]] = []  # when each answer was whole, and whether it held nothing

    def left(request: Request) -> None:
        if re.search(r"/poll\?", request.url):
            asked.append(time.monotonic())

    def came(request: Request) -> None:
        if re.search(r"/poll\?", request.url) and (response := request.response()):
            answered.append((time.monotonic(), not response.json()["messages"]))

    page.on("request", left)
    page.on("requestfinished", came)
    left_seat, right = Seat(page, "left"), Seat(page, "right")
    left_seat.reads_by("poll")
    right.reads_by("ws")

    def told() -> re.Match[str] | None:
        page.wait_for_timeout(100)  # in which what the browser tells is heard
        found = sentence(page)
        return found if found and int(found["asked"]) >= 12 else None

    found = until(told, 60)
    since = time.monotonic() - int(found["seconds"])
    assert int(found["asked"]) == pytest.approx(sum(at > since for at in asked), abs=2)
    assert int(found["vain"]) == pytest.approx(sum(empty for at, empty in answered if at > since), abs=2)
    ages = {seat: [line.split("\n")[-1] for line in one.heard()] for seat, one in (("poll", left_seat), ("ws", right))}
    for way, lines in ages.items():
        heard = [ms(line.removesuffix(" later").strip()) for line in lines if line.endswith("later")]
        assert ms(found[way]) == pytest.approx(sum(heard) / len(heard), rel=0.6, abs=20)  # one more may have come since
    assert ms(found["poll"]) > ms(found["ws"])


def test_the_delay_is_the_mean_and_not_that_of_the_last(tab: Callable[..., Page]) -> None:
    """Of a batch the last message is the freshest: shown alone, it would make polling look many times better."""
    page = tab("?talk=10&every=2000")
    left = Seat(page, "left")
    left.hears("message 60")
    assert 700 < ms(left.part("age").inner_text()) < 1400  # half of the 2000 ms between two polls
    assert 1500 < ms(left.part("worst").inner_text().removeprefix("worst ")) < 3000


def test_figures_are_of_the_transport_that_is_in_use(tab: Callable[..., Page]) -> None:
    page = tab("?talk=2&every=500")
    left = Seat(page, "left")
    until(lambda: re.fullmatch(r"\d+ of \d+", left.part("empties").inner_text()))
    until(lambda: left.part("bytes").inner_text() != "–")
    left.choose("ws")
    left.reads_by("ws")
    assert left.part("empties").inner_text() == "–"  # nobody asks
    until(lambda: left.part("bytes").inner_text() not in ("–", "0"))
    until(lambda: int(left.part("bytes").inner_text()) < 600)  # a poll's two heads are more
    until(lambda: int(left.part("requests").inner_text()) == 0)


def test_the_feed_is_heard_at_random_moments_and_its_pace_is_in_the_address(tab: Callable[..., Page]) -> None:
    page = tab()
    until(lambda: page.locator("[data-role=talk]").input_value() == "0.5")
    Seat(page, "right").hears("message 1")
    page.locator("[data-role=talk]").select_option("10")
    page.wait_for_url("**talk=10*")
    page.go_back()
    until(lambda: page.locator("[data-role=talk]").input_value() == "0.5")
    there = tab("?talk=2")
    until(lambda: there.locator("[data-role=talk]").input_value() == "2")
    strange = tab("?talk=77")
    until(lambda: strange.locator("[data-role=talk]").input_value() == "0.5")


def test_break_websocket_falls_back_loses_nothing_and_says_so(tab: Callable[..., Page]) -> None:
    page = tab("?talk=10")
    right = Seat(page, "right")
    right.reads_by("ws")
    right.hears("message 3")
    page.get_by_role("button", name="Break WebSocket").click()
    page.wait_for_url("**right=auto*network2=kill*")
    said = page.locator("[data-role=broken]")
    said.get_by_text(re.compile("^The network cut Bo’s WebSocket. .*Bo heard on .*by another way")).wait_for()
    count = page.locator("[data-role=broken-count]")
    count.get_by_text("the client lets it rest and tries it again at").wait_for()
    count.get_by_text("nothing was lost").wait_for()
    assert right.part("transport").get_attribute("data-transport") in ("sse", "longpoll")
    numbers = [int(found[1]) for text in right.heard() if (found := re.search(r"message (\d+)", text))]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))  # by the list, too
    told = int(re.findall(r"Messages since: (\d+)", count.inner_text())[0])
    assert 0 < told < len(numbers) + 1
    page.locator("[data-role=lang]").click()
    said.get_by_text("网络切断了小博的 WebSocket").wait_for()
    page.locator("[data-role=lang]").click()
    page.get_by_role("button", name="Mend WebSocket").click()
    right.reads_by("ws")
    until(lambda: said.inner_text() == "")
    page.go_back()
    page.get_by_role("button", name="Mend WebSocket").wait_for()
    right.reads_by("sse")


def test_what_was_lost_is_told_as_lost(tab: Callable[..., Page]) -> None:
    """A number of the feed that never came is a message lost, and one that came again is told, too."""
    said = tab("?talk=0").evaluate(
        """async () => {
            const [{ Broken }, { make }] = await Promise.all([import("/page/broken.js"), import("/page/dom.js")]);
            let hear;
            const socket = { onLife() {}, on: (_event, on) => (hear = on), decisions: [], rungs: [] };
            const [event, count] = [make("p"), make("p")];
            const broken = new Broken(event, count, { socket, last: { feed: "f", n: 4 }, shownName: "Bo" });
            broken.be(true);
            return [[5], [6, 7], [9], [9], [8]].map((numbers) => {
                for (const n of numbers) hear({ feed: "f", n });
                broken.show();
                return count.textContent;
            });
        }"""
    )
    assert "all of them arrived" in said[0] and "Messages since: 3; all" in said[1]
    assert "Messages since: 5; lost 1, twice 0" in said[2] and "lost 1, twice 1" in said[3]
    assert "lost 0, twice 1" in said[4]
