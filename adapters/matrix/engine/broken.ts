/**
 * The engine is one wasm instance for the whole process. When it panics within a promise, the error is thrown from a
 * microtask of its own and the promise never settles: nobody could catch it, and Node would end the process with a
 * trace of its own. So what the engine puts off to a microtask is guarded, and a panic is told to every listener.
 */

/** No engine of this process may be used any more. It says why by a code alone. */
export class EngineBroken extends Error {
  /** `panic`: the wasm instance is in no known state. `store`: the disk did not take what the engine holds in memory. */
  readonly code: "panic" | "store";
  constructor(code: "panic" | "store") {
    super(`the encryption engine broke: ${code}`);
    this.name = "EngineBroken";
    this.code = code;
  }
}

const listeners = new Set<(broken: EngineBroken) => void>();
let panicked: EngineBroken | null = null;
let guarded = false;

/** Whether an error that a call of the engine threw means that it panicked. */
export const isPanic = (error: unknown): boolean => error instanceof WebAssembly.RuntimeError;

/** Tells every listener that the engine panicked. */
export function tellPanic(): EngineBroken {
  panicked ??= new EngineBroken("panic");
  for (const listener of [...listeners]) listener(panicked);
  return panicked;
}

/** Calls `listener` when the engine panics, at once if it has. Answers how to end that. */
export function onPanic(listener: (broken: EngineBroken) => void): () => void {
  if (!guarded) guard();
  guarded = true;
  listeners.add(listener);
  if (panicked !== null) listener(panicked);
  return () => void listeners.delete(listener);
}

/** How the calls of one engine end when it breaks, under way or not. */
export function createBreakage() {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  // Not by a race with `promise`, which would hold on to every call for as long as it is pending.
  const underWay = new Set<(broken: EngineBroken) => void>();
  let broke: EngineBroken | null = null;
  return {
    broken: promise,
    isBroken: (): boolean => broke !== null,
    breaks(error: EngineBroken): void {
      broke ??= error;
      reject(broke);
      for (const end of underWay) end(broke);
      underWay.clear();
    },
    /** What `work` comes to, or the breakage: a call under way may never settle by itself. */
    guarded: <T>(work: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        if (broke !== null) return reject(broke);
        underWay.add(reject);
        const started = (async () => work())();
        started
          .then(resolve, (error: unknown) => reject(isPanic(error) ? tellPanic() : error))
          .finally(() => underWay.delete(reject));
      }),
  };
}

/** The engine's own functions, as its glue marks them. */
const isEngines = (task: () => void): boolean => "_wbg_cb_unref" in task;

function guard(): void {
  const plain = globalThis.queueMicrotask;
  const run = (task: () => void): void => {
    const { error } = console;
    // On a panic it prints a trace, with whatever the failing place was given.
    console.error = () => undefined;
    try {
      task();
    } catch (thrown) {
      if (!isPanic(thrown)) throw thrown;
      tellPanic();
    } finally {
      console.error = error;
    }
  };
  globalThis.queueMicrotask = (task) => plain(isEngines(task) ? () => run(task) : task);
}
