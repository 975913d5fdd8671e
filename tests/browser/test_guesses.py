"""The class's guesses: students guess on their own pages, and the teacher's screen shows how, and what happened."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.axe import barred
from tests.browser.page import until
from tests.browser.program import Asking, Program, program
from tests.browser.test_lesson_lost import Lost
from tests.browser.test_lesson_upgrade import Upgrade

SECONDS = 3  # of a run
GOES = "goes to the screen of your class"


@pytest.fixture
def lab() -> Iterator[Program]:
    """A lab open to a class."""
    with program("--class") as running:
        yield running


class Screen:
    """The screen of a class, by what it shows of the guesses."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".guesses:visible")

    def counts(self, words: str) -> None:
        self.root.locator("[data-role=guesses-count]", has_text=words).wait_for()

    def numbers(self, field: str) -> str:
        """What stands under and over the bars of a field."""
        return " ".join(self.root.locator(f"[data-field={field}] text").all_text_contents())

    def chosen(self, field: str) -> dict[str, int]:
        rows = self.root.locator(f"[data-field={field}] [data-choice]").all()
        return {str(row.get_attribute("data-choice")): int(row.locator("b").inner_text()) for row in rows}

    def ways(self) -> dict[str, int]:
        rows = self.root.locator(".ways li").all()
        return {str(row.get_attribute("data-transport")): int(row.locator("b").inner_text()) for row in rows}

    def says(self, words: str) -> None:
        self.root.get_by_text(words).locator("visible=true").first.wait_for()


def guess(lab: Program, lesson: str, values: dict[str, str], *, by: str = "ws") -> Asking:
    """Somebody without a page guesses."""
    one = Asking(lab.url)
    one.ask("lab-guess", {"lesson": lesson, "by": by, "page": secrets.token_urlsafe(16), "values": values})
    return one


def test_a_class_guesses_numbers_and_sees_what_happened(tab: Callable[..., Page], lab: Program) -> None:
    lesson = f"?panel=lessons&lesson=4&step=2&seconds={SECONDS}"
    teacher = Lost(tab(f"{lesson}&view=class"))
    screen = Screen(teacher.page)
    screen.counts("Nobody has guessed yet")
    screen.says("once this lesson has run on this screen")
    assert screen.root.locator("[data-role=guesses-truth]").is_disabled()

    ada, bo = Lost(tab(lesson)), Lost(tab(f"{lesson}&without=ws,sse"))
    ada.says(GOES)
    ada.guess(70, 100)
    screen.counts("One has guessed")
    ada.go("predict")
    ada.guess(40, 100)  # another one, instead
    screen.says("From 40 to 40; the middle one is 40.")
    bo.guess(90, 100)
    screen.counts("2 have guessed")
    until(lambda: screen.ways() == {"ws": 1, "longpoll": 1})
    for n in range(18):
        guess(lab, "lost", {"queue": str(50 + n), "log": "100"}, by="poll")
    screen.counts("20 have guessed")
    until(lambda: screen.ways() == {"poll": 18, "longpoll": 1, "ws": 1})
    screen.says("From 40 to 90; the middle one is 58.")

    # A page that is loaded anew is no second student.
    ada.page.reload()
    ada.go("predict")
    ada.guess(45, 100)
    screen.says("From 45 to 90")
    screen.counts("20 have guessed")

    # What strangers say there is not drawn.
    eve = guess(lab, "lost", {"queue": "100000", "log": "-4", "<b>bold</b>": "1"})
    eve.ask("join", {"room": "guesses lost"})
    eve.ask("c2s", {"user": "eve", "content": "lies", "room": "guesses lost"})
    guess(lab, "lost", {"queue": "46", "log": "100"})  # so what was said before has come
    screen.counts("21 have guessed")
    screen.says("From 45 to 90")
    assert "100000" not in screen.numbers("queue") and "bold" not in screen.root.inner_text()

    # The teacher guesses as the class did, runs, and draws what happened.
    screen.root.locator("[data-role=guesses-fill]").click()
    assert teacher.root.locator("input[name=queue]").input_value() == "58"
    teacher.root.locator("[data-form=guess] button").last.click()
    teacher.step("run")
    teacher.run()
    teacher.go("see")
    screen.counts("21 have guessed")  # the teacher's own is none of the class's
    assert not screen.root.locator(".mean").count()
    screen.root.locator("[data-role=guesses-truth]").click()
    screen.says(f"What happened: {teacher.figure('queue.here')}")
    assert screen.root.locator(".mean").count() == 2
    teacher.page.locator("[data-role=lang]").click()
    screen.counts("已有 21 人猜了")
    screen.says(f"实际结果：{teacher.figure('queue.here')}")
    teacher.page.set_viewport_size({"width": 320, "height": 640})
    assert teacher.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not barred(teacher.page, "details[data-panel=lessons]")


def test_a_class_guesses_by_choice(tab: Callable[..., Page], lab: Program) -> None:
    teacher = Upgrade(tab("?panel=lessons&lesson=2&step=2&view=class"))
    screen = Screen(teacher.page)
    for n, ends in enumerate(["tcp", "tcp", "tcp", "http", "port", "never"]):
        guess(lab, "upgrade", {"up": str(5 + n), "down": "7", "ends": ends})
    screen.counts("6 have guessed")
    assert screen.chosen("ends") == {"tcp": 3, "port": 1, "secret": 0, "http": 1}
    screen.root.locator("[data-role=guesses-fill]").click()
    assert teacher.root.locator("input[name=ends][value=tcp]").is_checked()
    teacher.root.locator("[data-form=guess] button").last.click()
    teacher.open()
    teacher.says("it has read this very key")
    teacher.go("predict")
    screen.root.locator("[data-role=guesses-truth]").click()
    assert screen.root.locator("[data-choice] .truth").count() == 1
    assert screen.root.locator("[data-choice=http] .truth").is_visible()
    screen.says("What happened: 11")


def test_where_there_is_no_class_nothing_is_told(tab: Callable[..., Page]) -> None:
    with program() as closed:
        lines: list[str] = []
        alone = Lost(tab("?panel=lessons&lesson=4&step=2&talk=0", closed.url))
        alone.page.on("websocket", lambda line: lines.append(line.url))
        alone.guess(70, 100)
        alone.silent(GOES)
        Screen(tab("?panel=lessons&lesson=4&step=2&view=class&talk=0", closed.url)).says("make class")
        assert not [url for url in lines if "/via/" not in url and "/lab/" not in url]  # the seats have links of theirs


def test_a_server_that_began_anew_is_told_again(tab: Callable[..., Page], lab: Program) -> None:
    screen = Screen(tab("?panel=lessons&lesson=4&step=2&view=class"))
    ada = Lost(tab("?panel=lessons&lesson=4&step=2"))
    ada.guess(70, 100)
    screen.counts("One has guessed")
    until(lambda: screen.ways() == {"ws": 1})  # it has settled
    lab.kill()
    lab.start()
    guess(lab, "lost", {"queue": "60", "log": "100"})
    screen.counts("2 have guessed")
