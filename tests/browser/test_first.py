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
    assert page.locator("[data-role=talk]").input_value() == "0.5"
    Seat(page, "right").hears("message 1")
    page.locator("[data-role=talk]").select_option("10")
    page.wait_for_url("**talk=10*")
    page.go_back()
    until(lambda: page.locator("[data-role=talk]").input_value() == "0.5")
    there = tab("?talk=2")
    assert there.locator("[data-role=talk]").input_value() == "2"
    assert tab("?talk=77").locator("[data-role=talk]").input_value() == "0.5"
