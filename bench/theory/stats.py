"""Statistics of rounds: what may be said of a few repetitions on a shared machine, and what may not.

Messages inside a round are not independent of each other, rounds nearly are. So a figure is one number a round, its
estimate the median over rounds, and its interval comes from resampling rounds, never messages. Runs on other hours
differ by more than their rounds do: where there are several, the interval is as wide as they are apart, too.
"""

from __future__ import annotations

import contextlib
import math
import statistics
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hdrh import codec
from hdrh.histogram import HdrHistogram

LEVEL = 0.95  # of an interval
RUN = 1000  # a round's number counts from here on in the second run of a document, from twice as much in the third
STUDENT = {  # two-sided quantiles of Student's t, by degrees of freedom from 2 on
    0.95: (4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262),
    0.90: (2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833),
}
ENOUGH = 5  # rounds; the interval of five is their range, which holds the median with 94 %, that of four with 88 %
SPAN = (1, 600_000_000)  # microseconds that a merged histogram can hold
DIGITS = 3
UNREADABLE = (
    codec.HdrCookieException,
    codec.HdrLengthException,
    codec.HdrHistogramSettingsException,
    ArithmeticError,
    IndexError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)


class Verdict(StrEnum):
    """What a run says of a claim: three verdicts, and two words for having none."""

    HOLDS = "holds"
    ONLY = "only when"  # a condition that the claim does not name; what is said then names it
    FAILS = "not as stated"
    OPEN = "not shown"  # the interval lies on both sides
    UNTOLD = "untold"  # not measured


@dataclass(frozen=True, slots=True)
class Estimate:
    """The median over rounds and its interval; without enough rounds there is no interval."""

    middle: float
    low: float | None
    high: float | None
    rounds: int

    @property
    def known(self) -> bool:
        return self.low is not None and self.high is not None

    def within(self, low: float, high: float) -> bool:
        return self.low is not None and self.high is not None and low <= self.low and self.high <= high

    def outside(self, low: float, high: float) -> bool:
        return self.low is not None and self.high is not None and (self.high < low or self.low > high)


def estimate(values: Iterable[float] | Mapping[int, float], level: float = LEVEL) -> Estimate | None:
    """The median over rounds with its bootstrap interval; values by round tell their run. None without a value."""
    by_round = values if isinstance(values, Mapping) else dict(enumerate(values))
    kept = {at: value for at, value in by_round.items() if not math.isnan(value)}
    rounds = sorted(kept.values())
    if not rounds:
        return None
    low, high = interval(rounds, level) if len(rounds) >= ENOUGH else (None, None)
    if low is not None and high is not None and isinstance(values, Mapping):
        low, high = apart(low, high, kept, level)
    return Estimate(median(rounds), low, high, len(rounds))


def apart(low: float, high: float, rounds: Mapping[int, float], level: float = LEVEL) -> tuple[float, float]:
    """The interval, as wide as runs are apart: of two it holds both medians, of more also Student's interval of their
    mean. What is never negative does not become so by that."""
    runs: dict[int, list[float]] = {}
    for at, value in rounds.items():
        runs.setdefault(at // RUN, []).append(value)
    medians = [median(several) for several in runs.values()]
    if len(medians) < 2 or not all(map(math.isfinite, medians)):
        return low, high
    low, high = min(low, *medians), max(high, *medians)
    if len(medians) > 2:
        table = STUDENT[level]
        mean, free = statistics.fmean(medians), min(len(medians) - 1, len(table) + 1)
        reach = table[free - 2] * statistics.stdev(medians) / math.sqrt(len(medians))
        least = 0.0 if min(rounds.values()) >= 0 else -math.inf
        low, high = min(low, max(least, mean - reach)), max(high, mean + reach)
    return low, high


def exact(value: float) -> Estimate:
    """Something counted, the same in each round: it needs no interval."""
    return Estimate(value, value, value, 1)


def share(part: float, of: float) -> Estimate | None:
    """A share that was counted among so many that are independent of each other: Wilson's interval."""
    if of <= 0 or not 0 <= part <= of:
        return None
    z, p = 1.96, part / of
    middle, reach = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return Estimate(p, max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale), 1)


def median(values: Iterable[float]) -> float:
    rounds = sorted(values)
    half = len(rounds) // 2
    if len(rounds) % 2:
        return rounds[half]
    low, high = rounds[half - 1], rounds[half]
    return low if low == high else (low + high) / 2  # of two infinities, infinity


def interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float]:
    """The bootstrap percentile interval of the median, counted out instead of drawn by lot: each resample's median is
    made of two of the values (one, if their number is odd), and how often each is, is a matter of binomials. As with
    every bootstrap of few rounds the level is nominal."""
    chances = sorted(_medians(sorted(values)))
    edge = (1 - level) / 2
    return _reached(chances, edge), -_reached([(-value, chance) for value, chance in reversed(chances)], edge)


def _medians(values: list[float]) -> list[tuple[float, float]]:
    """Each possible median of a resample, and its probability."""
    size = len(values)
    if size % 2:
        need = size // 2 + 1
        below = [_at_least(need, size, rank / size) for rank in range(size + 1)]
        return [(value, below[rank + 1] - below[rank]) for rank, value in enumerate(values)]
    half, found = size // 2, []
    for low in range(size):
        lower = (((low + 1) / size) ** half - (low / size) ** half) * math.comb(size, half)
        for high in range(low + 1, size):
            upper = (1 - high / size) ** half - (1 - (high + 1) / size) ** half
            found.append((median((values[low], values[high])), lower * upper))
    apart = [0.0] * size  # by the lower of the two, for what is left: both are the same value
    for low in range(size):
        reach = _at_least(half, size, (low + 1) / size) - _at_least(half, size, low / size)
        lower = (((low + 1) / size) ** half - (low / size) ** half) * math.comb(size, half)
        apart[low] = reach - lower * (1 - (low + 1) / size) ** half
    return found + [(value, max(0.0, apart[rank])) for rank, value in enumerate(values)]


def _at_least(successes: int, trials: int, chance: float) -> float:
    return math.fsum(
        math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(successes, trials + 1)
    )


def _reached(chances: Sequence[tuple[float, float]], share: float) -> float:
    total = 0.0
    for value, chance in chances:
        total += chance
        if total > share:
            return value
    return chances[-1][0]


# ---- comparing


def ratios(ours: Mapping[int, float], theirs: Mapping[int, float]) -> dict[int, float]:
    """Ours over theirs in each round that has both: neighbours in time share the machine's moods."""
    return {at: ours[at] / theirs[at] for at in sorted(ours.keys() & theirs.keys()) if theirs[at] > 0}


def noise(pairs: Iterable[float]) -> float | None:
    """The A/A band: by how much two runs of the same thing differ at most, as a share. None without any. `pairs` are
    what everything else is judged by, the median over rounds of the ratio, here of twins: one for each scenario."""
    off = [abs(math.log(pair)) for pair in pairs if pair > 0 and math.isfinite(pair)]
    return math.expm1(max(off)) if off else None


def judged(found: Estimate | None, low: float, high: float) -> Verdict:
    """Whether something lies between low and high, as far as its interval says."""
    if found is None:
        return Verdict.UNTOLD
    if found.within(low, high):
        return Verdict.HOLDS
    return Verdict.FAILS if found.outside(low, high) else Verdict.OPEN


def equivalent(ratios: Sequence[float] | Mapping[int, float], margin: float) -> tuple[Estimate | None, Verdict]:
    """Two one-sided tests at 5 %: the same but for `margin`, if the 90 % interval of the ratio lies within it."""
    found = estimate(ratios, level=0.90)
    return found, judged(found, 1 / (1 + margin), 1 + margin)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several parts that must all hold: one that does not decides, one that is not shown leaves it open, one that
    holds under a condition gives the condition to all."""
    told = [verdict for verdict in verdicts if verdict is not Verdict.UNTOLD]
    for verdict in (Verdict.FAILS, Verdict.OPEN, Verdict.ONLY):
        if verdict in told:
            return verdict
    return Verdict.HOLDS if told else Verdict.UNTOLD


def split(where: Verdict, elsewhere: Verdict) -> Verdict:
    """Of a claim that names no condition, judged under one and without it: "only when", if it holds there alone."""
    if where is not Verdict.HOLDS:
        return Verdict.FAILS if where is Verdict.FAILS else Verdict.OPEN
    return {Verdict.HOLDS: Verdict.HOLDS, Verdict.FAILS: Verdict.ONLY}.get(elsewhere, Verdict.OPEN)


def up_to(points: Iterable[tuple[float, Verdict]]) -> tuple[Verdict, float]:
    """Of a claim judged at several loads: whether it holds, and up to which load if not at all of them."""
    told = list(points)
    holds = [load for load, verdict in told if verdict is Verdict.HOLDS]
    fails = [load for load, verdict in told if verdict is Verdict.FAILS]
    last = max(holds, default=0.0)
    if not fails:
        return (Verdict.HOLDS if told and len(holds) == len(told) else Verdict.OPEN), last
    return (Verdict.ONLY if holds and last < min(fails) else Verdict.FAILS), last


# ---- histograms


class Spectrum(NamedTuple):
    """The latencies of one or many rounds: (s, share that was no later), and how many there were."""

    steps: list[tuple[float, float]]
    total: int

    def quantile(self, p: float) -> float:
        return next((at for at, share in self.steps if share >= p), self.steps[-1][0])


def merged(texts: Iterable[str]) -> Spectrum | None:
    """Histograms of several rounds as one: counts are added, percentiles never averaged. What cannot be read is left
    out. None if nothing is left."""
    whole = HdrHistogram(*SPAN, DIGITS)
    for text in texts:
        with contextlib.suppress(*UNREADABLE):
            whole.decode_and_add(text)
    count = int(whole.get_total_count())
    if not count:
        return None
    steps, seen = [], 0
    for index, here in enumerate(whole.counts):  # its own iterator takes ten times as long
        if here:
            seen += int(here)
            steps.append((whole.get_highest_equivalent_value(whole.get_value_from_index(index)) / 1e6, seen / count))
    return Spectrum(steps, count)
