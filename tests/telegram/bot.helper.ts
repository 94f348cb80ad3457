import type { Answer, Api, Call } from "../../adapters/telegram/api.ts";
import { ChatId, TopicId, UserId } from "../../adapters/telegram/ids.ts";
import type { BotRoom } from "../../adapters/telegram/room-watch.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";

export const never = new AbortController().signal;
export const ME = { id: 777, is_bot: true, first_name: "Bot", username: "campus_bot" };
export const BOT = UserId.parse(ME.id);
export const CHANNEL = ChatId.parse(-1_001_000_000_001);
export const GROUP = ChatId.parse(-4_001);
export const SUPERGROUP = ChatId.parse(-1_001_000_000_002);
export const TOPIC = TopicId.parse(9);
export const FACULTY = RoomName.parse("faculty");

export const ok = (result: unknown): Answer => ({ kind: "ok", result });
export const refused = (why: Extract<Answer, { kind: "refused" }>["why"], migratedTo?: ChatId): Answer => ({
  kind: "refused",
  why,
  ...(migratedTo === undefined ? {} : { migratedTo }),
});

/** A room of the channel, unless told otherwise. */
export const room = (over: Partial<BotRoom> = {}): BotRoom => ({
  name: FACULTY,
  chat: CHANNEL,
  topic: null,
  pins: false,
  probe: true,
  ...over,
});

/** What is kept, in memory. `said`: all of it as JSON. */
export function memoryKeep(): Keep & { said(): string } {
  const values = new Map<string, string>();
  return {
    get: (place) => {
      const found = values.get(place);
      return found === undefined ? undefined : JSON.parse(found);
    },
    put: (place, value) => void values.set(place, JSON.stringify(value)),
    drop: (place) => void values.delete(place),
    places: (beginning) => [...values.keys()].filter((place) => place.startsWith(beginning)).sort(),
    together: (work) => work(),
    said: () => JSON.stringify([...values]),
  };
}

/** An API whose answers a test gives; a method without one waits until it is aborted. */
export function scripted(
  answers: Record<string, Answer | ((call: Call) => Answer | Promise<Answer>)>,
): Api & { readonly calls: Call[]; of(method: string): readonly Call["payload"][]; close(): void } {
  const calls: Call[] = [];
  return {
    calls,
    of: (method) => calls.filter((call) => call.method === method).map((call) => call.payload),
    close() {},
    async call(call, signal) {
      calls.push(call);
      const answer = answers[call.method];
      if (typeof answer === "function") return answer(call);
      if (answer !== undefined) return answer;
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      });
      return { kind: "lost", code: "no_answer" };
    },
  };
}

/** A channel in which the bot may post and nothing else. */
export const channel = { id: CHANNEL, type: "channel", title: "Faculty" };
export const poster = { status: "administrator", can_post_messages: true, can_edit_messages: false };

/** Lets what was begun go on until it waits. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
  await new Promise<void>((resolve) => setImmediate(resolve));
}
