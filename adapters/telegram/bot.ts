import { z } from "zod";
import type { Frame } from "../../bridge/chat/frame.ts";
import { boundedText } from "../../bridge/model/bounded.ts";
import type { Clock, Random } from "../../bridge/model/effects.ts";
import type { BotName, Millis, RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import type { Api } from "./api.ts";
import { createChats } from "./chat.ts";
import { type Client, createClient } from "./client.ts";
import { UserId } from "./ids.ts";
import { keptOf } from "./kept.ts";
import { faultOf, type Looked } from "./look.ts";
import { createPaced } from "./pace.ts";
import { createRates, type Rates } from "./rates.ts";
import { type BotRoom, createRoomWatch, type RoomPlace, type RoomStanding } from "./room-watch.ts";
import type { Update } from "./update.ts";
import { hearUpdates } from "./updates.ts";
import { createWatched } from "./watched.ts";

/** What a bot tells of itself while it runs: codes, and names of the configuration. */
export type BotReport =
  | { readonly kind: "heard"; readonly at: Millis }
  /** It does not hear for now. `proxy_unused`: calls went past the proxy, so nothing more goes out. */
  | { readonly kind: "trouble"; readonly code: string }
  /** Its token is not valid (any more): nothing goes, until there is another. */
  | { readonly kind: "ended"; readonly code: "unauthorized" }
  /** How a room stands has changed: what waits for it may be tried, if it is not held. */
  | { readonly kind: "room"; readonly room: RoomName; readonly standing: RoomStanding }
  /** A room's group became a supergroup, and was followed there. */
  | { readonly kind: "moved"; readonly room: RoomName };

export interface BotSettings {
  /** Without a closing slash. */
  readonly apiRoot: string;
  /** http, https or socks5; null: none. */
  readonly proxy: string | null;
  /** Certificates (PEM) trusted besides the usual ones; null: none. */
  readonly ca: string | null;
  readonly deadlines: { readonly call: Millis; readonly file: Millis };
}

export interface BotOptions {
  readonly name: BotName;
  readonly token: () => string;
  readonly settings: BotSettings;
  readonly keep: Keep;
  readonly rooms: readonly BotRoom[];
  /** Of the private chats, and those who are answered there. */
  readonly frame: Frame;
  readonly admins: readonly UserId[];
  readonly report: (report: BotReport) => void;
  readonly clock: Clock;
  readonly random: Random;
  /** The way to the Bot API; absent: the one of the settings. */
  readonly client?: Client;
}

/** The bot's own account. */
const Me = z.object({ id: UserId, username: boundedText(1, 64) });
export type Me = Readonly<z.infer<typeof Me>>;

/** How a bot stands. */
export interface BotState {
  /** null: it was not asked yet. */
  readonly me: Me | null;
  /** When all that Telegram had was heard last, since the start; null: not yet. */
  readonly heardAt: Millis | null;
  /** What keeps it from hearing; null: nothing. */
  readonly trouble: string | null;
  readonly ended: "unauthorized" | null;
}

/** One bot: the way to Telegram, its rates, what it hears, and its rooms. */
export interface Bot {
  readonly name: BotName;
  /**
   * Within the rates. What its answers tell of rooms is taken by itself: after `migrated` the room's {@link place} is
   * the new one.
   */
  readonly api: Api;
  readonly rates: Rates;
  state(): BotState;
  /** Where a room is; null: nobody looked since the start, or nothing was found. */
  place(room: RoomName): RoomPlace | null;
  /** null: it was not looked at yet. */
  standing(room: RoomName): RoomStanding | null;
  /** Whether nothing may be tried in a room for now. A {@link BotReport} of the room ends that. */
  held(room: RoomName): boolean;
  /** Asks who it is; null: that is known now. Else a code. */
  meet(signal: AbortSignal): Promise<string | null>;
  /** Looks at one room at once; null: there is no such room. Needs {@link Bot.meet} before. */
  look(room: RoomName, signal: AbortSignal): Promise<Looked | null>;
  /** Hands on what is heard besides private chats, what was told lately first. Ends with the answer's call. */
  listen(hear: (update: Update) => void): () => void;
  /** Hears, looks and deletes until `signal` aborts. Faults of the outside are reports. */
  run(signal: AbortSignal): Promise<void>;
  /** Lets every connection go. */
  close(): void;
}

const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const UNAUTHORIZED_PAUSE = 10 * 60_000;
/** So many standings in chats that are no rooms, and calls for the bot, are remembered, for who sets a room up. */
const LATELY = 20;
const CALLED = /^\/postern(@\w+)?\s+[\w-]{1,32}\s*$/i;

/** Puts a bot together. Nothing is asked before {@link Bot.meet} or {@link Bot.run}. */
export function createBot(o: BotOptions): Bot {
  const { clock, random, report } = o;
  const kept = keptOf(o.keep);
  const rates = createRates({
    clock,
    until: kept.limited.get(),
    keep: kept.limited.put,
    used: { until: kept.used.get(), put: kept.used.put },
  });
  const { apiRoot, ...settings } = o.settings;
  const client = o.client ?? createClient({ token: o.token, root: apiRoot, ...settings, clock });
  const paced = createPaced(client, rates, clock);
  let state: BotState = { me: null, heardAt: null, trouble: null, ended: null };
  const watch = createRoomWatch({
    api: paced,
    me: () => state.me?.id ?? null,
    kept,
    rooms: o.rooms,
    clock,
    stands: (room, standing) => report({ kind: "room", room, standing }),
    moved: (room) => report({ kind: "moved", room }),
  });
  const chats = createChats({ api: paced, kept, frame: o.frame, admins: new Set(o.admins), clock });
  const hearers = new Set<(update: Update) => void>();
  let lately: readonly Update[] = [];

  const wakeRooms = (): void => {
    for (const { name } of o.rooms) {
      const standing = watch.standing(name);
      if (standing !== null) report({ kind: "room", room: name, standing });
    }
  };
  const heard = (): void => {
    const before = state.ended;
    state = { ...state, heardAt: clock.now(), trouble: null, ended: null };
    report({ kind: "heard", at: clock.now() });
    if (before !== null) wakeRooms();
  };
  const trouble = (code: string): void => {
    const ended = code === "unauthorized" ? code : state.ended;
    state = { ...state, trouble: code, ended };
    report(code === "unauthorized" ? { kind: "ended", code } : { kind: "trouble", code });
  };

  const meet = async (signal: AbortSignal): Promise<string | null> => {
    const answer = await paced.call({ method: "getMe", payload: {} }, signal);
    if (answer.kind !== "ok") return faultOf(answer).code;
    const me = Me.safeParse(answer.result);
    if (!me.success) return "bad_answer";
    const known = kept.me.get();
    if (known !== me.data.id) {
      if (known !== null) for (const place of [kept.offset, kept.limited, kept.doomed]) place.drop();
      kept.me.put(me.data.id);
    }
    state = { ...state, me: me.data };
    return null;
  };

  const take = async (update: Update, signal: AbortSignal): Promise<void> => {
    if (update.kind === "message" && update.in === "private") return chats.hear(update, signal);
    if (update.kind === "moved") watch.move(update.from, update.to);
    if (update.kind === "topic") watch.topic(update.chat, update.topic, update.closed);
    if (update.kind === "standing") watch.changed(update.chat, update.inside);
    const offers =
      update.kind === "standing"
        ? update.in !== "private" && !watch.isRoom(update.chat)
        : update.kind === "message" && CALLED.test(update.text ?? "");
    if (offers) lately = [...lately, update].slice(-LATELY);
    for (const hear of hearers) hear(update);
  };

  const introduce = async (signal: AbortSignal): Promise<void> => {
    for (let failures = 0; !signal.aborted; failures++) {
      const code = await meet(signal);
      if (code === null || signal.aborted) return;
      trouble(code);
      const grown = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** Math.min(failures, 10));
      const pause = code === "unauthorized" ? UNAUTHORIZED_PAUSE : grown;
      await clock.sleep(Math.ceil(pause * (0.5 + random.next() / 2)), signal);
    }
  };

  return {
    name: o.name,
    api: createWatched(paced, watch),
    rates,
    state: () => state,
    place: (room) => watch.place(room),
    standing: (room) => watch.standing(room),
    held: (room) => state.ended !== null || watch.awaited(room),
    meet,
    look: (room, signal) => watch.look(room, signal),
    listen(hear) {
      hearers.add(hear);
      for (const update of lately) hear(update);
      return () => hearers.delete(hear);
    },
    async run(signal) {
      if (state.me === null) await introduce(signal);
      const status: Parameters<typeof hearUpdates>[0]["status"] = (one) =>
        one.kind === "heard" ? heard() : trouble(one.code);
      const updates = { api: paced, offset: kept.offset, take, status, clock, random };
      await Promise.all([hearUpdates(updates, signal), watch.run(signal), chats.run(signal)]);
    },
    close: () => client.close(),
  };
}
