import { randomBytes, randomInt } from "node:crypto";
import { recoveryCode } from "../../bridge/seal/recovery.ts";
import type { Ask } from "../ask.ts";
import type { OpenBridge } from "../bridge-api.ts";
import { type Asked, configured, roomCalled } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { openBridge } from "../open-bridge.ts";
import { seedOf, typedWords, wordTable, wrongWithCode } from "../recovery-words.ts";
import type { RoomWords } from "../texts/shape.ts";

export interface RoomInitOptions extends Asked {
  readonly room: string;
  /** For scripts: the code goes to stdout and is not asked back. */
  readonly printCode: boolean;
}

const TRIES = 3;
const PLACES = 3;

/**
 * `postern room init`: makes a room's keys. The recovery code is shown once and asked back; until it was, nothing
 * of the room is made, and it is stored nowhere.
 */
export async function roomInit(
  io: Io,
  options: RoomInitOptions,
  open: OpenBridge = openBridge,
): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.room;
  const tell = (text: string): void => io.err(`${text}\n`);
  const room = roomCalled(io, loaded, options.room);
  if (room === null) return 1;
  if (!options.printCode && io.ask === null) {
    tell(say.needsTerminal);
    return 1;
  }
  // First, so that nobody writes down a code that then cannot be used.
  const opened = await open(config, { io, lang, make: true });
  if (!opened.ok) {
    tell(words.open[opened.problem.code](opened.problem.where));
    return 2;
  }
  const { bridge } = opened;
  try {
    if ((await bridge.rooms.state(room)) !== null) {
      tell(say.exists(room));
      return 1;
    }
    const seed =
      options.printCode || io.ask === null ? printed(io, say) : await agreed(io.ask, say, room, tell);
    if (seed === null) return 1;
    const made = await bridge.rooms.init(room, seed);
    seed.fill(0);
    tell(made === "exists" ? say.exists(room) : say.made(room));
    if (made === "unserved") tell(say.unserved);
    return made === "exists" ? 1 : 0;
  } finally {
    await bridge.close();
  }
}

function printed(io: Io, say: RoomWords): Uint8Array {
  const seed = randomBytes(32);
  io.out(`${recoveryCode(seed)}\n`);
  io.err(`${say.printed}\n`);
  return seed;
}

/** The seed of a code that the person holds; null when it came to nothing, which is said. */
async function agreed(
  ask: Ask,
  say: RoomWords,
  room: string,
  tell: (text: string) => void,
): Promise<Uint8Array | null> {
  const result = await ask.aside(async () => {
    ask.show(`${say.intro(room)}\n\n`);
    const which = await ask.choose(say.which, [
      { value: "fresh", label: say.fresh },
      { value: "reuse", label: say.reuse },
    ]);
    if (which === null) return { end: say.cancelled };
    return which === "reuse" ? typed(ask, say) : shown(ask, say);
  });
  if ("seed" in result) return result.seed;
  tell(result.end);
  return null;
}

type Agreement = { readonly seed: Uint8Array } | { readonly end: string };

/** The root of another room, by its code: who types it holds it. */
async function typed(ask: Ask, say: RoomWords): Promise<Agreement> {
  const code = await ask.line(say.typeCode, (answer) => wrongWithCode(answer, say));
  const seed = code === null ? null : seedOf(code);
  return seed === null ? { end: say.cancelled } : { seed };
}

/** A new code: shown, taken away, and asked back. */
async function shown(ask: Ask, say: RoomWords): Promise<Agreement> {
  const seed = randomBytes(32);
  const code = recoveryCode(seed).split(" ");
  // So that all of it stands on the smallest screen.
  ask.clear();
  ask.show(`${say.showing}\n\n${wordTable(code)}\n\n`);
  const written = await ask.confirm(say.written, say.yes, say.no);
  ask.clear();
  if (written !== true) return { end: written === null ? say.cancelled : say.notWritten };
  for (let left = TRIES; left > 0; left--) {
    const places = somePlaces(code.length);
    const answer = await ask.line(say.askBack(places), () => null);
    ask.clear();
    if (answer === null) return { end: say.cancelled };
    if (matches(typedWords(answer), code, places)) return { seed };
    if (left > 1) ask.show(`${say.wrongBack(left - 1)}\n\n`);
  }
  return { end: say.failed };
}

/** Places in the code, from 1, rising. */
function somePlaces(length: number): readonly number[] {
  const places = new Set<number>();
  while (places.size < PLACES) places.add(randomInt(length) + 1);
  return [...places].toSorted((a, b) => a - b);
}

/** Whether the words are those at the places, or the whole code. */
function matches(answer: readonly string[], code: readonly string[], places: readonly number[]): boolean {
  const wanted = answer.length === code.length ? code : places.map((place) => code[place - 1]);
  return answer.length === wanted.length && answer.every((word, i) => word === wanted[i]);
}
