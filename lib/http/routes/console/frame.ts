/** The document round every page of the console: all it needs is inside, and nothing else may run. */
import type { Context } from "hono";
import { html, raw } from "hono/html";
import { CONSOLE_SCRIPT } from "./script.generated.ts";
import { STYLE } from "./style.ts";
import type { Markup } from "./words.ts";

export interface Page {
  readonly title: string;
  readonly body: Markup;
  /** Of the session; null where nothing can be changed by it. */
  readonly csrfToken: string | null;
}

export async function page(c: Context, nonce: string, { title, body, csrfToken }: Page): Promise<Response> {
  c.header(
    "Content-Security-Policy",
    `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; ` +
      "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  c.header("Cache-Control", "no-store");
  c.header("X-Content-Type-Options", "nosniff");
  // Signing in needs the address by which the browser knows this page.
  c.header("Referrer-Policy", "same-origin");
  return c.html(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${csrfToken === null ? "" : html`<meta name="csrf-token" content="${csrfToken}">`}
<title>${title}</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${raw(STYLE)}</style>
</head>
<body>
${body}
<script type="module" nonce="${nonce}">${raw(CONSOLE_SCRIPT)}</script>
</body>
</html>`);
}
