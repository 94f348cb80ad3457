import { createLogger } from "../../bridge/log/logger.ts";
import { type RunLock, takeRunLock } from "../../bridge/store/run-lock.ts";
import type { Config } from "../../config/config.ts";
import { type Asked, configured, tellWarnings } from "../configured.ts";
import { type Core, openCore } from "../core.ts";
import { drainTime } from "../drain.ts";
import { failpointsFrom } from "../failpoint-env.ts";
import type { ExitCode, Io } from "../io.ts";
import { createLiveBridge } from "../live-bridge.ts";
import { accountReports } from "../matrix/reports.ts";
import { notSetUp } from "../matrix/rooms.ts";
import { beginNewChains, WAIT } from "../new-chains.ts";
import { operations } from "../operations/table.ts";
import { createOversight } from "../oversight.ts";
import { askPassphrase } from "../passphrase.ts";
import { wasEncrypted } from "../promised.ts";
import { readerPage } from "../reader-page.ts";
import { createReports } from "../reports.ts";
import { isSealed, matrixRooms, telegramRooms } from "../room-kinds.ts";
import { type RunWords, runWords } from "../run-words.ts";
import { selfCheck } from "../self-check.ts";
import { type ServeOptions, serve } from "../serve.ts";
import { tellReady } from "../service-manager.ts";
import { type CommandServer, serveCommands } from "../socket/server.ts";
import { sourcesOf } from "../sources.ts";
import { botReports } from "../telegram/reports.ts";
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

/** null: its file cannot be opened. */
function loggerOf(io: Io, { log }: Config): ReturnType<typeof createLogger> | null {
  try {
    return createLogger({ level: log.level, file: log.file, target: { write: (line) => io.out(line) } });
  } catch {
    return null;
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
  const logger = loggerOf(io, config);
  if (logger === null) {
    tell(say.logFailed(config.log.file ?? ""));
    return 2;
  }
  /** Ends what runs beside the bridge. */
  const beside = new AbortController();
  const unwitnessed = once(() => tell(say.witnessFailed(core.witness.file)));
  const parts = async (over: Core, known: Config | null): Promise<ServeOptions> => ({
    sources: await sourcesOf(over.config, over.clock),
    reader: over.config.feed.reader && over.config.feed.listen !== null ? await readerPage() : null,
    reports: oversight.watch(createReports({ core: over, logger, say, words, tell })),
    accounts: accountReports({ logger, notices: oversight.notices }),
    bots: botReports({ logger, notices: oversight.notices }),
    care: oversight.care,
    witness: blind ? null : { of: over.witness, failed: unwitnessed },
    async before() {
      await beginNewChains(over, {
        signal: io.signal,
        rooms: [...over.config.rooms.keys()].filter((room) => known?.rooms.has(room) !== true),
        // What runs already does not stand still for places that do not answer.
        patience: known === null ? WAIT : 0,
        witness: blind ? null : over.witness,
        unwitnessed,
        began(room) {
          logger.event("chain.began", { room });
          tell(say.newChain(room));
          oversight.notices.raise({ code: "new_chain", room });
        },
        waiting(room) {
          tell(say.waitingForOrigins(room));
          oversight.notices.raise({ code: "origins_silent", room });
        },
        halted(room, why) {
          logger.event("room.halted", { room, reason: why });
          tell(say.halted(room, why));
          oversight.notices.raise({ code: "room_halted", room });
        },
      });
      return !io.signal.aborted;
    },
  });
  // A place that was not asked for may not be there for a service; one that was asked for must be.
  const blind = !(await core.witness.writable());
  if (blind)
    tell(config.witness === null ? say.noWitness(core.witness.file) : say.witnessFailed(config.witness));
  if (blind && config.witness !== null) return 2;
  const live = createLiveBridge({
    io,
    core,
    logger,
    parts,
    troubles: () => oversight.notices.lasting(),
  });
  const oversight = createOversight({
    core: () => live.core,
    accounts: () => live.accounts,
    bots: () => live.bots,
    env: io.env,
    logger,
    tell,
    lang: words.lang,
  });
  let commands: CommandServer | null = null;
  let broken = false;
  try {
    logger.event("bridge.starting");
    const { clock } = core;
    const at = () => ({ core: live.core, live });
    commands = await serveCommands({ dataFolder: config.data, env: io.env, operations, at, clock });
    if (commands === null) tell(say.noSocket);
    for (const room of await notSetUp(core))
      tell(isSealed(config, room) ? say.noKeys(room) : words.matrix.noRoom(room));
    for (const room of matrixRooms(config))
      if (core.bridge.store.seal.get(room.name) !== null) tell(words.matrix.wasSealed(room.name));
    for (const room of telegramRooms(config))
      if (wasEncrypted(core, room.name)) tell(words.telegram.wasEncrypted(room.name));
    let listening = false;
    await oversight.start(() => (live.core.config.feed.listen === null ? null : listening));
    const first = await parts(core, null);
    const started = await serve(core, first);
    if (!started.ok) {
      if (started.code === "ended") return 0;
      logger.event("feed.failed");
      tell(say.port(started.address, started.code === "port_taken"));
      return 2;
    }
    const { served } = started;
    listening = true;
    await live.started(served, first);
    logger.event("bridge.started", served.port === null ? {} : { status: served.port });
    tell(say.started(served.page));
    void selfCheck(first.sources, {
      say,
      words,
      tell,
      signal: AbortSignal.any([io.signal, beside.signal]),
    });
    // What breaks in it breaks what is served, which tells of it.
    const reopening = live.reopening(beside.signal).catch(() => undefined);
    if (!(await tellReady(io.env))) tell(say.notTold);
    broken = await Promise.race([
      stopped(io.signal),
      served.ended.then(
        () => never(),
        () => true,
      ),
    ]);
    if (!broken) tell(say.stopping);
    logger.event(broken ? "bridge.failed" : "bridge.draining");
    await drainTime(clock, async (cut) => {
      beside.abort();
      await before(cut, reopening);
      await before(cut, commands?.close());
      await served.stop(cut);
    });
    logger.event("bridge.stopped");
    tell(broken ? say.failed : say.stopped);
    return broken ? 2 : 0;
  } finally {
    beside.abort();
    await drainTime(core.clock, async (cut) => {
      await before(cut, commands?.close());
      await oversight.stop(broken, cut);
    });
    logger.close();
  }
}

/** Resolves when `work` ended, or when `cut` aborts before. */
const before = async (cut: AbortSignal, work: Promise<void> | undefined): Promise<void> => {
  await Promise.race([work, stopped(cut)]);
};

/** The same, done at its first call only. */
function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

const stopped = (signal: AbortSignal): Promise<false> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    else signal.addEventListener("abort", () => resolve(false), { once: true });
  });

/** Sources that all came to an end leave the rest running: the feed still serves. */
const never = (): Promise<boolean> => new Promise(() => {});
