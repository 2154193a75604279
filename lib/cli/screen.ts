/** A terminal that a command has to itself, and gives back as it was, however the command ends. */

export interface Screen {
  readonly colours: boolean;
  /** Whether keys are heard. */
  readonly hasKeys: boolean;
  size(): { readonly columns: number; readonly rows: number };
  /** Takes it, until {@link Screen.close}. */
  open(listener: ScreenListener): void;
  /** In the place of whatever is there. */
  draw(lines: readonly string[]): void;
  /** Once is enough, more does no harm. */
  close(): void;
}

export interface ScreenListener {
  /** A character; keys that send several are not told. */
  key(key: string): void;
  /** What is there has to be drawn again: its size is another, or somebody else has had the terminal. */
  changed(): void;
}

/** What is needed of a process. */
export type Host = Pick<NodeJS.Process, "stdin" | "stdout" | "env" | "pid" | "kill" | "on" | "off" | "platform">;

/** The alternate buffer, no cursor, and lines that are too long are cut. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const [HOME, REST_OF_LINE, REST_OF_SCREEN] = ["\u001b[H", "\u001b[K", "\u001b[J"];

export const CTRL_C = "\u0003";
const CTRL_Z = "\u001a";
const ESCAPE = "\u001b";
const ENDINGS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Of a terminal that does not say. */
const USUAL = { columns: 80, rows: 24 };

/** @returns Null where nobody sees one, or it cannot be written to anywhere but at its end. */
export function screenOf(host: Host, colours: boolean): Screen | null {
  return host.stdout.isTTY === true && host.env.TERM !== "dumb" ? new TerminalScreen(host, colours) : null;
}

class TerminalScreen implements Screen {
  readonly colours: boolean;
  readonly hasKeys: boolean;
  readonly #host: Host;
  #listener: ScreenListener | null = null;

  constructor(host: Host, colours: boolean) {
    this.#host = host;
    this.colours = colours;
    this.hasKeys = host.stdin.isTTY === true;
  }

  size() {
    const { columns, rows } = this.#host.stdout;
    return { columns: columns || USUAL.columns, rows: rows || USUAL.rows };
  }

  open(listener: ScreenListener): void {
    const { stdin, stdout } = this.#host;
    this.#listener = listener;
    // An error that nobody catches ends the process there, before it is told.
    this.#host.on("exit", this.#restore);
    for (const signal of ENDINGS) this.#host.on(signal, this.#end);
    this.#host.on("SIGCONT", this.#resume);
    stdout.on("resize", listener.changed);
    if (this.hasKeys) stdin.setEncoding("utf8").on("data", this.#read).resume();
    this.#take();
  }

  draw(lines: readonly string[]): void {
    if (!this.#listener) return;
    // Emptied first: behind a line as long as the screen is wide, its last character would go.
    const text = lines.map((line) => REST_OF_LINE + line).join("\r\n");
    this.#host.stdout.write(`${HOME}${text}${REST_OF_SCREEN}`);
  }

  close(): void {
    const listener = this.#listener;
    if (!listener) return;
    this.#restore();
    this.#listener = null;
    const { stdin, stdout } = this.#host;
    this.#host.off("exit", this.#restore);
    for (const signal of ENDINGS) this.#host.off(signal, this.#end);
    this.#host.off("SIGCONT", this.#resume);
    stdout.off("resize", listener.changed);
    if (this.hasKeys) stdin.off("data", this.#read).pause();
  }

  #take(): void {
    if (this.hasKeys) this.#host.stdin.setRawMode(true);
    this.#host.stdout.write(ENTER);
  }

  readonly #restore = (): void => {
    if (this.hasKeys) this.#host.stdin.setRawMode(false);
    this.#host.stdout.write(LEAVE);
  };

  /** As the signal would have ended it, had nobody heard it. */
  readonly #end = (signal: NodeJS.Signals): void => {
    this.close();
    this.#host.kill(this.#host.pid, signal);
  };

  readonly #resume = (): void => {
    this.#take();
    this.#listener?.changed();
  };

  readonly #read = (chunk: unknown): void => {
    const keys = String(chunk);
    if (keys.startsWith(ESCAPE)) return;
    for (const key of keys) {
      if (key === CTRL_Z && this.#host.platform !== "win32") this.#suspend();
      else this.#listener?.key(key);
    }
  };

  #suspend(): void {
    this.#restore();
    this.#host.kill(this.#host.pid, "SIGTSTP");
  }
}
