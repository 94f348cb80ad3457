import { GrammyError, HttpError } from "grammy";
import { describe, expect, test } from "vitest";
import { answerOf } from "../../adapters/telegram/answers.ts";

const NOW = 1_000_000;
const said = (error_code: number, description: string, parameters: object = {}) =>
  answerOf(
    new GrammyError("Call failed", { ok: false, error_code, description, parameters }, "sendMessage", {
      text: "the exam",
    }),
    NOW,
  );
const unanswered = (code?: string) =>
  answerOf(
    new HttpError(
      "Network request failed",
      Object.assign(new Error("request to https://api.telegram.org/bot1:secret/x failed"), { code }),
    ),
    NOW,
  );

describe("what the server answered is told by code and the beginning of its words", () => {
  test.each([
    [
      400,
      "Bad Request: message is not modified: specified new message content and reply markup are",
      "not_modified",
    ],
    [400, "Bad Request: message to edit not found", "message_gone"],
    [400, "Bad Request: MESSAGE_ID_INVALID", "message_gone"],
    [400, "Bad Request: message can't be edited", "not_editable"],
    [400, "Bad Request: message to delete not found", "message_gone"],
    [400, "Bad Request: message can't be deleted for everyone", "not_deletable"],
    [400, "bad request: MESSAGE CAN'T BE DELETED", "not_deletable"],
    [400, "Bad Request: message to be replied not found", "reply_gone"],
    [400, "Bad Request: chat not found", "chat_not_found"],
    [400, "Bad Request: not enough rights to send text messages to the chat", "no_rights"],
    [400, "Bad Request: need administrator rights in the channel chat", "no_rights"],
    [400, "Bad Request: CHAT_WRITE_FORBIDDEN", "no_rights"],
    [400, "Bad Request: TOPIC_CLOSED", "topic_closed"],
    [400, "Bad Request: message thread not found", "topic_gone"],
    [400, "Bad Request: TOPIC_DELETED", "topic_gone"],
    [400, "Bad Request: message is too long", "too_long"],
    [400, "Bad Request: message caption is too long", "too_long"],
    [400, 'Bad Request: failed to send message #2 with the error message "TOPIC_CLOSED"', "topic_closed"],
    [400, "Bad Request: something that nobody has seen yet", "other"],
    [401, "Unauthorized", "unauthorized"],
    [404, "Not Found", "unauthorized"],
    [403, "Forbidden: bot was kicked from the channel chat", "not_member"],
    [403, "Forbidden: bot is not a member of the channel chat", "not_member"],
    [403, "Forbidden: bot was blocked by the user", "not_member"],
    [403, "Forbidden: something else", "no_rights"],
    [409, "Conflict: terminated by other getUpdates request", "conflict"],
    [413, "Request Entity Too Large", "too_large"],
  ])("%i %s", (code, description, why) => {
    expect(said(code, description)).toEqual({ kind: "refused", why });
  });

  test("a 429 tells until when, to the millisecond; without a time it is a second", () => {
    expect(said(429, "Too Many Requests: retry after 35", { retry_after: 35 })).toEqual({
      kind: "limited",
      until: NOW + 35_000,
    });
    expect(said(429, "Too Many Requests")).toEqual({ kind: "limited", until: NOW + 1_000 });
    const within =
      'Bad Request: failed to send message #1 with the error message "Too Many Requests: retry after 8"';
    expect(said(400, within)).toEqual({ kind: "limited", until: NOW + 8_000 });
  });

  test("a group that became a supergroup tells its new id, whatever the words", () => {
    expect(said(400, "Bad Request: whatever", { migrate_to_chat_id: -100 })).toEqual({
      kind: "refused",
      why: "migrated",
      migratedTo: -100,
    });
  });

  test("a server that broke may have done it", () => {
    expect(said(500, "Internal Server Error")).toEqual({ kind: "lost", code: "server_error" });
    expect(said(502, "Bad Gateway")).toEqual({ kind: "lost", code: "server_error" });
  });
});

describe("without an answer it is certain only where nothing went out", () => {
  test.each([
    ["ECONNREFUSED", "unreachable"],
    ["ENOTFOUND", "unreachable"],
    ["EAI_AGAIN", "unreachable"],
    ["POSTERN_PROXY", "proxy"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
  ])("%s: it certainly did not", (code, word) => {
    expect(unanswered(code)).toEqual({ kind: "unreached", code: word });
  });

  test.each([["ECONNRESET"], ["ETIMEDOUT"], ["EPIPE"], [undefined]])("%s: it may have", (code) => {
    expect(unanswered(code).kind).toBe("lost");
  });

  test("a fault that ends a connection long made is no certainty, whatever its code", () => {
    const words = "request to https://api.telegram.org/bot1:secret/x failed, reason: read EHOSTUNREACH";
    const cause = Object.assign(new Error(words), { code: "EHOSTUNREACH" });
    expect(answerOf(new HttpError("Network request failed", cause), NOW)).toEqual({
      kind: "lost",
      code: "unreachable",
    });
  });

  test("a code that is no word is none", () => {
    expect(unanswered("https://api.telegram.org/bot1:secret")).toEqual({ kind: "lost", code: "no_answer" });
  });
});
