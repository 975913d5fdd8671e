"""Lesson 10, kill a server, through a real cluster: HAProxy, three servers, and a Redis that has their log."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.lesson import Lesson, nobody_is_barred, number_of
from tests.browser.page import Seat, until
from tests.browser.program import GENEROUS
from tests.root import ROOT

SECONDS = 2  # after the end of a server, here; a class has five
WAYS = ["ws", "sse", "longpoll", "poll"]
TAKES = "import { PROGRAMS, RIGHT } from './tests/js/answers.mjs'; console.log(JSON.stringify({ PROGRAMS, RIGHT }));"
WHY = {  # case → what is said of it
    "plain": "Nothing went wrong here",
    "other": "came to another server",
    "back": "came back to a server",
    "again": "An answer was lost",
    "two": "Two clients asked",
    "holes": "Numbers have holes",
    "empty": "the cursor stays as it was",
    "behind": "This server is behind",
}


class Cluster:
    """`make cluster`, as a person starts it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "transport_fallback.lab.cluster", "--port", "0", *GENEROUS],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self.says(r"(http://\S+) leads to 3 servers")[1]
        self.says("Ctrl-C ends all")

    def says(self, pattern: str) -> re.Match[str]:
        """Wait for a line like this."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it ended and did not say {pattern}")

    def answering(self) -> set[str]:
        """The servers that answer the next requests, by what they are called."""
        names = set()
        for _ in range(9):
            with urllib.request.urlopen(f"{self.url}/hello") as answer:
                names.add(answer.headers["Lab-Server"].partition("-")[0])
        return names

    def whole(self) -> bool:
        """Press Enter, which starts again what has ended, and look whether all answer."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.answering() == {"A", "B", "C"}


@pytest.fixture
def cluster(started: Cluster) -> Cluster:
    """It has all its servers: the test before may have killed one."""
    until(started.whole)
    return started


@pytest.fixture(scope="module")
def started(both_proxies: None, redis_program: None) -> Iterator[Cluster]:
    """One for all tests here: it takes some seconds to start."""
    running = Cluster()
    yield running
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    for pipe in (running.process.stdin, running.process.stdout):
        assert pipe is not None
        pipe.close()


class Kill(Lesson):
    """Lesson 10, by what a person sees and does."""

    def guess(self, ways: list[str], lost: int, silent: float) -> None:
        for way in ways:
            self.root.locator(f"input[name='cut.{way}']").check()
        self.root.locator("input[name=lost]").fill(str(lost))
        self.root.locator("input[name=silent]").fill(str(silent))
        self.root.locator("[data-form=guess] button").click()
        self.step("run")

    def run(self) -> str:
        """Let them read, kill, and wait until it is told. Returns the name of the server."""
        self.do("run")
        kill = self.root.locator("[data-do=kill]:enabled:visible")
        kill.wait_for()
        until(lambda: all(int(self.value(f"{way}.heard")) >= 3 for way in WAYS))
        kill.click()
        self.root.locator("[data-step=run] [data-go=see]").wait_for()
        return self.value("victim")

    def cell(self, way: str, name: str) -> str:
        return self.root.locator(
            f'[data-step=see] td [data-value="{way}.{name}"], [data-step=see] td[data-value="{way}.{name}"]'
        ).inner_text()

    def check(self, program: str) -> None:
        self.root.locator("textarea[name=program]").fill(program)
        self.root.locator("[data-form=program] button").click()
        self.root.locator("[data-step=exercise] .verdict:visible").first.wait_for()


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Kill]:
    def open_it(query: str = "step=1", url: str | None = None) -> Kill:
        return Kill(tab(f"?panel=lessons&lesson={number_of('kill')}&seconds={SECONDS}&talk=0&{query}", url))

    return open_it


def test_a_person_kills_a_server_and_nothing_is_lost(open_lesson: Callable[..., Kill], cluster: Cluster) -> None:
    lesson = open_lesson(url=cluster.url)
    lesson.step("ask").get_by_text("Who notices, and what is lost?").wait_for()
    lesson.silent("make cluster")
    lesson.next()
    lesson.go("run")  # without a guess there is nothing to run
    assert lesson.root.locator("[data-do=run]").is_disabled()
    lesson.go("predict")
    lesson.guess(["ws"], 20, 60)
    killed = lesson.run()
    assert killed in "ABC"
    lesson.says(f"Server {killed} is gone")
    for way in WAYS:
        drawn = lesson.root.locator(f"[data-live='lane.{way}'] svg")
        assert drawn.locator("text").all_text_contents() == ["A", "B", "C"]
        assert drawn.locator(".full").count() > 0 and drawn.locator(".guide").count() == 1
    assert lesson.root.locator("[data-live='lane.ws'] .cross").count() >= 1

    lesson.root.locator("[data-step=run] [data-go=see]").click()
    lesson.step("see")
    assert lesson.cell("ws", "was") == killed != lesson.cell("ws", "next")
    for way in WAYS:
        assert [lesson.cell(way, "lost"), lesson.cell(way, "twice")] == ["0", "0"], way
        assert lesson.root.locator(f'td [data-value="{way}.next"]:visible').count() == (
            lesson.cell(way, "next") != killed and lesson.root.locator(f"[data-live='lane.{way}'] .cross").count() > 0
        )
    lesson.says("You guessed 20. Of .* missed 0; gaps that it was told of: 0")
    lesson.says("Nothing was in that server that was not in the log")
    lesson.says("It is shorter")
    lesson.says(r"for what comes after \w+\.\d+")
    lesson.in_both_languages()
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson, ["ask", "predict", "run", "see", "explain", "code"])


def test_in_chinese_with_what_the_page_says_of_its_figures(open_lesson: Callable[..., Kill], cluster: Cluster) -> None:
    lesson = open_lesson("step=2&lang=zh", url=cluster.url)
    shared = lesson.page.locator("[data-role=shared]")
    shared.get_by_text(re.compile("来自服务器 [ABC]，它是 3 个中的一个")).wait_for()
    assert lesson.page.locator("[data-role=break]").is_hidden()  # a network would stand before one server only
    Seat(lesson.page, "left").part("settings")
    assert lesson.page.locator("[data-seat=left] [data-role=network]").is_disabled()
    lesson.guess(["ws", "poll"], 0, 1)
    killed = lesson.run()
    lesson.says(f"服务器 {killed} 没有了")
    lesson.go("see")
    lesson.says("对：它们都在日志里，而日志不在那个服务器里")
    assert lesson.cell("ws", "was") == killed


def test_a_run_that_is_stopped_kills_nobody(open_lesson: Callable[..., Kill], cluster: Cluster) -> None:
    lesson = open_lesson("step=2", url=cluster.url)
    lesson.guess(["ws"], 0, 1)
    lesson.do("run")
    lesson.root.locator("[data-do=kill]:enabled:visible").wait_for()
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Let four clients read").locator("visible=true").first.wait_for()
    lesson.silent("is gone|did not take part")
    assert not lesson.root.locator("[data-do=kill]").is_visible()


def test_where_the_lab_is_alone_it_says_what_is_needed(open_lesson: Callable[..., Kill]) -> None:
    lesson = open_lesson()
    lesson.says("This lab is one server alone")
    lesson.step("ask").get_by_text("make cluster").locator("visible=true").first.wait_for()
    assert not lesson.page.locator("[data-role=shared]").count()
    lesson.go("predict")
    lesson.guess([], 3, 1)
    lesson.do("run")
    lesson.says("This lab is one server alone")
    lesson.silent("did not take part")
    assert lesson.root.locator("[data-do=run]").is_enabled()
    lesson.go("explain").get_by_text("A cursor is a position in the log").wait_for()
    until(lambda: len(lesson.go("code").locator("mark").all()) == 4)
    lesson.page.locator("[data-role=lang]").click()
    lesson.go("run")
    lesson.says("这间实验室只有一个服务器")


@pytest.fixture(scope="module")
def answers() -> Any:
    """Programs: right ones, and typical wrong ones with the case that each is shown."""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", TAKES], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


def test_a_servers_answer_is_written(open_lesson: Callable[..., Kill], answers: Any) -> None:
    lesson = open_lesson("step=7")
    section = lesson.step("exercise")
    given = section.locator("textarea").input_value()
    for program in ({"program": given, "kind": "other", "other": ["m1", "m2"]}, *answers["PROGRAMS"].values()):
        lesson.check(program["program"])
        lesson.says("Not yet")
        lesson.says(WHY[program["kind"]])
        for case, why in WHY.items():
            if case != program["kind"]:
                lesson.silent(why)
        for what in ("lost", "other"):
            places = section.locator(f'[data-value="answer.{what}.which"]:visible')
            assert places.all_inner_texts() == ([", ".join(program[what])] if program.get(what) else [])
        if "cursor" in program:
            lesson.says(f"the cursor is {program['cursor']} and should be")
        assert section.locator("[data-live=case] small").count() > 0
        lesson.silent("What you know now")
    for program in answers["RIGHT"]:
        lesson.check(program)
        lesson.says(f"^Right, in all {len(WHY)} cases")
        lesson.says("What you know now")
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("你现在知道了")
    nobody_is_barred(lesson, ["exercise"])
