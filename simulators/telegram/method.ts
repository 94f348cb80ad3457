import type { z } from "zod";
import type { Uploaded } from "./files.ts";
import type { Json } from "./json.ts";
import type { Bot } from "./model.ts";
import { malformed } from "./params.ts";
import { bad } from "./refused.ts";
import type { World } from "./world.ts";

export type Payload = Readonly<Record<string, unknown>>;
/** Files of a request by the name of their part. */
export type Files = ReadonlyMap<string, Uploaded>;

/** What a method works with. */
export interface Asking {
  readonly world: World;
  readonly bot: Bot;
  readonly files: Files;
}

/** Does it, and answers its `result`; throws Refused. */
export type Method = (asking: Asking, payload: Payload) => Json;

/** A method with its parameters. */
export const method =
  <S extends z.ZodType>(schema: S, run: (asking: Asking, input: z.output<S>) => Json): Method =>
  (asking, payload) => {
    const input = schema.safeParse(payload);
    if (!input.success) throw bad(malformed(input.error));
    return run(asking, input.data);
  };
