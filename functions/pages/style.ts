/** One style for all pages: readable at phone width and in the dark, quiet until something is wrong. */
export const STYLE = /* css */ `
:root { color-scheme: light dark; --ink: #17202a; --soft: #5b6875; --line: #d8dfe6; --ground: #f6f8fa; --card: #ffffff;
  --link: #0b5cad; --good: #146c43; --warn: #8a5a00; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa7b4; --line: #2c3640; --ground: #10161c;
  --card: #182028; --link: #7ab8ff; --good: #5fd39a; --warn: #f0b849; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, header, footer { max-width: 62rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
footer { padding-bottom: 2rem; color: var(--soft); font-size: .875rem; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.0625rem; margin: 0 0 .75rem; }
h3 { font-size: .8125rem; font-weight: 400; color: var(--soft); margin: .75rem 0 0; }
p { margin: 0 0 .75rem; max-width: 42rem; }
a { color: var(--link); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .625rem; padding: 1rem; margin: 1rem 0; }
.soft { color: var(--soft); }
.good { color: var(--good); } .old { color: var(--link); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.facts { display: flex; flex-wrap: wrap; gap: .75rem 2rem; margin: 0; }
.facts dt { color: var(--soft); font-size: .8125rem; }
.facts dd { margin: 0; font-size: 1.125rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.note { margin-top: .75rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; }
.row label { display: flex; flex-direction: column; font-size: .8125rem; color: var(--soft); }
button, input { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line);
  border-radius: .375rem; padding: .4rem .8rem; min-height: 2.5rem; }
/* Not below 1rem, or phones zoom in on a touched field. */
input { width: 6.5rem; font-size: 1rem; }
button { cursor: pointer; font-weight: 600; }
button[aria-pressed="true"] { background: var(--ink); color: var(--card); border-color: var(--ink); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; vertical-align: bottom; font-size: .8125rem; color: var(--soft); font-weight: 600; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
th.number, td.number { text-align: right; }
td.wrap { white-space: normal; }
@media (max-width: 30rem) { table { font-size: .8125rem; } th { font-size: .75rem; }
  th:not(:last-child), td:not(:last-child) { padding-right: .5rem; } section { padding: .75rem; } }
code { font: .875rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
ul.plain, ol.plain { list-style: none; margin: 0 0 .75rem; padding: 0; }
.plain li { padding: .4rem 0; border-bottom: 1px solid var(--line); }
.plain li:last-child { border-bottom: 0; }
.banner { border-left: .375rem solid var(--warn); }
/* Stays in the page while empty, so that what is put into it later is announced. */
.banner:empty { border: 0; padding: 0; margin: 0; }
.strip { display: flex; gap: 2px; height: 1.5rem; margin: 0 0 .75rem; overflow: hidden; justify-content: flex-end; }
.strip span { flex: 0 0 .5rem; background: currentColor; border-radius: 1px; }
.strip .old { height: 80%; align-self: end; }
.strip .warn { height: 60%; align-self: end; } .strip .bad { height: 30%; align-self: end; }
section > :last-child { margin-bottom: 0; }
`;
