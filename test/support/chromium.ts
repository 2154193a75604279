/** Real Chromium, found on the machine or by `TIDEGATE_CHROMIUM`; it speaks with loopback alone. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  process.env.TIDEGATE_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export const CHROMIUM = PLACES.find((path) => path !== undefined && existsSync(path));

/** Why tests of pages are left out; null where they are not. */
export const NO_CHROMIUM =
  CHROMIUM === undefined
    ? "no Chromium was found: apt-get install chromium, or TIDEGATE_CHROMIUM with the path of one"
    : null;

export function startChromium(): Promise<Browser> {
  return chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    // Root may not have the sandbox; the rest keeps it from asking anybody about anything.
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
  });
}
