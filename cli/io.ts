import type { Ask } from "./ask.ts";
import { terminalAsk } from "./terminal.ts";

/** What a command may touch of the world, handed in so that tests own it. */
export interface Io {
  /** What scripts read: a link, a list. */
  out(text: string): void;
  /** Everything said to a person besides: notices, QR, errors. */
  err(text: string): void;
  readonly errIsTerminal: boolean;
  /** Asks the person at the terminal; null where nobody can be asked (input or output is no terminal). */
  readonly ask: Ask | null;
  /** All that comes on standard input. */
  input(): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Now, ms UTC. */
  now(): number;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** 0: done. 1: wrong use or configuration. 2: it does not work (rights, reachability, keys). */
export type ExitCode = 0 | 1 | 2;

/** The process's own terminal. */
export function processIo(signal: AbortSignal): Io {
  // A reader that went away (`postern status | head -1`) is no fault of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const canAsk = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    errIsTerminal: process.stderr.isTTY === true,
    ask: canAsk ? terminalAsk(process.stdin, process.stdout, signal) : null,
    async input() {
      process.stdin.setEncoding("utf8");
      let text = "";
      for await (const piece of process.stdin) text += String(piece);
      return text;
    },
    env: process.env,
    now: Date.now,
    signal,
  };
}
