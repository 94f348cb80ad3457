import { z } from "zod";
import type { RoomName } from "../../bridge/model/ids.ts";
import { openFile } from "../../bridge/seal/file.ts";
import { dayKey, postKey } from "../../bridge/seal/keys.ts";
import { parseRecord, recordHash } from "../../bridge/seal/record.ts";
import { feedFolder, type Living, type Surroundings } from "./life.ts";
import { digestOf, type Message } from "./messenger.ts";
import { recordsOf } from "./readers.ts";

/** One state that an announcement was shown in. */
export interface State {
  readonly text: string;
  /** Why files are not there, in order: stable words. */
  readonly lines: readonly string[];
  /** What the files are, in order: hashes of their contents; what does not open says so. */
  readonly files: readonly string[];
  readonly struck: boolean;
  readonly was: string | null;
  readonly reply: string | null;
}

/** One announcement or notice in a room, with all its states in order. */
export interface Shown {
  readonly id: string;
  readonly states: readonly State[];
  readonly gone: boolean;
}

const Payload = z.looseObject({
  k: z.string(),
  id: z.string().optional(),
  rev: z.number().optional(),
  text: z.string().optional(),
  was: z.string().optional(),
  reply: z.string().optional(),
  marks: z.array(z.looseObject({ m: z.string(), s: z.number(), e: z.number() })).optional(),
  files: z
    .array(z.looseObject({ id: z.string(), key: z.string(), hash: z.string(), size: z.number() }))
    .optional(),
});
type Payload = z.infer<typeof Payload>;

const reasons: Readonly<Record<string, string>> = {
  "появится здесь позже": "later",
  "слишком велик и не переслан": "too_large",
  "уже недоступен в исходном канале": "gone",
};
const reasonOf = (line: string): string =>
  Object.entries(reasons).find(([words]) => line.endsWith(`: ${words}]`))?.[1] ?? line;

/**
 * The records of a room that count for a reader of its feed, in order: the highest chain whole, and of each lower one
 * what the next links back (PSR1, "New chains").
 */
function linked(s: Surroundings, folder: string): readonly Uint8Array[] {
  const chains = s.disk
    .list(`${folder}/s`)
    .map((name) => {
      const [serial = 0, restart = 0] = name.split(".").map(Number);
      const numbers = s.disk.list(`${folder}/s/${name}`).map(Number);
      const records = numbers
        .sort((a, b) => a - b)
        .flatMap((n) => recordsOf(s.disk.bytes(`${folder}/s/${name}/${n}`) ?? new Uint8Array(0)));
      return { order: serial * 256 + restart, records };
    })
    .sort((a, b) => b.order - a.order);
  const kept: Uint8Array[][] = [];
  let link: string | null = null;
  for (const { records } of chains) {
    const hashes = records.map((r) => Buffer.from(recordHash(s.lib, r)).toString("hex"));
    const end = link === null ? records.length : hashes.indexOf(link) + 1;
    if (end === 0) {
      s.world.wrong("a chain that links back to a record which is not there");
      break;
    }
    kept.unshift(records.slice(0, end));
    const first = records[0];
    link = first === undefined ? link : Buffer.from(parseRecord(first)?.prev ?? []).toString("hex");
  }
  return kept.flat();
}

type Entry = NonNullable<Payload["files"]>[number];

/** What the files of a room are as a reader gets them; each is opened once. */
function filesOf(s: Surroundings, folder: string): (entry: Entry) => string {
  const known = new Map<string, string>();
  return (entry) => {
    const name = [entry.id, entry.key, entry.hash, entry.size].join();
    const found = known.get(name) ?? fileOf(s, folder, entry);
    known.set(name, found);
    return found;
  };
}

/** What a file as a reader gets it is. */
function fileOf(s: Surroundings, folder: string, entry: Entry): string {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64url"));
  const carried = s.disk.bytes(`${folder}/f/${Buffer.from(bytes(entry.id)).toString("hex")}`);
  if (carried === null) return "missing";
  const opened = openFile(s.lib, new Uint8Array(carried), {
    id: bytes(entry.id),
    key: bytes(entry.key),
    hash: bytes(entry.hash),
    size: entry.size,
  });
  return opened === null ? "does not open" : digestOf(opened);
}

/** A sealed room as a reader of its feed sees it. Signatures are left to the tests of the protocol. */
export function sealedRoom(s: Surroundings, life: Living, room: RoomName): readonly Shown[] {
  const folder = feedFolder(life.bridge, room);
  const state = life.bridge.store.seal.get(room);
  if (state === null) throw new Error("no keys");
  const shown = new Map<string, { id: string; states: { rev: number; state: State }[]; gone: boolean }>();
  const keys = new Map<number, Uint8Array>();
  const opened = filesOf(s, folder);
  for (const record of linked(s, folder)) {
    const epoch = parseRecord(record)?.epoch ?? 0;
    const key = keys.get(epoch) ?? postKey(s.lib, dayKey(s.lib, state.key, state.keyEpoch, epoch));
    keys.set(epoch, key);
    const padded = s.lib.crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      record.slice(128, -64),
      record.slice(0, 72),
      record.slice(104, 128),
      key,
    );
    const end = padded.findLastIndex((byte) => byte !== 0);
    const p = Payload.parse(JSON.parse(Buffer.from(padded.subarray(0, end)).toString()));
    if (p.id === undefined) continue;
    const item = shown.get(p.id) ?? { id: p.id, states: [], gone: false };
    shown.set(p.id, item);
    if (p.k === "retract") item.gone = true;
    else {
      const rev = p.rev ?? 0;
      if (item.states.some((other) => other.rev >= rev))
        s.world.wrong(`${room}: revision ${rev} of an announcement stands there twice`);
      item.states.push({ rev, state: stateOf(p, opened) });
    }
  }
  return [...shown.values()].map((item) => ({ ...item, states: item.states.map((x) => x.state) }));
}

function stateOf(p: Payload, opened: (entry: Entry) => string): State {
  const [text = "", ...lines] = (p.text ?? "").split("\n\n");
  const whole = p.text?.length ?? 0;
  return {
    text,
    lines: lines.map(reasonOf),
    files: (p.files ?? []).map(opened),
    struck: (p.marks ?? []).some((m) => m.m === "strike" && m.s === 0 && m.e === whole),
    was: p.was ?? null,
    reply: p.reply ?? null,
  };
}

/** The messenger's chat. A message sent twice is two. */
export const chatRoom = (messages: readonly Message[]): readonly Shown[] =>
  messages.map((m) => ({
    id: m.part === "whole" ? m.announcement : `${m.announcement}/${m.part}`,
    gone: m.deleted,
    states: m.states.map((r) => ({
      text: r.text,
      lines: r.lines,
      files: r.files.map(([, digest]) => digest),
      struck: r.struck,
      was: r.was,
      reply: r.reply,
    })),
  }));
