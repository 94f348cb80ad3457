import type { JsonObject } from "./json.ts";

/** An answer with `ok: false`, thrown by what handles a method and made an answer in api.ts. */
export class Refused extends Error {
  readonly status: number;
  readonly parameters: JsonObject | null;
  constructor(status: number, description: string, parameters: JsonObject | null = null) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

/** 400 in the words of the real server, which follow "Bad Request: ". */
export const bad = (what: string, parameters: JsonObject | null = null): Refused =>
  new Refused(400, `Bad Request: ${what}`, parameters);

export const forbidden = (what: string): Refused => new Refused(403, `Forbidden: ${what}`);

/** What the control interface was asked and cannot do. */
export class ControlError extends Error {}
