"""The claims of the literature, C1 to C18: who says so, what the models predict, what was measured here, the verdict.

"Holds" and "does not" only where an interval over rounds says so, or where something was counted that is the same in
each round. "Not shown": the interval lies on both sides. "Untold": this run has no cells for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench import models
from bench.answer import Answer
from bench.document import Cell, Document, Group
from bench.predict import law, load, predicted
from bench.saying import digits, listed, noted, noted_time, number, percent, several, time
from bench.stats import ENOUGH, Estimate, Verdict, equivalent, estimate, exact, judged, median, ratios, share, together

SLOPE = 0.15  # either side of 0.5 and 1.0, so that the two cannot be taken for one another
SHARE = 0.02  # of polls: as near as the share of empty ones must be
LOSS = 0.05  # of the messages that the latest value loses, of which a run has ten
MARGIN = 0.10  # of C9
KIB = 1024.0
BROWSER = 400.0  # bytes that a browser's headers add to the least there can be
BROWSER_CONNECTIONS = 6
STEP = 0.25  # of all clients in a tenth of a second: in step


@dataclass(frozen=True)
class Finding:
    """What a run says of a claim."""

    measured: str
    verdict: Verdict


@dataclass(frozen=True)
class Claim:
    number: str
    says: str  # the claim in one sentence
    who: str
    predicts: str  # what the models say
    experiments: tuple[str, ...]
    judge: Callable[[Document], Finding]

    @property
    def repeat(self) -> str:
        """The command that measures it again."""
        return f"python -m bench --only {','.join(self.experiments)}"


def untold(takes: str) -> Finding:
    """Nothing measured, and what it would take."""
    return Finding(f"Not measured in this run: {takes}", Verdict.UNTOLD)


# ---- helpers


def _counting(groups: Iterable[Group], *figures: str) -> list[Group]:
    """Those in which all of these were measured."""
    return [group for group in groups if all(group.rounds(figure) for figure in figures)]


def _pooled(document: Document, groups: Iterable[Group], figure: str) -> list[float]:
    """A figure in all rounds of these scenarios and of their twins, which are rounds as good as any."""
    found: list[float] = []
    for group in groups:
        found += group.rounds(figure).values()
        for twin in document.of(group.any.experiment, transport=group.any.transport, twin=True):
            if (twin.any.name, twin.any.params) == (group.any.name, group.any.params):
                found += twin.rounds(figure).values()
    return found


def _pair(groups: Iterable[Group], *names: str) -> tuple[object, ...]:
    """What makes two scenarios comparable: the parameters that are not the transport's own."""
    return tuple(str(group.any.params.get(name)) for group in groups for name in names)


SAME = ("clients", "rate", "shape", "rtt", "size", "seconds")


def _same(group: Group) -> tuple[object, ...]:
    return (group.any.experiment, *_pair([group], *SAME))


# ---- C1 to C5: latency


def poll_slope(document: Document) -> Finding:
    parts, verdicts = [], []
    for mode, slope in (("rate", 0.5), ("delay", 1.0)):
        groups = [g for g in document.of("E2", transport="poll") if g.any.params.get("mode") == mode and law(g.any)]
        found = estimate(_slopes(groups))
        if found is None:
            continue
        verdicts.append(judged(found, slope - SLOPE, slope + SLOPE))
        parts.append(f"fixed {mode}: T/2 + {noted(found)} × RTT (model {slope:g})")
    if not parts:
        return untold("E2 with poll at two round trips or more.")
    if len(parts) == 1:
        verdicts.append(Verdict.OPEN)
    return Finding("; ".join(parts), together(verdicts))


def _slopes(groups: list[Group]) -> list[float]:
    """For each round, by how much the mean rises with the round trip: a least squares line within each interval."""
    found = []
    for at in sorted({cell.round for group in groups for cell in group.cells}):
        points: dict[float, list[tuple[float, float]]] = {}
        for group in groups:
            mean, rtt, interval = group.rounds("mean").get(at), group.any.param("rtt"), group.any.param("interval")
            if mean is not None and rtt is not None and interval is not None:
                points.setdefault(interval, []).append((rtt, mean))
        # Long intervals scatter more, by chance alone: weigh them less.
        above = below = 0.0
        for interval, line in points.items():
            x, y = (math.fsum(part) / len(line) for part in zip(*line, strict=True))
            above += math.fsum((a - x) * (b - y) for a, b in line) / interval**2
            below += math.fsum((a - x) ** 2 for a, _ in line) / interval**2
        if below:
            found.append(above / below)
    return found


def empty_polls(document: Document) -> Finding:
    groups = [
        g
        for g in _counting(document.of("E2", "E7", transport="poll"), "empty_share")
        if predicted(g.any, "empty_share") is not None
    ]
    if not groups:
        return untold("E2 or E7 with poll.")
    # By round over all scenarios: within a few seconds one of them has the luck of few messages.
    off = estimate(_off_by_round(groups, "empty_share", lambda share, expected: share - expected))
    shown = max(groups, key=lambda g: g.middle("empty_share") or 0)
    emptiest = noted(shown.estimate("empty_share"), 0.01, "%")
    text = (
        f"{several(len(groups), 'scenario')}; the emptiest: {emptiest} of polls, model"
        f" {percent(predicted(shown.any, 'empty_share'))}; all, by round, off by {noted(off, 0.01, '%')}"
    )
    return Finding(text, judged(off, -SHARE, SHARE))


def _off_by_round(groups: list[Group], figure: str, how: Callable[[float, float], float]) -> list[float]:
    """In each round, the mean over scenarios of how a measurement compares with its model."""
    found: dict[int, list[float]] = {}
    for group in groups:
        expected = predicted(group.any, figure)
        if expected is not None:
            for at, value in group.rounds(figure).items():
                found.setdefault(at, []).append(how(value, expected))
    return [math.fsum(values) / len(values) for values in found.values()]


def longpoll_transit(document: Document) -> Finding:
    # A transit long enough that what the machine adds does not count.
    groups = [g for g in _poisson(document, "ours") if (g.any.param("rtt") or 0) >= 0.05]
    groups.sort(key=lambda g: load(g.any) or 0)
    if not groups:
        return untold("E3 with longpoll at a round trip above 0.")
    parts, verdicts = [], []
    for group in (groups[0], groups[-1]) if len(groups) > 1 else (groups[0],):
        found = _transits(group, "mean")
        assert found
        verdicts.append(judged(found, 0.75, 1.25))
        parts.append(f"{noted(found)} transits at a = {digits(load(group.any) or 0)}")
    longest = [found for group in groups if (found := _transits(group, "max")) is not None]
    tail = max((found.middle for found in longest), default=math.nan)
    text = f"Mean {listed(parts)}" + (f"; the longest {digits(tail)} transits" if longest else "")
    if verdicts[-1] is Verdict.FAILS and verdicts[0] is Verdict.HOLDS:
        text += ". True of rare messages only"
    if len(groups) == 1:
        verdicts.append(Verdict.OPEN)
    return Finding(text, together(verdicts))


def _transits(group: Group, figure: str) -> Estimate | None:
    rtt = group.any.param("rtt") or 0
    return estimate(value / (rtt / 2) for value in group.rounds(figure).values()) if rtt else None


def _poisson(document: Document, variant: str) -> list[Group]:
    """The scenarios of the long-poll law."""
    return [
        group
        for group in _counting(document.of("E3", transport="longpoll", variant=variant), "mean")
        if group.any.params.get("shape") == "poisson" and (load(group.any) or 0) > 0
    ]


def collapse(document: Document) -> Finding:
    groups = _poisson(document, "unbatched")
    below = [g for g in groups if (load(g.any) or 0) <= 0.8]
    beyond = [g for g in groups if (load(g.any) or 0) > 1.05]
    verdicts, parts = [], []
    near_by = estimate(_off_by_round(below, "mean", lambda mean, expected: mean / expected))
    if near_by:
        verdicts.append(judged(near_by, 0.85, 1.15))
    if below:
        last = max(below, key=lambda g: load(g.any) or 0)
        parts.append(
            f"at a = {digits(load(last.any) or 0)}: mean {noted_time(last.estimate('mean'))}, M/D/1 says"
            f" {time(predicted(last.any, 'mean'))} (below the limit all are {noted(near_by)} times what it says)"
        )
    for group in beyond:
        found, gap = group.estimate("mean"), group.any.param("rtt") or 0
        # Batched, no message ever waits for more than one gap; a queue that grows is beyond that by far.
        verdicts.append(judged(found, 3 * gap, math.inf))
        parts.append(f"at a = {digits(load(group.any) or 0)}: {noted_time(found)}, and growing with the run")
    if not groups:
        return untold("E3 with longpoll, one message an answer.")
    if not below or not beyond:
        verdicts.append(Verdict.OPEN)
    return Finding("; ".join(parts[:1] + parts[1:][-1:]), together(verdicts))


def kink(document: Document) -> Finding:
    points = kink_points(document)
    if not points:
        return untold("E3 with longpoll and a message each 250 ms.")
    verdicts = []
    for way, period, found in points:
        if abs(2 * way - period) >= 0.05 * period:
            short = 2 * way < period
            verdicts.append(judged(found, 0.0 if short else 1.5, 1.15 if short else math.inf))
    sides = {2 * way < period for way, period, _ in points}
    if len(sides) < 2:
        verdicts.append(Verdict.OPEN)
    shown = [f"{noted(found)} × one way at {time(way)}" for way, _, found in points]
    return Finding(f"mean {'; '.join(shown)} (half the period: {time(points[0][1] / 2)})", together(verdicts))


def kink_points(document: Document) -> list[tuple[float, float, Estimate]]:
    """Periodic long polling: one way, the period, and the mean latency in ways."""
    found = []
    for group in _counting(document.of("E3", transport="longpoll", variant="ours"), "mean"):
        speed, rtt = group.any.param("rate"), group.any.param("rtt")
        if group.any.params.get("shape") == "periodic" and speed and rtt:
            ways = estimate(value / (rtt / 2) for value in group.rounds("mean").values())
            assert ways
            found.append((rtt / 2, 1 / speed, ways))
    return sorted(found, key=lambda point: point[0])


# ---- C6, C7: bytes


def kaazing_cells(document: Document) -> tuple[Group | None, Group | None]:
    """The famous head set replayed: poll, and the same news by ws."""
    found = [document.of("E1", transport=name, variant="kaazing") for name in ("poll", "ws")]
    return (found[0][0] if found[0] else None), (found[1][0] if found[1] else None)


def kaazing_ratios(document: Document) -> list[tuple[models.Ratio, float | None]]:
    """The five ratios by arithmetic, and as counted here: heads and framing, all of the application, on the wire. The
    first counts characters as printed, which no wire has; the last would need TLS."""
    poll, ws = kaazing_cells(document)
    counted: list[float | None] = [None] * 5
    if poll and ws:
        framing, heads = ws.middle("framing_each"), poll.middle("heads_each")
        counted[1] = heads / framing if heads and framing else None
        for at, figure in ((2, "application_each"), (3, "wire_each")):
            above, below = poll.middle(figure), ws.middle(figure)
            counted[at] = above / below if above and below else None
    return list(zip(models.five_ratios(), counted, strict=True))


def kaazing(document: Document) -> Finding:
    poll, ws = kaazing_cells(document)
    if poll is None or ws is None:
        return untold("E1 with the head set of 2010 replayed.")
    shares = estimate(ratios(poll.rounds("wire_each"), ws.rounds("wire_each")))
    counted = [
        f"{name} {digits(value)}:1"
        for name, (_, value) in zip(("", "heads", "application", "wire", ""), kaazing_ratios(document), strict=True)
        if value is not None
    ]
    if shares is None:
        return Finding(f"counted: {listed(counted) or 'nothing'}", Verdict.OPEN)
    found = shares if shares.known else exact(shares.middle)
    return Finding(f"counted: {listed(counted)}", judged(found, 435 * 0.9, 1000 * 1.1))


def head_sizes(document: Document) -> Finding:
    def least_and_most(figure: str, *transports: str) -> tuple[float, float] | None:
        found = [
            value
            for transport in transports
            for group in document.of("E1", transport=transport, variant="ours")
            if not upward(group.any) and (value := group.middle(figure)) is not None
        ]
        return (min(found), max(found)) if found else None

    parts, verdicts = [], []
    frames = least_and_most("framing_each", "ws")
    if frames:
        parts.append(f"a ws frame {_from_to(*frames)} B")
        verdicts.append(Verdict.HOLDS if 2 <= frames[0] and frames[1] <= 14 else Verdict.FAILS)
    events = least_and_most("framing_each", "sse")
    if events:
        parts.append(f"an sse event {_from_to(*events)} B")
        verdicts.append(Verdict.HOLDS if events[1] < 6 else Verdict.FAILS)
    heads = least_and_most("heads_exchange", "poll", "longpoll")
    if heads:
        parts.append(f"the heads of an exchange {_from_to(*heads)} B, before the 400 or so that a browser adds")
        verdicts.append(Verdict.HOLDS if 500 <= heads[0] + BROWSER and heads[1] + BROWSER <= 800 else Verdict.OPEN)
    if not parts:
        return untold("E1.")
    if len(parts) < 3:
        verdicts.append(Verdict.OPEN)
    return Finding(f"counted: {listed(parts)}", together(verdicts))


def _from_to(least: float, most: float) -> str:
    low, high = digits(least), digits(most)
    return low if low == high else f"{low} to {high}"


# ---- C8 to C11, C14: cost and load


def push_cost(document: Document) -> Finding:
    """Pairs of push and poll in E7 with the same load."""
    pulls: dict[tuple[object, ...], list[Group]] = {}
    for group in _counting(document.of("E7", transport="poll"), "server_cpu"):
        pulls.setdefault(_same(group), []).append(group)
    seen, parts = [], []
    for transport in ("longpoll", "sse", "ws"):
        found = []
        for group in _counting(document.of("E7", transport=transport), "server_cpu"):
            for pull in pulls.get(_same(group), []):
                ratio, same = equivalent(ratios(group.rounds("server_cpu"), pull.rounds("server_cpu")), MARGIN)
                if ratio:
                    found.append((ratio, same))
        seen += found
        if found:
            least, most = min(r.middle for r, _ in found), max(r.middle for r, _ in found)
            parts.append(f"{transport} takes {_from_to(least, most)} times the CPU of poll")
    if not seen:
        return untold("E7 with server CPU, push beside poll at the same load.")
    # Either half of the claim may be right: seven times, or no difference.
    halves = [together(judged(ratio, 5.0, 9.0) for ratio, _ in seen), together(same for _, same in seen)]
    verdict = Verdict.HOLDS if Verdict.HOLDS in halves else Verdict.OPEN if Verdict.OPEN in halves else Verdict.FAILS
    level = sum(same is Verdict.HOLDS for _, same in seen)
    return Finding(f"{'; '.join(parts)}; level within 10 % in {level} of {several(len(seen), 'pair')}", verdict)


def sse_as_ws(document: Document) -> Finding:
    parts, verdicts = [], []
    answer = Answer(document)
    knee = min((s.knee for s in answer.series if s.transport in ("sse", "ws") and s.knee), default=math.inf)
    for said, experiment, figure in (
        ("mean latency", "E2", "mean"),
        ("p50 below the knee", "E4", "p50"),
        ("CPU a delivery below the knee", "E4", "cpu_per_delivery"),
    ):
        pairs = _sse_ws(document, experiment, figure, knee)
        if not pairs:
            continue
        found = [equivalent(pair, MARGIN) for pair in pairs]
        middles = [one.middle for one, _ in found if one]
        verdicts.append(together(verdict for _, verdict in found))
        parts.append(f"{said} {_from_to(min(middles), max(middles))} times that of ws ({verdicts[-1].value})")
    if not parts:
        return untold("E2 or E4 with sse and ws.")
    return Finding("sse has " + listed(parts), together(verdicts))


def _sse_ws(document: Document, experiment: str, figure: str, knee: float) -> list[list[float]]:
    """Ratios by round, sse over ws, of scenarios alike. The same way of writing is compared: batch or message."""
    found = []
    sockets = {(_same(g), g.any.variant): g for g in document.of(experiment, transport="ws")}
    for group in document.of(experiment, transport="sse"):
        variants = (group.any.variant, *(("coalesced", "ours") if group.any.variant in ("coalesced", "ours") else ()))
        other = next((sockets[_same(group), v] for v in variants if (_same(group), v) in sockets), None)
        if other is None or (experiment == "E4" and (group.any.offered or 0) >= knee):
            continue
        if experiment == "E2" and not group.any.param("rtt"):
            continue  # no round trip: only the machine's own noise would be compared
        pairs = ratios(group.rounds(figure), other.rounds(figure))
        if pairs:
            found.append(pairs)
    return _enough(found)


def _enough(found: list[list[float]]) -> list[list[float]]:
    """Those with rounds enough for an interval, if there are any."""
    return [pairs for pairs in found if len(pairs) >= ENOUGH] or found


def graceful(document: Document) -> Finding:
    answer = Answer(document)
    if answer.first is Verdict.UNTOLD:
        return untold("E4 with longpoll and ws, a frame for each message.")
    return Finding(answer.sentence, answer.first)


def misses(document: Document) -> Finding:
    groups = document.of("E7", transport="poll")
    latest = [g for g in _counting(groups, "lost_share") if g.any.variant == "latest"]
    cursor = [g for g in _counting(groups, "lost") if g.any.variant == "ours"]
    if not latest and not cursor:
        return untold("E7 with poll, by cursor and by latest value.")
    verdicts, parts = [], []
    if latest:
        worst = max(latest, key=lambda g: g.middle("lost_share") or 0)
        verdicts.append(judged(estimate(_loss_off(latest)), -LOSS, LOSS))
        parts.append(
            f"latest value loses up to {noted(worst.estimate('lost_share'), 0.01, '%')},"
            f" model {percent(_latest_loss(worst.any))}"
        )
    if cursor:
        total = sum(value for group in cursor for value in group.rounds("lost").values())
        verdicts.append(Verdict.FAILS if total else Verdict.HOLDS)
        parts.append(f"a cursor lost {number(total)}")
    if not latest or not cursor:
        verdicts.append(Verdict.OPEN)
    return Finding("; ".join(parts), together(verdicts))


def _loss_off(groups: list[Group]) -> list[float]:
    """In each scenario and round, by how much the share lost is above what the formula says."""
    return [
        share - expected
        for group in groups
        if (expected := _latest_loss(group.any)) is not None
        for share in group.rounds("lost_share").values()
    ]


def _latest_loss(cell: Cell) -> float | None:
    speed, interval, rtt = cell.param("rate"), cell.param("interval"), cell.param("rtt") or 0.0
    if not speed or not interval:
        return None
    apart = models.spacing(interval, rtt, mode="delay" if cell.params.get("mode") == "delay" else "rate")
    if cell.params.get("shape") == "periodic":
        return models.lost_periodic(1 / speed, apart)
    return models.lost(speed, apart) if cell.params.get("shape") == "poisson" else None


# ---- C12, C13, C15 to C18


def drops(document: Document) -> Finding:
    """All streams of the run, the void cells too: a loss makes a cell void, so that only they could show one."""
    lost = delivered = 0.0
    for cell in document.cells:
        counted = cell.figure("delivered")
        if cell.ours and cell.transport in ("sse", "ws") and cell.experiment != "E6" and counted:
            delivered += counted
            lost += cell.figure("lost") or 0.0
    if not delivered:
        return untold("any experiment with sse or ws.")
    text = f"sse and ws lost {number(lost)} of {delivered:,.0f} messages (void cells counted too)"
    # None in n: with 95 % fewer than 3 in n.
    return Finding(text, Verdict.FAILS if lost == 0 and delivered >= 3000 else Verdict.OPEN)


def memory(document: Document) -> Finding:
    groups: dict[str, list[Group]] = {}
    for group in _counting(document.of("E5"), "memory_per_client"):
        groups.setdefault(group.any.label, []).append(group)
    parts, verdicts = [], []
    for label, same in groups.items():
        # The same slope whatever the number of clients: each is a measurement of it.
        found, cell = estimate(_pooled(document, same, "memory_per_client")), same[0].any
        assert found
        parts.append(f"{label} {noted(found, KIB, 'KiB')}")
        if cell.transport == "ws" and cell.variant == "ours":
            expected = (70 if cell.params.get("deflate") is True else 19) * KIB
            verdicts.append(judged(found, expected * 0.75, expected * 1.25))
    if not parts:
        return untold("E5.")
    return Finding(listed(parts), together(verdicts or [Verdict.OPEN]))


def replay(document: Document) -> Finding:
    """With a cursor nothing may be lost in any round, without one something must be in each: both are counted."""
    groups = _counting(document.of("E6"), "lost_share")
    if not groups:
        return untold("E6.")
    verdicts: list[Verdict] = []
    parts: dict[bool, list[str]] = {True: [], False: []}
    for group in groups:
        values = _pooled(document, [group], "lost_share")
        cursor = _resumes(group.any)
        if cursor:
            verdicts.append(Verdict.HOLDS if max(values) == 0 else Verdict.FAILS)
        elif group.any.ours:
            verdicts.append(Verdict.HOLDS if min(values) > 0 else Verdict.OPEN)
        parts[cursor].append(f"{group.any.label} {percent(median(values))}")
    kinds = {_resumes(group.any) for group in groups if group.any.ours}
    if len(kinds) < 2:
        verdicts.append(Verdict.OPEN)
    said = [
        f"{name} {listed(parts[kind])}" for kind, name in ((True, "with a cursor"), (False, "without")) if parts[kind]
    ]
    return Finding(f"lost {'; '.join(said)}", together(verdicts))


def _resumes(cell: Cell) -> bool:
    return cell.ours and cell.params.get("cursor") is not False and cell.variant != "latest"


def upward(cell: Cell) -> bool:
    """Whether this cell is about emits, not about reading."""
    return cell.params.get("direction") == "up"


def way_up(document: Document) -> Finding:
    """Emits up: what frames them, which is counted, and how long they take one way, round by round."""
    groups = {g.any.transport == "ws": g for g in _counting(document.of("E1"), "overhead_up") if upward(g.any)}
    if len(groups) < 2:
        return untold("emits up by POST and by ws, their bytes and their latency.")
    frame, post = groups[True], groups[False]
    frames, posts = (_pooled(document, [group], "overhead_up") for group in (frame, post))
    verdicts = [
        Verdict.HOLDS if 6 <= min(frames) and max(frames) <= 8 else Verdict.FAILS,
        Verdict.HOLDS if 500 <= min(posts) + BROWSER and max(posts) + BROWSER <= 800 else Verdict.FAILS,
    ]
    text = (
        f"counted around a message: ws {_from_to(min(frames), max(frames))} B, a POST"
        f" {_from_to(min(posts), max(posts))} B, before the 400 or so that a browser adds"
    )
    late, soon = (dict(enumerate(_pooled(document, [group], "mean"))) for group in (post, frame))
    more = estimate(late[at] - soon[at] for at in late.keys() & soon.keys())
    if more:
        room = max(0.001, 0.05 * median(soon.values()))
        verdicts.append(judged(more, -room, room))
        text += f"; one way ws {noted_time(frame.estimate('mean'))}, POST {noted_time(more)} more"
    return Finding(text, together(verdicts))


def six(document: Document) -> Finding:
    """Counted, the same in each round: who is let through, and whether anything else is."""
    groups = {group.any.transport: group for group in _counting(document.of("E9"), "held", "heard_by")}
    if not groups:
        return untold("E9, which takes a Chromium.")
    parts, verdicts = [], []
    for transport, group in groups.items():
        wanted = group.any.param("clients") or 0
        through, heard = group.rounds("held"), group.rounds("heard_by")
        beside = group.middle("beside")
        few = transport != "ws"
        six_only = set(through.values()) == {BROWSER_CONNECTIONS if few else wanted} and (beside is None) == few
        verdicts.append(Verdict.HOLDS if six_only else Verdict.FAILS)
        parts.append(
            f"{transport} {_from_to(min(through.values()), max(through.values()))} open, heard by"
            f" {_from_to(min(heard.values()), max(heard.values()))}, one more request answered"
            f" {'not within 3 s' if beside is None else 'after ' + time(beside)}"
        )
    if not {"sse", "longpoll", "ws"} <= groups.keys():
        verdicts.append(Verdict.OPEN)
    return Finding(f"of eight each in one tab: {'; '.join(parts)}", together(verdicts))


def herd(document: Document) -> Finding:
    """How many of the clients knock in the fullest tenth of a second after the restart."""
    parts, verdicts = [], []
    for group in document.of("E8"):
        found = crowd(group)
        if found is None:
            continue
        chance = jittered(group.any)
        verdicts.append(judged(found, 0.0, STEP) if chance else judged(found, STEP, math.inf))
        parts.append(f"{group.any.transport} {'with' if chance else 'without'} jitter {noted(found, 0.01, '%')}")
    if not parts:
        return untold("E8, which restarts the server.")
    return Finding(f"of all clients, in the fullest 100 ms: {listed(parts)}", together(verdicts))


def jittered(cell: Cell) -> bool:
    return cell.params.get("retry") == "jitter" or cell.params.get("jitter") is True


def crowd(group: Group) -> Estimate | None:
    """Over rounds; with too few of them, over the clients of all, each of which drew its pause by itself."""
    shares = [value for cell in group.cells if (value := crowding(cell)) is not None]
    found = estimate(shares)
    clients = (group.any.param("clients") or 0) * len(shares)
    return share(median(shares) * clients, clients) if found and not found.known else found


def crowding(cell: Cell) -> float | None:
    """The fullest tenth of a second, over all clients."""
    clients, bins = cell.param("clients"), bins_of(cell.figures)
    return max(bins) / clients if clients and bins else None


def bins_of(figures: Mapping[str, object]) -> list[float]:
    """Requests in each tenth of a second."""
    found = figures.get("requests_by_100ms")
    if not isinstance(found, list):
        return []
    return [float(value) for value in found if isinstance(value, int | float) and value >= 0 and math.isfinite(value)]


def raw_tcp(document: Document) -> Finding:
    """Judged where there is a round trip: without one only the machine's noise would be compared."""
    floor = {_same(g): g for g in _counting(document.of("E2", transport="tcp"), "mean")}
    pairs = {
        group.any.param("rtt") or 0.0: (group, floor[_same(group)])
        for group in document.of("E2", transport="ws")
        if _same(group) in floor
    }
    over = [ratios(group.rounds("mean"), bare.rounds("mean")) for rtt, (group, bare) in pairs.items() if rtt]
    found = [equivalent(each, MARGIN) for each in _enough(over)]
    middles = [ratio.middle for ratio, _ in found if ratio]
    if not middles:
        return untold("E2 with ws and bare TCP at a round trip above 0.")
    text = f"mean latency {_from_to(min(middles), max(middles))} times that of bare TCP"
    if 0.0 in pairs:
        group, bare = pairs[0.0]
        text += (
            f"; without a round trip {noted_time(group.estimate('mean'))} against {noted_time(bare.estimate('mean'))}"
        )
    return Finding(text, together(verdict for _, verdict in found))


CLAIMS = (
    Claim(
        "C1",
        "Polling is late by half the interval and half a round trip, or by half the interval and a whole one.",
        "Folklore says either",
        "Both are right: T/2 + RTT/2 where the interval is a rate, T/2 + RTT where it is a delay after the answer.",
        ("E2",),
        poll_slope,
    ),
    Claim(
        "C2",
        "Most polls come back empty: 96 % of them when a message comes every 50 s.",
        "Mesbah 2009; Grigorik 2013",
        "e^(−λP) of Poisson messages, 1 − P/period of periodic ones: 98 % at P = 1 s, 96 % means a real P of 2 s.",
        ("E2", "E7"),
        empty_polls,
    ),
    Claim(
        "C3",
        "Long polling takes close to one transit on average and three at most.",
        "RFC 6202",
        "1.05 transits at a = λ·RTT = 0.05, but 2.0 at a = 5; never more than three.",
        ("E3",),
        longpoll_transit,
    ),
    Claim(
        "C4",
        "Long polling with one message an answer collapses at 1/RTT messages per second.",
        "Derived here",
        "M/D/1: a·G/(2(1 − a)) more than a transit, without bound from a = 1 on.",
        ("E3",),
        collapse,
    ),
    Claim(
        "C5",
        "Long polling of periodic data equals WebSocket as long as one way is shorter than half the period.",
        "Pimentel and Nickerson 2012, from memory",
        "A kink at 125 ms for 4 messages a second: from 1 to 2 times one way.",
        ("E3",),
        kink,
    ),
    Claim(
        "C6",
        "WebSocket takes 2 bytes where polling takes 871: a reduction of 435:1, 500:1, even 1000:1.",
        "Lubbers and Greco (Kaazing) 2010",
        "435 counts characters of heads only; 455 their bytes; 40 with the news; 8.6 on the wire; 7.6 through TLS.",
        ("E1",),
        kaazing,
    ),
    Claim(
        "C7",
        "Around a message WebSocket puts 2 to 14 bytes, SSE 5, HTTP 500 to 800.",
        "Grigorik, High Performance Browser Networking, 2013",
        "A frame 2 to 10 down; an event 7 at least, with its chunk and id more; heads as the client sends them.",
        ("E1",),
        head_sizes,
    ),
    Claim(
        "C8",
        "Push costs the server seven times the CPU of polling; or no significant difference.",
        "Bozdag 2007; the same authors 2009",
        "Neither: from λ = k_request/(k_ws·T) on polling is the cheaper one, below it push.",
        ("E7",),
        push_cost,
    ),
    Claim(
        "C9",
        "From server to client, SSE is as good as WebSocket.",
        "Abril 2017, Fladvad 2021; Bigestans 2014 says the opposite",
        "The same latency, one transit; bytes and CPU by the framing alone. Judged: within 10 %, tested both ways.",
        ("E2", "E4"),
        sse_as_ws,
    ),
    Claim(
        "C10",
        "Under saturation long polling degrades gracefully, WebSocket and SSE do not.",
        "RFC 6202; Tangen 2015; Etherpad 2026",
        "A frame for each message: a cliff at 1/k_ws. Batches: a plateau. Coalesced frames: ahead everywhere.",
        ("E4",),
        graceful,
    ),
    Claim(
        "C11",
        "Polling misses messages that come faster than it asks.",
        "Bozdag 2007",
        "With the latest value 1 − (1 − e^(−λP))/(λP), periodic 1 − period/P; with a cursor none.",
        ("E7",),
        misses,
    ),
    Claim(
        "C12",
        "Streaming drops messages where long polling does not.",
        "Johvik 2011",
        "None on any transport: a log forgets nothing that was not read.",
        ("E2", "E4"),
        drops,
    ),
    Claim(
        "C13",
        "An idle WebSocket takes 70 KiB with compression, 19 KiB without.",
        "Documentation of websockets",
        "A slope of memory over clients; here without compression. Judged: within 25 %.",
        ("E5",),
        memory,
    ),
    Claim(
        "C14",
        "WebSocket is as fast as bare TCP.",
        "Škvorc 2014",
        "The same but for 2 to 14 bytes and their parsing.",
        ("E2",),
        raw_tcp,
    ),
    Claim(
        "C15",
        "What falls into the time of a reconnection is lost, unless it is replayed; then nothing is.",
        "AnyCable 2026",
        "The share of time without a connection; with a cursor none, on each transport.",
        ("E6",),
        replay,
    ),
    Claim(
        "C16",
        "On the way up WebSocket puts 6 bytes around a message, a POST about 600, and both take as long.",
        "A primer on WebSocket",
        "A masked frame 6 to 8; the heads of a POST and its answer; one transit either way.",
        ("E1",),
        way_up,
    ),
    Claim(
        "C17",
        "A browser opens six connections to a host: the seventh SSE or long poll starves, a WebSocket does not.",
        "HTML standard, RFC 6202, Grigorik",
        "Six held requests, then a queue, which an answered long poll moves on and a stream never does.",
        ("E9",),
        six,
    ),
    Claim(
        "C18",
        "When a server restarts, its pollers come back in step.",
        "Folklore",
        "Without jitter all at once, interval after interval; with jitter evenly.",
        ("E8",),
        herd,
    ),
)


def findings(document: Document) -> list[tuple[Claim, Finding]]:
    """All claims, in order, as far as this run can tell."""
    return [(claim, claim.judge(document)) for claim in CLAIMS]
