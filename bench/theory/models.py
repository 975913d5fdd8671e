"""The models: what latency, requests, bytes and server time must be, if the wire is all there is.

Pure functions in seconds and bytes. Latency counts from the time a message was planned for until its client has it.
The words: `rtt` is a round trip, `down` the way from the server to the client, `served` the server's time for one
operation, `turn` the client's from an answer to its next request, `rate` messages per second and client, arriving
as a Poisson process unless a period is said. `gap` is how long a long poll is away: rtt + turn + served.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Literal, NamedTuple

SEGMENT = 52  # bytes of IPv4 and TCP heads with timestamps, on each segment and each pure ACK
RECORD = 22  # bytes that TLS 1.3 adds to a record
MASK = 4  # bytes of a WebSocket frame's mask, on the way up only
HALVINGS = 50  # of a bisection: far below a microsecond


@dataclass(frozen=True, slots=True)
class Law:
    """How late messages are, and what asking costs. `quantile(p)` and `cdf(latency)` are each other's inverse."""

    mean: float
    max: float
    quantile: Callable[[float], float]
    cdf: Callable[[float], float]
    requests: float = 0.0  # per second and client
    per_answer: float = 1.0  # messages in an answer that has any (poll), or in any answer (longpoll)
    empty: float = 0.0  # share of answers without news


def _ramp(base: float, span: float, at_once: float = 0.0) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Quantile and CDF of: `base` for a share of `at_once`, else spread evenly over (base, base + span)."""

    def quantile(p: float) -> float:
        return base + (span * max(0.0, (p - at_once) / (1 - at_once)) if at_once < 1 else 0.0)

    def cdf(latency: float) -> float:
        if latency < base:
            return 0.0
        return min(1.0, at_once + (1 - at_once) * (latency - base) / span) if span > 0 else 1.0

    return quantile, cdf


# ---- short polling


def spacing(
    interval: float,
    rtt: float,
    *,
    served: float = 0.0,
    mode: Literal["rate", "delay"] = "rate",
    reconnects: bool = False,
) -> float:
    """The time between two polls at the server. A rate keeps its deadlines, as long as an answer is there before the
    next one; a delay counts from the answer on. A connection of its own for each poll costs a delay one more rtt."""
    trip = rtt * (2 if reconnects else 1) + served
    return max(interval, trip) if mode == "rate" else interval + trip


def poll(
    interval: float,
    rtt: float,
    down: float,
    *,
    rate: float | None = None,
    served: float = 0.0,
    mode: Literal["rate", "delay"] = "rate",
    jitter: float = 0.0,
    reconnects: bool = False,
) -> Law:
    """Short polling: a message waits for the next request to arrive, and the way up cancels out. `jitter` spreads the
    distances evenly over 1 ± jitter; a long distance catches more messages than a short one, so the mean rises."""
    apart = spacing(interval, rtt, served=served, mode=mode, reconnects=reconnects)
    base = down + served
    least, most = apart * (1 - jitter), apart * (1 + jitter)

    def waited(wait: float) -> float:
        """The share of messages that wait no longer: the forward recurrence time of a renewal process."""
        if wait <= 0:
            return 0.0
        if wait <= least or most == least:
            return min(1.0, wait / apart)
        beyond = most - min(wait, most)
        return 1 - beyond * beyond / (2 * (most - least) * apart)

    return Law(
        mean=mean_wait(apart, jitter / math.sqrt(3)) + base,
        max=most + base,
        quantile=lambda p: base + (p * apart if not jitter else inverse(waited, p, most)),
        cdf=lambda latency: waited(latency - base),
        requests=1 / apart,
        per_answer=per_full_poll(rate, apart) if rate else 1.0,
        empty=empty(rate, apart) if rate else 1.0,
    )


def mean_wait(apart: float, variation: float = 0.0) -> float:
    """The mean wait for the next of events `apart` on average, whose distances have this coefficient of variation
    (the inspection paradox: at 1, exponential, it is the whole distance, not half of it)."""
    return apart / 2 * (1 + variation * variation)


def empty(rate: float, apart: float) -> float:
    """The share of polls that find nothing."""
    return math.exp(-rate * apart)


def empty_periodic(period: float, apart: float) -> float:
    """The same where a message comes each `period`."""
    return max(0.0, 1 - apart / period)


def per_full_poll(rate: float, apart: float) -> float:
    """Messages in a poll's answer that has any."""
    return rate * apart / -math.expm1(-rate * apart)


def lost(rate: float, apart: float) -> float:
    """The share of messages that an endpoint loses which gives the latest value only. With a cursor: none."""
    return 1 - 1 / per_full_poll(rate, apart)


def lost_periodic(period: float, apart: float) -> float:
    """The same where a message comes each `period`."""
    return max(0.0, 1 - period / apart)


# ---- push


def push(down: float, *, served: float = 0.0, clients: int = 1, each: float = 0.0) -> Law:
    """sse and ws: one way down, after those who are served before. `each` is the server's time for one client."""
    span = clients * each
    quantile, cdf = _ramp(down + served, span)
    return Law(down + served + span / 2, down + served + span, quantile, cdf)


def beats(rate: float, every: float) -> float:
    """Heartbeats a second of a stream that says something after each `every` s of silence."""
    quiet = math.exp(-rate * every)
    return 1 / every if rate == 0 else rate * quiet / (1 - quiet)


# ---- long polling


def longpoll(
    rate: float,
    rtt: float,
    down: float,
    *,
    turn: float = 0.0,
    served: float = 0.0,
    hold: float | None = None,
    reconnects: bool = False,
) -> Law:
    """Long polling whose answer carries all there is. A message that finds a waiting request goes at once; one that
    falls into the gap waits for the rest of it. `hold`: after so many seconds an empty answer."""
    gap = rtt * (2 if reconnects else 1) + turn + served
    load = rate * gap
    quiet = math.exp(-load)  # nothing came in the gap
    heard = -math.expm1(-rate * hold) if hold is not None else 1.0  # something comes while the request waits
    per_answer = load + quiet * heard
    waits = quiet * (hold if hold is not None else math.inf) if rate == 0 else quiet * heard / rate
    at_once = quiet * heard / per_answer if per_answer else 1.0
    quantile, cdf = _ramp(down + served, gap, at_once)
    return Law(
        mean=down + served + gap / 2 * (1 - at_once),
        max=down + served + gap,
        quantile=quantile,
        cdf=cdf,
        requests=1 / (gap + waits),
        per_answer=per_answer,
        empty=math.exp(-load - rate * hold) if hold is not None else 0.0,
    )


def longpoll_waiting(rate: float, gap: float, hold: float | None = None) -> float:
    """The share of time that a request waits at the server (Little's law): to hold against a count of them."""
    return 1 - gap * longpoll(rate, gap, 0.0, hold=hold).requests


def longpoll_single(rate: float, rtt: float, down: float, *, turn: float = 0.0, served: float = 0.0) -> Law:
    """Long polling with one message an answer: the queue M/D/1. From rate × gap = 1 on it grows without bound."""
    gap = rtt + turn + served
    load, base = rate * gap, down + served
    if load >= 1:
        return Law(math.inf, math.inf, lambda p: math.inf, lambda latency: 0.0, requests=1 / gap)
    return Law(
        mean=base + load * gap / (2 * (1 - load)),
        max=math.inf,
        quantile=lambda p: base + inverse(lambda wait: queue_cdf(wait, load, gap), p, gap / (1 - load)),
        cdf=lambda latency: queue_cdf(latency - base, load, gap),
        requests=rate,
    )


def longpoll_single_growing(rate: float, gap: float, seconds: float) -> float:
    """The mean wait of a queue beyond its limit, over a run: what comes at t leaves at t × rate × gap."""
    return seconds / 2 * max(0.0, rate * gap - 1)


def longpoll_periodic(period: float, rtt: float, down: float, *, turn: float = 0.0, served: float = 0.0) -> Law:
    """Long polling of a message each `period`: as good as push while the request is back in time, that is while one
    way is shorter than half the period. Past this kink a message waits for half a gap on average."""
    gap = rtt + turn + served
    span = gap if gap > period else 0.0
    quantile, cdf = _ramp(down + served, span)
    return Law(
        mean=down + served + span / 2,
        max=down + served + span,
        quantile=quantile,
        cdf=cdf,
        requests=1 / max(gap, period),
        per_answer=max(gap, period) / period,
    )


def queue_cdf(wait: float, load: float, service: float) -> float:
    """The share that waits no longer in M/D/1 (Erlang 1909). Its terms alternate and are huge, hence many digits."""
    if wait < 0:
        return 0.0
    with localcontext() as context:
        context.prec = 60 + int(2 * wait / service)
        rate, total = Decimal(load) / Decimal(service), Decimal(0)
        for k in range(int(wait / service) + 1):
            left = rate * (Decimal(wait) - k * Decimal(service))
            total += (-left) ** k / math.factorial(k) * left.exp() if k else left.exp()
        return min(1.0, max(0.0, float(total * (1 - Decimal(load)))))


def inverse(share: Callable[[float], float], p: float, guess: float) -> float:
    """Where a rising function reaches p."""
    low, high = 0.0, guess
    while share(high) < p and high < guess * 2**20:
        low, high = high, high * 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) < p else (low, middle)
    return high


# ---- bytes


def ws_bytes(size: int) -> int:
    """A frame on the way down."""
    return size + (2 if size < 126 else 4 if size < 65536 else 10)


def ws_up_bytes(size: int) -> int:
    """A frame on the way up."""
    return ws_bytes(size) + MASK


def chunk_bytes(size: int) -> int:
    """A chunk of HTTP/1.1."""
    return size + len(f"{size:x}") + 4


def sse_bytes(size: int, id_size: int = 0, newline: int = 1) -> int:
    """An event with `data: ` and, where there is an id, `id: `, in its chunk. `newline`: 1 for LF, 2 for CRLF."""
    event = 6 + size + 2 * newline
    return chunk_bytes(event + (4 + id_size + newline if id_size else 0))


def wire(application: float, segments: float, acks: float = 0.0) -> float:
    """Bytes on the wire, estimated: the heads of IPv4 and TCP on all that carries data or only acknowledges."""
    return application + SEGMENT * (segments + acks)


@dataclass(frozen=True, slots=True)
class HeadSet:
    """One poll of a famous table, beside one WebSocket message with the same news."""

    characters: int  # of both heads, as printed without line ends
    request: int  # bytes of the request's head
    answer: int
    body: int
    framing: int  # bytes around the WebSocket message

    @property
    def heads(self) -> int:
        return self.request + self.answer


# Lubbers and Greco 2010: 871 characters as printed. With their line ends they are 716 + 193 bytes.
KAAZING = HeadSet(characters=871, request=716, answer=193, body=21, framing=2)


class Ratio(NamedTuple):
    """How many times more a poll costs than a WebSocket message, and what was counted."""

    counts: str
    poll: float
    ws: float

    @property
    def times(self) -> float:
        return self.poll / self.ws


def five_ratios(heads: HeadSet = KAAZING) -> list[Ratio]:
    """From the famous ratio to the one on the wire. A poll: two segments and an ACK. A push: one segment, one ACK."""
    asked, pushed = heads.heads + heads.body, heads.body + heads.framing
    return [
        Ratio("characters of heads against bytes of framing", heads.characters, heads.framing),
        Ratio("bytes of heads against bytes of framing", heads.heads, heads.framing),
        Ratio("all bytes of the application, the news included", asked, pushed),
        Ratio("all bytes on the wire, TCP/IP and ACKs included", wire(asked, 2, 1), wire(pushed, 1, 1)),
        Ratio("the same through TLS 1.3", wire(asked, 2, 1) + 2 * RECORD, wire(pushed, 1, 1) + RECORD),
    ]


def poll_bytes(heads: float, body: float, rate: float, apart: float) -> float:
    """Bytes of heads and body for each message delivered by polls."""
    return heads / (rate * apart) + body


def longpoll_bytes(heads: float, body: float, rate: float, gap: float) -> float:
    """The same by long polls: the more comes in a gap, the less of a head each message pays."""
    return heads / longpoll(rate, gap, 0.0).per_answer + body


# ---- the server's CPU


class Work(NamedTuple):
    """What a server did in one measured time, and the CPU it took for that."""

    cpu: float
    answers: float = 0.0  # HTTP answers: polls and long polls
    events: float = 0.0  # sse events written
    frames: float = 0.0  # ws frames written
    messages: float = 0.0  # delivered in any of these


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds: for one answer, for one event, for one frame, and for each message in one of these."""

    request: float | None = None
    event: float | None = None
    frame: float | None = None
    message: float = 0.0
    off: float = 0.0  # median relative deviation of the fit

    @property
    def ws(self) -> float | None:
        """A message that goes alone in its frame."""
        return None if self.frame is None else self.frame + self.message

    @property
    def sse(self) -> float | None:
        return None if self.event is None else self.event + self.message


def fit(works: Sequence[Work]) -> Costs:
    """The costs that explain measured CPU best: least squares of the relative error. Where the best would be negative
    it is nothing: no work gives time back."""
    works = [work for work in works if work.cpu > 0]
    rows = [[done / work.cpu for done in (work.answers, work.events, work.frames, work.messages)] for work in works]
    asked = [column for column in range(4) if any(row[column] for row in rows)]
    found = least_squares([[row[column] for column in asked] for row in rows], [1.0] * len(rows))
    cost = dict(zip(asked, found, strict=True))
    off = sorted(abs(1 - sum(cost[column] * row[column] for column in asked)) for row in rows)
    return Costs(cost.get(0), cost.get(1), cost.get(2), cost.get(3, 0.0), off[len(off) // 2] if off else 0.0)


def least_squares(rows: Sequence[Sequence[float]], wanted: Sequence[float]) -> list[float]:
    """Non-negative x with the least sum of (row · x - wanted)². A column that comes out negative, or that the others
    explain already, is left out and gets 0."""
    columns = len(rows[0]) if rows else 0
    kept = list(range(columns))
    while kept:
        found = _solve(
            [[math.fsum(row[i] * row[j] for row in rows) for j in kept] for i in kept],
            [math.fsum(row[i] * value for row, value in zip(rows, wanted, strict=True)) for i in kept],
        )
        worst = min(range(len(kept)), key=lambda at: found[at])
        if found[worst] >= 0:
            return [dict(zip(kept, found, strict=True)).get(column, 0.0) for column in range(columns)]
        del kept[worst]
    return [0.0] * columns


def _solve(matrix: list[list[float]], wanted: list[float]) -> list[float]:
    """Gauss with pivots. A column that hangs on the others says -inf: leave me out."""
    size = len(wanted)
    scale = [math.sqrt(matrix[i][i]) or 1.0 for i in range(size)]  # all columns of one size, so that tiny is tiny
    rows = [[matrix[i][j] / scale[i] / scale[j] for j in range(size)] + [wanted[i] / scale[i]] for i in range(size)]
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        if abs(rows[at][at]) < 1e-9:
            return [-math.inf if column == at else 0.0 for column in range(size)]
        for below in range(at + 1, size):
            times = rows[below][at] / rows[at][at]
            rows[below] = [low - times * high for low, high in zip(rows[below], rows[at], strict=True)]
    found = [0.0] * size
    for at in reversed(range(size)):
        rest = sum(rows[at][column] * found[column] for column in range(at + 1, size))
        found[at] = (rows[at][size] - rest) / rows[at][at]
    return [value / scale[at] for at, value in enumerate(found)]


def poll_cpu(costs: Costs, clients: int, rate: float, apart: float) -> float | None:
    """Cores that polls keep busy: asking costs as much when there is nothing."""
    return None if costs.request is None else clients / apart * costs.request + clients * rate * costs.message


def longpoll_cpu(costs: Costs, clients: int, rate: float, gap: float) -> float | None:
    """Cores that long polls keep busy, as long as the server itself makes the gap no longer."""
    if costs.request is None:
        return None
    return clients * longpoll(rate, gap, 0.0).requests * costs.request + clients * rate * costs.message


def push_cpu(each: float | None, clients: int, rate: float, *, heartbeat: float | None = None) -> float | None:
    """Cores that pushing keeps busy at `each` seconds a delivery; heartbeats cost as much."""
    if each is None:
        return None
    return clients * (rate + (1 / heartbeat if heartbeat else 0.0)) * each


@dataclass(frozen=True, slots=True)
class Knees:
    """Deliveries per second at which one core has no time left. None: its cost is not known."""

    ws: float | None  # a frame for each message
    sse: float | None
    longpoll: float | None  # from here on answers fill up: a plateau, no cliff
    batched: float | None  # where even full batches are too many: long polls, coalesced frames
    poll: float | None


def knees(costs: Costs, clients: int, interval: float = 1.0) -> Knees:
    """Where each transport should bend."""
    request = costs.request
    full = 1 / costs.message if costs.message else None
    asking = None if request is None else 1 - clients / interval * request  # of a core, left beside the asking
    return Knees(
        ws=1 / costs.ws if costs.ws else None,
        sse=1 / costs.sse if costs.sse else None,
        longpoll=None if not request else 1 / (request + costs.message),
        batched=full,
        poll=None if asking is None or full is None else max(0.0, asking) * full,
    )


def herd(clients: int, deliveries: float, request: float, message: float) -> float:
    """The cycle of batched long polls at a busy server, in s: all of them are answered once in it. Unlike a queue it
    settles, as long as the messages alone leave time."""
    left = 1 - deliveries * message
    return clients * request / left if left > 0 else math.inf


def queued(load: float, seconds: float, p: float | None = None) -> float:
    """How late a queue is that gets `load` times what it can serve, over a run: the mean, or the quantile p."""
    return max(0.0, load - 1) * seconds * (0.5 if p is None else p)


def break_even(request: float, delivery: float, interval: float, message: float = 0.0) -> float:
    """Messages per second and client from which polling takes less CPU than a frame for each message."""
    return request / ((delivery - message) * interval) if delivery > message else math.inf
