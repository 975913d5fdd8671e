"""For a class: the panel with address and code, and the page where an address that others type is no secure context."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.axe import barred
from tests.browser.page import DEADLINE, Panel, Scheme, Seat, texts_of, until
from tests.browser.program import Program, ask, program
from tests.browser.test_lesson_stream import Stream
from tests.browser.test_lesson_upgrade import Upgrade

NAME = "lab.test"  # a name as a school's network gives one; the browser is told that it is this computer


@pytest.fixture
def lab() -> Iterator[Program]:
    """A lab open to a class."""
    with program("--class", "--allow-host", NAME) as running:
        yield running


@pytest.fixture
def quiet() -> bool:
    """Links are looked at as they stand."""
    return False


class Invitation(Panel):
    """The panel, by what a person sees."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, "class", "class-")

    def open(self) -> Invitation:
        self.root.locator("summary").click()
        return self

    def shown(self) -> Invitation:
        """Wait until the code is there."""
        self.page.wait_for_function(
            "() => { const code = document.querySelector('[data-role=class-code]');"
            " return code?.complete && code.naturalWidth > 0 && !code.hidden; }"
        )
        return self

    @property
    def link(self) -> str:
        return str(self.part("link").inner_text())

    def says(self, link: str) -> None:
        """Wait until the code and the line beside it are those of a link that ends so."""
        self.part("link").get_by_text(re.compile(re.escape(link) + "$")).wait_for()
        assert parse_qs(urlsplit(self.part("code").get_attribute("src") or "").query)["url"] == [self.link]
        self.shown()


def addresses(lab: Program) -> list[str]:
    found: list[str] = ask(lab, "/lab/class")["addresses"]
    return found


def test_the_panel_shows_the_address_and_a_code_for_the_last_row(tab: Callable[..., Page], lab: Program) -> None:
    page = tab("?left=ws")
    panel = Invitation(page).open().shown()
    assert panel.part("address").inner_text() == f"http://{NAME}:{lab.port}"
    box = panel.part("code").bounding_box()
    assert box and box["width"] == box["height"] >= 600  # of 900 px that the window is high
    page.get_by_role("img", name=f"A QR code of http://{NAME}:{lab.port}/?left=ws&class=together&lang=en").wait_for()
    offered = panel.part("others").get_by_role("radio")
    assert [radio.get_attribute("value") for radio in offered.all()] == addresses(lab)
    panel.root.get_by_text("Everybody must be on the same network").wait_for()


def test_the_link_is_the_page_as_it_is_set_but_for_this_screen(tab: Callable[..., Page]) -> None:
    page = tab("?panel=class&size=large")
    panel = Invitation(page).shown()
    panel.says("/?class=together&lang=en")
    panel.part("lead").get_by_text("or type the address").wait_for()
    Seat(page, "right").choose("sse")
    panel.says("/?left=poll&right=sse&class=together&lang=en")
    panel.part("lead").get_by_text("as it is set now").wait_for()
    Seat(page, "left").part("name").fill("小明")
    Seat(page, "left").part("name").press("Enter")
    page.wait_for_url(lambda url: "name=" in url)
    panel.says("/?left=poll&right=sse&class=together&lang=en")  # nobody of the class bears the teacher's name


def test_the_link_in_the_code_opens_exactly_this(tab: Callable[..., Page], lab: Program) -> None:
    page = tab()
    for side, transport in (("left", "ws"), ("right", "longpoll")):
        Seat(page, side).choose(transport)
    Seat(page, "left").part("every").fill("750")
    Seat(page, "left").part("every").press("Tab")
    panel = Invitation(page).open().shown()
    link = urlsplit(panel.link)
    there = tab(f"?{link.query}")
    for side, transport in (("left", "ws"), ("right", "longpoll")):
        Seat(there, side).reads_by(transport)
        assert Seat(there, side).root.locator(f"input[value={transport}]").is_checked()
    assert Seat(there, "left").part("every").input_value() == "750"
    assert not there.locator("details[data-panel=class]").get_attribute("open")


def test_another_address_has_another_code(tab: Callable[..., Page], lab: Program) -> None:
    if len(addresses(lab)) < 2:
        pytest.skip("this machine has no address beside loopback")
    panel = Invitation(tab("?panel=class")).shown()
    other = addresses(lab)[1]
    panel.root.get_by_role("radio", name=other).check()
    panel.says(other + "/?class=together&lang=en")
    assert panel.part("address").inner_text() == other
    panel.open()  # put away, and opened again
    panel.open()
    panel.says(other + "/?class=together&lang=en")


def test_a_link_too_long_for_a_code_says_so_and_a_shorter_one_has_one(tab: Callable[..., Page]) -> None:
    page = tab(f"?panel=class&note={'x' * 700}")
    panel = Invitation(page)
    panel.part("trouble").get_by_text("This link makes no code").wait_for()
    assert not panel.part("code").is_visible() and len(panel.link) > 700
    page.evaluate("history.replaceState(null, '', '?panel=class')")
    Seat(page, "right").choose("sse")
    panel.says("/?left=poll&right=sse&class=together&lang=en")
    assert not panel.part("trouble").is_visible()


def test_a_lab_that_is_closed_says_how_to_open_it(tab: Callable[..., Page]) -> None:
    with program() as closed:
        panel = Invitation(tab("?panel=class", closed.url))
        panel.part("trouble").get_by_text("make class").wait_for()
        assert not panel.part("code").is_visible() and not panel.part("address").is_visible()
        panel.page.locator("[data-role=lang]").click()
        panel.part("trouble").get_by_text("同一网络").wait_for()
        assert "make class" in panel.part("trouble").inner_text()


def test_a_lab_that_does_not_answer_is_told_and_asked_again(tab: Callable[..., Page]) -> None:
    page = tab()
    page.route("**/lab/class", lambda route: route.abort())
    panel = Invitation(page).open()
    panel.part("trouble").get_by_text("did not say where").wait_for()
    page.unroute("**/lab/class")
    panel.open()
    panel.open()
    panel.shown()
    assert not panel.part("trouble").is_visible()
    page.locator("[data-role=lang]").click()
    panel.root.get_by_text("二维码里的链接").wait_for()
    assert not panel.part("trouble").is_visible()


def test_both_languages_say_the_same_things(tab: Callable[..., Page]) -> None:
    page = tab("?panel=class&left=ws")
    panel = Invitation(page).shown()
    keys = texts_of(page, "class")
    assert keys[0] == keys[1] and all(key.startswith("class.") for key in keys[0])
    page.locator("[data-role=lang]").click()
    panel.root.get_by_text("二维码里的链接").wait_for()
    panel.says("/?left=ws&class=together&lang=zh")
    page.get_by_role("img", name="的二维码").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_fits_a_small_phone_and_a_projector_and_bars_nobody(
    browser: Browser, lab: Program, scheme: Scheme, language: str
) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language, viewport={"width": 320, "height": 640})
    try:
        page = context.new_page()
        page.goto(f"{lab.url}/?panel=class&left=ws")
        panel = Invitation(page).shown()
        fits = "() => document.querySelector('details[data-panel=class]').scrollWidth <= innerWidth"
        assert page.evaluate(fits)
        assert not barred(page, "details[data-panel=class]")
        page.set_viewport_size({"width": 1280, "height": 720})
        page.goto(f"{lab.url}/?panel=class&left=ws&size=large")
        panel.shown()
        box, beside = panel.part("code").bounding_box(), panel.part("address").bounding_box()
        assert box and beside and box["height"] >= 540 and beside["x"] > box["x"] + box["width"]
        assert page.evaluate(fits)
    finally:
        context.close()


# ---- no secure context


@contextmanager
def far(browser: Browser, **settings: Any) -> Iterator[tuple[BrowserContext, list[str]]]:
    """A browser for which the lab is another computer's, by name: no secure context. And what its pages complain of."""
    elsewhere = browser.browser_type.launch(
        executable_path=os.environ["LAB_CHROMIUM"], args=[f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
    )
    troubles: list[str] = []
    try:
        context = elsewhere.new_context(locale="en-US", **settings)
        context.set_default_timeout(DEADLINE)
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        context.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        yield context, troubles
    finally:
        elsewhere.close()


DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


@pytest.mark.parametrize("settings", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_works_where_the_context_is_not_secure(
    browser: Browser, lab: Program, settings: dict[str, Any]
) -> None:
    with far(browser, **settings) as (context, troubles):
        page = context.new_page()
        page.goto(f"http://{NAME}:{lab.port}/?every=500&talk=0")
        assert page.evaluate("[isSecureContext, 'clipboard' in navigator, 'subtle' in crypto]") == [False] * 3
        left, right = Seat(page, "left"), Seat(page, "right")
        left.reads_by("poll")
        for transport in ("poll", "longpoll", "sse", "ws"):
            left.choose(transport)
            left.reads_by(transport)
            left.say(f"over {transport}")
            left.hears(f"over {transport}")
            right.part("messages").locator("li", has_text=f"over {transport}").first.wait_for(state="attached")
        assert len(left.heard()) == 4
        if settings is PHONE:  # one seat at a time
            page.get_by_role("tab").nth(1).click()
        right.say("and back")
        right.hears("and back")
        assert not troubles, troubles


@pytest.mark.parametrize("settings", [DESK, PHONE], ids=["desk", "phone"])
def test_where_there_is_no_clipboard_a_copy_button_selects(
    browser: Browser, lab: Program, settings: dict[str, Any]
) -> None:
    with far(browser, **settings) as (context, troubles):
        page = context.new_page()
        page.goto(f"http://{NAME}:{lab.port}/?left=ws&panel=class")
        panel = Invitation(page).shown()
        assert panel.part("address").inner_text() == f"http://{NAME}:{lab.port}"  # by which this page was opened
        selected = "() => getSelection().toString().trim()"

        panel.root.get_by_role("button", name="Copy").click()
        panel.root.get_by_role("button", name="Selected").wait_for()
        assert page.evaluate(selected) == panel.link == f"http://{NAME}:{lab.port}/?left=ws&class=together&lang=en"

        page.get_by_role("heading", name="From a terminal").scroll_into_view_if_needed()
        line = page.locator("[data-role=curl] li").first
        line.get_by_role("button").click()
        line.get_by_role("button", name="Selected").wait_for()
        assert page.evaluate(selected) == line.locator("code").inner_text()

        page.get_by_role("button", name="Copy the link to this").click()
        field = page.locator("[data-role=address]")
        field.wait_for()
        until(
            lambda: field.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)") == page.url
        )
        assert not troubles, troubles


def test_the_lessons_run_on_a_phone_in_a_classroom(browser: Browser, lab: Program) -> None:
    """Their proofs need no `crypto.subtle`, and their lines no certificate."""
    with far(browser, **PHONE) as (context, troubles):
        page = context.new_page()
        page.goto(f"http://{NAME}:{lab.port}/?panel=lessons&lesson=2&step=2")
        upgrade = Upgrade(page)
        upgrade.guess(11, 7, "http")
        upgrade.open()
        upgrade.says("it has read this very key")
        upgrade.said(5, 11, 7)
        upgrade.cross()
        troubles.clear()  # of the lines that were to die a browser complains
        page.goto(f"http://{NAME}:{lab.port}/?panel=lessons&lesson=3&step=2&seconds=3")
        stream = Stream(page)
        stream.guess(1, "end")
        stream.run("direct")
        stream.run("buffer")
        assert [stream.value(name) for name in ("direct.requests", "buffer.early")] == ["1", "0"]
        assert not troubles, troubles


# ---- what the code opens, names, rooms


def test_the_code_leads_to_a_lesson_to_the_experiment_or_to_the_start(tab: Callable[..., Page]) -> None:
    page = tab("?left=ws&panel=lessons&lesson=4&step=2&view=class")
    page.locator("[data-panel=lessons] [data-step=predict]").wait_for()
    page.locator(".guesses:visible").get_by_role("link", name="Address and code").click()
    panel = Invitation(page).shown()
    panel.says("/?panel=lessons&lesson=4&step=2&lang=en")
    panel.part("lead").get_by_text("lesson 4 at step 2").wait_for()
    assert not panel.part("group").is_visible()
    panel.part("lesson").select_option("1")
    panel.says("/?panel=lessons&lesson=1&step=1&lang=en")
    panel.part("opens").get_by_role("radio", name="the start").check()
    panel.says("/?class=together&lang=en")
    panel.part("opens").get_by_role("radio", name="this experiment").check()
    panel.says("/?left=ws&class=together&lang=en")
    panel.part("group").get_by_role("radio", name="each phone for itself").check()
    panel.says("/?left=ws&class=own&lang=en")
    page.locator("[data-role=lang]").click()
    panel.says("/?left=ws&class=own&lang=zh")
    page.locator("details[data-panel=lessons] > summary").click()  # the lesson stands where it was
    page.locator("[data-panel=lessons] [data-step=predict]").wait_for()
    knobs = parse_qs(urlsplit(str(page.evaluate("location.href"))).query)
    assert (knobs["lesson"], knobs["step"]) == (["4"], ["2"])
    panel.open()
    page.locator("details[data-panel=class] > summary").click()
    page.wait_for_url(lambda url: "lesson=" not in url)


def test_in_a_class_one_is_asked_for_a_name_and_only_once(tab: Callable[..., Page]) -> None:
    page = tab("?class=together&talk=0&every=500")
    asking = page.locator("[data-role=naming]")
    asking.get_by_role("textbox").fill("  小明 ")
    asking.get_by_role("button").click()
    asking.wait_for(state="detached")
    Seat(page, "left").part("title").get_by_text("小明", exact=True).wait_for()
    Seat(page, "right").part("title").get_by_text("小明 2", exact=True).wait_for()
    Seat(page, "left").say("who am I?")
    again = tab("?class=own&talk=0&every=500")  # the same phone, another time
    Seat(again, "left").part("title").get_by_text("小明", exact=True).wait_for()
    assert not again.locator("[data-role=naming]").count()
    heard = Seat(tab("?talk=0&every=500"), "right")
    heard.hears("who am I?")
    assert "小明" in heard.heard()[0]
    assert heard.part("title").inner_text() == "Bo"  # who does not come by the class's link has the page's names


def test_each_phone_has_a_room_of_its_own_or_all_have_one(tab: Callable[..., Page]) -> None:
    own, other = (tab(f"?class=own&talk=0&every=500&name={name}") for name in ("Ada", "Bo"))
    together = tab("?class=together&talk=0&every=500&name=Cleo")
    for page in (own, other, together):
        Seat(page, "left").reads_by("poll")
        Seat(page, "right").reads_by("ws")
    Seat(together, "left").say("to all")
    for page, words in ((own, "only here"), (other, "and only there")):
        Seat(page, "left").say(words)
        for side in ("left", "right"):
            Seat(page, side).hears(words)
            heard = Seat(page, side).heard()
            assert len(heard) == 1 and "in page-" not in heard[0]
    Seat(together, "right").hears("to all")
    assert len(Seat(together, "right").heard()) == 1


def test_what_the_code_opens_bars_nobody(tab: Callable[..., Page]) -> None:
    page = tab("?class=together&panel=class&lesson=4&step=2")
    page.set_viewport_size({"width": 320, "height": 640})
    Invitation(page).shown()
    page.locator("[data-role=naming]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for context in ("details[data-panel=class]", "[data-role=naming]"):
        assert not barred(page, context)
