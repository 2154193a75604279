/** The first page: what there is to ask for, and the plant as it stands. */
import type { Context } from "hono";
import { html } from "hono/html";
import { page } from "./layout.ts";
import { HOME_SCRIPT } from "./scripts.generated.ts";

interface Link {
  readonly href: string;
  readonly title: string;
  readonly about: string;
}

const REPORTS: readonly Link[] = [
  { href: "/api/reports/wip-summary", title: "Work in progress", about: "lots and wafers by product and operation" },
  { href: "/api/reports/wip-summary?group_by=state", title: "… by state", about: "queued, running, on hold" },
  { href: "/api/reports/reject-history", title: "Rejects", about: "the latest month, a Pareto by cause" },
  {
    href: "/api/reports/reject-history?group_by=equipment&limit=10",
    title: "… by equipment",
    about: "the ten worst tools",
  },
  { href: "/api/reports/hold-history?open=true", title: "Open holds", about: "what waits, why, and since when" },
  {
    href: "/api/trace/lineage?lot=L0000012",
    title: "Lineage of a lot",
    about: "splits and merges, up and down; in the slow lane",
  },
  {
    href: "/api/trace/events?lots=L0000001,L0000002",
    title: "History of two lots",
    about: "every event; in the slow lane",
  },
];

export function homePage(c: Context, options: { readonly dev: boolean }): Response | Promise<Response> {
  const body = html`
<header>
  <h1>The plant</h1>
  <p class="soft">A semiconductor plant behind guarded endpoints: when the database is slow or gone, these answer at
  once and say when to come back.</p>
</header>
<main>
  <section class="banner" id="banner" role="status"></section>
  <section aria-labelledby="wip-title">
    <h2 id="wip-title">Work in progress</h2>
    <div class="wide"><table aria-labelledby="wip-title">
      <thead><tr><th scope="col">Product</th><th scope="col" class="number">Lots</th>
        <th scope="col" class="number">Wafers</th><th scope="col" class="number">Queued</th>
        <th scope="col" class="number">Running</th><th scope="col" class="number">On hold</th></tr></thead>
      <tbody id="wip"><tr><td colspan="6" class="soft">Loading …</td></tr></tbody>
    </table></div>
    <noscript><p>Without JavaScript: <a href="/api/reports/wip-summary?group_by=product">the same as JSON</a>.</p></noscript>
    <p class="soft" id="age"></p>
  </section>
  <section aria-labelledby="links-title">
    <h2 id="links-title">Reports</h2>
    <ul class="plain">${REPORTS.map(
      ({ href, title, about }) => html`<li><a href="${href}">${title}</a> <span class="soft">${about}</span></li>`,
    )}</ul>
    <p class="soft">As a spreadsheet: <code>curl -H 'Accept: text/csv'
      <span id="origin">…</span>/api/reports/reject-history</code></p>
  </section>
  <section aria-labelledby="service-title">
    <h2 id="service-title">The service</h2>
    <ul class="plain">
      <li><a href="/health">Health</a> <span class="soft">the verdict of all instances</span></li>
      ${options.dev ? html`<li><a href="/dev">Break it</a> <span class="soft">make the database slow, failing or hanging, and watch</span></li>` : ""}
    </ul>
  </section>
</main>
<footer>Served by Tidegate's demo application.</footer>`;
  return page(c, { title: "The plant", body, script: HOME_SCRIPT });
}
