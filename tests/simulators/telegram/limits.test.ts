import { describe, expect, test } from "vitest";
import { publishedLimits } from "../../../simulators/telegram/settings.ts";
import { parts, world } from "./telegram.helper.ts";

const limited = () => world({ limits: publishedLimits });

describe("rates", () => {
  test("one a second to a chat; what comes sooner is told how long to wait, and what waits passes", () => {
    const w = limited();
    const { chatId } = w.control.createChat({});
    const send = () => w.reply("sendMessage", { chat_id: chatId, text: "a" });
    expect(send()).toMatchObject({ status: 200 });
    w.clock.advance(999);
    expect(send()).toMatchObject({
      status: 429,
      body: { description: "Too Many Requests: retry after 1", parameters: { retry_after: 1 } },
    });
    w.clock.advance(1);
    expect(send()).toMatchObject({ status: 200 });
    expect(w.control.requests({}).map((r) => r.status)).toEqual([200, 429, 200]);
  });

  test("thirty a second in all, twenty a minute to a channel; private chats have no limit a minute", () => {
    const w = limited();
    const chats = [...Array(31)].map(() => w.control.createChat({}).chatId);
    const got = chats.map((chat_id) => w.why("sendMessage", { chat_id, text: "a" }));
    expect(got.filter((g) => g === "ok")).toHaveLength(30);
    w.clock.advance(60_000);
    const minute = [...Array(60)].map(() => {
      const why = w.why("sendMessage", { chat_id: chats[0], text: "a" });
      w.clock.advance(1_000);
      return why;
    });
    expect(minute.filter((g) => g === "ok")).toHaveLength(39);
    const user = w.control.createUser({}).id;
    w.control.write({ userId: user, text: "/start" });
    for (let i = 0; i < 60; i++) {
      expect(w.why("sendMessage", { chat_id: user, text: "a" })).toBe("ok");
      w.clock.advance(1_000);
    }
  });

  test("an album counts its items; looking and deleting do not count against the chat", () => {
    const w = limited();
    const { chatId } = w.control.createChat({});
    const media = ["a", "b", "c"].map((name) => ({ type: "photo", media: `attach://${name}` }));
    expect(w.why("sendMediaGroup", { chat_id: chatId, media }, parts("a", "b", "c"))).toBe("ok");
    expect(w.why("getChat", { chat_id: chatId })).toBe("ok");
    expect(w.why("deleteMessage", { chat_id: chatId, message_id: 3 })).toBe("ok");
    w.clock.advance(2_999);
    expect(w.why("sendMessage", { chat_id: chatId, text: "a" })).toMatch(/^429/);
    w.clock.advance(1);
    expect(w.why("sendMessage", { chat_id: chatId, text: "a" })).toBe("ok");
  });

  test("a provoked limit refuses all that fits until its time, rounded up to seconds", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    const other = w.control.createChat({}).chatId;
    w.control.limit({ seconds: 7, chatId });
    w.clock.advance(500);
    expect(w.reply("sendMessage", { chat_id: chatId, text: "a" })).toMatchObject({
      body: { parameters: { retry_after: 7 } },
    });
    expect(w.control.requests({}).at(-1)).toMatchObject({
      status: 429,
      until: w.clock.now() + 7_000,
      done: false,
    });
    expect(w.why("sendMessage", { chat_id: other, text: "a" })).toBe("ok");
    w.control.limit({ seconds: 60 });
    expect(w.why("getMe")).toBe("429 Too Many Requests: retry after 60");
    w.clock.advance(60_000);
    expect(w.why("sendMessage", { chat_id: chatId, text: "a" })).toBe("ok");
  });
});

describe("faults", () => {
  test("what was accepted stands there, what was dropped before does not, and the journal tells which", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    const send = (text: string) => w.reply("sendMessage", { chat_id: chatId, text });
    w.control.fault({ method: "send*", fault: { kind: "accepted_then_dropped" } });
    w.control.fault({ fault: { kind: "dropped" } });
    w.control.fault({ fault: { kind: "bad_gateway", accepted: true } });
    w.control.fault({ fault: { kind: "garbage" } });
    w.control.fault({ fault: { kind: "hang", accepted: false } });
    w.control.fault({ fault: { kind: "slow", ms: 500 } });
    w.control.fault({
      fault: { kind: "status", status: 429, description: "Too Many Requests: retry after 3", retryAfter: 3 },
    });
    const kinds = ["a", "b", "c", "d", "e", "f", "g", "h"].map((text) => send(text).kind);
    expect(kinds).toEqual(["dropped", "dropped", "html", "garbage", "hang", "answer", "answer", "answer"]);
    expect(w.control.chat({ chatId }).messages.map((m) => m.text)).toEqual(["a", "c", "d", "f", "h"]);
    expect(w.control.requests({}).map((r) => r.done)).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  test("faults by chance are the same for the same seed", () => {
    const run = (seed: number) => {
      const w = world();
      const { chatId } = w.control.createChat({});
      w.control.faultChance({
        seed,
        rules: [{ method: "send*", probability: 0.3, fault: { kind: "accepted_then_dropped" } }],
      });
      return [...Array(100)].map(() => w.reply("sendMessage", { chat_id: chatId, text: "a" }).kind);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(run(1).filter((kind) => kind === "dropped").length).toBeGreaterThan(15);
  });
});
