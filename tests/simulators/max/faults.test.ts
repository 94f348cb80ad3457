import { expect, test } from "vitest";
import type { Control } from "../../../simulators/max/control.ts";
import { Message, mediaPath, startMax } from "./max.helper.ts";

type Fault = Parameters<Control["fault"]>[0]["fault"];
const outcome = (asked: Promise<{ status: number }>) => asked.then((a) => a.status).catch(() => "no answer");

test("a planned fault meets the next requests of its path, in order, and is counted", async () => {
  const { ask, control } = await startMax();
  control.fault({
    path: "/me",
    times: 2,
    fault: { kind: "status", status: 503, code: "service.unavailable" },
  });
  control.fault({ path: "/me", fault: { kind: "rate_limit", retryAfter: 7 } });
  control.fault({ path: "/me", fault: { kind: "rate_limit" } });
  expect((await ask("/subscriptions")).status).toBe(200);
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push(await ask("/me"));
  expect(answers.map((a) => [a.status, a.headers.get("retry-after")])).toEqual([
    [503, null],
    [503, null],
    [429, "7"],
    [429, null],
    [200, null],
  ]);
  const { faults, faultsPlanned, statuses } = control.stats();
  expect({ faults, faultsPlanned }).toEqual({ faults: { status: 2, rate_limit: 2 }, faultsPlanned: 0 });
  expect(statuses).toEqual({ 200: 2, 429: 2, 503: 2 });
});

test("HTML comes with status 200, as from a proxy", async () => {
  const { ask, control } = await startMax();
  control.fault({ path: "/updates", fault: { kind: "html" } });
  const answer = await ask("/updates?timeout=0");
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(answer.text).toContain("<!doctype html>");
});

test.each<Fault>([{ kind: "reset" }, { kind: "reset", when: "body" }, { kind: "cut" }])(
  "the connection breaks: %j",
  async (fault) => {
    const { ask, control } = await startMax();
    control.fault({ path: "/me", fault });
    expect(await outcome(ask("/me"))).toBe("no answer");
    expect(await outcome(ask("/me"))).toBe(200);
    expect(control.requests({ path: "/me" }).map((r) => r.status)).toEqual([null, 200]);
  },
);

test("a body is cut after exactly the bytes asked for", async () => {
  const { max, control } = await startMax();
  control.fault({ path: "/me", fault: { kind: "cut", afterBytes: 20 } });
  const response = await fetch(`${max.url}/me`, { headers: { authorization: max.token } });
  let got = 0;
  const reading = (async () => {
    for await (const chunk of response.body ?? []) got += chunk.length;
  })();
  await expect(reading).rejects.toThrow();
  expect([response.status, got]).toEqual([200, 20]);
});

test("a marker whose answer is cut off is committed all the same", async () => {
  const { ask, control, poll } = await startMax();
  control.createChannel();
  const { next } = control.stats().updates;
  control.fault({ path: "/updates", fault: { kind: "reset", when: "body" } });
  expect(await outcome(ask(`/updates?timeout=0&marker=${next}`))).toBe("no answer");
  expect((await poll()).updates).toEqual([]);
});

test("a hung request is taken and never answered, and closing ends it", async () => {
  const { ask, control, max } = await startMax();
  control.fault({ path: "/me", fault: { kind: "hang" } });
  const hung = outcome(ask("/me"));
  await control.whenRequested("/me", 1);
  expect(control.requests({}).map((r) => r.status)).toEqual([null]);
  await max.close();
  expect(await hung).toBe("no answer");
});

test("a slow body comes in small pieces at the clock's pace", async () => {
  const { max, control, clock } = await startMax();
  control.fault({ path: "/me", fault: { kind: "slow", chunk: 100, pauseMs: 1000 } });
  const response = await fetch(`${max.url}/me`, { headers: { authorization: max.token } });
  const sizes: number[] = [];
  for await (const chunk of response.body ?? []) {
    sizes.push(chunk.length);
    clock.advance(1000);
  }
  expect(sizes.length).toBeGreaterThan(2);
  expect(sizes.slice(0, -1).every((size) => size === 100)).toBe(true);
});

test("a media link can be expired for one request", async () => {
  const { ask, control, read } = await startMax();
  const { chatId } = control.createChannel();
  const { mediaId } = control.addMedia({ bytes: new Uint8Array(8) });
  const { mid } = control.publish({ chatId, attachments: [{ type: "image", media: mediaId }] });
  const link = mediaPath(await read(`/messages/${mid}`, Message));
  control.fault({ path: "/media/*", fault: { kind: "expired_media" } });
  expect([(await ask(link)).status, (await ask(link)).status]).toEqual([403, 200]);
});

test("faults by chance are the same for the same seed, about as many as asked for, and can be cleared", async () => {
  const { ask, control } = await startMax();
  const run = async (seed: number) => {
    const fault = { kind: "status", status: 500 } as const;
    control.faultChance({ seed, rules: [{ path: "/m*", probability: 0.5, fault }] });
    const statuses = [];
    for (let i = 0; i < 40; i++) statuses.push((await ask("/me")).status);
    return statuses;
  };
  const once = await run(3);
  expect(await run(3)).toEqual(once);
  expect(await run(4)).not.toEqual(once);
  const bad = once.filter((status) => status === 500).length;
  expect(bad).toBeGreaterThan(8);
  expect(bad).toBeLessThan(32);
  control.clearFaults();
  expect((await ask("/me")).status).toBe(200);
});

test("above the rates MAX allows the answer is 429 until a second has passed", async () => {
  const { ask, clock, control } = await startMax({ settings: { updatesPerSecond: 2, requestsPerSecond: 5 } });
  const statuses = async (path: string, n: number) => {
    const all = [];
    for (let i = 0; i < n; i++) all.push((await ask(path)).status);
    return all;
  };
  expect(await statuses("/updates?timeout=0", 3)).toEqual([200, 200, 429]);
  expect(await statuses("/me", 3)).toEqual([200, 200, 429]);
  clock.advance(1000);
  expect((await ask("/updates?timeout=0")).headers.get("retry-after")).toBeNull();
  control.set({ requestsPerSecond: 1 });
  expect((await ask("/me")).headers.get("retry-after")).toBe("1");
});

test("a fault can be kept to one query", async () => {
  const { ask, control } = await startMax();
  const [one, two] = [control.createChannel().chatId, control.createChannel().chatId];
  const fault = { kind: "status", status: 500 } as const;
  control.fault({ path: "/messages", query: `chat_id=${two}`, fault });
  const status = async (id: string) => (await ask(`/messages?chat_id=${id}`)).status;
  expect([await status(one), await status(two), await status(two)]).toEqual([200, 500, 200]);
});
