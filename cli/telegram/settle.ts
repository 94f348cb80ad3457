import type { BotName, RoomName } from "../../bridge/model/ids.ts";
import type { BotConfig, Config } from "../../config/config.ts";
import type { Ask } from "../ask.ts";
import type { Found } from "../operations/telegram.ts";
import { telegramAwait, telegramLook } from "../operations/telegram.ts";
import type { Reached } from "../reach.ts";
import type { TelegramWords } from "../texts/shape-telegram.ts";
import { faultText, flawText } from "./asked.ts";

/** What setting up waits for, and whom it asks. */
export interface SettleOptions {
  readonly config: Config;
  readonly bot: BotConfig;
  readonly room: RoomName;
  readonly wish: { readonly pins: boolean; readonly probe: boolean };
  /** What somebody writes into a topic, to name it. */
  readonly code: string;
  readonly reached: Reached;
  readonly ask: Ask;
  readonly say: TelegramWords;
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
}

/** How long the bot hears at a time, ms: a command that hears itself ends with that. */
const WINDOW = { running: 20_000, alone: 4_000 };
/** What somebody has to do something about; all else may pass. */
const FINAL: readonly string[] = [
  "unauthorized",
  "conflict",
  "no_bot",
  "not_started",
  "ca_unreadable",
  "proxy_unused",
];

/**
 * Waits for the chat that is to be the room, until the person says that it is theirs and announcements can go there.
 * null: they ended it, or it cannot go on, which is said.
 */
export async function settledPlace(o: SettleOptions): Promise<Found | null> {
  const { bot, wish, code, reached, say, tell } = o;
  const passed: Pick<Found, "chat" | "topic">[] = [];
  let troubled = false;
  tell(say.setup.waiting);
  while (!o.signal.aborted) {
    const window = reached.running ? WINDOW.running : WINDOW.alone;
    const waiting = reached.ask(telegramAwait, { bot: bot.name, code, window, known: [...passed], ...wish });
    // What a bridge that runs does for us is left to it.
    const answer = await (reached.running ? Promise.race([waiting, endOf(o.signal)]) : waiting);
    if (answer === null || o.signal.aborted) break;
    if (answer.kind === "fault") {
      if (FINAL.includes(answer.code)) {
        tell(faultLine(bot.name, answer.code, say));
        return null;
      }
      if (!troubled) tell(faultText(answer.code, say));
      troubled = true;
    }
    if (answer.kind !== "found") continue;
    troubled = false;
    for (const place of latest(answer.places)) {
      passed.push({ chat: place.chat, topic: place.topic });
      const theirs = await isTheirs(o, place);
      if (theirs === null) return null;
      if (theirs) return rightsSet(o, place);
    }
    tell(say.setup.waiting);
  }
  return null;
}

/** Each place once, as it was found last. */
const latest = (places: readonly Found[]): readonly Found[] => [
  ...new Map(places.map((place) => [`${place.chat}/${place.topic}`, place])).values(),
];

/** That a bot cannot be worked with, in words. */
export const faultLine = (bot: BotName, code: string, say: TelegramWords): string =>
  code === "conflict" ? say.setup.conflict(bot) : say.setup.failed(bot, faultText(code, say));

/** null: they ended it. */
async function isTheirs(
  { config, room, ask, say, tell }: SettleOptions,
  place: Found,
): Promise<boolean | null> {
  const other = takenBy(config, place, room);
  if (other !== null) {
    tell(say.setup.taken(place.title, other));
    return false;
  }
  tell(say.setup.found(say.kinds[place.kind], place.title));
  const yes = await ask.confirm(say.setup.isIt, say.yes, say.no);
  if (yes === false) tell(say.setup.notIt);
  return yes;
}

/** The room that has a place already; null: none has. */
function takenBy(config: Config, { chat, topic }: Found, own: RoomName): RoomName | null {
  for (const room of config.rooms.values()) {
    const at = room.type === "telegram" ? room : room.type === "sealed" ? room.carrier : null;
    if (room.name !== own && at?.chat === chat && at.topic === topic) return room.name;
  }
  return null;
}

/** Until announcements can go there. null: they ended it. */
async function rightsSet(o: SettleOptions, first: Found): Promise<Found | null> {
  const { ask, say, tell, wish, bot } = o;
  let place = first;
  for (;;) {
    const texts = (flaws: readonly string[]): readonly string[] =>
      flaws.map((flaw) => flawText(flaw, say) ?? flaw);
    const [lacks, notes] = [
      place.flaws.filter((flaw) => !isNote(flaw)),
      // Said where it is written down, too.
      place.flaws.filter((flaw) => isNote(flaw) && flaw !== "edits_others"),
    ];
    if (notes.length > 0) tell(say.setup.notes(texts(notes)));
    if (place.kind === "group") tell(say.setup.plainGroup);
    if (place.usable && lacks.length === 0) return place;
    tell(say.setup.lacks(texts(lacks)));
    const next = await ask.choose(say.setup.lookAgain, [
      { value: "look", label: say.setup.lookNow },
      ...(place.usable ? [{ value: "go" as const, label: say.setup.asIs }] : []),
      { value: "end", label: say.setup.leave },
    ]);
    if (next === "go") return place;
    if (next !== "look") return null;
    const { chat, topic } = place;
    const seen = await o.reached.ask(telegramLook, { bot: bot.name, chat, topic, ...wish });
    if (seen.kind === "fault") tell(faultText(seen.code, say));
    else place = seen.place;
  }
}

/** What announcements flow in spite of. */
const isNote = (flaw: string): boolean =>
  ["edits_others", "members_seen", "members_add", "public"].includes(flaw);

const endOf = (signal: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener("abort", () => resolve(null), { once: true });
  });
