import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Bridge, createBridge } from "../bridge/bridge.ts";
import { systemClock, systemRandom } from "../bridge/clock.ts";
import { systemDisk } from "../bridge/disk.ts";
import { noFailpoints } from "../bridge/failpoint.ts";
import { ChannelId, ForeignId, MappingName, RoomName, SourceName } from "../bridge/model/ids.ts";
import type { Mapping } from "../bridge/model/mapping.ts";
import { attachmentKinds, type RawPost } from "../bridge/model/post.ts";
import { plain } from "../bridge/model/rich-text.ts";
import { ready } from "../bridge/seal/sodium.ts";
import { type Db, openDatabase } from "../bridge/store/db.ts";
import { createVault, type Vault } from "../bridge/vault/vault.ts";

export const SOURCE = SourceName.parse("faculty");
const CHANNEL = ChannelId.parse("-100");

export interface BenchCore {
  readonly folder: string;
  readonly vault: Vault;
  readonly db: Db;
  readonly bridge: Bridge;
  readonly mappings: readonly Mapping[];
  readonly rooms: readonly RoomName[];
  /** Closes the database and removes its folder. */
  close(): Promise<void>;
}

/** A core over a database of its own on the disk: one mapping leads `channel` to `rooms` rooms. */
export async function benchCore(rooms: number, channel = CHANNEL): Promise<BenchCore> {
  const lib = await ready();
  const folder = await mkdtemp(path.join(tmpdir(), "postern-bench-"));
  const vault = createVault(lib, randomBytes(32));
  const opened = openDatabase(path.join(folder, "postern.db"), vault);
  if (!opened.ok) throw new Error(opened.problem.code);
  const { db } = opened;
  const names = Array.from({ length: rooms }, (_, i) => RoomName.parse(`room-${i + 1}`));
  const mappings: readonly Mapping[] = [
    {
      name: MappingName.parse("all"),
      source: SOURCE,
      channel,
      rooms: names,
      senders: [],
      include: [],
      exclude: [],
      urgent: [],
      pin: [],
      attachments: [...attachmentKinds],
      largestFile: 1_000_000_000,
      edits: "announce",
      removals: "remove",
      timezone: "Europe/Moscow",
      backfill: { kind: "none" },
    },
  ];
  const info = { title: "Расписание", zone: "Europe/Moscow", lang: "ru", history: 14, origins: [] } as const;
  const timing = { slots: [], jitter: 0, silentHours: null };
  const bridge = createBridge({
    lib,
    vault,
    db,
    disk: systemDisk,
    dataFolder: folder,
    mappings,
    rooms: new Map(names.map((room) => [room, { info, timing }])),
    clock: systemClock,
    random: systemRandom,
    failpoints: noFailpoints,
    gather: setImmediate,
  });
  return {
    folder,
    vault,
    db,
    bridge,
    mappings,
    rooms: names,
    async close() {
      db.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let posts = 0;

/** A post as a faculty writes them, unlike any other. */
export function aPost(): RawPost {
  const n = ++posts;
  const text = [
    `Объявление № ${n}. Экзамен по математическому анализу перенесён на ${1 + (n % 28)} января, аудитория ${100 + (n % 400)}.`,
    "Начало в 9:00, при себе иметь зачётную книжку. Консультация накануне в 16:30 там же.",
    "Вопросы — в учебную часть, корпус 2, до пятницы.",
  ].join("\n");
  return {
    channel: CHANNEL,
    foreignId: ForeignId.parse(`mid.${n}`),
    postedAt: systemClock.now(),
    sender: null,
    body: plain(text),
    attachments: [],
  };
}
