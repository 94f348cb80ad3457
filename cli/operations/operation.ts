import { z } from "zod";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Core } from "../core.ts";
import type { Live } from "./live.ts";

/**
 * One thing that a command can ask of an opened core: in its own process where no bridge runs, else over the socket
 * of the running one. Both go through the same schemas. A new one is made by {@link operation}, in a file beside this
 * one, and named in table.ts; a command calls it by `bridge.ask(operation, input)`.
 */
export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> extends Handled {
  readonly input: I;
  readonly output: O;
  run(at: Place, input: z.output<I>): Promise<z.output<O>>;
}

/** Where an operation runs. */
export interface Place {
  readonly core: Core;
  /** The bridge that runs over this core; null: none does, and the run lock is held meanwhile. */
  readonly live: Live | null;
}

/** An operation as the socket sees it. */
export interface Handled {
  readonly name: string;
  /** Those that change something run one after another, in the order in which they came. */
  readonly changes: boolean;
  /** The longest it may take, ms: past it the caller is told that there is no answer. */
  readonly deadline: Millis;
  /** From the decoded JSON of a request to what is encoded as its answer. Throws for bugs only. */
  handle(at: Place, raw: unknown): Promise<HandledResult>;
}

export type HandledResult = { readonly ok: true; readonly output: unknown } | { readonly ok: false };

interface Definition<I extends z.ZodType, O extends z.ZodType> {
  /** `room.init`: what it is about, then what it does. Never renamed: another version may ask for it. */
  readonly name: string;
  readonly changes: boolean;
  readonly deadline?: Millis;
  /** JSON in both directions; bytes are {@link bytes}. What is expected to go wrong is part of `output`. */
  readonly input: I;
  readonly output: O;
  /** Nothing of texts, tokens or codes may be in what it throws. */
  readonly run: (at: Place, input: z.output<I>) => Promise<z.output<O>>;
}

const DEADLINE: Millis = 30_000;

export function operation<I extends z.ZodType, O extends z.ZodType>(d: Definition<I, O>): Operation<I, O> {
  return {
    deadline: DEADLINE,
    ...d,
    async handle(at, raw) {
      const input = z.safeDecode(z.unknown().pipe(d.input), raw);
      if (!input.success) return { ok: false };
      return { ok: true, output: z.encode(d.output, await d.run(at, input.data)) };
    },
  };
}

/** Bytes: base64url on the way, a Uint8Array at both ends. */
export const bytes = z.codec(
  z.base64url(),
  z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  {
    decode: (text) => new Uint8Array(Buffer.from(text, "base64url")),
    encode: (value) => Buffer.from(value).toString("base64url"),
  },
);
