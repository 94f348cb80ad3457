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
