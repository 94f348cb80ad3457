import { expect, test } from "vitest";
import type { IntakeReport } from "../../bridge/intake.ts";
import { ChannelId, Cursor } from "../../bridge/model/ids.ts";
import type { SourceSignal } from "../../bridge/model/source.ts";
import {
  accepted,
  core,
  edited,
  mapping,
  post,
  posted,
  removed,
  sender,
  soon,
  start,
  T,
  type TestCore,
  texts,
} from "../core.helper.ts";

const CLOSED = ChannelId.parse("-404");

/** Starts a core whose reports of reading are kept. */
function read(c: TestCore) {
  const reports: IntakeReport[] = [];
  const runtime = start(c, { intake: (report) => reports.push(report) });
  return { runtime, reports };
}
const windowOf = (ids: readonly number[]) =>
  ({
    type: "window",
    channel: post(1, "").channel,
    from: T,
    to: T + 1_000,
    ids: ids.map((n) => post(n, "").foreignId),
  }) as const;

test("a batch of everything at once is stored in its order, and what is no announcement is counted", async () => {
  const c = await core();
  const { runtime, reports } = read(c);
  c.source.tell(
    { type: "baseline", channel: post(1, "").channel, at: T },
    posted(post(1, "Раз")),
    { type: "skipped", code: "bot_added" },
    posted(post(2, "Два")),
    edited(2, "Два!", 1),
    removed(1),
    posted(post(3, "Чужой", { sender: sender("7") })),
    posted(post(4, "Другой канал", { channel: CLOSED })),
    removed(9),
    { type: "snapshot", at: T + 2, post: post(5, "Пять") },
    { type: "snapshot", at: T + 2, post: { ...post(6, "Старый"), postedAt: T - 1 } },
  );
  await soon(() => expect(texts(c)).toEqual(["Два!", "Пять"]));
  await runtime.stop();
  expect(reports[0]).toMatchObject({
    kind: "accepted",
    accepted: { posts: 3, edits: 1, removals: 1, ignored: 3 },
  });
  expect(c.bridge.store.counters.all()).toEqual({
    bot_added: 1,
    no_mapping: 2,
    older_than_baseline: 1,
    removal_of_unknown: 1,
  });
});

test("a pattern that never ends stops nothing: its post comes, and the rep's count says so", async () => {
  const c = await core({ mappings: [mapping({ exclude: [{ kind: "pattern", pattern: /^(?:а+)+$/u }] })] });
  const { runtime } = read(c);
  c.source.tell(posted(post(1, `${"а".repeat(60)}!`)), posted(post(2, "Второй")));
  await soon(() => expect(texts(c)).toHaveLength(2));
  await runtime.stop();
  expect(c.bridge.store.counters.all().pattern_too_slow).toBe(1);
});

test("troubles, closed channels and stops are told as codes, and reading goes on where it can", async () => {
  const c = await core();
  const { runtime, reports } = read(c);
  const said: SourceSignal[] = [
    { kind: "trouble", code: "server_error", retryAt: 0 },
    { kind: "denied", channel: CLOSED },
  ];
  for (const signal of said) c.source.say(signal);
  c.source.say({ kind: "batch", events: [posted(post(1, "Раз"))], cursor: Cursor.parse("3"), readAt: T });
  c.source.say({ kind: "stopped", code: "token_refused" });
  await soon(() => expect(reports).toHaveLength(4));
  await soon(() => expect(texts(c)).toEqual(["Раз"]));
  await runtime.stop();
  expect(reports.map((r) => [r.kind, "code" in r ? r.code : null])).toEqual([
    ["trouble", "server_error"],
    ["denied", null],
    ["accepted", null],
    ["stopped", "token_refused"],
  ]);
});

test("a source that throws is begun anew from its cursor after growing pauses, and nothing is lost or told of its error", async () => {
  const c = await core();
  const began: [Cursor | null, number][] = [];
  const real = c.source.events.bind(c.source);
  c.source.events = async function* (cursor, signal) {
    began.push([cursor, c.clock.now()]);
    if (began.length <= 3) throw new Error("token=secret");
    for await (const said of real(cursor, signal)) {
      yield said;
      if (began.length === 4) throw new Error("in the middle");
    }
  };
  const start0 = c.clock.now();
  const { runtime, reports } = read(c);
  c.source.tell(posted(post(1, "Раз")));
  c.source.tell(posted(post(2, "Два")));
  await soon(() => {
    c.clock.advance(500);
    expect(texts(c)).toEqual(["Раз", "Два"]);
  });
  await runtime.stop();
  expect(began.map(([cursor]) => cursor)).toEqual([null, null, null, null, "1"]);
  const pauses = began.map(([, at]) => at - start0);
  expect((pauses[3] ?? 0) - (pauses[2] ?? 0)).toBeGreaterThan((pauses[1] ?? 0) - (pauses[0] ?? 0));
  expect(reports.filter((r) => r.kind === "trouble").map((r) => "code" in r && r.code)).toEqual([
    "internal",
    "internal",
    "internal",
    "internal",
  ]);
  expect(JSON.stringify(reports)).not.toContain("secret");
});

test("what the store throws ends the reading, with the cursor where it was", async () => {
  const c = await core({
    failpoints(name) {
      if (name === "tx1.inside") throw new Error("disk");
    },
  });
  const { runtime } = read(c);
  c.source.tell(posted(post(1, "Раз")));
  await expect(runtime.ended).rejects.toThrow("disk");
  await runtime.stop();
  expect(await c.bridge.outbox.cursor(c.source.name)).toBe(null);
});

test.each([
  // More than 5 and more than 10 % at once are a question to the rep.
  { known: 40, gone: 5, removed: 5 },
  { known: 70, gone: 6, removed: 6 },
  { known: 60, gone: 6, removed: 6 },
  { known: 59, gone: 6, removed: 0 },
  { known: 8, gone: 8, removed: 0 },
  { known: 3, gone: 3, removed: 3 },
])(
  "of $known posts in a window $gone vanished at once: $removed are removed",
  async ({ known, gone, removed: taken }) => {
    const c = await core();
    const { runtime, reports } = read(c);
    const all = Array.from({ length: known }, (_, i) => i + 1);
    c.source.tell(...all.map((n) => posted(post(n, `Пост ${n}`))));
    await accepted(c);
    for (const n of all) c.source.presence.set(post(n, "").foreignId, "gone");
    c.source.tell(windowOf(all.slice(gone)));
    await soon(() => expect(reports.filter((r) => r.kind === "accepted")).toHaveLength(2));
    await runtime.stop();
    expect(reports.findLast((r) => r.kind === "accepted")).toMatchObject({ accepted: { removals: taken } });
    expect(reports.filter((r) => r.kind === "vanished")).toMatchObject(
      taken === gone ? [] : [{ count: gone }],
    );
  },
);

test("a post that the source cannot tell of, or that it throws when asked, is not removed", async () => {
  const c = await core();
  const { runtime, reports } = read(c);
  c.source.tell(posted(post(1, "Раз")), posted(post(2, "Два")), posted(post(3, "Три")));
  await accepted(c);
  c.source.gone = async (_channel, id) => {
    if (id === post(1, "").foreignId) throw new Error("reset");
    return id === post(2, "").foreignId ? "there" : "gone";
  };
  c.source.tell(windowOf([]));
  await soon(() => expect(texts(c)).toEqual(["Раз", "Два"]));
  await runtime.stop();
  expect(reports.at(-1)).toMatchObject({ accepted: { removals: 1 } });
});
