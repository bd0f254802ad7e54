/** The style of a report page: light and dark, screen and paper. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2430; --soft: #566070; --line: #dfe3e9; --panel: #f5f7fa;
  --accent: #0072b2; --hit: 213 94 0; --cold: 0 114 178; --good: #00734f; --bad: #b3261e; --grid: #e4e7ec; --axis: #aab1bc; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181e; --ink: #e6e9ee; --soft: #a3adba; --line: #323945; --panel: #1e232b;
    --accent: #6cb8ea; --hit: 240 125 40; --cold: 70 150 220; --good: #4cc79a; --bad: #ff8a80; --grid: #2b313b; --axis: #566070; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.55; overflow-wrap: break-word;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
main { max-width: 51rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; }
h1 { font-size: 2.1rem; line-height: 1.2; margin: 0; letter-spacing: -.015em; text-wrap: balance; }
h2 { font-size: 1.45rem; line-height: 1.25; margin: 3.2rem 0 1rem; padding-top: 1.2rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
p { margin: 0 0 1rem; max-width: 44rem; }
.subtitle { font-size: 1.15rem; color: var(--soft); margin: .6rem 0 0; }
nav { margin: 2rem 0 0; padding: 1rem 1.25rem; background: var(--panel); border-radius: .6rem; }
nav ol { margin: 0; padding-left: 1.4rem; columns: 2; column-gap: 2rem; }
nav li { break-inside: avoid; padding: .1rem 0; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .15em; }
figure { margin: 1.6rem 0 2rem; }
figcaption, caption { color: var(--soft); font-size: .92rem; max-width: 44rem; text-align: left; }
figcaption { margin-top: .5rem; }
caption { caption-side: bottom; padding-top: .6rem; }
figure svg { display: block; max-width: 100%; height: auto; }
figure svg > rect:first-of-type { fill: transparent; }
figure svg .role-axis-label text, figure svg .role-legend-title text, figure svg .role-axis-title text { fill: var(--soft); }
figure svg .role-legend-label text, figure svg .role-title-text text, figure svg [class*="annotation"] text { fill: var(--ink); }
figure svg [class*="annotation"] line { stroke: var(--soft); }
figure svg .role-axis-grid line { stroke: var(--grid); }
figure svg .role-axis-tick line, figure svg .role-axis-domain line { stroke: var(--axis); }
figure svg [class*="annotation"] text { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .9rem; margin: 1.4rem 0; }
.fact { background: var(--panel); border-radius: .6rem; padding: 1rem 1.1rem; display: flex; flex-direction: column; }
.fact dt { order: 2; font-size: .92rem; }
.fact dd { margin: 0; }
.fact .number { order: 1; font-size: 2rem; font-weight: 650; line-height: 1.15; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.fact .note { order: 3; color: var(--soft); font-size: .85rem; }
.wide { overflow-x: auto; margin: 1.4rem 0; }
table { border-collapse: collapse; font-size: .93rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .9rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { border-bottom: 2px solid var(--line); font-weight: 600; }
th:first-child, td:first-child { padding-left: 0; }
.number-cell { text-align: right; white-space: nowrap; }
.exchange { margin: 1.6rem 0; display: grid; grid-template-columns: 1fr 1fr; gap: .9rem 1.2rem; }
.bubble { border-radius: 1rem; padding: .75rem 1.05rem; white-space: pre-wrap; unicode-bidi: isolate; margin: 0; max-width: none; }
.prompt { grid-column: 1 / -1; justify-self: end; background: var(--accent); color: var(--paper); border-bottom-right-radius: .25rem; max-width: 34rem; }
.answer { background: var(--panel); border-bottom-left-radius: .25rem; }
.steered { background: rgb(var(--hit) / .14); box-shadow: inset 0 0 0 1px rgb(var(--hit) / .45); }
.who { font-size: .78rem; text-transform: uppercase; letter-spacing: .06em; color: var(--soft); margin: 0 0 .3rem .3rem; }
.tokens { margin: 1.4rem 0; }
.example { display: grid; grid-template-columns: 6.5rem 1fr; gap: 1rem; padding: .55rem 0; border-bottom: 1px solid var(--line); }
.meter { text-align: right; font-variant-numeric: tabular-nums; line-height: 1.35; }
.meter b { display: block; font-weight: 600; }
.tag { font-size: .78rem; color: var(--soft); }
.tag.true { color: var(--good); } .tag.false { color: var(--bad); }
.passage { white-space: pre-wrap; line-height: 1.75; }
.token { border-radius: .2rem; padding: .1rem 0; unicode-bidi: isolate; background: rgb(var(--hit) / var(--a, 0)); print-color-adjust: exact; }
.token.cold { background: rgb(var(--cold) / var(--a, 0)); }
.token.concept { text-decoration: underline 2px var(--good); text-underline-offset: .22em; }
.newline { color: var(--soft); }
pre { background: var(--panel); border-radius: .6rem; padding: 1rem 1.1rem; overflow-x: auto; font: .86rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .88rem; white-space: pre-line; }
@media (max-width: 40rem) { .exchange, .example { grid-template-columns: 1fr; } .meter { text-align: left; } nav ol { columns: 1; } main { padding-top: 1.5rem; } }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #ccc; --panel: #f3f3f3; --accent: #005a8d; --grid: #e4e7ec; }
  main { max-width: none; padding: 0; } h2, h3 { break-after: avoid; } figure, .example, .exchange, .facts, tr { break-inside: avoid; }
  .fact, .bubble, nav { print-color-adjust: exact; } .wide { overflow: visible; }
}
`;
