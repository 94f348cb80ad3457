import type sodium from "libsodium-wrappers";
import { ascii, Cut, concat, equal, number } from "./bytes.ts";
import { hash } from "./keys.ts";

/** What a join link carries: whoever holds it reads from its day on. */
export interface JoinSecret {
  readonly rootPk: Uint8Array;
  readonly salt: Uint8Array;
  /** The lowest chain kept that `key` opens. */
  readonly serial: number;
  readonly restart: number;
  readonly epoch: number;
  readonly key: Uint8Array;
}

const LENGTH = 80;
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const checksum = (lib: typeof sodium, x: Uint8Array): Uint8Array => hash(lib, 4, null, ascii("PSR1/link"), x);

/**
 * A join link. `page`: the reader page's address without a fragment. `origins`: without scheme, best first; empty
 * for the page's own folder.
 */
export function joinLink(
  lib: typeof sodium,
  page: string,
  j: JoinSecret,
  origins: readonly string[],
): string {
  const x = concat(
    number(1, 1),
    j.rootPk,
    j.salt,
    number(j.serial, 2),
    number(j.restart, 1),
    number(j.epoch, 4),
    j.key,
  );
  const places = origins.map((origin) => origin.replaceAll("~", "%7E")).join("~");
  return `${page}#j.${base64url(concat(x, checksum(lib, x)))}${places === "" ? "" : `.${places}`}`;
}

/** Reads a join link back; null when it is none or was damaged on the way. */
export function readJoinLink(
  lib: typeof sodium,
  link: string,
): { readonly secret: JoinSecret; readonly origins: readonly string[] } | null {
  const found = /#j\.([A-Za-z0-9_-]+)(?:\.(.+))?$/.exec(link);
  if (found?.[1] === undefined) return null;
  const bytes = new Uint8Array(Buffer.from(found[1], "base64url"));
  if (bytes.length !== LENGTH + 4) return null;
  const x = bytes.slice(0, LENGTH);
  if (x[0] !== 1 || !equal(bytes.subarray(LENGTH), checksum(lib, x))) return null;
  const cut = new Cut(x);
  cut.take(1);
  const secret = {
    rootPk: cut.take(32),
    salt: cut.take(8),
    serial: cut.number(2),
    restart: cut.number(1),
    epoch: cut.number(4),
    key: cut.take(32),
  };
  const origins = (found[2] ?? "").split("~").filter((o) => o !== "");
  return { secret, origins: origins.map((o) => o.replaceAll("%7E", "~")) };
}

/** Points at one record without any secret: it opens nothing for who does not hold the room's link. */
export function locator(
  page: string,
  at: {
    readonly roomId: Uint8Array;
    readonly serial: number;
    readonly restart: number;
    readonly seq: number;
  },
  recordHash: Uint8Array,
): string {
  const room = Buffer.from(at.roomId).toString("hex");
  return `${page}#p.${room}.${at.serial}.${at.restart}.${at.seq}.${base64url(recordHash.subarray(0, 8))}`;
}

/** A new certificate for those who hold the room's link already. */
export const renewal = (page: string, cert: Uint8Array): string => `${page}#a.${base64url(cert)}`;
