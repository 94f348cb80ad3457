import { readFile } from "node:fs/promises";
import path from "node:path";
import { originHead } from "../adapters/web/feed/origin-head.ts";
import { checkInstance, markInstance } from "../bridge/instance.ts";
import type { RoomName } from "../bridge/model/ids.ts";
import { restartNeeded } from "../bridge/seal/restart-rules.ts";
import { atomically } from "../bridge/store/db.ts";
import { originUrl } from "../config/addresses.ts";
import type { Core } from "./core.ts";
import { genuineHead } from "./genuine-head.ts";

/** How long a start waits for origins of which none answers, ms (PSR1). */
const WAIT = 10 * 60_000;
const PAUSE = 20_000;

export interface NewChainsOptions {
  readonly signal: AbortSignal;
  /** A room begins a new chain. */
  readonly began: (room: RoomName) => void;
  /** None of a room's other origins answers: the start waits, at most ten minutes. */
  readonly waiting: (room: RoomName) => void;
}

/**
 * Before anything is written: begins a new chain in each room of which somebody knows more than this database,
 * so that no two records ever have one place. Asks the own tree on disk and the other origins.
 */
export async function beginNewChains(core: Core, o: NewChainsOptions): Promise<void> {
  const { bridge, config } = core;
  const instance = await checkInstance(core.db, config.data);
  for (const room of bridge.store.seal.rooms()) {
    if (!config.rooms.has(room)) continue;
    const state = bridge.store.seal.get(room);
    if (state === null) continue;
    const roomId = Buffer.from(state.roomId).toString("hex");
    const tree = await readFile(path.join(config.feed.folder, roomId, "head")).catch(() => null);
    const other = await askOrigins(core, room, roomId, o);
    // Asked to end while it waited: nothing is known, and a chain begun for nothing is one of 255.
    if (o.signal.aborted) return;
    const heads = [tree, ...other.heads].flatMap((bytes) =>
      bytes === null ? [] : (genuineHead(core, room, bytes) ?? []),
    );
    const needed = restartNeeded(state, heads);
    const blind = instance === "restored" || other.blind;
    if (needed === null && !blind) continue;
    o.began(room);
    atomically(core.db, () => {
      bridge.log.restart(room, needed ?? 0);
    });
  }
  if (instance !== "same") await markInstance(core.db, config.data);
}

/** What the origins other than the own feed tell. `blind`: there are some and none answered in ten minutes. */
async function askOrigins(
  core: Core,
  room: RoomName,
  roomId: string,
  o: NewChainsOptions,
): Promise<{ readonly heads: readonly Uint8Array[]; readonly blind: boolean }> {
  const own = core.config.feed.publicUrl?.replace(/^https?:\/\//, "");
  const others = (core.config.rooms.get(room)?.origins ?? []).filter((origin) => origin !== own);
  if (others.length === 0) return { heads: [], blind: false };
  const until = core.clock.now() + WAIT;
  for (let told = false; !o.signal.aborted; ) {
    const answers = await Promise.all(
      others.map((origin) => originHead(originUrl(origin), roomId, o.signal)),
    );
    if (answers.some((answer) => answer.kind !== "silent"))
      return { heads: answers.flatMap((a) => (a.kind === "head" ? [a.bytes] : [])), blind: false };
    if (core.clock.now() >= until) break;
    if (!told) o.waiting(room);
    told = true;
    await core.clock.sleep(PAUSE, o.signal);
  }
  return { heads: [], blind: true };
}
