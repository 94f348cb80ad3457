import { type Answer, type Asked, json } from "./answer.ts";
import { ControlError } from "./compose.ts";
import type { createOperations } from "./control.ts";
import { parseJson } from "./json.ts";

const refuse = (status: number, message: string): Answer => json(status, { error: message });

/**
 * The control interface over HTTP: POST /_control/<operation> with a JSON object (GET for those that need none,
 * or with its fields in the query), and POST /_control/media with the bytes of a medium as the body.
 */
export function createControlHttp(operations: ReturnType<typeof createOperations>): (asked: Asked) => Answer {
  const byName = new Map<string, { decode: (input: unknown) => Parameters<typeof json>[1] }>(
    Object.entries(operations),
  );

  return (asked) => {
    const name = asked.path.replace(/^\/_control\/?/, "");
    try {
      if (name === "media" && asked.method === "POST") {
        const { contentType, filename } = Object.fromEntries(asked.query);
        return json(200, operations.addMedia({ bytes: asked.body, contentType, filename }));
      }
      const operation = byName.get(name);
      if (operation === undefined)
        return refuse(404, `no operation "${name}"; there are: ${[...byName.keys()].join(", ")}`);
      if (asked.method === "GET") return json(200, operation.decode(Object.fromEntries(asked.query)));
      if (asked.method !== "POST") return refuse(405, "use POST with a JSON object, or GET");
      const text = Buffer.from(asked.body).toString("utf8");
      return json(200, operation.decode(text.trim() === "" ? {} : parseJson(text)));
    } catch (error) {
      if (error instanceof ControlError) return refuse(400, error.message);
      if (error instanceof SyntaxError) return refuse(400, `the body is not JSON: ${error.message}`);
      throw error;
    }
  };
}
