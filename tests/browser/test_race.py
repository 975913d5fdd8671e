"""The race in Chromium: four clients hear the same, and beside each figure stands what theory says."""

from __future__ import annotations

import json
import math
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route

from bench.theory import models
from tests.browser.axe import barred
from tests.browser.page import DEADLINE, Panel, Scheme, Seat, texts_of, until
from tests.browser.program import Asking, Crowd, Program, ask
from transport_fallback.lab.budget import FEEDS, Bounds

LANES = ("poll", "longpoll", "sse", "ws")
FIGURES = ("heard", "last", "p50", "p95", "requests", "wasted", "answer", "bytes")  # p99 takes a hundred messages
SOON: dict[str, Any] = {"timeout": 2 * DEADLINE}  # a lane says something when it has heard enough


class Race(Panel):
    """The panel, by what a person sees and does."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, "race")

    def start(self) -> Race:
        self.part("race-go").click()
        self.root.get_by_role("button", name="Stop", exact=True).wait_for()
        return self

    def stop(self) -> None:
        self.part("race-go").click()
        self.root.get_by_role("button", name="Start", exact=True).wait_for()

    def lane(self, transport: str) -> Locator:
        return self.root.locator(f"[data-lane={transport}]")

    def figure(self, transport: str, name: str) -> str:
        return self.lane(transport).locator(f"[data-figure={name}]").inner_text()

    def theory(self, transport: str, name: str) -> str:
        return self.lane(transport).locator(f"[data-theory={name}]").inner_text()

    def says(self, words: str) -> str:
        """Wait until the sentences above say so; what they all say then."""
        self.part("race-sees").get_by_text(re.compile(words)).first.wait_for(**SOON)
        return str(self.part("race-sees").inner_text())

    @property
    def rtt(self) -> float:
        """ms of the round trip that theory takes."""
        return float(self.part("race-clock").get_attribute("data-rtt") or "nan")


def shown(text: str) -> float:
    """A figure as the page writes it, in ms where it is a time. Not a number: there is none yet."""
    found = re.search(r"([\d.,]+)\s*(ms|s|%)?", text.replace("\u00a0", " "))
    if found is None:
        return math.nan
    return float(found[1].replace(",", "")) * (1000 if found[2] == "s" else 1)


def near(text: str, expected: float) -> bool:
    """The same, to the digits that are shown."""
    if "<" in text:
        return expected < shown(text)
    return math.isclose(shown(text), expected, rel_tol=0.051, abs_tol=0.051)


# ---- what the page says of theory, by the bench's models: tests/vectors/theory.json holds the two together


def poll_model(rate: float, every: float, rtt: float) -> dict[str, float]:
    law = models.poll(every / 1000, rtt / 1000, rtt / 2000, rate=rate)
    return ages(law) | {"requests": law.requests, "wasted": 100 * law.empty, "answer": law.per_answer}


def longpoll_model(rate: float, rtt: float) -> dict[str, float]:
    law = models.longpoll(rate, rtt / 1000, rtt / 2000)
    return ages(law) | {"requests": law.requests, "answer": law.per_answer}


def ages(law: models.Law) -> dict[str, float]:
    return {name: 1000 * law.quantile(q) for name, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


@pytest.mark.parametrize(
    ("rate", "every", "network"), [(1, 1000, "slow:100"), (5, 500, "slow:400"), (50, 250, "direct")]
)
def test_beside_each_figure_stands_what_theory_says(
    tab: Callable[..., Page], rate: float, every: int, network: str
) -> None:
    race = Race(tab(f"?panel=race&race-rate={rate}&race-every={every}&race-network={network}")).start()
    race.lane("ws").locator("[data-theory=p50]", has_text="theory").wait_for()

    def wrong() -> list[tuple[str, str, float]]:
        """What stands there and is not what the models say of the round trip that is known now."""
        rtt = race.rtt
        told = {"poll": poll_model(rate, every, rtt), "longpoll": longpoll_model(rate, rtt)}
        told |= dict.fromkeys(("sse", "ws"), {"p99": rtt / 2, "requests": 0})
        every_one = [(transport, name, value) for transport, model in told.items() for name, value in model.items()]
        return [one for one in every_one if not near(race.theory(one[0], one[1]), one[2])]

    until(lambda: not wrong())  # it may be measured anew between two looks
    assert race.rtt > (float(network.split(":")[1]) if ":" in network else 0)


def test_each_lane_shows_what_it_heard_and_what_it_cost(tab: Callable[..., Page], lab: Program) -> None:
    page = tab("?panel=race&race-rate=10&race-every=250&left=ws&right=ws")
    race = Race(page)
    race.part("race-guess").get_by_label("poll", exact=True).check()
    race.start().says("You guessed poll.")
    words = race.says("A poll’s two heads")
    assert "poll last" in words and "Long polling is" in words and "wasted" in words
    for transport in LANES:
        lane = race.lane(transport)
        for name in FIGURES:
            lane.locator(f"[data-figure={name}]", has_text=re.compile(r"\d")).wait_for(**SOON)
    until(lambda: shown(race.figure("poll", "requests")) > 3)
    assert shown(race.figure("ws", "requests")) == 0
    assert shown(race.figure("longpoll", "bytes")) > 2 * shown(race.figure("ws", "bytes"))
    # What theory says of bytes is made of the knobs and, where there are heads, of the heads that were measured.
    until(lambda: abs(shown(race.figure("ws", "bytes")) / shown(race.theory("ws", "bytes")) - 1) < 0.08)
    until(lambda: abs(shown(race.figure("sse", "bytes")) / shown(race.theory("sse", "bytes")) - 1) < 0.08)
    # The chat's seats hear nothing of it.
    assert not Seat(page, "left").heard() and not Seat(page, "right").heard()
    # Two names of this server are in use, so that the page keeps connections for itself.
    hosts = {race.lane(transport).locator("[data-role=host]").inner_text() for transport in LANES}
    assert hosts == {f"127.0.0.1:{lab.port}", f"localhost:{lab.port}"}


def test_a_round_trip_and_a_rate_at_which_longpoll_falls_behind(tab: Callable[..., Page]) -> None:
    race = Race(tab("?panel=race")).start()
    race.part("race-try-behind").click()
    words = race.says("Long polling is slower than WebSocket here")
    assert "fall into each such gap" in words
    until(lambda: shown(race.figure("longpoll", "answer")) > 1.2)
    until(lambda: shown(race.figure("longpoll", "p95")) > 1.5 * shown(race.figure("ws", "p95")) > 150)
    assert "race-network=slow%3A200" in race.page.url and "race-rate=10" in race.page.url
    race.page.go_back()
    race.part("race-rate-said").get_by_text("1", exact=True).wait_for()
    until(lambda: race.part("race-network").input_value() == "direct")  # the lab is asked for it
    until(lambda: race.rtt < 200)


def test_back_pressed_before_the_lab_took_the_network_is_what_holds(tab: Callable[..., Page]) -> None:
    page = tab("?panel=race")
    race = Race(page)
    held: list[Route] = []
    page.route("**/via/~*", lambda route: held.append(route), times=1)
    race.part("race-try-behind").click()
    race.part("race-rate-said").get_by_text("10", exact=True).wait_for()
    until(lambda: held)
    page.go_back()
    race.part("race-rate-said").get_by_text("1", exact=True).wait_for()
    with page.expect_response(lambda answer: "direct" in (answer.request.post_data or "")):
        held.pop().continue_()
    until(lambda: race.part("race-network").input_value() == "direct")


def test_a_knob_turned_while_it_runs_changes_theory_and_begins_the_count_anew(tab: Callable[..., Page]) -> None:
    race = Race(tab("?panel=race&race-rate=20&race-network=slow:50&race-every=250")).start()

    def asked() -> int:
        """Questions of poll that were answered since counting began."""
        found = re.search(r"/(\d+)\)", race.figure("poll", "wasted"))
        return int(found[1]) if found else 0

    until(lambda: asked() >= 8)
    before = shown(race.theory("poll", "p50"))
    race.part("race-every").fill("3000")
    race.part("race-every").press("Tab")
    assert "race-every=3000" in race.page.url
    until(lambda: shown(race.theory("poll", "p50")) == pytest.approx(before + 1375, abs=10))
    until(lambda: asked() < 4)
    until(lambda: shown(race.figure("poll", "p99")) > 1100)  # no poll every quarter of a second can be so late


def test_a_connection_closed_after_each_answer_costs_longpoll_a_round_trip_more(tab: Callable[..., Page]) -> None:
    race = Race(tab("?panel=race&race-rate=50&race-network=slow:400")).start()
    # Two round trips of 400 ms are 1.25 in a second, however quick the machine: more is one round trip only.
    until(lambda: shown(race.figure("longpoll", "requests")) > 1.35)
    open_answer = shown(race.theory("longpoll", "answer"))
    race.part("race-close").check()
    until(lambda: shown(race.theory("longpoll", "answer")) == pytest.approx(2 * open_answer, rel=0.05))
    until(lambda: 0.2 < shown(race.figure("longpoll", "requests")) < 1.3)
    assert "race-close=1" in race.page.url


def test_putting_it_away_ends_everything(tab: Callable[..., Page], lab: Program) -> None:
    page = tab("?panel=race&race-rate=10&left=ws&right=ws")
    race = Race(page).start()
    race.says("A poll’s two heads")
    assert len(ask(lab, "/lab/feed")["feeds"]) == 1
    race.root.locator("summary").click()
    until(lambda: not ask(lab, "/lab/feed")["feeds"])
    asking = Asking(lab.url)  # one for all looks: who asks is here, too
    until(lambda: len(asking.others()) == 2)  # only the seats are here

    def costs() -> list[int]:
        told = ask(lab, "/stats")["transports"]
        return [told[name]["requests"] for name in ("poll", "longpoll", "sse")]

    first = costs()
    page.wait_for_timeout(1500)
    assert costs() == first
    race.root.locator("summary").click()
    race.part("race-ended").get_by_text("put away").wait_for()
    race.start().says("A poll’s two heads")  # and again
    page.close(run_before_unload=False)
    until(lambda: not ask(lab, "/lab/feed")["feeds"])


def test_a_page_that_is_left_takes_its_feed_along(tab: Callable[..., Page], lab: Program) -> None:
    page = tab("?panel=race&race-rate=10")
    Race(page).start().says("The feed speaks|longpoll is")
    page.goto("about:blank")
    until(lambda: not ask(lab, "/lab/feed")["feeds"])


def test_a_page_out_of_sight_for_long_stops(tab: Callable[..., Page], lab: Program) -> None:
    page = tab("?panel=race&race-rate=10")
    race = Race(page).start()
    race.says("Long polling is")
    page.evaluate(
        """() => {
            const late = setTimeout; // of the page's own timers only the one of half a minute is made short
            globalThis.setTimeout = (run, ms, ...rest) => late(run, ms === 30000 ? 100 : ms, ...rest);
            Object.defineProperty(document, "hidden", { value: true, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    race.part("race-ended").get_by_text("out of sight").wait_for()
    until(lambda: not ask(lab, "/lab/feed")["feeds"])


@pytest.mark.parametrize("wrong", [5000, -5000])
def test_a_clock_that_is_wrong_does_not_make_news_old(
    tab: Callable[..., Page], context: BrowserContext, wrong: int
) -> None:
    ahead = f"{{ value: performance.timeOrigin + {wrong} }}"
    context.add_init_script(f"Object.defineProperty(performance, 'timeOrigin', {ahead})")
    race = Race(tab("?panel=race&race-rate=20&left=ws&right=ws")).start()
    until(lambda: shown(race.figure("ws", "p50")) < 200)
    told = race.part("race-clock").inner_text()
    assert ("behind" if wrong > 0 else "ahead of") in told and re.search(r"(5\.0\d|4\.9\d)\ss", told)
    assert "-" not in race.figure("ws", "last")


def test_a_hub_that_begins_a_new_life_is_raced_on(tab: Callable[..., Page], lab: Program) -> None:
    race = Race(tab("?panel=race&race-rate=10&race-network=slow:100")).start()
    race.says("A poll’s two heads")
    lab.stop()
    race.says("Nothing comes through this network on any lane")
    lab.start()
    until(lambda: len(ask(lab, "/lab/feed")["feeds"]) == 1)
    until(lambda: shown(race.figure("poll", "requests")) > 0.5)
    race.says("A poll’s two heads")
    until(lambda: 40 < shown(race.figure("sse", "p50")) < 500)  # through its network again


def test_a_lane_that_gets_nothing_through_says_so(tab: Callable[..., Page]) -> None:
    race = Race(tab("?panel=race&race-rate=10&race-network=no-upgrade")).start()
    assert "Nothing comes through for ws" in race.says("Nothing comes through")
    race.lane("ws").locator("[data-role=state]", has_text="no line now").wait_for()
    assert race.figure("ws", "p50") == "–"
    race.lane("sse").locator("[data-figure=p50]", has_text=re.compile(r"\d")).wait_for()


def test_more_feeds_than_the_server_gives_is_told(tab: Callable[..., Page], lab: Program) -> None:
    owners = Crowd(lab)
    owners.come(FEEDS // Bounds().each)
    for n, owner in enumerate(owners.here):
        owner.ask("join", {"room": f"room {n}"})
        for _ in range(Bounds().each):
            body = json.dumps({"rate": 1, "seconds": 60, "room": f"room {n}"}).encode()
            url = f"{lab.url}/lab/feed?sid={owner.sid}"
            urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})).close()
    race = Race(tab("?panel=race"))
    race.part("race-go").click()
    race.part("race-ended").get_by_text(f"{FEEDS} feeds speak already").wait_for()
    race.root.get_by_role("button", name="Start", exact=True).wait_for()


def test_the_knobs_are_in_the_address_and_come_back(tab: Callable[..., Page]) -> None:
    race = Race(tab("?panel=race&race-rate=3&race-size=500"))
    assert race.part("race-rate-said").inner_text() == "3"  # also what is no stop of the slider
    race.part("race-shape").select_option("periodic")
    race.part("race-network").select_option("slow")
    race.page.wait_for_url("**race-network=slow**")
    race.page.reload()
    until(lambda: race.part("race-network").input_value() == "slow")
    assert race.part("race-shape").input_value() == "periodic"
    assert race.part("race-size").input_value() == "500"
    for wrong in ("race-rate=NaN", "race-rate=-5", "race-rate=1e9", "race-size=x", "race-every=1", "race-network=%00"):
        race.page.goto(f"{race.page.url.split('?')[0]}?panel=race&{wrong}")
        assert 0.1 <= float(race.part("race-rate-said").inner_text()) <= 50


# ---- six connections


def states(race: Race) -> list[str]:
    return [item.get_attribute("data-state") or "" for item in race.part("six").locator("li").all()]


def test_six_readers_open_the_seventh_waits_and_a_websocket_does_not(tab: Callable[..., Page], lab: Program) -> None:
    race = Race(tab("?panel=race&left=ws&right=ws"))
    race.part("six-open").click()
    race.part("six-sees").get_by_text("6 of 8 readers are open").wait_for()
    until(lambda: states(race) == ["open"] * 6 + ["waits"] * 3 + ["open"])
    assert "Only the WebSocket did not have to" in race.part("six-sees").inner_text()
    race.part("six-one").click()
    until(lambda: states(race) == ["closed"] + ["open"] * 6 + ["waits"] * 2 + ["open"])
    race.part("six-all").click()
    until(lambda: set(states(race)) == {"closed"})
    race.part("six-number").select_option("3")
    assert "race-readers=3" in race.page.url
    race.part("six-open").click()
    until(lambda: states(race) == ["open"] * 3 + ["answered", "open"])
    race.part("six-sees").get_by_text("there is room").wait_for()
    race.root.locator("summary").click()  # put away: nothing of it is held
    race.root.locator("summary").click()
    until(lambda: "open" not in states(race))


def test_the_race_and_the_experiment_leave_each_other_the_connections(tab: Callable[..., Page]) -> None:
    race = Race(tab("?panel=race")).start()
    race.part("six-open").click()
    race.part("race-ended").get_by_text("connections").wait_for()
    race.part("six-sees").get_by_text("6 of 8").wait_for()
    race.start()
    until(lambda: "open" not in states(race))


# ---- its memory, its languages, its form


def test_what_it_remembers_does_not_grow(tab: Callable[..., Page]) -> None:
    """The ring of a lane (`heap.py` measures the whole, for minutes)."""
    counted = tab().evaluate(
        """async () => {
            const { Ring } = await import("/page/race/ring.js");
            const ring = new Ring(100);
            for (let i = 1; i <= 1050; i += 1) ring.add(i, i);
            const seen = [];
            ring.backwards((at) => seen.push(at) < 500);
            return { count: ring.count, last: ring.last, seen: seen.length, oldest: seen.at(-1), ...ring.figures() };
        }"""
    )
    assert counted == {
        "count": 100, "last": 1050, "seen": 100, "oldest": 951, "mean": 1000.5, "p50": 1000, "p95": 1045, "p99": 1049,
    }  # fmt: skip


def test_both_languages_say_the_same_things(tab: Callable[..., Page]) -> None:
    page = tab("?panel=race")
    places = texts_of(page, "race")
    assert places[0] == places[1] and all(key.startswith("race.") for key in places[0])
    page.locator("[data-role=lang]").click()
    Race(page).root.get_by_text("每个主机六条连接").wait_for()
    Race(page).root.get_by_role("button", name="开始").wait_for()


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_it_fits_a_small_phone_and_big_type_and_bars_nobody(
    browser: Browser, lab: Program, language: str, scheme: Scheme
) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language, viewport={"width": 320, "height": 640})
    try:
        page = context.new_page()
        page.goto(f"{lab.url}/?panel=race&race-rate=20&race-network=slow:100")
        race = Race(page)
        race.part("race-go").click()
        race.part("six-open").wait_for()
        race.lane("poll").locator("[data-figure=bytes]", has_text=re.compile(r"\d")).wait_for(timeout=2 * DEADLINE)
        fits = "() => document.querySelector('details[data-panel=race]').scrollWidth <= innerWidth"
        assert page.evaluate(fits)
        assert not barred(page, "details[data-panel=race]")
        page.goto(f"{lab.url}/?panel=race&size=large")
        race.part("race-go").wait_for()
        assert page.evaluate(fits)
    finally:
        context.close()
