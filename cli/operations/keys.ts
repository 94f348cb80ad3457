import { z } from "zod";
import { RoomName } from "../../bridge/model/ids.ts";
import { rootPair } from "../../bridge/seal/keys.ts";
import { LAST_RESTART } from "../../bridge/seal/log.ts";
import { NOTHING_YET } from "../../bridge/seal/witness.ts";
import { atomically } from "../../bridge/store/db.ts";
import type { Core } from "../core.ts";
import { highestRestart, isOutdated, toldOf } from "../told.ts";
import { bytes, operation } from "./operation.ts";

/** Asking every place of a room takes up to ten seconds, and rooms are asked at once. */
const DEADLINE = 60_000;
const LAST_SERIAL = 65_535;

const rooms = z.array(RoomName);

const Certified = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("certified"),
    rooms,
    serial: z.number(),
    cert: bytes,
    /** ms UTC. */
    ends: z.number(),
  }),
  /** No room here is of this root; or these are of another, or have no keys. */
  z.object({ kind: z.literal("other_root"), rooms }),
  z.object({ kind: z.literal("unheard"), rooms }),
  z.object({ kind: z.literal("used_up") }),
]);
type Certified = z.output<typeof Certified>;

/**
 * Puts rooms of the root that a recovery code (32 bytes, not kept) opens under a new certificate, its serial one above
 * all that database, witness and the rooms' places tell of. `rooms` null: all rooms of the root.
 */
export const roomCertify = operation({
  name: "room.certify",
  changes: true,
  deadline: DEADLINE,
  input: z.object({
    seed: bytes.refine((seed) => seed.length === 32),
    rooms: rooms.nullable(),
    /** Whether to go on where none of a room's places answers: one of them may know a higher serial. */
    unheard: z.boolean(),
  }),
  output: Certified,
  async run({ core, live }, { seed, rooms: wanted, unheard }) {
    const done = await certify(core, seed, wanted, unheard).finally(() => seed.fill(0));
    if (done.kind === "certified") await live?.renew();
    return done;
  },
});

async function certify(
  core: Core,
  seed: Uint8Array,
  wanted: readonly RoomName[] | null,
  unheard: boolean,
): Promise<Certified> {
  const { log, store } = core.bridge;
  const { seal } = store;
  const root = rootPair(core.lib, seed).publicKey;
  const own = seal.rooms().filter((room) => isOf(core, room, root));
  const chosen = [...(wanted ?? own)];
  const strange = chosen.filter((room) => !own.includes(room));
  const [first] = chosen;
  if (first === undefined || strange.length > 0) return { kind: "other_root", rooms: strange };
  const told = await Promise.all(own.map((room) => toldOf(core, room, never())));
  const silent = own.filter((_room, i) => told[i]?.unheard === true);
  if (silent.length > 0 && !unheard) return { kind: "unheard", rooms: silent };
  const serial = Math.max(...told.map((t) => t.serial), ...seal.certs(root).map((c) => c.serial)) + 1;
  if (serial > LAST_SERIAL) return { kind: "used_up" };
  atomically(core.db, () => {
    log.certify(chosen, seed, serial);
    for (const room of chosen) hurry(core, room);
  });
  const cert = seal.certs(root).find((c) => c.serial === serial)?.cert;
  if (cert === undefined) throw new Error("a certificate that was not kept");
  const ends = log.certificateEnds(first);
  return { kind: "certified", rooms: chosen, serial, cert: new Uint8Array(cert), ends };
}

/** Gives a room a new key, in a new chain: its old links read nothing of what comes. */
export const roomRekey = operation({
  name: "room.rekey",
  changes: true,
  deadline: DEADLINE,
  input: z.object({ room: RoomName, unheard: z.boolean() }),
  /** `certificate`: only a new certificate helps first. `unheard`: none of its places answers. */
  output: z.enum(["rekeyed", "no_keys", "certificate", "unheard"]),
  async run({ core, live }, { room, unheard }) {
    const { log, store } = core.bridge;
    const state = store.seal.get(room);
    if (state === null) return "no_keys";
    if (log.writable(room) !== "yes") return "certificate";
    const told = await toldOf(core, room, never());
    if (told.unheard && !unheard) return "unheard";
    const restart = highestRestart(state, told) + 1;
    if (isOutdated(core, state, told) || restart > LAST_RESTART) return "certificate";
    const place = { serial: state.serial, restart, seq: NOTHING_YET };
    // The new key is worth more than the number's being known to a database that is restored later: no reason to wait.
    await core.witness.note(Buffer.from(state.roomId).toString("hex"), place).catch(() => {});
    const done = atomically(core.db, () => log.rekey(room, restart));
    if (!done) return "certificate";
    await live?.renew();
    return "rekeyed";
  },
});

const never = (): AbortSignal => new AbortController().signal;

function isOf(core: Core, room: RoomName, root: Uint8Array): boolean {
  const rootPk = core.bridge.store.seal.get(room)?.rootPk;
  return rootPk !== undefined && Buffer.from(rootPk).equals(root);
}

/** What waited for the certificate is tried at once. */
function hurry(core: Core, room: RoomName): void {
  const { lanes, deliveries } = core.bridge.store;
  const head = lanes.head(room);
  if (head !== null) deliveries.retry(head, core.clock.now());
  lanes.refresh(room);
}
