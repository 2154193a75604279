/** Which tests belong to which room: those that say what it does. */
import { globSync } from "node:fs";

export interface Room {
  readonly name: string;
  /** Globs of test files. */
  readonly tests: readonly string[];
  /** Globs of those that take long, or wait in real time. */
  readonly without?: readonly string[];
}

export const ROOMS: readonly Room[] = [
  {
    name: "lib/http/address",
    tests: ["test/http/{address,forwarded,host,ip}.test.ts"],
  },
  {
    name: "lib/http/auth",
    tests: ["test/http/{auth,session,mutation}*.test.ts", "test/config/access.test.ts"],
  },
  {
    name: "lib/log",
    tests: ["test/log/*.test.ts", "test/http/own-log.test.ts"],
  },
  {
    name: "lib/gate",
    tests: ["test/gate/*.test.ts"],
    // Random histories, which other tests say shorter.
    without: ["test/gate/model.test.ts"],
  },
  {
    name: "lib/guard",
    tests: ["test/guard/*.test.ts"],
    // In real time, against a real Redis; and with a module replaced, which the worker that all share would keep.
    without: ["test/guard/{redis-*,late-loop,nested-statements}.test.ts"],
  },
];

/** The source files of a room, or those of it that lie under one of the paths. */
export function sourcesOf({ name }: Room, under: readonly string[]): string[] {
  const asked = under.length === 0 ? [name] : under;
  const lies = (file: string) => asked.some((path) => file === path || file.startsWith(`${path}/`));
  return globSync(`${name}/**/*.ts`).filter(lies).toSorted();
}

export function testsOf({ tests, without = [] }: Room): string[] {
  const left = new Set(globSync([...without]));
  return globSync([...tests])
    .filter((file) => !left.has(file))
    .toSorted();
}

/** Those that one of the paths lies in or is above of; all without a path. */
export const roomsOf = (paths: readonly string[]): readonly Room[] =>
  ROOMS.filter(
    ({ name }) =>
      paths.length === 0 ||
      paths.some((path) => path === name || path.startsWith(`${name}/`) || name.startsWith(`${path}/`)),
  );
