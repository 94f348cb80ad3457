import { createLogger, silent } from "../../bridge/log/logger.ts";
import type { Notice } from "../../bridge/notices/port.ts";
import type { Config } from "../../config/config.ts";
import { type Asked, configured } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { noticeRoutes } from "../notice-routes.ts";
import { noticeText } from "../notice-words.ts";

/** The longest that one way may take, ms. */
const DEADLINE = 40_000;

/**
 * `postern notices test`: a test by every way to the rep, and which of them arrived. It needs no bridge, works beside
 * a running one and stores nothing. 2: one did not arrive, or the log is the only way.
 */
export async function noticesTest(io: Io, asked: Asked): Promise<ExitCode> {
  const loaded = await configured(io, asked, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.care.notices;
  const now = io.now();
  const notice: Notice = { code: "test", state: "trouble", since: now, at: now };
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(DEADLINE)]);
  const log = openLog(config, io);
  const routes = noticeRoutes({
    config,
    env: io.env,
    logger: log ?? silent,
    tell: (text) => io.err(`${text}\n`),
  });
  const text = noticeText(notice, lang);
  const results = new Map(
    await Promise.all(
      routes.map(async (route) => [route.name, await route.send(notice, text, signal)] as const),
    ),
  );
  if (log === null) results.set("log", false);
  log?.close();
  let failed = false;
  for (const route of ["log", "command", "webhook"] as const) {
    const arrived = results.get(route);
    if (arrived === undefined) continue;
    failed ||= !arrived;
    io.out(`${arrived ? say.arrived(say.routes[route]) : say.failed[route]}\n`);
  }
  if (config.notices.command !== null || config.notices.webhook !== null) return failed ? 2 : 0;
  io.err(`${say.only}\n`);
  return 2;
}

/** null: the log's file cannot be opened. */
function openLog({ log }: Config, io: Io): ReturnType<typeof createLogger> | null {
  try {
    return createLogger({ level: "info", file: log.file, target: { write: (line) => io.err(line) } });
  } catch {
    return null;
  }
}
