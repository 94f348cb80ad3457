import { checkInstance, markInstance } from "../bridge/instance.ts";
import type { Millis, RoomName } from "../bridge/model/ids.ts";
import { beginChain } from "../bridge/seal/new-chain.ts";
import { restartNeeded } from "../bridge/seal/restart-rules.ts";
import type { Witness } from "../bridge/seal/witness.ts";
import { atomically } from "../bridge/store/db.ts";
import type { Halt } from "../bridge/store/seal.ts";
import type { Core } from "./core.ts";
import { markFolder, type OwnOrigins } from "./own-origins.ts";
import { isOutdated, type Told, toldOf } from "./told.ts";

/** How long a start waits for origins of which none answers, ms (PSR1). */
export const WAIT = 10 * 60_000;
const PAUSE = 20_000;

export interface NewChainsOptions {
  readonly signal: AbortSignal;
  readonly rooms: readonly RoomName[];
  /** How long to wait for places of which none answers, ms. */
  readonly patience: Millis;
  /** null: there is none that can be written, and the bridge does without. */
  readonly witness: Witness | null;
  /** A room begins a new chain. */
  readonly began: (room: RoomName) => void;
  /** None of a room's other origins answers: the start waits, as long as its patience lasts. */
  readonly waiting: (room: RoomName) => void;
  /** The witness cannot be written for now: a new chain, and with it the start, waits. */
  readonly unwitnessed: () => void;
  /** Nothing more is written to a room until it is certified anew. */
  readonly halted: (room: RoomName, why: Halt) => void;
}

/**
 * Before anything is written: begins a new chain in each room of which somebody knows more than this database,
 * so that no two records ever have one place. Asks the own tree on disk, the witness and the other origins. A room of
 * which others know what no new chain can be above is halted.
 */
export async function beginNewChains(core: Core, o: NewChainsOptions): Promise<void> {
  const { bridge, config } = core;
  const instance = await checkInstance(core.db, config.data);
  const halt = (room: RoomName, why: Halt): void => {
    atomically(core.db, () => bridge.log.halt(room, why));
    o.halted(room, why);
  };
  const own = await markFolder(config.feed.folder);
  const asked = bridge.store.seal.rooms().map(async (room): Promise<void> => {
    const state = bridge.store.seal.get(room);
    // Of a restored database, also rooms that are not configured now and may be again.
    if ((!o.rooms.includes(room) && instance !== "restored") || state === null) return;
    if (state.halted !== null) return o.halted(room, state.halted);
    const told = await askPatiently(core, room, own, o);
    // Asked to end while it waited: nothing is known, and a chain begun for nothing is one of 255.
    if (o.signal.aborted) return;
    if (isOutdated(core, state, told)) return halt(room, "newer_certificate");
    const needed = restartNeeded(state, told.places);
    if (needed === null && instance !== "restored" && !told.blind) return;
    const begun = await beginPatiently(core, room, needed ?? 0, o);
    if (begun === "begun") o.began(room);
    if (begun === "used_up") halt(room, "restarts_used_up");
  });
  await Promise.all(asked).finally(() => own.close());
  if (!o.signal.aborted && instance !== "same") await markInstance(core.db, config.data);
}

/** Begins the chain as soon as the witness can be written, unless it is asked to end before. */
async function beginPatiently(
  core: Core,
  room: RoomName,
  atLeast: number,
  o: NewChainsOptions,
): Promise<Awaited<ReturnType<typeof beginChain>>> {
  const { db, bridge } = core;
  const beginner = { db, store: bridge.store.seal, log: bridge.log, witness: o.witness };
  for (;;) {
    const begun = await beginChain(beginner, room, atLeast);
    if (begun !== "unwitnessed" || o.signal.aborted) return begun;
    o.unwitnessed();
    await core.clock.sleep(PAUSE, o.signal);
  }
}

/** Asks until one of the room's places answers, as long as the patience lasts. */
async function askPatiently(core: Core, room: RoomName, own: OwnOrigins, o: NewChainsOptions): Promise<Told> {
  const until = core.clock.now() + o.patience;
  for (let said = false; ; said = true) {
    const told = await toldOf(core, room, o.signal, own);
    if (!told.unheard || o.signal.aborted || core.clock.now() >= until) return told;
    if (!said) o.waiting(room);
    await core.clock.sleep(PAUSE, o.signal);
  }
}
