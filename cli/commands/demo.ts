import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { systemClock } from "../../bridge/clock.ts";
import { silent } from "../../bridge/log/logger.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import { atomically } from "../../bridge/store/db.ts";
import type { Config, Lang } from "../../config/config.ts";
import { langOf } from "../../config/lang.ts";
import { loadConfig } from "../../config/load.ts";
import { startMaxSimulator } from "../../simulators/max/server.ts";
import { demoChannel, playWeek } from "../../simulators/max/week/week.ts";
import { type Core, openCore } from "../core.ts";
import type { ExitCode, Io } from "../io.ts";
import { linkOf } from "../join-link.ts";
import { readerPage } from "../reader-page.ts";
import { createReports } from "../reports.ts";
import { runWords } from "../run-words.ts";
import { serve } from "../serve.ts";
import { sourcesOf } from "../sources.ts";
import { wordsOf } from "../texts/index.ts";
import type { DemoTelegram } from "./demo-telegram.ts";

export interface DemoOptions {
  /** Port of the feed; null: any free one. */
  readonly port: number | null;
  readonly lang: Lang | null;
  /** Whether the week comes to a simulated Telegram as well. */
  readonly telegram: boolean;
}

const ROOM = RoomName.parse("faculty");

/** `postern demo`: everything on embedded parts in a temporary folder, until Ctrl-C. */
export async function demo(io: Io, options: DemoOptions): Promise<ExitCode> {
  const lang = options.lang ?? langOf(io.env);
  const say = runWords(lang);
  const tell = (text: string): void => io.err(`${text}\n`);
  tell(say.demoStarting);
  const folder = await mkdtemp(path.join(tmpdir(), "postern-demo-"));
  const max = await startMaxSimulator({ port: 0 });
  const ending = new AbortController();
  const signal = AbortSignal.any([io.signal, ending.signal]);
  let core: Core | null = null;
  let telegram: DemoTelegram | null = null;
  try {
    const channel = demoChannel(max);
    if (options.telegram) {
      const { startDemoTelegram } = await import("./demo-telegram.ts");
      telegram = await startDemoTelegram(channel.title);
    }
    const config = await configure({
      folder,
      maxUrl: max.url,
      channel,
      port: options.port ?? 0,
      lang,
      telegram,
    });
    const opened = await openCore(config, {
      env: { POSTERN_VAULT_KEY: randomBytes(32).toString("hex") },
      askPassphrase: null,
      keyInDataAllowed: true,
    });
    if (!opened.ok) {
      tell(wordsOf(lang).open[opened.problem.code](opened.problem.where));
      return 2;
    }
    core = opened.core;
    if (signal.aborted) return 0;
    const { bridge } = core;
    atomically(core.db, () => bridge.log.create(ROOM, randomBytes(32)));
    const [sources, reader] = [await sourcesOf(config, core.clock), await readerPage()];
    if (signal.aborted) return 0;
    const started = await serve(core, {
      witness: null,
      sources,
      reader,
      reports: createReports({ core, logger: silent, say, words: wordsOf(lang), tell }),
    });
    if (!started.ok) {
      tell(say.port(started.address, started.code === "port_taken"));
      return 2;
    }
    const { served } = started;
    await inPlace(core, signal);
    if (signal.aborted) {
      await served.stop();
      return 0;
    }
    tell(say.demoReady);
    io.out(`${linkOf(core, ROOM, served.page ?? "", false)}\n`);
    if (telegram !== null) {
      tell(say.demoTelegram);
      io.out(`${telegram.view}\n`);
    }
    tell(say.demoStop);
    const week = playWeek({ max, channel, clock: systemClock, signal, ...paceOf(io.env) });
    const failed = await Promise.race([aborted(io.signal), served.ended]).then(
      () => false,
      () => true,
    );
    if (failed) tell(say.failed);
    ending.abort();
    await week;
    await served.stop();
    return failed ? 2 : 0;
  } finally {
    ending.abort();
    core?.close();
    await max.close();
    await telegram?.close();
    await rm(folder, { recursive: true, force: true });
    tell(say.demoGone);
  }
}

/** How long the feed may take to have the room, and how often it is looked, ms. */
const PATIENCE = 10_000;
const LOOK = 25;

/** Resolves when the feed has the room, so that a link opened at once finds it there; or soon, if something is wrong. */
async function inPlace(core: Core, signal: AbortSignal): Promise<void> {
  const id = core.bridge.view(ROOM)?.roomId ?? "";
  const head = path.join(core.config.feed.folder, id, "head");
  for (let waited = 0; waited < PATIENCE && !existsSync(head); waited += LOOK)
    await core.clock.sleep(LOOK, signal);
}

/** The same file that a rep would write, so that the demo shows the real way. */
async function configure({
  folder,
  maxUrl,
  channel,
  port,
  lang,
  telegram,
}: {
  readonly folder: string;
  readonly maxUrl: string;
  readonly channel: { readonly chatId: string; readonly token: string; readonly title: string };
  readonly port: number;
  readonly lang: Lang;
  readonly telegram: DemoTelegram | null;
}): Promise<Config> {
  const file = path.join(folder, "postern.yaml");
  await mkdir(path.join(folder, "data"), { mode: 0o700 });
  const yaml = [
    "version: 1",
    `lang: ${lang}`,
    "data: ./data",
    "sources:",
    "  faculty:",
    "    type: max-bot",
    `    base_url: ${maxUrl}`,
    ...(telegram?.bots ?? []),
    "rooms:",
    `  ${ROOM}:`,
    "    type: sealed",
    `    title: ${JSON.stringify(channel.title)}`,
    // The week is in Russian, whatever language the terminal speaks: so is what Postern adds to it.
    "    lang: ru",
    ...(telegram?.room ?? []),
    "mappings:",
    "  - source: faculty",
    `    channel: ${channel.chatId}`,
    `    rooms: [${[ROOM, ...(telegram === null ? [] : [telegram.name])].join(", ")}]`,
    "    urgent: ['#срочно']",
    "    pin: ['#важно']",
    "    backfill: 20",
    "feed:",
    `  listen: 127.0.0.1:${port}`,
  ];
  await writeFile(file, `${yaml.join("\n")}\n`, { mode: 0o600 });
  const loaded = await loadConfig({ file, env: { POSTERN_FACULTY_TOKEN: channel.token }, lang });
  if (!loaded.ok)
    throw new Error(`the demo's own configuration is refused: ${JSON.stringify(loaded.errors)}`);
  return loaded.config;
}

/** A test of the demo may play the week faster: milliseconds that its second lasts. Nobody else needs this. */
function paceOf(env: Io["env"]): { readonly second?: number } {
  const second = Number(env.POSTERN_DEMO_SECOND);
  return second > 0 ? { second } : {};
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
