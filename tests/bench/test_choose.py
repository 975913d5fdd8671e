"""Choosing: worlds in which each transport is first, the thresholds at which the first changes, and what is said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.choose.command import RUN, main
from bench.choose.costs import FIGURES, TRANSPORTS, interval, row, rows
from bench.choose.curve import Curve, Point, curve
from bench.choose.facts import Facts, Heads, Told, Way, facts, of_file
from bench.choose.flips import Flip, flips
from bench.choose.question import KNOBS, BadAnswer, Question, asked, question
from bench.choose.ranking import PLAIN, Place, broken, ranked
from bench.choose.shown import text
from bench.docs import DOCS
from bench.report.document import Document
from bench.report.runs import read_all as document_of
from tests.root import ROOT

US = 1e-6


def flat(cost: float, most: float = 1e6) -> Curve:
    """A cost that is the same at every load up to `most`."""
    return curve([Point(1e-3, cost, "A"), Point(most, cost, "B")])


def world(request: float = 40, answer: float = 40, sse: float = 10, ws: float = 10, beat: float = 10) -> Facts:
    """A server whose every cost is round, in µs; a client's memory is next to nothing."""
    return Facts(
        base=Point(0, 0.0, "nothing"),
        request=flat(request * US),
        answer=flat(answer * US),
        delivery={"sse": flat(sse * US), "ws": flat(ws * US)},
        beat={"sse": flat(beat * US), "ws": flat(beat * US)},
        message=1 * US,
        memory={name: flat(1.0) for name in TRANSPORTS},
        payload=Curve((Point(0, 200, "A"), Point(1000, 1200, "B")), straight=True),
        around={"sse": Curve((Point(0, 30, "A"),)), "ws": Curve((Point(0, 4, "A"),))},
        beating={"sse": Told(130, "A"), "ws": Told(104, "A")},
        empty=Told(100, "A"),
        heads={"poll": Heads(100, 180, "A"), "longpoll": Heads(100, 180, "A")},
        emit={"post": Way(300, 200, "A"), "ws": Way(80, 60, "A")},
        streams=Told(6, "A"),
        walls=(20, 9),
    )


USUAL = Question(rtt=0.0)


def order(asked: Question, found: Facts) -> list[str]:
    return [place.transport for place in ranked(asked, found)]


def one(found: list[Flip], knob: str, up: bool | None) -> Flip:
    (flip,) = [flip for flip in found if (flip.knob, flip.up) == (knob, up)]
    return flip


# ---- worlds


@pytest.mark.parametrize(
    ("first", "asked", "found"),
    [
        ("sse", USUAL, world()),  # level with ws, and plainer
        ("ws", USUAL, world(sse=20)),
        ("ws", USUAL.given(up=1.0), world()),  # a POST for each, and a request is dear
        ("ws", USUAL.given(tabs=6), world()),
        ("sse", USUAL.given(tabs=5), world()),
        ("sse", USUAL.given(tabs=6, http="2"), world()),
        ("longpoll", USUAL.given(proxies="foreign", fallback=False), world(answer=20)),
        ("poll", USUAL.given(proxies="foreign", fallback=False), world()),
        ("sse", USUAL.given(proxies="foreign"), world()),
        ("longpoll", USUAL.given(rate=0.01), world(beat=1000)),
        ("poll", USUAL.given(age=60.0, rate=5.0), world()),
        ("poll", USUAL.given(age=60.0, battery=True), world(request=1000)),
        ("sse", USUAL.given(age=1.0, battery=True), world()),
        ("poll", USUAL, world(request=1)),
    ],
)
def test_each_transport_has_its_world(first: str, asked: Question, found: Facts) -> None:
    assert order(asked, found)[0] == first


def test_the_ranking_depends_on_nothing_but_facts_and_question() -> None:
    assert order(USUAL, world()) == order(USUAL.given(), world()) == ["sse", "ws", "poll", "longpoll"]
    assert set(order(USUAL, Facts())) == set(PLAIN)


def test_who_breaks_a_condition_stands_behind_who_keeps_it_however_cheap() -> None:
    found = world(sse=1, request=100)
    places = ranked(USUAL.given(tabs=6, proxies="foreign", fallback=False), found)
    assert [(place.transport, place.broken) for place in places] == [
        ("poll", ()), ("longpoll", ("fits",)), ("ws", ("arrives",)), ("sse", ("arrives", "fits")),
    ]  # fmt: skip
    late = Question(rtt=0.4, age=0.1)
    assert all(broken(found_row, late, found) == ("in time",) for found_row in rows(late, found))


def test_what_was_not_measured_is_not_chosen_and_no_number_is_put_in_its_place() -> None:
    found = replace(world(), delivery={"ws": flat(10 * US)})
    places = ranked(USUAL, found)
    assert [place.transport for place in places][-1] == "sse" and places[-1].broken == ("known",)
    assert (
        places[-1].row.figures["cores"].value is None and "was not measured" in places[-1].row.figures["cores"].source
    )
    nothing = ranked(USUAL, Facts())
    assert all("known" in place.broken and place.row.figures["cores"].value is None for place in nothing)
    assert "not measured" in text(USUAL, Facts(), nothing, flips(USUAL, Facts()))


def test_level_costs_go_to_the_plainer_and_not_a_hair_beyond() -> None:
    assert order(USUAL, world(sse=11.49))[0] == "sse"
    assert order(USUAL, world(sse=11.51))[0] == "ws"


# ---- sums


def test_the_sums_are_those_one_does_by_hand() -> None:
    asked = Question(clients=2000, rate=2.0, size=100, age=1.005, rtt=0.03, heads=400)
    poll, longpoll, sse, ws = (row(name, asked, world()) for name in TRANSPORTS)
    assert poll.interval == pytest.approx(1.0)  # 99 % of it and half a round trip are 1.005 s
    # 2,000 polls/s of 40 µs and 4,000 messages/s of 1 µs, of which half are of 1,000 clients
    assert poll.value("cores") == pytest.approx((2000 * 40 + 4000) * US / 2)
    assert poll.value("requests") == pytest.approx(1000)
    assert poll.value("up") == pytest.approx(1000 * 500 * 8 / 1e6)
    empty = 0.1353352832366127  # exp(-2)
    assert poll.value("down") == pytest.approx((280 + 2 * 200 + 2 - (1 - empty)) * 8 / 1000)
    assert poll.value("mean") == pytest.approx(0.515) and poll.value("p99") == pytest.approx(1.005)
    # 4,000 deliveries/s of 10 µs; the last of 2,000 clients is written to 20 ms after the first.
    assert ws.value("cores") == pytest.approx(4000 * 10 * US / 2)
    assert ws.value("down") == pytest.approx(2 * 304 * 8 / 1000) and sse.value("down") == pytest.approx(
        2 * 330 * 8 / 1000
    )
    assert ws.value("mean") == pytest.approx(0.015 + 0.01) and ws.value("p99") == pytest.approx(0.015 + 0.0198)
    assert ws.value("requests") == ws.value("up") == 0
    # Little's law: a message each half second, a round trip between two held requests.
    assert longpoll.value("requests") == pytest.approx(1000 / (0.03 + 0.9417645335842487 / 2), rel=1e-6)
    assert longpoll.value("p99") < 0.045 + 2000 * 40 * US
    assert {name for found in (poll, longpoll, sse, ws) for name in found.figures} == set(FIGURES)


def test_an_interval_is_as_long_as_the_age_and_the_connection_allow_and_no_shorter_than_the_server_does() -> None:
    found = world()
    assert interval(USUAL.given(age=0.99), found) == pytest.approx(1.0)
    assert interval(USUAL.given(age=0.1), found) == 0.25 and interval(USUAL.given(age=3600), found) == 60.0
    assert interval(USUAL.given(age=3600, interval=7.0), found) == 7.0
    assert broken(row("poll", USUAL.given(age=0.1), found), USUAL.given(age=0.1), found) == ("in time",)


def test_what_goes_up_goes_in_frames_or_in_posts_with_a_browsers_heads() -> None:
    asked = USUAL.given(up=2.0, size=100)
    ws, sse = row("ws", asked, world()), row("sse", asked, world())
    assert ws.value("up") == pytest.approx(2 * 180 * 8 / 1000) and sse.value("up") == pytest.approx(2 * 800 * 8 / 1000)
    assert ws.value("requests") == 0 and sse.value("requests") == 2000
    assert sse.value("cores") - ws.value("cores") == pytest.approx(2000 * (40 - 10) * US)
    assert "assumed" in sse.figures["cores"].source


def test_a_curve_is_read_between_its_points_and_says_when_it_is_read_beyond_them() -> None:
    found = curve([Point(100, 4.0, "two"), Point(1, 1.0, "one"), Point(101, 16.0, "two again")])
    assert [point.y for point in found.points] == pytest.approx(
        [1.0, 8.0]
    )  # what was measured twice is one, the geometric mean
    middle = found.at(10)
    assert middle is not None and middle.value == pytest.approx(8**0.5)
    assert middle.cells == "one and two with two again, interpolated" and middle.outside == ""
    for x, value, outside in ((0.5, 1.0, "below"), (1, 1.0, ""), (100, 8.0, ""), (103, 8.0, "above")):
        at = found.at(x)
        assert at is not None and at.value == pytest.approx(value) and at.outside == outside
    straight = curve([Point(0, 200, "a"), Point(1000, 1200, "b")], straight=True).at(300)
    assert straight is not None and straight.value == 500
    assert Curve(()).at(1) is None


def test_nothing_is_extrapolated_in_silence() -> None:
    found = replace(world(), delivery={"sse": flat(10 * US, 5000), "ws": flat(10 * US)})
    asked = USUAL.given(clients=10_000)
    sse, ws = row("sse", asked, found), row("ws", asked, found)
    assert sse.outside == (("cores", "10,000 deliveries/s, measured up to 5,000: taken at the cost there"),)
    assert ws.outside == () and ws.processes == 1
    many = row("ws", USUAL.given(clients=250_000), found)
    assert many.processes == 3 and any("3 processes, where one was measured" in said for _, said in many.outside)
    shown = text(asked, found, ranked(asked, found), [])
    assert "Beyond what was measured:\n  sse: 10,000 deliveries/s" in shown


# ---- what would change the answer


def test_the_first_two_change_places_at_the_rate_that_makes_them_level() -> None:
    """Polls at 1/s of 40 µs and messages of 1 µs, against events of 10 µs: level at 15 % is (40 + r) = 11.5 r."""
    asked, found = USUAL.given(age=0.99), world()
    assert order(asked, found)[0] == "sse"
    flip = one(flips(asked, found), "rate", True)
    assert flip.first == "poll" and flip.value == pytest.approx(40 / 10.5, rel=1e-3)
    assert order(asked.given(rate=flip.value * 1.001), found)[0] == "poll"
    assert order(asked.given(rate=flip.value * 0.999), found)[0] == "sse"


def test_polling_gets_in_at_an_age_that_is_found() -> None:
    """(40 / T + 1) = 11.5 at the rate of one, and T = age / 0.99."""
    asked, found = USUAL.given(age=0.99), world()
    flip = one(flips(asked, found), "age", True)
    assert flip.first == "poll" and flip.value == pytest.approx(0.99 * 40 / 10.5, rel=1e-3)
    assert not flip.outside and flip.because == "sse costs about the same, and poll is plainer"
    sooner = one(flips(asked.given(age=10.0), found), "age", False)
    assert sooner.first == "sse" and sooner.value == pytest.approx(flip.value, rel=1e-3)


def test_the_seventh_tab_the_proxy_and_the_battery_are_told() -> None:
    asked, found = USUAL.given(rtt=0.05), world()
    told = flips(asked, found)
    tabs = one(told, "tabs", True)
    assert (tabs.value, tabs.first) == (6, "ws") and "takes all the connections" in tabs.because
    alone = one(told, "fallback", None)
    assert alone.value is False and alone.first in ("poll", "longpoll") and "may be stopped" in alone.because
    posts = one(told, "up", True)
    assert posts.first == "ws" and order(asked.given(up=posts.value), found)[0] == "ws"
    assert [flip.far for flip in told] == sorted(flip.far for flip in told)
    http = one(flips(asked.given(tabs=6), found), "http", None)
    assert (http.value, http.first) == ("2", "sse")


@pytest.mark.parametrize("asked", [USUAL, USUAL.given(up=3.0), USUAL.given(age=30.0, rate=0.1), USUAL.given(tabs=6)])
def test_every_flip_is_one(asked: Question) -> None:
    found, now = world(), order(asked, world())[0]
    told = flips(asked, found)
    assert told
    for flip in told:
        changed = asked.given(**{flip.knob: flip.value})
        changed = changed.given(proxies="foreign") if flip.knob == "fallback" and not flip.value else changed
        assert order(changed, found)[0] == flip.first != now, flip


def test_a_world_in_which_nothing_matters_says_so() -> None:
    found = replace(world(request=0.001, answer=1000, sse=1000, ws=1000, beat=1000), message=0.0, heads={
        "poll": Heads(0, 0, "A"), "longpoll": Heads(9999, 9999, "A")})  # fmt: skip
    asked = USUAL.given(age=60.0)
    assert order(asked, found)[0] == "poll"
    assert not [flip for flip in flips(asked, found) if flip.knob in ("battery", "http", "tabs", "proxies")]


# ---- the committed run


@pytest.fixture(scope="module")
def committed() -> Facts:
    return of_file(RUN, DOCS / "fallback.md")


def test_the_committed_run_has_all_that_is_asked(committed: Facts) -> None:
    for found in rows(Question(up=0.5), committed):
        assert all(figure.value is not None for figure in found.figures.values()), found
    assert committed.base is not None and 0 < committed.base.y < 0.05
    for held in (committed.request, committed.answer, *committed.delivery.values(), *committed.beat.values()):
        assert len(held.points) >= 2 and [point.x for point in held.points] == sorted(point.x for point in held.points)
    assert all("E1" in point.cell for point in committed.payload.points)


def test_at_the_load_of_a_cell_the_cores_are_those_of_the_cell(committed: Facts) -> None:
    """1,000 that poll each second took in E5 what is said of 1,000 that poll each second and hear next to nothing."""
    (cell,) = [
        group
        for group in document_of(RUN).of("E5", transport="poll", variant="ours")
        if group.any.param("clients") == 1000
    ]
    asked = Question(clients=1000, rate=0.001, interval=1.0, age=2.0)
    assert row("poll", asked, committed).value("cores") == pytest.approx(cell.middle("cores"), rel=0.06)
    for transport, name in (("ws", "ws coalesced"), ("sse", "sse"), ("longpoll", "longpoll")):
        (loaded,) = [
            group
            for group in document_of(RUN).of("E4", transport=transport, variant="ours")
            if group.any.param("rate") == 30 and group.any.name == name
        ]
        said = row(transport, Question(clients=300, rate=30.0, rtt=0.0), committed)
        assert said.value("cores") * 0.3 == pytest.approx(loaded.middle("cores"), rel=0.02)
        assert loaded.any.name in said.figures["cores"].source


def test_a_run_without_an_experiment_says_what_is_missing() -> None:
    whole = document_of(RUN)
    found = facts(Document(whole.raw, tuple(cell for cell in whole.cells if cell.experiment in ("E1", "E4"))))
    assert found.base is None and found.memory["ws"].points == () and found.walls is None
    assert all(place.broken == ("known",) for place in ranked(Question(), found))


# ---- asking


def test_flags_put_a_question_and_the_rest_is_as_usual() -> None:
    put = question({"clients": "5000", "battery": "yes", "http": "2", "age": "0.5", "rate": None})
    assert put == Question(clients=5000, battery=True, http="2", age=0.5)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--clients 0", "--clients is 1 to 10,000,000 clients, not 0."),
        ("--clients 1.5", "--clients is a whole number of clients, not 1.5."),
        ("--rate fast", "--rate is a number of messages a second, not 'fast'."),
        ("--age nan", "--age is 0.001 to 3,600 s, not nan."),
        ("--proxies his", "--proxies is one of none, own, foreign, not 'his'."),
        ("--http 3", "--http is one of 1.1, 2, not '3'."),
        ("--colour red", "Unrecognized arguments: --colour red."),
        ("--run nowhere.json", "No such file or directory"),
        ("--run README.md", "README.md is not JSON"),
    ],
)
def test_a_bad_question_gets_one_sentence_and_two(
    arguments: str, sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    try:
        code = main(arguments.split())
    except SystemExit as exit:
        code = int(exit.code or 0)
    said = capsys.readouterr()
    assert code == 2 and sentence in said.err and said.err.count("\n") == 1 and not said.out


def test_on_a_terminal_each_is_asked_and_a_wrong_answer_asked_again() -> None:
    answers: Iterator[str] = iter(["2000", "often", "0.5", *[""] * 20])
    prompts: list[str] = []
    said: list[str] = []

    def read(prompt: str) -> str:
        prompts.append(prompt)
        return next(answers)

    put = asked(read, said.append)
    assert put == Question(clients=2000, rate=0.5)
    assert said == ["rate is a number of messages a second, not 'often'."]
    assert len(prompts) == len(KNOBS) - 2 + 1  # neither the interval nor, without proxies, the fallback; one twice
    assert prompts[0] == "How many clients read at once? (clients) [1000] "


def test_a_fallback_is_asked_for_behind_foreign_proxies() -> None:
    told = {"Whose proxies": "foreign", "Can the client": "no"}
    put = asked(lambda prompt: next((text for start, text in told.items() if prompt.startswith(start)), ""), print)
    assert put == Question(proxies="foreign", fallback=False)


def test_the_program_tells_and_tells_as_json() -> None:
    command = [sys.executable, "-m", "bench", "choose", "--clients", "2000", "--age", "3"]
    told = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True, stdin=subprocess.DEVNULL
    )
    assert "What would change the answer:" in told.stdout and "Behind each number:" in told.stdout
    assert "measured: E5" in told.stdout and "model: RTT/2" in told.stdout and not told.stderr
    told = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    answer = json.loads(told.stdout)
    assert answer["question"]["clients"] == 2000 and len(answer["ranking"]) == 4 and answer["changes"]
    assert set(answer["ranking"][0]["of_1000_clients"]) == set(FIGURES)
    assert all(figure["source"] for place in answer["ranking"] for figure in place["of_1000_clients"].values())


def test_a_broken_pipe_of_conditions_is_said_in_words() -> None:
    late = Question(rtt=0.4, age=0.1)
    places: list[Place] = ranked(late, world())
    assert "No transport fits. The nearest is" in text(late, world(), places, [])
    own = Question(proxies="own", rtt=0.0)
    assert "Your proxies must not gather answers" in text(own, world(), ranked(own, world()), [])
    foreign = Question(proxies="foreign", rtt=0.0)
    shown = text(foreign, world(), ranked(foreign, world()), [])
    assert "Let it fall back to" in shown and "On 9 of 20 networks" in shown


def test_a_knob_takes_what_it_says() -> None:
    with pytest.raises(BadAnswer, match="battery is one of yes, no"):
        KNOBS["battery"].parse("battery", "maybe")
    assert KNOBS["battery"].parse("battery", " no ") is False and Path(RUN).exists()
