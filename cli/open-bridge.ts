import { isCancel, password } from "@clack/prompts";
import type { reasons } from "../bridge/log/events.ts";
import { readCert } from "../bridge/seal/cert.ts";
import { atomically } from "../bridge/store/db.ts";
import { takeRunLock } from "../bridge/store/run-lock.ts";
import type {
  BridgeCommands,
  BridgeStatus,
  OpenBridge,
  RoomKeys,
  RoomStatus,
  SourceStatus,
} from "./bridge-api.ts";
import { type Core, openCore } from "./core.ts";
import { linkOf, pageOf } from "./join-link.ts";
import { runWords } from "./run-words.ts";

/** Asks for the vault's passphrase at the terminal; null when nobody is there or it was cancelled. */
export const askPassphrase =
  (canAsk: boolean, message: string): (() => Promise<string | null>) =>
  async () => {
    if (!canAsk) return null;
    const given = await password({ message });
    return isCancel(given) || given === undefined ? null : given;
  };

/** Opens the store for a command. SQLite lets it work beside a running bridge. */
export const openBridge: OpenBridge = async (config) => {
  const canAsk = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const opened = await openCore(config, {
    env: process.env,
    askPassphrase: askPassphrase(canAsk, runWords(config.lang).passphrase),
  });
  return opened.ok ? { ok: true, bridge: commandsOf(opened.core) } : opened;
};

function commandsOf(core: Core): BridgeCommands {
  return {
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
    async link(room, { fromToday }) {
      const page = pageOf(core.config);
      return page === null ? null : linkOf(core, room, page, fromToday);
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
