import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { silent } from "../bridge/log/logger.ts";
import { RoomName } from "../bridge/model/ids.ts";
import { atomically } from "../bridge/store/db.ts";
import { openCore } from "../cli/core.ts";
import { linkOf } from "../cli/join-link.ts";
import { readerPage } from "../cli/reader-page.ts";
import { createReports } from "../cli/reports.ts";
import { runWords } from "../cli/run-words.ts";
import { serve } from "../cli/serve.ts";
import { sourcesOf } from "../cli/sources.ts";
import { wordsOf } from "../cli/texts/index.ts";
import { loadConfig } from "../config/load.ts";
import { startMaxSimulator } from "../simulators/max/server.ts";

export interface Stack {
  /** Join link of the one room. */
  readonly link: string;
  /** Publishes a text in the channel. */
  publish(text: string): void;
  /** Stops everything and removes its folder. */
  close(): Promise<void>;
}

const ROOM = RoomName.parse("bench");

/** MAX's stand-in, a bridge and the feed with the reader, as `run` starts them; `posts` stand there before. */
export async function startStack(posts: number): Promise<Stack> {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-bench-"));
  const max = await startMaxSimulator({ port: 0 });
  const { chatId } = max.control.createChannel({ title: "Объявления" });
  for (let i = 1; i <= posts; i++)
    max.control.publish({ chatId, text: `Объявление № ${i}: экзамен в аудитории ${200 + i}.`, silent: true });
  const file = path.join(folder, "postern.yaml");
  const yaml = [
    "version: 1",
    "data: ./data",
    `sources: { faculty: { type: max-bot, base_url: "${max.url}" } }`,
    `rooms: { ${ROOM}: { type: sealed, title: Факультет } }`,
    `mappings: [{ source: faculty, channel: ${chatId}, rooms: [${ROOM}], backfill: ${posts} }]`,
    'feed: { listen: "127.0.0.1:0" }',
  ];
  await mkdir(path.join(folder, "data"), { mode: 0o700 });
  await writeFile(file, `${yaml.join("\n")}\n`, { mode: 0o600 });
  const env = { POSTERN_FACULTY_TOKEN: max.token, POSTERN_VAULT_KEY: randomBytes(32).toString("hex") };
  const loaded = await loadConfig({ file, env, lang: "en" });
  if (!loaded.ok)
    throw new Error(`the bench's own configuration is refused: ${JSON.stringify(loaded.errors)}`);
  const { config } = loaded;
  const opened = await openCore(config, { env, askPassphrase: null, keyInDataAllowed: true });
  if (!opened.ok) throw new Error(opened.problem.code);
  const { core } = opened;
  atomically(core.db, () => core.bridge.log.create(ROOM, randomBytes(32)));
  const say = runWords("en");
  const started = await serve(core, {
    witness: null,
    sources: await sourcesOf(config),
    reader: await readerPage(),
    reports: createReports({ core, logger: silent, say, words: wordsOf("en"), tell: () => undefined }),
  });
  if (!started.ok) throw new Error(`${started.code} ${started.address}`);
  const { served } = started;
  return {
    link: linkOf(core, ROOM, served.page ?? "", false) ?? "",
    publish: (text) => void max.control.publish({ chatId, text }),
    async close() {
      await served.stop();
      core.close();
      await max.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
