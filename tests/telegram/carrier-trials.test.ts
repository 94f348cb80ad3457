import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { Call } from "../../adapters/telegram/api.ts";
import { createTelegramCarrier } from "../../adapters/telegram/carrier.ts";
import { split } from "../../adapters/web/reader/psr1/record.ts";
import { systemDisk } from "../../bridge/disk.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import type { LogView } from "../../bridge/seal/carrier.ts";
import { CERT_LENGTH } from "../../bridge/seal/cert.ts";
import { parseRecord } from "../../bridge/seal/record.ts";
import { order } from "../../bridge/seal/restart-rules.ts";
import { atomically } from "../../bridge/store/db.ts";
import type { LogRow } from "../../bridge/store/seal.ts";
import { accepted, media, open, post, posted, ROOM, soon, start, waiting } from "../core.helper.ts";
import { until } from "../reader/room/net.helper.ts";
import { Chance } from "../sim/chance.ts";
import { type Carried, carried } from "./carried.helper.ts";
import { apiOf, CHANNEL_CHAT, chatIn, simulated } from "./simulated.helper.ts";

const SEEDS = 40;
const DAY = 86_400_000;

/** A room's log of three chains over some days, with files. */
async function written(): Promise<Carried> {
  const c = await carried();
  const runtime = start(c);
  c.source.files.set("f", () => open(randomBytes(500)));
  let n = 0;
  const say = async (posts: number): Promise<void> => {
    for (let i = 0; i < posts; i++) {
      n++;
      const attachments = n % 5 === 0 ? [media("f", { identity: `f${n}` })] : [];
      c.source.tell(posted(post(n, `Пост ${n}`, { attachments })));
    }
    await accepted(c);
    await soon(() => {
      c.clock.advance(1_000);
      expect(waiting(c)).toBe(0);
    });
    c.clock.advance(DAY);
    await c.bridge.newDay();
  };
  await say(8);
  await say(3);
  atomically(c.db, () => c.bridge.log.restart(ROOM, 1));
  await say(4);
  atomically(c.db, () => c.bridge.log.certify([ROOM], new Uint8Array(32).fill(1), 2));
  await say(5);
  await runtime.stop();
  return c;
}

/** The log as it was when it had `n` records. */
function after(whole: LogView, rows: readonly LogRow[], n: number): LogView {
  const had = rows.slice(0, n);
  const chains = whole.chains.flatMap((chain) => {
    const own = had.filter((r) => r.serial === chain.serial && r.restart === chain.restart);
    const last = own.at(-1)?.seq;
    return last === undefined ? [] : [{ ...chain, last }];
  });
  return {
    ...whole,
    chains,
    records: (serial, restart, from, limit) =>
      had.filter((r) => r.serial === serial && r.restart === restart && r.seq >= from).slice(0, limit),
  };
}

function memory(): Keep {
  const kept = new Map<string, string>();
  return {
    get: (place) => {
      const found = kept.get(place);
      return found === undefined ? undefined : JSON.parse(found);
    },
    put: (place, value) => void kept.set(place, JSON.stringify(value)),
    drop: (place) => void kept.delete(place),
    places: (beginning) => [...kept.keys()].filter((place) => place.startsWith(beginning)).toSorted(),
    together: (work) => work(),
  };
}

class Killed extends Error {}

/** Copies the growing log in as many lives as it takes; a life may end at every step. */
async function trial(c: Carried, whole: LogView, rows: readonly LogRow[], seed: number) {
  const chance = new Chance(seed, 11);
  const telegram = simulated(c.clock, { seed, skipChance: 0.3, interleaveChance: 0.2 });
  const chat = chatIn(telegram, CHANNEL_CHAT);
  telegram.faults.chance({
    seed,
    rules: [
      { probability: 0.12, fault: { kind: "accepted_then_dropped" } },
      { probability: 0.08, fault: { kind: "dropped" } },
      { probability: 0.04, fault: { kind: "bad_gateway", accepted: true } },
      { probability: 0.04, fault: { kind: "status", status: 429, description: "Too Many", retryAfter: 3 } },
    ],
  });
  let calm = false;
  /** Sends of which nobody learnt whether they arrived. */
  let unknown = 0;
  const dies = (odds: number): boolean => !calm && chance.odds(odds);
  const keep = memory();
  let had = 1;
  for (let tries = 0; tries < 400; tries++) {
    calm = tries >= 300;
    if (calm) telegram.faults.clear();
    had = Math.min(rows.length, had + chance.between(0, 2));
    const cut = new AbortController();
    const pass = async (at: "there" | "back", call: Call): Promise<void> => {
      if (!dies(0.06)) return;
      if (at === "back" && call.method === "sendDocument") unknown++;
      throw new Killed();
    };
    const way = apiOf(telegram, c.clock, pass);
    const carrier = createTelegramCarrier({
      name: "telegram.bot",
      api: {
        async call(call, signal) {
          if (dies(0.05)) cut.abort();
          const answer = await way.call(call, signal);
          if (answer.kind === "lost" && call.method === "sendDocument") unknown++;
          return answer;
        },
      },
      keep,
      chats: [
        {
          room: ROOM,
          home: CHANNEL_CHAT,
          place: () => ({ chat: CHANNEL_CHAT, topic: null }),
          lang: "ru",
          page: () => null,
        },
      ],
      lib: c.lib,
      disk: systemDisk,
      clock: c.clock,
      limit: 50_000_000,
      failpoints(name) {
        if (!dies(0.05)) return;
        if (name.endsWith(".after")) unknown++;
        throw new Killed();
      },
    });
    const log = after(whole, rows, had);
    const done = await carrier.copy(log, cut.signal).then(
      () => !cut.signal.aborted,
      () => false,
    );
    if (done && had === rows.length) break;
  }
  return { chat, unknown };
}

test("cut off anywhere, the log is whole in the chat and in order, and a double comes of a lost answer alone", async () => {
  const c = await written();
  const whole = c.bridge.view(ROOM);
  if (whole === null) throw new Error("no log");
  const rows = whole.chains.flatMap(({ serial, restart }) => whole.records(serial, restart, 0, 1_000));
  const infos = new Set(rows.filter((row) => whole.isInfo(row)));
  const known = { ...whole, isInfo: (row: LogRow) => infos.has(row) };
  const wanted = rows.findLastIndex((row) => !infos.has(row)) + 1;
  let unknown = 0;
  let doubles = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const told = await trial(c, known, rows, seed);
    const documents = [...told.chat.messages.values()].flatMap(({ content }) =>
      content.kind === "media" ? [content.media.file] : [],
    );
    const bundles = documents.filter((file) => file.name === "post.psr");
    const seen = new Set<string>();
    const first = bundles.flatMap(({ bytes }) =>
      split(new Uint8Array(bytes ?? []).slice(CERT_LENGTH)).records.flatMap((record) => {
        const at = parseRecord(record);
        if (at === null) throw new Error(`seed ${seed}: no record`);
        const name = `${at.serial}.${at.restart}.${at.seq}`;
        if (seen.has(name)) return [];
        seen.add(name);
        return [at];
      }),
    );
    expect(first.length, `seed ${seed}: lost`).toBeGreaterThanOrEqual(wanted);
    expect(first, `seed ${seed}: order`).toEqual(first.toSorted(order));
    const files = documents.filter((file) => file.name === "file.psr").map(({ hash }) => hash);
    expect(new Set(files).size, `seed ${seed}: files`).toBe(whole.files.length);
    const twice =
      files.length - new Set(files).size + bundles.length - new Set(bundles.map(({ hash }) => hash)).size;
    expect(twice, `seed ${seed}: doubles`).toBeLessThanOrEqual(told.unknown);
    unknown += told.unknown;
    doubles += twice;
    if (seed % 10 !== 0) continue;
    const reader = await c.read(bundles.map(({ bytes }) => new Uint8Array(bytes ?? [])));
    await until(() => expect(reader.texts()).toEqual(Array.from({ length: 20 }, (_, i) => `Пост ${i + 1}`)));
  }
  expect(unknown).toBeGreaterThan(SEEDS);
  expect(doubles).toBeGreaterThan(0);
}, 60_000);
