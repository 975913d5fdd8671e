"""Lesson 3, one answer that never ends, as a person goes through it; its parser beside a browser's own EventSource."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route

from tests.browser.lesson import Keys, Lesson, nobody_is_barred
from tests.browser.page import until
from tests.browser.program import Crowd, Program

SECONDS = 3  # of a run here; a class has ten
STREAMS = 300  # at random
FIELDS = ("data", "event", "id", "retry", "Data", "", "data ", "\ufeffdata")
VALUES = ("", "a", "b", "7", " ", "a: b", "\t", "你好", "\0", "\u2028", "a\0b")
SEPARATORS = (":", ": ", ":  ", "")
ENDS = ("\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\n\r", "")
REALLY = """async ([texts, types]) => {
    const { interpret } = await import("/lessons/stream/interpret.js");
    const told = ({ type, data, lastEventId }) => [type, data, lastEventId];
    const heard = (i) => new Promise((resolve) => {
        const source = new EventSource(`/a-stream/${i}`);
        const events = [];
        for (const type of types) source.addEventListener(type, (event) => events.push(told(event)));
        source.onerror = () => {
            source.close();
            resolve(events);
        };
    });
    const all = [];
    for (const [i, text] of texts.entries()) {
        all.push([await heard(i), interpret(text).events.map(told)]);
    }
    return all;
}"""

# Each guess, and what is said to it.
REQUESTS = {0: "one it takes", 1: "Exactly: one question", 3: "nothing is asked anew", 10: "That would be long polling"}
FIRST = {
    "now": "and kept it",
    "next": "Nothing pushes",
    "tenth": "silence is no end",
    "end": "would never have arrived",
}

# For each task of the exercise: what is wrong, why, and what an EventSource dispatches of it; then what is right.
Dispatched = list[tuple[str, str]]
TASKS: list[tuple[list[tuple[str, str, Dispatched]], str, Dispatched]] = [
    (
        [
            ("", "No event comes of this", []),
            (
                "data: Ada: hello\n\ndata: Bo: hi\n\n",
                "one event too many",
                [("message", "Ada: hello"), ("message", "Bo: hi")],
            ),
            ("data: Ada: hello\ndata: Bo: hi\n", "not ended by a blank line", []),
            ("data: Ada: hello\nBo: hi\n\n", "“Bo” is no field", [("message", "Ada: hello")]),
            ("data:  Ada: hello\ndata: Bo: hi\n\n", "Only one space", [("message", " Ada: hello\nBo: hi")]),
            ("data: Ada\ndata: Bo\n\n", "the data is another one", [("message", "Ada\nBo")]),
        ],
        "data: Ada: hello\ndata: Bo: hi\n\n",
        [("message", "Ada: hello\nBo: hi")],
    ),
    (
        [
            ("data: still here\n\n", "there is no comment", [("message", "still here")]),
            ("data:\n\ndata: still here\n\n", "an empty one", [("message", ""), ("message", "still here")]),
        ],
        ": a heartbeat\n\ndata: still here\n\n",
        [("message", "still here")],
    ),
    (
        [
            ("id: 7\ndata: go\n\n", "it brought the id itself", [("message", "go")]),
            ("data: go\n\nid: 7\n\n", "last id is not 7", [("message", "go")]),
        ],
        "id: 7\n\ndata: go\n\n",
        [("message", "go")],
    ),
    (
        [
            ("event: score\\ndata: 3:2\\n\\n", "A line end here is not", [("score", "3:2")]),
            ("event: score\\n\\rdata: 3:2\\n\\r", "A line end here is not", [("message", "3:2")]),
            ("event: score\\r\\ndata: 3:2\\r\\n", "not ended by a blank line", []),
            ("event: score\\r\\n\\r\\ndata: 3:2\\r\\n\\r\\n", "the type is not “score”", [("message", "3:2")]),
        ],
        "event: score\\r\\ndata: 3:2\\r\\n\\r\\n",
        [("score", "3:2")],
    ),
    (
        [
            ("data: one\ndata: two\n\n", "one event too few", [("message", "one\ntwo")]),
            ("data: one\n\ndata: two\n", "not ended by a blank line", [("message", "one")]),
        ],
        "data: one\n\ndata: two\n\n",
        [("message", "one"), ("message", "two")],
    ),
]


class Stream(Lesson):
    """Lesson 3, by what a person sees and does."""

    def guess(self, requests: int, first: str) -> None:
        self.root.locator("input[name=requests]").fill(str(requests))
        self.root.locator(f"input[name=first][value={first}]").check()
        self.root.locator("[data-form=guess] button").click()
        self.step("run")

    def run(self, way: str) -> None:
        self.do("run")
        self.ran(way)

    def ran(self, way: str) -> None:
        self.root.locator(f'.lane [data-when="{way}.ran"]').wait_for()

    def dots(self, way: str) -> int:
        return self.root.locator(f"[data-live='lane.{way}'] circle").count()

    def write(self, task: int, text: str) -> None:
        self.root.locator(f"[data-form=task{task}] textarea").fill(text)

    def check(self, task: int) -> None:
        self.root.locator(f"[data-form=task{task}] button").click()

    def dispatched(self) -> Dispatched:
        items = self.root.locator("[data-live=dispatched] li").all()
        return [(item.locator("b").inner_text(), item.locator("code").text_content() or "") for item in items]


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Stream]:
    def open_it(query: str = "step=1") -> Stream:
        return Stream(tab(f"?panel=lessons&lesson=3&seconds={SECONDS}&{query}"))

    return open_it


def streams_of(page: Page) -> list[Request]:
    """Each request for a stream that the browser makes through a link, as the browser itself has it."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if re.search(r"/via/~[^/]+/sse\?", request.url) else None)
    return asked


def test_a_person_walks_through_lesson_3(open_lesson: Callable[..., Stream]) -> None:
    lesson = open_lesson()
    asked = streams_of(lesson.page)
    lesson.step("ask").get_by_text("It is plain HTTP").wait_for()
    lesson.next()
    lesson.step("predict")
    lesson.go("run")  # without a guess there is nothing to run
    assert lesson.root.locator("[data-do=run]").is_disabled()
    lesson.go("predict")
    lesson.guess(10, "tenth")

    lesson.run("direct")
    assert len(asked) == 1 == int(lesson.value("direct.requests"))
    assert lesson.value("direct.first").endswith("ms")
    until(lambda: lesson.dots("direct") == 10)
    lesson.run("buffer")
    assert len(asked) == 2 and lesson.value("buffer.early") == "0"
    assert float(lesson.value("buffer.first").removesuffix(" s")) > 0.6 * SECONDS  # not with the tenth either
    until(lambda: lesson.dots("buffer") == 10)
    lesson.run("cut")
    assert len(asked) == 4 and lesson.value("cut.requests") == "2"
    assert lesson.value("cut.all") == "10"
    until(lambda: lesson.dots("cut") == 10)

    lesson.root.locator("[data-step=run] [data-when=ran] [data-go=see]").click()
    lesson.step("see")
    lesson.says(REQUESTS[10])
    lesson.says(FIRST["tenth"])
    what_the_stream_was(lesson, asked)
    in_another_language(lesson)
    lesson.next()
    explain = lesson.step("explain")
    assert lesson.value("spoken") == "http/1.1"
    lesson.says("So this holds for you")
    explain.locator("summary").click()
    assert "last-event-id: " in lesson.value("cut.head") and "sid=…" in lesson.value("cut.head")
    lesson.next()
    assert len(lesson.step("code").locator("mark").all()) == 4
    lesson.next()
    exercise(lesson)
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("你现在知道了")
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson)


def what_the_stream_was(lesson: Stream, asked: list[Request]) -> None:
    """The text that is shown is an event of the hub's and a heartbeat; the id that came back is one of such events'."""
    raw = lesson.value("raw")
    event, beat = raw.strip("\n").split("\n\n")
    assert re.fullmatch(r'id: (\S+\.\d+)\ndata: \{"after":.*"event":"feed".*"n":9,.*\}', event), raw
    seqs = [int(block.split("\n")[0].rpartition(".")[2]) for block in (event, beat)]
    assert seqs[0] <= seqs[1] and '"messages":[]' in beat  # others speak, too, and the cursor goes on
    again = lesson.value("cut.again")
    assert re.fullmatch(r"last-event-id: \S+\.\d+", again)
    assert asked[3].all_headers()["last-event-id"] == again.split(": ")[1]
    assert asked[3].url == asked[2].url  # a browser asks again for the very same address


def in_another_language(lesson: Stream) -> None:
    names = ("guess.requests", "direct.requests", "buffer.first", "cut.all")
    before = [lesson.value(name) for name in names]
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("那是长轮询")
    assert [lesson.value(name) for name in names] == before
    lesson.page.locator("[data-role=lang]").click()
    lesson.says(FIRST["tenth"])


def exercise(lesson: Stream) -> None:
    """Wrong in each way, with what would have been dispatched instead; then right."""
    lesson.step("exercise")
    for number, (wrong, right, events) in enumerate(TASKS, 1):
        assert lesson.value("task.n") == str(number)
        for text, why, instead in wrong:
            lesson.write(number, text)
            lesson.check(number)
            lesson.says("Not yet")
            lesson.says(re.escape(why))
            assert lesson.dispatched() == instead
            lesson.silent("^Right")
        lesson.write(number, right)
        assert lesson.dispatched() == events  # as one types
        lesson.check(number)
        lesson.says("^Right")
        if number < len(TASKS):
            lesson.silent("What you know now")
            lesson.do("next")
    lesson.says("What you know now")
    lesson.do("before")  # and what was written stays
    assert lesson.root.locator("#stream-4").input_value() == TASKS[3][1]


def test_each_guess_is_answered(open_lesson: Callable[..., Stream]) -> None:
    lessons = [open_lesson("step=2") for _ in REQUESTS]
    for lesson, requests, first in zip(lessons, REQUESTS, FIRST, strict=True):
        lesson.guess(requests, first)
    for way in ("direct", "buffer"):
        for lesson in lessons:
            lesson.do("run")  # all at once: a run is mostly waiting
        for lesson in lessons:
            lesson.ran(way)
    for lesson, answer, other in zip(lessons, REQUESTS.values(), FIRST.values(), strict=True):
        lesson.go("see")
        for wanted in REQUESTS.values():
            (lesson.says if wanted == answer else lesson.silent)(wanted)
        for wanted in FIRST.values():
            (lesson.says if wanted == other else lesson.silent)(wanted)
        lesson.in_both_languages()


def test_a_crowd_that_comes_and_speaks_changes_nothing(open_lesson: Callable[..., Stream], lab: Program) -> None:
    lesson = open_lesson("step=2")
    lesson.guess(1, "end")
    with Crowd(lab) as crowd:
        for way in ("direct", "buffer"):
            lesson.do("run")
            lesson.root.locator("[data-do=run]").get_by_text("Stop").locator("visible=true").first.wait_for()
            while not lesson.root.locator(f'.lane [data-when="{way}.ran"]').is_visible():
                crowd.come(3)
                crowd.here[-1].ask("c2s", {"user": "one of them", "content": "good morning"})
    assert len(crowd.here) == 0
    assert [lesson.value(name) for name in ("direct.requests", "buffer.early")] == ["1", "0"]
    until(lambda: [lesson.dots(way) for way in ("direct", "buffer")] == [10, 10])
    lesson.go("see")
    lesson.says(REQUESTS[1])
    assert '"event":"feed"' in lesson.value("raw").split("\n\n")[0]


def test_with_the_keyboard_alone_and_in_chinese(open_lesson: Callable[..., Stream]) -> None:
    lesson = open_lesson("step=2&lang=zh")
    lesson.page.set_viewport_size({"width": 390, "height": 844})
    lesson.step("predict")
    keys = Keys(lesson.page)
    keys.write("requests", "1")
    keys.choose("first", 3)
    keys.act("记下我的猜测")
    lesson.step("run")
    keys.act("直接从服务器读")
    lesson.ran("direct")
    lesson.page.keyboard.press("Enter")  # the focus has stayed on the button
    lesson.root.locator("[data-do=run]").get_by_text("停止").locator("visible=true").first.wait_for()
    lesson.ran("buffer")
    keys.act("下一步")
    lesson.step("see")
    lesson.says("正好：问一次")
    lesson.says("永不结束的回答，就永远不会到")
    lesson.go("exercise")
    for number, (_wrong, right, _events) in enumerate(TASKS, 1):
        lesson.root.locator("[data-step=exercise] h3").focus()
        keys.write("stream", right)
        keys.act("检查")
        lesson.says("^对。")
        if number < len(TASKS):
            keys.act("下一题")
    lesson.says("你现在知道了")
    assert lesson.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_run_that_is_stopped_counts_for_nothing_and_one_the_hub_refuses_is_told(
    open_lesson: Callable[..., Stream],
) -> None:
    lesson = open_lesson("step=2")
    lesson.guess(1, "end")
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Stop").locator("visible=true").first.wait_for()
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Read straight").locator("visible=true").first.wait_for()
    assert not lesson.root.locator('.lane [data-when="direct.ran"]').is_visible()
    refused = '{"error":{"code":"unavailable","message":"no links today"}}'
    lesson.page.route("**/via/~*", lambda route: route.fulfill(status=503, body=refused))
    lesson.do("run")
    lesson.says("did not take part: no links today")
    lesson.page.unroute("**/via/~*")
    lesson.run("direct")


def test_its_parser_dispatches_what_the_browsers_own_event_source_does(tab: Callable[..., Page]) -> None:
    luck = random.Random(20)
    texts = [right.replace("\\r", "\r").replace("\\n", "\n") for _wrong, right, _events in TASKS]
    for _ in range(STREAMS):
        parts = []
        for _ in range(luck.randint(1, 8)):
            line = luck.choice(FIELDS) + luck.choice(SEPARATORS) + luck.choice(VALUES)
            parts += [line, luck.choice(ENDS)]
        texts.append("".join(parts))

    def answer(route: Route) -> None:
        text = texts[int(route.request.url.rpartition("/")[2])]
        route.fulfill(content_type="text/event-stream", body=text.replace("retry", "Retry"))  # it need not wait

    page = tab()
    page.route("**/a-stream/*", answer)
    types = sorted({"message", *VALUES, *(f" {value}" for value in VALUES), "score"} - {""})
    told: list[Any] = page.evaluate(REALLY, [[text.replace("retry", "Retry") for text in texts], types])
    dispatched = 0
    for text, (really, ours) in zip(texts, told, strict=True):
        assert ours == really, repr(text)
        dispatched += len(really)
    assert dispatched > STREAMS / 3  # else it says nothing
