"""The reconnect storm: the formulas of others on known answers, and what is promised of ours."""

from __future__ import annotations

import itertools
import math
import xml.etree.ElementTree as ElementTree

import pytest

from bench.storm import EVERYBODY, Storm, centrifuge, panels, phoenix, signalr, socketio, storm, table
from bench.storm_figure import figure

CLIENTS = 300


def played(start: str, outage: float = 30.0) -> Storm:
    who = next(who for who in EVERYBODY if who.name.startswith(start))
    return storm(who, CLIENTS, outage, 90.0, 1)


def test_fixed_ladders_knock_in_the_same_instant() -> None:
    for start in ("Phoenix", "SignalR"):
        assert set(played(start).bins.values()) == {CLIENTS}


def test_the_formulas_of_others() -> None:
    assert list(signalr(lambda: 0.5)) == [0.0, 2.0, 10.0, 30.0]
    assert list(itertools.islice(phoenix(lambda: 0.5), 11))[-3:] == [2.0, 5.0, 5.0]
    # Socket.IO: its jitter comes before the cap, so from some attempt on all wait for exactly 5 s.
    late = {next(itertools.islice(socketio(lambda chance=chance: chance), 8, None)) for chance in (0.0, 0.3, 0.9)}
    assert late == {5.0}
    wide = {next(itertools.islice(centrifuge(lambda chance=chance: chance), 8, None)) for chance in (0.1, 0.5, 0.9)}
    assert len(wide) == 3


def test_a_server_that_says_goodbye_is_come_back_to_within_3_s_evenly() -> None:
    ours = played("ours, drained", 0.0)
    assert ours.most is not None and ours.most <= 3.2 and not ours.never
    first = sum(count for number, count in ours.bins.items() if number < 30)
    assert first >= CLIENTS and ours.peak_bin <= 0.15 * CLIENTS  # evenly would be a thirtieth


def test_after_an_outage_ours_come_back_apart() -> None:
    ours, fixed = played("ours, gone"), played("Phoenix")
    assert ours.most is not None and ours.most <= 31.0 and not ours.never
    assert ours.peak_back <= CLIENTS / 10 < fixed.peak_back


def test_whoever_gives_up_never_comes_back() -> None:
    signal = played("SignalR", 60.0)
    assert signal.never == CLIENTS and signal.half is None and "never" in table([signal])


@pytest.mark.parametrize("outage", [0.0, 30.0])
def test_the_figure_is_one_file_that_says_what_the_table_says(outage: float) -> None:
    storms = [storm(who, 30, outage, 90.0, 1) for who in EVERYBODY]
    drawn = figure(panels(storms), 30)
    ElementTree.fromstring(drawn)
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert all(one.who in drawn for one in storms) and not math.isnan(sum(one.attempts for one in storms))
