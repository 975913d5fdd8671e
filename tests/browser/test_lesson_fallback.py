"""Lesson 5, falling back, as a person goes through it; and each hidden network shows what the lesson says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser.lesson import Keys, Lesson, nobody_is_barred, number_of
from tests.browser.page import until
from tests.browser.program import Program

SECONDS = 3  # of a run here; a class has eight
PLACES = ["refuse", "hang", "mute", "free"]
NAMES = ["direct", "no-upgrade", "hang", "kill", "mute", "deaf", "later", "no-post", "slow"]
LOAD = 'Promise.all(["pair", "hidden"].map((name) => import(`/lessons/fallback/${name}.js`))).then(() => 0)'
RUN = """async ([name, length]) => {
    const { Pair } = await import("/lessons/fallback/pair.js");
    const { against, seen, setting } = await import("/lessons/fallback/hidden.js");
    const pair = new Pair({ network: setting(name, length), length });
    await pair.run(new AbortController().signal);
    const { signs, figures } = seen(pair);
    const log = pair.decisions.map(({ parts }) => parts.map(({ key }) => key).join(" "));
    return { against: against(name, signs), signs, figures, log, heard: pair.ours.came.size, said: pair.said };
}"""


class Fallback(Lesson):
    """Lesson 5, by what a person sees and does."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.hidden = ""  # the network that was asked for last
        page.on("request", self._see)

    def _see(self, request: Request) -> None:
        if request.method == "PUT" and re.search(r"/via/~[^/]+$", request.url):
            self.hidden = json.loads(request.post_data or "{}")["network"].partition(":")[0]

    def guess(self, ends: str, seconds: str) -> None:
        for place in PLACES:
            self.root.locator(f'input[name="{place}"][value={ends}]').check()
            self.root.locator(f'input[name="{place}.s"]').fill(seconds)
        self.root.locator("[data-form=guess] button").click()
        self.step("run")

    def run(self, place: str) -> None:
        self.do("run")
        self.ran(place)

    def ran(self, place: str) -> None:
        shown = f'[data-step]:visible [data-value="{place}.ours.silent"]:visible'
        self.root.locator(shown).first.wait_for()

    def number(self, name: str) -> float:
        return float(self.value(name))

    def drew(self, place: str, who: str) -> tuple[int, int, int]:
        """How many messages, open WebSockets or streams, and breaks are drawn."""
        rows = self.root.locator(f'[data-live="rows.{place}.{who}"]')
        return rows.locator(".full").count(), rows.locator(".held").count(), rows.locator(".cross").count()

    def hide(self) -> str:
        """Another network, once it has run; the student does not know which, the test has seen the question."""
        self.do("hide")
        self.ran("x")
        return self.hidden

    def name(self, name: str) -> None:
        self.root.locator(f"input[name=name][value={name}]").check()
        self.root.locator("[data-form=name] button").click()
        self.root.locator("[data-step=exercise] .verdict:visible").first.wait_for()

    def about(self) -> str:
        """What the exercise holds beside the evidence, shown or not, as the browser has it."""
        parts = self.root.locator("[data-step=exercise]").locator("form, [role=status]:has(.verdict)")
        return "".join(part.evaluate("part => part.outerHTML") for part in parts.all())

    def figures(self) -> list[str]:
        """What is told of the run in a wrong answer, or that chance hid it."""
        told = self.root.locator("[data-step=exercise] [role=status]:has(.verdict)").inner_text()
        return [line for line in told.splitlines() if line.startswith(("Here ", "This run might"))]


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Fallback]:
    def open_it(query: str = "step=1") -> Fallback:
        return Fallback(tab(f"?panel=lessons&lesson={number_of('fallback')}&seconds={SECONDS}&{query}"))

    return open_it


def test_a_person_walks_through_lesson_5(open_lesson: Callable[..., Fallback]) -> None:
    lesson = open_lesson()
    lesson.step("ask").get_by_text("when is a WebSocket broken").wait_for()
    lesson.next()
    lesson.go("run")  # without a guess there is nothing to run
    assert lesson.root.locator("[data-do=run]").is_disabled()
    lesson.go("predict")
    lesson.guess("ws", str(SECONDS))
    for place in PLACES:
        lesson.run(place)
        for who in ("naive", "ours"):
            heard, said = lesson.number(f"{place}.{who}.heard"), lesson.number(f"{place}.said")
            if who == "ours" or place in ("refuse", "free"):
                assert 5 * (SECONDS - 1) <= heard <= said + 1, (place, who)
                assert lesson.number(f"{place}.{who}.silent") < 1.5, (place, who)
                assert lesson.drew(place, who)[0] > 0, (place, who)
            else:
                assert heard == 0 and lesson.number(f"{place}.{who}.silent") == SECONDS, (place, who)
    assert lesson.drew("refuse", "naive")[1:] == (0, 1)  # turned away, and never open
    assert lesson.drew("hang", "naive") == (0, 0, 0)
    assert lesson.drew("mute", "naive") == (0, 1, 0)  # open, and nothing else

    lesson.root.locator("[data-step=run] [data-go=see]").click()
    see = lesson.step("see")
    for place, naive, ours in (
        ("refuse", "long polling", "server-sent events|long polling"),
        ("hang", "nothing", "server-sent events|long polling"),
        ("mute", "nothing", "server-sent events|long polling"),
        ("free", "long polling", "WebSocket"),
    ):
        assert [lesson.value(f"{place}.guess"), lesson.value(f"{place}.naive.ends")] == ["WebSocket", naive], place
        assert re.fullmatch(ours, lesson.value(f"{place}.ours.ends")), place
    for why in ("An answer that is not 101", "No answer is no error", "It did open", "nobody asked again"):
        lesson.says(why)
    for right in ("^Yes", "You were not deceived", "another way than in most"):
        lesson.silent(right)
    lesson.page.locator("[data-role=lang]").click()
    for why in ("回答不是 101", "没有回答不是错误", "它的确打开了", "没有谁再去问"):
        lesson.says(why)
    assert lesson.value("free.naive.ends") == "长轮询"
    lesson.page.locator("[data-role=lang]").click()
    see.get_by_text("nobody asked again").wait_for()
    lesson.next()
    lesson.step("explain")
    assert lesson.number("hang.naive.silent") == SECONDS
    lesson.next()
    until(lambda: len(lesson.step("code").locator("mark").all()) == 3)
    lesson.next()
    exercise(lesson)
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("你现在知道了")
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson)


def exercise(lesson: Fallback) -> None:
    """Wrong twice, and told; wrong once, then right; then right until it is done. Untold, it stands nowhere."""
    lesson.step("exercise")
    before: dict[str, int] = {}
    for n in range(6):
        hidden = lesson.hide()
        told = {name: lesson.about().count(name) for name in NAMES}
        before = before or told
        assert told == before, hidden
        assert hidden not in lesson.page.url.partition("?")[2]
        assert not re.search(rf"network {hidden}", lesson.page.content())
        assert hidden == "direct" or hidden not in lesson.page.evaluate("Object.entries(localStorage).join()")
        assert "tried" in lesson.root.locator("[data-live=log]").inner_text()
        others = [name for name in NAMES if name != hidden]
        if n < 2:
            lesson.name(others[n])
            lesson.says("Not that one. One more name")
            lesson.says(f"^{others[n]} shows")
            assert len(lesson.figures()) == 1
        if n == 0:
            lesson.name(others[-1])
            lesson.says(f"Not that one either: it was {hidden}")
            lesson.says(f"^{others[-1]} shows")
            assert lesson.root.locator("[data-form=name] button").is_disabled()
            continue
        lesson.silent("What you know now")
        lesson.name(hidden)
        lesson.says(f"^Right: {hidden}. {n} of 5")
        lesson.says(f"^{hidden} shows")
        assert not lesson.figures()
    lesson.says("What you know now")


def test_each_hidden_network_shows_what_the_lesson_says_of_it(browser: Browser, lab: Program) -> None:
    contexts = [browser.new_context() for _ in NAMES]  # each a browser of its own: one that hangs holds up its others
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.goto(f"{lab.url}/client/socket.js")
        page.evaluate(LOAD)
    for name, page in zip(NAMES, pages, strict=True):
        page.evaluate(f"void (window.told = ({RUN})({json.dumps([name, 4000])}))")
    for name, page in zip(NAMES, pages, strict=True):
        told: dict[str, Any] = page.evaluate("window.told")
        if (
            told["against"] is not None or told["heard"] < 0.5 * told["said"]
        ):  # eight others ran beside it: a busy machine is late as a network is
            told = page.evaluate(RUN, [name, 8000])
        assert told["against"] is None, (name, told)
        assert told["heard"] >= 0.5 * told["said"], (name, told)  # whichever it is, ours hears
    for context in contexts:
        context.close()


def test_with_the_keyboard_alone_and_in_chinese(open_lesson: Callable[..., Fallback]) -> None:
    lesson = open_lesson("step=2&lang=zh")
    lesson.page.set_viewport_size({"width": 390, "height": 844})
    assert lesson.step("predict").locator("legend:visible").count() == 4  # also on a phone the questions are asked
    keys = Keys(lesson.page)
    for place in PLACES:
        keys.choose(place, 1)
        keys.write(f"{place}.s", "1")
    keys.act("记下我的猜测")
    lesson.step("run")
    keys.act("A：拒绝的代理")
    lesson.ran("refuse")
    assert lesson.number("refuse.naive.heard") > 0
    assert lesson.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    lesson.go("exercise")
    lesson.root.locator("[data-step=exercise] h3").focus()
    keys.act("藏一种网络")
    lesson.ran("x")
    wrong = next(name for name in NAMES if name != lesson.hidden)
    keys.choose("name", NAMES.index(wrong))
    keys.act("就是它")
    lesson.says("不是它。这次运行还可以再说一个")
    lesson.says(f"^{wrong} 会这样")
    lesson.says("^这里")
    lesson.root.locator("[data-step=exercise] h3").focus()
    keys.choose("name", (NAMES.index(lesson.hidden) - NAMES.index(wrong)) % len(NAMES))
    keys.act("就是它")
    lesson.says(f"^对：{lesson.hidden}。说对 1 种")
    nobody_is_barred(lesson, ["run", "exercise"])


def test_a_run_that_is_stopped_counts_for_nothing_and_one_the_server_refuses_is_told(
    open_lesson: Callable[..., Fallback],
) -> None:
    lesson = open_lesson("step=2")
    lesson.guess("none", "1")
    refused = '{"error":{"code":"full","message":"no links today"}}'
    lesson.page.route("**/via/~*", lambda route: route.fulfill(status=503, body=refused))
    lesson.do("run")
    lesson.says("did not take part: no links today")
    lesson.go("exercise")
    lesson.silent("did not take part")
    lesson.do("hide")
    lesson.says("did not take part: no links today")
    lesson.page.unroute("**/via/~*")
    lesson.go("run")
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Stop").locator("visible=true").first.wait_for()
    lesson.says(r"s left")
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("A: the proxy that refuses").locator(
        "visible=true"
    ).first.wait_for()
    lesson.silent("Heard:|did not take part")
    lesson.go("exercise")
    lesson.do("hide")
    lesson.says(r"s left")
    lesson.do("hide")
    lesson.root.locator("[data-do=hide]").get_by_text("Hide a network").locator("visible=true").first.wait_for()
    assert not lesson.root.locator("[data-form=name]").is_visible()
