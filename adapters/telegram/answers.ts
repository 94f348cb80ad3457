import { GrammyError, HttpError } from "grammy";
import { z } from "zod";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Answer, Refusal } from "./api.ts";
import { ChatId } from "./ids.ts";

/** Beginnings of descriptions after "Bad Request: " or "Forbidden: ", in lower case, and what they mean. */
const descriptions: readonly (readonly [string, Refusal])[] = [
  ["message is not modified", "not_modified"],
  ["message to edit not found", "message_gone"],
  ["message to delete not found", "message_gone"],
  ["message to pin not found", "message_gone"],
  ["message to unpin not found", "message_gone"],
  ["message to forward not found", "message_gone"],
  ["message not found", "message_gone"],
  ["message_id_invalid", "message_gone"],
  ["message can't be edited", "not_editable"],
  ["message can't be deleted", "not_deletable"],
  ["message to be replied not found", "reply_gone"],
  ["message to reply not found", "reply_gone"],
  ["replied message not found", "reply_gone"],
  ["chat not found", "chat_not_found"],
  ["peer_id_invalid", "chat_not_found"],
  ["channel_invalid", "chat_not_found"],
  ["channel_private", "not_member"],
  ["bot is not a member", "not_member"],
  ["bot was kicked", "not_member"],
  ["bot was blocked", "not_member"],
  ["user is deactivated", "not_member"],
  ["the group chat was deleted", "chat_not_found"],
  ["need administrator rights", "no_rights"],
  ["not enough rights", "no_rights"],
  ["have no rights", "no_rights"],
  ["chat_write_forbidden", "no_rights"],
  ["chat_admin_required", "no_rights"],
  ["chat_restricted", "no_rights"],
  ["user_restricted", "no_rights"],
  ["chat_send_", "no_rights"],
  ["topic_closed", "topic_closed"],
  ["topic_deleted", "topic_gone"],
  ["message thread not found", "topic_gone"],
  ["topic_id_invalid", "topic_gone"],
  ["message is too long", "too_long"],
  ["message_too_long", "too_long"],
  ["message caption is too long", "too_long"],
  ["media_caption_too_long", "too_long"],
  ["file is too big", "too_large"],
  ["group chat was upgraded", "migrated"],
];

const LIMITED = /too many requests: retry after (\d{1,9})/i;
/** What stands before the reason where one message of an album is to blame. */
const OF_ALBUM = /^failed to send message #\d+ with the error message "/i;

function refusalOf(code: number, description: string): Refusal {
  if (code === 401 || code === 404) return "unauthorized";
  if (code === 409) return "conflict";
  if (code === 413) return "too_large";
  const said = description
    .replace(/^(bad request|forbidden):\s*/i, "")
    .replace(OF_ALBUM, "")
    .toLowerCase();
  const known = descriptions.find(([beginning]) => said.startsWith(beginning));
  if (known !== undefined) return known[1];
  return code === 403 ? "no_rights" : "other";
}

/** Faults that come before anything of a request is on its way: the server certainly has nothing of it. */
const beforehand =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|POSTERN_PROXY|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;

const Coded = z.object({ code: z.string() });
const Parameters = z.object({
  retry_after: z.number().nonnegative().optional(),
  migrate_to_chat_id: ChatId.optional(),
});

const codeOf = (error: unknown): string => {
  const coded = Coded.safeParse(error);
  return coded.success && /^\w{1,40}$/.test(coded.data.code) ? coded.data.code : "";
};

/** A word for why no answer came, for logs and notices. */
function faultOf(code: string): string {
  if (code === "POSTERN_PROXY") return "proxy";
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code)) return "tls";
  return code === "ETIMEDOUT" ? "timeout" : "unreachable";
}

/**
 * What an error of grammY's means. The error itself holds the token (in its address) or the whole payload: nothing of it
 * is kept. `now`: when the answer came, ms.
 */
export function answerOf(error: unknown, now: Millis): Answer {
  if (error instanceof GrammyError) {
    const told = Parameters.safeParse(error.parameters);
    const parameters = told.success ? told.data : {};
    if (error.error_code === 429)
      return { kind: "limited", until: now + Math.ceil((parameters.retry_after ?? 1) * 1_000) };
    // An album's messages may be limited one by one, and that is told as a bad request.
    const limit = error.error_code === 400 ? LIMITED.exec(error.description) : null;
    if (limit !== null) return { kind: "limited", until: now + Number(limit[1]) * 1_000 };
    if (error.error_code >= 500) return { kind: "lost", code: "server_error" };
    const to = parameters.migrate_to_chat_id;
    if (to !== undefined) return { kind: "refused", why: "migrated", migratedTo: to };
    return { kind: "refused", why: refusalOf(error.error_code, error.description) };
  }
  const cause: unknown = error instanceof HttpError ? error.error : error;
  const code = codeOf(cause);
  // Such a fault may also end a connection that had long been made: then it is that of a read or a write.
  const late = cause instanceof Error && /reason: (read|write) E/.test(cause.message);
  return beforehand.test(code) && !late
    ? { kind: "unreached", code: faultOf(code) }
    : { kind: "lost", code: code === "" ? "no_answer" : faultOf(code) };
}
