import { z } from "zod";
import { RoomName } from "../../bridge/model/ids.ts";
import { readCert } from "../../bridge/seal/cert.ts";
import { atomically } from "../../bridge/store/db.ts";
import { genuineHead } from "../genuine-head.ts";
import { linkOf } from "../join-link.ts";
import { bytes, operation } from "./operation.ts";

const room = z.object({ room: RoomName });

/** What is known of a room's keys; null: `room init` has not been run for it. */
export const roomState = operation({
  name: "room.state",
  changes: false,
  input: room,
  output: z
    .object({
      /** 32 lower-case hex digits: the folder under each origin. */
      roomId: z.string(),
      certificateEnds: z.number(),
    })
    .nullable(),
  async run({ core }, { room }) {
    const { store } = core.bridge;
    const state = store.seal.get(room);
    if (state === null) return null;
    const held = store.seal.certs(state.rootPk).find((c) => c.serial === state.serial)?.cert;
    const cert =
      held === undefined ? null : readCert(core.lib, new Uint8Array(held), new Uint8Array(state.rootPk));
    return {
      roomId: Buffer.from(state.roomId).toString("hex"),
      certificateEnds: (cert?.notAfter ?? 0) * 1000,
    };
  },
});

/** Makes a room's keys from the root's seed (32 bytes, not kept). A bridge that runs serves the room at once. */
export const roomInit = operation({
  name: "room.init",
  changes: true,
  input: room.extend({ seed: bytes.refine((seed) => seed.length === 32) }),
  /** `unserved`: made, but the bridge that runs has no such room in its configuration yet. */
  output: z.enum(["made", "unserved", "exists"]),
  async run({ core, live }, { room, seed }) {
    const { store, log } = core.bridge;
    const made = atomically(core.db, () => {
      if (store.seal.get(room) !== null) return false;
      log.create(room, seed);
      return true;
    });
    seed.fill(0);
    if (!made) return "exists";
    if (live === null) return "made";
    await live.renew();
    return core.config.rooms.has(room) ? "made" : "unserved";
  },
});

/** A room's join link; null: it has no keys. `page` ends in a slash, `origins` as the caller's configuration has them. */
export const roomLink = operation({
  name: "room.link",
  changes: false,
  input: room.extend({ page: z.string(), origins: z.array(z.string()), fromToday: z.boolean() }),
  output: z.string().nullable(),
  run: async ({ core }, i) => linkOf(core, i.room, i.page, i.fromToday, i.origins),
});

/** When a room's head was made, ms UTC; null when these bytes are no head that the room's keys signed. */
export const roomHead = operation({
  name: "room.head",
  changes: false,
  input: room.extend({ head: bytes }),
  output: z.number().nullable(),
  async run({ core }, { room, head }) {
    const genuine = genuineHead(core, room, head);
    return genuine === null ? null : genuine.made * 1000;
  },
});
