import { z } from "zod";
import type { Failpoints } from "../../bridge/failpoint.ts";
import { SpoolLost } from "../../bridge/media/spool.ts";
import type { Clock, Random } from "../../bridge/model/effects.ts";
import type { MediaId, Millis, RoomName } from "../../bridge/model/ids.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import type * as outbox from "../../bridge/outbox/destination.ts";
import { apart } from "./apart.ts";
import type { Answer, Api, Call } from "./api.ts";
import { deleteCall, type Spooled, sendCall } from "./calls.ts";
import { changeCall, type Existing, onRefusal, tooOld } from "./changes.ts";
import { decodeFixed, type Fixed, type FixedMessage, type Ref, type SendStep, type Step } from "./fixed.ts";
import { type ChatId, MessageId, type TopicId } from "./ids.ts";
import { outcomeOf } from "./outcomes.ts";
import type { OwnPosts } from "./own-posts.ts";
import { look } from "./probe.ts";
import type { Begun, Progress, RoomProgress } from "./progress.ts";
import type { Receipt } from "./receipt.ts";
import { partlyOf, receiptOf } from "./receipt-of.ts";
import { variants } from "./variants.ts";

export interface SenderOptions {
  readonly room: RoomName;
  /** Within the bot's rates. Follows a group that becomes a supergroup, and holds rooms that are of no use. */
  readonly api: Api;
  /** Shared by all rooms of one bot. */
  readonly posts: OwnPosts;
  /** The chat as it is now; null: nothing may be sent there. */
  readonly place: () => ChatId | null;
  /** Whether it waits for somebody to act: its topic is closed, the bot is out. */
  readonly held: () => boolean;
  readonly topic: TopicId | null;
  /** Whether a lone post gets a button and may be looked for by it: never where the bot may edit what others post. */
  readonly probe: () => boolean;
  /** What is done with a post of which nobody knows whether it arrived, and that cannot be looked for. */
  readonly unsure: "resend" | "hold";
  readonly progress: RoomProgress;
  readonly spooled: Spooled;
  /** When so many messages may be sent there, ms. */
  readonly notBefore: (chat: ChatId, cost: number) => Millis;
  /** Told that a message of ours was changed by a look for another, and made good again. */
  readonly changed: (room: RoomName) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly failpoints: Failpoints;
}

/** So long after a lost answer the server may still be about to do it, ms. */
const UNDER_WAY = 15_000;
/** Between two looks where the first did not find out, ms. */
const BETWEEN = 10_000;

const OneSent = z.object({ message_id: MessageId });
const Sent = z.union([z.array(OneSent), OneSent.transform((one) => [one])]);

/** What a file may be refused for is not listed anywhere: another form is tried, and then it is told in a line. */
const mayBeFile = (answer: Answer): boolean =>
  answer.kind === "refused" && (answer.why === "other" || answer.why === "too_large");

const ANEW = { kind: "retry", at: 0, code: "made_anew", anew: true } as const;
const ENDED = { kind: "retry", at: 0, code: "ended" } as const;

/** What makes a button's link differ from all others. */
export const newButton = (random: Random): string => Buffer.from(random.bytes(12)).toString("base64url");

export function createSender(o: SenderOptions) {
  const { progress, posts, clock } = o;
  /** Files whose spooled bytes were gone when they were to be sent. */
  const lostFiles = new Set<MediaId>();
  /** When to be asked again, and why. */
  let wait: { readonly at: Millis; readonly code: string } = { at: 0, code: "again" };

  const own = progress.own();
  if (own !== null) posts.sent(own.chat, own.ids);
  const unfinished = progress.get();
  if (unfinished?.begun != null && !unfinished.begun.asked)
    void posts.enter(unfinished.chat, o.room, o.held, new AbortController().signal);

  const later = (at: Millis, code: string): Outcome => {
    wait = { at, code };
    return { kind: "retry", at, code };
  };

  const failed = (answer: Exclude<Answer, { kind: "ok" }>): Outcome => {
    const outcome = outcomeOf(answer);
    return outcome.kind === "retry" ? later(outcome.at, outcome.code) : outcome;
  };
  /** As {@link failed}, for what may be done again: then nothing is unsure. */
  const repeated = (answer: Exclude<Answer, { kind: "ok" }>): Outcome => {
    const outcome = failed(answer);
    return outcome.kind === "unknown" ? later(0, outcome.code) : outcome;
  };

  const looking = (p: Progress, button: string) => ({
    api: o.api,
    chat: p.chat,
    button,
    ours: (id: MessageId) => posts.ours(p.chat, id),
    other: () => newButton(o.random),
    changed: () => o.changed(o.room),
  });

  const done = (p: Progress, ids: readonly MessageId[], line: boolean): Progress => {
    const step = { ids: [...ids], at: clock.now(), line };
    const next: Progress = { ...p, done: [...p.done, step], begun: null };
    posts.sent(p.chat, ids);
    progress.sent(next, p.chat, ids);
    posts.leave(p.chat, o.room);
    return next;
  };
  /** The same in the chat of now: what stands in one that was left cannot be reached any more. */
  const followed = (p: Progress): Progress => {
    const place = o.place();
    if (place === null || place === p.chat) return p;
    posts.leave(p.chat, o.room);
    const begun = p.begun === null ? null : { ...p.begun, next: null };
    return { ...p, chat: place, done: p.done.map((d) => ({ ...d, ids: [] })), begun, again: null };
  };
  const put = (p: Progress): Progress => {
    progress.put(p);
    return p;
  };
  const notDone = (p: Progress): Progress => {
    posts.leave(p.chat, o.room);
    return put({ ...p, begun: null });
  };

  /** Finds out what became of a send that nobody answered, or does what the room's policy says. */
  const settled = async (p: Progress, begun: Begun, step: SendStep, signal: AbortSignal) => {
    if (begun.asked) {
      if (begun.answer === null) return later(0, "unsure");
      return begun.answer === "arrived" ? done(p, [], false) : notDone(p);
    }
    const { button } = step;
    if (button === null || begun.next === null || !o.probe()) {
      if (o.unsure === "resend") return notDone(p);
      posts.leave(p.chat, o.room);
      put({ ...p, begun: { ...begun, asked: true } });
      return later(0, "unsure");
    }
    const now = clock.now();
    // A clock that was set back must not make it wait for longer.
    const at = Math.min(begun.at, now);
    if (now < at + UNDER_WAY) {
      if (at !== begun.at) put({ ...p, begun: { ...begun, at } });
      return later(at + UNDER_WAY, "looking");
    }
    const note = (next: MessageId, holes: number) => put({ ...p, begun: { ...begun, next, holes } });
    const from = { next: begun.next, holes: begun.holes };
    const found = await look({ ...looking(p, button), note }, from, signal);
    if (found.kind === "arrived") return done(p, [found.id], false);
    if (found.kind === "missing") return notDone({ ...p, again: { step: begun.step, next: found.next } });
    if (found.kind === "open") return later(clock.now() + BETWEEN, "looking");
    return repeated(found.answer);
  };

  /**
   * A post that was sent again may have been there after all, beyond ids that no message has: now it is known where to
   * look. The later one is taken away.
   */
  const compared = async (p: Progress, fixed: Fixed, signal: AbortSignal): Promise<Progress | Outcome> => {
    const { again } = p;
    const at = again?.step ?? 0;
    const [id] = p.done[at]?.ids ?? [];
    const step = fixed.steps[at];
    if (again === null || p.done.length <= at) return p;
    if (id === undefined || step?.do !== "send" || step.button === null || !o.probe())
      return put({ ...p, again: null });
    const note = (next: MessageId) => put({ ...p, again: { ...again, next } });
    const from = { next: again.next, holes: 0, until: id };
    const found = await look({ ...looking(p, step.button), note }, from, signal);
    if (found.kind === "stopped") return repeated(found.answer);
    if (found.kind !== "arrived") return put({ ...p, again: null });
    const gone = await o.api.call(deleteCall(p.chat, id), signal);
    if (gone.kind !== "ok" && gone.kind !== "refused") return repeated(gone);
    const made = p.done.map((d, i) => (i === at ? { ...d, ids: [found.id] } : d));
    const next = { ...p, done: made, again: null };
    posts.sent(p.chat, [found.id]);
    progress.sent(next, p.chat, [found.id]);
    return next;
  };

  const known = (p: Progress, ref: Ref | null): MessageId | null => {
    if (ref === null || typeof ref === "number") return ref;
    return p.done[ref.step]?.ids[ref.index] ?? null;
  };

  /** Waits for the rates first: what waits has certainly not been sent. */
  const turn = async (chat: ChatId, cost: number, signal: AbortSignal): Promise<boolean> => {
    if (!(await posts.enter(chat, o.room, o.held, signal))) return false;
    for (;;) {
      const ahead = o.notBefore(chat, cost) - clock.now();
      if (ahead <= 0 || signal.aborted) break;
      await clock.sleep(ahead, signal);
    }
    if (signal.aborted) posts.leave(chat, o.room);
    return !signal.aborted;
  };

  /**
   * Makes a call. A file whose spooled bytes are gone is fetched anew, which whoever catches {@link SpoolLost} sees to;
   * where that was tried before, the answer says so. `cut`: the call was broken off, so nothing came of it.
   */
  const uploading = async (
    call: Call,
    signal: AbortSignal,
    cut: () => void,
  ): Promise<Answer | "file_lost"> => {
    try {
      return await o.api.call(call, signal);
    } catch (error) {
      if (error instanceof SpoolLost && lostFiles.has(error.media)) return "file_lost";
      if (error instanceof SpoolLost) lostFiles.add(error.media);
      cut();
      throw error;
    }
  };
  /** It is prepared anew, without what is not there. */
  const anew = (): Outcome => {
    lostFiles.clear();
    return ANEW;
  };

  const attempt = async (
    p: Progress,
    messages: readonly FixedMessage[],
    step: SendStep,
    reply: MessageId | null,
    signal: AbortSignal,
  ): Promise<Answer | "file_lost"> => {
    const { silent, button } = step;
    const call: Call = sendCall(messages, { chat: p.chat, topic: o.topic, reply, silent, button }, o.spooled);
    o.failpoints("event.before");
    const answer = await uploading(call, signal, () => void notDone(p));
    o.failpoints("event.after");
    return answer;
  };

  const sendStep = async (
    p: Progress,
    index: number,
    step: SendStep,
    fixed: Fixed,
    signal: AbortSignal,
  ): Promise<Progress | Outcome> => {
    if (!(await turn(p.chat, step.messages.length, signal))) return ENDED;
    const last = posts.last(p.chat);
    const next = last === null ? null : MessageId.parse(last + 1);
    const begun: Begun = { step: index, at: clock.now(), next, holes: 0, asked: false, answer: null };
    const going = put({ ...p, begun });
    let reply = fixed.chat === p.chat || typeof step.reply !== "number" ? known(p, step.reply) : null;
    let refused: Exclude<Answer, { kind: "ok" }> | null = null;
    for (const { messages, line } of variants(step.messages)) {
      let answer = await attempt(going, messages, step, reply, signal);
      if (answer !== "file_lost" && answer.kind === "refused" && answer.why === "reply_gone") {
        reply = null;
        answer = await attempt(going, messages, step, reply, signal);
      }
      if (answer === "file_lost") {
        if (p.done.length === 0) {
          notDone(p);
          return anew();
        }
        continue;
      }
      const ids = answer.kind === "ok" ? Sent.safeParse(answer.result) : null;
      if (ids?.success === true)
        // They are messages of the chat that it was sent to, wherever the room has moved meanwhile.
        return done(
          going,
          ids.data.map((m) => m.message_id),
          line,
        );
      if (answer.kind === "ok" || answer.kind === "lost") {
        put({ ...going, begun: { ...begun, at: clock.now() } });
        return { kind: "unknown", code: answer.kind === "ok" ? "bad_answer" : answer.code };
      }
      refused = answer;
      if (!mayBeFile(answer)) break;
    }
    if (step.messages.length > 1 && (refused === null || mayBeFile(refused)))
      return notDone({ ...p, apart: [...p.apart, index] });
    notDone(p);
    return refused === null ? later(0, "file_lost") : failed(refused);
  };

  /** Edits, deletions and pins: to do them again changes nothing, so a lost answer is no doubt. */
  const changeStep = async (
    p: Progress,
    step: Exclude<Step, SendStep>,
    fixed: Fixed,
    signal: AbortSignal,
  ): Promise<Progress | Outcome> => {
    const id = known(p, step.id);
    const finished = () => put({ ...p, done: [...p.done, { ids: [], at: clock.now(), line: false }] });
    // What stands in a chat that was left behind cannot be reached any more.
    if (id === null || (typeof step.id === "number" && fixed.chat !== p.chat)) return finished();
    const at: Existing = { chat: p.chat, id, spooled: o.spooled };
    let call = changeCall(step, at, tooOld(step, clock.now()));
    for (;;) {
      o.failpoints("event.before");
      const answer = await uploading(call, signal, () => {});
      o.failpoints("event.after");
      // What stands there stays, where the file that was to take its place cannot be had.
      if (answer === "file_lost") return p.done.length === 0 ? anew() : finished();
      if (answer.kind === "ok") return finished();
      if (answer.kind !== "refused") return repeated(answer);
      // Its chat was left for another one: what it changed is said anew there.
      if (o.place() !== p.chat && p.done.length === 0) return ANEW;
      const then = onRefusal(step, answer.why, call);
      if (then === "done") return finished();
      if (then === "fault") return repeated(answer);
      call = changeCall(step, at, true);
    }
  };

  /** The delivery as it stands, in the chat of now. */
  const resumed = (key: string, fixed: Fixed, place: ChatId): Progress | "anew" => {
    const id = `${key}.${fixed.nonce}`;
    const before = progress.reread();
    const kept = before?.key === id ? before : null;
    if (before !== null && kept === null) posts.leave(before.chat, o.room);
    const untouched = kept === null || (kept.done.length === 0 && kept.begun === null);
    if (fixed.chat !== place && untouched) return "anew";
    if (kept === null) return { key: id, chat: place, done: [], begun: null, apart: [], again: null };
    return followed(kept);
  };

  return {
    /** Whether an answer of the admin's is waited for. */
    asking(): boolean {
      const begun = progress.get()?.begun;
      if (begun?.asked !== true) return false;
      return begun.answer === null && progress.reread()?.begun?.answer === null;
    },

    /** Makes the calls that were not made yet. `before`: what stood in the chat until it was prepared. */
    async send(made: outbox.Fixed, before: () => Receipt | null, signal: AbortSignal): Promise<Outcome> {
      const whole = decodeFixed(made.bytes);
      const place = o.place();
      if (place === null) return later(0, "no_room");
      let p = resumed(made.key, whole, place);
      if (p === "anew") return ANEW;
      let fixed = p.apart.reduce(apart, whole);
      const came = (next: Progress | Outcome): Outcome | null => {
        if ("kind" in next) return next;
        p = next;
        fixed = p.apart.reduce(apart, whole);
        return null;
      };
      for (;;) {
        const stop = came(await compared(p, fixed, signal));
        if (stop !== null) return stop;
        const index = p.done.length;
        const step = fixed.steps[index];
        if (step === undefined) break;
        if (p.begun !== null && step.do === "send") {
          const instead = came(await settled(p, p.begun, step, signal));
          if (instead !== null) return instead;
          continue;
        }
        const outcome = came(
          step.do === "send"
            ? await sendStep(p, index, step, fixed, signal)
            : await changeStep(p, step, fixed, signal),
        );
        if (outcome?.kind === "refused" && p.done.length > 0)
          return { ...outcome, partly: JSON.stringify(partlyOf(fixed, p, before())) };
        if (outcome !== null) return outcome;
      }
      return { kind: "sent", receipt: JSON.stringify(receiptOf(fixed, p)) };
    },

    /** What {@link send} finds out by itself: when it may be called again. */
    settle({ bytes }: outbox.Fixed): Outcome {
      const p = progress.get();
      const begun = p?.begun ?? null;
      const step = begun === null ? undefined : p?.apart.reduce(apart, decodeFixed(bytes)).steps[begun.step];
      if (begun === null || step?.do !== "send" || step.button === null || begun.next === null)
        return { kind: "retry", ...wait };
      const at = begun.at > clock.now() ? 0 : begun.at + UNDER_WAY;
      return { kind: "retry", at: Math.max(wait.at, at), code: "looking" };
    },
  };
}
