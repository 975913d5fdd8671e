"""Lesson 6, once, as a person goes through it: what is in the room is held against what went over the wire."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request

from tests.browser.lesson import Keys, Lesson, nobody_is_barred, number_of
from tests.browser.page import until
from tests.root import ROOT

SECONDS = 2  # of a run here; a class has six
COUNT = 20
NEXTS = "import { PROGRAMS, RIGHT } from './tests/js/nexts.mjs'; console.log(JSON.stringify({ PROGRAMS, RIGHT }));"
WHY = {  # case, or fault → what is said of it
    "plain": "Nothing went wrong on the way",
    "lost": "the same numbers go up again, and no others",
    "part": "Not all acks came",
    "order": "and not by where it stands",
    "hole": "One in the middle has no ack",
    "belated": "Whoever counts acks",
    "early": "is no ack: that number did not count",
    "refused": "is an answer, too",
    "stale": "Done is done",
    "rate": "refused whole, so nothing of it counted",
    "gone": "is for good",
    "threw": "It threw an error",
}


class Once(Lesson):
    """Lesson 6, by what a person sees and does."""

    def guess(self, one: int, anew: int, same: int) -> None:
        for name, number in {"one": one, "anew": anew, "same": same}.items():
            self.root.locator(f"input[name={name}]").fill(str(number))
        self.root.locator("[data-form=guess] button").click()
        self.step("run")

    def send(self, words: str) -> None:
        """Press the button that says this; it says something else when the press is over."""
        button = self.root.locator("[data-do=send]")
        button.get_by_text(words, exact=True).locator("visible=true").click()
        button.get_by_text(words, exact=True).locator("visible=true").wait_for(state="hidden")

    def room(self) -> list[str]:
        return self.root.locator("[data-live=room] li").all_inner_texts()

    def ran(self) -> None:
        self.root.locator("[data-step=run] [data-go=see]").wait_for()

    def number(self, name: str) -> int:
        return int(self.value(name))

    def drew(self, way: str) -> tuple[int, int]:
        """How many things are drawn as in the room, and as there more than once."""
        marks = self.root.locator(f"[data-live='marks.{way}']")
        return marks.locator(".full").count(), marks.locator(".mean").count()

    def check(self, program: str) -> None:
        self.root.locator("textarea[name=program]").fill(program)
        self.root.locator("[data-form=program] button").click()
        self.root.locator("[data-step=exercise] .verdict:visible").first.wait_for()


class Wire:
    """The emits that went over a link: of each client the numbers with what they said, and how many had no answer."""

    def __init__(self, page: Page) -> None:
        self.emits: dict[str, list[tuple[int, Any]]] = {}
        self.failed: Counter[str] = Counter()
        page.on("request", self._see)
        page.on("requestfailed", self._fail)

    def _sid(self, request: Request) -> str:
        found = re.search(r"/via/~[^/]+/emit\?sid=([^&]+)", request.url)
        return found[1] if found else ""

    def _see(self, request: Request) -> None:
        sid = self._sid(request)
        for emit in json.loads(request.post_data or "{}").get("emits", []) if sid else []:
            if emit["event"] == "c2s":  # a seat of the page says its name
                self.emits.setdefault(sid, []).append((emit["n"], emit["data"]))

    def _fail(self, request: Request) -> None:
        self.failed[self._sid(request)] += 1

    def of(self, way: str) -> tuple[list[int], int]:
        """The numbers of one of the two programs' last run, each try's, and how many of its tries had no answer."""
        *_, sid = (sid for sid, emits in self.emits.items() if emits[0][1].get("way") == way)
        return [n for n, _data in self.emits[sid]], self.failed[sid]


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Once]:
    def open_it(query: str = "step=1") -> Once:
        return Once(tab(f"?panel=lessons&lesson={number_of('once')}&seconds={SECONDS}&{query}"))

    return open_it


@pytest.fixture(scope="module")
def nexts() -> Any:
    """Programs: right ones, and typical wrong ones with the case that each is shown."""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", NEXTS], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


def by_hand(lesson: Once, wire: Wire) -> None:
    """A is said twice by two numbers and is there twice; B by one, and is there once."""
    rooms = []
    for words in ("Send A", "No answer. Send A again", "Now B, which keeps its number", "No answer. Send B again"):
        assert lesson.root.locator("[data-do=run]").is_disabled()
        lesson.send(words)
        rooms.append("".join(lesson.room()))
    assert rooms == ["A", "AA", "AAB", "AAB"]
    (presses,) = wire.emits.values()
    assert [(n, data["content"]) for n, data in presses] == [(2, "A"), (3, "A"), (4, "B"), (4, "B")]
    items = lesson.root.locator("[data-live=presses] li").all_inner_texts()
    assert ["no answer came" in item for item in items] == [True, False, True, False]
    assert [lesson.number("hand.a"), lesson.number("hand.b")] == [2, 1]


def test_a_person_walks_through_lesson_6(open_lesson: Callable[..., Once], nexts: Any) -> None:
    lesson = open_lesson()
    wire = Wire(lesson.page)
    lesson.step("ask").get_by_text("Do you press Send again").wait_for()
    lesson.next()
    lesson.go("run")  # without a guess there is nothing to send
    assert lesson.root.locator("[data-do=send]").is_disabled()
    lesson.go("predict")
    lesson.guess(1, COUNT, 26)
    by_hand(lesson, wire)
    lesson.do("run")
    lesson.ran()

    numbers, failed = wire.of("anew")
    assert [lesson.number(f"anew.{name}") for name in ("room", "tries", "unanswered")] == [
        len(numbers), len(numbers), failed,
    ]  # fmt: skip
    assert len(set(numbers)) == len(numbers) == COUNT + failed  # each try is another message
    twice = COUNT - sum(emits == 1 for emits in Counter(k for k in things(wire, "anew")).values())
    assert lesson.drew("anew") == (COUNT, twice)
    numbers, failed = wire.of("same")
    assert [lesson.number(f"same.{name}") for name in ("room", "tries", "unanswered")] == [COUNT, len(numbers), failed]
    assert len(set(numbers)) == COUNT and len(numbers) == COUNT + failed  # each thing is one, however often it is said
    assert lesson.drew("same") == (COUNT, 0)
    # Where a browser repeats a POST by itself, no page sees it; by the same chance both lines lose the same answers.
    came = [lesson.number(f"{way}.came") for way in ("anew", "same")]
    made = [lesson.number(f"{way}.tries") for way in ("anew", "same")]
    assert came[0] == came[1] >= max(made)

    lesson.root.locator("[data-step=run] [data-go=see]").click()
    lesson.step("see")
    near = lesson.number("anew.room") - COUNT <= 4
    for why in ("Nothing in them says so", "^Near" if near else "one message too many", "It made nothing new"):
        lesson.says(why)
    lesson.page.locator("[data-role=lang]").click()
    for why in ("里面什么也没有说明这一点", "^差不多" if near else "每次多出一条", "什么也没有再做"):
        lesson.says(why)
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("Nothing in them says so")
    lesson.next()
    lesson.step("explain")
    assert lesson.number("same.room") == COUNT
    (lesson.says if sum(came) > sum(made) else lesson.silent)("Yours did so just now")
    lesson.next()
    until(lambda: len(lesson.step("code").locator("mark").all()) == 3)
    lesson.next()
    exercise(lesson, nexts)
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("你现在知道了")
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson)


def things(wire: Wire, way: str) -> list[int]:
    """What was said in each try of a program's last run."""
    *_, emits = (emits for emits in wire.emits.values() if emits[0][1].get("way") == way)
    return [data["k"] for _n, data in emits]


def exercise(lesson: Once, nexts: Any) -> None:
    """Wrong in each way, with the case in which it shows; then right."""
    section = lesson.step("exercise")
    for name, one in nexts["PROGRAMS"].items():
        lesson.check(one["program"])
        lesson.says("Not yet")
        lesson.says(WHY[one["kind"]])
        for kind, why in WHY.items():
            if kind != one["kind"]:
                lesson.silent(why)
        for what in ("lost", "twice", "other"):
            numbers = section.locator(f'[data-value="next.{what}.which"]:visible')
            wanted = [", ".join(map(str, one[what]))] if one.get(what) else []
            assert numbers.all_inner_texts() == wanted, name
        if one["kind"] != "threw":
            sent = section.locator("[data-live=case] li")
            assert "went up: " in sent.first.inner_text() and "should go up: " in sent.last.inner_text()
        lesson.silent("What you know now")
    lesson.check(nexts["RIGHT"][0])
    lesson.says("^Right, in all 11 cases")
    lesson.says("What you know now")
    assert not section.locator("[data-live=case]").is_visible()


def test_with_the_keyboard_alone_and_in_chinese(open_lesson: Callable[..., Once], nexts: Any) -> None:
    lesson = open_lesson("step=2&lang=zh")
    lesson.page.set_viewport_size({"width": 390, "height": 844})
    lesson.step("predict")
    keys = Keys(lesson.page)
    keys.write("one", "2")
    keys.write("anew", "0")
    keys.write("same", "20")
    keys.act("记下我的猜测")
    lesson.step("run")
    for words in ("发送 A", "没有回答，再发一次 A", "现在发 B", "没有回答，再发一次 B"):
        lesson.root.locator("[data-step=run] h3").focus()
        lesson.root.get_by_text(words).locator("visible=true").first.wait_for()
        keys.act(words)
    lesson.says("B 说了两次，房间里有 1 条")
    keys.act("说二十句话")
    lesson.ran()
    lesson.go("see")
    lesson.says("^对：第一次已经到了")
    lesson.says("一句也不缺：这条线路丢的是回答")
    lesson.says("^对：服务器认识的号码")
    lesson.go("exercise")
    lesson.root.locator("[data-step=exercise] h3").focus()
    keys.act("运行")  # as it stands there
    lesson.says("还不对")
    lesson.says("丢的是 POST，或者是它的回答")
    lesson.says("该发却没有发：1, 2, 3")
    lesson.root.locator("[data-step=exercise] h3").focus()
    keys.write("program", "")
    lesson.page.keyboard.press("Delete")
    lesson.page.keyboard.insert_text(nexts["RIGHT"][0])
    keys.act("运行")
    lesson.says("^对，11 种情形")
    nobody_is_barred(lesson, ["run", "see", "exercise"])


def test_a_run_that_is_stopped_counts_for_nothing_and_one_the_server_refuses_is_told(
    open_lesson: Callable[..., Once],
) -> None:
    lesson = open_lesson("step=2")
    lesson.guess(2, 30, 20)
    refused = '{"error":{"code":"rate","message":"not so fast"}}'
    lesson.page.route("**/emit?*", lambda route: route.fulfill(status=429, body=refused))
    lesson.do("send")
    lesson.says("did not take part: not so fast")
    lesson.page.unroute("**/emit?*")
    by_hand(lesson, Wire(lesson.page))
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Stop").locator("visible=true").first.wait_for()
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Say twenty things").locator("visible=true").first.wait_for()
    lesson.silent("Tries:|did not take part")
    lesson.page.route("**/via/~*/emit?*", lambda route: route.fulfill(status=429, body=refused))
    lesson.do("run")
    lesson.says("did not take part: not so fast")
