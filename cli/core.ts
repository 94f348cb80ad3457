import { existsSync } from "node:fs";
import path from "node:path";
import type sodium from "libsodium-wrappers";
import { DELETABLE } from "../adapters/telegram/age.ts";
import { type Bridge, createBridge, type RoomSettings } from "../bridge/bridge.ts";
import { systemRandom } from "../bridge/clock.ts";
import { systemDisk } from "../bridge/disk.ts";
import { type Failpoints, noFailpoints } from "../bridge/failpoint.ts";
import type { Clock, Random } from "../bridge/model/effects.ts";
import type { RoomName } from "../bridge/model/ids.ts";
import { ready } from "../bridge/seal/sodium.ts";
import { openWitness, type Witness } from "../bridge/seal/witness.ts";
import { type Db, openDatabase } from "../bridge/store/db.ts";
import { readHashKey } from "../bridge/store/hash-key.ts";
import { findKey, type KeyProblem, type KeySources, witnessFile } from "../bridge/vault/key.ts";
import { createVault, type Vault } from "../bridge/vault/vault.ts";
import type { Config, RoomConfig } from "../config/config.ts";
import { privateFolders } from "../config/secrets.ts";
import type { OpenProblem } from "./bridge-api.ts";
import { clockFrom } from "./clock-env.ts";

/** The core over one opened database. Nothing runs yet. */
export interface Core {
  readonly config: Config;
  readonly lib: typeof sodium;
  readonly vault: Vault;
  /** The vault's key itself: for backups, which bring it back. */
  readonly key: Uint8Array;
  readonly keyPlace: {
    /** The file of the key, or with a passphrase of its salt; null: no file of ours. */
    readonly file: string | null;
    readonly withPassphrase: boolean;
    /** Whether it is the key in {@link file}; else that of a change that was cut off, which lies beside it. */
    readonly inForce: boolean;
  };
  readonly witness: Witness;
  readonly db: Db;
  readonly bridge: Bridge;
  readonly clock: Clock;
  readonly random: Random;
  readonly failpoints: Failpoints;
  close(): void;
}

export interface CoreOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks for the vault's passphrase, twice when it is fresh; null where nobody can be asked. */
  readonly askPassphrase: ((fresh: boolean) => Promise<string | null>) | null;
  readonly failpoints?: Failpoints;
  /** The demo's key may lie beside its data, which it throws away. */
  readonly keyInDataAllowed?: boolean;
}

export type OpenedCore =
  | { readonly ok: true; readonly core: Core }
  | { readonly ok: false; readonly problem: OpenProblem };

/** The database of a configuration, whether it exists or not. */
export const databaseFile = (config: Config): string => path.join(config.data, "postern.db");

const keyProblem = (problem: KeyProblem): OpenProblem => ({
  code: problem.code,
  where: "file" in problem ? problem.file : "where" in problem ? problem.where : "",
});

/** What the core needs to know of a room. */
function settingsOf(room: RoomConfig): RoomSettings {
  if (room.type !== "sealed") {
    const info = { lang: room.lang, history: room.history };
    return { timing: room.timing, info: room.type === "telegram" ? { ...info, takesBack: DELETABLE } : info };
  }
  return {
    timing: room.timing,
    info: {
      title: room.title,
      zone: room.zone,
      lang: room.lang,
      history: room.history,
      origins: room.origins,
      ...(room.telegram === null ? {} : { chat: room.telegram }),
      ...(room.welcome === null ? {} : { text: room.welcome }),
    },
  };
}

/** Where a configuration's vault key is looked for. */
export const keySources = (config: Config, o: Omit<CoreOptions, "failpoints">): KeySources => ({
  dataFolder: config.data,
  keyFile: config.vault.keyFile,
  environment: o.env.POSTERN_VAULT_KEY ?? null,
  passphrase: config.vault.passphrase ? (o.askPassphrase ?? (async () => null)) : null,
  allowInside: o.keyInDataAllowed === true,
  privateFolders: privateFolders(o.env),
});

/** Finds the vault's key, opens the database and puts the core together. Faults are values. */
export async function openCore(config: Config, o: CoreOptions): Promise<OpenedCore> {
  const file = databaseFile(config);
  const found = await findKey(keySources(config, o), existsSync(file));
  if (!found.ok) return { ok: false, problem: keyProblem(found.problem) };
  const place = config.witness ?? witnessFile(config.data);
  const witness = await openWitness(systemDisk, place).catch(() => null);
  if (witness === null) return { ok: false, problem: { code: "witness_unreadable", where: place } };
  const lib = await ready();
  let { key } = found;
  let opened = open(file, createVault(lib, key));
  if (!opened.ok && opened.problem.code === "wrong_key" && found.next !== null) {
    // A change of the key ended after the database took the new one.
    key = found.next;
    opened = open(file, createVault(lib, key));
  }
  if (!opened.ok) return opened;
  const vault = createVault(lib, key);
  const hashKey = readHashKey(opened.db, vault);
  const base: Base = {
    lib,
    vault: hashKey === null ? vault : createVault(lib, key, hashKey),
    key,
    keyPlace: { file: found.file, withPassphrase: found.origin === "passphrase", inForce: key === found.key },
    witness,
    db: opened.db,
    clock: clockFrom(o.env),
    random: systemRandom,
    failpoints: o.failpoints ?? noFailpoints,
    close: () => opened.db.close(),
  };
  return { ok: true, core: withConfig(base, config) };
}

/** A core without what depends on the configuration. */
type Base = Omit<Core, "config" | "bridge">;

/** The same core, over the same database, under another configuration of the same data folder. */
export function withConfig(base: Base, config: Config): Core {
  const { lib, vault, db, clock, random, failpoints } = base;
  const rooms = new Map<RoomName, RoomSettings>(
    [...config.rooms].map(([name, room]) => [name, settingsOf(room)]),
  );
  const bridge = createBridge({
    lib,
    vault,
    db,
    disk: systemDisk,
    dataFolder: config.data,
    mappings: config.mappings,
    rooms,
    clock,
    random,
    failpoints,
    // Rooms whose messengers answered meanwhile wait for the disk together.
    gather: setImmediate,
  });
  return { ...base, config, bridge };
}

function open(
  file: string,
  vault: Vault,
): { readonly ok: true; readonly db: Db } | { readonly ok: false; readonly problem: OpenProblem } {
  try {
    const result = openDatabase(file, vault);
    if (result.ok) return result;
    const codes = {
      wrong_key: "wrong_key",
      newer_schema: "newer_database",
      not_a_database: "unreadable",
      in_use: "in_use",
      upgrade_failed: "upgrade_failed",
    } as const;
    return { ok: false, problem: { code: codes[result.problem.code], where: file } };
  } catch {
    // Permissions, a full disk, a folder in the way: SQLite's own words would not help the rep.
    return { ok: false, problem: { code: "unreadable", where: file } };
  }
}
