"""About a run: when, how long and on what, the doubts there are, and the command that repeats it."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from bench.load.gates import disturbed
from bench.report.answer import band
from bench.report.document import Document
from bench.report.saying import digits, percent
from bench.report.words import language, listed, reason, say, several
from bench.theory.stats import ENOUGH

VOIDS = 0.10  # of the cells: more, and the run should be made again
STEAL = 1.0  # percent of the time that other machines took
BUSY = 0.6  # of the generator's core: near the gate


def told_of(document: Document) -> str:
    """When, how long, how often, on what."""
    void = sum(cell.void is not None for cell in document.cells)
    rounds = several(document.rounds, "round")
    apart = [say("{when}, {lasted}", when=when(one), lasted=lasted(one)) for one in runs_of(document)]
    runs = say("; ").join(apart)
    return say(
        "{runs}; {rounds}, {cells}, {void} void; seed {seed}; {cpu}, {cores} cores",
        runs=say("{count}: {apart}", count=several(len(apart), "run"), apart=runs) if len(apart) > 1 else runs,
        rounds=say("up to {rounds}", rounds=rounds) if len(set(document.rounds_of.values())) > 1 else rounds,
        cells=several(len(document.cells), "cell"),
        void=void,
        seed=document.text("seed"),
        cpu=document.text("machine", "cpu"),
        cores=document.text("machine", "cores"),
    )


def runs_of(document: Document) -> list[Document]:
    """Each of its runs, without cells; of a single one itself."""
    told = document.raw.get("together")
    runs = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    return [Document(one, ()) for one in runs] or [document]


def made_with(document: Document) -> str:
    """The versions of what took part, and where the rest is told."""
    kernel, python = document.text("machine", "kernel"), document.text("machine", "python")
    ran = say("Linux {kernel}, Python {python}", kernel=kernel, python=python)
    versions = document.section("machine").get("versions")
    named = [f"{name} {one}" for name, one in versions.items()] if isinstance(versions, Mapping) else []
    return say("{versions}. All settings are at the end.", versions=say("; ").join([ran, *named]))


def when(document: Document) -> str:
    """The beginning, as a person writes it."""
    try:
        began = datetime.fromisoformat(document.text("began"))
    except ValueError:
        return document.text("began")
    time = f"{began:%H:%M} {began.tzname() or ''}".strip()
    if language() == "zh":
        return f"{began.year} 年 {began.month} 月 {began.day} 日 {time}"
    return f"{began.day} {began:%B %Y}, {time}"


def lasted(document: Document) -> str:
    """The length of the run."""
    try:
        began, ended = (datetime.fromisoformat(document.text(name)) for name in ("began", "ended"))
        seconds = (ended - began).total_seconds()
    except (ValueError, TypeError):
        return say("duration not recorded")
    if seconds >= 120:
        return say("{minutes} min", minutes=f"{seconds / 60:,.0f}")
    return say("{seconds} s", seconds=f"{seconds:,.0f}")


def warnings(document: Document) -> list[str]:
    """What weakens this run, each with what to do about it."""
    found: list[str] = []
    if document.raw.get("interrupted") is True:
        found.append(
            say("The run was interrupted: what follows is what it had measured by then. Run it again to its end.")
        )
    if document.raw.get("quick") is True:
        found.append(
            say("A quick run: it shows that all works, and settles nothing. Run `python -m bench` for verdicts.")
        )
    elif document.rounds < ENOUGH:
        found.append(
            say(
                "Only {rounds}: an interval takes {enough}. Run with `--rounds {enough}` or more.",
                rounds=several(document.rounds, "round"), enough=ENOUGH,
            )
        )  # fmt: skip
    if document.raw.get("quick") is not True and len(runs_of(document)) == 1:
        found.append(
            say("One run: how much another hour differs is in no interval. `make bench` again adds a run to it.")
        )
    states = sorted({one.text("commit") for one in runs_of(document)})
    if len(states) > 1:
        found.append(
            say(
                "The runs are of several states of the code ({states}): costs may have changed.",
                states=listed([say(state) for state in states]),
            )
        )
    missing = [name for name in document.experiments if not any(cell.experiment == name for cell in document.cells)]
    if missing:
        found.append(
            say(
                "Not in this run: {missing}. Their claims stay untold; {command} measures them.",
                missing=listed(missing), command=f"`python -m bench --only {','.join(missing)}`",
            )
        )  # fmt: skip
    left_out = document.raw.get("left_out")
    found += [reason(str(sentence)) for sentence in left_out] if isinstance(left_out, list) else []
    return found + _doubts(document)


def _doubts(document: Document) -> list[str]:
    found: list[str] = []
    void = [cell.void for cell in document.cells if cell.void is not None]
    if len(void) > VOIDS * max(1, len(document.cells)):
        kinds = [re.sub(r"\d[\d.,]*", "…", why) for why in void]  # the same reason, whatever its figures
        often = void[kinds.index(Counter(kinds).most_common(1)[0][0])]
        share, said = percent(len(void) / len(document.cells)), reason(often)
        found.append(
            say(
                "{share} of the cells are void, most often like this: “{why}”. Close what else runs, and repeat.",
                share=share, why=said,
            )
            if disturbed(often)
            else say(
                "{share} of the cells are void, most often like this: “{why}”. Mend that, and repeat.",
                share=share, why=said,
            )
        )  # fmt: skip
    steal = max((_steal(one) for one in runs_of(document)), default=0.0)
    if steal > STEAL:
        found.append(
            say(
                "Other machines on this host took {percent} % of the time. Repeat in a quiet hour.",
                percent=digits(steal),
            )
        )
    cores = document.section("machine").get("cores")
    if isinstance(cores, int | float) and cores < 2:
        found.append(
            say("Server and generator shared one core: their lateness is not told apart. Use two cores or more.")
        )
    busy = [
        cell.name
        for cell in document.cells
        if cell.void is None
        and cell.experiment == "E4"
        and not cell.figure("saturated")
        and (cell.figure("generator_cpu") or 0) > BUSY
    ]
    if busy:
        found.append(
            say(
                "The generator was busy for more than {share} of its core in {cells} ({named}), while the server had"
                " time to spare. Some of the latency there is its own: use fewer probes.",
                share=f"{BUSY:.0%}",
                cells=several(len(busy), "cell"),
                named=listed(list(dict.fromkeys(busy))[:3]),
            )
        )
    if any(cell.experiment == "E4" for cell in document.cells) and band(document) is None:
        found.append(say("E4 has no A/A twin that counts, so its noise is unknown. Run E4 in whole."))
    return found


def _steal(document: Document) -> float:
    found = document.section("machine").get("steal_percent")
    return float(found) if isinstance(found, int | float) else 0.0


def again(document: Document) -> str:
    """The command that repeats this run."""
    words = ["python -m bench"]
    for name, value in document.section("settings").items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif isinstance(value, str | int | float) and value is not False:
            words.append(f"{flag} {shlex.quote(str(value))}")
    return " ".join(words)
