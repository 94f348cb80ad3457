import { type Asked, configured, roomCalled } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { telegramAnswer, telegramUnsure as unsure } from "../operations/telegram.ts";
import { reachBridge } from "../reach-bridge.ts";
import { telegramRoom } from "../room-kinds.ts";

export interface TelegramUnsureOptions extends Asked {
  /** null: all rooms, which can only be looked at. */
  readonly room: string | null;
  readonly arrived: boolean;
  readonly missing: boolean;
}

/**
 * `postern telegram unsure`: of which announcements nobody knows whether they arrived (rooms with `unsure: hold`), and
 * the answer of somebody who has looked.
 */
export async function telegramUnsure(io: Io, options: TelegramUnsureOptions): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.telegram.unsure;
  const tell = (text: string): void => io.err(`${text}\n`);
  const answer = options.arrived ? "arrived" : options.missing ? "missing" : null;
  if (options.arrived && options.missing) {
    tell(say.both);
    return 1;
  }
  if (answer !== null && options.room === null) {
    tell(say.which);
    return 1;
  }
  const room = options.room === null ? null : roomCalled(io, loaded, options.room);
  if (options.room !== null && room === null) return 1;
  if (room !== null && telegramRoom(config, room) === null) {
    tell(words.telegram.isNotTelegram(room));
    return 1;
  }
  const found = await reachBridge(config, { io, lang, make: false });
  if (!found.ok) {
    tell(words.open[found.problem.code](found.problem.where));
    return 2;
  }
  const { reached } = found;
  if (reached === null) {
    io.out(`${say.none}\n`);
    return 0;
  }
  try {
    if (answer !== null && room !== null) {
      const done = await reached.ask(telegramAnswer, { room, answer });
      if (done === "answered") {
        tell(answer === "arrived" ? say.arrived(room) : say.missing(room));
        if (!reached.running) tell(say.stopped);
        return 0;
      }
      tell(done === "nothing" ? say.none : say.failed(room, words.telegram.faults.no_room_there));
      return 2;
    }
    const doubts = (await reached.ask(unsure, {})).filter((doubt) => room === null || doubt.room === room);
    if (doubts.length === 0) io.out(`${say.none}\n`);
    for (const doubt of doubts) {
      io.out(`${say.one(doubt.room, words.span(io.now() - doubt.at))}\n`);
      tell(say.hint(doubt.room));
    }
    return 0;
  } finally {
    await reached.close();
  }
}
