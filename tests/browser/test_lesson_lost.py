"""Lesson 4, what gets lost, as a person goes through it; and the sandbox in which their program runs."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request

from tests.browser.lesson import Keys, Lesson, nobody_is_barred
from tests.browser.page import until
from tests.browser.program import Program
from tests.root import ROOT

SECONDS = 3  # of a run here; a class has eight
GUESSES = {100: "TCP did tell", 99: "More is lost than that", 0: "Less is lost than that"}
TAKES = "import { PROGRAMS, RIGHT } from './tests/js/takes.mjs'; console.log(JSON.stringify({ PROGRAMS, RIGHT }));"
WHY = {  # case → what is said of it
    "plain": "nothing went wrong on the way",
    "repeat": "The same batch came twice",
    "overlap": "Only what is new in it",
    "behind": "must not set your place back",
    "cut": "Nothing came, so nothing changes",
    "empty": "Your place is the cursor",
    "ten": "compare numbers",
    "gap": "It is news, and no end",
    "ahead": "What lies between is on its way",
    "epoch": "small numbers are new again",
    "old": "stays in the new epoch",
}
WHOLE = "return { state: 1, messages: [] };"
OUT_OF_BOUNDS = {  # body of a program → what is said of it
    "for (;;);": "did not come to an end within 2 s",
    "return parent.document;": "It reached for a page.*parent",
    "return localStorage.length;": "It reached for a page.*localStorage",
    "throw new Error('oh, my');": "It threw an error: oh, my",
    "fetch('HERE/hello'); " + WHOLE: "there is no network.*/hello",
    "new WebSocket('ws' + 'HERE/ws'.slice(4)); " + WHOLE: "there is no network.*/ws",
    "importScripts('HERE/client/socket.js'); " + WHOLE: "there is no network.*socket.js",
    "return Promise.resolve({ state: 1, messages: [] });": "It returned a promise",
    "return { state: () => 1, messages: [] };": "It did not return",
    "return { state: 1, messages: 'all' };": "It did not return",
    "return [": "The browser cannot read it",
}
RUN = """async ([program, cases, ms]) => {
    const { run } = await import("/lessons/sandbox.js");
    return await run({ program, name: "next", cases }, ms);
}"""
FRAMED = """address => new Promise(resolve => {
    const told = ({ effectiveDirective }) => resolve(effectiveDirective);
    addEventListener("securitypolicyviolation", told, { once: true });
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.onload = () => setTimeout(resolve, 300, "loaded"); // so is one that was refused
    document.body.append(frame);
})"""


class Lost(Lesson):
    """Lesson 4, by what a person sees and does."""

    def guess(self, queue: int, log: int) -> None:
        self.root.locator("input[name=queue]").fill(str(queue))
        self.root.locator("input[name=log]").fill(str(log))
        self.root.locator("[data-form=guess] button").click()
        self.step("run")

    def run(self) -> None:
        self.do("run")
        self.ran()

    def ran(self) -> None:
        self.root.locator("[data-step=run] [data-go=see]").wait_for(timeout=100_000)

    def drew(self, way: str) -> tuple[int, int]:
        """How many marks are of what is here, and of what is lost."""
        marks = self.root.locator(f"[data-live='marks.{way}']")
        until(lambda: marks.locator("circle, path").count() == 100)
        return marks.locator(".full").count(), marks.locator(".cross").count()

    def figure(self, name: str) -> int:
        return int(self.value(name))

    def check(self, program: str) -> None:
        self.root.locator("textarea[name=program]").fill(program)
        self.root.locator("[data-form=program] button").click()
        self.root.locator("[data-step=exercise] .verdict:visible").first.wait_for()


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Lost]:
    def open_it(query: str = "step=1") -> Lost:
        return Lost(tab(f"?panel=lessons&lesson=4&seconds={SECONDS}&{query}"))

    return open_it


@pytest.fixture(scope="module")
def takes() -> Any:
    """Programs: right ones, and typical wrong ones with the case that each is shown."""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", TAKES], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


class Wire:
    """What the browser got: of each answer that came whole its messages' numbers, and how many did not."""

    def __init__(self, page: Page, name: str) -> None:
        self.pattern = re.compile(rf"/via/~[^/]+/{name}\?")
        self.whole: list[list[int]] = []
        self.broken = 0
        page.on("requestfinished", self._keep)
        page.on("requestfailed", self._fail)

    def _keep(self, request: Request) -> None:
        response = request.response()
        if self.pattern.search(request.url) and response and response.ok:
            self.whole.append([one["data"]["n"] for one in response.json()["messages"] if one["event"] == "feed"])

    def _fail(self, request: Request) -> None:
        if self.pattern.search(request.url) and "MISMATCH" in (request.failure or ""):
            self.broken += 1

    def numbers(self) -> list[int]:
        return [n for numbers in self.whole for n in numbers]


def test_a_person_walks_through_lesson_4(open_lesson: Callable[..., Lost], takes: Any) -> None:
    lesson = open_lesson()
    queue, log = Wire(lesson.page, "lab/queue"), Wire(lesson.page, "longpoll")
    lesson.step("ask").get_by_text("So what is there to lose").wait_for()
    lesson.next()
    lesson.step("predict")
    lesson.go("run")  # without a guess there is nothing to run
    assert lesson.root.locator("[data-do=run]").is_disabled()
    lesson.go("predict")
    lesson.guess(100, 100)
    lesson.run()

    here, lost = lesson.figure("queue.here"), lesson.figure("queue.lost")
    assert 0 < lost < 100 and here + lost == 100
    until(lambda: queue.broken == lesson.figure("queue.cut"))
    assert len(set(queue.numbers())) == len(queue.numbers()) == here
    assert lesson.drew("queue") == (here, lost)
    assert lesson.figure("log.here") == len(set(log.numbers())) == 100
    assert lesson.figure("log.lost") == lesson.figure("log.twice") == 0
    assert lesson.figure("log.cut") == log.broken
    assert lesson.drew("log") == (100, 0)

    lesson.root.locator("[data-step=run] [data-go=see]").click()
    lesson.step("see")
    lesson.says(GUESSES[100])
    lesson.says("what was in a cut answer was asked for again")
    if log.broken:
        assert lesson.figure("sent") >= 100
    before = [lesson.value(name) for name in ("queue.here", "queue.lost", "log.answers")]
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("断掉的回答里的消息，又要了一次")
    assert [lesson.value(name) for name in ("queue.here", "queue.lost", "log.answers")] == before
    lesson.page.locator("[data-role=lang]").click()
    lesson.says(GUESSES[100])
    lesson.next()
    lesson.step("explain")
    assert lesson.figure("queue.lost") == lost
    lesson.next()
    assert len(lesson.step("code").locator("mark").all()) == 3
    lesson.next()
    exercise(lesson, takes)
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("你现在知道了")
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson)


def exercise(lesson: Lost, takes: Any) -> None:
    """Wrong in each way, with the case in which it shows and what that cost; then right."""
    section = lesson.step("exercise")
    for name, one in takes["PROGRAMS"].items():
        lesson.check(one["program"])
        lesson.says("Not yet")
        lesson.says(WHY[one["kind"]])
        for case, why in WHY.items():
            if case != one["kind"]:
                lesson.silent(why)
        for what in ("lost", "twice", "other"):
            places = section.locator(f'[data-value="take.{what}.which"]:visible')
            assert places.all_inner_texts() == ([", ".join(one[what])] if one.get(what) else []), name
        handed = section.locator("[data-live=case] small").all_inner_texts()
        assert len(handed) > 1 and all(text.startswith("handed on: ") for text in handed)
        for place in one.get("twice", []):
            assert "".join(handed).count(place) > 1
        lesson.silent("What you know now")
    lesson.check(takes["RIGHT"][0])
    lesson.says("^Right, in all 11 cases")
    lesson.says("What you know now")
    assert not section.locator("[data-live=case]").is_visible()


def test_what_a_program_may_not_do_is_told_in_a_sentence(open_lesson: Callable[..., Lost], lab: Program) -> None:
    lesson = open_lesson("step=7")
    asked: list[str] = []
    lesson.page.on("websocket", lambda line: asked.append(line.url) if line.url.endswith("/ws") else None)
    lesson.page.on("response", lambda answer: asked.append(answer.url) if answer.url.endswith("/hello") else None)
    for body, why in OUT_OF_BOUNDS.items():
        lesson.check(f"function take(state, batch) {{ {body.replace('HERE', lab.url)} }}")
        lesson.says("Not yet")
        lesson.says(why)
        until(lambda: lesson.page.locator("iframe").count() == 0)
    lesson.check("const takes = 1;")
    lesson.says("There is no function")
    assert not asked


def test_the_sandbox_for_other_lessons(tab: Callable[..., Page]) -> None:
    page = tab()

    def run(program: str, cases: list[list[Any]], ms: int = 5000) -> Any:
        return page.evaluate(RUN, [program, cases, ms])

    add = "let calls = 0; function next(state, input) { calls += 1; return { state: (state ?? 0) + input, calls }; }"
    told = run(add, [[1, 2], [5]])
    assert told["fault"] is None  # each case is a program of its own
    assert [[(out["state"], out["calls"]) for out in outs] for outs in told["runs"]] == [[(1, 1), (3, 2)], [(5, 1)]]
    told = run("const next = (state, input) => { if (input) throw new Error('no'); return { state }; }", [[0], [0, 1]])
    assert told["fault"] == {"kind": "threw", "why": "no", "at": 1, "call": 1} and len(told["runs"]) == 1
    told = run("function next(state, input) { input.push(1); return { state: input }; }", [[[0], [0]]])
    assert [out["state"] for out in told["runs"][0]] == [[0, 1], [0, 1]]
    ticks = "window.ticks = 0; setInterval(() => { window.ticks += 1; }, 20);"
    page.evaluate(ticks)
    assert run("function next() { for (;;); }", [[0]], 600)["fault"]["kind"] == "late"
    assert page.evaluate("window.ticks") > 5  # and the page went on meanwhile
    assert page.locator("iframe").count() == 0


def test_the_page_may_hold_this_frame_and_no_other(tab: Callable[..., Page], lab: Program) -> None:
    page = tab()
    assert page.evaluate(FRAMED, "/lessons/sandbox.html") == "loaded"
    for other in ("/", "/lessons/sandbox.js", "/hello", "/report/report.html", "data:text/html,x"):
        assert page.evaluate(FRAMED, other) == "frame-src", other
    for frame in page.frames[1:]:  # also without the attribute it is of no origin, and has nothing
        if frame.url.endswith("/lessons/sandbox.html"):
            assert frame.evaluate("origin") == "null"
            assert frame.evaluate("fetch('/hello').catch(() => 'no')") == "no"
            assert frame.evaluate("(() => { try { return parent.document.title; } catch { return 'no'; } })()") == "no"
            frame.evaluate("{ location.href = '/hello'; }")  # the page's policy holds for where it goes
            page.wait_for_timeout(500)
            assert not [one.url for one in page.frames if one.url.endswith("/hello")]
            break
    else:
        raise AssertionError("no frame")


def test_each_guess_is_answered(open_lesson: Callable[..., Lost]) -> None:
    lessons = [open_lesson("step=2") for _ in GUESSES]
    for lesson, guess in zip(lessons, GUESSES, strict=True):
        lesson.guess(guess, 90)
        lesson.do("run")  # all at once: a run is mostly waiting
    for lesson, (guess, answer) in zip(lessons, GUESSES.items(), strict=True):
        lesson.ran()
        lesson.go("see")
        near = abs(guess - lesson.figure("queue.here")) <= 10
        for wanted in GUESSES.values():
            (lesson.says if wanted == answer and not near else lesson.silent)(wanted)
        lesson.says("until it came whole|Not all had come when this run ended")
        lesson.in_both_languages()


def test_with_the_keyboard_alone_and_in_chinese(open_lesson: Callable[..., Lost], takes: Any) -> None:
    lesson = open_lesson("step=2&lang=zh")
    lesson.page.set_viewport_size({"width": 390, "height": 844})
    lesson.step("predict")
    keys = Keys(lesson.page)
    keys.write("queue", "70")
    keys.write("log", "100")
    keys.act("记下我的猜测")
    lesson.step("run")
    keys.act("发一百条消息")
    lesson.ran()
    assert sum(lesson.drew("queue")) == 100
    keys.act("下一步")
    lesson.step("see")
    lesson.says("又要了一次")
    lesson.go("exercise")
    lesson.root.locator("[data-step=exercise] h3").focus()
    keys.act("运行")  # as it stands there
    lesson.says("同一批来了两次")
    lesson.root.locator("[data-step=exercise] h3").focus()
    keys.write("program", "")
    lesson.page.keyboard.press("Delete")
    lesson.page.keyboard.insert_text(takes["RIGHT"][0])
    keys.act("运行")
    lesson.says("^对，11 种情形")
    lesson.says("你现在知道了")
    assert lesson.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_run_that_is_stopped_counts_for_nothing_and_one_the_hub_refuses_is_told(
    open_lesson: Callable[..., Lost],
) -> None:
    lesson = open_lesson("step=2")
    lesson.guess(70, 100)
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Stop").locator("visible=true").first.wait_for()
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Send a hundred").locator("visible=true").first.wait_for()
    lesson.silent("Lost:")
    refused = '{"error":{"code":"full","message":"no feeds today"}}'
    lesson.page.route("**/lab/feed?*", lambda route: route.fulfill(status=503, body=refused))
    lesson.do("run")
    lesson.says("did not take part: no feeds today")
    lesson.page.unroute("**/lab/feed?*")
    lesson.run()
