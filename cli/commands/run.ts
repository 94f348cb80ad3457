import { createLogger } from "../../bridge/log/logger.ts";
import { takeRunLock } from "../../bridge/store/run-lock.ts";
import type { Config, Lang } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { describe } from "../../config/texts.ts";
import { type Core, openCore } from "../core.ts";
import { failpointsFrom } from "../failpoint-env.ts";
import type { ExitCode, Io } from "../io.ts";
import { beginNewChains } from "../new-chains.ts";
import { askPassphrase } from "../open-bridge.ts";
import { readerPage } from "../reader-page.ts";
import { createReports } from "../reports.ts";
import { type RunWords, runWords } from "../run-words.ts";
import { serve } from "../serve.ts";
import { sourcesOf } from "../sources.ts";
import { wordsOf } from "../texts/index.ts";

export interface RunOptions {
  /** Path of the configuration; null: postern.yaml here. */
  readonly config: string | null;
  /** As asked for on the command line. */
  readonly lang: Lang | null;
}

/** `postern run`: the bridge, until it is stopped. */
export async function run(io: Io, options: RunOptions): Promise<ExitCode> {
  const loaded = await loadConfig({
    file: options.config ?? "postern.yaml",
    env: io.env,
    ...(options.lang === null ? {} : { lang: options.lang }),
  });
  const words = wordsOf(loaded.lang);
  for (const warning of loaded.warnings)
    io.err(`${words.usage.warning}: ${describe(warning, loaded.lang)}\n`);
  if (!loaded.ok) {
    for (const error of loaded.errors) io.err(`${describe(error, loaded.lang)}\n`);
    io.err(`${words.usage.configErrors(loaded.errors.length, options.config ?? "postern.yaml")}\n`);
    return 1;
  }
  const say = runWords(loaded.lang);
  const lock = takeRunLock(loaded.config.data, 2_000);
  if (lock === null) {
    io.err(`${say.locked(loaded.config.data)}\n`);
    return 1;
  }
  try {
    const opened = await openCore(loaded.config, {
      env: io.env,
      askPassphrase: askPassphrase(io.canAsk, say.passphrase),
      failpoints: failpointsFrom(io.env),
    });
    if (!opened.ok) {
      io.err(`${words.open[opened.problem.code](opened.problem.where)}\n`);
      return 2;
    }
    try {
      return await runCore(io, opened.core, loaded.config, say);
    } finally {
      opened.core.close();
    }
  } finally {
    lock.release();
  }
}

async function runCore(io: Io, core: Core, config: Config, say: RunWords): Promise<ExitCode> {
  const words = wordsOf(config.lang);
  const tell = (text: string): void => io.err(`${text}\n`);
  const logger = createLogger({
    level: config.log.level,
    file: config.log.file,
    target: { write: (line) => io.out(line) },
  });
  try {
    logger.event("bridge.starting");
    for (const room of config.rooms.keys())
      if (core.bridge.store.seal.get(room) === null) tell(say.noKeys(room));
    await beginNewChains(core, {
      signal: io.signal,
      began(room) {
        logger.event("chain.began", { room });
        tell(say.newChain(room));
      },
      waiting: (room) => tell(say.waitingForOrigins(room)),
    });
    if (io.signal.aborted) return 0;
    const made = await sourcesOf(config);
    const started = await serve(core, {
      sources: made,
      reader: config.feed.reader && config.feed.listen !== null ? await readerPage() : null,
      reports: createReports({ core, logger, say, words, tell }),
    });
    if (!started.ok) {
      logger.event("feed.failed");
      tell(say.port(started.address, started.code === "port_taken"));
      return 2;
    }
    const { served } = started;
    logger.event("bridge.started", served.port === null ? {} : { status: served.port });
    tell(say.started(served.page));
    const broken = await Promise.race([
      stopped(io.signal),
      served.ended.then(
        () => never(),
        () => true,
      ),
    ]);
    if (!broken) tell(say.stopping);
    logger.event(broken ? "bridge.failed" : "bridge.draining");
    await served.stop();
    logger.event("bridge.stopped");
    tell(broken ? say.failed : say.stopped);
    return broken ? 2 : 0;
  } finally {
    logger.close();
  }
}

const stopped = (signal: AbortSignal): Promise<false> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    else signal.addEventListener("abort", () => resolve(false), { once: true });
  });

/** Sources that all came to an end leave the rest running: the feed still serves. */
const never = (): Promise<boolean> => new Promise(() => {});
