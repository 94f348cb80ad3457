import type { Config } from "../config/config.ts";
import type { BridgeCommands, OpenBridge, RoomKeys } from "./bridge-api.ts";
import { matrixLook } from "./operations/matrix-look.ts";
import { roomHead, roomInit, roomLink, roomState } from "./operations/rooms.ts";
import { status } from "./operations/status.ts";
import type { Reached } from "./reach.ts";
import { reachBridge } from "./reach-bridge.ts";
import { originsOf } from "./room-kinds.ts";
import { serves } from "./telegram/bots.ts";

/** What the commands need, over {@link reachBridge}. */
export const openBridge: OpenBridge = async (config, options) => {
  const found = await reachBridge(config, options);
  if (!found.ok) return found;
  const { reached } = found;
  return { ok: true, bridge: reached === null ? nothingYet(config) : commandsOf(config, reached) };
};

/** What the commands see before there is a database. */
function nothingYet(config: Config): BridgeCommands {
  const rooms: RoomKeys = {
    state: async () => null,
    init: async () => {
      throw new Error("a room cannot be made without a database");
    },
    link: async () => null,
    headMade: async () => null,
  };
  return {
    exists: false,
    rooms,
    matrix: async () => ({
      accounts: [...config.matrix.keys()].map((name) => ({
        name,
        trouble: "no_session",
        signed: null,
        largest: null,
      })),
      rooms: [],
    }),
    status: async () => ({
      running: false,
      sources: [...config.sources.keys()].map((name) => ({ name, lastRead: null, trouble: null })),
      rooms: [...config.rooms.values()].map((room) => ({
        name: room.name,
        keys: room.type === "telegram",
        matrix: room.type === "matrix" ? { held: null, strict: room.trust === "strict", unread: null } : null,
        telegram: room.type === "telegram" ? { bot: room.bot, held: null, unsure: false } : null,
        queued: 0,
        head: null,
        dead: 0,
      })),
      accounts: [...config.matrix.keys()].map((name) => ({
        name,
        state: "out",
        heard: null,
        trouble: null,
        confirmed: null,
      })),
      bots: [...config.telegram.keys()]
        .filter((name) => serves(config, name))
        .map((name) => ({ name, heard: null, trouble: null, limited: null })),
      unmatched: 0,
      troubles: [],
    }),
    close: async () => {},
  };
}

function commandsOf(config: Config, reached: Reached): BridgeCommands {
  return {
    exists: true,
    rooms: {
      state: (room) => reached.ask(roomState, { room }),
      init: (room, seed) => reached.ask(roomInit, { room, seed }),
      link: (room, page, { fromToday }) =>
        reached.ask(roomLink, {
          room,
          page,
          fromToday,
          origins: [...originsOf(config, room)],
        }),
      headMade: (room, head) => reached.ask(roomHead, { room, head }),
    },
    matrix: () => reached.ask(matrixLook, {}),
    status: () => reached.ask(status, {}),
    close: () => reached.close(),
  };
}
