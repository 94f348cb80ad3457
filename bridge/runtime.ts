import { createBell } from "./bell.ts";
import type { Bridge } from "./bridge.ts";
import { createCarriers } from "./carriers.ts";
import type { Failpoints } from "./failpoint.ts";
import { type IntakeReport, runIntake } from "./intake.ts";
import { createMediaStage } from "./media/stage.ts";
import type { Clock, Random } from "./model/effects.ts";
import type { MappingName, RoomName, SourceName } from "./model/ids.ts";
import type { Mapping } from "./model/mapping.ts";
import type { Outcome } from "./model/outcome.ts";
import type { Source } from "./model/source.ts";
import type { Destination } from "./outbox/destination.ts";
import type { Delivery } from "./outbox/port.ts";
import { createWorker } from "./outbox/worker.ts";
import type { Carrier } from "./seal/carrier.ts";
import { createSilenceWatch } from "./silence.ts";
import { boundless, type Space, withRoom } from "./space.ts";
import type { Vault } from "./vault/vault.ts";

/** What the runtime tells of itself, as codes: for the log, notices and `status`. */
export interface Reports {
  intake(report: IntakeReport): void;
  delivery(delivery: Delivery, outcome: Outcome): void;
  media(code: "media_ready" | "media_retry" | "media_failed", kind: string): void;
  /** `reason`: why it failed, where the carrier says so. */
  carrier(room: RoomName, carrier: string, code: "copied" | "carrier_failed", reason: string | null): void;
}

/** Something of an adapter that lives as long as the bridge works: it hears, looks and keeps up. */
export interface Lifetime {
  /** Until `signal` aborts. Rejects where the process must end: a bug, a disk that fails, an engine that broke. */
  run(signal: AbortSignal): Promise<void>;
}

export interface RuntimeOptions {
  readonly bridge: Bridge;
  readonly vault: Vault;
  readonly sources: readonly Source[];
  readonly carriers: readonly Carrier[];
  /** Destinations other than sealed rooms. */
  readonly destinations: readonly Destination[];
  /** What those destinations live by; absent: nothing. */
  readonly lifetimes?: readonly Lifetime[];
  readonly mappings: readonly Mapping[];
  readonly lang: (mapping: MappingName) => "ru" | "en";
  readonly clock: Clock;
  readonly random: Random;
  readonly failpoints: Failpoints;
  readonly reports: Reports;
  /** Attachments fetched at the same time. */
  readonly filesAtOnce: number;
  /** The longest one attachment of a source may take, ms. */
  readonly fileDeadline: (source: SourceName) => number;
  /** Called after a room's log reached a carrier. */
  readonly copied: (room: RoomName, carrier: string) => void;
  /** The room on the disk; absent: it is noticed only when a write finds none. */
  readonly space?: Space;
  /** Bytes above which nothing more is fetched into the spool; absent: any number. */
  readonly spoolMax?: number;
  /** Rooms got a note that a source is silent. */
  readonly silent?: (source: SourceName, rooms: readonly RoomName[]) => void;
}

export interface Runtime {
  /**
   * Ends everything in order: sources first, then what is under way is finished, last the carriers. Resolves when all
   * is quiet, or soon after `cut` aborts: what hangs then is left to itself, and nothing that comes of it is recorded.
   */
  stop(cut?: AbortSignal): Promise<void>;
  /** Something was queued from outside: look again. */
  wake(): void;
  /** Resolves when everything ended; rejects if a part broke (a bug, a disk that fails): the process should stop. */
  readonly ended: Promise<void>;
}

/** How often the day is looked at. */
const DAY_CHECK = 60_000;
const ROOMS_AT_ONCE = 8;

/** Starts every lifetime of a bridge and says how they end. */
export function startRuntime(o: RuntimeOptions): Runtime {
  const { bridge, clock, random, failpoints, reports } = o;
  const space = o.space ?? boundless(clock);
  const reading = new AbortController();
  const serving = new AbortController();
  const carrying = new AbortController();
  const cutting = new AbortController();

  const carriers = createCarriers({
    rooms: bridge.store.seal.rooms(),
    carriers: o.carriers,
    view: (room) => bridge.view(room),
    clock,
    random,
    space,
    report: reports.carrier,
    copied: o.copied,
  });
  const sealed = bridge.sealedRooms((room) => carriers.grown(room));
  const worker = createWorker({
    outbox: bridge.outbox,
    destinations: new Map([...sealed, ...o.destinations.map((d) => [d.room, d] as const)]),
    clock,
    random,
    failpoints,
    space,
    concurrency: ROOMS_AT_ONCE,
    report: reports.delivery,
    wanting: () => media.wake(),
  });
  const media = createMediaStage({
    sources: new Map(o.sources.map((s) => [s.name, s])),
    media: bridge.store.media,
    spool: bridge.spool,
    vault: o.vault,
    clock,
    random,
    failpoints,
    space,
    spoolMax: o.spoolMax ?? Number.POSITIVE_INFINITY,
    concurrency: o.filesAtOnce,
    deadline: o.fileDeadline,
    settled(id, record) {
      bridge.outbox.mediaSettled(id, record);
      worker.wake();
    },
    report: reports.media,
  });

  const silence = createSilenceWatch({
    sources: o.sources.map((s) => s.name),
    readAt: (source) => bridge.store.sources.readAt(source),
    outbox: bridge.outbox,
    clock,
    space,
    told(source, rooms) {
      worker.wake();
      o.silent?.(source, rooms);
    },
  });

  const intake = (source: Source): Promise<void> =>
    runIntake(
      {
        source,
        outbox: bridge.outbox,
        mappings: o.mappings,
        clock,
        failpoints,
        space,
        lang: o.lang,
        report(report) {
          reports.intake(report);
          if (report.kind !== "accepted") return;
          silence.heard(source.name, report.readAt);
          media.wake();
          worker.wake();
        },
      },
      reading.signal,
    );

  const days = async (): Promise<void> => {
    const bell = createBell(clock);
    let last = -1;
    while (!serving.signal.aborted) {
      const today = bridge.log.today();
      if (today !== last) {
        const changed = await withRoom(space, serving.signal, () => bridge.newDay());
        if (changed === undefined) break;
        last = today;
        for (const room of changed) carriers.grown(room);
      }
      const told = await withRoom(space, serving.signal, async () => bridge.digests.queue());
      if (told !== undefined && told.length > 0) {
        media.wake();
        worker.wake();
      }
      await bell.wait(clock.now() + DAY_CHECK, serving.signal);
    }
  };

  const sources = Promise.all(o.sources.map(intake));
  const work = Promise.all([
    worker.run(serving.signal, cutting.signal),
    media.run(serving.signal),
    days(),
    silence.run(serving.signal),
    space.run(serving.signal),
    ...(o.lifetimes ?? []).map((one) => one.run(serving.signal)),
  ]);
  const copies = carriers.run(carrying.signal, cutting.signal);
  const all = [sources, work, copies];

  return {
    ended: Promise.all(all).then(() => undefined),
    wake: () => worker.wake(),
    async stop(cut) {
      const ends = [reading, serving, carrying, cutting];
      const cutNow = () => {
        for (const end of ends) end.abort();
      };
      if (cut?.aborted === true) cutNow();
      else cut?.addEventListener("abort", cutNow, { once: true });
      reading.abort();
      await inTime(sources, cutting.signal, clock);
      serving.abort();
      await inTime(work, cutting.signal, clock);
      carrying.abort();
      await inTime(copies, cutting.signal, clock);
    },
  };
}

/** What is left of a part's time once it is cut, to notice it and let go, ms. */
const LETTING_GO = 250;

/** Resolves when `part` ended, however it ended, or a moment after `cut`. */
async function inTime(part: Promise<unknown>, cut: AbortSignal, clock: Clock): Promise<void> {
  const done = new AbortController();
  const over = new Promise<void>((resolve) => {
    const late = (): void => void clock.sleep(LETTING_GO, done.signal).then(resolve);
    if (cut.aborted) late();
    else cut.addEventListener("abort", late, { once: true, signal: done.signal });
  });
  await Promise.race([Promise.allSettled([part]), over]);
  done.abort();
}
