import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { z } from "zod";
import { type RunLock, takeRunLock } from "../bridge/store/run-lock.ts";
import type { Config } from "../config/config.ts";
import type { OpenOptions, OpenProblem } from "./bridge-api.ts";
import { type Core, databaseFile, openCore } from "./core.ts";
import type { Io } from "./io.ts";
import type { Operation } from "./operations/operation.ts";
import { askPassphrase } from "./passphrase.ts";
import { type Reached, Unanswered } from "./reach.ts";
import { runWords } from "./run-words.ts";
import { askOver, connectToBridge } from "./socket/client.ts";
import type { Answer } from "./socket/wire.ts";

export type ReachResult =
  /** null: there is no database yet, and none was to be made. */
  | { readonly ok: true; readonly reached: Reached | null }
  | { readonly ok: false; readonly problem: OpenProblem };

/** How long a command waits for the lock that another holds for a moment, ms. */
const PATIENCE = 2_000;
/** What an answer may take on its way besides the time of its operation, ms. */
const GRACE = 5_000;

/**
 * A hand on the bridge of a configuration: over its socket where one runs, and then neither key nor passphrase is
 * needed; else on the database, under the run lock while it works.
 */
export async function reachBridge(config: Config, { io, lang, make }: OpenOptions): Promise<ReachResult> {
  const connect = () => connectToBridge(config.data, io.env);
  let running = false;
  let core: Core | null = null;

  const open = async (): Promise<OpenProblem | null> => {
    const lock = lockOf(config);
    if ("code" in lock) return lock;
    try {
      const opened = await openCore(config, {
        env: io.env,
        askPassphrase: askPassphrase(io.ask, runWords(lang)),
      });
      if (!opened.ok) return opened.problem;
      core = opened.core;
      return null;
    } finally {
      lock.release();
    }
  };

  const reached: Reached = {
    get running() {
      return running;
    },
    async ask(operation, input) {
      let socket = await connect();
      let lock: RunLock | null = null;
      if (socket === null) {
        const taken = lockOf(config);
        // One that has just started has the lock a moment before its socket.
        if ("code" in taken) socket = await connect();
        else lock = taken;
        if (socket === null && "code" in taken) throw new Unanswered(taken);
      }
      running = socket !== null;
      if (socket !== null) return askRunning(socket, operation, input);
      try {
        if (core === null) {
          // The bridge was there at first and ended.
          lock?.release();
          lock = null;
          const problem = await open();
          if (problem !== null || core === null)
            throw new Unanswered(problem ?? { code: "no_answer", where: "" });
          return reached.ask(operation, input);
        }
        return await operation.run({ core, live: null }, input);
      } finally {
        lock?.release();
      }
    },
    close: async () => core?.close(),
  };

  const socket = await connect();
  if (socket !== null) {
    socket.destroy();
    running = true;
    return { ok: true, reached };
  }
  if (!make && !existsSync(databaseFile(config))) return { ok: true, reached: null };
  const problem = await open();
  if (problem === null) return { ok: true, reached };
  if (problem.code !== "in_use") return { ok: false, problem };
  const late = await connect();
  late?.destroy();
  running = late !== null;
  return late === null ? { ok: false, problem } : { ok: true, reached };
}

/** A hand on the bridge that runs on a data folder, and on no other; null: none does. */
export async function reachRunning(data: string, env: Io["env"]): Promise<Pick<Reached, "ask"> | null> {
  const first = await connectToBridge(data, env);
  if (first === null) return null;
  return { ask: (operation, input) => askRunning(first, operation, input) };
}

/** Asks over a connection, which is used up by it. */
async function askRunning<I extends z.ZodType, O extends z.ZodType>(
  socket: Socket,
  operation: Operation<I, O>,
  input: z.output<I>,
): Promise<z.output<O>> {
  const request = { v: 1, op: operation.name, input: z.encode(operation.input, input) } as const;
  const answer = await askOver(socket, request, operation.deadline + GRACE);
  if (answer?.ok !== true) throw new Unanswered(faultOf(answer));
  const output = z.safeDecode(z.unknown().pipe(operation.output), answer.output);
  if (!output.success) throw new Unanswered({ code: "other_version", where: "" });
  return output.data;
}

function lockOf(config: Config): RunLock | OpenProblem {
  try {
    return takeRunLock(config.data, PATIENCE) ?? { code: "in_use", where: databaseFile(config) };
  } catch {
    return { code: "unreadable", where: config.data };
  }
}

function faultOf(answer: Answer | null): OpenProblem {
  if (answer === null || answer.ok) return { code: "no_answer", where: "" };
  if (answer.code === "internal") return { code: "bridge_fault", where: answer.bug ?? "" };
  if (answer.code === "timeout") return { code: "no_answer", where: "" };
  return { code: "other_version", where: "" };
}
