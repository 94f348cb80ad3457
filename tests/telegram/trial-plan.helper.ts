import { ChatId } from "../../adapters/telegram/ids.ts";
import type { Failpoint } from "../../bridge/failpoint.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import type { SourceEvent } from "../../bridge/model/source.ts";
import { edited, media, post, posted, removed } from "../core.helper.ts";
import type { Chance } from "../sim/chance.ts";
import type { Expected } from "./verdict.helper.ts";

export const POSTS = 6;

/** The three ways of a room: what can be looked for is; what cannot is sent again; or the admin is asked. */
export const rooms = [
  { name: RoomName.parse("probed"), chat: ChatId.parse(-1_001_000_000_001), probe: true, unsure: "resend" },
  { name: RoomName.parse("resent"), chat: ChatId.parse(-1_001_000_000_002), probe: false, unsure: "resend" },
  { name: RoomName.parse("asked"), chat: ChatId.parse(-1_001_000_000_003), probe: false, unsure: "hold" },
] as const;
export type TrialRoom = (typeof rooms)[number];

/** Where a life may end: around every step of a delivery, and between any two things asked of the outside. */
export const points: readonly (Failpoint | "moment")[] = [
  "tx1.after",
  "prepare.before",
  "tx2.before",
  "tx2.inside",
  "tx2.after",
  "send.before",
  "send.after",
  "event.before",
  "event.after",
  "tx3.before",
  "tx3.inside",
  "tx3.after",
  "moment",
];

/** What the channel posts, edits and removes; the later half after the first has gone out. */
export function events(chance: Chance): {
  readonly first: SourceEvent[];
  readonly then: SourceEvent[];
  readonly expected: Expected;
} {
  const expected = new Map<number, { text: string; files: number; removed: boolean; edited: boolean }>();
  const first: SourceEvent[] = [];
  for (let n = 1; n <= POSTS; n++) {
    const files = chance.odds(1 / 3) ? chance.between(1, 3) : 0;
    const attachments = Array.from({ length: files }, (_, i) => media(`f${n}.${i}`));
    // A long text does not fit into the caption: the files follow it.
    const tail = chance.odds(1 / 4) ? ` ${"слово ".repeat(250)}` : "";
    first.push(posted(post(n, `Пост №${n}.${tail}`, { attachments })));
    expected.set(n, { text: `Пост №${n}.`, files, removed: false, edited: false });
  }
  const then: SourceEvent[] = [];
  for (const [n, e] of expected) {
    if (chance.odds(1 / 4)) {
      e.removed = true;
      then.push(removed(n));
    } else if (chance.odds(1 / 3)) {
      e.edited = true;
      const attachments = Array.from({ length: e.files }, (_, i) => media(`f${n}.${i}`));
      then.push(edited(n, `Пост №${n}. Аудитория 3${n}.`, 60_000, { attachments }));
    }
  }
  return { first, then, expected };
}
