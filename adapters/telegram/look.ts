import type { Millis } from "../../bridge/model/ids.ts";
import type { Answer, Api } from "./api.ts";
import type { ChatId, UserId } from "./ids.ts";
import { type ChatLook, FullChat, type Held, lookOf, Member } from "./rights.ts";

/** What came of a look. */
export type Looked =
  | { readonly kind: "ok"; readonly look: ChatLook }
  /** Nothing can be seen there, and nothing be sent. */
  | { readonly kind: "held"; readonly held: Held }
  | { readonly kind: "moved"; readonly to: ChatId }
  /** It cannot be told for now. `until`: not to be asked before, ms. */
  | { readonly kind: "fault"; readonly code: string; readonly until: Millis | null };

/** A word for an answer that is none, for logs and notices. */
export function faultOf(answer: Exclude<Answer, { kind: "ok" }>): {
  readonly code: string;
  readonly until: Millis | null;
} {
  if (answer.kind === "limited") return { code: "rate_limited", until: answer.until };
  return { code: answer.kind === "refused" ? answer.why : answer.code, until: null };
}

/** How a refusal that speaks of the place itself holds a room; null: it speaks of something else. */
export function heldFor(why: Extract<Answer, { kind: "refused" }>["why"]): Held | null {
  if (why === "not_member") return "out";
  if (why === "chat_not_found") return "gone";
  return why === "no_rights" || why === "topic_closed" || why === "topic_gone" ? why : null;
}

/**
 * Looks at a chat and at what the bot may do there. It asks for nobody else: not for the administrators either, whose
 * accounts (anonymous ones too) a bot would be told.
 */
export async function lookAt(api: Api, me: UserId, chat: ChatId, signal: AbortSignal): Promise<Looked> {
  const asked = await api.call({ method: "getChat", payload: { chat_id: chat } }, signal);
  if (asked.kind !== "ok") return notSeen(asked);
  const full = FullChat.safeParse(asked.result);
  if (!full.success) return { kind: "fault", code: "bad_answer", until: null };
  const member = await api.call({ method: "getChatMember", payload: { chat_id: chat, user_id: me } }, signal);
  if (member.kind !== "ok") return notSeen(member);
  const mine = Member.safeParse(member.result);
  if (!mine.success) return { kind: "fault", code: "bad_answer", until: null };
  return { kind: "ok", look: lookOf(full.data, mine.data) };
}

function notSeen(answer: Exclude<Answer, { kind: "ok" }>): Looked {
  if (answer.kind === "refused") {
    if (answer.migratedTo !== undefined) return { kind: "moved", to: answer.migratedTo };
    // What bots that are no administrators may not see: they are not let in there at all.
    const held = answer.why === "no_rights" ? "out" : heldFor(answer.why);
    if (held !== null) return { kind: "held", held };
  }
  return { kind: "fault", ...faultOf(answer) };
}
