import type { Bot } from "./bot.ts";
import type { ChatId, TopicId } from "./ids.ts";
import { lookAt } from "./look.ts";
import { type ChatLook, flawsOf, heldBy, type RoomFlaw, type RoomWish } from "./rights.ts";

/** A chat that offers itself as a room, and what is not yet as it should be. */
export interface FoundPlace {
  readonly chat: ChatId;
  readonly topic: TopicId | null;
  readonly look: ChatLook;
  readonly flaws: readonly RoomFlaw[];
  /** Whether announcements can be sent there. Pins and probing are among the flaws. */
  readonly usable: boolean;
}

export interface SetupOptions {
  readonly bot: Pick<Bot, "api" | "listen" | "state">;
  readonly wish: Omit<RoomWish, "topic">;
  /** What `/postern <code>` in a group or one of its topics must say. */
  readonly code: string;
  /** Told of each chat as it is found or changed; true: this one it shall be. */
  readonly found: (place: FoundPlace) => boolean | Promise<boolean>;
  /** Told why a chat could not be looked at. */
  readonly fault: (code: string) => void;
}

interface Hint {
  readonly chat: ChatId;
  readonly topic: TopicId | null;
}

/**
 * Waits for the chat that is to be a room: a channel or group in which the bot gets its rights, or a group or topic in
 * which somebody writes `/postern <code>`. The bot must be running and have met Telegram. null: `signal` aborted.
 */
export async function awaitPlace(o: SetupOptions, signal: AbortSignal): Promise<FoundPlace | null> {
  const hints: Hint[] = [];
  let wake = (): void => {};
  const said = new RegExp(`^/postern(@\\w+)?\\s+${o.code.replace(/[^\w-]/g, "")}\\s*$`, "i");
  /** Where the code was written: a change of rights there is about that topic. */
  let topic: Hint | null = null;
  const add = (hint: Hint): void => {
    hints.push(hint);
    wake();
  };
  const stop = o.bot.listen((update) => {
    if (update.kind === "standing" && update.in !== "private" && update.inside)
      add(topic?.chat === update.chat ? topic : { chat: update.chat, topic: null });
    if (update.kind !== "message" || update.in === "private" || !said.test(update.text ?? "")) return;
    topic = { chat: update.chat, topic: update.topic };
    add(topic);
  });
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  try {
    while (!signal.aborted) {
      const hint = hints.shift();
      if (hint === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const place = await placeAt(o, hint, signal);
      if (place !== null && (await o.found(place))) return place;
    }
    return null;
  } finally {
    signal.removeEventListener("abort", onAbort);
    stop();
  }
}

async function placeAt(o: SetupOptions, hint: Hint, signal: AbortSignal): Promise<FoundPlace | null> {
  const me = o.bot.state().me;
  if (me === null) return null;
  let { chat } = hint;
  let looked = await lookAt(o.bot.api, me.id, chat, signal);
  if (looked.kind === "moved") {
    chat = looked.to;
    looked = await lookAt(o.bot.api, me.id, chat, signal);
  }
  if (looked.kind !== "ok") {
    const code = looked.kind === "held" ? looked.held : looked.kind === "fault" ? looked.code : "bad_answer";
    if (!signal.aborted) o.fault(code);
    return null;
  }
  const wish: RoomWish = { ...o.wish, topic: hint.topic };
  const { look } = looked;
  return { chat, topic: hint.topic, look, flaws: flawsOf(look, wish), usable: heldBy(look, wish) === null };
}
