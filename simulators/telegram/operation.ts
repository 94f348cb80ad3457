import { z } from "zod";
import { ControlError } from "./refused.ts";

/** One operation of the control interface: a typed function in the process, decoded from JSON at the HTTP edge. */
export function operation<S extends z.ZodType, R>(schema: S, run: (input: z.output<S>) => R) {
  const decode = (raw: unknown): R => {
    const input = schema.safeParse(raw);
    if (!input.success) throw new ControlError(z.prettifyError(input.error));
    return run(input.data);
  };
  return Object.assign((input: z.output<S>): R => run(input), { decode });
}
