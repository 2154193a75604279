/** A certificate that nobody has signed but its owner, for servers whose TLS is to be refused. */
import { execFile } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { postgresUser } from "./postgres-binaries.ts";

export interface Certificate {
  readonly certFile: string;
  /** Readable for the user whom PostgreSQL runs as, and for nobody else. */
  readonly keyFile: string;
  dispose(): void;
}

/** @throws Error when there is no `openssl` program. */
export async function selfSigned(host: string): Promise<Certificate> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-cert-"));
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await promisify(execFile)("openssl", [
    ..."req -x509 -newkey rsa:2048 -nodes -days 2".split(" "),
    ...["-keyout", keyFile, "-out", certFile, "-subj", `/CN=${host}`],
  ]);
  const user = postgresUser();
  for (const path of [folder, certFile, keyFile])
    chownSync(path, user?.uid ?? process.getuid?.() ?? 0, user?.gid ?? -1);
  return { certFile, keyFile, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
