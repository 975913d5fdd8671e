"""Lesson 7, who hears it, as a person goes through it: what they tick, and what four real clients heard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.lesson import Keys, Lesson, nobody_is_barred, number_of
from tests.browser.page import until
from tests.browser.program import Program, ask

SECONDS = 1  # in which the six are said; a class has four
PEOPLE = ("ada", "bo", "cy", "di")
HEARD = ["Ada, Bo, Cy, Di", "Bo, Cy, Di", "Ada", "Ada, Bo", "Ada", "Bo"]  # of the situation that is guessed
WRONG = ["Bo, Cy, Di", "Ada, Bo, Cy, Di", "Bo", "Ada, Bo, Di", "Ada, Bo", "Bo, Cy"]
WHY = [
    "the speaker is one of them",
    "leaves out the one whose handler",
    "the one that has just spoken",
    "Di speaks and is not in it",
    "the room red without the speaker",
    "an id is one client’s",
]
RULES = {
    "everyone": "Everyone is everyone",
    "others": "All but the speaker",
    "self": "Only the connection whose handler runs",
    "room": "Who speaks does not matter",
    "roomothers": "without the speaker. The speaker need not",
    "one": "The one whose id it is",
}


class Audience(Lesson):
    """Lesson 7, by what a person sees and does."""

    def tick(self, form: str, line: int, people: str) -> None:
        """Tick these, and no others."""
        for person in PEOPLE:
            box = self.root.locator(f"[data-form={form}] input[name='{line}.{person}']")
            box.set_checked(person.capitalize() in people)

    def run(self) -> None:
        self.do("run")
        self.root.locator("[data-step=run] [data-go=see]").wait_for()

    def listed(self, name: str) -> list[str]:
        return self.root.locator(f"[data-live={name}] small").all_inner_texts()

    def situation(self) -> Situation:
        rooms = {person: set(self.value(f"ex.{person}").split(" + ")) - {"–"} for person in PEOPLE}
        return Situation(rooms, [self.value(f"ex.{line}") for line in range(1, 7)], self.value("ex.leaves"))

    def check(self) -> None:
        self.root.locator("[data-form=table] .main").click()
        self.root.locator("[data-step=exercise] .verdict:visible").wait_for()


class Situation:
    """The exercise as it is written, and who must hear what: by the rules of the article, and not by the code."""

    def __init__(self, rooms: dict[str, set[str]], lines: list[str], leaves: str) -> None:
        found = re.fullmatch(r"(\w+): socket\.leave\('(\w+)'\)", leaves)
        assert found
        self.lines, self.forms, self.heard = lines, [], []
        for i, line in enumerate(lines):
            if i == 3:
                rooms[found[1].lower()].remove(found[2])
            form, people = self.of(line, rooms)
            self.forms.append(form)
            self.heard.append(", ".join(one.capitalize() for one in PEOPLE if one in people) or "–")

    @staticmethod
    def of(line: str, rooms: dict[str, set[str]]) -> tuple[str, set[str]]:
        who, _, call = line.partition(": ")
        address = call.partition(".emit(")[0]
        speaker = who.lower()
        if room := re.search(r"(?:in|to)\('(\w+)'\)", address):
            inside = {person for person in PEOPLE if room[1] in rooms[person]}
            return ("roomothers", inside - {speaker}) if "broadcast" in address else ("room", inside)
        if one := re.search(r"socket\((\w+)\.id\)", address):
            return "one", {one[1]}
        return {
            "io.sockets": ("everyone", set(PEOPLE)),
            "socket.broadcast": ("others", set(PEOPLE) - {speaker}),
            "socket": ("self", {speaker}),
        }[address]

    forms: list[str]
    heard: list[str]


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Audience]:
    def open_it(query: str = "step=1") -> Audience:
        seconds = "" if "seconds" in query else f"&seconds={SECONDS}"
        return Audience(tab(f"?panel=lessons&lesson={number_of('audience')}{seconds}&{query}"))

    return open_it


def test_a_person_walks_through_lesson_7(open_lesson: Callable[..., Audience], lab: Program) -> None:
    lesson = open_lesson()
    lesson.step("ask").get_by_text("Who hears what?").wait_for()
    lesson.next()
    lesson.step("predict")
    lesson.go("run")  # without a guess there is nothing to run
    assert lesson.root.locator("[data-do=run]").is_disabled()
    lesson.go("predict")
    lesson.root.locator("[data-form=guess] .main").click()
    lesson.says("Nobody is ticked")
    for line, people in enumerate(WRONG, 1):
        lesson.tick("guess", line, people)
    lesson.root.locator("[data-form=guess] .main").click()
    lesson.step("run")
    before = ask(lab, "/poll?history=300")["messages"]
    lesson.run()
    assert lesson.listed("heard") == [f"heard by {people}" for people in HEARD]
    assert ask(lab, "/poll?history=300")["messages"] == before  # nobody else was told anything

    lesson.root.locator("[data-step=run] [data-go=see]").click()
    lesson.step("see")
    assert lesson.value("right") == "0"
    assert lesson.listed("guess") == [f"heard by {a}; you said {b}" for a, b in zip(HEARD, WRONG, strict=True)]
    for why in WHY:
        lesson.says(why)
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("说话人也在其中")
    assert lesson.listed("guess")[2] == "听到的：Ada；你说的：Bo"
    lesson.page.locator("[data-role=lang]").click()
    lesson.next()
    lesson.step("explain")
    lesson.says("when she had heard her own message")
    assert lesson.value("acks.reply") == "Cy is here"
    assert lesson.value("acks.silence") == "no reply within 1 s"
    lesson.next()
    assert len(lesson.step("code").locator("mark").all()) == 4
    lesson.next()
    exercise(lesson)
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson, ["predict", "see", "exercise"])


def exercise(lesson: Audience) -> None:
    """Each line wrong in turn, with its rule; then right. Another situation is another one."""
    lesson.step("exercise")
    asked = lesson.situation()
    for line, people in enumerate(asked.heard, 1):
        lesson.tick("table", line, people)
    for line, people in enumerate(asked.heard, 1):
        other = "Ada" if people == "Bo" else "Bo"
        lesson.tick("table", line, other)
        lesson.check()
        lesson.says(f"Not yet. Line {line} was heard by {people}; you ticked {other}")
        form = asked.forms[line - 1]
        left = lesson.root.locator("[data-when='check.left']").is_visible()
        for name, rule in RULES.items():
            (lesson.says if name == form and not left else lesson.silent)(rule)
        lesson.tick("table", line, people)
    lesson.silent("What you know now")
    lesson.check()
    lesson.says("^Right")
    lesson.says("What you know now")
    assert lesson.listed("exercise") == [f"heard by {people}" for people in asked.heard]
    lesson.do("another")
    lesson.silent("^Right")
    assert not lesson.root.locator("[data-form=table] input:checked").count()
    until(lambda: lesson.situation().lines != asked.lines)
    lesson.check()  # what was ticked for the other is forgotten
    lesson.says(f"Line 1 was heard by {lesson.situation().heard[0]}; you ticked –")


def test_with_the_keyboard_alone_and_in_chinese(open_lesson: Callable[..., Audience]) -> None:
    lesson = open_lesson("step=2&lang=zh")
    lesson.page.set_viewport_size({"width": 390, "height": 844})
    lesson.step("predict")
    keys = Keys(lesson.page)
    tick(keys, HEARD)
    keys.act("记下我的猜测")
    lesson.step("run")
    keys.act("把六条都说出来")
    lesson.root.locator("[data-step=run] [data-go=see]").wait_for()
    lesson.go("see")
    lesson.says("和服务器读的一样")
    assert lesson.value("right") == "6"
    assert lesson.listed("guess")[0] == "听到的：Ada, Bo, Cy, Di，和你说的一样"
    lesson.go("exercise")
    heard = lesson.situation().heard
    lesson.root.locator("[data-step=exercise] h3").focus()
    tick(keys, ["", *heard[1:]])
    keys.act("检查")
    lesson.says("^还不对。第 1 行")
    lesson.root.locator("[data-step=exercise] h3").focus()
    tick(keys, heard[:1])
    keys.act("检查")
    lesson.says("^对：服务器说的也一样")
    lesson.says("你现在知道了")
    assert lesson.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def tick(keys: Keys, lines: list[str]) -> None:
    """Go to each box that is to be ticked, and press Space."""
    for line, people in enumerate(lines, 1):
        for person in PEOPLE:
            if person.capitalize() in people:
                keys.reach(f"{line}.{person}")
                keys.page.keyboard.press("Space")


def test_a_run_that_is_stopped_counts_for_nothing_and_one_that_is_refused_is_told(
    open_lesson: Callable[..., Audience],
) -> None:
    lesson = open_lesson("step=2&seconds=9")
    lesson.tick("guess", 1, "Ada")
    lesson.root.locator("[data-form=guess] .main").click()
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Stop").locator("visible=true").first.wait_for()
    lesson.do("run")
    lesson.root.locator("[data-do=run]").get_by_text("Let the six").locator("visible=true").first.wait_for()
    assert not lesson.listed("heard")
    refused = '{"acks":[{"n":1,"error":{"code":"refused","message":"not today"}}]}'
    lesson.page.route(
        "**/lab/stage/**/emit?*", lambda route: route.fulfill(body=refused, content_type="application/json")
    )
    lesson.do("run")
    lesson.says("did not take part: not today")
