import { type Failpoint, failpointNames } from "../../bridge/failpoint.ts";
import { ChannelId, MappingName, RoomName, SenderId, SourceName } from "../../bridge/model/ids.ts";
import type { EditRule, Mapping, RemovalRule, RoomTiming } from "../../bridge/model/mapping.ts";
import { Chance } from "./chance.ts";

/** Everything the outside can do to the bridge. */
export const faultKinds = [
  "source.trouble",
  "source.throws",
  "source.denied",
  "source.repeat",
  "source.gap",
  "source.vanish",
  "source.unsure",
  "media.retry",
  "media.cut",
  "media.slow",
  "media.throws",
  "send.retry",
  "send.arrived",
  "send.lost",
  "send.throws",
  "send.slow",
  "send.refused",
  "settle.unknown",
  "disk.full",
  "disk.broken",
  "database.full",
  "clock.back",
  "long.sleep",
  "stop",
  "power.cut",
  "restore",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** The places where a life may end; `moment`: between two things that it asks of the outside. */
export const crashPoints = [...failpointNames, "moment"] as const;

export interface FaultPlan {
  readonly kind: FaultKind;
  /** Opportunities that pass before it strikes. */
  readonly skip: number;
}

export interface CrashPlan {
  readonly point: Failpoint | "moment";
  readonly skip: number;
}

export type FileFate = "fine" | "gone" | "large";

export interface FilePlan {
  readonly identity: string;
  readonly kind: "file" | "video";
  /** Bytes. */
  readonly size: number;
  readonly fate: FileFate;
  /** It cannot be fetched sooner than this after its announcement, ms. */
  readonly late: number;
}

/** One thing that happens in the source. What names a post that is not there does nothing. */
export type EventPlan = { readonly after: number } & (
  | {
      readonly kind: "post";
      readonly n: number;
      readonly channel: 0 | 1;
      readonly sender: "channel" | "listed" | "stranger";
      readonly tags: readonly string[];
      readonly fact: number;
      readonly replyTo: number | null;
      readonly files: readonly FilePlan[];
    }
  | {
      readonly kind: "edit";
      readonly n: number;
      /** null: stays. */
      readonly fact: number | null;
      readonly tag: string | null;
      readonly files: "stay" | "drop" | FilePlan;
      /** Nothing of the text changes either: an edit that is none. */
      readonly empty: boolean;
    }
  | { readonly kind: "remove"; readonly n: number }
  | { readonly kind: "old" }
);

/** A run, fully written down: what happens, what fails and where it dies. */
export interface Scenario {
  readonly seed: number;
  readonly events: readonly EventPlan[];
  readonly faults: readonly FaultPlan[];
  readonly crashes: readonly CrashPlan[];
  readonly mappings: readonly Mapping[];
  readonly timings: readonly RoomTiming[];
}

export const SOURCE = SourceName.parse("faculty");
export const CHANNELS = [ChannelId.parse("-100"), ChannelId.parse("-200")] as const;
/** Two sealed rooms and one of a messenger. */
export const ROOMS = ["open", "sealed", "chat"].map((name) => RoomName.parse(name));
export const LISTED = SenderId.parse("42");
export const STRANGER = SenderId.parse("66");

const tag = (name: string) => ({ kind: "hashtag", tag: name }) as const;
const LARGEST = 98_566_144;

/** Two channels into three rooms, by five mappings, some of which lead one channel to the same room. */
function mappings(chance: Chance): readonly Mapping[] {
  const [open, sealed, chat] = ROOMS;
  if (open === undefined || sealed === undefined || chat === undefined) throw new Error("three rooms");
  const edits: readonly EditRule[] = ["announce", "announce", "annotate", "replace"];
  const removals: readonly RemovalRule[] = ["remove", "remove", "strike", "keep"];
  const one = (name: string, channel: 0 | 1, over: Partial<Mapping>): Mapping => ({
    name: MappingName.parse(name),
    source: SOURCE,
    channel: CHANNELS[channel],
    rooms: [],
    senders: [],
    include: [],
    exclude: [],
    urgent: [tag("#срочно")],
    pin: [tag("#важно")],
    attachments: ["file", "video"],
    largestFile: LARGEST,
    edits: chance.pick(edits),
    removals: chance.pick(removals),
    timezone: "Europe/Moscow",
    backfill: { kind: "none" },
    ...over,
  });
  // Every room is led to, and the chat by at least one of the two channels.
  const main = chance.pick([[open, chat], [open], [chat], [chat]]);
  const second = chance.pick(
    main.includes(chat) ? [[sealed, chat], [sealed], [sealed]] : [[sealed, chat], [chat]],
  );
  return [
    one("main", 0, { rooms: main, exclude: [tag("#скрыто")] }),
    one("exams", 0, { rooms: [sealed], include: [tag("#экзамен")], attachments: ["file"] }),
    one("exams-open", 0, { rooms: [open], include: [tag("#экзамен")], largestFile: 2_000 }),
    one("second", 1, { rooms: second, senders: [LISTED] }),
    one("important", 1, { rooms: [open], include: [tag("#важно")], largestFile: 2_000 }),
  ];
}

/** None, slots every few minutes, or silent hours over the beginning; with or without jitter. */
function timing(chance: Chance): RoomTiming {
  const kind = chance.pick(["none", "none", "slots", "silent"]);
  const jitter = chance.odds(0.3) ? 20_000 : 0;
  if (kind === "slots") {
    const every = chance.pick([2, 3, 5]);
    const early = Array.from({ length: 8 }, (_, i) => 9 * 60 + (i + 1) * every);
    return { slots: [...early, ...Array.from({ length: 24 }, (_, i) => i * 60)], jitter, silentHours: null };
  }
  const from = 9 * 60 + chance.between(0, 3);
  return {
    slots: [],
    jitter,
    silentHours: kind === "silent" ? { from, to: from + chance.between(1, 6) } : null,
  };
}

function file(chance: Chance, n: number, at: number): FilePlan {
  return {
    identity: `f${n}.${at}`,
    kind: chance.odds(0.8) ? "file" : "video",
    size: chance.odds(0.12) ? chance.between(65_536, 140_000) : chance.between(20, 3_000),
    fate: chance.odds(0.75) ? "fine" : chance.pick(["gone", "large"]),
    late: chance.odds(0.4) ? chance.between(10_000, 70_000) : 0,
  };
}

const pauses = (chance: Chance): number =>
  chance.odds(0.7) ? chance.between(0, 1_500) : chance.odds(0.7) ? chance.between(2_000, 20_000) : 45_000;

/** Which post is edited: mostly one of the newest, or one whose files may still be on their way. */
function edited(chance: Chance, alive: readonly number[], withFiles: readonly number[]): number {
  const newest = withFiles.filter((n) => alive.includes(n)).slice(-2);
  if (newest.length > 0 && chance.odds(0.3)) return chance.pick(newest);
  return chance.pick(chance.odds(0.5) ? alive.slice(-4) : alive);
}

/** Source events that the bridge is told of in every run, at least. */
export const FEWEST_EVENTS = 40;
/**
 * So many of a scenario's events happen in any case; the others until the bridge was told of enough. Most runs tell again
 * much of what was told: a crash, a gap or a backup that is put back sees to it.
 */
export const SURE = 18;

function events(chance: Chance): readonly EventPlan[] {
  const out: EventPlan[] = [];
  const alive: number[] = [];
  const withFiles: number[] = [];
  let files = 0;
  while (out.length < FEWEST_EVENTS) {
    const after = pauses(chance);
    const dice = chance.next();
    if (alive.length < 6 || dice < 0.45) {
      const n = out.filter((e) => e.kind === "post").length;
      const tags = ["#экзамен", "#важно", "#срочно", "#скрыто"].filter((t) =>
        chance.odds(t === "#экзамен" ? 0.3 : 0.1),
      );
      const own = chance.odds(0.18) && files < 6 ? chance.between(1, 2) : 0;
      files += own;
      out.push({
        kind: "post",
        n,
        after,
        channel: chance.odds(0.6) ? 0 : 1,
        sender: chance.odds(0.85) ? "channel" : chance.pick(["listed", "stranger"]),
        tags,
        fact: chance.between(1, 28),
        replyTo: chance.odds(0.15) && alive.length > 0 ? chance.pick(alive) : null,
        files: Array.from({ length: own }, (_, i) => file(chance, n, i)),
      });
      alive.push(n);
      if (own > 0) withFiles.push(n);
    } else if (dice < 0.82) {
      const more = chance.odds(0.06) && files < 8;
      if (more) files++;
      out.push({
        kind: "edit",
        n: edited(chance, alive, withFiles),
        after,
        fact: chance.odds(0.5) ? chance.between(1, 28) : null,
        tag: chance.odds(0.15) ? chance.pick(["#экзамен", "#важно"]) : null,
        files: more ? file(chance, out.length, 9) : chance.odds(0.1) ? "drop" : "stay",
        empty: chance.odds(0.12),
      });
    } else if (dice < 0.95) {
      const n = chance.odds(0.5) ? chance.pick(alive.slice(-3)) : chance.pick(alive);
      alive.splice(alive.indexOf(n), 1);
      out.push({ kind: "remove", n, after });
    } else out.push({ kind: "old", after });
  }
  return out;
}

/** How often a place is come to in a run, roughly: crashes there are spread over all of it. */
const frequency: Readonly<Partial<Record<Failpoint | "moment", number>>> = {
  "media.opened": 1,
  "media.middle": 1,
  "media.spooled": 1,
  "media.after": 1,
  "file.middle": 2,
  "file.after": 1,
  "day.inside": 2,
  "carrier.file": 1,
  moment: 100,
};

function faults(chance: Chance): readonly FaultPlan[] {
  const plans = Array.from({ length: chance.between(7, 10) }, (): FaultPlan => {
    const kind = chance.pick(faultKinds);
    const often =
      kind === "power.cut"
        ? 1
        : kind.startsWith("send.")
          ? 16
          : /^(clock|long|database|disk|source)/.test(kind)
            ? 15
            : 3;
    return { kind, skip: chance.between(0, often) };
  });
  // What can only follow on something else is given it.
  const before = plans.flatMap(({ kind, skip }): FaultPlan[] => {
    if (kind === "settle.unknown") return [{ kind: chance.pick(["send.lost", "send.arrived"]), skip }];
    return kind === "source.unsure" ? [{ kind: "source.gap", skip: chance.between(5, 20) }] : [];
  });
  return [
    ...plans.map((p): FaultPlan => (/^(settle|source.unsure)/.test(p.kind) ? { ...p, skip: 0 } : p)),
    ...before,
  ];
}

/** The run of a seed: at least 40 events are told, 7 faults (of which at least 5 will strike) and 2 crashes. */
export function scenarioOf(seed: number): Scenario {
  const chance = new Chance(seed, 1);
  return {
    seed,
    mappings: mappings(chance),
    timings: ROOMS.map(() => timing(chance)),
    events: events(chance),
    faults: faults(chance),
    crashes: Array.from({ length: chance.odds(0.8) ? 2 : 3 }, (): CrashPlan => {
      const point = chance.pick(crashPoints);
      return { point, skip: chance.between(0, (frequency[point] ?? 7) - 1) };
    }),
  };
}
