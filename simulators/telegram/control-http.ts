import { z } from "zod";
import type { createOperations } from "./control.ts";
import { ControlError } from "./refused.ts";

/** The control interface over HTTP: POST /control/<operation> with a JSON object, or GET with its fields in the query. */
export function createControlHttp(operations: ReturnType<typeof createOperations>) {
  const byName = new Map<string, { decode: (input: unknown) => unknown }>(Object.entries(operations));
  return (name: string, asked: { method: string; query: URLSearchParams; body: string }) => {
    const operation = byName.get(name);
    if (operation === undefined)
      return {
        status: 404,
        body: { error: `no operation "${name}"; there are: ${[...byName.keys()].join(", ")}` },
      };
    try {
      const fields = z.record(z.string(), z.unknown());
      const given: unknown =
        asked.method === "GET" || asked.body.trim() === ""
          ? Object.fromEntries(asked.query)
          : JSON.parse(asked.body);
      return { status: 200, body: operation.decode(fields.parse(given)) ?? {} };
    } catch (error) {
      if (error instanceof ControlError || error instanceof SyntaxError || error instanceof z.ZodError)
        return { status: 400, body: { error: error.message } };
      throw error;
    }
  };
}
