"""C6, C7, C16: bytes, down and up."""

from __future__ import annotations

from collections.abc import Mapping

from bench.claims.finding import BROWSER, Finding, counting, from_to, pooled, untold
from bench.report.document import Cell, Document, Group
from bench.report.saying import digits, noted_time
from bench.report.words import listed, say
from bench.theory import models
from bench.theory.stats import Estimate, Verdict, estimate, exact, judged, median, ratios, split, together

RATIOS = ("", "heads {times}:1", "application {times}:1", "wire {times}:1", "")  # as `kaazing_ratios` has them


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
    """The source speaks of the traffic of heads, and is quoted for all traffic: both are counted."""
    poll, ws = kaazing_cells(document)
    if poll is None or ws is None:
        return untold("E1 with the head set of 2010 replayed.")
    counted = [
        say(sentence, times=digits(value))
        for sentence, (_, value) in zip(RATIOS, kaazing_ratios(document), strict=True)
        if value is not None
    ]
    heads = _times(poll.rounds("heads_each"), ws.rounds("framing_each"))
    wire = _times(poll.rounds("wire_each"), ws.rounds("wire_each"))
    verdict = split(*(judged(found, 435 * 0.9, 1000 * 1.1) for found in (heads, wire)))
    text = say("counted: {parts}", parts=listed(counted)) if counted else say("counted: nothing")
    if wire is None:
        return Finding(text, verdict, say("heads alone are counted, those of 2010"))
    when = say(
        "heads alone are counted, those of 2010: all that is on the wire is {times} to 1", times=digits(wire.middle)
    )
    return Finding(text, verdict, when)


def _times(above: Mapping[int, float], below: Mapping[int, float]) -> Estimate | None:
    """Bytes are counted, so that one round will do."""
    found = estimate(ratios(above, below))
    return exact(found.middle) if found and not found.known else found


def head_sizes(document: Document) -> Finding:
    """Counted at all sizes."""

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
        parts.append(say("a ws frame {bytes} B", bytes=from_to(*frames)))
        verdicts.append(Verdict.HOLDS if 2 <= frames[0] and frames[1] <= 14 else Verdict.FAILS)
    events = least_and_most("framing_each", "sse")
    if events:
        parts.append(say("an sse event {bytes} B", bytes=from_to(*events)))
        # "As little as": more than that does not refute it, but that an event can do with so little is to be shown.
        verdicts.append(Verdict.HOLDS if events[0] <= 5 else Verdict.ONLY)
    heads = least_and_most("heads_exchange", "poll", "longpoll")
    if heads:
        parts.append(
            say("the heads of an exchange {bytes} B, before the 400 or so that a browser adds", bytes=from_to(*heads))
        )
        verdicts.append(Verdict.HOLDS if 500 <= heads[0] + BROWSER and heads[1] + BROWSER <= 800 else Verdict.FAILS)
    if not parts:
        return untold("E1.")
    if len(parts) < 3:
        verdicts.append(Verdict.OPEN)
    least = models.sse_bytes(0) - models.chunk_bytes(0) - 1  # the line of data needs no space
    if events:
        when = say(
            "the word “data:” alone is counted of an event: with its line ends it takes {least}, {here} here, with an"
            " id and in a chunk",
            least=least,
            here=digits(events[0]),
        )
    else:
        when = say("the word “data:” alone is counted of an event: with its line ends it takes {least}", least=least)
    return Finding(say("counted: {parts}", parts=listed(parts)), together(verdicts), when)


def way_up(document: Document) -> Finding:
    """Emits up: what frames them, which is counted, and how long they take one way, round by round."""
    groups = {g.any.transport == "ws": g for g in counting(document.of("E1"), "overhead_up") if upward(g.any)}
    if len(groups) < 2:
        return untold("emits up by POST and by ws, their bytes and their latency.")
    frame, post = groups[True], groups[False]
    frames, posts = (pooled(document, [group], "overhead_up").values() for group in (frame, post))
    verdicts = [
        Verdict.HOLDS if 6 <= min(frames) and max(frames) <= 8 else Verdict.FAILS,
        Verdict.HOLDS if 500 <= min(posts) + BROWSER and max(posts) + BROWSER <= 800 else Verdict.FAILS,
    ]
    text = say(
        "counted around a message: ws {frame} B, a POST {post} B, before the 400 or so that a browser adds",
        frame=from_to(min(frames), max(frames)),
        post=from_to(min(posts), max(posts)),
    )
    late, soon = (pooled(document, [group], "mean") for group in (post, frame))
    more = estimate({at: late[at] - soon[at] for at in late.keys() & soon.keys()})
    if more:
        room = max(0.001, 0.05 * median(soon.values()))
        verdicts.append(judged(more, -room, room))
        text += say(
            "; one way ws {time}, POST {more} more", time=noted_time(frame.estimate("mean")), more=noted_time(more)
        )
    return Finding(text, together(verdicts))


def upward(cell: Cell) -> bool:
    """Whether this cell is about emits, not about reading."""
    return cell.params.get("direction") == "up"
