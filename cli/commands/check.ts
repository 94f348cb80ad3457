import { systemClock } from "../../bridge/clock.ts";
import type { Source } from "../../bridge/model/source.ts";
import type { Config } from "../../config/config.ts";
import { describe } from "../../config/texts.ts";
import type { OpenBridge } from "../bridge-api.ts";
import { checkKeys } from "../check/keys.ts";
import { fine, type Line, note, printed, wrong } from "../check/line.ts";
import { checkMatrix } from "../check/matrix.ts";
import { checkNotices } from "../check/notices.ts";
import { checkReach } from "../check/reach.ts";
import { checkRights } from "../check/rights.ts";
import { checkTelegram } from "../check/telegram.ts";
import { type Asked, configured } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { openBridge } from "../open-bridge.ts";
import { sealedRooms } from "../room-kinds.ts";
import { sourcesOf } from "../sources.ts";

/** What a check works with besides the configuration; tests hand in their own. */
export interface CheckParts {
  readonly open: OpenBridge;
  readonly sources: (config: Config) => Promise<readonly Source[]>;
  /** ms for each place on the web. */
  readonly deadline: number;
  /** ms for all questions to one source, each of which has a deadline of its own. */
  readonly sourceDeadline: number;
}

const parts: CheckParts = {
  open: openBridge,
  sources: sourcesOf,
  deadline: 10_000,
  sourceDeadline: 30_000,
};

/**
 * `postern check`: configuration, keys, rights and reachability, in plain words. It changes nothing and works beside
 * a running bridge.
 */
export async function check(io: Io, options: Asked, o: CheckParts = parts): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: true });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const { titles } = words.check;
  let count = 0;
  const section = async (title: string, lines: Promise<readonly Line[]>): Promise<void> => {
    io.out(`${title}\n`);
    for (const line of await lines) {
      if (line.mark === "wrong") count++;
      io.out(printed(line));
    }
  };

  // Asked for at once, told in order.
  const rights = o
    .sources(config)
    .then((sources) => checkRights(sources, { words, signal: io.signal, deadline: o.sourceDeadline }))
    .catch(() => [wrong(words.check.sourceFailed)]);
  const telegram = checkTelegram(config, words, { clock: systemClock, signal: io.signal });
  const settings = [
    fine(words.check.configFine(loaded.file)),
    ...loaded.warnings.map((warning) => note(describe(warning, lang))),
    ...checkNotices(config, words),
  ];
  const bots = async (): Promise<void> => {
    const lines = await telegram;
    if (lines !== null) await section(words.telegram.check.title, Promise.resolve(lines));
  };
  await section(titles.config, Promise.resolve(settings));
  const opened = await o.open(config, { io, lang, make: false });
  if (opened.ok) {
    const { bridge } = opened;
    try {
      const { running } = await bridge.status();
      const sealed = sealedRooms(config).length > 0 || config.rooms.size === 0;
      const reach = checkReach({
        config,
        bridge,
        running,
        words,
        now: io.now(),
        signal: io.signal,
        deadline: o.deadline,
      });
      await section(titles.keys, checkKeys(config, bridge, words, io.now()));
      await section(titles.rights, rights);
      const onServers = await checkMatrix(config, bridge, words);
      if (onServers !== null) await section(words.matrix.check.title, Promise.resolve(onServers));
      await bots();
      if (sealed) await section(titles.reach, reach);
    } finally {
      await bridge.close();
    }
  } else {
    const problem = wrong(words.open[opened.problem.code](opened.problem.where));
    await section(titles.keys, Promise.resolve([problem]));
    await section(titles.rights, rights);
    await bots();
  }
  if (io.signal.aborted) return 2;
  io.out(`${count === 0 ? words.check.fine : words.check.wrong(count)}\n`);
  return count === 0 ? 0 : 2;
}
