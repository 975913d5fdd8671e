"""The lesson on many readers, as a person goes through it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from tests.browser.lesson import Keys, Lesson, nobody_is_barred, number_of
from tests.browser.page import until

SECONDS = 8  # of a run here; a class has twenty
WAYS = ("poll", "longpoll", "sse", "ws")
CAUSES = ("requests", "told", "line", "blocked", "herd")
NO = {  # what is said of a cause that it is not
    "requests": "Were they too many",
    "told": "Were that too much",
    "line": "There is room",
    "blocked": "No handler is needed",
    "herd": "That is no wave",
}
YES = {
    "requests": "tell readers when there is a message",
    "told": "batch, or share the readers",
    "line": "send less to each",
    "blocked": "await what waits",
    "herd": "put chance into the clients",
}


class Many(Lesson):
    """The lesson, by what a person sees and does."""

    def guess(self, when: str, first: str, peak: int) -> None:
        self.root.locator(f"input[name=when][value={when}]").check()
        self.root.locator(f"input[name=first][value={first}]").check()
        self.root.locator("input[name=peak]").fill(str(peak))
        self.root.locator("[data-form=guess] button").click()
        self.step("run")

    def shows(self, words: str) -> None:
        """Wait until the button of the run says this."""
        self.root.locator("[data-do=run] span:visible", has_text=re.compile(words)).first.wait_for(timeout=60_000)

    def ran(self) -> None:
        self.shows("Once more|再来一遍")

    def ms(self, name: str) -> float:
        """An age as it stands there."""
        text = self.value(name)
        number = float(re.sub(r"[^0-9.]", "", text))
        return number if text.endswith("ms") else 1000 * number

    def figure(self, name: str) -> int:
        return int(self.value(name).replace(",", ""))

    def causes(self) -> dict[str, str]:
        """What each report shows, by its own figures."""
        found = {}
        for letter in "ABC":
            names = ("requests", "told", "carries", "capacity", "late", "worst", "usual")
            one = {name: self.figure(f"{letter}.{name}") for name in names}
            signs = {
                "requests": one["requests"] > 7500,
                "told": one["told"] > 37_500,
                "line": one["carries"] > 0.9 * one["capacity"],
                "blocked": one["late"] > 300,
                "herd": one["worst"] > max(100, 10 * one["usual"]),
            }
            (found[letter],) = [cause for cause, so in signs.items() if so]
        return found

    def diagnose(self, **verdicts: str) -> None:
        for letter, cause in verdicts.items():
            self.root.locator(f"input[name=report-{letter}][value={cause}]").check()
        self.root.locator("[data-form=reports] button").click()

    def choose(self, **choices: tuple[str, int | None]) -> None:
        for name, (way, every) in choices.items():
            self.root.locator(f"[data-form=budgets] input[name={name}][value={way}]").check()
            self.root.locator(f"input[name={name}-every]").fill("" if every is None else str(every))
        self.root.locator("[data-form=budgets] button").click()


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Many]:
    def open_it(query: str = "step=1") -> Many:
        return Many(tab(f"?panel=lessons&lesson={number_of('many')}&seconds={SECONDS}&{query}"))

    return open_it


def test_a_person_walks_through_the_lesson_on_many(open_lesson: Callable[..., Many]) -> None:
    lesson = open_lesson()
    lesson.step("ask").get_by_text("What breaks first?").wait_for()
    lesson.go("run")  # without a guess there is nothing to run
    assert lesson.root.locator("[data-do=run]").is_disabled() and lesson.root.locator("[data-do=herd]").is_disabled()
    lesson.go("predict")
    lesson.guess("always", "ws", 100)
    lesson.do("run")
    lesson.do("herd")
    bars = lesson.root.locator("[data-live='herd.fixed'] line.asks")
    until(lambda: bars.count() == 11)  # every five seconds, within a minute
    assert lesson.root.locator("[data-live='herd.jitter'] line.asks").count() > 100
    lesson.ran()

    for step in ("s1", "s4"):
        assert 45 < lesson.ms(f"{step}.ws") < 200
        assert re.fullmatch(r"[<>]?\s?\d+\s%", lesson.value(f"{step}.busy"))
    assert lesson.ms("s4.poll") > lesson.ms("s4.longpoll") > 1.2 * lesson.ms("s4.ws")
    lesson.root.locator("[data-step=run] [data-go=see]").click()
    lesson.step("see")
    lesson.says("Not always")
    lesson.says("Half as old again it was")
    assert float(lesson.value("end.each")) > 1.5 < float(lesson.value("end.frames")) / float(lesson.value("end.asks"))
    lesson.says("It keeps lines open, and asks nothing")
    assert lesson.figure("crowd.poll.requests") == 10_000 > lesson.figure("crowd.longpoll.requests") > 9000
    assert float(lesson.value("crowd.poll.mbit")) > 2 * float(lesson.value("crowd.ws.mbit"))
    assert (lesson.value("guess.peak"), lesson.value("doubling.peak")) == ("100", "2,000")
    lesson.says("and so they count together")
    assert lesson.figure("jitter.peak") < 200 and lesson.value("doubling.half") == "–"
    lesson.next()
    lesson.step("explain")
    lesson.next()
    assert len(lesson.step("code").locator("mark").all()) == 3
    lesson.next()
    lesson.step("exercise")
    three_reports(lesson)
    three_budgets(lesson)
    lesson.says("What you know now")


def three_reports(lesson: Many) -> None:
    """Each wrong verdict on one of them is answered with the number that speaks against it; then right."""
    right = lesson.causes()
    for cause in CAUSES:
        if cause == right["A"]:
            continue
        lesson.diagnose(**{**right, "A": cause})
        lesson.says("Not yet: 2 of 3")
        lesson.says(f"Report A: .*{NO[cause]}")
        for other, why in NO.items():
            if other != cause:
                lesson.silent(why)
    lesson.diagnose(**right)
    lesson.says("Right, all three")
    for cause, what in YES.items():
        (lesson.says if cause in right.values() else lesson.silent)(what)
    lesson.do("others")
    lesson.silent("Right, all three")
    assert len(set(lesson.causes().values())) == 3


def three_budgets(lesson: Many) -> None:
    """What cannot be defended is answered with its number; whatever can is right."""
    lesson.choose(ticker=("ws", None), dashboard=("longpoll", None), chat=("poll", 1000))
    lesson.says("Not yet: 0 of 3")
    assert lesson.value("ticker.lines") == "60,000" and lesson.figure("dashboard.requests") > 1000
    assert lesson.ms("chat.age") > 500 and lesson.figure("chat.requests") == 5000
    for told, count in {"Too many lines": 1, "Too old": 1}.items():
        assert lesson.step("exercise").get_by_text(told).locator("visible=true").count() == count, told
    lesson.choose(ticker=("poll", None), dashboard=("poll", 1000), chat=("ws", None))
    lesson.says("say how often it asks")
    lesson.says("Not yet: 2 of 3")
    for chat in WAYS[1:]:
        lesson.choose(ticker=("poll", 8000), dashboard=("sse", None), chat=(chat, None))
        lesson.says("All three can be defended")


def test_with_the_keyboard_alone_on_a_phone_and_in_chinese(open_lesson: Callable[..., Many]) -> None:
    lesson = open_lesson("step=2&lang=zh")
    lesson.page.set_viewport_size({"width": 390, "height": 844})
    lesson.step("predict")
    keys = Keys(lesson.page)
    keys.choose("when", 1)
    keys.choose("first", 0)
    keys.write("peak", "2000")
    keys.act("记下我的猜测")
    lesson.step("run")
    keys.act("让它加快")
    keys.act("让他们回来")
    lesson.ran()
    keys.act("下一步")
    lesson.step("see")
    lesson.says("和你猜的一样，长轮询也花那么多")
    lesson.says("加倍而不随机")
    lesson.go("exercise")
    lesson.root.locator("[data-step=exercise] h3").focus()
    right = lesson.causes()
    for letter in "ABC":
        off = int(letter == "B")
        keys.choose(f"report-{letter}", (CAUSES.index(right[letter]) + off) % len(CAUSES))
    keys.act("检查")
    lesson.says("还不对：3 个里对了 2 个")
    lesson.says("报告 B：")
    lesson.diagnose(**right)
    lesson.says("对，三个都对")
    lesson.choose(ticker=("sse", None), dashboard=("ws", None), chat=("longpoll", None))
    lesson.says("线路太多")
    lesson.choose(ticker=("poll", 5000))
    lesson.says("三样都说得过去")
    lesson.says("你现在知道了")
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson)


def test_a_run_that_is_stopped_or_refused_counts_for_nothing(open_lesson: Callable[..., Many]) -> None:
    lesson = open_lesson("step=2")
    lesson.guess("trip", "poll", 2000)
    lesson.do("run")
    lesson.shows("Stop")
    lesson.do("run")
    lesson.shows("Let the rate grow")
    refused = '{"error":{"code":"full","message":"no feeds today"}}'
    lesson.page.route("**/lab/feed?*", lambda route: route.fulfill(status=503, body=refused))
    lesson.do("run")
    lesson.says("could not be measured: no feeds today")
    lesson.go("see")
    lesson.says("Both runs are wanted first")
    lesson.page.unroute("**/lab/feed?*")
    asked = iter(range(9))

    def full(route: Route) -> None:
        at = next(asked)
        route.fulfill(json={"at": at, "busy": 0.9 * at, "here": 9})

    lesson.page.route("**/lab/load", full)  # a server that others keep busy is not driven further
    lesson.go("run")
    lesson.do("run")
    lesson.says("no further than 1 a second")
    assert lesson.value("s1.busy") == "90\xa0%" and lesson.value("s2.ws") == "–"
