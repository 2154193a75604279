/** Readable at phone width, in the dark and by keyboard; nothing moves. */
export const STYLE = /* css */ `
:root { color-scheme: light dark; --ink: #17202a; --soft: #566270; --line: #d8dfe6; --ground: #f6f8fa; --card: #fff;
  --focus: #0b5cad; --good: #146c43; --warn: #8a5a00; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa7b4; --line: #2c3640; --ground: #10161c;
  --card: #182028; --focus: #7ab8ff; --good: #5fd39a; --warn: #f0b849; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, header { max-width: 70rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1rem; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; }
header form { margin-left: auto; }
h1 { font-size: 1.375rem; margin: 0; } h2 { font-size: 1.0625rem; margin: 0 0 .75rem; }
h3 { font-size: .875rem; font-weight: 600; color: var(--soft); margin: 1rem 0 .25rem; }
p { margin: 0 0 .75rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .625rem; padding: 1rem; margin: 1rem 0; }
section > :last-child { margin-bottom: 0; }
.asof { font-size: .8125rem; margin: -.5rem 0 .75rem; }
.soft { color: var(--soft); } .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.facts { display: flex; flex-wrap: wrap; gap: .75rem 2rem; margin: 0 0 .75rem; }
.facts dt { color: var(--soft); font-size: .8125rem; } .facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9375rem; }
th { text-align: left; font-size: .8125rem; color: var(--soft); }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th.number, td.number { text-align: right; }
time { white-space: nowrap; }
.plain { list-style: none; margin: 0; padding: 0; } .plain li { padding: .2rem 0; }
.row { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: end; }
label { display: flex; flex-direction: column; font-size: .8125rem; color: var(--soft); }
.long { flex: 1 1 14rem; }
/* Not below 1rem, or phones zoom in on a touched field. */
button, input, select { font: inherit; font-size: 1rem; color: var(--ink); background: var(--ground);
  border: 1px solid var(--soft); border-radius: .375rem; padding: .4rem .7rem; min-height: 2.5rem; min-width: 0; }
button { cursor: pointer; font-weight: 600; } button:disabled { cursor: not-allowed; color: var(--soft); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
code { font: .875rem/1.4 ui-monospace, monospace; }
.chart { width: 100%; height: 3rem; border-bottom: 1px solid var(--line); }
/* Nobody knows whether it still is so. */
.stale .good, .stale .warn, .stale .bad { color: var(--soft); } .stale .chart * { fill: var(--soft) !important; }
.chart .good { fill: var(--good); } .chart .warn { fill: var(--warn); } .chart .bad { fill: var(--bad); }
`;
