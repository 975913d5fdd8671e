"""C19 to C23: the comparison as it is deployed, behind a proxy with TLS and HTTP/2, and compressed."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bench.claims.finding import Finding, counting, from_to, untold
from bench.report.document import Document, Group
from bench.report.saying import digits, noted, percent, time
from bench.report.words import listed, say
from bench.theory.stats import Verdict, estimate, judged, ratios, together

SAVED_UP, SAVED_DOWN = 0.76, 0.69  # of the heads of requests and of answers, as claimed
NEAR = 0.05  # of a share that is an average over other sites: less by more is less
NEGOTIATED = 100  # streams
SAVED = 0.80
CPU, MEMORY, TRAFFIC = 0.01, 10_000.0, 0.02  # of TLS: share, bytes a connection, share


def front_of(group: Group) -> str:
    return str(group.any.params.get("front", ""))


def heads(document: Document) -> Finding:
    """Counted: the heads of the same exchange over HTTP/1.1 and over HTTP/2, when the table is full."""
    found: dict[tuple[str, str, str], dict[bool, Group]] = {}
    for group in counting(document.of("E10"), "heads_up", "heads_down"):
        key = front_of(group), group.any.transport, str(group.any.params.get("size")) + str(group.any.param("rate"))
        found.setdefault(key, {})[group.any.param("http") == 2] = group
    pairs = [(front, both[False], both[True]) for (front, _, _), both in found.items() if len(both) == 2]
    if not pairs:
        return untold("E10, which takes nginx or HAProxy, and a Chromium for its heads.")
    parts, shares = [], {}
    for figure, said in (("heads_up", "a request's heads"), ("heads_down", "an answer's")):
        before = [group.middle(figure) or 0.0 for _, group, _ in pairs]
        after = [group.middle(figure) or 0.0 for _, _, group in pairs]
        shares[figure] = [1 - new / old for old, new in zip(before, after, strict=True) if old]
        parts.append(
            say(
                "{heads} {before} B, over HTTP/2 {after} ({less} % less)",
                heads=said,
                before=_range(before),
                after=_range(after),
                less=_range(shares[figure], 0.01),
            )
        )
    up = min(shares["heads_up"]) >= SAVED_UP - NEAR
    down = min(shares["heads_down"]) >= SAVED_DOWN - NEAR
    text = say("counted: {parts}", parts=listed(parts))
    if up and down:
        return Finding(text, Verdict.HOLDS)
    if up or down:
        lacking = sorted({front for front, *_ in pairs})
        when = say("heads of requests are meant") if up else say("heads of answers are meant")
        return Finding(say("{text}, through {fronts}", text=text, fronts=listed(lacking)), Verdict.ONLY, when)
    return Finding(text, Verdict.FAILS)


def past_six(document: Document) -> Finding:
    """Counted: whether as many as were opened get through, and where more than a hundred end."""
    groups = [g for g in counting(document.of("E11"), "held") if g.any.transport in ("sse", "longpoll")]
    if not groups:
        return untold("E11, which takes a Chromium, and nginx or HAProxy.")
    parts, verdicts, limits = [], [], {}
    for group in groups:
        wanted, through = group.any.param("clients") or 0.0, set(group.rounds("held").values())
        beside = group.middle("beside")
        least, most = min(through), max(through)
        said = say(
            "{wanted} of {transport} through {front}: {held} open",
            wanted=digits(wanted),
            transport=group.any.transport,
            front=front_of(group),
            held=from_to(least, most),
        )
        if beside is not None:
            said = say("{said}, one more request answered after {beside}", said=said, beside=time(beside))
        parts.append(said)
        if wanted <= NEGOTIATED:
            verdicts.append(Verdict.HOLDS if through == {wanted} and beside is not None else Verdict.FAILS)
        else:
            limits[front_of(group)] = most
    text, gone = listed(parts), together(verdicts or [Verdict.OPEN])
    if gone is not Verdict.HOLDS or not limits:
        return Finding(text, gone if gone is not Verdict.HOLDS else Verdict.OPEN)
    if set(limits.values()) == {NEGOTIATED}:
        return Finding(text, Verdict.HOLDS)
    others = [
        say("{limit} through {front}", limit=digits(limit), front=front) for front, limit in sorted(limits.items())
    ]
    return Finding(text, Verdict.ONLY, say("the proxy's own limit is meant: {limits}", limits=listed(others)))


def compressed(document: Document) -> Finding:
    """Counted: bytes on the socket for a message of prose. Measured: the time of server and proxy, and their memory."""
    doubles: dict[tuple[str, str, object], dict[bool, Group]] = {}
    for group in document.of("E12"):
        key = group.any.transport, str(group.any.params.get("filling")), group.any.params.get("size")
        doubles.setdefault(key, {})[group.any.variant == "compressed"] = group
    saved: dict[str, dict[str, list[float]]] = {}
    costs: list[dict[int, float]] = []  # of compressed over plain, in each round
    memory: list[tuple[str, float]] = []
    for (transport, filling, _), both in doubles.items():
        if len(both) < 2:
            continue
        plain, packed = both[False], both[True]
        old, new = plain.middle("line_each"), packed.middle("line_each")
        if old and new:
            saved.setdefault(filling, {}).setdefault(transport, []).append(1 - new / old)
        costs.append(ratios(packed.rounds("cpu_both"), plain.rounds("cpu_both")))
        held = [_memory(group) for group in (plain, packed)]
        if held[0] is not None and held[1] is not None:
            memory.append((transport, held[1] - held[0]))
    if "prose" not in saved:
        return untold("E12, which takes nginx.")
    shares = [share for several in saved["prose"].values() for share in several]
    said = [f"{transport} {_range(several, 0.01)} %" for transport, several in saved["prose"].items()]
    text = say("of prose it saves {shares}", shares=listed(said))
    if "noise" in saved:
        noise = _range((share for several in saved["noise"].values() for share in several), 0.01)
        text = say("{text}, of noise in base64 {share} %", text=text, share=noise)
    verdicts = [
        Verdict.HOLDS if max(shares) >= SAVED else Verdict.FAILS,  # it can, is said
    ]
    times = [found for found in map(estimate, costs) if found]
    if times:
        much = _range(found.middle for found in times)
        text = say("{text}; processor time {much} times as much", text=text, much=much)
        dearer = [judged(found, 1.0, math.inf) for found in times]
        verdicts.append(Verdict.HOLDS if dearer.count(Verdict.HOLDS) == len(dearer) else Verdict.OPEN)
    if memory:
        takes = [say("{more} KiB more ({name})", more=digits(more / 1024), name=name) for name, more in memory]
        text = say("{text}; an idle client takes {takes}", text=text, takes=listed(takes))
        verdicts.append(Verdict.HOLDS if min(more for _, more in memory) > 0 else Verdict.FAILS)
    verdict = together(verdicts)
    if verdict is Verdict.HOLDS and min(shares) < SAVED:
        when = say("messages are of the kind that saves {share}", share=percent(max(shares)))
        return Finding(text, Verdict.ONLY, when)
    return Finding(text, verdict)


def _memory(group: Group) -> float | None:
    """Of an idle client, at the server and at the proxy."""
    parts = [group.middle(name) for name in ("memory_per_client", "front_memory_per_client")]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == 2 else None


def shared(document: Document) -> Finding:
    """Counted: the connections of a page with eight WebSockets to the proxy that it came through."""
    groups = [g for g in counting(document.of("E11", transport="ws"), "held", "lines")]
    if not groups:
        return untold("E11, which takes a Chromium, and nginx or HAProxy.")
    shares, parts = {}, []
    for group in groups:
        lines = max(group.rounds("lines").values())
        shares[front_of(group)] = lines == 1
        held, front = digits(min(group.rounds("held").values())), front_of(group)
        if lines == 1:
            parts.append(say("{held} open through {front} on 1 TCP connection", held=held, front=front))
        else:
            parts.append(
                say(
                    "{held} open through {front} on {lines} TCP connections",
                    held=held,
                    front=front,
                    lines=digits(lines),
                )
            )
    text = say("of eight in one tab: {parts}", parts=listed(parts))
    if all(shares.values()):
        return Finding(text, Verdict.HOLDS)
    if not any(shares.values()):
        return Finding(text, Verdict.FAILS)
    can, cannot = (listed(sorted(name for name, yes in shares.items() if yes is kind)) for kind in (True, False))
    when = say("the proxy offers it: {can} did, {cannot} did not", can=can, cannot=cannot)
    return Finding(text, Verdict.ONLY, when)


def tls(document: Document) -> Finding:
    """Traffic counted in E10, processor and memory measured in E13, with TLS over without."""
    parts, verdicts = [], []
    for transport in ("ws", "poll"):
        found = [g.middle("tls_share") for g in counting(document.of("E10", transport=transport), "tls_share")]
        counted = [share for share in found if share is not None]
        if counted:
            parts.append(
                say(
                    "{share} % of the bytes of a {transport} message",
                    share=_range(counted, 0.01),
                    transport=transport,
                )
            )
            verdicts.append(Verdict.HOLDS if max(counted) < TRAFFIC else Verdict.FAILS)
    by = {front_of(group): group for group in document.of("E13", transport="ws") if group.rounds("cpu_both")}
    if {"nginx", "nginx-tls"} <= by.keys():
        more = estimate(ratios(by["nginx-tls"].rounds("cpu_both"), by["nginx"].rounds("cpu_both")))
        if more:
            parts.append(say("{times} times the processor time of server and proxy", times=noted(more)))
            verdicts.append(judged(more, 0.0, 1 + CPU))
    idle = {front_of(g): m for g in document.of("E13", transport="ws") if (m := _memory(g)) is not None}
    if {"nginx", "nginx-tls"} <= idle.keys():
        held = idle["nginx-tls"] - idle["nginx"]
        parts.append(say("{more} kB more for a connection", more=digits(held / 1000)))
        verdicts.append(Verdict.HOLDS if held < MEMORY else Verdict.FAILS)
    if not parts:
        return untold("E10 and E13, which take nginx.")
    return Finding(say("TLS takes {parts}", parts=listed(parts)), together(verdicts))


def _range(values: Iterable[float], unit: float = 1.0) -> str:
    found = [value / unit for value in values]
    return from_to(min(found), max(found))
