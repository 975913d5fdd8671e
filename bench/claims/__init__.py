"""The claims of the literature, C1 to C18: who says so, what the models predict, what was measured here, the verdict.

"Holds", "only when …" and "not as stated" only where an interval over rounds says so, or where something was counted
that is the same in each round. "Not shown": the interval lies on both sides. "Untold": this run has no cells for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.claims.connections import drops, herd, memory, replay, six
from bench.claims.finding import Finding
from bench.claims.latency import collapse, empty_polls, kink, longpoll_transit, poll_slope, raw_tcp
from bench.claims.load import graceful, misses, push_cost, sse_as_ws
from bench.claims.size import head_sizes, kaazing, way_up
from bench.report.document import Document


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
    """All claims, in order, as far as this run can tell; a comparison of one's own is about none of them."""
    about = set(document.experiments)
    return [(claim, claim.judge(document)) for claim in CLAIMS if about & set(claim.experiments)]
