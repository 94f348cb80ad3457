import { readSize } from "./human.ts";
import type { Loose } from "./loose.ts";
import { nearest } from "./nearest.ts";
import { telegramRoot } from "./schema-telegram.ts";
import { error, type Told, warning } from "./told.ts";

/** The most that one file may hold on its way through Telegram's own Bot API, in bytes. */
export const telegramFileLimit = 50_000_000;

interface Use {
  readonly room: string;
  /** Whether it is the log of a sealed room that goes there. */
  readonly carried: boolean;
  /** Where it is written. */
  readonly at: readonly string[];
  readonly bot: string | undefined;
  readonly chat: string | undefined;
  readonly topic: string | undefined;
}

/** Every place in Telegram that a room leads to. */
function* uses(file: Loose): Iterable<Use> {
  for (const [name, room] of Object.entries(file.rooms)) {
    const at = ["rooms", name];
    if (room.type === "telegram")
      yield { room: name, carried: false, at, bot: room.bot, chat: room.chat, topic: room.topic };
    if (room.type === "sealed" && room.carrier !== undefined) {
      const { bot, chat, topic } = room.carrier;
      yield { room: name, carried: true, at: [...at, "carrier"], bot, chat, topic };
    }
  }
}

/**
 * Whether two may not be in one chat: never in one topic of it, and not where one of them looks for its posts by their
 * buttons and the others' posts, which it does not know, have buttons as well.
 */
function collide(one: Use, other: Use): boolean {
  if (one.chat?.trim() !== other.chat?.trim()) return false;
  return one.carried !== other.carried || (one.topic?.trim() ?? "") === (other.topic?.trim() ?? "");
}

/** Which bot serves which chat. */
function* bots(file: Loose): Iterable<Told> {
  const known = Object.keys(file.telegram);
  const named = new Set<string>();
  const taken: Use[] = [];
  for (const use of uses(file)) {
    const { room, at, bot, chat } = use;
    if (bot !== undefined) named.add(bot);
    if (bot !== undefined && !known.includes(bot))
      yield error([...at, "bot"], { code: "unknown_bot", found: bot, nearest: nearest(bot, known) });
    if (chat === undefined) continue;
    const other = taken.find((one) => collide(one, use));
    if (other !== undefined) yield error([...at, "chat"], { code: "chat_twice", room, other: other.room });
    taken.push(use);
  }
  for (const name of known)
    if (!named.has(name)) yield warning(["telegram", name], { code: "unused_bot", name });
}

/** Rules of mappings that Telegram cannot keep as they are set. */
function* rules(file: Loose): Iterable<Told> {
  for (const [index, mapping] of file.mappings.entries()) {
    const at = ["mappings", index];
    const size = mapping.largest_file === undefined ? null : readSize(mapping.largest_file);
    for (const name of mapping.rooms) {
      const room = typeof name === "string" ? file.rooms[name] : undefined;
      if (typeof name !== "string" || room?.type !== "telegram") continue;
      // Topics are of groups alone, where the right to pin is one of its own.
      if (mapping.pin.length > 0 && room.topic === undefined && room.probe !== "off")
        yield warning([...at, "pin"], { code: "pin_and_probe", room: name });
      const root = file.telegram[room.bot ?? ""]?.api_root?.replace(/\/+$/, "") ?? telegramRoot;
      if (size !== null && size > telegramFileLimit && root === telegramRoot)
        yield warning([...at, "largest_file"], { code: "above_telegram", room: name });
    }
  }
}

/** What no single key shows of Telegram's rooms and bots. */
export function* telegramChecks(file: Loose): Iterable<Told> {
  yield* bots(file);
  yield* rules(file);
}
