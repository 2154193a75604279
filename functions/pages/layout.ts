/**
 * The frame of every page: one document with its style and script inside, so that nothing is fetched from elsewhere, under a policy that lets nothing else run.
 *
 * Map of this folder: this frame and its style; each page's markup; in `browser` what each runs there, of which
 * `npm run generate` makes `scripts.generated`.
 */
import type { Context } from "hono";
import { html, raw } from "hono/html";
import { STYLE } from "./style.ts";

/** Markup made by hono's `html`, which escapes what is put into it. */
export type Markup = ReturnType<typeof html>;

export interface Page {
  readonly title: string;
  readonly body: Markup;
  /** Runs as a module, once the document is there. Text of this repository only, never of a request. */
  readonly script: string;
}

export function page(c: Context, { title, body, script }: Page): Response | Promise<Response> {
  const nonce = crypto.randomUUID();
  c.header(
    "Content-Security-Policy",
    `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; ` +
      "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  c.header("Cache-Control", "no-store");
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Referrer-Policy", "no-referrer");
  return c.html(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Tidegate demo</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${raw(STYLE)}</style>
</head>
<body>
${body}
<script type="module" nonce="${nonce}">${raw(script)}</script>
</body>
</html>`);
}
