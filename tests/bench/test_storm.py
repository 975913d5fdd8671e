"""The reconnect storm on known answers: fixed ladders strike as one, and full jitter keeps the crowd apart."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import islice

import pytest

from bench.storm.figure import WIDE, figure
from bench.storm.others import centrifuge, phoenix, signalr, socketio
from bench.storm.ours import BIN, RTT, drained, gone
from bench.storm.shown import panels, table
from bench.storm.storm import EVERYBODY, Storm, Who, storm

CROWD = 400
BY_NAME = {who.name: who for who in EVERYBODY}
OURS = [who for who in EVERYBODY if who.name.startswith("ours")]


def played(name: str, outage: float, *, clients: int = CROWD, seconds: float = 120.0) -> Storm:
    return storm(BY_NAME[name], clients, outage, seconds, seed=1)


# ---- the formulas


def test_socketio_spreads_three_attempts_and_then_waits_five_seconds_like_everybody() -> None:
    least, most = ([*islice(socketio(lambda: luck), 8)] for luck in (0.8999, 0.9999))
    assert least[0] == pytest.approx(0.551, abs=0.001) and most[0] == pytest.approx(1.499, abs=0.001)
    for luck in (0.0, 0.3, 0.45, 0.85, 0.99):
        delays = [*islice(socketio(lambda: luck), 8)]
        assert 0.5 <= delays[0] <= 1.5 and 1.0 <= delays[1] <= 3.0 and 2.0 <= delays[2] <= 5.0
        assert 4.0 <= delays[3] <= 5.0
        assert delays[4:] == [5.0] * 4  # the jitter is cut off with the rest


def test_centrifuge_waits_between_half_a_second_and_twenty() -> None:
    assert [*islice(centrifuge(lambda: 0.0), 9)] == [0.5] * 9
    assert [*islice(centrifuge(lambda: 1.0), 7)] == [1.0, 1.5, 2.5, 4.5, 8.5, 16.5, 20.0]


def test_the_fixed_ladders_are_as_written() -> None:
    assert [*islice(phoenix(lambda: 0.5), 12)] == [0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0]
    assert [*signalr(lambda: 0.5)] == [0.0, 2.0, 10.0, 30.0]


# ---- the crowd


@pytest.mark.parametrize("name", ["Phoenix", "SignalR, if asked to reconnect"])
def test_on_a_fixed_ladder_everybody_knocks_in_the_same_instant(name: str) -> None:
    one = BY_NAME[name].policy(lambda: 0.1, 30.0, 120.0)
    other = BY_NAME[name].policy(lambda: 0.9, 30.0, 120.0)
    assert one == other
    crowd = played(name, 30.0)
    assert crowd.peak_back == CROWD and all(count % CROWD == 0 for count in crowd.bins.values())


def test_signalr_knocks_four_times_and_is_back_after_42_s_or_never() -> None:
    crowd = played("SignalR, if asked to reconnect", 30.0)
    assert crowd.attempts == 4 * CROWD
    assert crowd.half == crowd.most == pytest.approx(12.0 + 4 * RTT)
    late = played("SignalR, if asked to reconnect", 60.0)
    assert late.never == CROWD and late.half is None and "never" in table([late])


def test_phoenix_knocks_five_times_in_the_first_second() -> None:
    crowd = played("Phoenix", 30.0)
    first = sum(count for number, count in crowd.bins.items() if number * BIN < 1.0)
    assert first == 5 * CROWD  # after 10, 110, 260, 460 and 710 ms, with the refusals between


def test_a_server_that_drains_is_come_back_to_over_three_seconds() -> None:
    crowd = played("ours, drained (1012)", 0.0, clients=1000)
    assert crowd.attempts == 1000 and crowd.never == 0  # each knocks once
    assert max(crowd.bins) < 3.0 / BIN
    assert crowd.peak_bin <= 0.06 * 1000  # even: one in 30
    assert crowd.half == pytest.approx(1.5, abs=0.2) and crowd.most == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize("who", OURS, ids=lambda who: who.name)
def test_no_tenth_of_a_second_brings_more_than_one_in_twenty_to_a_server_that_returns(who: Who) -> None:
    crowd = storm(who, CROWD, 30.0, 120.0, seed=1)
    assert crowd.peak_back <= 0.05 * CROWD
    assert crowd.never == 0 and crowd.most is not None and crowd.most <= 31.0 + RTT  # the longest pause and a hold


def test_a_lost_line_falls_to_the_next_rung_at_once_and_only_then_pauses() -> None:
    """The way down is not jittered: a client cannot tell a dead server from a dead WebSocket."""
    assert gone(lambda: 0.5, 0.0, 20.0).knocks[0] == 0.0
    assert drained(lambda: 0.5, 0.0, 20.0).knocks == [pytest.approx(1.5)]


def test_the_same_seed_is_the_same_storm() -> None:
    who = BY_NAME["ours, gone without a word"]
    assert storm(who, 20, 5.0, 60.0, seed=3) == storm(who, 20, 5.0, 60.0, seed=3)
    assert storm(who, 20, 5.0, 60.0, seed=3).bins != storm(who, 20, 5.0, 60.0, seed=4).bins


# ---- what is shown


def test_the_figure_stands_alone_and_has_a_panel_for_each() -> None:
    storms = [storm(who, 20, outage, 60.0, seed=1) for outage in (0.0, 30.0) for who in EVERYBODY]
    text = figure(panels(storms), 20)
    root = ET.fromstring(text)
    names = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text") if one.get("class") == "name"]
    assert max(len(panel.said) for panel in panels(storms)) * 6.0 < WIDE  # px a letter
    assert sorted(names) == sorted([who.name for who in EVERYBODY] * 2)
    assert "prefers-color-scheme: dark" in text and "currentColor" in text
    assert not re.search(r"href|url\(|<script|<image|@import", text)
    width, height = (float(root.get(side) or 0) for side in ("width", "height"))
    for one in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(one.get("x") or 0) <= width and 0 <= float(one.get("y") or 0) <= height


def test_the_table_has_a_line_for_each() -> None:
    storms = [storm(who, 5, 0.0, 30.0, seed=1) for who in EVERYBODY]
    assert all(f"| {who.name} |" in table(storms) for who in EVERYBODY)
