import { RoomName } from "../../bridge/model/ids.ts";
import { type Asked, configured, roomCalled } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { deadDrop, deadList, deadRetry, type Which } from "../operations/dead.ts";
import type { Reached } from "../reach.ts";
import { reachBridge } from "../reach-bridge.ts";
import type { Words } from "../texts/shape.ts";

export interface DeadOptions extends Asked {
  readonly json: boolean;
}

export interface DeadChoice extends Asked {
  /** A letter's number as it was written; null: none. */
  readonly id: string | null;
  readonly room: string | null;
  readonly all: boolean;
}

type Work = (reached: Reached, words: Words) => Promise<ExitCode>;

/** `postern dead`: what rooms refused for good. It changes nothing. */
export async function dead(io: Io, options: DeadOptions): Promise<ExitCode> {
  return withBridge(io, options, async (reached, words) => {
    const letters = await reached.ask(deadList, {});
    if (options.json) {
      const shown = letters.map(({ acceptedAt, refusedAt, ...rest }) => ({
        ...rest,
        accepted: new Date(acceptedAt).toISOString(),
        refused: new Date(refusedAt).toISOString(),
      }));
      io.out(`${JSON.stringify(shown, null, 2)}\n`);
      return 0;
    }
    const say = words.care.dead;
    if (letters.length === 0) {
      io.out(`${say.none}\n`);
      return 0;
    }
    for (const { id, room, action, code, refusedAt, kept } of letters) {
      const line = say.letter(id, room, say.actions[action], words.span(io.now() - refusedAt), code);
      io.out(`${line}${kept ? "" : `; ${say.gone}`}\n`);
    }
    io.err(`${say.hint}\n`);
    return 0;
  });
}

/** `postern dead retry`: puts them back into their lanes. 2: one of them cannot be tried again. */
export async function deadRetryCommand(io: Io, choice: DeadChoice): Promise<ExitCode> {
  return chosen(io, choice, async (reached, words, which) => {
    const say = words.care.dead;
    const results = await reached.ask(deadRetry, which);
    if (results.length === 0) io.err(`${say.none}\n`);
    const lines = { queued: say.queued, gone: say.goneOne, superseded: say.superseded, unknown: say.unknown };
    for (const { id, result } of results) io.err(`${lines[result](id)}\n`);
    if (!reached.running && results.some(({ result }) => result === "queued")) io.err(`${say.stopped}\n`);
    return results.some(({ result }) => result === "gone" || result === "unknown") ? 2 : 0;
  });
}

/** `postern dead drop`: erases them with what they kept. */
export async function deadDropCommand(io: Io, choice: DeadChoice): Promise<ExitCode> {
  return chosen(io, choice, async (reached, words, which) => {
    const say = words.care.dead;
    const results = await reached.ask(deadDrop, which);
    if (results.length === 0) io.err(`${say.none}\n`);
    for (const { id, dropped } of results) io.err(`${dropped ? say.dropped(id) : say.unknown(id)}\n`);
    return results.some(({ dropped }) => !dropped) ? 2 : 0;
  });
}

async function chosen(
  io: Io,
  choice: DeadChoice,
  work: (reached: Reached, words: Words, which: Which) => Promise<ExitCode>,
): Promise<ExitCode> {
  const loaded = await configured(io, choice, { secrets: false });
  if (loaded === null) return 1;
  const { id, all } = choice;
  const given = [id !== null, choice.room !== null, all].filter((one) => one).length;
  const number = id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null;
  if (given !== 1 || (id !== null && number === null)) {
    io.err(`${loaded.words.care.dead.which}\n`);
    return 1;
  }
  let which: Which = { kind: "all" };
  if (number !== null) which = { kind: "one", id: number };
  else if (choice.room !== null) {
    // A room that is configured no longer may have letters too.
    const room = RoomName.safeParse(choice.room).data ?? roomCalled(io, loaded, choice.room);
    if (room === null) return 1;
    which = { kind: "room", room };
  }
  return withBridge(io, choice, (reached, words) => work(reached, words, which));
}

async function withBridge(io: Io, asked: Asked, work: Work): Promise<ExitCode> {
  const loaded = await configured(io, asked, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const opened = await reachBridge(config, { io, lang, make: false });
  if (!opened.ok) {
    io.err(`${words.open[opened.problem.code](opened.problem.where)}\n`);
    return 2;
  }
  if (opened.reached === null) {
    io.out(`${words.care.dead.none}\n`);
    return 0;
  }
  try {
    return await work(opened.reached, words);
  } finally {
    await opened.reached.close();
  }
}
