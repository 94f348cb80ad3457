import { mkdir } from "node:fs/promises";
import path from "node:path";
import type sodium from "libsodium-wrappers";
import { expect, test } from "vitest";
import { makeBackup } from "../../bridge/backup/backup.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { core, media, open, post, posted, ROOM, soon, start, texts } from "../core.helper.ts";
import { type Leak, searchFolder } from "./search.helper.ts";
import { unsealed } from "./unsealed.helper.ts";

const TEXT = "КанарейкаВКопии-81c3aa";
const NAME = "канарейка-копии-40d7.pdf";
const CONTENT = "canary-content-in-a-backup-2f66";
const TOKEN = "token-canary-in-settings-93be";
const KEY = "vault-key-canary-thirty-two-byte";

/** A backup of a core with a post, a file and a token in its settings; looks at the file that was written. */
async function leaks(lib: typeof sodium): Promise<readonly Leak[]> {
  const c = await core({ lib });
  c.source.files.set("ref", () => open(Buffer.from(CONTENT.repeat(2000))));
  const runtime = start(c);
  c.source.tell(posted(post(1, TEXT, { attachments: [media("ref", { name: NAME })] })));
  await soon(() => expect(texts(c)).toEqual([TEXT]));
  await soon(() => expect(c.bridge.store.seal.fileIds(ROOM)).toHaveLength(1));
  await runtime.stop();
  const away = path.join(c.folder, "away");
  await mkdir(away);
  const made = await makeBackup({
    lib,
    disk: systemDisk,
    db: c.db,
    seal: c.bridge.store.seal,
    dataFolder: c.folder,
    roomFile: (room, id) => c.bridge.files.path(room, id),
    vaultKey: new Uint8Array(Buffer.from(KEY)),
    settings: new Uint8Array(Buffer.from(`sources:\n  faculty: { token: ${TOKEN} }\n`)),
    file: path.join(away, "backup"),
    now: c.clock.now(),
  });
  expect(made.ok).toBe(true);
  return searchFolder(away, [TEXT, NAME, CONTENT, TOKEN, KEY]);
}

test("a backup has nothing in clear: no text, no file, no token, no key", async () => {
  expect(await leaks(await ready())).toEqual([]);
});

test("the search would find it: a backup that is not sealed trips it", async () => {
  const found = new Set((await leaks(unsealed(await ready()))).map((l) => l.canary));
  expect([...found]).toEqual(expect.arrayContaining([TEXT, CONTENT, TOKEN, KEY]));
});
