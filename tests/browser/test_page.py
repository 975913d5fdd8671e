"""The page in Chromium, by what a person sees and does."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.goals import weight
from tests.browser.page import Seat, until
from tests.browser.program import Crowd, Program, ask
from transport_fallback.serving.pages import WEB

Seats = Callable[..., tuple[Seat, Seat]]


def test_a_lone_visitor_talks_to_the_other_seat_at_once(seats: Seats) -> None:
    left, right = seats()
    left.say("Good morning")
    right.hears("Good morning")
    right.say("Same to you", enter=True)
    left.hears("Same to you")
    assert len(left.heard()) == len(right.heard()) == 2


def test_enter_sends_and_blank_text_does_not(seats: Seats) -> None:
    left, right = seats()
    left.say("   ", enter=True)
    left.say("one", enter=True)
    right.hears("one")
    assert len(right.heard()) == 1
    assert left.part("text").input_value() == ""


@pytest.mark.parametrize("pair", [("ws", "poll"), ("sse", "longpoll")], ids="-".join)
def test_two_tabs_on_different_transports_talk(tab: Callable[..., Page], pair: tuple[str, str]) -> None:
    one, other = (Seat(tab(f"?left={transport}&every=500"), "left") for transport in pair)
    for seat, transport in zip((one, other), pair, strict=True):
        seat.reads_by(transport)
    one.say("from one tab")
    other.hears("from one tab")
    other.say("to the other")
    for seat in (one, other):
        seat.hears("to the other")
    assert [text.split("\n")[0] for text in one.heard()] == [text.split("\n")[0] for text in other.heard()]


def test_the_selector_switches_while_running(seats: Seats) -> None:
    left, right = seats("?every=500")
    for transport in ("poll", "sse", "longpoll", "ws"):
        right.choose(transport)
        right.reads_by(transport)
        left.say(f"to {transport}")
        right.hears(f"to {transport}")
    assert len(right.heard()) == 4


def test_life_cycle_events_are_shown_in_order(seats: Seats) -> None:
    left, _right = seats("?left=ws")
    left.reads_by("ws")
    shown = [event for event in left.life() if event in ("connecting", "connect")]
    assert sorted(shown[:2]) == ["connect", "connecting"]


@pytest.mark.parametrize(
    "hostile",
    ['<img src=x onerror="document.title=1">', "<script>document.title=1</script>", '"><svg onload=document.title=1>'],
)
def test_hostile_names_and_texts_stay_text(seats: Seats, hostile: str) -> None:
    left, right = seats()
    title = left.page.title()
    left.part("name").fill(hostile[:40])
    left.part("name").press("Enter")
    left.say(hostile)
    right.hears(hostile)
    assert left.page.title() == title
    assert not right.part("messages").locator("img, script, [onload], [onerror]").count()


def enter(seat: Seat, room: str) -> None:
    seat.part("room-panel").locator("summary").click()
    seat.part("room").fill(room)
    seat.part("join").click()
    seat.part("rooms").locator(f'li[data-room="{room}"]').wait_for()


def test_what_is_said_in_a_room_is_heard_there_only(seats: Seats, tab: Callable[..., Page]) -> None:
    left, right = seats("?left=sse&right=ws")
    third = Seat(tab("?left=longpoll"), "left")
    enter(left, "blue")
    enter(third, "blue")
    left.say("for blue")
    third.hears("for blue")
    left.part("to").select_option("")
    left.say("for everyone")
    right.hears("for everyone")
    assert not [text for text in right.heard() if "for blue" in text]
    third.part("rooms").locator('li[data-room="blue"] button').click()
    third.part("rooms").locator('li[data-room="blue"]').wait_for(state="detached")
    left.part("to").select_option("blue")
    left.say("blue alone")
    left.hears("blue alone")
    left.part("to").select_option("")
    left.say("the end")
    third.hears("the end")
    assert not [text for text in third.heard() if "blue alone" in text]


def people(seat: Seat) -> list[str]:
    return [str(name) for name in seat.part("who").locator("li").all_inner_texts()]


def test_who_is_here_is_shown_while_its_list_is_open(seats: Seats, tab: Callable[..., Page]) -> None:
    left, right = seats("?name=Ada&name2=Bo")
    left.part("here-count").click()
    until(lambda: people(left) == ["Ada (you)", "Bo"])
    until(lambda: left.part("here-count").inner_text() == "Here: 2")
    assert people(right) == []
    other = tab("?name=Cat&name2=Dan")
    until(lambda: set(people(left)) == {"Ada (you)", "Bo", "Cat", "Dan"})
    Seat(other, "left").part("name").fill("Eve")
    Seat(other, "left").part("name").press("Tab")
    until(lambda: set(people(left)) == {"Ada (you)", "Bo", "Eve", "Dan"})
    other.close(run_before_unload=False)
    until(lambda: people(left) == ["Ada (you)", "Bo"])
    left.part("here-count").click()
    until(lambda: left.part("here-count").inner_text() == "Who is here")


@pytest.mark.timeout(120)
def test_the_list_stays_right_while_a_crowd_comes_and_goes(seats: Seats, lab: Program) -> None:
    left, _right = seats("?name=Ada&name2=Bo")
    left.part("here-count").click()
    with Crowd(lab) as crowd:
        crowd.come(30)
        until(lambda: left.part("here-count").inner_text() == "Here: 32")
        until(lambda: len(people(left)) == 32)  # more than one message names
        crowd.go(25)
        until(lambda: left.part("here-count").inner_text() == "Here: 7")
        until(lambda: len(people(left)) == 7)
        crowd.come(120)
        until(lambda: left.part("here-count").inner_text() == "Here: 127")
        more = left.part("here-more")
        more.click()
        until(lambda: len(people(left)) > 27 and "Show more" in more.inner_text())
        press = "more => more.hidden || more.click()"  # in one go: the news may name the last of them at any moment
        until(lambda: len(people(left)) == 127 or more.evaluate(press) and False)
        assert not more.is_visible()
        crowd.go(100)
        until(lambda: len(people(left)) == 27 and left.part("here-count").inner_text() == "Here: 27")


def test_who_comes_into_a_room_is_told_while_the_rooms_are_shown(seats: Seats, tab: Callable[..., Page]) -> None:
    left, _right = seats("?name=Ada&name2=Bo")
    enter(left, "blue")
    other = Seat(tab("?name=Cat"), "left")
    enter(other, "blue")
    left.part("room-news").get_by_text("Cat came into blue.").wait_for()
    other.part("rooms").locator('li[data-room="blue"] button').click()
    left.part("room-news").get_by_text("Cat left blue.").wait_for()


def test_the_url_keeps_the_knobs(tab: Callable[..., Page]) -> None:
    page = tab()
    Seat(page, "right").choose("sse")
    page.wait_for_url("**right=sse*")
    page.reload()
    Seat(page, "right").reads_by("sse")


def ladder(seat: Seat) -> dict[str, str]:
    """The rungs as they are drawn: their states."""
    seat.part("rungs").locator("li").first.wait_for()  # how they are drawn is loaded once somebody looks
    rungs = seat.part("rungs").locator("li").all()
    return {rung.get_attribute("data-rung"): rung.get_attribute("data-state") for rung in rungs}


def test_a_network_is_chosen_while_running_and_the_ladder_says_what_it_does(seats: Seats) -> None:
    left, right = seats("?left=ws&right=auto")
    right.reads_by("ws")
    right.part("network").select_option("kill")
    right.part("decisions").locator("li", has_text="resting it for 1 min").wait_for()
    assert ladder(right)["ws"] == "resting"
    left.say("still there?")
    right.hears("still there?")
    right.page.wait_for_url("**network2=kill*")
    assert "resets it after MS milliseconds" in right.part("does").inner_text()
    right.part("network").select_option("direct")
    right.reads_by("ws")
    assert "network2" not in right.page.url


def test_the_parameter_of_a_network_is_set_and_a_wrong_address_is_told(seats: Seats) -> None:
    _left, right = seats("?network2=kill:350")
    field = right.part("parameter").locator("input")
    field.wait_for()
    assert field.input_value() == "350"
    field.fill("99999999")
    field.press("Tab")
    right.page.wait_for_url("**network2=kill%3A60000*")
    _left, wrong = seats("?network2=nonsense")
    wrong.part("fault").get_by_text("no such network").wait_for()
    wrong.reads_by("ws")


def test_each_seat_tells_what_reading_costs_it(seats: Seats) -> None:
    """Polling asks and asks, and mostly hears nothing; a WebSocket asked once."""
    left, right = seats("?left=poll&right=ws&every=250")
    right.reads_by("ws")
    wait = "([role, most]) => Number(document.querySelector(`[data-seat=left] [data-role=${role}]`).textContent) > most"
    left.page.wait_for_function(wait, arg=["requests", 100])
    empty, answers = (int(word) for word in left.part("empties").inner_text().split(" of "))
    assert empty >= 5 and answers - empty <= 10
    assert int(right.part("requests").inner_text()) < 60
    for n in range(5):
        left.say(f"message {n}")
    right.hears("message 4")
    right.page.wait_for_function(
        "() => ['left', 'right'].every((side) => "
        "Number(document.querySelector(`[data-seat=${side}] [data-role=bytes]`).textContent) > 0)"
    )
    by_poll, by_ws = (int(seat.part("bytes").inner_text()) for seat in (left, right))
    assert by_ws * 2 < by_poll


def test_the_hub_speaks_when_nobody_else_does(seats: Seats) -> None:
    left, right = seats("?left=sse&right=ws")
    talk = left.page.locator("[data-role=talk]")
    talk.select_option("10")
    left.hears("message 5")
    right.hears("message 5")
    talk.select_option("0")

    def silent() -> bool:
        heard = len(left.heard())
        left.page.wait_for_timeout(1000)  # in which a feed says ten
        return len(left.heard()) == heard

    until(silent)


def test_what_the_hub_says_is_heard_by_its_own_page_and_ends_with_it(
    seats: Seats, tab: Callable[..., Page], lab: Program
) -> None:
    left, right = seats("?left=sse&right=ws")
    other = Seat(tab("?left=ws"), "left")
    other.reads_by("ws")
    left.page.locator("[data-role=talk]").select_option("10")
    left.hears("message 3")
    right.hears("message 3")
    left.say("to all")
    other.hears("to all")
    assert not [text for text in other.heard() if "Server says" in text]
    assert not left.part("to").locator("option", has_text="page-").count()
    assert len(ask(lab, "/lab/feed")["feeds"]) == 1
    left.page.goto("about:blank")
    until(lambda: not ask(lab, "/lab/feed")["feeds"])


def test_a_feed_that_somebody_else_ended_is_shown_as_ended(seats: Seats, lab: Program) -> None:
    left, _right = seats("?left=sse&right=ws")
    talk = left.page.locator("[data-role=talk]")
    talk.select_option("2")
    left.hears("message 1")
    (feed,) = ask(lab, "/lab/feed")["feeds"]
    with Crowd(lab) as crowd:
        crowd.come(1)
        crowd.here[0].ask("join", {"room": feed["room"]})
        url = f"{lab.url}/lab/feed/{feed['feed']}?sid={crowd.here[0].sid}"
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()
        until(lambda: talk.input_value() == "0")


def test_a_feed_goes_on_when_the_server_has_begun_anew(seats: Seats, lab: Program) -> None:
    left, _right = seats("?left=sse&right=ws")
    left.page.locator("[data-role=talk]").select_option("2")
    left.hears("message 1")
    before = ask(lab, "/lab/feed")["feeds"][0]["feed"]
    lab.kill()
    lab.start()
    until(lambda: (feeds := ask(lab, "/lab/feed")["feeds"]) and feeds[0]["feed"] != before)


def test_cut_try_again_and_forget(seats: Seats) -> None:
    _left, right = seats("?right=auto&network2=kill")
    decisions = right.part("decisions")
    decisions.locator("li", has_text=re.compile(r"\bws\b.*resting it for 1 min")).first.wait_for()
    tried = decisions.locator("li", has_text="ws: tried")
    before = tried.count()
    right.part("retry").click()
    tried.nth(before).wait_for()
    right.part("forget").click()
    decisions.locator("li", has_text="what was learnt is forgotten").wait_for()
    right.part("cut").click()
    decisions.locator("li", has_text="was cut by hand").first.wait_for()
    right.part("life").locator('li[data-event="switch"]').last.wait_for()


def test_an_old_browser_has_no_websocket_and_no_event_source(seats: Seats) -> None:
    left, right = seats("?without=ws,sse")
    right.reads_by("longpoll")
    assert left.root.locator("input[value=ws]").is_disabled()
    right.part("decision-panel").locator("summary").click()
    assert ladder(right) == {"ws": "absent", "sse": "absent", "longpoll": "reads", "poll": "ready"}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", ["", "large"])
def test_nothing_overflows_at_any_width(context: BrowserContext, lab: Program, language: str, size: str) -> None:
    page = context.new_page()
    page.goto(f"{lab.url}/?lang={language}&left=ws" + (f"&size={size}" if size else ""))
    Seat(page, "left").reads_by("ws")
    assert page.evaluate("document.documentElement.lang").startswith(language)
    for width in (320, 360, 768, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => innerWidth === width", arg=width)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_the_page_loads_nothing_from_outside_and_breaks_no_policy(tab: Callable[..., Page], lab: Program) -> None:
    requested: list[str] = []
    page = tab("?left=ws")
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: requested.append(message.text) if "Content Security" in message.text else None)
    page.reload()
    Seat(page, "left").reads_by("ws")
    origin = lab.url.removeprefix("http://")
    assert all(origin in url or url.startswith("data:") for url in requested)


def test_the_sid_is_nowhere_in_the_page(tab: Callable[..., Page]) -> None:
    """It is in no link, no text, no storage: who sees the screen cannot read as this client."""
    sids: set[str] = set()
    page = tab("?left=poll&right=poll&every=500")
    page.on("request", lambda request: sids.update(
        part[4:] for part in request.url.partition("?")[2].split("&") if part.startswith("sid=")))  # fmt: skip
    Seat(page, "left").reads_by("poll")
    page.wait_for_timeout(1500)
    assert sids
    shown = page.content() + page.url + page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not [sid for sid in sids if sid in shown]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_first_view_weighs_no_more_than_it_may(browser: Browser, lab: Program, language: str) -> None:
    sizes = {path: wire for path, (wire, _bare) in weight(browser, lab, language).items()}
    sizes.pop("/page/status.js", None)  # how to tell of what goes wrong: on a machine that takes seconds to connect
    assert len(sizes) > 40 and sum(sizes.values()) < 120_000, sorted(sizes.items(), key=lambda item: -item[1])


def test_both_languages_say_everything(tab: Callable[..., Page]) -> None:
    page = tab()
    shelves = [file.parent for file in WEB.glob("page/**/en.js")]
    assert WEB / "page/texts/exchange" in shelves
    for shelf in shelves:
        keys = page.evaluate(
            """async (shelf) => {
                const keys = async (lang) => Object.keys((await import(`/${shelf}/${lang}.js`)).default).sort();
                return { en: await keys("en"), zh: await keys("zh") };
            }""",
            str(shelf.relative_to(WEB)),
        )
        assert keys["en"] and keys["en"] == keys["zh"], shelf


def test_a_page_without_a_server_says_what_happens(browser: Browser, lab: Program) -> None:
    """Offline, the seat says so in words and goes on when the network is back."""
    context = browser.new_context(locale="en-US")
    try:
        page = context.new_page()
        page.goto(lab.url + "/?left=poll&every=500&talk=0")
        left = Seat(page, "left")
        left.reads_by("poll")
        left.life()
        context.set_offline(True)
        left.part("life").locator('li[data-event="disconnect"]').wait_for()
        left.part("text").fill("said while away")
        left.part("send").click()
        context.set_offline(False)
        left.hears("said while away")
        assert len(left.heard()) == 1
    finally:
        context.close()


def test_curl_lines_of_the_page_make_a_fresh_sid(tab: Callable[..., Page], lab: Program) -> None:
    page = tab("?left=poll&every=500")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    Seat(page, "left").reads_by("poll")
    page.get_by_role("heading", name="From a terminal").scroll_into_view_if_needed()
    line = page.locator("[data-role=curl] [data-line=ask] code").inner_text()
    (address,) = re.findall(r'"(http.*?)"', line)
    sid = address.partition("sid=")[2].partition("&")[0]
    until(lambda: any("sid=" in url for url in asked))
    assert len(sid) == 22 and not any(sid in url for url in asked)
    with urllib.request.urlopen(address) as answer:
        assert json.load(answer)["cursor"]


def test_back_undoes_what_was_set(seats: Seats) -> None:
    _left, right = seats("?right=ws")
    page = right.page
    right.reads_by("ws")
    right.choose("sse")
    right.reads_by("sse")
    right.part("network").select_option("buffer")
    page.wait_for_url("**network2=buffer*")
    page.go_back()
    page.wait_for_function("() => !location.search.includes('network2')")
    page.wait_for_function("() => document.querySelector('[data-seat=right] [data-role=network]').value === 'direct'")
    page.go_back()
    right.reads_by("ws")
    assert right.root.locator("input[value=ws]").is_checked()
    page.go_forward()
    right.reads_by("sse")


def test_big_type_lays_the_page_out_anew_and_is_in_the_address(tab: Callable[..., Page]) -> None:
    page = tab("?right=ws")
    page.set_viewport_size({"width": 800, "height": 700})
    tabs = page.locator("[role=tablist]")
    assert not tabs.is_visible()
    page.get_by_role("button", name="Bigger type").click()
    page.wait_for_url("**size=large*")
    tabs.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.go_back()
    tabs.wait_for(state="hidden")
