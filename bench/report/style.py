"""How the page of the report looks: on a desk, on a phone, on paper, by day and by night."""

from __future__ import annotations

STYLE = """
* { box-sizing: border-box; margin: 0; min-width: 0 }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100% }
body { max-width: 58rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; overflow-wrap: break-word;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums }
h1, h2 { font-size: 1.375rem; font-weight: 600; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance }
h2 { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1.5rem }
header > a { float: right; margin: -.75rem 0 0 1rem; padding: .75rem 0 }
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

CHINESE = """
@media (max-width: 40rem) { .claims td::before { content: attr(data-name) "：" } }
"""
