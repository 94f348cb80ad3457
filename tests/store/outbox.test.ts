import fc from "fast-check";
import { expect, test } from "vitest";
import { Cursor, MappingName, RoomName } from "../../bridge/model/ids.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import type { Db } from "../../bridge/store/db.ts";
import { openStore } from "../../bridge/store/store.ts";
import { core, mapping, ROOM, SOURCE, type TestCore } from "../core.helper.ts";
import { accept, arrival, bytes, claim, head, removal, route, sent, to } from "./arrivals.helper.ts";

const HOUR = 3_600_000;
const evening = { slots: [23 * 60], jitter: 0, silentHours: null };
const textOf = (d: { clean: { text: { text: string } } | null } | null) => d?.clean?.text.text ?? null;
const erased = (c: TestCore) =>
  c.db.prepare("SELECT count(*) FROM revisions WHERE payload_sealed IS NOT NULL").pluck().get() === 0 &&
  c.db
    .prepare("SELECT count(*) FROM deliveries WHERE fixed_sealed IS NOT NULL OR extra_sealed IS NOT NULL")
    .pluck()
    .get() === 0;

test("a delivery is unique by room, announcement, part and revision: what comes again is not queued again", async () => {
  const c = await core();
  const first = await accept(c, arrival(1, "Раз"), arrival(1, "Раз"));
  expect(first).toMatchObject({ posts: 1, ignored: 1 });
  expect(await accept(c, arrival(1, "Раз"), arrival(1, "Раз", { type: "snapshot", at: 5 }))).toMatchObject({
    posts: 0,
    edits: 0,
    ignored: 2,
  });
  const row = c.bridge.store.deliveries.get(1);
  if (row === null) throw new Error("not queued");
  const again = c.bridge.store.deliveries.insert({
    ...row,
    acceptedAt: 0,
    dueAt: 0,
    mapping: MappingName.parse("second"),
  });
  expect(again).toBe(false);
  expect(c.db.prepare("SELECT count(*) FROM deliveries").pluck().get()).toBe(1);
});

test("the cursor, the posts and the counts of a batch are stored together or not at all", async () => {
  let broken = true;
  const c = await core({
    failpoints(name) {
      if (name === "tx1.inside" && broken) throw new Error("planned");
    },
  });
  const batch = {
    source: SOURCE,
    cursor: Cursor.parse("after"),
    readAt: 7,
    arrivals: [arrival(1, "Раз"), { type: "counted", code: "odd" } as const],
  };
  await expect(c.bridge.outbox.accept(batch)).rejects.toThrow("planned");
  expect(await c.bridge.outbox.cursor(SOURCE)).toBe(null);
  expect(c.bridge.store.counters.all()).toEqual({});
  expect(await claim(c)).toBe(null);
  broken = false;
  await c.bridge.outbox.accept(batch);
  expect(await c.bridge.outbox.cursor(SOURCE)).toBe("after");
  expect(c.bridge.store.counters.all()).toEqual({ odd: 1 });
  expect(textOf(await claim(c))).toBe("Раз");
});

test("on a full disk nothing of a batch is stored and nothing is lost: it is taken when there is room again", async () => {
  const c = await core();
  await accept(c, arrival(1, "Раз"));
  const cursor = await c.bridge.outbox.cursor(SOURCE);
  const pages = Number(c.db.pragma("page_count", { simple: true }));
  c.db.pragma(`max_page_count = ${pages}`);
  const many = Array.from({ length: 200 }, (_, i) =>
    arrival(i + 2, `Пост ${i + 2} ${"длинный ".repeat(50)}`),
  );
  await expect(accept(c, ...many)).rejects.toMatchObject({ code: "SQLITE_FULL" });
  expect(await c.bridge.outbox.cursor(SOURCE)).toBe(cursor);
  expect(c.db.prepare("SELECT count(*) FROM deliveries").pluck().get()).toBe(1);
  const first = await head(c);
  expect(textOf(first)).toBe("Раз");
  c.db.pragma("max_page_count = 4294967294");
  expect(await accept(c, ...many)).toMatchObject({ posts: 200 });
});

test("a retry finds the very same bytes under the same key, however often and whatever was prepared meanwhile", async () => {
  const c = await core();
  await accept(c, arrival(1, "Раз"));
  const first = await head(c);
  const fixed = await c.bridge.outbox.fix(first, bytes("exact"), []);
  for (let i = 0; i < 3; i++) {
    await c.bridge.outbox.settle(first, { kind: "retry", at: c.clock.now() + 1_000, code: "later" });
    c.clock.advance(1_000);
    const again = await head(c);
    expect(again.fixed?.key).toBe(fixed?.key);
    expect(again.fixed?.bytes).toEqual(new Uint8Array(Buffer.from("exact")));
    expect(await c.bridge.outbox.fix(again, bytes("other"), [])).toEqual(again.fixed);
  }
  await c.bridge.outbox.settle(first, sent);
  expect(erased(c)).toBe(true);
});

test("a retry's time is obeyed to the millisecond, and nothing urgent makes it shorter", async () => {
  const c = await core();
  await accept(c, arrival(1, "Раз"));
  const until = c.clock.now() + 123_457;
  await c.bridge.outbox.settle(await head(c), { kind: "retry", at: until, code: "rate_limited" });
  await accept(c, arrival(2, "Срочно", { routes: [route({ urgent: true })] }));
  expect(await c.bridge.outbox.claim(c.clock.now(), new Set())).toEqual({ next: until });
  c.clock.advance(123_456);
  expect(await claim(c)).toBe(null);
  c.clock.advance(1);
  expect(textOf(await claim(c))).toBe("Раз");
});

test.each<Outcome>([
  { kind: "unknown", code: "no_answer" },
  { kind: "retry", at: 0, code: "at_once" },
])(
  "an outcome that names no time to come ($kind) is tried again after a growing pause, never at once",
  async (outcome) => {
    const c = await core();
    await accept(c, arrival(1, "Раз"));
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      await c.bridge.outbox.settle(await head(c), outcome);
      const next = await c.bridge.outbox.claim(c.clock.now(), new Set());
      if (!("next" in next) || next.next === null) throw new Error("due at once");
      waits.push(next.next - c.clock.now());
      c.clock.advance(waits.at(-1) ?? 0);
    }
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(1_000 * 2 ** i);
      expect(wait).toBeLessThanOrEqual(1_250 * 2 ** i);
    }
  },
);

test("what is refused for good goes to the dead letters and does not stop its lane", async () => {
  const c = await core();
  await accept(c, arrival(1, "Раз"), arrival(2, "Два"));
  await c.bridge.outbox.settle(await head(c), { kind: "refused", code: "too_long" });
  expect(textOf(await claim(c))).toBe("Два");
  expect(c.bridge.store.deliveries.dead()).toEqual([{ room: ROOM, code: "too_long", n: 1 }]);
});

test("an edit that comes while its post is being prepared makes what was prepared void", async () => {
  const c = await core();
  await accept(c, arrival(1, "Старый"));
  const claimed = await head(c);
  await accept(c, arrival(1, "Новый", { type: "edited", at: 1 }));
  expect(await c.bridge.outbox.fix(claimed, bytes("Старый"), [])).toBe(null);
  await c.bridge.outbox.settle(claimed, { kind: "refused", code: "of the old one" });
  const again = await head(c);
  expect(textOf(again)).toBe("Новый");
  expect(again).toMatchObject({ id: claimed.id, action: "post", revision: 1, was: null });
});

test("a removal that comes while its post is being prepared cancels it", async () => {
  const c = await core();
  await accept(c, arrival(1, "Ошибка"), arrival(2, "Второй"));
  const claimed = await head(c);
  await accept(c, removal(1));
  expect(await c.bridge.outbox.fix(claimed, bytes("Ошибка"), [])).toBe(null);
  await c.bridge.outbox.settle(claimed, sent);
  expect(c.bridge.store.deliveries.get(claimed.id)?.state).toBe("cancelled");
  expect(textOf(await claim(c))).toBe("Второй");
});

test("a payload is kept until the last of its rooms has it, and then no longer", async () => {
  const c = await core();
  await accept(c, arrival(1, "Раз", { routes: [to("a"), to("b")] }));
  const [a, b] = [await head(c), await head(c, RoomName.parse("a"))];
  for (const d of [a, b]) await c.bridge.outbox.fix(d, bytes(d.room), []);
  await c.bridge.outbox.settle(a, sent);
  expect(erased(c)).toBe(false);
  expect(textOf(await claim(c))).toBe("Раз");
  await c.bridge.outbox.settle(b, { kind: "refused", code: "gone" });
  expect(erased(c)).toBe(true);
});

test("between rooms, one with something urgent goes first, then the one that is due longest", async () => {
  const c = await core();
  await accept(c, arrival(1, "a", { routes: [to("a")] }));
  c.clock.advance(1_000);
  await accept(
    c,
    arrival(2, "b1", { routes: [to("b")] }),
    arrival(3, "b2", { routes: [to("b", { urgent: true })] }),
  );
  c.clock.advance(1_000);
  await accept(c, arrival(4, "c", { routes: [to("c")] }));
  const order: (string | null)[] = [];
  for (let next = await claim(c); next !== null; next = await claim(c)) {
    order.push(textOf(next));
    await c.bridge.outbox.fix(next, bytes("x"), []);
    await c.bridge.outbox.settle(next, sent);
  }
  expect(order).toEqual(["b1", "b2", "a", "c"]);
});

test("a busy room is passed over and the time of the next one is told", async () => {
  const c = await core({
    timings: new Map([[RoomName.parse("b"), evening]]),
    rooms: [ROOM, RoomName.parse("b")],
  });
  await accept(c, arrival(1, "a"), arrival(2, "b", { routes: [to("b")] }));
  const next = await c.bridge.outbox.claim(c.clock.now(), new Set([ROOM]));
  expect(next).toEqual({ next: c.clock.now() + 11 * HOUR });
});

test("whatever is queued and however it goes, every lane is first in, first out, and nothing comes twice", async () => {
  const rooms = ["a", "b", "c"];
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("post" as const),
      rooms: fc.subarray(rooms, { minLength: 1 }),
      urgent: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("deliver" as const),
      outcome: fc.constantFrom("sent", "retry", "unknown", "refused"),
    }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 4 * HOUR }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const names = rooms.map((r) => RoomName.parse(r));
      const c = await core({
        rooms: names,
        mappings: [mapping({ rooms: names })],
        timings: new Map(
          names.slice(0, 2).map((r, i) => [r, i === 0 ? evening : { ...evening, slots: [], jitter: HOUR }]),
        ),
      });
      const posts = new Map<string, number[]>(rooms.map((r) => [r, []]));
      const ended = new Map<string, number[]>(rooms.map((r) => [r, []]));
      let n = 0;
      const deliver = async (kind: string): Promise<boolean> => {
        const next = await claim(c);
        if (next === null) return false;
        if ((await c.bridge.outbox.fix(next, bytes("x"), [])) === null) throw new Error("void");
        const at = c.clock.now() + 1_000;
        await c.bridge.outbox.settle(
          next,
          kind === "sent"
            ? sent
            : kind === "retry"
              ? { kind, at, code: "x" }
              : kind === "refused"
                ? { kind, code: "x" }
                : { kind: "unknown", code: "x" },
        );
        if (kind === "sent" || kind === "refused") ended.get(next.room)?.push(Number(textOf(next)));
        return true;
      };
      for (const s of steps) {
        if (s.kind === "wait") c.clock.advance(s.ms);
        else if (s.kind === "deliver") await deliver(s.outcome);
        else {
          n++;
          await accept(c, arrival(n, String(n), { routes: s.rooms.map((r) => to(r, { urgent: s.urgent })) }));
          for (const r of s.rooms) posts.get(r)?.push(n);
        }
      }
      for (let i = 0; i < 400 && c.bridge.store.lanes.lengths().length > 0; i++)
        if (!(await deliver("sent"))) c.clock.advance(HOUR);
      expect(ended).toEqual(posts);
      expect(erased(c)).toBe(true);
    }),
    { seed: 20261102, numRuns: 15 },
  );
});

/** All statements of the store. */
async function statements(): Promise<{ readonly db: Db; readonly asked: readonly string[] }> {
  const c = await core();
  const asked: string[] = [];
  const recording = new Proxy(c.db, {
    get(db, name) {
      if (name === "prepare")
        return (sql: string) => {
          asked.push(sql);
          return db.prepare(sql);
        };
      const value: unknown = Reflect.get(db, name);
      return typeof value === "function" ? value.bind(db) : value;
    },
  });
  openStore(recording, c.vault, 14);
  return { db: c.db, asked };
}

test("no question but those of status, start and night reads through a table: each finds what it needs by an index", async () => {
  const { db, asked } = await statements();
  const scans = asked.filter((sql) => {
    const parameters = Array.from({ length: sql.split("?").length - 1 }, () => 0);
    const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
    return plan.some(({ detail }) => detail.startsWith("SCAN") && !detail.includes("seal_"));
  });
  expect(scans.map((sql) => sql.replaceAll(/\s+/gu, " ").trim()).toSorted()).toEqual(
    [
      // The first few of an index, in its order.
      "SELECT id, source, kind, ref_sealed, size_limit, state, code, tries, spool_sealed, retry_at FROM media WHERE state = 'pending' ORDER BY retry_at LIMIT +?",
      // For `status`.
      "SELECT name, n FROM counters ORDER BY name",
      "SELECT room, count(*) AS n FROM deliveries WHERE state IN ('queued', 'fixed') GROUP BY room",
      "SELECT room, code, count(*) AS n FROM dead_letters GROUP BY room, code",
      "SELECT * FROM dead_letters ORDER BY delivery",
      // At a start.
      "SELECT id FROM media WHERE state = 'ready'",
      "SELECT key, state FROM notices",
      // At night.
      "UPDATE dead_letters SET kept_sealed = NULL WHERE day < ? AND kept_sealed IS NOT NULL",
      "UPDATE sightings SET foreign_sealed = NULL WHERE foreign_sealed IS NOT NULL AND posted_at < ?",
    ].toSorted(),
  );
  expect(asked.length).toBeGreaterThan(60);
});

test("no question that orders is compiled anew each time it is asked", async () => {
  const { asked } = await statements();
  const orders = asked.filter((sql) => /^SELECT\b.*(\bORDER BY\b|\b(min|max)\()/su.test(sql));
  expect(orders.filter((sql) => /(?<![<>])= \?|LIMIT \?/u.test(sql))).toEqual([]);
  expect(orders.length).toBeGreaterThan(10);
});
