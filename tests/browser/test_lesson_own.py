"""The lesson on a transport of one's own, as a person goes through it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.lesson import Keys, Lesson, nobody_is_barred, number_of
from tests.contract.own import code_of
from tests.root import ROOT

SECONDS = 3  # of a run here; a class has eight
WAYS = ("forgets", "pieces", "silent", "counts", "again", "leaks", "ends", "skips")
HARMLESS = ("pieces", "again", "ends")
READS = "import { PROGRAMS, RIGHT } from './tests/js/reads.mjs'; console.log(JSON.stringify({ PROGRAMS, RIGHT }));"
WHY = {  # case → what is said of it
    "plain": "the plainest case there is",
    "several": "Nothing says that a piece is a line",
    "half": "keep it, and put the next one behind it",
    "character": "the byte 10 is in no character",
    "blank": "they hold no batch",
    "beat": "still moves the cursor on",
    "gap": "What stands in the batch is handed on",
    "broken": "That half is worth nothing",
}
FILE = (ROOT / "tests/contract/skeleton.py").read_text("utf-8").replace("reader.read()", "mine(reader)")
HOLDS = "......\n\nIt holds: 57 rules, each on a server of its own.\nThe code of this file: {code}\n"
PRINTED = {  # what the suite printed → what is said of it
    "Hello": "no words of the suite",
    "It holds: 1 rules, each on a server of its own.": "without ONLY",
    HOLDS.format(code="12345678"): "not that of this file",
    "But message 3 (after null) was lost.\n1 promises are broken": "A message was lost",
    "But no batch came within 3 s.": "the empty ones too",
    "But message 2 (m 0), message 3 (m 1) were given twice.": "Is a batch written again",
    "But message 2 (m 0) was given and not due.": "what is not theirs",
    "But the answer ended before the batch that was due.": "The answer ended too early",
    "But the cursor is e.1, and e.2 was due.": "A cursor is wrong",
    "2 promises are broken, 50 rules hold.": "is the promise; read it slowly",
}


class Own(Lesson):
    """The lesson, by what a person sees and does."""

    def guess(self, **others: str) -> None:
        for name in WAYS:
            self.root.locator(f"input[name={name}][value={others.get(name, 'breaks')}]").check()
        self.root.locator("[data-form=guess] button").click()
        self.step("run")

    def run(self) -> None:
        self.do("run")
        self.ran()

    def shows(self, words: str) -> None:
        """Wait until the button of the run says this."""
        self.root.locator("[data-do=run] span:visible", has_text=words).first.wait_for()

    def ran(self) -> None:
        self.root.locator("[data-step=run] [data-go=see]").wait_for(timeout=60_000)

    def check(self, program: str) -> None:
        self.root.locator("textarea[name=program]").fill(program)
        self.root.locator("[data-form=program] button").click()
        self.root.locator("[data-form=program] + [role=status] .verdict:visible").first.wait_for()

    def look(self, file: str, printed: str) -> None:
        self.root.locator("textarea[name=file]").fill(file)
        self.root.locator("textarea[name=printed]").fill(printed)
        self.root.locator("[data-form=suite] button").click()


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Own]:
    def open_it(query: str = "step=1") -> Own:
        return Own(tab(f"?panel=lessons&lesson={number_of('own')}&seconds={SECONDS}&{query}"))

    return open_it


@pytest.fixture(scope="module")
def reads() -> Any:
    """Programs: right ones, and typical wrong ones with the case that each is shown."""
    command = ["node", "--input-type=module", "-e", READS]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout)


def test_a_person_walks_through_the_lesson_on_ones_own(open_lesson: Callable[..., Own], reads: Any) -> None:
    lesson = open_lesson()
    asked: list[str] = []
    lesson.page.on("request", lambda request: asked.append(request.url) if "/lab/ndjson" in request.url else None)
    lesson.step("ask").get_by_text("What must you promise").wait_for()
    lesson.next()
    lesson.step("predict")
    lesson.go("run")  # without a guess there is nothing to run
    assert lesson.root.locator("[data-do=run]").is_disabled()
    lesson.go("see")
    lesson.says("You have not guessed yet")
    lesson.go("predict")
    lesson.guess(forgets="harmless")
    lesson.run()

    count = str(5 * SECONDS)  # five a second
    for lane in ("poll", "longpoll", "sse", "ws", "ndjson"):
        assert (lesson.value(f"{lane}.here"), lesson.value(f"{lane}.twice")) == (count, "0"), lane
        assert lesson.value(f"{lane}.age").endswith(" ms")
    cut, answers = int(lesson.value("cut")), int(lesson.value("answers"))
    assert cut <= answers <= len(asked) <= answers + 1
    assert not cut or any("cursor=" in url for url in asked)  # it goes on from where it was

    lesson.next()
    see = lesson.step("see")
    assert lesson.value("hits") == "4"
    assert see.get_by_text("As you guessed").locator("visible=true").count() == 4
    assert see.get_by_text("All arrived, each once").locator("visible=true").count() == len(HARMLESS)
    assert lesson.value("forgets.lost") == "4, 5, 12" and lesson.value("leaks.other") == "3, 11"
    lesson.says("as on the four")
    lesson.next()
    lesson.step("explain")
    lesson.next()
    assert len(lesson.step("code").locator("mark").all()) == 2
    lesson.next()
    lesson.step("exercise")
    the_half_in_the_browser(lesson, reads)
    the_half_on_the_server(lesson)
    lesson.says("What you know now")


def the_half_in_the_browser(lesson: Own, reads: Any) -> None:
    """Wrong in each way, with the case in which it shows; then right."""
    section = lesson.step("exercise")
    for name, one in reads["PROGRAMS"].items():
        lesson.check(one["program"])
        lesson.says("Not yet")
        lesson.says(WHY[one["kind"]])
        for case, why in WHY.items():
            if case != one["kind"]:
                lesson.silent(why)
        assert section.get_by_text("It threw an error in this case").is_visible() == one.get("threw", False), name
        assert section.locator('[data-value="place.due"]').is_visible() == ("place" in one), name
        for what in ("lost", "other"):
            places = section.locator(f'[data-value="read.{what}.which"]:visible')
            assert places.all_inner_texts() == ([", ".join(one[what])] if one.get(what) else []), name
        assert section.locator("[data-live=case] li").count()
    lesson.check("const decoder = new TextDecoder(); function read(state) { return { state: decoder }; }")
    lesson.says("A TextDecoder cannot")
    lesson.check(reads["RIGHT"][0])
    lesson.says("^Right, in all 8 cases")
    lesson.says("One half is done")
    assert not section.locator("[data-live=case]").is_visible()


def the_half_on_the_server(lesson: Own) -> None:
    """What the suite printed of one that breaks a promise, of another file, of the lab's, and of one that holds."""
    for printed, said in PRINTED.items():
        lesson.look(FILE, printed)
        lesson.says(said)
        for other in PRINTED.values():
            if other != said:
                lesson.silent(re.escape(other))
        lesson.silent("What you know now")
    lesson.look("", HOLDS.format(code="12345678"))
    lesson.says("Paste the file as well")
    lesson.look("from transport_fallback.lab.ndjson import ndjson as transport", HOLDS.format(code="12345678"))
    lesson.says("by another name")
    lesson.look(FILE, HOLDS.format(code=code_of(FILE, 57)))
    lesson.says("It holds: 57 rules")


def test_with_the_keyboard_alone_on_a_phone_and_in_chinese(open_lesson: Callable[..., Own], reads: Any) -> None:
    lesson = open_lesson("step=2&lang=zh")
    lesson.page.set_viewport_size({"width": 390, "height": 844})
    lesson.step("predict")
    keys = Keys(lesson.page)
    for name in WAYS:
        keys.choose(name, int(name in HARMLESS))
    keys.act("记下我的猜测")
    lesson.step("run")
    keys.act("条消息")
    lesson.ran()
    keys.act("下一步")
    lesson.step("see")
    assert lesson.value("hits") == "8"
    lesson.says("发出不等于到达")
    lesson.go("exercise")
    lesson.root.locator("[data-step=exercise] h3").focus()
    keys.act("运行")  # as it stands there
    lesson.says("谁也没说一块就是一行")
    lesson.says("在这种情形下它抛出了错误")
    lesson.root.locator("[data-step=exercise] h3").focus()
    keys.write("program", "")
    lesson.page.keyboard.press("Delete")
    lesson.page.keyboard.insert_text(reads["RIGHT"][0])
    keys.act("运行")
    lesson.says("^对，8 种情形")
    keys.reach("file")
    lesson.page.keyboard.insert_text(FILE)
    keys.reach("printed")
    lesson.page.keyboard.insert_text("But the cursor is e.1, and e.2 was due.\n1 promises are broken")
    keys.act("看一看")
    lesson.says("它不能数出来，也不能编出来")
    lesson.root.locator("textarea[name=file]").focus()
    keys.write("printed", "")
    lesson.page.keyboard.press("Delete")
    lesson.page.keyboard.insert_text(HOLDS.format(code=code_of(FILE, 57)))
    keys.act("看一看")
    lesson.says("守住了：57 条规则")
    lesson.says("你现在知道了")
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson)


def test_a_run_that_is_stopped_counts_for_nothing_and_one_the_server_refuses_is_told(
    open_lesson: Callable[..., Own],
) -> None:
    lesson = open_lesson("step=2")
    lesson.guess()
    lesson.do("run")
    lesson.shows("Stop")
    lesson.do("run")
    lesson.shows("Send")
    lesson.silent("It is over")
    refused = '{"error":{"code":"full","message":"no lines today"}}'
    lesson.page.route("**/lab/ndjson?*", lambda route: route.fulfill(status=503, body=refused))
    lesson.do("run")
    lesson.says("did not take part: refused: 503")
    lesson.page.unroute("**/lab/ndjson?*")
    lesson.run()
