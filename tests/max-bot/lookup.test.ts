import { expect, test } from "vitest";
import type { Answer, Client } from "../../adapters/max-bot/client.ts";
import { lookUpSurely } from "../../adapters/max-bot/lookup.ts";

const CHAT = "-100";
const at = Date.UTC(2026, 10, 2);
const message = { recipient: { chat_id: -100 }, timestamp: at, body: { mid: "mid.1", text: "Экзамен" } };
const refused: Answer = { kind: "refused", status: 404, at };

/** Answers as MAX does while the bot may read at some of the requests alone, the first being 0. */
function asked(may: (request: number) => boolean, exists: boolean) {
  let request = 0;
  const client: Client = {
    get: async (path) => {
      if (!may(request++)) return refused;
      if (path === "/messages") return { kind: "ok", json: { messages: [] }, at };
      return exists ? { kind: "ok", json: message, at } : refused;
    },
  };
  return lookUpSurely(client, CHAT, "mid.1", new AbortController().signal);
}

test("a message is gone where one that may read does not find it", async () => {
  expect(await asked(() => true, false)).toBe("gone");
});

test("rights that come back, or go, at any moment of the look make no message gone that is there", async () => {
  for (let change = 0; change <= 6; change++) {
    expect(await asked((n) => n >= change, true), `back at ${change}`).not.toBe("gone");
    expect(await asked((n) => n < change, true), `lost at ${change}`).not.toBe("gone");
  }
});
