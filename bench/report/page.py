"""The page of the report: one HTML file that needs nothing else, and asks nobody for anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bench.claims import findings
from bench.report import choose, elsewhere, figures, growth
from bench.report.about import again, made_with, told_of, warnings
from bench.report.answer import Answer
from bench.report.cases import HEADS
from bench.report.document import EXPERIMENTS, Document
from bench.report.drawing import COLOURS, DARK
from bench.report.drawing import STYLE as DRAWN
from bench.report.figures import Figure
from bench.report.parts import parts as memory
from bench.report.runs import foreseen
from bench.report.saying import escaped
from bench.report.style import CHINESE, STYLE
from bench.report.tables import Table, experiment, kaazing, promised, voids
from bench.report.today import today
from bench.report.words import language as spoken_now
from bench.report.words import listed, reason, say, several, spoken
from bench.theory.stats import Verdict

SAFE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # the file asks nobody for anything

FULL = ("e4", "growth")  # the figures of a full server


@dataclass(frozen=True)
class Page:
    """The page in one language: its file, and how HTML and a reader name the language."""

    file: str
    tag: str
    name: str
    other: str


PAGES = {"en": Page("report.html", "en", "English", "zh"), "zh": Page("report.zh.html", "zh-CN", "中文", "en")}

COUNTS = {  # verdicts, one and more
    Verdict.HOLDS: ("{count} holds", "{count} hold"),
    Verdict.ONLY: ("{count} holds only at times", "{count} hold only at times"),
    Verdict.FAILS: ("{count} not as stated", "{count} not as stated"),
    Verdict.OPEN: ("{count} not shown", "{count} not shown"),
    Verdict.UNTOLD: ("{count} untold", "{count} untold"),
}


def html(document: Document, language: str = "en") -> str:
    """The page, in English or Chinese."""
    with spoken(language):
        return _page(document)


def _page(document: Document) -> str:
    drawn = figures.all_figures(document)
    parts = [
        "<!doctype html>",
        f'<html lang="{_here().tag}"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{SAFE}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{say('Four transports, measured')}</title>",
        f"<style>:root {{ color-scheme: light dark;{COLOURS} }}",
        f"@media (prefers-color-scheme: dark) {{ :root {{{DARK} }} }}",
        f"{DRAWN}{STYLE}{CHINESE if spoken_now() == 'zh' else ''}</style></head><body>",
        *_head(document),
        *_choose(document),
        *_answer(document, [figure for figure in drawn if figure.name in FULL]),
        *_claims(document),
        *_figures([figure for figure in drawn if figure.name not in FULL]),
        *_experiments(document),
        *_void(document),
        *_machine(document),
        "</body></html>",
        "",
    ]
    return "\n".join(parts)


def _here() -> Page:
    return PAGES[spoken_now()]


def _head(document: Document) -> list[str]:
    other = PAGES[_here().other]
    link = f'<a href="{other.file}" lang="{other.tag}" hreflang="{other.tag}">{other.name}</a>'
    return [
        f"<header>{link}<h1>{say('Four transports, measured')}</h1>",
        f'<p class="small">{escaped(told_of(document))}</p>',
        f'<p class="small">{escaped(made_with(document))}</p></header>',
        "<main>",
    ]


def _choose(document: Document) -> list[str]:
    """What an engineer came for; a run that lacks an experiment it rests on leaves it out."""
    if not choose.NEEDED <= set(document.rounds_of):
        return []
    heads = HEADS[spoken_now()]
    items = []
    for row in choose.rows(document):
        words = row.words(spoken_now())
        items.append(
            f'<tr><th scope="row">{escaped(words.case)}</th>'
            f'<td data-name="{heads.choose}"><b>{escaped(words.choose)}</b></td>'
            f'<td data-name="{heads.because}">{escaped(words.because)}'
            f' <span class="who">{_again(row.case.repeat)}</span></td></tr>'
        )
    own = say("A case of your own, ranked with its costs: {command}", command=_again("python -m bench choose"))
    return [
        f"<section><h2>{say('Which shall I choose?')}</h2>",
        f'<table class="claims"><thead><tr><th scope="col">{heads.case}</th>'
        f'<th scope="col" class="model">{heads.choose}</th><th scope="col">{heads.because}</th></tr></thead><tbody>',
        *items,
        "</tbody></table>",
        f'<p class="small">{own}</p></section>',
    ]


def _answer(document: Document, drawn: list[Figure]) -> list[str]:
    warned = warnings(document)
    more = growth.paragraph(document)
    parts = []
    if "E4" in document.experiments:
        parts += [
            f"<section><h2>{say('Does long polling beat WebSocket when the server is full?')}</h2>",
            f'<p class="answer">{escaped(Answer(document).sentence)}</p>',
            *(_figure(figure) for figure in drawn),
            *([f"<p>{escaped(more)}</p>"] if more else []),
            f'<p class="small">{say("Again: {command}", command=_again("python -m bench --only E4,E14"))}</p>',
            "</section>",
        ]
    if warned:
        parts += [
            f"<section><h2>{say('What weakens this run')}</h2><ul>",
            *(f"<li>{_coded(one)}</li>" for one in warned),
            "</ul>",
        ]
        parts.append("</section>")
    return parts


def _coded(said: str) -> str:
    """Escaped; what stands between back quotes as code."""
    pieces = escaped(said).split("`")
    return "".join(f"<code>{piece}</code>" if at % 2 else piece for at, piece in enumerate(pieces))


def _claims(document: Document) -> list[str]:
    found = findings(document)
    if not found:
        return []
    count = Counter(finding.verdict for _, finding in found)
    said = listed([_counted(verdict, count[verdict]) for verdict in Verdict if count[verdict]])
    rule = say(
        "{counts}. “Holds”, “only when …” and “not as stated” only where the interval over rounds says so or something"
        " was counted; “not shown” where the interval lies on both sides or there are too few rounds; “untold” where"
        " this run has no cells.",
        counts=said,
    )
    rows = []
    for claim, finding in found:
        verdict, told = escaped(finding.verdict.value), escaped(finding.said)
        source = escaped(say("{who}: {place}", who=claim.who, place=claim.place))
        rows.append(
            f'<tr><th scope="row"><b>{escaped(claim.number)}</b>{escaped(say(claim.says))}'
            f'<span class="who">{source}</span></th>'
            f'<td data-name="{say("models")}">{escaped(say(claim.predicts))}</td>'
            f'<td data-name="{say("measured")}">{escaped(finding.measured)}'
            f' <span class="who">{_again(claim.repeat)}</span></td>'
            f'<td data-name="{say("verdict")}" class="verdict" data-verdict="{verdict}">{told}</td></tr>'
        )
    return [
        f"<section><h2>{say('What the literature claims, and what holds here')}</h2>",
        f'<p class="small">{escaped(rule)}</p>',
        f'<table class="claims"><thead><tr><th scope="col">{say("claim")}</th>'
        f'<th scope="col" class="model">{say("the models")}</th><th scope="col">{say("measured")}</th>'
        f'<th scope="col" class="verdict">{say("verdict")}</th></tr></thead><tbody>',
        *rows,
        "</tbody></table>",
        *(f"<p>{escaped(told)}</p>" for told in elsewhere.sentences(document)),
        "</section>",
    ]


def _counted(verdict: Verdict, count: int) -> str:
    one, more = COUNTS[verdict]
    return say(one if count == 1 else more, count=count)


def _again(command: str) -> str:
    return f"<code>{escaped(command)}</code>" if command.startswith("python") else escaped(command)


def _figures(drawn: list[Figure]) -> list[str]:
    return [f"<section><h2>{say('Figures')}</h2>", *(_figure(figure) for figure in drawn), "</section>"]


def _figure(figure: Figure) -> str:
    """Drawn twice, for a desk and for a phone: shrunk, the words of one could not be read on the other."""
    return "\n".join(
        [
            f'<figure id="{escaped(figure.name)}"><figcaption><h3>{escaped(figure.title)}</h3></figcaption>',
            f'<div class="wide">{figure.draw(figures.WIDE)}</div>',
            f'<div class="narrow">{figure.draw(figures.NARROW)}</div>',
            f"<p>{escaped(figure.said)} {_measured_by(figure)}</p>",
            f"<details><summary>{say('The numbers')}</summary>{figure.table.html()}</details></figure>",
        ]
    )


def _measured_by(figure: Figure) -> str:
    return say("Again: {command}", command=_again(f"python -m bench --only {figure.of}")) if figure.of else ""


def _experiments(document: Document) -> list[str]:
    parts = [f"<section><h2>{say('All that was measured')}</h2>"]
    kept = promised(document)
    if kept:
        near = say("As near to the models as promised, in E2 and E3: {shares}.", shares=kept)
        parts.append(f'<p class="small">{escaped(near)}</p>')
    legend = say(
        "Each figure is the median over rounds with its 95 % bootstrap interval; “off” is how far all rounds together"
        " are from their model, “far” farther than promised. A twin is the same scenario once more: what differs is"
        " noise."
    )
    parts.append(f'<p class="small">{escaped(legend)}</p>')
    for name in document.experiments:
        table = experiment(document, name)
        if table is None:
            title = f"{name} {say(EXPERIMENTS[name])}" if name in EXPERIMENTS else escaped(name)
            missing = say("{experiment}: not measured in this run.", experiment=f"<b>{title}</b>")
            how = say("{command} measures it.", command=f"<code>python -m bench --only {name}</code>")
            parts += [f'<p class="small">{missing}', f"{how}</p>"]
        else:
            parts.append(_folded(table))
        beside_it = {"E1": kaazing, "E5": memory, "E10": today}.get(name)
        more = beside_it(document) if beside_it else None
        if more is not None:
            parts.append(_folded(more))
    return [*parts, "</section>"]


def _folded(table: Table) -> str:
    rows = several(len(table.rows), "row")
    title = escaped(say(table.title))
    return f'<details class="folded"><summary><b>{title}</b> {rows}</summary>{table.html()}</details>'


def _void(document: Document) -> list[str]:
    table = voids(document)
    if table is None:
        none = say("None: every cell passed the gates.")
        return [f'<section><h2>{say("Void cells")}</h2><p class="small">{none}</p></section>']
    return [f"<section><h2>{escaped(say(table.title))}</h2>", table.html(), "</section>"]


def _machine(document: Document) -> list[str]:
    rows = [(say(name), say(document.text(name))) for name in ("began", "ended", "seed")]
    if found := foreseen(document):
        share = say(
            "{inside} of {asked} medians of a run lay within the interval of the others",
            inside=found[0], asked=found[1],
        )  # fmt: skip
        rows.append((say("from run to run"), share))
    rows.append((say("rounds"), f"{document.rounds}"))
    rows += [(say(name), _yes(document.raw.get(name))) for name in ("quick", "interrupted")]
    machine, settings = document.section("machine"), document.section("settings")
    rows += [(say(name).replace("_", " "), reason(_value(value))) for name, value in machine.items()]
    rows += [(name.replace("_", " "), _value(value)) for name, value in settings.items()]  # flags of the command
    listing = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in rows)
    beside_it = say(
        "Beside this file: runs has each run; cells.csv a row for each cell; e4.svg the answer as a slide. {command}"
        " makes this page again from the runs.",
        command="<code>python -m bench.report DIR --out DIR</code>",
    )
    return [
        f"<section><h2>{say('Machine, settings, and how to repeat')}</h2>",
        f"<p><code>{escaped(again(document))}</code></p>",
        f'<p class="small">{beside_it}</p>',
        f"<dl>{listing}</dl></section></main>",
    ]


def _yes(value: object) -> str:
    return say("yes") if value is True else say("no")


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {found}" for name, found in value.items())
    return "-" if value is None else str(value)
