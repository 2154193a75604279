/** The page for who is nobody yet. */
import type { Context } from "hono";
import { html } from "hono/html";
import { mountOf } from "../../own.ts";
import { page } from "./frame.ts";

export function loginPage(c: Context, nonce: string, name: string): Promise<Response> {
  const body = html`<main><section aria-labelledby="sign-in"><h1 id="sign-in">${name}: operators</h1>
<form id="sign-in-form"><div class="row">
<label class="long">token <input name="token" type="password" required autocomplete="current-password" autofocus></label>
<button type="submit">Sign in</button></div></form>
<p class="bad" id="told" role="alert"></p>
<noscript><p>Signing in needs JavaScript. Everything here is also at <code>${mountOf(c)}/admin/api/</code>, with
<code>Authorization: Bearer …</code>.</p></noscript></section></main>`;
  return page(c, nonce, { title: `Sign in – ${name}`, body, csrfToken: null });
}
