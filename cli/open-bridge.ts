import { existsSync } from "node:fs";
import type { reasons } from "../bridge/log/events.ts";
import { readCert } from "../bridge/seal/cert.ts";
import { atomically } from "../bridge/store/db.ts";
import { takeRunLock } from "../bridge/store/run-lock.ts";
import type { Config } from "../config/config.ts";
import type { Ask } from "./ask.ts";
import type {
  BridgeCommands,
  BridgeStatus,
  OpenBridge,
  RoomKeys,
  RoomStatus,
  SourceStatus,
} from "./bridge-api.ts";
import { type Core, databaseFile, openCore } from "./core.ts";
import { genuineHead } from "./genuine-head.ts";
import { linkOf } from "./join-link.ts";
import { type RunWords, runWords } from "./run-words.ts";

/** Asks for the vault's passphrase; a fresh one twice. null when nobody is there or it was cancelled. */
export const askPassphrase =
  (ask: Ask | null, say: RunWords): ((fresh: boolean) => Promise<string | null>) =>
  async (fresh) => {
    if (ask === null) return null;
    for (;;) {
      const given = await ask.secret(say.passphrase);
      if (given === null || given === "" || !fresh) return given;
      const again = await ask.secret(say.passphraseAgain);
      if (again === null || again === given) return again;
      ask.show(`${say.passphraseDiffers}\n`);
    }
  };

/** Opens the store for a command. SQLite lets it work beside a running bridge. */
export const openBridge: OpenBridge = async (config, { io, lang, make }) => {
  if (!make && !existsSync(databaseFile(config))) return { ok: true, bridge: nothingYet(config) };
  const opened = await openCore(config, {
    env: io.env,
    askPassphrase: askPassphrase(io.ask, runWords(lang)),
  });
  return opened.ok ? { ok: true, bridge: commandsOf(opened.core) } : opened;
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
    status: async () => ({
      running: false,
      sources: [...config.sources.keys()].map((name) => ({ name, lastRead: null, trouble: null })),
      rooms: [...config.rooms.keys()].map((name) => ({ name, keys: false, queued: 0, head: null, dead: 0 })),
      unmatched: 0,
    }),
    close: async () => {},
  };
}

function commandsOf(core: Core): BridgeCommands {
  return {
    exists: true,
    rooms: roomKeys(core),
    status: async () => statusOf(core),
    close: async () => core.close(),
  };
}

function roomKeys(core: Core): RoomKeys {
  const { store, log } = core.bridge;
  return {
    async state(room) {
      const state = store.seal.get(room);
      if (state === null) return null;
      const bytes = store.seal.certs(state.rootPk).find((c) => c.serial === state.serial)?.cert;
      const cert =
        bytes === undefined ? null : readCert(core.lib, new Uint8Array(bytes), new Uint8Array(state.rootPk));
      return {
        roomId: Buffer.from(state.roomId).toString("hex"),
        certificateEnds: (cert?.notAfter ?? 0) * 1000,
      };
    },
    async init(room, seed) {
      return atomically(core.db, () => {
        if (store.seal.get(room) !== null) return "exists";
        log.create(room, seed);
        return "made";
      });
    },
    link: async (room, page, { fromToday }) => linkOf(core, room, page, fromToday),
    async headMade(room, bytes) {
      const head = genuineHead(core, room, bytes);
      return head === null ? null : head.made * 1000;
    },
  };
}

function statusOf(core: Core): BridgeStatus {
  const { config, bridge } = core;
  const { store } = bridge;
  const lock = takeRunLock(config.data, 0);
  lock?.release();
  const lengths = new Map(store.lanes.lengths().map((l) => [l.room, l.n]));
  const rooms = [...config.rooms.keys()].map((name): RoomStatus => {
    const first = store.lanes.head(name);
    const head = first === null ? null : store.deliveries.get(first);
    return {
      name,
      keys: store.seal.get(name) !== null,
      queued: lengths.get(name) ?? 0,
      head:
        head === null
          ? null
          : {
              since: head.accepted_at,
              mapping: head.mapping,
              attempts: head.tries,
              due: head.due_at > core.clock.now() ? head.due_at : null,
            },
      dead: store.deliveries.dead().reduce((n, d) => (d.room === name ? n + d.n : n), 0),
    };
  });
  return {
    running: lock === null,
    sources: [...config.sources.keys()].map(
      (name): SourceStatus => ({
        name,
        lastRead: store.sources.readAt(name),
        trouble: troubleOf(store.sources.trouble(name)),
      }),
    ),
    rooms,
    unmatched: store.counters.all().no_mapping ?? 0,
  };
}

const troubles = [
  "rate_limited",
  "server_error",
  "unreachable",
  "not_json",
  "bad_answer",
  "timeout",
  "tls",
  "proxy",
  "webhook_set",
  "token_refused",
  "access_denied",
  "gone",
] as const satisfies readonly (typeof reasons)[number][];

const troubleOf = (code: string | null): SourceStatus["trouble"] =>
  troubles.find((known) => known === code) ?? null;
