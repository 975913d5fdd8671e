"""The models against plays of what they describe, by seeded chance; statistics and verdicts on known answers."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right

import pytest
from hdrh.histogram import HdrHistogram

from bench.report.saying import digits, rate, spread, time
from bench.theory import models, stats
from bench.theory.models import Costs, Law, Work
from bench.theory.stats import Estimate, Verdict, equivalent, estimate, interval, judged, merged, noise, together

NEAR = 0.02  # as near as a play of this length comes
MESSAGES = 60_000


# ---- plays


def poisson(rate: float, count: int = MESSAGES, seed: int = 1) -> list[float]:
    luck, at, times = random.Random(seed), 0.0, []
    for _ in range(count):
        at += luck.expovariate(rate)
        times.append(at)
    return times


def asked_at(polls: list[float], planned: list[float], down: float) -> list[float]:
    """Latencies where a message goes with the next poll that arrives."""
    return [polls[bisect_left(polls, at)] + down - at for at in planned if at <= polls[-1]]


def long_polled(
    planned: list[float], gap: float, down: float, hold: float = math.inf, most: int = MESSAGES
) -> tuple[list[float], int, int]:
    """Latencies, requests and empty answers of long polls, of which an answer takes up to `most` messages."""
    here, heard, late, requests, empty = 0.0, 0, [], 0, 0
    while heard < len(planned):
        requests += 1
        leaves = max(here, planned[heard])
        if leaves > here + hold:
            leaves, empty = here + hold, empty + 1
        else:
            end = min(bisect_right(planned, leaves), heard + most)
            late += [leaves + down - at for at in planned[heard:end]]
            heard = end
        here = leaves + gap
    return late, requests, empty


def agrees(law: Law, late: list[float], *quantiles: float, off: float = NEAR) -> None:
    late = sorted(late)
    assert sum(late) / len(late) == pytest.approx(law.mean, rel=off)
    for p in quantiles or (0.5, 0.95, 0.99):
        assert late[math.ceil(p * len(late)) - 1] == pytest.approx(law.quantile(p), rel=off)
        assert law.cdf(law.quantile(p) + 1e-9) >= p - 0.001  # more, where many come at once
    for at in (law.mean, law.quantile(0.8)):
        assert bisect_right(late, at + 1e-9) / len(late) == pytest.approx(law.cdf(at + 1e-9), abs=0.01)
    assert late[-1] <= law.max + 1e-9


# ---- latency


@pytest.mark.parametrize("mode", ["rate", "delay"])
def test_a_poll_waits_for_half_of_what_lies_between_two(mode: str) -> None:
    interval, rtt, served = 0.5, 0.1, 0.002
    apart = interval if mode == "rate" else interval + rtt + served
    planned = poisson(2.0)
    polls = [0.3 + apart * k for k in range(int(planned[-1] / apart))]
    law = models.poll(interval, rtt, 0.05, rate=2.0, served=served, mode=mode)  # type: ignore[arg-type]
    agrees(law, asked_at(polls, planned, 0.05 + served))
    full = {bisect_left(polls, at) for at in planned}
    assert 1 - len(full) / len(polls) == pytest.approx(law.empty, rel=NEAR)
    assert len(planned) / len(full) == pytest.approx(law.per_answer, rel=NEAR)
    assert law.requests == 1 / apart
    assert models.lost(2.0, apart) == pytest.approx(1 - len(full) / len(planned), rel=NEAR)


def test_both_halves_of_folklore_are_right_each_for_its_kind_of_interval() -> None:
    assert models.poll(1.0, 0.2, 0.1).mean == pytest.approx(1.0 / 2 + 0.2 / 2)
    assert models.poll(1.0, 0.2, 0.1, mode="delay").mean == pytest.approx(1.0 / 2 + 0.2)
    assert models.poll(1.0, 0.2, 0.1, mode="delay", reconnects=True).mean == pytest.approx(1.0 / 2 + 1.5 * 0.2)
    assert models.poll(0.1, 0.2, 0.1).requests == 5  # not faster than its answers come back


def test_jitter_costs_more_than_nothing() -> None:
    luck, at, polls, planned = random.Random(2), 0.0, [], poisson(5.0)
    while at < planned[-1]:
        at += luck.uniform(0.2, 1.8)
        polls.append(at)
    law = models.poll(1.0, 0.0, 0.02, jitter=0.8)
    agrees(law, asked_at(polls, planned, 0.02))
    assert law.mean > models.poll(1.0, 0.0, 0.02).mean * 1.15
    assert models.mean_wait(1.0, 1.0) == 1.0  # exponential: the whole distance


@pytest.mark.parametrize("rate", [0.5, 5.0, 9.0, 20.0, 50.0])
def test_long_polling_in_batches(rate: float) -> None:
    planned = poisson(rate)
    late, requests, _ = long_polled(planned, 0.1, 0.05)
    law = models.longpoll(rate, 0.1, 0.05)
    agrees(law, late, 0.9, 0.99)
    assert requests / planned[-1] == pytest.approx(law.requests, rel=NEAR)
    assert len(planned) / requests == pytest.approx(law.per_answer, rel=NEAR)


def test_long_polling_with_a_hold_answers_with_nothing_now_and_then() -> None:
    planned = poisson(2.0)
    late, requests, empty = long_polled(planned, 0.1, 0.05, hold=0.4)
    law = models.longpoll(2.0, 0.1, 0.05, hold=0.4)
    agrees(law, late, 0.9, 0.99)
    assert requests / planned[-1] == pytest.approx(law.requests, rel=NEAR)
    assert empty / requests == pytest.approx(law.empty, rel=NEAR)
    idle = models.longpoll(0.0, 0.1, 0.05, hold=20.0)
    assert idle.requests == pytest.approx(1 / 20.1) and idle.empty == 1
    assert models.longpoll_waiting(0.0, 0.1, hold=20.0) == pytest.approx(20 / 20.1)


@pytest.mark.parametrize("rate", [2.0, 5.0, 8.0])
def test_long_polling_of_one_message_an_answer_is_a_queue(rate: float) -> None:
    planned = poisson(rate, 300_000, seed=4)
    late, requests, _ = long_polled(planned, 0.1, 0.05, most=1)
    agrees(models.longpoll_single(rate, 0.1, 0.05), late, 0.5, 0.95, off=0.05 if rate > 6 else NEAR)
    assert requests == len(planned)


def test_the_queue_grows_without_bound_from_one_message_a_round_trip_on() -> None:
    assert math.isinf(models.longpoll_single(10.0, 0.1, 0.05).mean)
    planned = poisson(20.0, 20_000)
    late, _, _ = long_polled(planned, 0.1, 0.0, most=1)
    assert sum(late) / len(late) == pytest.approx(models.longpoll_single_growing(20.0, 0.1, planned[-1]), rel=NEAR)


def test_periodic_news_keeps_a_long_poll_up_to_half_the_period() -> None:
    planned = [0.25 * k for k in range(4000)]
    for way in (0.02, 0.12, 0.131, 0.2):
        law = models.longpoll_periodic(0.25, 2 * way, way)
        late, requests, _ = long_polled(planned, 2 * way + 1e-4 * math.pi, way)  # not a fraction of the period
        assert sum(late) / len(late) == pytest.approx(law.mean, rel=NEAR)
        assert requests / planned[-1] == pytest.approx(law.requests, rel=NEAR)
        assert law.mean == pytest.approx(way if way < 0.125 else 2 * way)


def test_push_takes_one_way_and_its_place_in_the_row() -> None:
    luck = random.Random(5)
    law = models.push(0.05, clients=1000, each=20e-6)
    agrees(law, [0.05 + 20e-6 * luck.random() * 1000 for _ in range(MESSAGES)])
    assert (law.mean, law.max) == pytest.approx((0.06, 0.07))
    still = models.push(0.05)
    assert still.quantile(0.99) == still.max == 0.05 and (still.cdf(0.049), still.cdf(0.05)) == (0, 1)


SHEET = """
    0.5  52.5 130 150 0.50 1.00 52.6
    2    59.8 145 150 1.96 1.02 62.5
    5    72.6 148 150 4.52 1.11 100
    10   86.6 149 150 7.31 1.37 inf
    20   96.8 149 150 9.37 2.14 inf
    50   99.9 149 150 9.99 5.01 inf"""


@pytest.mark.parametrize("row", SHEET.split("\n")[1:])
def test_the_sheet_of_predictions(row: str) -> None:
    """A round trip of 100 ms: mean, p99, max, requests, messages an answer, and the mean of one an answer."""
    rate, mean, p99, longest, requests, many, single = map(float, row.split())
    law = models.longpoll(rate, 0.1, 0.05)
    assert (law.mean * 1000, law.quantile(0.99) * 1000, law.max * 1000) == pytest.approx((mean, p99, longest), abs=0.6)
    assert (law.requests, law.per_answer) == pytest.approx((requests, many), abs=0.006)
    assert models.longpoll_single(rate, 0.1, 0.05).mean * 1000 == pytest.approx(single, abs=0.06)
    assert models.poll(1.0, 0.1, 0.05).mean == pytest.approx(0.55)
    assert models.poll(1.0, 0.1, 0.05, mode="delay").mean == pytest.approx(0.6)


def test_what_the_literature_counted() -> None:
    assert models.empty_periodic(50, 1) == pytest.approx(0.98) and models.empty_periodic(50, 2) == pytest.approx(0.96)
    assert models.lost_periodic(1, 5) == pytest.approx(0.8) and models.lost_periodic(5, 1) == 0
    assert 10_000 / 60 == pytest.approx(models.poll(60, 0.1, 0.05).requests * 10_000)


# ---- bytes


def test_frames_events_and_chunks() -> None:
    assert [models.ws_bytes(size) - size for size in (0, 125, 126, 65535, 65536)] == [2, 2, 4, 4, 10]
    assert models.ws_up_bytes(20) == 26
    assert models.sse_bytes(100, 5, newline=2) == 127  # as the sheet has it
    assert models.sse_bytes(1) - models.chunk_bytes(0) == len("data: x\n\n")
    assert models.chunk_bytes(100) == len("64\r\n") + 100 + len("\r\n")
    assert models.wire(930, 2, 1) == 1086


def test_five_ratios_between_435_and_the_wire() -> None:
    assert [round(ratio.times, 1) for ratio in models.five_ratios()] == [435.5, 454.5, 40.4, 8.6, 7.6]


def test_long_polls_are_cheaper_by_the_message_the_more_there_are() -> None:
    assert models.poll_bytes(300, 50, 2.0, 0.5) == 350
    assert models.longpoll_bytes(300, 50, 50.0, 0.1) == pytest.approx(50 + 300 / 5.0067, rel=1e-4)


# ---- the server's time


def test_costs_are_found_again_in_noise() -> None:
    luck, works = random.Random(6), []
    for _ in range(12):
        messages, off = luck.uniform(1e3, 1e5), luck.gauss(1, 0.01)
        answers, frames, events = (
            luck.uniform(100, 5e3),
            messages * luck.uniform(0.2, 1),
            messages * luck.uniform(0.3, 1),
        )
        works.append(Work((answers * 40e-6 + messages * 1e-6) * off, answers=answers, messages=messages))
        works.append(Work((frames * 8e-6 + messages * 1e-6) * off, frames=frames, messages=messages))
        works.append(Work((events * 9e-6 + messages * 1e-6) * off, events=events, messages=messages))
    found = models.fit(works)
    assert found.request == pytest.approx(40e-6, rel=0.05) and found.message == pytest.approx(1e-6, rel=0.2)
    assert found.frame == pytest.approx(8e-6, rel=0.05) and found.event == pytest.approx(9e-6, rel=0.05)
    assert found.off < 0.02


def test_a_cost_is_never_negative_and_what_was_not_done_has_none() -> None:
    # Each message makes the work less: there is no such thing.
    assert models.least_squares([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]], [3.0, 2.0, 1.0]) == pytest.approx([2, 0])
    assert sum(models.least_squares([[1.0, 1.0], [2.0, 2.0]], [3.0, 6.0])) == pytest.approx(3)
    found = models.fit([Work(0.1, frames=1000, messages=1000), Work(0.2, frames=2000, messages=2000)])
    assert found.request is None and found.sse is None and found.ws == pytest.approx(1e-4)
    assert models.fit([]) == Costs()


def test_knees_stand_where_a_core_is_full() -> None:
    costs = Costs(request=50e-6, event=11e-6, frame=9e-6, message=1e-6)
    bends = models.knees(costs, clients=1000, interval=1.0)
    assert (bends.ws, bends.sse, bends.batched) == pytest.approx((1e5, 1 / 12e-6, 1e6))
    assert models.push_cpu(costs.ws, 1000, 100.0) == pytest.approx(1.0)
    assert bends.poll and models.poll_cpu(costs, 1000, bends.poll / 1000, 1.0) == pytest.approx(1.0)
    assert models.longpoll_cpu(costs, 100, 5.0, 0.1) == pytest.approx(100 * (4.52 * 50e-6 + 5 * 1e-6), rel=0.001)
    assert models.knees(Costs(), 100) == models.Knees(None, None, None, None, None)


def test_a_herd_settles_where_a_queue_grows() -> None:
    assert models.herd(300, 0, 50e-6, 1e-6) == pytest.approx(0.015)
    assert models.herd(300, 5e5, 50e-6, 1e-6) == pytest.approx(0.03)
    assert math.isinf(models.herd(300, 1e6, 50e-6, 1e-6))
    late, free = [], 0.0
    for k in range(20_000):  # two messages in the time of one
        free = max(free, k * 5e-6) + 10e-6
        late.append(free - k * 5e-6)
    assert sum(late) / len(late) == pytest.approx(models.queued(2.0, 0.1), rel=NEAR)
    assert late[int(0.99 * len(late))] == pytest.approx(models.queued(2.0, 0.1, 0.99), rel=NEAR)
    assert models.queued(0.9, 10) == 0


def test_from_some_rate_on_polling_takes_less() -> None:
    even = models.break_even(30e-6, 10e-6, 1.0)
    assert even == pytest.approx(3.0)
    costs = Costs(request=30e-6, frame=10e-6)
    assert models.poll_cpu(costs, 100, even, 1.0) == pytest.approx(models.push_cpu(costs.ws, 100, even) or 0)
    assert math.isinf(models.break_even(30e-6, 1e-6, 1.0, message=1e-6))


# ---- statistics


@pytest.mark.parametrize("count", [5, 6, 7, 10])
def test_the_interval_is_that_of_a_bootstrap_by_lot(count: int) -> None:
    luck = random.Random(count)
    values = sorted(luck.gauss(10, 1) for _ in range(count))
    drawn = sorted(stats.median(luck.choices(values, k=count)) for _ in range(40_000))
    low, high = interval(values)
    assert bisect_left(drawn, low) / len(drawn) <= 0.027 <= bisect_right(drawn, low) / len(drawn) + 0.004
    assert bisect_left(drawn, high) / len(drawn) - 0.004 <= 0.973 <= bisect_right(drawn, high) / len(drawn)


def test_five_rounds_span_their_interval_and_four_have_none() -> None:
    assert estimate([3, 1, 2, 5, 4]) == Estimate(3, 1, 5, 5)
    assert estimate([3, 1, 2, 4]) == Estimate(2.5, None, None, 4)
    assert estimate([]) is None and estimate([math.nan]) is None
    assert interval([1, 2, 3, 4, 5, 6, 7]) == (2, 6)


def test_the_interval_of_many_rounds_holds_what_they_were_drawn_from() -> None:
    luck = random.Random(7)
    held = sum(
        low <= 10 <= high for low, high in (interval([luck.gauss(10, 1) for _ in range(15)]) for _ in range(400))
    )
    assert 0.91 <= held / 400 <= 0.99


def test_a_share_that_was_counted_has_wilsons_interval() -> None:
    found = stats.share(10, 100)
    assert found and (found.low, found.high) == pytest.approx((0.0552, 0.1744), abs=1e-4)
    everyone = stats.share(300, 300)
    assert everyone and (everyone.low, everyone.high) == pytest.approx((0.9874, 1.0), abs=1e-4)
    assert stats.share(0, 0) is None


def test_verdicts_say_only_what_the_interval_says() -> None:
    assert judged(Estimate(1.0, 0.9, 1.1, 5), 0.8, 1.2) is Verdict.HOLDS
    assert judged(Estimate(1.0, 0.9, 1.1, 5), 0.95, 1.2) is Verdict.OPEN
    assert judged(Estimate(1.0, 0.9, 1.1, 5), 1.11, 1.2) is Verdict.FAILS
    assert judged(Estimate(1.0, 0.9, 1.1, 5), 0.1, 0.89) is Verdict.FAILS
    assert judged(Estimate(1.0, None, None, 1), 0.8, 1.2) is Verdict.OPEN
    assert judged(None, 0, 1) is Verdict.UNTOLD


def test_of_parts_the_worst_decides() -> None:
    holds, fails, still, untold = Verdict.HOLDS, Verdict.FAILS, Verdict.OPEN, Verdict.UNTOLD
    assert together([holds, fails, still]) is fails and together([holds, still, untold]) is still
    assert together([holds, untold]) is holds and together([]) is untold


def test_the_same_is_shown_not_taken_for_granted() -> None:
    assert equivalent([0.99, 1.01, 1.0, 1.02, 0.98], 0.1)[1] is Verdict.HOLDS
    assert (
        equivalent([0.8, 1.3, 1.0, 1.2, 0.7], 0.1)[1] is Verdict.OPEN
    )  # "no significant difference", and nothing shown
    assert equivalent([1.2, 1.3, 1.25, 1.22, 1.31], 0.1)[1] is Verdict.FAILS
    assert equivalent([1.0], 0.1)[1] is Verdict.OPEN


def test_the_noise_is_the_most_by_which_twins_differ() -> None:
    assert noise([1.02, 0.99, 1.01]) == pytest.approx(0.02)
    assert noise([1.02, 1 / 3.0]) == pytest.approx(2.0)  # either way
    assert noise([]) is None and noise([0.0]) is None
    assert stats.ratios({0: 2.0, 1: 9.0, 3: 1.0}, {0: 1.0, 2: 5.0, 3: 0.0}) == {0: 2.0}


def test_histograms_are_added_never_averaged() -> None:
    texts = []
    for values in ([1000] * 99 + [50_000], [2000] * 300):
        kept = HdrHistogram(1, 60_000_000, 3)
        for value in values:
            kept.record_value(value)
        texts.append(kept.encode().decode())
    whole = merged(texts)
    assert whole and whole.total == 400
    assert whole.quantile(0.2) == pytest.approx(0.001, rel=0.002)
    assert whole.quantile(0.99) == pytest.approx(0.002, rel=0.002)
    assert whole.quantile(1.0) == pytest.approx(0.05, rel=0.002)
    assert merged(["not one", "", "HISTFAAA", texts[0]]) == merged(texts[:1]) and merged(["AAAA"]) is None


# ---- numbers in words


def test_numbers_as_a_person_reads_them() -> None:
    assert [digits(value) for value in (0, 1234567, 0.012345, 72.04, 1.0, -0.0666, math.inf)] == [
        "0", "1,230,000", "0.0123", "72", "1", "−0.0666", "no bound",
    ]  # fmt: skip
    assert [time(value) for value in (0.0, 2e-5, 0.0512, 0.9994, 1.5, None)] == [
        "0 ms", "20 µs", "51.2 ms", "999 ms", "1.5 s", "not measured",
    ]  # fmt: skip
    assert spread(Estimate(0.0721, 0.071, 0.0734, 5), 1e-3, "ms") == "72.1 [71, 73.4] ms"
    assert [rate(value) for value in (900, 9_999, 102_000)] == ["900", "10,000", "102k"]
