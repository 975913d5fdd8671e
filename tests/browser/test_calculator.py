"""The calculator in Chromium: its figures are the meter's, and its ratios come out as they were printed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import barred
from tests.browser.page import Panel, Scheme, texts_of
from tests.browser.program import Program, ask
from tests.root import ROOT


class Calculator(Panel):
    """The panel, by what a person sees and does."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, "calculator", "calc-")

    def measured(self) -> Calculator:
        """Wait until this browser was measured."""
        self.root.locator("section[data-client]").wait_for()
        return self

    def turn(self, knob: str, value: str) -> None:
        self.part(knob).fill(value)
        self.part(knob).press("Tab")

    @property
    def sentences(self) -> str:
        return str(self.part("sees").inner_text()).replace("\u00a0", " ")

    def sum(self, transport: str, name: str) -> float:
        """A figure of the first table; an age in ms."""
        cell = self.part("costs").locator(f"tr[data-transport={transport}] [data-sum={name}] > span, "
                                          f"tr[data-transport={transport}] [data-sum={name}]").first  # fmt: skip
        return number(cell.inner_text())

    def ratio(self, counts: str, whose: str) -> tuple[float, str]:
        cell = self.part("ratios").locator(f"tr[data-counts={counts}] [data-ratio={whose}]")
        return number(cell.locator("span").inner_text()), cell.locator("small").inner_text()


def number(text: str) -> float:
    found = re.search(r"([\d.,]+)\s*(ms|s)?", text.replace("\u00a0", " "))
    assert found, text
    return float(found[1].replace(",", "")) * (1000 if found[2] == "s" else 1)


def meter(lab: Program, calculator: Calculator) -> dict[str, Any]:
    """What the hub counted for the client that measured."""
    client = calculator.root.locator("section").get_attribute("data-client")
    counted: dict[str, Any] = ask(lab, f"/stats?client={client}")["transports"]
    return counted


def head(counts: dict[str, int]) -> float:
    """Bytes of the heads of one question and its answer."""
    return counts["head_up"] / counts["requests"] + counts["head_down"] / (counts["news"] + counts["empty"])


def test_the_heads_are_those_the_meter_counted(tab: Callable[..., Page], lab: Program) -> None:
    calculator = Calculator(tab("?panel=calculator")).measured()
    found = re.search(r"([\d,]+) bytes of head up and ([\d,]+) down, ([\d,]+) in all", calculator.sentences)
    assert found
    up, down, both = (number(text) for text in found.groups())
    counted = meter(lab, calculator)["poll"]
    assert counted["requests"] == 5
    assert both == pytest.approx(head(counted), abs=0.6)
    assert up == pytest.approx(counted["head_up"] / counted["requests"], abs=0.6)
    assert down == pytest.approx(counted["head_down"] / (counted["news"] + counted["empty"]), abs=0.6)
    # The heads are there to be read, as long as they were counted, but for the sid, of which nothing is shown.
    calculator.root.get_by_text("The heads of one poll").click()
    heads = calculator.part("heads").inner_text()
    assert heads.startswith("GET /poll?sid=…") and "HTTP/1.1 200 OK" in heads and "User-Agent" in heads.title()
    # Every transport of this browser was measured, by one client, which has left again.
    assert all(meter(lab, calculator)[way]["requests"] for way in ("poll", "longpoll", "sse", "ws"))


def test_kaazings_numbers_come_out_as_printed(tab: Callable[..., Page]) -> None:
    calculator = Calculator(tab("?panel=calculator"))
    expected = {
        "characters": (435.5, "871 to 2"), "heads": (454.5, "909 to 2"), "application": (40.4, "930 to 23"),
        "wire": (8.6, "1,086 to 127"), "tls": (7.6, "1,130 to 149"),
    }  # fmt: skip
    for counts, told in expected.items():
        assert calculator.ratio(counts, "kaazing") == told
    rows = calculator.part("cases").locator("tr").all_inner_texts()
    assert [re.findall(r"[\d.,]+", row)[:5] for row in rows] == [
        ["1,000", "6.97", "6.6", "0.016", "0.015"],
        ["10,000", "69.7", "66", "0.16", "0.153"],
        ["100,000", "697", "665", "1.60", "1.526"],
    ]


def test_the_readers_own_ratios_are_made_of_what_was_measured(tab: Callable[..., Page], lab: Program) -> None:
    calculator = Calculator(tab("?panel=calculator&calc-size=20")).measured()
    heads = head(meter(lab, calculator)["poll"])
    value, of = calculator.ratio("heads", "own")
    assert value == pytest.approx(heads / 4, abs=0.06)  # a batch of 126 bytes or more has four bytes of frame
    polled, pushed = (number(text) for text in of.split(" to "))
    assert polled == pytest.approx(heads, abs=0.6) and pushed == 4
    values = [calculator.ratio(counts, "own")[0] for counts in ("heads", "application", "wire", "tls")]
    assert values == sorted(values, reverse=True)
    assert calculator.ratio("characters", "own")[0] < values[0]
    # With the message: what the heads and the frame are around is the same.
    polled, pushed = (number(text) for text in calculator.ratio("application", "own")[1].split(" to "))
    assert polled - pushed == pytest.approx(heads - 4, abs=1.1)


def test_the_costs_follow_from_the_knobs(tab: Callable[..., Page], lab: Program) -> None:
    calculator = Calculator(tab("?panel=calculator&calc-clients=1000&calc-rtt=100")).measured()
    poll = head(meter(lab, calculator)["poll"])
    assert calculator.sum("poll", "requests") == 1000
    assert calculator.sum("poll", "age") == 550  # T/2 + RTT/2
    assert calculator.sum("ws", "age") == 50
    assert calculator.sum("poll", "around") == pytest.approx(poll * 8 * 1000 / 1e6, rel=0.01)
    assert calculator.sum("ws", "around") == pytest.approx(4 * 8 * 1000 / 1e6, rel=0.02)
    assert calculator.sum("sse", "requests") == calculator.sum("ws", "requests") == 0
    # Of a frame's little around 100 bytes of text most is our own JSON, and that is said.
    parts = calculator.part("costs").locator("tr[data-transport=ws] [data-sum=around]").inner_text()
    shares = [int(share) for share in re.findall(r"(\d+)\s*%", parts)]
    assert 99 <= sum(shares) <= 101 and shares[1] > shares[2] > shares[0]
    calculator.turn("every", "5000")
    assert calculator.sum("poll", "requests") == 200
    assert calculator.sum("poll", "age") == pytest.approx(2550, abs=10)
    assert "1,000 readers who ask every 5 s" in calculator.sentences
    calculator.turn("cookie", "1000")
    assert calculator.sum("poll", "around") == pytest.approx((poll + 1010) * 8 * 200 / 1e6, rel=0.01)
    assert "1,000 bytes of cookies" in calculator.sentences
    # Many messages: longpoll asks at most once in a round trip, and is half of one late.
    calculator.turn("rate", "100")
    assert calculator.sum("longpoll", "requests") == pytest.approx(10_000, rel=0.01)
    assert calculator.sum("longpoll", "age") == pytest.approx(100, abs=1)


def test_a_server_pays_what_the_command_says(tab: Callable[..., Page], lab: Program) -> None:
    """The page's own command, run, gives the page's order and figures."""
    page = tab("?panel=calculator&calc-clients=5000&calc-rtt=80&calc-rate=2&calc-every=3000")
    calculator = Calculator(page).measured()
    rows = calculator.part("choice").locator("tr")
    order = [rows.nth(n).get_attribute("data-transport") for n in range(rows.count())]
    command = calculator.part("command").inner_text().split()
    assert command[:4] == ["python", "-m", "bench", "choose"] and "--clients" in command
    told = subprocess.run(
        [sys.executable, *command[1:], "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    ranking = json.loads(told.stdout)["ranking"]
    assert order == [place["transport"] for place in ranking] and len(order) == 4
    for n, place in enumerate(ranking):
        costs = {name: figure["value"] for name, figure in place["of_1000_clients"].items()}
        shown = {
            key: number(rows.nth(n).locator(f"[data-sum={key}]").inner_text()) for key in ("cores", "memory", "tail")
        }
        assert shown["cores"] == pytest.approx(costs["cores"], rel=0.06)  # two digits are shown
        assert shown["memory"] == pytest.approx(costs["memory"] / 1e6, rel=0.006)
        assert shown["tail"] == pytest.approx(costs["p99"] * 1000, rel=0.02, abs=0.6)
    # What is beyond the measured is said: 5,000 readers who ask each second ask oftener than any did.
    beyond = calculator.part("beyond").locator("b")
    for every, said in (("10000", []), ("1000", ["poll"])):
        calculator.turn("every", every)
        assert [name for name in beyond.all_inner_texts() if name == "poll"] == said


def test_the_knobs_are_in_the_address_and_back_undoes_them(tab: Callable[..., Page]) -> None:
    page = tab("?panel=calculator&calc-clients=2000&calc-size=64")
    calculator = Calculator(page)
    assert calculator.part("clients").input_value() == "2000" and calculator.part("size").input_value() == "64"
    calculator.turn("rtt", "120")
    assert "calc-rtt=120" in page.url and "calc-size=64" in page.url
    page.reload()
    assert calculator.part("rtt").input_value() == "120"
    calculator.turn("rtt", "7")
    page.go_back()
    page.wait_for_function("() => document.querySelector('[data-role=calc-rtt]').value === '120'")
    for wrong, held in (
        ("clients=-1", 1),
        ("clients=NaN", 10_000),
        ("rate=0", 0.001),
        ("every=1", 250),
        ("size=1e9", 16_000),
    ):
        page.goto(f"{page.url.split('?')[0]}?panel=calculator&calc-{wrong}")
        calculator.part("ratios").locator("tr").first.wait_for()
        assert float(calculator.part(wrong.split("=")[0]).input_value()) == held


def test_a_hub_that_does_not_answer_is_told_and_asked_again(tab: Callable[..., Page]) -> None:
    page = tab()
    page.route("**/stats?client=*", lambda route: route.abort())
    calculator = Calculator(page)
    calculator.root.locator("summary").first.click()
    calculator.part("trouble").get_by_text("did not answer").wait_for()
    assert calculator.ratio("characters", "kaazing")[0] == 435.5
    page.unroute("**/stats?client=*")
    calculator.part("again").click()
    calculator.measured()
    assert not calculator.part("trouble").is_visible()


def test_both_languages_say_the_same_things(tab: Callable[..., Page]) -> None:
    page = tab("?panel=calculator")
    places = texts_of(page, "calculator")
    assert places[0] == places[1] and all(key.startswith("calculator.") for key in places[0])
    calculator = Calculator(page).measured()
    page.locator("[data-role=lang]").click()
    calculator.root.get_by_text("那张著名的表").wait_for()
    assert "10,000 个读者每 1 秒问一次" in calculator.sentences


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("zh", "light")])
def test_it_fits_a_small_phone_and_big_type_and_bars_nobody(
    browser: Browser, lab: Program, language: str, scheme: Scheme
) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language, viewport={"width": 320, "height": 640})
    try:
        page = context.new_page()
        page.goto(f"{lab.url}/?panel=calculator")
        Calculator(page).measured()
        fits = "() => document.querySelector('details[data-panel=calculator]').scrollWidth <= innerWidth"
        inside = "() => [...document.querySelectorAll('.wide')].every((wide) => wide.scrollWidth <= wide.clientWidth)"
        assert page.evaluate(fits) and page.evaluate(inside)
        assert not barred(page, "details[data-panel=calculator]")
        page.goto(f"{lab.url}/?panel=calculator&size=large")
        Calculator(page).measured()
        assert page.evaluate(fits)
    finally:
        context.close()
