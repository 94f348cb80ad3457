import { createLogger } from "../../bridge/log/logger.ts";
import { type RunLock, takeRunLock } from "../../bridge/store/run-lock.ts";
import { type Asked, configured, tellWarnings } from "../configured.ts";
import { type Core, openCore } from "../core.ts";
import { failpointsFrom } from "../failpoint-env.ts";
import type { ExitCode, Io } from "../io.ts";
import { beginNewChains } from "../new-chains.ts";
import { askPassphrase } from "../open-bridge.ts";
import { readerPage } from "../reader-page.ts";
import { createReports } from "../reports.ts";
import { type RunWords, runWords } from "../run-words.ts";
import { serve } from "../serve.ts";
import { tellReady } from "../service-manager.ts";
import { sourcesOf } from "../sources.ts";
import type { Words } from "../texts/shape.ts";

/** `postern run`: the bridge, until it is stopped. */
export async function run(io: Io, options: Asked): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: true });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  tellWarnings(io, words, loaded.warnings);
  const say = runWords(lang);
  const lock = lockOf(config.data);
  if (lock === "held" || lock === "unusable") {
    io.err(`${lock === "held" ? say.locked(config.data) : words.open.unreadable(config.data)}\n`);
    return lock === "held" ? 1 : 2;
  }
  try {
    const opened = await openCore(config, {
      env: io.env,
      askPassphrase: askPassphrase(io.ask, say),
      failpoints: failpointsFrom(io.env),
    });
    if (!opened.ok) {
      io.err(`${words.open[opened.problem.code](opened.problem.where)}\n`);
      return 2;
    }
    try {
      return await runCore(io, opened.core, say, words);
    } finally {
      opened.core.close();
    }
  } finally {
    lock.release();
  }
}

/** The lock of a data folder. `unusable`: the folder cannot be made or written to. */
function lockOf(dataFolder: string): RunLock | "held" | "unusable" {
  try {
    return takeRunLock(dataFolder, 2_000) ?? "held";
  } catch {
    return "unusable";
  }
}

async function runCore(io: Io, core: Core, say: RunWords, words: Words): Promise<ExitCode> {
  const { config } = core;
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
    const made = await sourcesOf(config, core.clock);
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
    if (!(await tellReady(io.env))) tell(say.notTold);
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
