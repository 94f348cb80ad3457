import type sodium from "libsodium-wrappers";
import { expect, test } from "vitest";
import { ready } from "../../bridge/seal/sodium.ts";
import { core, media, open, post, posted, ROOM, soon, start } from "../core.helper.ts";
import { type Leak, searchFolder } from "./search.helper.ts";
import { unsealed } from "./unsealed.helper.ts";

const TEXT = "КанарейкаВОтказе-2b7d90";
const NAME = "канарейка-отказа-55e1.pdf";
const REF = "https://media.example/refused-canary-71aa";
const all = [TEXT, NAME, REF];

/** A room refuses a post with a file; looks at all that is stored then. */
async function refused(lib: typeof sodium): Promise<readonly Leak[]> {
  const c = await core({ lib });
  const own = c.bridge.sealedRooms(() => {}).get(ROOM);
  if (own === undefined) throw new Error("no sealed room");
  c.source.files.set(REF, () => open(Buffer.from("content")));
  const runtime = start(c, {}, [], {
    destinations: [
      { ...own, prepare: async () => ({ kind: "outcome", outcome: { kind: "refused", code: "too_large" } }) },
    ],
  });
  c.source.tell(posted(post(1, TEXT, { attachments: [media(REF, { name: NAME })] })));
  const kept = c.db.prepare("SELECT count(*) FROM dead_letters WHERE kept_sealed IS NOT NULL").pluck();
  await soon(() => expect(kept.get()).toBe(1));
  await soon(() =>
    expect(
      c.db.prepare("SELECT count(*) FROM revisions WHERE payload_sealed IS NOT NULL").pluck().get(),
    ).toBe(0),
  );
  await runtime.stop();
  // The archive keeps the text too, sealed: what is looked for here is the letter's own copy.
  c.db.exec("DELETE FROM archive; DELETE FROM media");
  c.db.pragma("wal_checkpoint(TRUNCATE)");
  return searchFolder(c.folder, all);
}

test("what a dead letter keeps is in no clear form in the database", async () => {
  expect(await refused(await ready())).toEqual([]);
});

test("the search would find it: with the sealing switched off the letter trips it", async () => {
  const found = await refused(unsealed(await ready()));
  expect(found.map((leak) => leak.canary)).toContain(TEXT);
});
