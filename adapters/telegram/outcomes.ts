import type { Outcome } from "../../bridge/model/outcome.ts";
import type { Answer, Refusal } from "./api.ts";

/**
 * What is wrong with the bot or with its place in the chat. Somebody has to set it right, and until then the lane is
 * held: a bot that was put out for an hour must not lose what was announced meanwhile.
 */
const HELD: ReadonlySet<Refusal> = new Set([
  "unauthorized",
  "not_member",
  "chat_not_found",
  "no_rights",
  "topic_closed",
  "topic_gone",
]);

/** What an answer that is no success means for a delivery. */
export function outcomeOf(answer: Exclude<Answer, { kind: "ok" }>): Exclude<Outcome, { kind: "sent" }> {
  switch (answer.kind) {
    case "limited":
      return { kind: "retry", at: answer.until, code: "limited" };
    case "unreached":
      return { kind: "retry", at: 0, code: answer.code };
    case "lost":
      return { kind: "unknown", code: answer.code };
    case "refused":
      return HELD.has(answer.why) || answer.why === "migrated"
        ? { kind: "retry", at: 0, code: answer.why }
        : { kind: "refused", code: answer.why === "other" ? "rejected" : answer.why };
  }
}
