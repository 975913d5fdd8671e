"""The claims of the literature, C1 to C23: who says so, what the models predict, what was measured here, the verdict.

"Holds", "only when …" and "not as stated" only where an interval over rounds says so, or where something was counted
that is the same in each round. "Not shown": the interval lies on both sides. "Untold": this run has no cells for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.claims.connections import drops, herd, memory, replay, six
from bench.claims.deployed import compressed, heads, past_six, shared, tls
from bench.claims.finding import Finding
from bench.claims.latency import collapse, empty_polls, kink, longpoll_transit, poll_slope, raw_tcp
from bench.claims.load import graceful, misses, push_cost, sse_as_ws
from bench.claims.size import head_sizes, kaazing, way_up
from bench.report.document import Document


@dataclass(frozen=True)
class Claim:
    number: str
    says: str  # the claim in one sentence, as its source has it
    who: str
    place: str  # where it stands there
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
        "tutorials give one or the other, none says when",
        "Both are right: T/2 + RTT/2 where the interval is a rate, T/2 + RTT where it is a delay after the answer.",
        ("E2",),
        poll_slope,
    ),
    Claim(
        "C2",
        "Of polls each second 96 % are unnecessary when a message comes every 50 s.",
        "Bozdag, Mesbah and van Deursen 2009",
        "Journal of Web Engineering 8(4); Mesbah's thesis, Delft 2009, section 4.6",
        "1 − P/period of periodic messages: 98 % at P = 1 s, 96 % means a real P of 2 s. e^(−λP) of Poisson messages.",
        ("E2", "E7"),
        empty_polls,
    ),
    Claim(
        "C3",
        "The average latency of long polling is close to one network transit, the maximal over three.",
        "RFC 6202",
        "section 2.2, “Maximal Latency”",
        "1.05 transits at a = λ·RTT = 0.05, but 2.0 at a = 5; three and the time of the server at most.",
        ("E3",),
        longpoll_transit,
    ),
    Claim(
        "C4",
        "Long polling with one message an answer collapses at 1/RTT messages per second.",
        "Derived here",
        "the queue M/D/1, Erlang 1909",
        "M/D/1: a·G/(2(1 − a)) more than a transit, without bound from a = 1 on.",
        ("E3",),
        collapse,
    ),
    Claim(
        "C5",
        "Long polling of periodic data equals WebSocket as long as one way is shorter than half the period.",
        "Folklore, ascribed to Pimentel and Nickerson 2012",
        "IEEE Internet Computing 16(4), 45–53: not in its abstract; its results could not be read here",
        "A kink at 125 ms for 4 messages a second: from 1 to 2 times one way.",
        ("E3",),
        kink,
    ),
    Claim(
        "C6",
        "WebSocket cuts unnecessary HTTP header traffic from 871 bytes to 2, that is 500:1 or even 1000:1.",
        "Lubbers and Greco (Kaazing) 2010",
        "“HTML5 WebSocket: A Quantum Leap”, its use cases and its summary; websocket.org/quantum.html",
        "435 counts characters of heads only; 455 their bytes; 40 with the news; 8.6 on the wire; 7.6 through TLS.",
        ("E1",),
        kaazing,
    ),
    Claim(
        "C7",
        "A WebSocket frame adds 2 to 14 bytes, SSE as little as 5 to a message, an HTTP/1.x request 500 to 800.",
        "Grigorik 2013",
        "High Performance Browser Networking, chapter 17, “Message Overhead”; hpbn.co/websocket",
        "A frame 2 to 10 down; an event 7 at least, with its chunk and id more; heads as the client sends them.",
        ("E1",),
        head_sizes,
    ),
    Claim(
        "C8",
        "Push takes the server seven times the CPU of pull; two years later, no significant difference.",
        "Bozdag, Mesbah and van Deursen 2007; the same 2009",
        "TUD-SERG-2007-016, conclusion; Mesbah's thesis, Delft 2009, chapter 4",
        "Neither: from λ = k_request/(k_ws·T) on polling is the cheaper one, below it push.",
        ("E7",),
        push_cost,
    ),
    Claim(
        "C9",
        "From server to client, SSE is as good as WebSocket.",
        "Abril 2017, Fladvad 2021; Bigestans 2014 says the opposite",
        "aquil.io/articles, bytes alone; the abstracts of two theses",
        "The same latency, one transit; bytes and CPU by the framing alone. Judged: within 10 %, tested both ways.",
        ("E2", "E4"),
        sse_as_ws,
    ),
    Claim(
        "C10",
        "Under saturation long polling degrades gracefully, WebSocket and SSE do not.",
        "RFC 6202; Tangen 2015; Etherpad 2026",
        "section 2.2, “Graceful Degradation”; the abstract of a thesis, Oslo; docs/scaling-dive-2026-05.md",
        "A frame for each message: a cliff at 1/k_ws. Batches: a plateau. Coalesced frames: ahead everywhere.",
        ("E4",),
        graceful,
    ),
    Claim(
        "C11",
        "If the pull interval is longer than the publish interval, some data is missed.",
        "Bozdag, Mesbah and van Deursen 2007",
        "TUD-SERG-2007-016, conclusion",
        "With the latest value 1 − (1 − e^(−λP))/(λP), periodic 1 − period/P; with a cursor none.",
        ("E7",),
        misses,
    ),
    Claim(
        "C12",
        "Streaming dropped one or two messages where long polling dropped none.",
        "Jõhvik 2011",
        "“Push-based versus pull-based data transfer in AJAX applications”, Tartu, abstract",
        "None on any transport: a log forgets nothing that was not read.",
        ("E2", "E4"),
        drops,
    ),
    Claim(
        "C13",
        "An idle WebSocket takes 64 KiB with compression, 14 KiB without.",
        "Documentation of websockets, 2026",
        "websockets.readthedocs.io, topics/memory, “Connection”: its own server on asyncio",
        "A slope of memory over clients, of our server; the extension is the same. Judged: within 25 %.",
        ("E5",),
        memory,
    ),
    Claim(
        "C14",
        "WebSocket is slightly slower than bare TCP.",
        "Škvorc, Horvat and Srbljić 2014",
        "MIPRO 2014, 1003–1008, abstract: “slightly inferior in terms of latency”",
        "2 to 14 bytes and their parsing: µs, which a round trip hides, and what the code of the two costs besides.",
        ("E2",),
        raw_tcp,
    ),
    Claim(
        "C15",
        "What falls into the time of a reconnection is lost, unless it is replayed; then nothing is.",
        "AnyCable 2026",
        "docs.anycable.io/capabilities, “Delivery guarantees & recovery”",
        "The share of time without a connection; with a cursor none, on each transport.",
        ("E6",),
        replay,
    ),
    Claim(
        "C16",
        "On the way up a WebSocket frame adds 6 bytes, an HTTP/1.x request 500 to 800, and both take as long.",
        "RFC 6455; Grigorik 2013",
        "section 5.2, a head of 2 and a mask of 4; High Performance Browser Networking, chapter 17",
        "A masked frame 6 to 8; the heads of a POST and its answer; one transit either way.",
        ("E1",),
        way_up,
    ),
    Claim(
        "C17",
        "A browser opens six connections to a host: the seventh SSE or long poll starves, a WebSocket does not.",
        "HTML standard; RFC 6202; Grigorik 2013",
        "section 9.2, “Authoring notes”; section 5.1; High Performance Browser Networking, chapter 11",
        "Six held requests, then a queue, which an answered long poll moves on and a stream never does.",
        ("E9",),
        six,
    ),
    Claim(
        "C18",
        "When a server restarts, its clients come back in step.",
        "Folklore",
        "the “thundering herd” of many blogs",
        "Without jitter all at once, interval after interval; with jitter, or each on its own ticks, evenly.",
        ("E8",),
        herd,
    ),
    Claim(
        "C19",
        "HTTP/2 takes 76 % off the heads of requests, and 69 % off those of answers.",
        "Krasnov (Cloudflare) 2016",
        "blog.cloudflare.com, “HPACK: the silent killer (feature) of HTTP/2”: an average over all its traffic",
        "A field that came before is one byte, a new path its Huffman code; an answer needs a proxy with a table.",
        ("E10",),
        heads,
    ),
    Claim(
        "C20",
        "Over HTTP/2 the limit of six connections is gone: streams are negotiated, 100 by default.",
        "MDN; RFC 9113",
        "EventSource, the warning; section 6.5.2: no fewer than 100 are recommended",
        "As many as the proxy tells the browser: 128 by nginx, 100 by HAProxy; the next one waits.",
        ("E11",),
        past_six,
    ),
    Claim(
        "C21",
        "Compression saves more than 80 % of the traffic, and costs processor time and memory.",
        "Documentation of websockets and of ws",
        "websockets.readthedocs.io, topics/compression: it “can”; the README of ws, “WebSocket compression”",
        "What repeats is saved, the more the longer a message; noise in base64 a quarter; a window for each client.",
        ("E12",),
        compressed,
    ),
    Claim(
        "C22",
        "Over HTTP/2 WebSockets share the one connection of a page.",
        "RFC 8441",
        "the abstract and section 1: a single TCP connection, shared with HTTP/2",
        "Where both ends offer extended CONNECT: Chromium does, HAProxy does, nginx does not.",
        ("E11",),
        shared,
    ),
    Claim(
        "C23",
        "TLS takes less than 1 % of the processor, 10 kB of memory a connection and 2 % of the traffic.",
        "Langley (Google) 2010",
        "“Overclocking SSL”, of Gmail’s front ends; quoted by istlsfastyet.com",
        "22 bytes a record: under 2 % from 1,100 bytes on; ciphers next to nothing, buffers by the proxy.",
        ("E10", "E13"),
        tls,
    ),
)


def findings(document: Document) -> list[tuple[Claim, Finding]]:
    """All claims, in order, as far as this run can tell; a comparison of one's own is about none of them."""
    about = set(document.experiments)
    return [(claim, claim.judge(document)) for claim in CLAIMS if about & set(claim.experiments)]
