import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { Account, AccountReport, OpenedAccount } from "../../adapters/matrix/account.ts";
import type { AccountSettings } from "../../adapters/matrix/homeserver.ts";
import type { Kept } from "../../adapters/matrix/kept.ts";
import type { RoomWish } from "../../adapters/matrix/room-check.ts";
import { createFrame } from "../../bridge/chat/frame.ts";
import type { AccountName } from "../../bridge/model/ids.ts";
import type { Destination } from "../../bridge/outbox/destination.ts";
import type { Lifetime } from "../../bridge/runtime.ts";
import type { AccountConfig, Config, MatrixRoomConfig } from "../../config/config.ts";
import type { Core } from "../core.ts";
import { matrixRooms } from "../room-kinds.ts";
import { noteNewcomers } from "./newcomers.ts";

/** Why an account is not open: nobody logged in, or the keys of its session cannot be used. */
export type AccountProblem = Extract<OpenedAccount, { ok: false }>["code"];

/** The Matrix accounts of a configuration, open: each is one lifetime, with its rooms as destinations. */
export interface Accounts {
  readonly destinations: readonly Destination[];
  readonly lifetimes: readonly Lifetime[];
  /** null: it is not open. */
  of(name: AccountName): Account | null;
  /** Why it is not; null: it is, or there is no such account. */
  problem(name: AccountName): AccountProblem | null;
  close(): Promise<void>;
}

export type AccountEvent =
  | AccountReport
  /** It could not be opened: its rooms' announcements wait. */
  | { readonly kind: "closed"; readonly code: AccountProblem }
  /** The encryption engine broke: the process must end. */
  | { readonly kind: "broken"; readonly code: string };

export interface AccountsOptions {
  readonly report: (account: AccountName, event: AccountEvent) => void;
}

const none: Accounts = {
  destinations: [],
  lifetimes: [],
  of: () => null,
  problem: () => null,
  close: async () => {},
};

/** Opens every account that serves a room. Nothing of Matrix is loaded where none does. */
export async function openAccounts(core: Core, o: AccountsOptions): Promise<Accounts> {
  const named = new Set(matrixRooms(core.config).map((room) => room.account));
  const configs = [...core.config.matrix.values()].filter((account) => named.has(account.name));
  if (configs.length === 0) return none;
  const open = new Map<AccountName, Account>();
  const problems = new Map<AccountName, AccountProblem>();
  const destinations: Destination[] = [];
  const lifetimes: Lifetime[] = [];
  const report: AccountsOptions["report"] = (name, event) => {
    if (event.kind === "joined" || event.kind === "moved") noteNewcomers(core, event);
    o.report(name, event);
  };
  const close = async (): Promise<void> => {
    await Promise.all([...open.values()].map((account) => account.close()));
  };
  try {
    for (const config of configs) {
      const opened = await openAccountOf(core, config, report);
      if (!opened.ok) {
        problems.set(config.name, opened.code);
        o.report(config.name, { kind: "closed", code: opened.code });
        continue;
      }
      open.set(config.name, opened.account);
      destinations.push(...(await destinationsOf(core, config, opened.account)));
      lifetimes.push(lifetimeOf(config.name, opened.account, o.report));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    destinations,
    lifetimes,
    of: (name) => open.get(name) ?? null,
    problem: (name) => problems.get(name) ?? null,
    close,
  };
}

/** One account alone, for a command where no bridge runs. */
export async function openAccountOf(
  core: Core,
  config: AccountConfig,
  report: AccountsOptions["report"] = () => {},
): Promise<OpenedAccount> {
  const kept = await keptOf(core, config.name);
  // Before anything of the engine is loaded.
  if (kept.session.get() === null) return { ok: false, code: "no_session" };
  const { openAccount } = await import("../../adapters/matrix/account.ts");
  return openAccount({
    settings: await settingsOf(core.config, config),
    kept,
    rooms: roomsOf(core, config.name).map((room) => ({
      name: room.name,
      wish: wishOf(room),
    })),
    history: Math.max(0, ...roomsOf(core, config.name).map((room) => room.history)),
    frame: createFrame(core.config.lang),
    report: (event) => report(config.name, event),
    clock: core.clock,
    random: core.random,
  });
}

/** Whether an account is logged in, but the keys of its session are not on this machine. */
export async function keysMissing(core: Core, account: AccountConfig): Promise<boolean> {
  const session = (await keptOf(core, account.name)).session.get();
  if (session === null) return false;
  const { storeFile } = await import("../../adapters/matrix/homeserver.ts");
  const { folder } = await settingsOf(core.config, account);
  return (await stat(storeFile(folder, session.user, session.device)).catch(() => null)) === null;
}

/** What an account keeps. */
export async function keptOf(core: Core, account: AccountName): Promise<Kept> {
  const { keptOf } = await import("../../adapters/matrix/kept.ts");
  return keptOf(core.bridge.store.kept.of(`matrix.${account}`));
}

export async function settingsOf(config: Config, account: AccountConfig): Promise<AccountSettings> {
  return {
    name: account.name,
    baseUrl: account.baseUrl,
    proxy: account.proxy?.reveal() ?? null,
    ca: account.caFile === null ? null : await readFile(account.caFile, "utf8"),
    deviceName: account.deviceName,
    deadlines: account.deadlines,
    folder: path.join(config.data, "matrix", account.name),
  };
}

/** How a room should be on the server. */
export const wishOf = (room: MatrixRoomConfig): RoomWish => ({
  name: room.title,
  topic: room.topic,
  historyVisibility: room.historyVisibility,
});

/** The rooms that an account serves. One that was sealed before is none of them: its readers have links to it. */
const roomsOf = (core: Core, account: AccountName): readonly MatrixRoomConfig[] =>
  matrixRooms(core.config).filter(
    (room) => room.account === account && core.bridge.store.seal.get(room.name) === null,
  );

async function destinationsOf(
  core: Core,
  config: AccountConfig,
  { api, engine, members, watch }: Account,
): Promise<readonly Destination[]> {
  const { matrixDestination } = await import("../../adapters/matrix/destination.ts");
  const { createUploads } = await import("../../adapters/matrix/media.ts");
  const { bridge, clock, random, failpoints } = core;
  const uploads = createUploads({
    api,
    clock,
    failpoints,
    spooled: bridge.spooled,
    preview: bridge.preview,
  });
  return roomsOf(core, config.name).map((room) =>
    matrixDestination({
      room: room.name,
      api,
      engine,
      members,
      place: () => watch.place(room.name),
      held: () => watch.awaited(room.name),
      trust: { strict: room.trust === "strict", shareHistory: sharesHistory(room) },
      receiptOf: (announcement, part) => bridge.store.map.receiptOf(room.name, announcement, part),
      lang: room.lang,
      zone: room.zone,
      allows: bridge.allows,
      uploads,
      clock,
      random,
      failpoints,
    }),
  );
}

/** Whether those who are invited later may be given the keys of what is within `history`. */
export const sharesHistory = (room: MatrixRoomConfig): boolean =>
  room.history > 0 && room.historyVisibility === "shared";

function lifetimeOf(name: AccountName, account: Account, report: AccountsOptions["report"]): Lifetime {
  return {
    async run(signal) {
      try {
        await account.run(signal);
      } catch (error) {
        // By its code alone: nothing of an error's own is told.
        const code =
          error instanceof Error && error.name === "EngineBroken" && "code" in error ? error.code : "bug";
        report(name, { kind: "broken", code: String(code) });
        throw error;
      }
    },
  };
}
