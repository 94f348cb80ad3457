/** Work that runs beside a loop. The first of it that breaks is kept and thrown where the loop looks: a bug ends it. */
export function createTasks() {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  const check = (): void => {
    if (failure !== null) throw failure.error;
  };
  return {
    /** Starts work; `after` is called when it ended, however it ended. */
    start(work: Promise<void>, after: () => void): void {
      const task = work
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .then(() => {
          running.delete(task);
          after();
        });
      running.add(task);
    },
    check,
    /** Resolves when all ended; rejects if any broke. */
    async ended(): Promise<void> {
      await Promise.all(running);
      check();
    },
  };
}
