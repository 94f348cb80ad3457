/** What a command may touch of the world, handed in so that tests own it. */
export interface Io {
  /** What scripts read: a link, a list. */
  out(text: string): void;
  /** Everything said to a person besides: notices, QR, errors. */
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Whether somebody can be asked: both ends are a terminal. */
  readonly canAsk: boolean;
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
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    canAsk: process.stdin.isTTY === true && process.stdout.isTTY === true,
    env: process.env,
    now: Date.now,
    signal,
  };
}
