/** The little of Cloudflare's own module that is used here. */
declare module "cloudflare:workers" {
  export function waitUntil(work: Promise<unknown>): void;
}
