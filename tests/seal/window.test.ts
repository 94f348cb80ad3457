import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { readCert } from "../../bridge/seal/cert.ts";
import { dayKey, nextDay } from "../../bridge/seal/keys.ts";
import { openRecord, parseRecord } from "../../bridge/seal/record.ts";
import { core, payloads, post, ROOM, start, type TestCore, texts } from "../core.helper.ts";

const DAY = 86_400_000;

/** Waits for a state while the minutes go by. */
const minutes = (c: TestCore, look: () => void): Promise<void> =>
  vi.waitFor(() => {
    c.clock.advance(60_000);
    look();
  });

test("from the database, its keys and every record ever published, nothing older than the window opens", async () => {
  const c = await core({ history: 2 });
  const published: Uint8Array[] = [];
  const runtime = start(c, {}, [
    {
      name: "witness",
      async copy(log) {
        for (const chain of log.chains)
          for (const row of log.records(chain.serial, chain.restart, 0, 1000))
            published.push(new Uint8Array(row.record));
      },
    },
  ]);
  const sealedKey = (): string => {
    const row = c.db.prepare<[], Buffer>("SELECT key_sealed FROM seal_rooms").pluck().get();
    return row?.toString("hex") ?? "";
  };
  const sealedKeys = new Set([sealedKey()]);
  for (let day = 1; day <= 5; day++) {
    c.source.tell({ type: "posted", at: c.clock.now(), post: post(day, `День ${day}`) });
    await vi.waitFor(() => expect(texts(c).at(-1)).toBe(`День ${day}`));
    await vi.waitFor(() => expect(published.length).toBeGreaterThan(day));
    c.source.tell();
    c.clock.advance(DAY);
    await minutes(c, () => expect(payloads(c).at(-1)?.k).toBe("info"));
    sealedKeys.add(sealedKey());
  }
  await runtime.stop();
  // In the files themselves too, which the vault's key would open, nothing is left of the keys of older days.
  const now = sealedKey();
  const raw = ["postern.db", "postern.db-wal"].map((name) => path.join(c.folder, name));
  const bytes = raw.map((file) => (existsSync(file) ? readFileSync(file).toString("hex") : "")).join();
  expect(bytes).toContain(now);
  const older = [...sealedKeys].filter((key) => key !== now);
  expect(older.length).toBeGreaterThan(3);
  for (const key of older) expect(bytes.includes(key)).toBe(false);
  const state = c.bridge.store.seal.get(ROOM);
  if (state === null) throw new Error("no keys");
  const cert = c.bridge.store.seal.certs(state.rootPk)[0]?.cert ?? new Uint8Array();
  const known = readCert(c.lib, new Uint8Array(cert), new Uint8Array(state.rootPk));
  if (known === null) throw new Error("no certificate");
  expect(state.keyEpoch).toBe(state.epoch - 2);
  const unique = new Map(published.map((r) => [Buffer.from(r).toString("base64"), r]));
  let closed = 0;
  for (const record of unique.values()) {
    const epoch = parseRecord(record)?.epoch ?? 0;
    if (epoch >= state.keyEpoch) {
      const key = dayKey(c.lib, state.key, state.keyEpoch, epoch);
      expect(openRecord(c.lib, record, known.onlinePk, key).ok).toBe(true);
      continue;
    }
    closed++;
    let key = state.key;
    for (let step = 0; step < 40; step++, key = nextDay(c.lib, key))
      expect(openRecord(c.lib, record, known.onlinePk, key).ok).toBe(false);
  }
  expect(closed).toBeGreaterThanOrEqual(3);
});

test("on quiet days too the room says what it is, so that a link made today finds its title", async () => {
  const c = await core();
  const runtime = start(c);
  const infos = () => payloads(c).filter((p) => p.k === "info");
  await vi.waitFor(() => expect(infos()).toHaveLength(1));
  for (let day = 2; day <= 4; day++) {
    c.clock.advance(DAY);
    await minutes(c, () => expect(infos()).toHaveLength(day));
  }
  await runtime.stop();
  expect(infos().at(-1)).toMatchObject({ title: "Расписание", history: 14 });
});

test("a wrong clock burns no keys: the day goes at most one past the source's own date", async () => {
  const c = await core();
  const runtime = start(c);
  c.source.tell({ type: "posted", at: c.clock.now(), post: post(1, "Сегодня") });
  await vi.waitFor(() => expect(texts(c)).toEqual(["Сегодня"]));
  const before = c.bridge.store.seal.get(ROOM)?.epoch ?? 0;
  c.clock.advance(400 * DAY);
  await vi.waitFor(() => expect(c.bridge.store.seal.get(ROOM)?.epoch).toBe(before + 1));
  await runtime.stop();
  expect(c.bridge.store.seal.get(ROOM)?.epoch).toBe(before + 1);
});

test("what every room has is erased from the queue, and the archive's day key goes when its window ends", async () => {
  const c = await core({ history: 2 });
  const runtime = start(c);
  c.source.tell({ type: "posted", at: c.clock.now(), post: post(1, "Экзамен") });
  await vi.waitFor(() => expect(texts(c)).toHaveLength(1));
  const left = () =>
    c.db.prepare("SELECT count(*) FROM revisions WHERE payload_sealed IS NOT NULL").pluck().get();
  const days = () => c.db.prepare("SELECT count(*) FROM archive_days").pluck().get();
  await vi.waitFor(() => expect(left()).toBe(0));
  expect(days()).toBe(1);
  for (let i = 0; i < 4; i++) {
    c.source.tell();
    c.clock.advance(DAY);
    await minutes(c, () => expect(payloads(c).at(-1)?.t).toBeGreaterThan(c.clock.now() / 1000 - 3600));
  }
  expect(days()).toBe(0);
  await runtime.stop();
});
