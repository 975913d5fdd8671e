"""The page of the report: one HTML file that needs nothing else, and asks nobody for anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bench.claims import findings
from bench.report import choose, figures, growth
from bench.report.about import again, made_with, told_of, warnings
from bench.report.answer import Answer
from bench.report.document import EXPERIMENTS, Document
from bench.report.drawing import COLOURS, DARK
from bench.report.drawing import STYLE as DRAWN
from bench.report.figures import Figure
from bench.report.parts import parts as memory
from bench.report.runs import foreseen
from bench.report.saying import escaped
from bench.report.tables import Table, experiment, kaazing, promised, voids
from bench.report.today import today
from bench.report.words import listed, several
from bench.theory.stats import Verdict

SAFE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # the file asks nobody for anything

STYLE = """
* { box-sizing: border-box; margin: 0; min-width: 0 }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100% }
body { max-width: 58rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; overflow-wrap: break-word;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums }
h1, h2 { font-size: 1.375rem; font-weight: 600; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance }
h2 { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1.5rem }
h3 { font-size: 1rem; font-weight: 600; text-wrap: balance; margin-top: 1.5rem }
p, dl, ul { max-width: 44rem; margin-top: .5rem }
ul { padding-left: 1.125rem }
li { margin-top: .5rem }
.small, figure > p, summary, th, .note { font-size: .8125rem; color: var(--soft) }
.answer { font-size: 1.125rem; margin-top: 1rem }
a { color: inherit; text-underline-offset: .2em }
code { font: .875em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
figure { margin: 1rem 0 2.5rem }
figure svg { display: block; max-width: 100%; height: auto; margin-top: .75rem }
.narrow { display: none }
summary { cursor: pointer; min-height: 2.75rem; line-height: 2.75rem }
summary:focus-visible, .wide-table:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px }
.folded { border-top: 1px solid var(--line) } .folded b { color: var(--ink); font-size: 1rem; font-weight: 600 }
.wide-table { overflow-x: auto; margin-top: .5rem } .folded :is(th, td) { white-space: nowrap }
table { border-collapse: collapse; font-size: .8125rem; line-height: 1.4 }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; font-weight: 400 }
tbody th { color: var(--ink) }
thead th { border-bottom: 1px solid var(--edge); vertical-align: bottom }
tbody tr + tr > * { border-top: 1px solid var(--line) }
.figure { text-align: right } td.figure { white-space: nowrap }
.claims { width: 100%; table-layout: fixed }
.claims th, .claims td { overflow-wrap: break-word }
.claims th:first-child { width: 28% } .claims .verdict { width: 18% } .claims .model { width: 22% }
.claims b { display: block; font-weight: 600 }
.claims .who { color: var(--soft); display: block }
.claims td.verdict { font-weight: 600; color: var(--ink) }
.claims [data-verdict=untold], .claims [data-verdict="not shown"] { font-weight: 400; color: var(--soft) }
dl { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: .25rem 1.5rem; font-size: .8125rem }
dt { color: var(--soft) }
dd { overflow-wrap: anywhere }
@media (max-width: 40rem) {
  body { padding: 1rem 1rem 3rem }
  .wide { display: none } .narrow { display: block }
  .claims, .claims tbody, .claims tr, .claims th, .claims td { display: block; width: auto !important }
  .claims thead { display: none }
  .claims tr { padding: .75rem 0; border-top: 1px solid var(--line) }
  .claims tr > * { border: 0 !important; padding: .125rem 0 }
  .claims td::before { content: attr(data-name) ": "; color: var(--soft); font-weight: 400 }
  dl { grid-template-columns: 1fr } dd { margin-bottom: .5rem }
}
@media print { details > *, details::details-content { display: block; content-visibility: visible } }
"""

FULL = ("e4", "growth")  # the figures of a full server


def html(document: Document) -> str:
    """The page."""
    drawn = figures.all_figures(document)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{SAFE}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        "<title>Four transports, measured</title>",
        f"<style>:root {{ color-scheme: light dark;{COLOURS} }}",
        f"@media (prefers-color-scheme: dark) {{ :root {{{DARK} }} }}",
        f"{DRAWN}{STYLE}</style></head><body>",
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


def _head(document: Document) -> list[str]:
    return [
        "<header><h1>Four transports, measured</h1>",
        f'<p class="small">{escaped(told_of(document))}</p>',
        f'<p class="small">{escaped(made_with(document))}</p></header>',
        "<main>",
    ]


def _choose(document: Document) -> list[str]:
    """What an engineer came for; a run that lacks an experiment it rests on leaves it out."""
    if not choose.NEEDED <= set(document.rounds_of):
        return []
    items = [
        f'<tr><th scope="row">{escaped(row.en.case)}</th><td data-name="choose"><b>{escaped(row.en.choose)}</b></td>'
        f'<td data-name="because">{escaped(row.en.because)} <span class="who">{_again(row.case.repeat)}</span></td>'
        "</tr>"
        for row in choose.rows(document)
    ]
    return [
        "<section><h2>Which shall I choose?</h2>",
        '<table class="claims"><thead><tr><th scope="col">for</th><th scope="col" class="model">choose</th>'
        '<th scope="col">because</th></tr></thead><tbody>',
        *items,
        "</tbody></table>",
        f'<p class="small">A case of your own, ranked with its costs: {_again("python -m bench choose")}</p></section>',
    ]


def _answer(document: Document, drawn: list[Figure]) -> list[str]:
    warned = warnings(document)
    more = growth.paragraph(document)
    parts = []
    if "E4" in document.experiments:
        parts += [
            "<section><h2>Does long polling beat WebSocket when the server is full?</h2>",
            f'<p class="answer">{escaped(Answer(document).sentence)}</p>',
            *(_figure(figure) for figure in drawn),
            *([f"<p>{escaped(more)}</p>"] if more else []),
            f'<p class="small">Again: {_again("python -m bench --only E4,E14")}</p>',
            "</section>",
        ]
    if warned:
        parts += [
            "<section><h2>What weakens this run</h2><ul>",
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
    said = listed([f"{count[verdict]} {_plural(verdict, count[verdict])}" for verdict in Verdict if count[verdict]])
    rows = []
    for claim, finding in found:
        verdict, told = escaped(finding.verdict.value), escaped(finding.said)
        rows.append(
            f'<tr><th scope="row"><b>{escaped(claim.number)}</b>{escaped(claim.says)}'
            f'<span class="who">{escaped(claim.who)}: {escaped(claim.place)}</span></th>'
            f'<td data-name="models">{escaped(claim.predicts)}</td>'
            f'<td data-name="measured">{escaped(finding.measured)} <span class="who">{_again(claim.repeat)}</span></td>'
            f'<td data-name="verdict" class="verdict" data-verdict="{verdict}">{told}</td></tr>'
        )
    return [
        "<section><h2>What the literature claims, and what holds here</h2>",
        f'<p class="small">{escaped(said)}. “Holds”, “only when …” and “not as stated” only where the interval over'
        " rounds says so or something was counted; “not shown” where the interval lies on both sides or there are too"
        " few rounds; “untold” where this run has no cells.</p>",
        '<table class="claims"><thead><tr><th scope="col">claim</th><th scope="col" class="model">the models</th>'
        '<th scope="col">measured</th><th scope="col" class="verdict">verdict</th></tr></thead><tbody>',
        *rows,
        "</tbody></table></section>",
    ]


def _plural(verdict: Verdict, count: int) -> str:
    if verdict is Verdict.ONLY:
        return "holds only at times" if count == 1 else "hold only at times"
    return "hold" if verdict is Verdict.HOLDS and count != 1 else verdict.value


def _again(command: str) -> str:
    return f"<code>{escaped(command)}</code>" if command.startswith("python") else escaped(command)


def _figures(drawn: list[Figure]) -> list[str]:
    return ["<section><h2>Figures</h2>", *(_figure(figure) for figure in drawn), "</section>"]


def _figure(figure: Figure) -> str:
    """Drawn twice, for a desk and for a phone: shrunk, the words of one could not be read on the other."""
    return "\n".join(
        [
            f'<figure id="{escaped(figure.name)}"><figcaption><h3>{escaped(figure.title)}</h3></figcaption>',
            f'<div class="wide">{figure.draw(figures.WIDE)}</div>',
            f'<div class="narrow">{figure.draw(figures.NARROW)}</div>',
            f"<p>{escaped(figure.said)}</p>",
            f"<details><summary>The numbers</summary>{figure.table.html()}</details></figure>",
        ]
    )


def _experiments(document: Document) -> list[str]:
    parts = ["<section><h2>All that was measured</h2>"]
    kept = promised(document)
    if kept:
        parts.append(f'<p class="small">As near to the models as promised, in E2 and E3: {escaped(kept)}.</p>')
    parts.append(
        '<p class="small">Each figure is the median over rounds with its 95 % bootstrap interval; “off” is how far all'
        " rounds together are from their model, “far” farther than promised. A twin is the same scenario once more:"
        " what differs is noise.</p>"
    )
    for name in document.experiments:
        table = experiment(document, name)
        if table is None:
            title = f"{name} {EXPERIMENTS[name]}" if name in EXPERIMENTS else escaped(name)
            parts.append(f'<p class="small"><b>{title}</b>: not measured in this run.')
            parts.append(f"<code>python -m bench --only {name}</code> measures it.</p>")
        else:
            parts.append(_folded(table))
        beside_it = {"E1": kaazing, "E5": memory, "E10": today}.get(name)
        more = beside_it(document) if beside_it else None
        if more is not None:
            parts.append(_folded(more))
    return [*parts, "</section>"]


def _folded(table: Table) -> str:
    rows = several(len(table.rows), "row")
    return f'<details class="folded"><summary><b>{escaped(table.title)}</b> {rows}</summary>{table.html()}</details>'


def _void(document: Document) -> list[str]:
    table = voids(document)
    if table is None:
        return ['<section><h2>Void cells</h2><p class="small">None: every cell passed the gates.</p></section>']
    return [f"<section><h2>{escaped(table.title)}</h2>", table.html(), "</section>"]


def _machine(document: Document) -> list[str]:
    rows: list[tuple[str, str]] = [(name, document.text(name)) for name in ("began", "ended", "seed")]
    if found := foreseen(document):
        share = f"{found[0]} of {found[1]} medians of a run lay within the interval of the others"
        rows += [("from run to run", share)]
    rows += [("rounds", f"{document.rounds}"), ("quick", _yes(document.raw.get("quick")))]
    rows += [("interrupted", _yes(document.raw.get("interrupted")))]
    for section in ("machine", "settings"):
        rows += [(name.replace("_", " "), _value(value)) for name, value in document.section(section).items()]
    listing = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in rows)
    return [
        "<section><h2>Machine, settings, and how to repeat</h2>",
        f"<p><code>{escaped(again(document))}</code></p>",
        '<p class="small">Beside this file: runs has each run; cells.csv a row for each cell; e4.svg the answer as a'
        " slide. <code>python -m bench.report DIR --out DIR</code> makes this page again from the runs.</p>",
        f"<dl>{listing}</dl></section></main>",
    ]


def _yes(value: object) -> str:
    return "yes" if value is True else "no"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {found}" for name, found in value.items())
    return "-" if value is None else str(value)
