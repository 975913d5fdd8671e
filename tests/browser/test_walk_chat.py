"""The chat room in ten steps, as a person walks through it: each page and server runs, the two slips are found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import FrameLocator, Page

from tests.browser.axe import barred
from tests.browser.lesson import Keys, Lesson
from tests.browser.page import until

PROGRAM = """<img src onerror="socket.emit('c2s', { user: 'Bo', content: 'Ada is right' })">"""


class Chat(Lesson):
    """The walk, by what a person sees and does."""

    def seat(self, who: str) -> FrameLocator:
        return self.root.locator("[data-step]:visible").frame_locator(f"iframe[title={who}]")

    def at(self, step: int) -> None:
        """Go to a step, and wait until both are greeted."""
        self.root.locator("nav a").nth(step - 1).click()
        for who in ("Ada", "Bo"):
            self.hears(who, "hello")

    def hears(self, who: str, text: str) -> None:
        self.seat(who).locator("#ul li", has_text=text).first.wait_for()

    def lines(self, who: str) -> list[str]:
        """What stands in somebody's page, newest first."""
        return self.seat(who).locator("#ul li").all_text_contents()

    def names(self, who: str, name: str) -> None:
        self.seat(who).locator("#username").fill(name)
        self.seat(who).locator("#username").blur()

    def say(self, who: str, text: str, *, enter: bool = False) -> None:
        self.seat(who).locator("#content").fill(text)
        if enter:
            self.seat(who).locator("#content").press("Enter")
        else:
            self.seat(who).locator("#submit").click()

    def left(self, who: str) -> str:
        """What is left in somebody's field."""
        return self.seat(who).locator("#content").input_value()

    def noted(self, who: str, text: str) -> None:
        self.seat(who).locator("#note", has_text=text).wait_for()


@pytest.fixture
def walk(tab: Callable[..., Page]) -> Callable[..., Chat]:
    return lambda query="step=1": Chat(tab(f"?panel=lessons&lesson=chat&{query}"))


def test_a_person_walks_through_the_ten_steps(walk: Callable[..., Chat]) -> None:
    chat = walk()
    chat.at(1)
    assert chat.lines("Ada") == chat.lines("Bo") == ["hello"]

    chat.at(2)
    chat.say("Ada", "one")
    chat.hears("Ada", "one")
    chat.at(3)
    chat.say("Ada", "two")
    for who in ("Ada", "Bo"):
        chat.hears(who, "two")
        assert chat.lines(who) == ["two", "hello"]  # a step is a room of its own

    chat.at(4)
    chat.silent("cross-site scripting")
    chat.names("Ada", "<u>Ada</u>")
    chat.say("Ada", "three")
    chat.seat("Bo").locator("#ul u", has_text="Ada").wait_for()
    chat.says("cross-site scripting")
    chat.names("Ada", PROGRAM)
    chat.say("Ada", "four")
    chat.hears("Ada", "Bo: Ada is right")  # which nobody typed

    chat.at(5)
    for name in ("<u>Ada</u>", PROGRAM):
        chat.names("Ada", name)
        chat.say("Ada", "five")
    chat.hears("Bo", PROGRAM)
    assert chat.lines("Bo") == [f"{PROGRAM}: five", "<u>Ada</u>: five", "server: hello"]
    assert not chat.seat("Bo").locator("#ul li *").count()

    chat.at(6)
    chat.silent("An empty message came")
    chat.say("Ada", "six", enter=True)
    assert chat.left("Ada") == " "
    chat.seat("Ada").locator("#content").press("Enter")
    chat.says("An empty message came")
    assert chat.lines("Bo") == ["Ada:  ", "Ada: six", "server: hello"]

    chat.at(7)
    chat.say("Ada", "seven", enter=True)
    assert chat.left("Ada") == ""
    chat.say("Ada", "  ")
    assert chat.left("Ada") == "  "  # the page has not even asked the server
    chat.say("Ada", "and again")
    chat.hears("Bo", "and again")
    assert chat.lines("Bo") == ["Ada: and again", "Ada: seven", "server: hello"]

    chat.at(8)
    chat.say("Bo", "eight")
    chat.noted("Bo", "✓")
    chat.say("Bo", "")
    chat.noted("Bo", "say something")
    chat.at(9)
    chat.names("Bo", "Eve")
    chat.hears("Ada", "Eve: →")
    chat.at(10)
    for who, room in (("Ada", "red"), ("Bo", "blue")):
        chat.seat(who).locator("#room").select_option(room)
        chat.noted(who, room)
        chat.say(who, f"in {room}")
        chat.hears(who, f"in {room}")
    assert not [line for line in chat.lines("Ada") if "blue" in line]
    chat.do("anew")
    until(lambda: [line for line in chat.lines("Ada") if "in red" in line] == [])
    chat.hears("Ada", "hello")
    chat.root.locator(".ends a:visible").first.wait_for()
    chat.next()
    chat.root.get_by_role("heading", name="Lesson 1: ").wait_for()


def test_in_chinese_by_keyboard_on_a_phone(walk: Callable[..., Chat]) -> None:
    chat = walk("step=6&lang=zh")
    page = chat.page
    page.set_viewport_size({"width": 390, "height": 844})
    chat.hears("Bo", "hello")
    keys = Keys(page)
    chat.seat("Ada").locator("#content").focus()
    page.keyboard.type("你好")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    chat.says("来了一条空消息")
    chat.root.locator("[data-step=enter] h3").focus()
    keys.act("下一步")
    chat.step("blank")
    chat.hears("Ada", "hello")
    page.set_viewport_size({"width": 320, "height": 640})
    for size in ("", "large"):
        page.evaluate("size => { document.documentElement.dataset.size = size; }", size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
    assert not barred(page, "details[data-panel=lessons]")


def test_what_a_page_says_that_no_client_takes_is_told_to_it(walk: Callable[..., Chat]) -> None:
    chat = walk("step=8")
    chat.hears("Ada", "hello")
    told = """(which) => new Promise((resolve) => {
        const [event, data] = { reserved: ["connect", 1], long: ["c2s", { content: "x".repeat(3000) }] }[which];
        socket.emit(event, data, (ack, error) => resolve(error && error.message));
    })"""
    for which in ("reserved", "long"):
        assert chat.seat("Ada").locator("body").evaluate(f"(_, which) => ({told})(which)", which)
    frame = chat.page.frames[1]
    assert frame.evaluate("origin") == "null"
    assert frame.evaluate("fetch('/hello').catch(() => 'no')") == "no"
