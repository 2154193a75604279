/** Secrets in sentences, as people and programs write them: what is said before tells what follows. */
import { isMade, isOpaque } from "./field-names.ts";
import { harmless, masked, matchAt, type Pattern } from "./scan.ts";

/** A word or two between name and value: `the password is …`, `login app password …`, `requirepass …`. */
export const sentences: Pattern = {
  begins:
    /\b(?:password|passwd|passphrase|passwort|kennwort|pwd|secret|token|requirepass|masterauth)[ \t]{1,8}(?:(?:is|was|to|ist|war|\d{1,2})[ \t]{1,8})?["'`]?(?=[^\s/(<[{$"'`])/gi,
  spanOf: (text, match) => {
    const at = match.index + match[0].length;
    const word = matchAt(/[^\s"'`,;)]{6,256}/y, text, at);
    return isMade(word) ? masked(at, at + word.length) : harmless(match);
  },
};

/** A sentence about a secret that ends with it: `Incorrect API key provided: …`, `… the following password …:` */
export const announcements: Pattern = {
  begins:
    /\b(?:pass(?:word|wd|phrase|code|wort)|kennwort|psk|secret|token|(?:api|access|secret|private|account|unseal|signing|encryption|license)[ _-]?keys?)(?:[ \t](?=\w)[^\n:=.!?]{1,28}[:=]\s{1,8}|[ \t]{1,4}(?:lautet[ \t]{1,4})?)["'`]?(?=[^\s"'`]{10})/gi,
  spanOf: (text, match) => {
    const at = match.index + match[0].length;
    const word = matchAt(WORD, text, at);
    if (!isOpaque(word) || !isMade(word)) return harmless(match);
    const end = at + word.length;
    const beside = matchAt(BESIDE, text, end);
    const other = beside === "" ? "" : matchAt(WORD, text, end + beside.length);
    return masked(at, isOpaque(other) ? end + beside.length + other.length : end);
  },
};
const WORD = /[^\s"'`,;)]{10,4096}/y;
/** What stands between what was expected and what was found. */
const BESIDE = /["'`]?[ ,]{1,4}(?:!==?|<>|vs\.?|and|but|got|found|expected|instead of)[ \t]{1,4}["'`]?/y;

/** What is used once or for a short time, by its name and in a run of at least twenty letters and digits. */
export const passes: Pattern = {
  begins: /\b(?:code|nonce|ticket|cookie|assertion)[ \t]{1,4}["'`]?(?=\w{20})/gi,
  spanOf: (text, match) => {
    const at = match.index + match[0].length;
    const word = matchAt(/\w{20,4096}(?![\w./:-])/y, text, at);
    return isOpaque(word) ? masked(at, at + word.length) : harmless(match);
  },
};

/** `decoded credentials ada:…` */
export const credentialPairs: Pattern = {
  begins: /\bcredentials?[ \t]{1,4}["'`]?[\w.@-]{1,64}:(?=[^\s"'`]{6})/gi,
  spanOf: (text, match) => {
    const at = match.index + match[0].length;
    const word = matchAt(/[^\s"'`,;)]{6,256}/y, text, at);
    return isMade(word) ? masked(at, at + word.length) : harmless(match);
  },
};

/** Signatures that were compared: `signature mismatch: expected sha256=…, got sha256=…`. */
export const signatures: Pattern = {
  begins: /\b(?:signature|hmac)\b[^\n=]{1,64}\b(?:sha\d{1,3}|v\d)=(?=[\da-f]{32})/gi,
  spanOf: (text, match) => {
    const at = match.index + match[0].length;
    const found = matchAt(/[\da-f]{32,128}(?:[^\n=]{1,24}\b(?:sha\d{1,3}|v\d)=[\da-f]{32,128})?/iy, text, at);
    return masked(at, at + found.length);
  },
};

/** A code that was sent to somebody: `Your verification code is 123456`. */
export const oneTimeCodes: Pattern = {
  begins:
    /code(?<=\b(?:verification|one-time|security|log-?in|confirmation|authentication|access|2fa|sms)[ -](?:pass)?code)(?:[ \t]{1,4}(?:is|for[ \t]{1,4}\S{1,64})|:){0,2}[ \t]{1,4}(?=\d)/gi,
  spanOf: (text, match) => {
    const at = match.index + match[0].length;
    const code = matchAt(/\d{3}[ -]?\d{1,5}(?![\w.])/y, text, at);
    return code === "" ? harmless(match) : masked(at, at + code.length);
  },
};
