import { z } from "zod";
import { boundedText } from "../../bridge/model/bounded.ts";

/** The largest request and the largest answer, bytes. */
export const LARGEST = 2 ** 20;

/**
 * One request and one answer a connection, each a line of JSON in UTF-8. Nothing but codes says why there is no
 * output.
 */
export const Request = z.object({ v: z.literal(1), op: boundedText(0, 64), input: z.unknown() });
export type Request = z.infer<typeof Request>;

export const Answer = z.discriminatedUnion("ok", [
  z.object({ v: z.literal(1), ok: z.literal(true), output: z.unknown() }),
  z.object({
    v: z.literal(1),
    ok: z.literal(false),
    code: z.enum(["bad_request", "unknown_operation", "timeout", "too_large", "internal"]),
    /** Where in the code an internal fault is, as a bug is named. */
    bug: boundedText(0, 200).exactOptional(),
  }),
]);
export type Answer = z.infer<typeof Answer>;

export const encodeLine = (value: Request | Answer): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

/** A line's value; undefined when it is no JSON in UTF-8. */
export function parseLine(line: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
  } catch {
    return undefined;
  }
}

/** Gathers one line from pieces. Bounded: what is longer than {@link LARGEST} is not kept. */
export function createLine() {
  const pieces: Uint8Array[] = [];
  let size = 0;
  return {
    /** null: more is needed. What follows the line is ignored. */
    take(piece: Uint8Array): Uint8Array | "too_large" | null {
      const end = piece.indexOf(0x0a);
      const part = end < 0 ? piece : piece.subarray(0, end);
      size += part.length;
      if (size > LARGEST) return "too_large";
      pieces.push(part);
      return end < 0 ? null : Buffer.concat(pieces);
    },
  };
}
