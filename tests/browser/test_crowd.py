"""Crowds: measurements that nobody can disturb, while others come and go; and a class of sixty behind one address."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.page import DEADLINE, Seat, more, until
from tests.browser.program import Crowd, Program, ask, program
from tests.browser.test_lessons import SECONDS, Polling
from tests.browser.test_race import Race, shown
from transport_fallback import io
from transport_fallback.client.ladder import RUNGS

EACH = 30  # clients that come each second, and go in the next
NEWCOMER = 2000  # bytes down to a newcomer who is told nothing, whoever else is here
WAYS = ("poll", "longpoll", "ws")


@contextmanager
def coming_and_going(lab: Program) -> Iterator[list[int]]:
    """A crowd whose clients come, speak to everyone and to the lobby, and go; how many have come so far."""
    came, over = [0], threading.Event()

    def move() -> None:
        with Crowd(lab) as crowd:
            while not over.is_set():
                began = time.monotonic()
                crowd.come(EACH)
                for one in crowd.here[-EACH:]:
                    for where in ({}, {"room": "lobby"}):
                        one.ask("c2s", {"user": "somebody", "content": "hello, everyone " * 9, **where})
                came[0] += EACH
                crowd.go(len(crowd.here) - EACH)
                over.wait(max(0, began + 1 - time.monotonic()))

    thread = threading.Thread(target=move)
    thread.start()
    try:
        yield came
    finally:
        over.set()
        thread.join()


def lesson(page: Page) -> dict[str, tuple[int, int, int]]:
    """Of each way: the questions, the empty answers and the bytes that lesson 1 counts."""
    walk = Polling(page)
    walk.guess(1, 500)
    walk.step("run")
    told = {}
    for way in WAYS:
        walk.run(way)
        empty = "0" if way == "ws" else walk.value(f"{way}.empty")
        told[way] = int(walk.value(f"{way}.questions")), int(empty)
    walk.next()
    see = walk.step("see")
    cells = {way: see.locator(f'td[data-value="{way}.bytes"]').inner_text() for way in WAYS}
    return {way: (*told[way], int(cells[way].replace(",", ""))) for way in WAYS}


@pytest.mark.timeout(240)
def test_lesson_1_counts_the_same_while_a_crowd_comes_and_goes(tab: Callable[..., Page], lab: Program) -> None:
    address = f"?panel=lessons&seconds={SECONDS}&lesson=1&step=2"
    alone = lesson(tab(address))
    with coming_and_going(lab) as came:
        among = lesson(tab(address))
        assert came[0] >= EACH  # there was a crowd, however slow the machine
    for way, (questions, empty, weight) in alone.items():
        # Of so few questions one more or less may fall into the seconds that are counted.
        assert among[way][0] == pytest.approx(questions, abs=1), (way, alone, among)
        assert among[way][1] == pytest.approx(empty, abs=1), (way, alone, among)
        assert among[way][2] == pytest.approx(weight, abs=1200), (way, alone, among)  # one question and its answer
    assert among["ws"][0] == 0 and among["poll"][1] >= SECONDS - 1 - 2  # two messages make two answers worth having


@pytest.mark.timeout(240)
def test_the_race_counts_the_same_while_a_crowd_comes_and_goes(tab: Callable[..., Page], lab: Program) -> None:
    with coming_and_going(lab) as came:
        race = Race(tab("?panel=race&race-rate=2&race-every=1000&race-shape=periodic&left=ws&right=ws")).start()

        def beside(way: str) -> float:
            """Bytes a message, as a share of what theory makes of this feed alone."""
            return shown(race.figure(way, "bytes")) / shown(race.theory(way, "bytes"))

        until(lambda: came[0] >= 3 * EACH)
        until(lambda: abs(beside("ws") - 1) < 0.08 and abs(beside("sse") - 1) < 0.08)
        until(lambda: shown(race.figure("poll", "requests")) > 0.5)
        # Messages an answer: the crowd's news would be answered, too, and bear none. A slow machine's may bear two.
        until(lambda: shown(race.figure("longpoll", "answer")) > 0.9)
        assert re.search(r"0\s*%|\(0/", race.figure("longpoll", "wasted"))


@pytest.mark.timeout(240)
def test_a_newcomer_to_a_room_of_500_is_not_told_of_them(tab: Callable[..., Page], lab: Program) -> None:
    with Crowd(lab, "王小明同学第 {} 号") as crowd:
        crowd.come(500)
        with urllib.request.urlopen(f"{lab.url}/poll?sid={'n' * 22}&history=60") as answer:
            assert len(answer.read()) + len(str(answer.headers)) < NEWCOMER
        page = tab("?left=poll&right=ws&every=60000")
        for side, way in (("left", "poll"), ("right", "ws")):
            Seat(page, side).reads_by(way)
        page.wait_for_timeout(1000)  # in which it has said its name and entered its rooms
        more(page)
        with page.expect_download() as download:
            page.locator("figure [data-role=json]").click()
        told: dict[str, Any] = json.loads(download.value.path().read_text("utf-8"))
        for side, client in told["clients"].items():
            counts = ask(lab, f"/stats?client={client}")["transports"]
            assert 0 < sum(one["down"] for one in counts.values()) <= NEWCOMER, (side, counts)


# ---- a class

PHONES, BROWSERS = 60, 3  # so many of them are Chromium's; the others are played by the Python client
STRICT = ("--emit-rate", "20", "--emit-burst", "64", "--sid-rate", "20")  # a class has what the program has by itself
SCREEN: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
GUESS = {"empty": "8", "age": "500"}


class Phones:
    """Phones without a screen: each two clients, as a page has; all come and guess in lesson 1, and then speak."""

    def __init__(self, url: str, count: int) -> None:
        self.url, self.count = url, count
        self.here, self.speak, self.over = threading.Semaphore(0), threading.Event(), threading.Event()
        self.heard: list[list[str]] = [[] for _ in range(count)]
        self.faults: list[BaseException] = []

    def __enter__(self) -> Phones:
        self.thread = threading.Thread(target=lambda: asyncio.run(self.live()), daemon=True)
        self.thread.start()
        for _ in range(self.count):
            assert self.here.acquire(timeout=60), self.faults
        return self

    def __exit__(self, *_failure: object) -> None:
        self.speak.set()
        self.over.set()
        self.thread.join()
        assert not self.faults, self.faults

    async def live(self) -> None:
        done = await asyncio.gather(*(self.phone(n) for n in range(self.count)), return_exceptions=True)
        self.faults += [fault for fault in done if isinstance(fault, BaseException)]

    async def phone(self, n: int) -> None:
        way = RUNGS[n % len(RUNGS)]
        async with io(self.url, use="poll") as left, io(self.url, use=way) as right:
            right.on("s2c", lambda message: self.heard[n].append(message["content"]))
            for socket in (left, right):
                await socket.emit("name", {"name": f"学生 {n}"})
            await right.emit("lab-guess", {"lesson": "polling", "by": way, "page": newly(), "values": GUESS})
            self.here.release()
            while not self.speak.is_set():
                await asyncio.sleep(0.05)
            await left.emit("c2s", {"user": f"学生 {n}", "content": f"I am {n}"})
            while not self.over.is_set():
                await asyncio.sleep(0.05)


def newly() -> str:
    return secrets.token_urlsafe(16)


@pytest.mark.timeout(240)
def test_a_class_of_60_behind_one_address_hears_each_other_and_guesses(browser: Browser) -> None:
    with program("--class", *STRICT) as lab:
        contexts = [browser.new_context(locale="en-US", **SCREEN) for _ in range(BROWSERS)]
        refused: list[str] = []
        pages = []
        for n, context in enumerate(contexts):
            context.set_default_timeout(DEADLINE)
            page = context.new_page()
            page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
            page.goto(f"{lab.url}/?class=together&talk=0")
            page.locator("[data-role=own-name]").fill(f"Phone {n}")
            page.locator("[data-role=own-name]").press("Enter")
            pages.append(page)
        screen = browser.new_page()
        screen.goto(f"{lab.url}/?panel=lessons&lesson=1&step=2&view=class")
        with Phones(lab.url, PHONES - BROWSERS) as phones:
            for page in pages:  # a phone shows one seat at a time
                page.locator("[data-seat=right] [data-transport=ws][data-role=transport]").wait_for(state="attached")
            phones.speak.set()
            for n, page in enumerate(pages):
                Seat(page, "left").say(f"I have a screen, {n}")
            wanted = {f"I am {n}" for n in range(phones.count)} | {f"I have a screen, {n}" for n in range(BROWSERS)}
            until(lambda: all(set(heard) == wanted for heard in phones.heard))
            assert all(len(heard) == len(wanted) for heard in phones.heard)  # and nothing twice
            for page in pages:
                for side in ("left", "right"):
                    texts = Seat(page, side).part("messages").locator("li[data-seq]")
                    until(lambda: texts.count() == PHONES)
            for page in pages:
                page.goto(f"{lab.url}/?panel=lessons&lesson=1&step=2")
                Polling(page).guess(8, 500)
            screen.locator(".guesses:visible [data-role=guesses-count]", has_text="60 have guessed").wait_for()
            assert screen.locator(".guesses:visible [data-choice='500'] b").inner_text() == "60"
            ways = screen.locator(".guesses:visible .ways li")
            assert sorted(ways.evaluate_all("all => all.map(({ dataset }) => dataset.transport)")) == sorted(RUNGS)
        assert not refused, refused
        for context in (*contexts, screen.context):
            context.close()
