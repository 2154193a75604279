/** Secrets that a whole document announces: a Secret of Kubernetes, a jar of cookies. */
import { harmless, masked, type Pattern } from "./scan.ts";

const LOOK_AROUND = 2_048;
const BLOCK =
  /(?:^|\n)([ \t]{0,16})(?:data|stringData):[ \t]{0,8}\r?\n((?:\1[ \t]{1,16}\S[^\n]{0,4096}(?:\n|$)){1,256})/;
const BRACES = /["'](?:data|stringData)["']:\s{0,8}\{([^{}]{1,4096})\}/;

/** All values of `kind: Secret`, whatever they are called there, before that line or after it. */
export const kubernetesSecrets: Pattern = {
  begins: /\bkind["']?:[ \t]{0,8}["']?Secret\b(?![\w-])/g,
  spanOf: (text, match) => {
    const start = Math.max(0, match.index - LOOK_AROUND);
    const around = text.slice(start, match.index + LOOK_AROUND);
    const found = around.includes("ata") ? (BLOCK.exec(around) ?? BRACES.exec(around)) : null;
    const held = found?.at(-1) ?? "";
    if (found === null || held === "") return harmless(match);
    const from = start + found.index + found[0].lastIndexOf(held);
    // Goes on behind its own line: what was found may stand before it.
    return { ...masked(from, from + held.trimEnd().length), to: from + held.trimEnd().length };
  },
};

/** A line of a cookie jar as curl and Netscape write it: domain, flag, path, flag, end, name, value. */
export const cookieJars: Pattern = {
  begins: /\t(?:TRUE|FALSE)\t\/[^\t\n]{0,256}\t(?:TRUE|FALSE)\t\d{1,12}\t[^\t\n]{1,256}\t([^\s]{1,4096})/g,
  spanOf: (_text, match) => {
    const end = match.index + match[0].length;
    return masked(end - (match[1] ?? "").length, end);
  },
};
