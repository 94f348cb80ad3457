import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type sodium from "libsodium-wrappers";
import { onTestFinished, vi } from "vitest";
import { type Bridge, createBridge } from "../bridge/bridge.ts";
import { systemRandom } from "../bridge/clock.ts";
import { systemDisk } from "../bridge/disk.ts";
import { type Failpoints, noFailpoints } from "../bridge/failpoint.ts";
import type { Disk } from "../bridge/model/disk.ts";
import type { Clock } from "../bridge/model/effects.ts";
import {
  ChannelId,
  Cursor,
  ForeignId,
  MappingName,
  MediaRef,
  RoomName,
  SenderId,
  SourceName,
} from "../bridge/model/ids.ts";
import type { Mapping, RoomTiming } from "../bridge/model/mapping.ts";
import { attachmentKinds, type RawMedia, type RawPost } from "../bridge/model/post.ts";
import { plain } from "../bridge/model/rich-text.ts";
import type { MediaOutcome, Presence, Source, SourceEvent, SourceSignal } from "../bridge/model/source.ts";
import { type Reports, type RuntimeOptions, startRuntime } from "../bridge/runtime.ts";
import type { Carrier } from "../bridge/seal/carrier.ts";
import { readCert } from "../bridge/seal/cert.ts";
import { dayKey } from "../bridge/seal/keys.ts";
import { openRecord, parseRecord } from "../bridge/seal/record.ts";
import { ready } from "../bridge/seal/sodium.ts";
import { atomically, type Db, openDatabase } from "../bridge/store/db.ts";
import { createVault, type Vault } from "../bridge/vault/vault.ts";
import { HandClock } from "./hand-clock.helper.ts";

export const SOURCE = SourceName.parse("faculty");
export const CHANNEL = ChannelId.parse("-100");
export const ROOM = RoomName.parse("room");
const NO_TIMING: RoomTiming = { slots: [], jitter: 0, silentHours: null };

export const mapping = (over: Partial<Mapping> = {}): Mapping => ({
  name: MappingName.parse("all"),
  source: SOURCE,
  channel: CHANNEL,
  rooms: [ROOM],
  senders: [],
  include: [],
  exclude: [],
  urgent: [],
  pin: [],
  attachments: [...attachmentKinds],
  largestFile: 98_566_144,
  edits: "announce",
  removals: "remove",
  timezone: "Europe/Moscow",
  backfill: { kind: "none" },
  ...over,
});

/** A post of the channel itself. `n` gives it its id. */
export const post = (n: number, text: string, over: Partial<RawPost> = {}): RawPost => ({
  channel: CHANNEL,
  foreignId: ForeignId.parse(`mid.${n}`),
  postedAt: Date.UTC(2026, 10, 2, 8) + n,
  sender: null,
  body: plain(text),
  attachments: [],
  ...over,
});

/** The time of the first posts, by the source's clock. */
export const T = Date.UTC(2026, 10, 2, 8);

export const posted = (about: RawPost): SourceEvent => ({ type: "posted", at: T, post: about });
/** The post `n` as it is after an edit, `at` ms after {@link T}. */
export const edited = (n: number, text: string, at: number, over: Partial<RawPost> = {}): SourceEvent => ({
  type: "edited",
  at: T + at,
  post: post(n, text, over),
});
export const removed = (n: number): SourceEvent => {
  const { channel, foreignId } = post(n, "");
  return { type: "removed", at: T + 1_000, channel, foreignId };
};

/** Waits for a state, with room for a busy machine. */
export const soon = <R>(look: () => R): Promise<R> => vi.waitFor(look, { timeout: 20_000, interval: 5 });

export const media = (ref: string, over: Partial<RawMedia> = {}): RawMedia => ({
  type: "media",
  kind: "file",
  ref: MediaRef.parse(ref),
  identity: ref,
  ...over,
});

export const sender = (id: string) => SenderId.parse(id);

/** A source that tells what a test says, and remembers how far it was read. */
export class ScriptedSource implements Source {
  readonly name = SOURCE;
  readonly files = new Map<string, MediaOutcome | (() => MediaOutcome)>();
  readonly presence = new Map<string, Presence>();
  #said: SourceSignal[] = [];
  #bell: () => void = () => {};
  #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  /** The next batch, with the cursor that follows it. */
  tell(...events: readonly SourceEvent[]): void {
    const cursor = Cursor.parse(String(this.#said.length + 1));
    this.say({ kind: "batch", events, cursor, readAt: this.#clock.now() });
  }
  /** How many signals were told so far: the last batch's cursor. */
  get told(): number {
    return this.#said.length;
  }
  say(signal: SourceSignal): void {
    this.#said.push(signal);
    this.#bell();
  }
  async *events(cursor: Cursor | null, signal: AbortSignal): AsyncIterable<SourceSignal> {
    for (let at = Number(cursor ?? 0); !signal.aborted; at++) {
      while (at >= this.#said.length && !signal.aborted)
        await new Promise<void>((resolve) => {
          this.#bell = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      const said = this.#said[at];
      if (said !== undefined && !signal.aborted) yield said;
    }
  }
  async media(ref: MediaRef): Promise<MediaOutcome> {
    const found = this.files.get(ref);
    if (found === undefined) return { kind: "gone" };
    return typeof found === "function" ? found() : found;
  }
  async gone(_channel: ChannelId, id: ForeignId): Promise<Presence> {
    return this.presence.get(id) ?? "unknown";
  }
  async check() {
    return [];
  }
}

export const open = (bytes: Uint8Array): MediaOutcome => ({
  kind: "open",
  size: bytes.length,
  stream: (async function* () {
    yield bytes;
  })(),
});

export interface CoreOptions {
  readonly lib?: typeof sodium;
  readonly vault?: Vault;
  readonly mappings?: readonly Mapping[];
  readonly rooms?: readonly RoomName[];
  readonly history?: number;
  /** For how long rooms can take back what they were given, ms; absent: always. */
  readonly takesBack?: number;
  /** The one room whose language is English. */
  readonly english?: RoomName;
  readonly timing?: RoomTiming;
  /** Rooms whose timing is another one. */
  readonly timings?: ReadonlyMap<RoomName, RoomTiming>;
  readonly failpoints?: Failpoints;
  readonly clock?: HandClock;
  readonly folder?: string;
  readonly disk?: Disk;
  readonly vaultKey?: Uint8Array;
}

export interface TestCore {
  readonly lib: typeof sodium;
  readonly folder: string;
  readonly db: Db;
  readonly vault: Vault;
  readonly bridge: Bridge;
  readonly clock: HandClock;
  readonly source: ScriptedSource;
  readonly mappings: readonly Mapping[];
  readonly failpoints: Failpoints;
}

/** A core over a real database in a temporary folder, with keys for its rooms. */
export async function core(o: CoreOptions = {}): Promise<TestCore> {
  const lib = o.lib ?? (await ready());
  const folder = o.folder ?? (await mkdtemp(path.join(tmpdir(), "postern-core-")));
  const clock = o.clock ?? new HandClock();
  const vault = o.vault ?? createVault(lib, o.vaultKey ?? new Uint8Array(32).fill(42));
  const opened = openDatabase(path.join(folder, "postern.db"), vault);
  if (!opened.ok) throw new Error(opened.problem.code);
  const { db } = opened;
  onTestFinished(async () => {
    db.close();
    // A test that failed leaves a core behind which may still write.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const mappings = o.mappings ?? [mapping()];
  const rooms = o.rooms ?? [ROOM];
  const failpoints = o.failpoints ?? noFailpoints;
  const info = {
    title: "Расписание",
    zone: "Europe/Moscow",
    lang: "ru",
    history: o.history ?? 14,
    origins: [],
    ...(o.takesBack === undefined ? {} : { takesBack: o.takesBack }),
  } as const;
  const bridge = createBridge({
    lib,
    vault,
    db,
    disk: o.disk ?? systemDisk,
    dataFolder: folder,
    mappings,
    rooms: new Map(
      rooms.map((room) => [
        room,
        {
          info: room === o.english ? { ...info, lang: "en" } : info,
          timing: o.timings?.get(room) ?? o.timing ?? NO_TIMING,
        },
      ]),
    ),
    clock,
    random: systemRandom,
    failpoints,
  });
  for (const [i, room] of rooms.entries())
    if (bridge.store.seal.get(room) === null)
      atomically(db, () => bridge.log.create(room, new Uint8Array(32).fill(i + 1)));
  return { lib, folder, db, vault, bridge, clock, source: new ScriptedSource(clock), mappings, failpoints };
}

const quiet: Reports = { intake() {}, delivery() {}, media() {}, carrier() {} };

/** Runs the core with its scripted source until the test ends or `stop` is called. */
export function start(
  c: TestCore,
  reports: Partial<Reports> = {},
  carriers: readonly Carrier[] = [],
  over: Partial<RuntimeOptions> = {},
) {
  const runtime = startRuntime({
    bridge: c.bridge,
    vault: c.vault,
    sources: [c.source],
    carriers,
    destinations: [],
    mappings: c.mappings,
    lang: () => "ru",
    clock: c.clock,
    random: systemRandom,
    failpoints: c.failpoints,
    reports: { ...quiet, ...reports },
    filesAtOnce: 2,
    fileDeadline: () => 60_000,
    copied: () => {},
    ...over,
  });
  runtime.ended.catch(() => {});
  return runtime;
}

/** Deliveries that wait in a room. */
export const waiting = (c: TestCore, room = ROOM): number =>
  c.bridge.store.lanes.lengths().find((lane) => lane.room === room)?.n ?? 0;

/** Resolves when everything told so far was accepted. */
export async function accepted(c: TestCore): Promise<void> {
  const told = String(c.source.told);
  await soon(() => {
    if (c.bridge.store.sources.cursor(SOURCE) !== told) throw new Error("not accepted yet");
  });
}

export interface ReadItem {
  readonly id: string;
  readonly rev: number;
  readonly text: string;
  readonly was?: string;
  readonly reply?: string;
  readonly files?: readonly {
    readonly id: string;
    readonly key: string;
    readonly hash: string;
    readonly size: number;
    readonly name: string;
  }[];
}

/** All payloads of a room's log in order, opened with the room's own keys. */
export function payloads(c: TestCore, room = ROOM): readonly Record<string, unknown>[] {
  const state = c.bridge.store.seal.get(room);
  if (state === null) throw new Error("no keys");
  const certs = c.bridge.store.seal.certs(state.rootPk);
  const out: Record<string, unknown>[] = [];
  for (const chain of c.bridge.store.seal.kept(room)) {
    const cert = certs.find((k) => k.serial === chain.serial)?.cert;
    const known =
      cert === undefined ? null : readCert(c.lib, new Uint8Array(cert), new Uint8Array(state.rootPk));
    if (known === null) throw new Error("no certificate");
    for (const row of c.bridge.store.seal.read(room, chain.serial, chain.restart, 0, 1_000_000)) {
      const record = new Uint8Array(row.record);
      const epoch = parseRecord(record)?.epoch ?? 0;
      if (epoch < state.keyEpoch) continue;
      const opened = openRecord(
        c.lib,
        record,
        known.onlinePk,
        dayKey(c.lib, state.key, state.keyEpoch, epoch),
      );
      if (!opened.ok) throw new Error(opened.fault);
      out.push(JSON.parse(opened.json));
    }
  }
  return out;
}

/** What a reader sees: each post once, in order, in its last revision, without what was retracted. */
export function items(c: TestCore, room = ROOM): readonly ReadItem[] {
  const seen = new Map<string, ReadItem>();
  const gone = new Set<string>();
  for (const p of payloads(c, room)) {
    const id = String(p.id);
    if (p.k === "retract") gone.add(id);
    if (p.k !== "post" && p.k !== "edit") continue;
    const before = seen.get(id);
    if (before !== undefined && before.rev >= Number(p.rev)) throw new Error(`revision ${p.rev} came twice`);
    const { rev, text, was, reply, files } = p;
    const item = { id, rev, text, was, reply, files };
    seen.set(id, JSON.parse(JSON.stringify(item)));
  }
  return [...seen.values()].filter((item) => !gone.has(item.id));
}

export const texts = (c: TestCore, room = ROOM): readonly string[] => items(c, room).map((i) => i.text);
