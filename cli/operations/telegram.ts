import { z } from "zod";
import type { Bot } from "../../adapters/telegram/bot.ts";
import { answerHeld, heldOf } from "../../adapters/telegram/held.ts";
import { ChatId, TopicId } from "../../adapters/telegram/ids.ts";
import type { FoundPlace, SetupOptions } from "../../adapters/telegram/setup.ts";
import { boundedText } from "../../bridge/model/bounded.ts";
import { BotName, type Millis, RoomName } from "../../bridge/model/ids.ts";
import { telegramRoom, telegramRooms } from "../room-kinds.ts";
import { keepOf, openBot } from "../telegram/bots.ts";
import { operation, type Place } from "./operation.ts";

const Fault = z.object({ kind: z.literal("fault"), code: z.string() });
type Fault = z.infer<typeof Fault>;
const fault = (code: string): Fault => ({ kind: "fault", code });

/** A chat that may become a room, as the bot finds it. */
const Found = z.object({
  chat: ChatId,
  topic: TopicId.nullable(),
  title: z.string(),
  kind: z.enum(["channel", "supergroup", "group", "private"]),
  /** Whether announcements can be sent there as it is. */
  usable: z.boolean(),
  editsOthers: z.boolean(),
  flaws: z.array(z.string()),
});
export type Found = z.infer<typeof Found>;

const foundOf = ({ chat, topic, look, flaws, usable }: FoundPlace): Found => ({
  chat,
  topic,
  title: look.title,
  kind: look.kind,
  usable,
  editsOthers: look.can.editOthers,
  flaws: [...flaws],
});

const wish = { pins: z.boolean(), probe: z.boolean() };

/** Asks a bot who it is. */
export const telegramMeet = operation({
  name: "telegram.meet",
  changes: false,
  deadline: 60_000,
  input: z.object({ bot: BotName }),
  output: z.discriminatedUnion("kind", [z.object({ kind: z.literal("met"), username: z.string() }), Fault]),
  async run(at, { bot }) {
    return withBot(at, bot, false, async ({ state }) => {
      const me = state().me;
      return me === null ? fault("no_answer") : { kind: "met" as const, username: me.username };
    });
  },
});

/** The longest that one question waits for a chat, ms. */
const LONGEST_WINDOW: Millis = 20_000;
/** How long other chats are waited for once one was found, ms. */
const GATHERING: Millis = 500;

/**
 * Waits a while for a chat to which somebody added the bot, or in which somebody wrote `/postern <code>`. A bridge that
 * runs goes on meanwhile: what the bot hears, it hears there. Chats that are `known` are passed over.
 */
export const telegramAwait = operation({
  name: "telegram.await",
  changes: false,
  deadline: LONGEST_WINDOW + 60_000,
  input: z.object({
    bot: BotName,
    code: boundedText(1, 16),
    /** How long to wait, ms. */
    window: z.number(),
    known: z.array(z.object({ chat: ChatId, topic: TopicId.nullable() })),
    ...wish,
  }),
  output: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("found"), places: z.array(Found) }),
    z.object({ kind: z.literal("nothing") }),
    Fault,
  ]),
  async run(at, { bot, code, window, known, pins, probe }) {
    const { awaitPlace } = await import("../../adapters/telegram/setup.ts");
    return withBot(at, bot, true, async (running) => {
      const ended = new AbortController();
      const places: Found[] = [];
      let trouble: string | null = null;
      const endAfter = (ms: Millis): void =>
        void at.core.clock.sleep(ms, ended.signal).then(() => ended.abort());
      endAfter(Math.min(window, LONGEST_WINDOW));
      const options: SetupOptions = {
        bot: running,
        wish: { pins, probe },
        code,
        found(place) {
          const { chat, topic } = place;
          if (known.some((one) => one.chat === chat && one.topic === topic)) return false;
          places.push(foundOf(place));
          // What came with it is told once, too.
          if (places.length === 1) endAfter(GATHERING);
          return false;
        },
        fault(why) {
          trouble = why;
        },
      };
      await awaitPlace(options, ended.signal);
      ended.abort();
      if (places.length > 0) return { kind: "found" as const, places };
      const { ended: out, trouble: deaf } = running.state();
      const why = out ?? deaf ?? trouble;
      return why === null ? { kind: "nothing" as const } : fault(why);
    });
  },
});

/** Looks at a chat again, once somebody set it right. */
export const telegramLook = operation({
  name: "telegram.look",
  changes: false,
  deadline: 60_000,
  input: z.object({ bot: BotName, chat: ChatId, topic: TopicId.nullable(), ...wish }),
  output: z.discriminatedUnion("kind", [z.object({ kind: z.literal("found"), place: Found }), Fault]),
  async run(at, { bot, chat, topic, pins, probe }) {
    const { lookAt } = await import("../../adapters/telegram/look.ts");
    const { flawsOf, heldBy } = await import("../../adapters/telegram/rights.ts");
    return withBot(at, bot, false, async ({ api, state }) => {
      const me = state().me;
      if (me === null) return fault("no_answer");
      const first = await lookAt(api, me.id, chat, never());
      const looked = first.kind === "moved" ? await lookAt(api, me.id, first.to, never()) : first;
      if (looked.kind === "held") return fault(looked.held);
      if (looked.kind !== "ok") return fault(looked.kind === "fault" ? looked.code : "migrated");
      const { look } = looked;
      const wanted = { topic, pins, probe };
      const place = { chat: look.chat, topic, look, flaws: flawsOf(look, wanted) };
      return { kind: "found" as const, place: foundOf({ ...place, usable: heldBy(look, wanted) === null }) };
    });
  },
});

/** Of which rooms it is not known whether something arrived there, and since when. */
export const telegramUnsure = operation({
  name: "telegram.unsure",
  changes: false,
  input: z.object({}),
  output: z.array(z.object({ room: RoomName, at: z.number() })),
  async run({ core }) {
    return telegramRooms(core.config).flatMap(({ name, bot }) => {
      const doubt = heldOf(keepOf(core, bot), name);
      return doubt === null ? [] : [{ room: name, at: doubt.at }];
    });
  },
});

/** Tells a room whether what is in doubt arrived there. */
export const telegramAnswer = operation({
  name: "telegram.answer",
  changes: true,
  input: z.object({ room: RoomName, answer: z.enum(["arrived", "missing"]) }),
  output: z.enum(["answered", "nothing", "no_room_there"]),
  async run({ core, live }, { room, answer }) {
    const config = telegramRoom(core.config, room);
    if (config === null) return "no_room_there";
    if (!answerHeld(keepOf(core, config.bot), room, answer)) return "nothing";
    live?.wake();
    return "answered";
  },
});

/**
 * Works with a bot that has met Telegram: with the one that runs, else with one that is open for as long as it takes.
 * `hearing`: whether it is to hear meanwhile.
 */
async function withBot<T>(
  { core, live }: Place,
  name: BotName,
  hearing: boolean,
  work: (bot: Bot) => Promise<T | Fault>,
): Promise<T | Fault> {
  const config = core.config.telegram.get(name);
  if (config === undefined) return fault("no_bot");
  const running = live?.bots?.of(name) ?? null;
  if (running !== null) {
    const why = running.state().me === null ? await running.meet(never()) : null;
    return why === null ? work(running) : fault(why);
  }
  const bot = await openBot(core, config, []);
  if (typeof bot === "string") return fault(bot);
  const ended = new AbortController();
  try {
    const why = await bot.meet(AbortSignal.timeout(30_000));
    if (why !== null) return fault(why);
    const hears = hearing ? bot.run(ended.signal) : null;
    const done = await work(bot);
    ended.abort();
    await hears;
    return done;
  } finally {
    ended.abort();
    bot.close();
  }
}

const never = (): AbortSignal => new AbortController().signal;
