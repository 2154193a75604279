/** What a server that runs Lua is asked to do. */
export interface Script {
  readonly text: string;
  /** What it does, for errors. */
  readonly what: string;
}

export interface ScriptRunner {
  /**
   * Runs a script atomically, in one round trip once the server knows it. Never repeats what may have run.
   *
   * @throws Error saying what was to be done and what was found instead of an answer.
   */
  run(script: Script, keys: readonly string[], values: readonly string[]): Promise<unknown>;
}

/** By which a server knows a script: SHA-1 of its text, made once. */
export function scriptDigests(): (script: Script) => Promise<string> {
  const digests = new Map<Script, Promise<string>>();
  return (script) => {
    const known = digests.get(script) ?? sha1(script.text);
    digests.set(script, known);
    return known;
  };
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
