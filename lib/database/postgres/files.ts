/** The files that a URL names for TLS, as libpq has them. */

const PARAMETER_OF: Readonly<Record<string, string>> = {
  ca: "sslrootcert",
  cert: "sslcert",
  key: "sslkey",
  crl: "sslcrl",
};

interface Platform {
  readonly process?: {
    getBuiltinModule?(name: string): { readFileSync(path: string, encoding: "utf8"): string } | undefined;
  };
}

/**
 * @param option as TLS sockets have it.
 * @throws TypeError where it cannot be read, or where there are no files.
 */
export function fileAt(option: string, path: string): string {
  const files = (globalThis as Platform).process?.getBuiltinModule?.("node:fs");
  try {
    if (files) return files.readFileSync(path, "utf8");
  } catch {
    // Said below.
  }
  throw new TypeError(
    `postgres: the parameter ${PARAMETER_OF[option]} must name a file that can be read here, and does not; ` +
      "mend the path; or take it out, and give its content in code: postgres(url, { ssl: { ca } })",
  );
}
