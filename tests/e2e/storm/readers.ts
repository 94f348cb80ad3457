import { Worker } from "node:worker_threads";
import { z } from "zod";
import type { Post } from "./posts.ts";

export interface Reading {
  readonly link: string;
  readonly wanted: readonly Post[];
  readonly clock: { readonly speed: number; readonly since: number };
  /** The longest that is waited for the room to show it all, ms. */
  readonly patience: number;
}

const Differs = z.string().nullable();

/** Reads a room by its link, in a thread of its own. Answers in what it differs from what it must show; null: nothing. */
export function readRoom(reading: Reading): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./reader.worker.ts", import.meta.url), {
      execArgv: [],
      workerData: reading,
    });
    worker.once("message", (differs: unknown) => {
      resolve(Differs.parse(differs));
      void worker.terminate();
    });
    worker.once("error", reject);
    worker.once("exit", () => resolve("the reader ended early"));
  });
}
