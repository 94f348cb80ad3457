import { readdirSync, readFileSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { split } from "../../adapters/web/reader/psr1/record.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import { readCert } from "../../bridge/seal/cert.ts";
import { nextDay } from "../../bridge/seal/keys.ts";
import { openRecord, parseRecord } from "../../bridge/seal/record.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { createVault, type Vault } from "../../bridge/vault/vault.ts";
import { core, items, media, open, payloads, post, ROOM, soon, start } from "../core.helper.ts";
import { searchFolder } from "./search.helper.ts";

const DAY = 86_400_000;
const DAYS = 6;
const HISTORY = 2;
const NONCE = 24;
const TAG = 16;

const textOf = (day: number): string => `Канарейка-дня-${day}-c91e77`;
const contentOf = (day: number): string => `canary-in-a-file-of-day-${day}-5b0f`;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/**
 * A vault of glass: all that its own key would open lies open. What is sealed under other keys stays sealed, and these
 * keys are noted down in the order in which they were used.
 */
function glass(vault: Vault): { readonly vault: Vault; readonly others: string[] } {
  const others: string[] = [];
  const seeThrough: Vault = {
    ...vault,
    seal: (_purpose, _place, plain) =>
      new Uint8Array(Buffer.concat([new Uint8Array(NONCE), plain, new Uint8Array(TAG)])),
    open: (_purpose, _place, sealed) =>
      sealed.length < NONCE + TAG ? null : sealed.slice(NONCE, sealed.length - TAG),
    under(key) {
      others.push(hex(key));
      return vault.under(key);
    },
  };
  return { vault: seeThrough, others };
}

/** Every file of a folder, as one. */
function everything(folder: string): Buffer {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(files.map((entry) => readFileSync(path.join(entry.parentPath, entry.name))));
}

/** Whether a key lies in bytes: as it is, in hex or in base64. */
function holds(bytes: Buffer, hexKey: string): boolean {
  const key = Buffer.from(hexKey, "hex");
  const forms = [key, hexKey, key.toString("base64").slice(0, 42), key.toString("base64url").slice(0, 42)];
  return forms.some((form) => bytes.includes(form));
}

test("a copy of the whole data folder, with the vault's key, opens nothing that is older than the windows", async () => {
  const lib = await ready();
  const { vault, others } = glass(createVault(lib, new Uint8Array(32).fill(42)));
  const c = await core({ lib, vault, history: HISTORY });
  const feed = path.join(c.folder, "feed");
  const runtime = start(c, {}, [createTreeCarrier(systemDisk, feed, noFailpoints)]);
  const state = () => {
    const found = c.bridge.store.seal.get(ROOM);
    if (found === null) throw new Error("no keys");
    return found;
  };
  /** For each day: the room's key, the archive's, and that of the file in its post. */
  const keys: {
    readonly epoch: number;
    readonly room: string;
    readonly archive: string;
    readonly file: string;
  }[] = [];
  for (let day = 0; day < DAYS; day++) {
    const before = others.length;
    c.source.files.set(`ref-${day}`, () => open(Buffer.from(`${contentOf(day)}\n`.repeat(3000))));
    const about = post(day, textOf(day), { attachments: [media(`ref-${day}`)], postedAt: c.clock.now() });
    c.source.tell({ type: "posted", at: c.clock.now(), post: about });
    await soon(() => expect(items(c).at(-1)).toMatchObject({ text: textOf(day), files: [{}] }));
    keys.push({
      epoch: state().epoch,
      room: hex(state().key),
      archive: others[before] ?? "",
      file: hex(Buffer.from(items(c).at(-1)?.files?.[0]?.key ?? "", "base64url")),
    });
    if (day === DAYS - 1) break;
    c.source.tell();
    c.clock.advance(DAY);
    await soon(() => {
      c.clock.advance(60_000);
      expect(payloads(c).at(-1)?.k).toBe("info");
    });
  }
  await soon(() => expect(state().keyEpoch).toBe(state().epoch - HISTORY));
  await runtime.stop();
  const copy = `${c.folder}-copy`;
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  await cp(c.folder, copy, { recursive: true });
  const bytes = everything(copy);

  const older = keys.filter((k) => k.epoch < state().keyEpoch);
  expect(older.length).toBeGreaterThanOrEqual(3);
  for (const [day, known] of keys.entries()) {
    const old = day < older.length;
    expect(known.archive).toMatch(/^[0-9a-f]{64}$/);
    expect(holds(bytes, known.archive), `the archive's key of day ${day}`).toBe(!old);
    expect(holds(bytes, known.file), `the key of the file of day ${day}`).toBe(!old);
    if (old) expect(holds(bytes, known.room), `the room's key of day ${day}`).toBe(false);
  }
  expect(holds(bytes, hex(state().key)), "the room's key of the window").toBe(true);
  const canaries = older.flatMap((_, day) => [textOf(day), contentOf(day)]);
  expect(searchFolder(copy, canaries)).toEqual([]);

  // What the feed keeps of older days does not open under the key that is there, nor under any that follows from it.
  const root = new Uint8Array(state().rootPk);
  const cert = readCert(lib, new Uint8Array(c.bridge.store.seal.certs(root)[0]?.cert ?? []), root);
  if (cert === null) throw new Error("no certificate");
  const place = path.join(copy, "feed", hex(state().roomId), "s", "1.0");
  const published = readdirSync(place).flatMap(
    (n) => split(new Uint8Array(readFileSync(path.join(place, n)))).records,
  );
  let closed = 0;
  for (const record of published) {
    if ((parseRecord(record)?.epoch ?? 0) >= state().keyEpoch) continue;
    closed++;
    let key: Uint8Array = state().key;
    for (let step = 0; step < 20; step++, key = nextDay(lib, key))
      expect(openRecord(lib, record, cert.onlinePk, key).ok).toBe(false);
  }
  expect(closed).toBeGreaterThanOrEqual(older.length);
}, 120_000);
