/**
 * What the corpus of secrets is written with. Every secret is made here, at run time, from a seed in its shape's name: nothing in
 * the repository looks like a credential to a scanner, and every run tries the same values.
 */

const alphabets = {
  word: "abcdefghijkmnpqrstuvwxyz23456789",
  upper: "ABCDEFGHJKLMNPQRSTUVWXYZ234567",
  mixed: "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz0123456789",
  hex: "0123456789abcdef",
  digits: "0123456789",
  base64: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  base64url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
  symbols: "abcdefghkmnpqrstuvwxyz23456789!#$%*@^~?+",
} as const;
export type Alphabet = keyof typeof alphabets;

/** A text of `length` characters that follows from `seed` alone (xorshift over a FNV hash). */
export function fake(seed: string, length = 20, alphabet: Alphabet = "mixed"): string {
  let state = 2_166_136_261;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  const letters = alphabets[alphabet];
  let made = "";
  while (made.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    made += letters[state % letters.length];
  }
  return made;
}

/** One form in which secrets are found: what is logged, what must be gone from it, what must still be there. */
export interface Shape {
  readonly name: string;
  readonly input: unknown;
  readonly secrets: readonly string[];
  readonly keeps: readonly string[];
}

/** What a shape hands its template: secrets that are remembered as they are made. */
export type Make = (length?: number, alphabet?: Alphabet) => string;

/** A shape whose template calls `make` for every secret it holds. */
export function shape(name: string, template: (make: Make) => unknown, keeps: readonly string[] = []): Shape {
  const secrets: string[] = [];
  const input = template((length, alphabet) => {
    const secret = fake(`${name} ${secrets.length}`, length, alphabet);
    secrets.push(secret);
    return secret;
  });
  return { name, input, secrets, keeps };
}

export const base64 = (text: string): string => btoa(text);
