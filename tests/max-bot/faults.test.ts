import { expect, test } from "vitest";
import { ForeignId } from "../../bridge/model/ids.ts";
import type { Fault } from "../../simulators/max/faults.ts";
import { channelPlan, DAY, follow, maxWorld, stub } from "./max-bot.helper.ts";

const marker = (url: string) => new URL(url, "http://x").searchParams.get("marker");

const faults: readonly (readonly [string, Fault, string])[] = [
  ["429", { kind: "rate_limit" }, "rate_limited"],
  ["500", { kind: "status", status: 500 }, "server_error"],
  ["503", { kind: "status", status: 503 }, "server_error"],
  ["a reset before the answer", { kind: "reset" }, "unreachable"],
  ["a reset in the middle of it", { kind: "reset", when: "body" }, "unreachable"],
  ["an answer that ends early", { kind: "cut" }, "unreachable"],
  ["HTML with status 200", { kind: "html" }, "not_json"],
  ["no answer at all", { kind: "hang" }, "timeout"],
];

test.each(faults)(
  "%s: the marker is kept, nothing is lost and nothing comes twice",
  async (_name, fault, code) => {
    const world = await maxWorld();
    const { control, clock, publish } = world;
    const told = await world.started();
    publish("раз");
    await world.until(() => told.texts("posted").length === 1 && control.stats().updates.waiting > 0);
    control.fault({ path: "/updates", fault, times: 2 });
    const before = control.requests({ path: "/updates" }).length;
    // The poll held now brings this one; the next two meet the fault, at once or with their answer.
    const texts = ["раз", "два"];
    publish("два");
    await world.until(() => {
      // Only a silent server needs the deadline; it is the source's own.
      const silent = control.requests({ path: "/updates" }).at(-1)?.status === null;
      if (fault.kind === "hang" && silent) clock.advance(50_000);
      if (control.stats().updates.waiting > 0 && told.texts("posted").length === 2 && texts.length < 4) {
        texts.push(`ещё ${texts.length}`);
        publish(texts.at(-1) ?? "");
      }
      return told.troubles().length >= 2;
    });
    texts.push("три");
    publish("три");
    await world.until(() => told.texts("posted").includes("три"));
    expect(told.troubles()).toEqual([code, code]);
    expect(told.texts("posted")).toEqual(texts);
    const asked = control
      .requests({ path: "/updates" })
      .slice(before)
      .map((r) => marker(r.url));
    expect(new Set(asked.slice(0, 3)).size).toBe(1);
    expect(asked[0]).not.toBeNull();
  },
);

test.each(faults)("%s at the very start: the baseline is the start all the same", async (_name, fault) => {
  const world = await maxWorld();
  const { control, clock, publish } = world;
  publish("старое");
  clock.advance(5000);
  control.fault({ path: "/messages", fault });
  const told = follow(world.source());
  await world.until(() => {
    if (fault.kind === "hang" && control.requests({ path: "/messages" }).at(-1)?.status === null)
      clock.advance(30_000);
    return told.troubles().length === 1;
  });
  publish("новое");
  await world.until(() => control.stats().updates.waiting > 0);
  const baseline = told.events().find((e) => e.type === "baseline");
  const first = told.events().find((e) => "post" in e && e.post.body.text === "новое");
  if (baseline?.type !== "baseline" || first === undefined || !("post" in first)) throw new Error("not told");
  expect(first.post.postedAt).toBeGreaterThanOrEqual(baseline.at);
  expect(baseline.at).toBeGreaterThan(clock.now() - DAY);
  expect(told.texts("posted", "snapshot")).not.toContain("старое");
});

test("pauses grow up to a minute and are short again after an answer", async () => {
  const world = await maxWorld();
  const { control, clock } = world;
  const told = await world.started();
  control.fault({ path: "/updates", fault: { kind: "status", status: 500 }, times: 8 });
  world.publish("раз");
  const pauses: number[] = [];
  let seen = 0;
  await world.until(() => {
    for (const s of told.said.slice(seen)) if (s.kind === "trouble") pauses.push(s.retryAt - clock.now());
    seen = told.said.length;
    return control.stats().updates.waiting > 0 && control.stats().faultsPlanned === 0;
  });
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  control.fault({ path: "/updates", fault: { kind: "status", status: 500 } });
  world.publish("два");
  await world.until(() => told.troubles().length === 9);
  const last = told.said.findLast((s) => s.kind === "trouble");
  expect(last?.kind === "trouble" && last.retryAt - clock.now()).toBe(1000);
});

test.each([
  ["seconds", () => "7", 7000],
  ["a date", (now: number) => new Date(now + 90_000).toUTCString(), 90_000],
  ["more than a day", () => "999999999", DAY],
])("a 429 with Retry-After as %s is obeyed exactly, and over a restart", async (_name, header, wait) => {
  const world = await maxWorld();
  const { control, clock } = world;
  const told = await world.started();
  // The held poll ends with this one; the clock stands at a whole second then.
  clock.advance(1000 - (clock.now() % 1000));
  let asked = 0;
  const retryAfter = header(clock.now());
  control.fault({ path: "/updates", fault: { kind: "rate_limit", retryAfter } });
  world.publish("раз");
  await world.until(() => told.troubles().length === 1);
  const trouble = told.said.findLast((s) => s.kind === "trouble");
  const until_ = trouble?.kind === "trouble" ? trouble.retryAt : 0;
  // Spacing between polls went by between the date and the answer.
  const spent = clock.now() % 1000;
  expect(until_ - clock.now() + (wait === 90_000 ? spent : 0)).toBe(wait);
  asked = control.requests({ path: "/updates" }).length;
  await told.stop();
  const again = follow(world.source(), told.cursor());
  clock.advance(until_ - clock.now() - 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(control.requests({ path: "/updates" })).toHaveLength(asked);
  clock.advance(1);
  await world.until(() => control.requests({ path: "/updates" }).length > asked);
  world.publish("два");
  await world.until(() => again.texts("posted", "snapshot").includes("два"));
});

test("a 429 on a history stops every question until it ends", async () => {
  const world = await maxWorld();
  const { control, clock } = world;
  control.fault({ path: "/messages", fault: { kind: "rate_limit", retryAfter: 40 } });
  const source = world.source();
  const told = follow(source);
  await world.until(() => told.troubles().length === 1);
  const asked = control.stats().requests;
  expect(await source.gone(world.channel, ForeignId.parse("mid.x"), new AbortController().signal)).toBe(
    "unknown",
  );
  expect(control.stats().requests).toBe(asked);
  clock.advance(40_000);
  await world.until(() => told.events().some((e) => e.type === "baseline"));
  expect(told.troubles()).toEqual(["rate_limited"]);
});

test("a refused token stops that source with its notice, and another source goes on", async () => {
  const world = await maxWorld();
  const refused = follow(world.source({ token: "wrong" }));
  const good = await world.started();
  await world.until(() => refused.over());
  expect(refused.said).toEqual([{ kind: "stopped", code: "token_refused" }]);
  world.publish("раз");
  await world.until(() => good.texts("posted").includes("раз"));
});

test.each([
  ["/updates", 401, "token_refused"],
  ["/updates", 403, "access_denied"],
  ["/messages", 401, "token_refused"],
] as const)("%s answering %i stops the source: %s", async (path, status, code) => {
  const world = await maxWorld();
  world.control.fault({ path, fault: { kind: "status", status } });
  const told = follow(world.source());
  await world.until(() => told.over());
  expect(told.said.at(-1)).toEqual({ kind: "stopped", code });
  expect(told.batches()).toEqual([]);
});

test("a page of a proxy with status 401 stops nothing", async () => {
  const server = await stub(() => ({ status: 401, text: "<html>Войдите в сеть</html>" }));
  const world = await maxWorld();
  const told = follow(world.source({ baseUrl: server.url }));
  await world.until(() => told.troubles().length === 2);
  expect(told.troubles()).toEqual(["not_json", "not_json"]);
});

test("a webhook that is set keeps polling out, and it goes on when the webhook is gone", async () => {
  const world = await maxWorld();
  const { max, control } = world;
  const told = await world.started();
  const headers = { authorization: max.token };
  const hook = `${max.url}/subscriptions?url=https://hook.example/`;
  const body = JSON.stringify({ url: "https://hook.example/" });
  await fetch(`${max.url}/subscriptions`, { method: "POST", body, headers });
  await world.until(() => told.troubles().includes("webhook_set"));
  world.publish("раз");
  await fetch(hook, { method: "DELETE", headers });
  await world.until(() => told.texts("posted").includes("раз"));
  expect(control.stats().writes).toBe(0);
});

test("a channel whose history keeps failing holds up the others for a while only, and loses nothing", async () => {
  const world = await maxWorld();
  const { control, clock, chatId } = world;
  const other = control.createChannel({ announce: false }).chatId;
  const channels = [channelPlan(chatId), channelPlan(other)];
  const before = await world.started({ channels });
  await before.stop();
  control.publish({ chatId, text: "пропущено", silent: true });
  control.publish({ chatId: other, text: "другое", silent: true });
  const fault = { kind: "status", status: 500 } as const;
  control.fault({ path: "/messages", query: `chat_id=${chatId}`, times: 7, fault });
  const told = follow(world.source({ channels }), before.cursor());
  await world.until(() => told.texts("snapshot").includes("другое"));
  const waited = told.troubles().length;
  expect(waited).toBe(6);
  control.publish({ chatId, text: "новое" });
  await world.until(() => told.texts("posted").includes("новое"));
  expect(told.texts("snapshot")).not.toContain("пропущено");
  clock.advance(5 * 60_000);
  control.publish({ chatId: other, text: "ещё" });
  await world.until(() => told.troubles().length === 7);
  clock.advance(5 * 60_000);
  control.publish({ chatId: other, text: "и ещё" });
  await world.until(() => told.texts("snapshot").includes("пропущено"));
});

test("a new channel whose history keeps failing takes what is posted from the start on, and nothing older", async () => {
  const world = await maxWorld({ settings: { noMarker: "uncommitted" } });
  const { control, clock, publish } = world;
  publish("старое");
  clock.advance(5000);
  control.fault({ path: "/messages", fault: { kind: "status", status: 500 }, times: 6 });
  const told = follow(world.source());
  await world.until(() => control.stats().updates.waiting > 0);
  publish("новое");
  await world.until(() => told.texts("posted").includes("новое"));
  const [first] = told.events();
  if (first?.type !== "baseline") throw new Error("no baseline comes first");
  const kept = told
    .events()
    .flatMap((e) => ("post" in e && e.post.postedAt >= first.at ? [e.post.body.text] : []));
  expect(new Set(kept)).toEqual(new Set(["новое"]));
});

test("markers are passed on exactly: 0, and beyond 2^53", async () => {
  const markers = ["0", "9007199254740993", "9223372036854775807"];
  let polls = 0;
  const server = await stub((url) => {
    if (url.pathname === "/messages") return { text: '{"messages":[]}' };
    const marker = markers[Math.min(polls++, markers.length - 1)];
    return { text: `{"updates":[],"marker":${marker}}` };
  });
  const world = await maxWorld();
  const told = follow(world.source({ baseUrl: `${server.url}` }));
  await world.until(() => polls > 4);
  await told.stop();
  const sent = server.asked.filter((u) => u.pathname === "/updates").map((u) => u.searchParams.get("marker"));
  expect(sent.slice(0, 4)).toEqual([null, ...markers]);
  const again = follow(world.source({ baseUrl: server.url }), told.cursor());
  const so = server.asked.length;
  await world.until(() => server.asked.length > so);
  await again.stop();
  expect(
    server.asked
      .slice(so)
      .find((u) => u.pathname === "/updates")
      ?.searchParams.get("marker"),
  ).toBe(markers[2]);
});

test("a marker of null leaves the last one standing", async () => {
  let polls = 0;
  const server = await stub((url) =>
    url.pathname === "/messages"
      ? { text: '{"messages":[]}' }
      : { text: `{"updates":[],"marker":${polls++ === 0 ? 7 : null}}` },
  );
  const world = await maxWorld();
  follow(world.source({ baseUrl: server.url }));
  await world.until(() => polls > 3);
  const sent = server.asked.filter((u) => u.pathname === "/updates").map((u) => u.searchParams.get("marker"));
  expect(sent.slice(0, 4)).toEqual([null, "7", "7", "7"]);
});

test("the token stands alone in the header, the path of the base URL is kept, and no more than two polls a second", async () => {
  const seen: (string | undefined)[] = [];
  const times: number[] = [];
  const world = await maxWorld();
  const server = await stub((url) => {
    times.push(world.clock.now());
    seen.push(url.pathname);
    return { text: url.pathname.endsWith("/messages") ? '{"messages":[]}' : '{"updates":[],"marker":1}' };
  });
  const told = follow(world.source({ baseUrl: `${server.url}/bot/v1` }));
  await world.until(() => seen.filter((p) => p === "/bot/v1/updates").length === 6);
  await told.stop();
  expect(new Set(seen)).toEqual(new Set(["/bot/v1/updates", "/bot/v1/messages"]));
  const polls = times.filter((_, i) => seen[i] === "/bot/v1/updates");
  for (const [i, at] of polls.entries()) if (i >= 2) expect(at - (polls[i - 2] ?? 0)).toBeGreaterThan(1000);
  expect(server.tokens.every((t) => t === world.max.token)).toBe(true);
});
