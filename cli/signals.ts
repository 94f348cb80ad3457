/** npm, a shell and a terminal may each pass on the same Ctrl-C; within this time, ms, they count as one. */
const SAME = 2_000;

/**
 * Aborts when this process is asked to end: Ctrl-C, SIGTERM, a closed terminal. Asked once more later, it ends at
 * once, whatever is under way.
 */
export function askedToEnd(): AbortSignal {
  const ending = new AbortController();
  let first: number | null = null;
  const end = (): void => {
    first ??= Date.now();
    if (Date.now() - first > SAME) process.exit(130);
    ending.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  return ending.signal;
}
