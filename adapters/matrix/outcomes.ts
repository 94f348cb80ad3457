import type { Millis } from "../../bridge/model/ids.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import type { Fault } from "./wire.ts";

/** No connection was made, so for certain nothing was done. */
const NOT_DONE = new Set(["unreachable", "tls", "proxy"]);
const UNSURE = new Set(["timeout", "cut", "server_error", "not_matrix", "bad_answer"]);

/**
 * What is wrong with the account or with its place in the room. Somebody has to set it right, and until then the lane is
 * held: a bot that was put out of its room for an hour must not lose what was announced in it.
 */
const HELD: Readonly<Record<string, string>> = {
  M_UNKNOWN_TOKEN: "logged_out",
  M_MISSING_TOKEN: "logged_out",
  M_USER_DEACTIVATED: "account_closed",
  M_USER_SUSPENDED: "account_closed",
  M_USER_LOCKED: "account_closed",
  M_FORBIDDEN: "may_not_post",
  M_NOT_FOUND: "may_not_post",
};

/** What the server will never take, however often it is asked. */
const NEVER: Readonly<Record<string, string>> = {
  M_TOO_LARGE: "too_large",
  HTTP_413: "too_large",
  M_BAD_JSON: "rejected",
  M_NOT_JSON: "rejected",
  M_INVALID_PARAM: "rejected",
  M_MISSING_PARAM: "rejected",
};

/** When to ask again; 0: when it is this room's turn by its own pauses. */
export const waitOf = (after: number | null, now: Millis): Millis => (after === null ? 0 : now + after);

/** What a fault of the homeserver means for a delivery. */
export function outcomeOf(fault: Fault, now: Millis): Exclude<Outcome, { kind: "sent" }> {
  const { code } = fault;
  const at = waitOf(fault.retryAfter, now);
  if (NOT_DONE.has(code)) return { kind: "retry", at, code };
  if (UNSURE.has(code)) return { kind: "unknown", code };
  if (code === "M_LIMIT_EXCEEDED") return { kind: "retry", at, code: "limited" };
  const held = HELD[code];
  if (held !== undefined) return { kind: "retry", at, code: held };
  const never = NEVER[code];
  return never === undefined
    ? { kind: "retry", at, code: "server_refuses" }
    : { kind: "refused", code: never };
}

/** As {@link outcomeOf}, for what is done before anything can be seen: then nothing is unsure. */
export function beforehand(fault: Fault, now: Millis): Extract<Outcome, { kind: "retry" }> {
  const outcome = outcomeOf(fault, now);
  if (outcome.kind === "retry") return outcome;
  return { kind: "retry", at: waitOf(fault.retryAfter, now), code: outcome.code };
}
