#!/usr/bin/env node
import { langOf } from "../config/lang.ts";
import { bugCode } from "./bug-code.ts";
import { processIo } from "./io.ts";
import { postern } from "./program.ts";
import { askedToEnd } from "./signals.ts";
import { wordsOf } from "./texts/index.ts";

const io = processIo(askedToEnd());

/** Ends the process once all that was said is on its way: a pipe may be slower than we are. */
async function end(code: number): Promise<never> {
  const written = (stream: NodeJS.WriteStream) =>
    new Promise<void>((resolve) => {
      stream.write("", () => resolve());
    });
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit(code);
}

for (const event of ["uncaughtException", "unhandledRejection"] as const)
  process.on(event, (error: unknown) => {
    io.err(`${wordsOf(langOf(io.env)).usage.internal(bugCode(error))}\n`);
    void end(2);
  });

await end(await postern(process.argv.slice(2), io));
