"""The answer as it is shown: a ranked table, what would change it, and what is behind each number; or all as JSON."""

from __future__ import annotations

import math
from typing import Any

from bench.choose.costs import figures_json
from bench.choose.facts import Facts
from bench.choose.flips import BROKEN, SCARCE, Flip, because
from bench.choose.question import KNOBS, Question
from bench.choose.ranking import Place
from bench.report.saying import NOT_MEASURED, digits, percent, time

MOST = 6  # flips that are told; the JSON has all
HEAD = ("", "transport", "cores", "Mbit/s down", "Mbit/s up", "MB", "requests/s", "mean age", "p99 age", "share", "but")
KEYS = {"cores": "cores", "down": "Mbit/s down", "up": "Mbit/s up", "memory": "memory", "requests": "requests/s",
        "mean": "mean age", "p99": "p99 age", "wakes": "wake-ups an hour"}  # fmt: skip
TURNED = {
    "rate": "{} messages a second to each",
    "age": "an age of {}",
    "clients": "{} clients",
    "size": "{} bytes of text",
    "rtt": "a round trip of {}",
    "up": "{} messages a second from each",
    "tabs": "{} such connections of one browser",
}
SWITCHED = {
    ("http", "1.1"): "Over HTTP/1.1",
    ("http", "2"): "Over HTTP/2",
    ("battery", True): "On a battery",
    ("battery", False): "Where no battery counts",
    ("fallback", False): "Behind proxies of others, for a client that cannot fall back",
    ("fallback", True): "For a client that falls back",
    ("proxies", "none"): "Where no proxy of others stands between",
    ("proxies", "foreign"): "Behind proxies of others",
}


def text(question: Question, facts: Facts, places: list[Place], found: list[Flip]) -> str:
    """All of it, for a terminal."""
    parts = [
        f"{put(question)}\nMeasured {facts.of}; of 1,000 clients:",
        table(places, question),
        taken(question, places),
        "What would change the answer:\n" + "\n".join(f"  {sentence(flip)}" for flip in found[:MOST])
        if found
        else "Nothing that can be asked here would change the answer by itself.",
    ]
    if minded := notes(question, facts, places):
        parts.append("Mind:\n" + "\n".join(f"  {note}" for note in minded))
    if outside := told_once([(said, place.transport) for place in places for _, said in place.row.outside]):
        parts.append("Beyond what was measured:\n" + "\n".join(f"  {who}: {said}." for said, who in outside))
    parts.append("Behind each number:\n" + "\n".join(behind(places)))
    return "\n\n".join(parts)


def put(question: Question) -> str:
    """The question in a sentence."""
    said = (
        f"{question.clients:,} clients, {digits(question.rate)} messages a second to each with"
        f" {question.size:,} bytes of text, at most {time(question.age)} old (99 of 100),"
        f" round trip {time(question.rtt)}"
    )
    said += f"; each says {digits(question.up)} a second" if question.up else "; nothing goes up"
    if question.proxies != "none":
        said += f"; {question.proxies} proxies" + (", no fallback" if not question.fallback else "")
    said += f"; HTTP/{question.http}" + (f", {question.tabs} connections of a browser" if question.tabs > 1 else "")
    return said + ("; on a battery." if question.battery else ".")


def table(places: list[Place], question: Question) -> str:
    lines = [list(HEAD)]
    lines[0][-2] = "wake-ups/h" if question.battery else "of a machine"
    for number, place in enumerate(places, 1):
        row, values = place.row, {name: one.value for name, one in place.row.figures.items()}
        name = f"poll each {time(row.interval)}" if row.interval else row.transport
        memory = values["memory"]
        cells = [values["cores"], values["down"], values["up"], None if memory is None else memory / 1e6]
        lines.append(
            [
                f"{number}.",
                name,
                *(NOT_MEASURED if cell is None else digits(cell) for cell in (*cells, values["requests"])),
                *(time(values[name]) for name in ("mean", "p99")),
                share(place, question),
                "; ".join(BROKEN[one].format("it") for one in place.broken),
            ]
        )
    wide = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(wide[at]) if at in (1, 10) else cell.rjust(wide[at]) for at, cell in enumerate(line)
        ).rstrip()
        for line in lines
    )


def share(place: Place, question: Question) -> str:
    """What the ranking compares."""
    if math.isinf(place.cost.value):
        return NOT_MEASURED
    return digits(place.cost.value) if question.battery else percent(place.cost.value)


def taken(question: Question, places: list[Place]) -> str:
    """What to take, and what decides between it and the next."""
    best, second = places[:2]
    name = f"poll, each {time(best.row.interval)}" if best.row.interval else best.transport
    if best.broken:
        return f"No transport fits. The nearest is {name}, but {BROKEN[best.broken[0]].format('it')}."
    said = f"Take {name}: {because(best, second)}."
    if not question.battery:
        said += f" 1,000 clients take {percent(best.cost.value)} {SCARCE[best.cost.scarce]}."
    if question.proxies == "foreign" and best.transport in ("sse", "ws"):
        held = next(place for place in places if place.transport in ("longpoll", "poll") and not place.broken[:1])
        said += f" Let it fall back to {held.transport}, which passes wherever HTTP does."
    return said


def sentence(flip: Flip) -> str:
    beyond = "; that lies beyond what was measured" if flip.outside else ""
    if flip.up is None:
        return f"{SWITCHED[flip.knob, flip.value]} {flip.first} is first: {flip.because}{beyond}."
    said = time(flip.value) if KNOBS[flip.knob].unit == "s" else f"{digits(flip.value)}"
    where = f"From {TURNED[flip.knob].format(said)} on" if flip.up else f"Down at {TURNED[flip.knob].format(said)}"
    return f"{where} {flip.first} is first: {flip.because}{beyond}."


def notes(question: Question, facts: Facts, places: list[Place]) -> list[str]:
    """What the ranking takes for granted, where this question makes it matter."""
    said = []
    first = places[0].transport
    if question.proxies == "foreign" and facts.walls:
        networks, without = facts.walls
        said.append(f"On {without} of {networks} networks and proxies no WebSocket stayed (make fallback).")
    if question.proxies == "own" and first != "poll":
        wait = {"longpoll": facts.hold, "sse": facts.heartbeat, "ws": facts.heartbeat}[first]
        upgrade = "let the upgrade through" if first == "ws" else "not gather answers" if first == "sse" else ""
        said.append(
            f"Your proxies must {upgrade + ', and ' if upgrade else ''}wait for more than {wait:g} s of silence."
        )
    if question.http == "2":
        said.append("Heads are counted as of HTTP/1.1: what HTTP/2 saves of them was not measured.")
    if question.battery:
        said.append("A client that is closed in the background costs nothing, and its cursor brings what it missed.")
    if question.up:
        said.append("The processor time of an emit was not measured: a POST is taken for an answered long poll, a frame"
                    " up for one down.")  # fmt: skip
    return said


def behind(places: list[Place]) -> list[str]:
    """A line for each figure; one that all have alike is told once."""
    return [
        f"  {called}, {who}: {source}"
        for name, called in KEYS.items()
        for source, who in told_once([(place.row.figures[name].source, place.transport) for place in places])
    ]


def told_once(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each sentence once, with all of whom it is said."""
    found: dict[str, list[str]] = {}
    for said, who in pairs:
        found.setdefault(said, []).append(who)
    return [(said, ", ".join(who)) for said, who in found.items()]


def as_json(question: Question, facts: Facts, places: list[Place], found: list[Flip]) -> dict[str, Any]:
    return {
        "question": question.as_json(),
        "measured": facts.of,
        "ranking": [
            {
                "transport": place.transport,
                "interval": place.row.interval,
                "breaks": list(place.broken),
                "cost": place.cost.value if math.isfinite(place.cost.value) else None,
                "scarce": place.cost.scarce,
                "processes": place.row.processes,
                "outside_of_the_measured": [said for _, said in place.row.outside],
                "of_1000_clients": figures_json(place.row),
            }
            for place in places
        ],
        "changes": [flip.as_json() for flip in found],
        "notes": notes(question, facts, places),
    }
