import { expect, test } from "vitest";
import type { Answer, Call } from "../../adapters/telegram/api.ts";
import { ChatId } from "../../adapters/telegram/ids.ts";
import { createPaced } from "../../adapters/telegram/pace.ts";
import { createRates } from "../../adapters/telegram/rates.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { CHANNEL, never, ok, SUPERGROUP, scripted, settled } from "./bot.helper.ts";

function world(answers: Record<string, Answer | ((call: Call) => Answer)> = {}) {
  const clock = new HandClock();
  const kept: number[] = [];
  const rates = createRates({ clock, until: null, keep: (at) => kept.push(at) });
  clock.advance(120_000);
  const times: { readonly method: string; readonly at: number }[] = [];
  const begun = clock.now();
  const noted =
    (answer: Answer | ((call: Call) => Answer)) =>
    (call: Call): Answer => {
      times.push({ method: call.method, at: clock.now() - begun });
      return typeof answer === "function" ? answer(call) : answer;
    };
  const usual = {
    sendMessage: ok({}),
    sendMediaGroup: ok([]),
    deleteMessage: ok(true),
    getChat: ok({}),
    ...answers,
  };
  const api = scripted(
    Object.fromEntries(Object.entries(usual).map(([name, answer]) => [name, noted(answer)])),
  );
  const paced = createPaced(api, rates, clock);
  const run = async (ms: number) => {
    await settled();
    for (let i = 0; i < ms; i += 10) {
      clock.advance(10);
      await settled();
    }
  };
  const call = (method: string, payload: Call["payload"] = { chat_id: CHANNEL }) =>
    paced.call({ method, payload }, never);
  return { clock, rates, paced, times, kept, run, call, begun };
}

test("sends to one chat are a second apart, in the order in which they came", async () => {
  const w = world();
  for (let i = 0; i < 3; i++) void w.call("sendMessage", { chat_id: CHANNEL, text: String(i) });
  await w.run(3_000);
  expect(w.times).toHaveLength(3);
  expect(w.times[1]?.at).toBeGreaterThanOrEqual(1_000);
  expect((w.times[2]?.at ?? 0) - (w.times[1]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
});

test("an album counts its items; a look counts nothing, and a deletion for the bot alone", async () => {
  const w = world();
  void w.call("sendMediaGroup", { chat_id: CHANNEL, media: [1, 2, 3, 4, 5] });
  void w.call("sendMessage");
  for (let i = 0; i < 5; i++) {
    void w.call("deleteMessage");
    void w.call("getChat");
  }
  await settled();
  expect(w.times.map(({ method }) => method).filter((m) => m === "deleteMessage")).toHaveLength(5);
  expect(w.times.some(({ method }) => method === "sendMessage")).toBe(false);
  await w.run(5_200);
  const sent = w.times.find(({ method }) => method === "sendMessage");
  expect(sent?.at).toBeGreaterThanOrEqual(5_000);
});

test("what waits for its own chat keeps no other chat waiting, and an album is not starved by single messages", async () => {
  const w = world();
  for (let i = 0; i < 10; i++) void w.call("sendMessage");
  const others = Array.from({ length: 40 }, (_, i) => ChatId.parse(-2_000_000_000_000 - i));
  const done: string[] = [];
  void w
    .call("sendMediaGroup", { chat_id: SUPERGROUP, media: Array.from({ length: 10 }) })
    .then(() => done.push("album"));
  for (const chat_id of others) void w.call("sendMessage", { chat_id }).then(() => done.push("one"));
  await w.run(1_600);
  expect(done).toHaveLength(41);
  expect(done.indexOf("album")).toBeLessThan(15);
});

test("after a 429 nothing goes out before its time, looks and what waited already included", async () => {
  let first = true;
  const w = world({
    sendMessage: () => {
      const limited = first;
      first = false;
      return limited ? { kind: "limited", until: w.begun + 12_340 } : ok({});
    },
  });
  const answer = w.call("sendMessage");
  for (let i = 0; i < 3; i++) void w.call("sendMessage");
  await settled();
  expect(await answer).toEqual({ kind: "limited", until: w.begun + 12_340 });
  expect(w.kept).toEqual([w.begun + 12_340]);
  void w.call("getChat");
  void w.call("deleteMessage");
  await w.run(18_000);
  expect(w.times.length).toBe(6);
  for (const { at } of w.times.slice(1)) expect(at).toBeGreaterThanOrEqual(12_340);
  expect(Math.min(...w.times.slice(1).map(({ at }) => at))).toBeLessThan(12_360);
});

test("who waits ends with the signal, and then it was certainly not sent", async () => {
  const w = world();
  await w.call("sendMessage");
  const end = new AbortController();
  const waiting = w.paced.call({ method: "sendMessage", payload: { chat_id: CHANNEL } }, end.signal);
  await settled();
  end.abort();
  expect(await waiting).toEqual({ kind: "unreached", code: "ended" });
  expect(w.times).toHaveLength(1);
});
