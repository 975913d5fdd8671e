"""The lessons, as a person goes through them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Response

from tests.browser.lesson import CHINESE, Keys, Lesson, nobody_is_barred
from tests.browser.page import texts_of, until
from tests.stranger.http import public_id

SECONDS = 3  # of a run here; a class has ten


class Polling(Lesson):
    """Lesson 1, by what a person sees and does."""

    def guess(self, empty: int, age: int) -> None:
        self.root.locator("input[name=empty]").fill(str(empty))
        self.root.locator(f"input[name=age][value='{age}']").check()
        self.root.get_by_role("button", name=re.compile("Note my guess|记下")).click()

    def run(self, way: str) -> None:
        self.root.locator("[data-do=run]").click()
        self.ran(way)

    def ran(self, way: str) -> None:
        """Wait until its run is over and told."""
        self.root.locator(f'.lane [data-when="{way}.ran"]').wait_for()

    def drew_ages(self, count: int) -> None:
        """So many ages, and a dot for each: it is drawn once its place has a size, a frame after its step shows."""
        assert self.value("ages.count") == str(count)
        dots = self.root.locator("[data-live=ages] circle")
        until(lambda: dots.count() == count)

    def answer(self, every: str) -> None:
        self.root.locator("input[name=every]").fill(every)
        self.root.locator("input[name=every]").press("Enter")


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Polling]:
    def open_it(query: str = "lesson=1&step=1") -> Polling:
        return Polling(tab(f"?panel=lessons&seconds={SECONDS}&{query}"))

    return open_it


class Wire:
    """What the page was told over HTTP: the answers to polls, and what the meter said of each client."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers: list[tuple[str, Any]] = []  # kept at once: a browser forgets what came before
        page.on("requestfinished", self._keep)

    def _keep(self, request: Request) -> None:
        if re.search(r"/(poll|stats)\?", request.url):
            response = request.response()
            assert response is not None
            self.answers.append((request.url, response.json()))

    def told(self, pattern: str) -> dict[str, list[Any]]:
        """The answers to questions like this one, by whose they are, in the order of who came first."""
        told: dict[str, list[Any]] = {}
        for url, answer in self.answers:
            if found := re.search(pattern, url):
                told.setdefault(found[1], []).append(answer)
        return told

    def spent(self, way: str, name: str) -> int:
        """By the meter's two answers about the last client on this transport: what the run cost."""
        until(lambda: len(self.asked_about(way)[1]) == 2)
        first, last = self.asked_about(way)[1]
        return int(last[way][name] - first[way][name])

    def asked_about(self, way: str) -> tuple[str, list[Any]]:
        """The last client on this transport that the meter was asked about, and what it answered."""
        self.page.wait_for_timeout(1)  # the page may know an answer before its body has come here
        asked = self.told(r"/stats\?client=(.+)").items()
        answers = [(client, [one["transports"] for one in told]) for client, told in asked]
        return ([(client, counts) for client, counts in answers if way in counts[-1]] or [("", [])])[-1]

    def empty(self, count: int) -> int:
        """How many of that client's last answers to polls held nothing, as they came to the browser. A seat of the page
        polls, too."""
        client, _counts = self.asked_about("poll")
        polls = self.told(r"/poll\?sid=([^&]+)").items()
        (answers,) = (answers for sid, answers in polls if public_id(sid) == client)
        return sum(not batch["messages"] for batch in answers[-count:])


def test_a_person_walks_through_lesson_1(open_lesson: Callable[..., Polling]) -> None:
    lesson = open_lesson()
    wire = Wire(lesson.page)
    lesson.step("ask").get_by_text("How does Bo’s browser find out?").wait_for()
    lesson.next()
    lesson.step("predict")
    lesson.next()

    run = lesson.step("run")  # without a guess there is nothing to run
    assert run.get_by_role("button", name="Run short polling").is_disabled()
    run.get_by_role("link", name="Guess now").click()
    lesson.step("predict")
    lesson.root.get_by_role("button", name="Note my guess").click()
    lesson.step("predict")  # nor is half a guess one
    lesson.guess(0, 1000)

    lesson.step("run")
    for way in ("poll", "longpoll", "ws"):
        lesson.run(way)
        for shown, counted in (("questions", "requests"), ("empty", "empty")):
            if way != "ws" or shown == "questions":
                assert lesson.value(f"{way}.{shown}") == str(wire.spent(way, counted))
    questions = int(lesson.value("poll.questions"))
    assert SECONDS - 1 <= questions <= SECONDS + 1
    assert lesson.value("poll.empty") == str(wire.empty(questions))  # the meter did not invent them
    assert lesson.value("ws.questions") == "0"
    rings = {way: lesson.root.locator(f".lane[data-transport={way}] circle") for way in ("poll", "longpoll", "ws")}
    until(lambda: rings["poll"].count() >= questions and rings["longpoll"].count() >= 2 and rings["ws"].count() == 2)

    lesson.next()
    see = lesson.step("see")
    lesson.says("You guessed 0 empty answers")
    lesson.says("That is the worst case")
    lesson.in_both_languages()
    assert lesson.value("poll.empty") == str(wire.spent("poll", "empty"))
    for way in ("poll", "longpoll", "ws"):
        spent = wire.spent(way, "up") + wire.spent(way, "down")
        cell = see.locator(f'td[data-value="{way}.bytes"]').inner_text()
        assert int(cell.replace(",", "")) == spent
    lesson.drew_ages(2)
    late, soon = (see.locator(f'td[data-value="{way}.age"]').inner_text() for way in ("poll", "ws"))
    assert milliseconds(late) > milliseconds(soon)

    in_another_language(lesson)
    lesson.next()
    explain = lesson.step("explain")
    heads = wire.spent("poll", "head_up") / wire.spent("poll", "requests")
    heads += wire.spent("poll", "head_down") / (wire.spent("poll", "empty") + wire.spent("poll", "news"))
    assert int(lesson.value("poll.around")) == pytest.approx(heads, abs=1)
    assert 2 <= int(lesson.value("ws.around")) <= 10
    explain.locator("summary").first.click()
    lesson.says("GET /poll\\?sid=…&cursor=")
    lesson.says("HTTP/1.1 200 OK")
    explain.locator("summary").last.click()
    lesson.says("101 Switching Protocols")

    lesson.next()
    code = lesson.step("code")
    marked = [mark.inner_text() for mark in code.locator("mark").all()]
    assert [text for text in marked if "sleep" in text] and [text for text in marked if "await reader.wait" in text]
    assert len(marked) == 4

    lesson.next()
    exercise(lesson, wire)
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("你现在知道了")
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson)


def in_another_language(lesson: Polling) -> None:
    """It is the same lesson: guess and figures stay."""
    names = ("guess.empty", "poll.empty", "poll.age", "ws.bytes")
    before = [lesson.value(name) for name in names]
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("你猜有 0 个空的回答")
    lesson.says("那是最坏的情形")
    assert [lesson.value(name) for name in names] == before
    lesson.root.get_by_role("link", name="2 猜").click()
    field = lesson.root.locator("input[name=empty]")
    assert field.input_value() == "0" and field.is_disabled()  # who has seen the answer guesses no more
    lesson.page.locator("[data-role=lang]").click()
    lesson.root.get_by_role("link", name="4 See").click()
    lesson.says("You guessed 0 empty answers")


def exercise(lesson: Polling, wire: Wire) -> None:
    """Wrong in each way, with the reason; then right."""
    lesson.step("exercise")
    for wrong, why in (
        ("0.7", "counts in milliseconds"),
        ("100", "too often"),
        ("90000", "That is too late"),
        ("400", "took the age for the interval"),
        ("1000", "the interval of the run"),
    ):
        lesson.answer(wrong)
        lesson.says("Not yet")
        lesson.says(why)
        assert not lesson.root.get_by_text("Right.").is_visible()
        assert not lesson.root.get_by_text("What you know now").is_visible()
    lesson.answer("750")
    lesson.says("Right. News waits 375 ms on average, for 80 questions a minute")
    lesson.says("On the wire, just now")
    asked = wire.spent("poll", "requests")
    assert 3 <= asked <= 5
    assert [lesson.value("wire.asked"), lesson.value("wire.asks")] == [str(asked), str(asked * 20)]
    assert lesson.value("wire.empty") == str(wire.spent("poll", "empty"))
    lesson.says("What you know now")


def milliseconds(text: str) -> float:
    number, unit = text.split()
    return float(number) * (1000 if unit == "s" else 1)


def test_what_is_judged_right_is_what_theory_says(tab: Callable[..., Page]) -> None:
    judged = tab().evaluate(
        """async (all) => {
            const { judged } = await import("/lessons/polling/lesson.js");
            return all.map((ms) => {
                const said = judged(ms);
                return [said["answer.right"], said["answer.old"], said["answer.often"]];
            });
        }""",
        [1, 59.9, 250, 599, 600, 700, 800, 801, 1000, 60_000],
    )
    assert [right for right, _old, _often in judged] == [False] * 4 + [True] * 3 + [False] * 3
    assert [old for _right, old, _often in judged] == [False] * 7 + [True] * 3
    assert [often for _right, _old, often in judged[2:4]] == [True] * 2


def test_with_the_keyboard_alone(open_lesson: Callable[..., Polling]) -> None:
    lesson = open_lesson("")
    page = lesson.page
    lesson.root.get_by_role("link", name="Begin").first.wait_for()
    page.locator("details[data-panel=lessons] summary").first.focus()

    keys = Keys(page)
    act, reach = keys.act, keys.reach
    act("Begin")
    lesson.step("ask")
    act("Next")
    lesson.step("predict")
    reach("empty")
    page.keyboard.type("2")
    reach("age")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    act("Note my guess")
    lesson.step("run")
    act("Run short polling")
    lesson.ran("poll")
    until(lambda: page.evaluate("document.activeElement.innerText.trim()") == "Now the same by long polling")
    page.keyboard.press("Enter")
    page.locator(".lesson [data-do=run]").get_by_text("Stop").locator("visible=true").first.wait_for()
    page.keyboard.press("Enter")  # a run that is stopped counts for nothing
    page.locator(".lesson [data-do=run]").get_by_text("Now the same by long polling").locator(
        "visible=true"
    ).first.wait_for()
    assert not lesson.root.locator('.lane [data-when="longpoll.ran"]').is_visible()
    act("Next")
    lesson.step("see")
    lesson.says("half a second old")
    act("Back")
    lesson.step("run")


def test_the_address_opens_the_step_and_back_goes_back(open_lesson: Callable[..., Polling]) -> None:
    lesson = open_lesson("lesson=1&step=5")
    page = lesson.page
    heading = lesson.step("explain").get_by_role("heading", name="Why it is so")
    assert heading.evaluate("heading => heading.getBoundingClientRect().top < innerHeight")
    lesson.root.get_by_role("link", name="6 Code").click()
    lesson.step("code")
    page.wait_for_url("**step=6*")
    assert page.get_by_role("link", name="6 Code").get_attribute("aria-current") == "step"
    page.go_back()
    lesson.step("explain")
    lesson.root.get_by_role("link", name="All lessons").click()
    lesson.root.get_by_role("link", name="Go on at step 5").click()
    lesson.step("explain")
    page.locator("details[data-panel=lessons] summary").first.click()  # put away
    page.wait_for_url(lambda url: "lesson" not in url and "step" not in url)
    page.locator("details[data-panel=lessons] summary").first.click()  # and where it was again
    lesson.step("explain")
    page.wait_for_url("**step=5*")
    strange = open_lesson("lesson=77&step=99")
    strange.root.get_by_role("link", name="Begin").first.wait_for()
    open_lesson("lesson=1&step=99").step("exercise")


def test_from_each_lesson_one_comes_to_the_next_and_from_the_last_to_the_list(
    open_lesson: Callable[..., Polling],
) -> None:
    lesson = open_lesson("lesson=1&step=7")
    page = lesson.page
    count = page.evaluate("import('/lessons/list.js').then(({ LESSONS }) => LESSONS.length)")
    assert count >= 2
    for number in range(2, count + 1):
        lesson.step("exercise")
        assert lesson.root.locator(".ends a:visible").all_inner_texts() == ["Back", f"Lesson {number}"]
        lesson.next()
        lesson.step("ask")
        page.wait_for_url(f"**lesson={number}&step=1*")
        lesson.root.get_by_role("heading", name=f"Lesson {number}: ").wait_for()
        assert lesson.root.locator(".ends a:visible").all_inner_texts() == [f"Lesson {number - 1}", "Next"]
        lesson.go("exercise")
    assert lesson.root.locator(".ends a:visible").all_inner_texts() == ["Back", "All lessons"]
    lesson.next()
    for number in range(1, count + 1):
        lesson.root.get_by_role("heading", name=f"Lesson {number}: ").wait_for()
    assert lesson.root.get_by_role("link", name="Go on at step 7").count() == count
    page.go_back()
    lesson.step("exercise")
    lesson.go("ask")
    lesson.root.locator(".ends a:visible").first.click()  # to where one was in the lesson before
    lesson.root.get_by_role("heading", name=f"Lesson {count - 1}: ").wait_for()
    lesson.step("exercise")


def responses(page: Page) -> list[Response]:
    """All that comes to the page from now on."""
    came: list[Response] = []
    page.on("response", lambda response: came.append(response))
    return came


def test_no_lesson_weighs_more_than_40_kb_on_the_wire(tab: Callable[..., Page]) -> None:
    """In either language: whoever changes it in between has what both need, and then what is the second one's own."""
    names = tab().evaluate("import('/lessons/list.js').then(({ LESSONS }) => LESSONS)")
    for i, name in enumerate(names):
        fresh = tab("?panel=lessons&lang=en")
        fresh.locator(".lesson .all a").nth(i).wait_for()
        loaded = responses(fresh)
        fresh.locator(".lesson .all a").nth(i).click()
        fresh.locator(f"#{name}-ask").wait_for()
        fresh.locator("[data-role=lang]").click()
        until(lambda: CHINESE.search(fresh.locator(f"#{name}-ask").inner_text()))
        own = {one.url.partition("/lessons/")[2]: one for one in loaded if "/lessons/" in one.url}
        sizes = {path: one.request.sizes()["responseBodySize"] for path, one in own.items() if path.endswith(".js")}
        for language, other in (("en", "zh"), ("zh", "en")):
            prose = fresh.request.get(f"{fresh.url.split('/?')[0]}/lessons/{name}/{language}.html")
            weights = [size for path, size in sizes.items() if not path.endswith(f"{other}.js")]
            assert prose.ok and weights
            assert sum(weights) + len(gzip.compress(prose.body())) < 40_000, (name, language, sizes)
        fresh.close()


def test_a_hub_that_does_not_take_part_is_told(open_lesson: Callable[..., Polling]) -> None:
    lesson = open_lesson("lesson=1&step=2")
    lesson.guess(1, 0)
    refused = json.dumps({"error": {"code": "unavailable", "message": "no feeds today"}})
    lesson.page.route("**/lab/feed?*", lambda route: route.fulfill(status=503, body=refused))
    lesson.root.locator("[data-do=run]").click()
    lesson.says("did not take part: no feeds today")
    lesson.page.unroute("**/lab/feed?*")
    lesson.root.locator("[data-do=run]").click()
    lesson.root.locator("[data-do=run]").get_by_text("Stop").locator("visible=true").first.wait_for()
    assert not lesson.root.locator('[data-step=run] [data-when="failed"]').is_visible()


def test_the_lessons_say_the_same_things_in_both_languages(tab: Callable[..., Page]) -> None:
    keys = texts_of(tab(), "lessons")
    assert keys[0] == keys[1] and all(key.startswith("lessons.") for key in keys[0])


def test_before_anything_has_run_nobody_is_barred(open_lesson: Callable[..., Polling]) -> None:
    lesson = open_lesson()
    lesson.step("ask")
    nobody_is_barred(lesson, ["predict", "run", "see", "explain"])


def test_for_whom_wants_no_motion_the_picture_comes_when_it_is_whole(open_lesson: Callable[..., Polling]) -> None:
    lesson = open_lesson("lesson=1&step=2")
    lesson.page.emulate_media(reduced_motion="reduce")
    lesson.guess(1, 250)
    lesson.page.evaluate(
        """() => {
            globalThis.drawn = 0;
            const lane = document.querySelector(".lane[data-transport=poll] [data-live]");
            new MutationObserver(() => (globalThis.drawn += 1)).observe(lane, { childList: true });
        }"""
    )
    lesson.run("poll")
    until(lambda: lesson.root.locator(".lane[data-transport=poll] circle").count() >= SECONDS - 1)
    assert lesson.page.evaluate("drawn") <= 4

    lesson.next()  # and of few messages one makes more
    see = lesson.step("see")
    lesson.drew_ages(2)
    see.get_by_role("button", name="Two messages more").click()
    see.get_by_role("button", name="Stop").wait_for()
    see.get_by_role("button", name="Two messages more").wait_for()
    lesson.drew_ages(4)
