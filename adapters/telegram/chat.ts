import { z } from "zod";
import { createBell } from "../../bridge/bell.ts";
import type { Frame } from "../../bridge/chat/frame.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import { DELETABLE } from "./age.ts";
import type { Api } from "./api.ts";
import { type ChatId, MessageId, type UserId } from "./ids.ts";
import type { Doomed, Kept } from "./kept.ts";
import type { Update } from "./update.ts";

export interface ChatsOptions {
  readonly api: Api;
  readonly kept: Kept;
  readonly frame: Frame;
  /** Those whom the bot answers. */
  readonly admins: ReadonlySet<UserId>;
  readonly clock: Clock;
}

/** How long what is said in a private chat stays there, ms. */
const STAYS: Millis = 10 * 60_000;
/** Pauses after deletions that failed, ms. */
const SOON: Millis = 5_000;
const LONGEST: Millis = 5 * 60_000;
/** Ids after a message that an answer which got lost may have. */
const NEXT = 4;
/** So many are remembered; with more of them the oldest is forgotten. */
const MOST = 2_000;
/** So many are deleted with one call. */
const TOGETHER = 100;

const Sent = z.object({ message_id: MessageId });

/**
 * The private chats of the bot: it hears, lets the frame decide, and answers. What both sides said is deleted within the
 * hour, by a list that outlives a restart; nothing of it is kept.
 */
export function createChats(o: ChatsOptions) {
  const bell = createBell(o.clock);
  const doomed = (): readonly Doomed[] => o.kept.doomed.get() ?? [];
  const keep = (all: readonly Doomed[]): void => {
    if (all.length === 0) o.kept.doomed.drop();
    else o.kept.doomed.put(all.slice(-MOST));
  };
  const same = (a: Doomed, b: Doomed): boolean => a.chat === b.chat && a.message === b.message;
  const doom = (more: readonly Doomed[]): void => {
    keep([...doomed().filter((one) => !more.some((other) => same(one, other))), ...more]);
    bell.ring();
  };
  const spare = (some: readonly Doomed[]): void =>
    keep(doomed().filter((one) => !some.some((other) => same(one, other))));

  /** Says something in answer to a message, after which it is deleted even where it is not known whether it arrived. */
  const say = async (chat: ChatId, to: MessageId, text: string, signal: AbortSignal): Promise<void> => {
    const at = o.clock.now() + STAYS;
    const next = Array.from({ length: NEXT }, (_, i) => ({ chat, message: MessageId.parse(to + 1 + i), at }));
    // One that is on the list already stays on it.
    const guesses = next.filter((guess) => !doomed().some((one) => same(one, guess)));
    doom(guesses);
    const payload = { chat_id: chat, text, link_preview_options: { is_disabled: true } };
    const answer = await o.api.call({ method: "sendMessage", payload }, signal);
    // An answer that does not get through is asked for again by who wants it.
    if (answer.kind === "lost") return;
    spare(guesses);
    const sent = answer.kind === "ok" ? Sent.safeParse(answer.result) : null;
    if (sent?.success === true) doom([{ chat, message: sent.data.message_id, at }]);
  };

  /** False: it is to be tried again. */
  const remove = async (chat: ChatId, some: readonly Doomed[], signal: AbortSignal): Promise<boolean> => {
    const ids = some.map(({ message }) => message);
    const [first] = ids;
    const one = ids.length === 1;
    const call = one
      ? { method: "deleteMessage", payload: { chat_id: chat, message_id: first } }
      : { method: "deleteMessages", payload: { chat_id: chat, message_ids: ids } };
    const answer = await o.api.call(call, signal);
    const over =
      answer.kind === "ok" ||
      (answer.kind === "refused" && one && (answer.why === "message_gone" || answer.why === "not_deletable"));
    if (over) {
      spare(some);
      return true;
    }
    // One that cannot be deleted must not keep the others there.
    if (one || answer.kind !== "refused") return false;
    let all = true;
    for (const single of some) if (!signal.aborted) all = (await remove(chat, [single], signal)) && all;
    return all;
  };

  /** Deletes what is due. False: something is left. */
  const pass = async (signal: AbortSignal): Promise<boolean> => {
    const now = o.clock.now();
    keep(doomed().filter(({ at }) => at + DELETABLE > now));
    const due = doomed().filter(({ at }) => at <= now);
    let all = true;
    for (const chat of new Set(due.map((one) => one.chat))) {
      const mine = due.filter((one) => one.chat === chat);
      for (let i = 0; i < mine.length && !signal.aborted; i += TOGETHER)
        all = (await remove(chat, mine.slice(i, i + TOGETHER), signal)) && all;
    }
    return all;
  };

  return {
    /** Takes a message from a private chat. */
    async hear(update: Extract<Update, { kind: "message" }>, signal: AbortSignal): Promise<void> {
      const { chat, from, message, text } = update;
      if (update.in !== "private") return;
      doom([{ chat, message, at: o.clock.now() + STAYS }]);
      if (from === null || text === null) return;
      const answer = o.frame.hear({ from: String(from), known: o.admins.has(from), text });
      if (answer !== null) await say(chat, message, answer, signal);
    },

    /** Deletes what is due, first of all what became due while nothing ran, until `signal` aborts. */
    async run(signal: AbortSignal): Promise<void> {
      let vain = 0;
      while (!signal.aborted) {
        vain = (await pass(signal)) ? 0 : vain + 1;
        const next = Math.min(...doomed().map(({ at }) => at));
        const pause = vain === 0 ? 0 : Math.min(LONGEST, SOON * 2 ** (vain - 1));
        const until = Math.max(next, o.clock.now() + pause);
        await bell.wait(Number.isFinite(until) ? until : null, signal);
      }
    },
  };
}
