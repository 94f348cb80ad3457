import { z } from "zod";
import { ControlError } from "./compose.ts";
import { NothingInput } from "./inputs.ts";
import type { Json } from "./json.ts";

/** An input that may be left out makes an argument that may be left out. */
type Arguments<I> = undefined extends I ? [input?: I] : [input: I];

/**
 * One operation of the control interface: a function of its typed input, which can also take undecoded input.
 * Throws {@link ControlError} where the input is wrong or names what does not exist.
 */
export interface Operation<I, R extends Json> {
  (...input: Arguments<I>): R;
  readonly decode: (input: unknown) => R;
}

export function operation<S extends z.ZodType, R extends Json>(
  schema: S,
  run: (input: z.output<S>) => R,
): Operation<z.input<S>, R> {
  const decode = (input: unknown): R => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) throw new ControlError(z.prettifyError(parsed.error));
    return run(parsed.data);
  };
  return Object.assign((...[input]: Arguments<z.input<S>>) => decode(input), { decode });
}

/** An operation that needs no input. */
export function query<R extends Json>(run: () => R): { (): R; readonly decode: (input: unknown) => R } {
  const op = operation(NothingInput, run);
  return Object.assign(() => run(), { decode: op.decode });
}
