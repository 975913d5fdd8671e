"""The two clocks are read as of one moment, whatever stops the process between them."""

from __future__ import annotations

import time

import pytest

from transport_fallback.lab import clocks

STEP = 1e-7  # s that each look takes


def test_a_pause_between_the_two_is_no_part_of_what_is_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, now, looks = 1_700_000_000.0, 50.0, 0

    def tick() -> float:
        nonlocal now, looks
        looks += 1
        now += 0.03 if looks < 2 * clocks.LOOKS - 1 else STEP  # all but the last pair are torn apart
        return now

    monkeypatch.setattr(time, "time", lambda: truth + tick())
    monkeypatch.setattr(time, "monotonic", tick)
    assert clocks.ahead() == pytest.approx(truth, abs=1e-5)


def test_it_is_how_far_the_time_of_day_is_ahead() -> None:
    assert time.time() - time.monotonic() == pytest.approx(clocks.ahead(), abs=1)
