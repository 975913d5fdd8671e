"""The fallback table's rows: what stands between, what a client told of it, and what was promised there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from transport_fallback.lab.network.proxies import TABLE as PROXIES
from transport_fallback.lab.network.table import TABLE, Setting

STRIKE = 8.0  # s of life on `direct` before a network strikes
SPACING = 50.0  # ms between two messages of the feed
JITTER = 60.0  # ms that a shared machine may be late
HITCH = 20.0  # ms beyond what the feed itself was late, where that is more
HEAL = 6.0  # s after which a network that lets nothing through becomes `direct`
HEARS = 2.5  # s: who had a message so lately hears; more than a poll or a round trip takes
TOLD = 100.0  # ms beyond a round trip, where something says that a living rung died
UNSEEN = 2.5  # heartbeats, where nothing says it
SPOKEN = 2000.0  # ms, where nothing says it, but the person speaks

# What happens at a time of its own happens within the run, and the slow network is there twice.
PARAMETERS = {"later": ("5",), "heal": ("5",), "impatient": ("5",), "flaky": ("3",), "slow": ("300", "1500")}
DARK = {"portal", "silent"}  # nothing gets through until they heal
CHANCE = {"cut", "lost", "flaky"}  # what they do and when is left to chance
DIES = {"later", "cut", "lost", "flaky"}  # something that reads is ended, and the client is told
STRUCK_DIES = {"no-upgrade", "forbidden", "kill", "later", "heal", "portal", "flaky"}  # the same for a living ws
STRUCK_FREEZES = {"mute", "silent"}
# Nothing tells a client that it fails there, or an impatient one takes it for dead: what is tuned shows here alone.
UNTOLD = {"direct", "mute", "deaf", "silent", "slow"}
LONG = {"mute", "deaf", "silent", "slow", "hang", "kill", "no-post"}  # a client may stay without anything there


@dataclass(frozen=True)
class Row:
    """One client's way. `struck`: it begins on `direct`; `speaks`: the person says something each second."""

    network: str
    silence: float = 0.0  # ms promised, beyond the feed's own distance
    rtt: float = 0.0  # ms, of the network itself
    event: float = 0.0  # s after which the network changes by itself
    proxy: bool = False
    struck: bool = False
    dark: bool = False
    chance: bool = False
    speaks: bool = False

    @property
    def kind(self) -> str:
        """The network without its parameter."""
        return self.network.partition(":")[0]

    @property
    def untold(self) -> bool:
        """Whether what was tuned can be seen in it."""
        return self.kind in UNTOLD

    @property
    def long(self) -> bool:
        """Whether it may take longer than others do."""
        return self.chance or self.kind in LONG

    @property
    def line(self) -> str:
        """The line of the table it stands in."""
        return f"{self.network}, speaking" if self.speaks else self.network

    @property
    def label(self) -> str:
        """How the table calls that line."""
        return f"{self.line}, {HEAL:g} s long" if self.dark else self.line

    @property
    def name(self) -> str:
        return f"{self.line}, struck" if self.struck else self.line


def rows(heartbeat: float, patterns: list[str] | None = None) -> list[Row]:
    """Every network new and striking a living ws, and every real proxy; or those whose name fits a pattern."""
    every = [*of_networks(heartbeat), *(Row(proxy.name, proxy=True) for proxy in PROXIES)]
    return [row for row in every if not patterns or any(fnmatchcase(row.name, pattern) for pattern in patterns)]


def of_networks(heartbeat: float) -> Iterator[Row]:
    unseen = UNSEEN * heartbeat * 1000
    for known in TABLE:
        for number in PARAMETERS.get(known.name, ("",)):
            setting = Setting.parse(f"{known.name}:{number}" if number else known.name)
            name, value = known.name, setting.value
            row = Row(
                setting.text,
                silence=TOLD if name in DIES else 0.0,
                rtt=value if name == "slow" else 0.0,
                event=value if name in ("later", "heal") else 0.0,
                dark=name in DARK,
                chance=name in CHANCE,
            )
            yield row
            if name == "direct":
                continue
            silence = TOLD if name in STRUCK_DIES else unseen if name in STRUCK_FREEZES else 0.0
            struck = replace(row, struck=True, silence=silence)
            yield struck
            if name in ("mute", "deaf"):
                yield replace(struck, silence=min(silence, SPOKEN), speaks=True)


@dataclass
class Told:
    """What a client told while it ran: which number came when, which transport was in use from when. In s."""

    began: float
    heard: list[tuple[float, int]] = field(default_factory=list)
    changes: list[tuple[float, str | None]] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)

    @property
    def using(self) -> str | None:
        return self.changes[-1][1] if self.changes else None

    def uses(self, transport: str | None, at: float) -> None:
        if transport != self.using:
            self.changes.append((at, transport))


@dataclass(frozen=True)
class Span:
    """When what happened in a run, in s. `origin`: from when times count: the heal, the strike, or the start."""

    origin: float
    ended: float
    struck: float | None = None
    healed: float | None = None
    asked: float | None = None  # the first connection after the heal
    hitch: float | None = None  # ms that somebody without any network between had to wait longer than SPACING


@dataclass(frozen=True)
class Run:
    """The figures of one run."""

    ends: str
    first: float | None  # ms, None: never
    settled: float | None  # ms, None: it did not settle
    silence: float | None  # ms, None: nothing came
    lost: int
    repeated: int
    asked: float | None  # ms from the heal to the first connection
    judged: float | None  # ms, the silence without the time in which a dark network was not asked
    hitch: float | None  # ms


def measured(told: Told, span: Span, settle: float) -> Run:
    """The figures of what a client told."""
    heard = [(at, number) for at, number in told.heard if at <= span.ended]
    new: dict[int, float] = {}
    for at, number in heard:
        new.setdefault(number, at)
    times = sorted(new.values())
    after = [at for at in times if at >= span.origin]
    last, using = next((change for change in reversed(told.changes) if change[0] <= span.ended), (None, None))
    hears = bool(heard) and heard[-1][0] >= span.ended - HEARS
    steady = using is not None and last is not None and span.ended - max(last, span.origin) >= settle - 0.1
    return Run(
        ends=using or "nothing",
        first=(after[0] - span.origin) * 1000 if after and span.struck is None else None,
        settled=max(0.0, last - span.origin) * 1000 if hears and steady and last is not None else None,
        silence=longest(times, span, span.healed),
        lost=max(new) - min(new) + 1 - len(new) if new else 0,
        repeated=len(heard) - len(new),
        asked=(span.asked - span.origin) * 1000 if span.asked is not None else None,
        judged=longest(times, span, span.asked or span.healed),
        hitch=span.hitch,
    )


def longest(times: list[float], span: Span, light: float | None) -> float | None:
    """The longest silence in ms, to the very end of the run; what was dark until `light` is not counted."""
    if not times:
        return None
    dark = (span.struck if span.struck is not None else times[0], light) if light is not None else None
    most = 0.0
    for earlier, later in zip(times, [*times[1:], span.ended], strict=True):
        if span.struck is not None and later < span.struck:
            continue
        unlit = max(0.0, min(later, dark[1]) - max(earlier, dark[0])) if dark else 0.0
        most = max(most, (later - earlier - unlit) * 1000 - SPACING)
    return most


def missed(row: Row, run: Run) -> list[str]:
    """What of the promises was not kept."""
    late = max(JITTER, (run.hitch or 0.0) + HITCH)
    names = []
    if not row.struck and not row.chance:  # by chance nobody knows which request was the first let through
        # The connection is a round trip, too, and the first answer says only where reading begins.
        first = None if run.first is None else run.first - (run.asked or 0.0) - row.rtt
        if first is None or first > 2 * row.rtt + SPACING + late:
            names.append("first message")
    if run.judged is None or run.judged > row.silence + row.rtt + late:
        names.append("silence")
    return names + [name for name in ("lost", "repeated") if getattr(run, name)]
