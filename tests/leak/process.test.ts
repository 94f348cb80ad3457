import { mkdir } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { bridgeIn, startMax } from "../e2e/web/stack.helper.ts";
import { reader } from "../reader.helper.ts";
import { type Leak, searchBytes, searchFolder } from "./search.helper.ts";

const TEXT = "КанарейкаВТексте-77c1e0";
const EDITED = "КанарейкаПослеПравки-4d2a9b";
const FILE = "канарейка-имя-файла-e81f.docx";
const SENDER = "Отправителева-Канарейка-19ab";
const USER = "804126739915";
const TOKEN = "token-canary-f00d5a1e";
const MEDIA = "canary-within-media-5b7e93-";
const BUTTON = "КанарейкаКнопки-c0de77";
const canaries = [TEXT, EDITED, FILE, SENDER, USER, TOKEN, MEDIA, BUTTON];

interface Found {
  /** In the data folder (database, WAL, spool, files, feed, log) and the temporary folder. */
  readonly disk: readonly Leak[];
  /** In all that the process printed. */
  readonly printed: readonly Leak[];
}

/**
 * A real process with its log at trace level mirrors a post that carries every canary, dies in the middle of the
 * file, starts again and ends. Looks after the crash and at the end.
 */
async function run(
  node: readonly string[],
  published: (b: Awaited<ReturnType<typeof bridgeIn>>) => Promise<void>,
): Promise<{ readonly crashed: Found; readonly ended: Found }> {
  const max = await startMax(TOKEN);
  const chat = await max.channel("Факультет");
  const b = await bridgeIn(
    ({ port, folder }) => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
rooms:
  one: { type: sealed, title: Комната }
mappings:
  - { source: faculty, channel: ${chat}, rooms: [one], senders: ['${USER}'] }
feed: { listen: "127.0.0.1:${port}", reader: false }
log: { level: trace, file: ${path.join(folder, "data", "postern.log")} }
`,
    max.token,
  );
  const tmp = path.join(b.folder, "tmp");
  await mkdir(tmp);
  const output: string[] = [];
  const look = (): Found => ({
    disk: [...searchFolder(path.join(b.folder, "data"), canaries), ...searchFolder(tmp, canaries)],
    printed: searchBytes("printed", Buffer.from(output.join("\n")), canaries),
  });
  const first = b.start("media.middle:3", node, { TMPDIR: tmp });
  await first.line(/The bridge runs/);
  await max.polled(2);
  const { mediaId } = await max.media({
    bytes: Buffer.from(MEDIA.repeat(20_000)).toString("base64"),
    filename: FILE,
  });
  const mid = await max.publish({
    chatId: chat,
    text: TEXT,
    sender: { userId: USER, firstName: SENDER },
    attachments: [
      { type: "file", media: mediaId },
      { type: "inline_keyboard", buttons: [[{ type: "callback", text: BUTTON, payload: BUTTON }]] },
    ],
  });
  expect(await first.ended).toBe("SIGKILL");
  output.push(first.output());
  const crashed = look();
  await max.edit({ mid, text: EDITED });
  await max.call("fault", { path: "/updates", times: 2, fault: { kind: "html" } });
  const second = b.start(undefined, node, { TMPDIR: tmp });
  await second.line(/The bridge runs/);
  await published(b);
  second.process.kill("SIGTERM");
  expect(await second.ended).toBe(0);
  output.push(second.output());
  return { crashed, ended: look() };
}

test("a real bridge, killed in the middle of a file, leaves no canary on the disk, in its log or in what it prints", async () => {
  const { crashed, ended } = await run([], async (b) => {
    const r = await reader(b.link("one"));
    await vi.waitFor(() => expect(r.room().items[0]).toMatchObject({ text: EDITED, files: [{}] }), {
      timeout: 60_000,
    });
    r.close();
  });
  expect(crashed).toEqual({ disk: [], printed: [] });
  expect(ended).toEqual({ disk: [], printed: [] });
}, 120_000);

test("the search would find it: the same process with its sealing switched off trips it in every store", async () => {
  // From here on this test's own library seals nothing either: it makes the room's keys.
  const preload = path.join(import.meta.dirname, "unsealed.preload.ts");
  await import(preload);
  const { crashed, ended } = await run(["--import", preload], (b) =>
    vi.waitFor(() => expect(searchFolder(path.join(b.folder, "data", "feed"), [EDITED])).not.toEqual([]), {
      timeout: 60_000,
    }),
  );
  const where = (leaks: readonly Leak[], part: RegExp) =>
    new Set(leaks.filter((l) => part.test(l.file)).map((l) => l.canary));
  expect(where(crashed.disk, /postern\.db(-wal)?$/)).toContain(TEXT);
  expect(where(crashed.disk, /\/spool\/[^/]+\.part$/)).toContain(MEDIA);
  expect(where(ended.disk, /\/feed\/[0-9a-f]+\/s\//)).toContain(EDITED);
  expect(where(ended.disk, /\/feed\/[0-9a-f]+\/f\//)).toContain(MEDIA);
}, 120_000);
