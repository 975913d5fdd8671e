"""The question of E4: does batched long polling beat a WebSocket frame for each message past its knee, and do
coalesced frames win everywhere?

The knee of a series is the first load at which its median latency is ten times the least it ever has, and over 50 ms.
Two series are compared by p99, round by round; one is ahead where the whole interval of the ratio lies beyond the A/A
band, the most by which the medians of two runs of the same thing differ at any load. Ahead past the knee: from some
load on at every load, at two or more. Wins everywhere: somewhere ahead, and elsewhere not worse: its median is not
later by more than the band or a tenth, whichever is more, and the band is less than a factor of two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bench.report.document import Document, Group
from bench.report.saying import digits, percent, rate, time
from bench.report.words import say, several
from bench.theory.stats import Estimate, Verdict, estimate, median, noise, ratios

NOISY = 1.0  # of an A/A band: a factor of two
TENTH = 0.1  # what nobody would choose a transport for
BENT, LATE = 10.0, 0.05  # times its least median latency; s
JUDGED = "p99"
ORDER = (
    ("poll", "ours"),
    ("longpoll", "ours"),
    ("sse", "per-message"),
    ("sse", "ours"),
    ("sse", "coalesced"),
    ("ws", "per-message"),
    ("ws", "coalesced"),
    ("ws", "ours"),
)
NAMES = {
    ("ws", "per-message"): "ws with a frame for each message",
    ("ws", "coalesced"): "coalesced ws",
    ("ws", "ours"): "coalesced ws",
    ("sse", "per-message"): "sse with an event for each message",
    ("sse", "coalesced"): "coalesced sse",
}


@dataclass(frozen=True)
class Series:
    """One transport over the loads."""

    transport: str
    variant: str
    points: dict[float, Group]  # by offered deliveries per second, ascending

    @property
    def name(self) -> str:
        return NAMES.get((self.transport, self.variant), self.transport)

    def middle(self, figure: str) -> list[tuple[float, float]]:
        return [(x, value) for x, group in self.points.items() if (value := group.middle(figure)) is not None]

    @property
    def knee(self) -> float | None:
        """The first load past its knee."""
        found = self.middle("p50")
        least = min((value for _, value in found), default=0.0)
        return next((x for x, value in found if value > max(LATE, BENT * least)), None)


@dataclass(frozen=True)
class Against:
    """Two series at one load: below 1 the first is ahead."""

    load: float
    other: str
    ratio: Estimate
    ours: float  # s, medians of what is judged
    theirs: float

    @property
    def effect(self) -> float:
        """By how much the later one is later, as a share: what noise is held against."""
        return max(self.ratio.middle, 1 / self.ratio.middle) - 1

    def ahead(self, band: float) -> bool:
        return self.ratio.high is not None and self.ratio.high < 1 / (1 + band)

    def behind(self, band: float) -> bool:
        return self.ratio.low is not None and self.ratio.low > 1 + band

    def no_worse(self, band: float) -> bool:
        """Not later by more than two runs of the same thing are, or by a tenth."""
        return self.ratio.known and self.ratio.middle <= 1 + max(band, TENTH)


def all_series(document: Document, twin: bool = False) -> list[Series]:
    """What E4 measured of our own server, in one order."""
    found: dict[tuple[str, str], dict[float, Group]] = {}
    for group in document.of("E4", twin=twin):
        offered = group.any.offered
        if offered and group.any.ours:
            found.setdefault((group.any.transport, group.any.variant), {})[float(f"{offered:.3g}")] = group
    kinds = sorted(found, key=lambda kind: ORDER.index(kind) if kind in ORDER else len(ORDER))
    return [Series(*kind, dict(sorted(found[kind].items()))) for kind in kinds]


def band(document: Document, figure: str = JUDGED) -> float | None:
    """The A/A band of a figure, from all twins of E4."""
    pairs: list[float] = []
    for twin in document.of("E4", twin=True):
        for group in document.of(twin.any.experiment, transport=twin.any.transport, variant=twin.any.variant):
            if (group.any.name, group.any.params) == (twin.any.name, twin.any.params):
                each = ratios(twin.rounds(figure), group.rounds(figure))
                pairs += [median(each.values())] if each else []
                break
    return noise(pairs)


@dataclass(frozen=True)
class Answer:
    """What E4 says."""

    document: Document

    @cached_property
    def series(self) -> list[Series]:
        return all_series(self.document)

    def one(self, transport: str, *variants: str) -> Series | None:
        kinds = {(series.transport, series.variant): series for series in self.series}
        return next((kinds[transport, variant] for variant in variants if (transport, variant) in kinds), None)

    @cached_property
    def naive(self) -> Series | None:
        return self.one("ws", "per-message")

    @cached_property
    def coalesced(self) -> Series | None:
        return self.one("ws", "coalesced", "ours")

    @cached_property
    def longpoll(self) -> Series | None:
        return self.one("longpoll", "ours")

    @cached_property
    def band(self) -> float | None:
        return band(self.document)

    @cached_property
    def past(self) -> list[Against]:
        """Long polling against a frame for each message, at the loads past the knee of the latter."""
        if not self.naive or not self.longpoll or self.naive.knee is None:
            return []
        return [one for one in against(self.longpoll, self.naive) if one.load >= self.naive.knee]

    @cached_property
    def crossing(self) -> float | None:
        """From here on long polling is ahead at each load, of which there are two or more."""
        if self.band is None:
            return None
        loads: list[float] = []
        for one in reversed(self.past):
            if not one.ahead(self.band):
                break
            loads.insert(0, one.load)
        return loads[0] if len(loads) >= 2 else None

    @cached_property
    def first(self) -> Verdict:
        if not self.naive or not self.longpoll:
            return Verdict.UNTOLD
        if self.crossing is not None:
            return Verdict.HOLDS
        noise = self.band
        fails = noise is not None and len(self.past) >= 2 and all(one.behind(noise) for one in self.past)
        return Verdict.FAILS if fails else Verdict.OPEN

    @cached_property
    def rivals(self) -> list[Against]:
        """Coalesced frames against everything else, at each load."""
        mine = self.coalesced
        return (
            [] if mine is None else [one for other in self.series if other is not mine for one in against(mine, other)]
        )

    @cached_property
    def second(self) -> Verdict:
        if not self.rivals:
            return Verdict.UNTOLD
        noise = self.band
        if noise is None:
            return Verdict.OPEN
        if any(one.behind(noise) for one in self.rivals):
            return Verdict.FAILS
        level = noise <= NOISY and all(one.no_worse(noise) for one in self.rivals)
        return Verdict.HOLDS if level and any(one.ahead(noise) for one in self.rivals) else Verdict.OPEN

    @property
    def sentence(self) -> str:
        """The answer, with its intervals."""
        return say("{longpoll} {coalesced}", longpoll=self._about_longpoll(), coalesced=self._about_coalesced())

    @property
    def title(self) -> str:
        """The answer in a line, for a slide."""
        if not self.series:
            return say("E4 has not been measured")
        wins = {
            Verdict.HOLDS: "coalesced WebSocket is ahead or level everywhere",
            Verdict.FAILS: "coalesced WebSocket does not win everywhere",
        }.get(self.second, "that coalesced WebSocket wins everywhere is not shown")
        beats = {
            Verdict.HOLDS: "Past the knee batched long polling beats a frame for each message",
            Verdict.FAILS: "Past the knee a frame for each message still beats batched long polling",
        }.get(self.first, "That long polling beats a frame for each message past the knee is not shown")
        return say("{beats}; {wins}", beats=beats, wins=wins)

    def _about_longpoll(self) -> str:
        if self.first is Verdict.UNTOLD:
            return say("Long polling past the knee: untold, E4 has no cells of both.")
        if self.naive and self.naive.knee is not None and not self.past:
            return say(
                "Long polling past the knee: not shown. ws with a frame for each message bends at {knee} deliveries/s,"
                " but no load from there on has cells of both that count.",
                knee=rate(self.naive.knee),
            )
        if not self.past:
            return say(
                "Long polling past the knee: not shown, because the median latency of ws with a frame for each message"
                " never rose to {times} times its least: no load was past its knee.",
                times=f"{BENT:g}",
            )
        if self.band is None:
            return say("Long polling past the knee: not shown, because no A/A twin says how large the noise is.")
        if self.crossing is not None:
            last = self.past[-1]
            return say(
                "Yes: from {crossing} deliveries/s on, batched long polling beats ws with a frame for each message; at"
                " {load} its p99 is {ours} against {theirs} after {step} (A/A noise {noise} %, {share} of that"
                " difference). The one settles; the other falls behind for as long as the load lasts.",
                crossing=rate(self.crossing),
                load=rate(last.load),
                ours=time(last.ours),
                theirs=time(last.theirs),
                step=self._step(last),
                noise=digits(100 * self.band),
                share=percent(self.band / last.effect),
            )
        if self.first is Verdict.FAILS:
            last = self.past[-1]
            return say(
                "No: past the knee ({knee} deliveries/s) ws with a frame for each message stays ahead of batched long"
                " polling; at {load} the p99 of long polling is {ours} against {theirs}, {times}.",
                knee=rate(self.past[0].load),
                load=rate(last.load),
                ours=time(last.ours),
                theirs=time(last.theirs),
                times=_times(last),
            )
        ahead = sum(one.ahead(self.band) for one in self.past)
        return say(
            "Long polling past the knee: not shown. It is ahead by more than the A/A noise ({noise} %) at {ahead} of"
            " {loads} past the knee{few}.",
            noise=digits(100 * self.band),
            ahead=ahead,
            loads=several(len(self.past), "load"),
            few=self._few(),
        )

    def _about_coalesced(self) -> str:
        if self.second is Verdict.UNTOLD:
            return say("Coalesced ws: untold, E4 has no cells of it beside another.")
        if self.band is None:
            return say("Coalesced ws: not shown, because no A/A twin says how large the noise is.")
        loads = len({one.load for one in self.rivals})
        behind = [one for one in self.rivals if one.behind(self.band)]
        if behind:
            worst = max(behind, key=lambda one: one.ratio.middle)
            return say(
                "Coalesced ws does not win everywhere: it is behind in {behind} of {all} comparisons, most at {load}"
                " deliveries/s, where its p99 is {late}, {times} than {other}.",
                behind=len(behind),
                all=len(self.rivals),
                load=rate(worst.load),
                late=time(worst.ours),
                times=_times(worst),
                other=worst.other,
            )
        if self.second is Verdict.HOLDS:
            # The hardest load at which it is surely ahead of something, and there the strongest of these.
            beaten = max(
                (one for one in self.rivals if one.ahead(self.band)), key=lambda one: (one.load, one.ratio.middle)
            )
            return say(
                "Coalesced ws wins everywhere: at none of {loads} is its p99 behind anything by more than noise, and at"
                " {load} it is {late}, {times} than that of {other}.",
                loads=several(loads, "load"),
                load=rate(beaten.load),
                late=time(beaten.ours),
                times=_times(beaten),
                other=beaten.other,
            )
        if self.band > NOISY:
            return say(
                "That coalesced ws wins everywhere is not shown: two runs of the same thing differ by {noise} %.",
                noise=digits(100 * self.band),
            )
        unsure = sum(not one.no_worse(self.band) for one in self.rivals)
        return say(
            "That coalesced ws wins everywhere is not shown: in {unsure} of {all} comparisons it is later by more than"
            " the noise, or nobody can tell{few}.",
            unsure=unsure,
            all=len(self.rivals),
            few=self._few(),
        )

    def _step(self, one: Against) -> str:
        """How long the load lasted: what grows without bound is as late as it had time to become."""
        assert self.naive
        seconds = self.naive.points[one.load].any.param("seconds")
        return say("a step") if seconds is None else say("{seconds} s of it", seconds=digits(seconds))

    def _few(self) -> str:
        known = [one.ratio.known for one in self.rivals + self.past]
        return "" if all(known) else say("; some have too few rounds for an interval")


def against(ours: Series, theirs: Series, figure: str = JUDGED) -> list[Against]:
    """Both at each load they share."""
    found = []
    for load, group in ours.points.items():
        other = theirs.points.get(load)
        ratio = estimate(ratios(group.rounds(figure), other.rounds(figure))) if other else None
        mine, its = group.middle(figure), other.middle(figure) if other else None
        if ratio and mine is not None and its is not None:
            found.append(Against(load, theirs.name, ratio, mine, its))
    return found


def _times(one: Against) -> str:
    """How many times sooner or later."""
    found, sooner = one.ratio, one.ratio.middle < 1
    low, high = found.low, found.high
    edges = f" [{digits(low)}, {digits(high)}]" if low is not None and high is not None else ""
    if sooner and low and high:
        edges = f" [{digits(1 / high)}, {digits(1 / low)}]"
    if sooner:
        return say("{times} times shorter", times=f"{digits(1 / found.middle)}{edges}")
    return say("{times} times longer", times=f"{digits(found.middle)}{edges}")
