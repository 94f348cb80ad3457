import { createBell } from "../../bridge/bell.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis, RoomName } from "../../bridge/model/ids.ts";
import type { Api } from "./api.ts";
import type { ChatId, TopicId, UserId } from "./ids.ts";
import type { Kept } from "./kept.ts";
import { type Looked, lookAt } from "./look.ts";
import {
  type ChatKind,
  type ChatLook,
  flawsOf,
  type Held,
  heldBy,
  type RoomFlaw,
  type RoomWish,
} from "./rights.ts";

/** A room of the configuration that the bot serves. */
export interface BotRoom extends RoomWish {
  readonly name: RoomName;
  /** As the configuration names it; a group that has become a supergroup is followed. */
  readonly chat: ChatId;
}

/** How a room stands, as far as it was looked at. */
export interface RoomStanding {
  /** null: nothing is in the way. */
  readonly held: Held | null;
  /** All that is not as it should be. */
  readonly flaws: readonly RoomFlaw[];
  /** It is held, but one send may be tried, to see whether it still is. */
  readonly trial: boolean;
}

/** Where a room is, and what may be done there. */
export interface RoomPlace {
  readonly chat: ChatId;
  readonly topic: TopicId | null;
  readonly kind: ChatKind;
  readonly title: string;
  /** False: lost answers can be settled by probing. */
  readonly canEditOthers: boolean;
  readonly canPin: boolean;
}

export interface RoomWatchOptions {
  readonly api: Api;
  readonly me: () => UserId | null;
  readonly kept: Kept;
  readonly rooms: readonly BotRoom[];
  readonly clock: Clock;
  /** Told of each change of how a room stands. */
  readonly stands: (room: RoomName, standing: RoomStanding) => void;
  /** A room's group became a supergroup, and was followed there. */
  readonly moved: (room: RoomName) => void;
}

/** After looks that failed, or found a room held, ms: the first pause doubles until it is the longest. */
const SOON: Millis = 15_000;
const LONGEST: Millis = 10 * 60_000;
/** Without any news a room is looked at so often, ms. */
const EVERY: Millis = 6 * 3_600_000;
/** So many times a chat is followed in one look. */
const MOVES = 3;

interface Watched {
  readonly room: BotRoom;
  chat: ChatId;
  look: ChatLook | null;
  standing: RoomStanding | null;
  due: Millis;
  /** How many looks or sends in a row told nothing, or found it held. */
  vain: number;
  /** What a send was refused for, until one is not: a look does not show whether a topic is open. */
  refused: Held | null;
}

/** Watches the rooms of a bot: looks at them when something changed, and now and then; follows groups that moved. */
export function createRoomWatch(o: RoomWatchOptions) {
  const bell = createBell(o.clock);
  const watched = new Map<RoomName, Watched>();
  for (const room of o.rooms) {
    const moved = o.kept.moved(room.name).get();
    const chat = moved !== null && moved.from === room.chat ? moved.to : room.chat;
    const due = Number.NEGATIVE_INFINITY;
    watched.set(room.name, { room, chat, look: null, standing: null, due, vain: 0, refused: null });
  }
  const inChat = (chat: ChatId): readonly Watched[] =>
    [...watched.values()].filter((one) => one.chat === chat);

  const stand = (one: Watched, held: Held | null, trial = false): void => {
    const flaws = one.look === null ? [] : flawsOf(one.look, one.room);
    const standing = { held, trial, flaws: held === null || flaws.includes(held) ? flaws : [held, ...flaws] };
    const before = one.standing;
    one.standing = standing;
    const same =
      before?.held === held && before.trial === trial && before.flaws.join() === standing.flaws.join();
    if (!same) o.stands(one.room.name, standing);
  };
  const soon = (one: Watched): void => {
    one.due = Number.NEGATIVE_INFINITY;
    bell.ring();
  };
  /** A send was refused there for a reason that concerns the place. */
  const hold = (one: Watched, held: Held): void => {
    // Told twice, or by what was under way: nothing new.
    if (one.standing?.held === held && !one.standing.trial && one.due > o.clock.now()) return;
    one.vain += 1;
    one.refused = held;
    one.due = o.clock.now() + pauseAfter(one.vain);
    stand(one, held);
    bell.ring();
  };

  const move = (from: ChatId, to: ChatId, looking: Watched | null): void => {
    for (const one of inChat(from)) {
      if (from === to) continue;
      o.kept.moved(one.room.name).put({ from: one.room.chat, to });
      one.chat = to;
      o.moved(one.room.name);
      if (one !== looking) soon(one);
    }
  };

  const seen = async (one: Watched, me: UserId, signal: AbortSignal): Promise<Looked> => {
    let looked = await lookAt(o.api, me, one.chat, signal);
    for (let i = 0; looked.kind === "moved" && i < MOVES; i++) {
      move(one.chat, looked.to, one);
      looked = await lookAt(o.api, me, one.chat, signal);
    }
    return looked;
  };

  const free = (one: Watched): void => {
    one.vain = 0;
    one.refused = null;
    stand(one, null);
  };

  /** Takes what a look found. What a send was refused for, and no look shows, one send has to try. */
  const judged = (one: Watched, look: ChatLook): void => {
    one.look = look;
    const held = heldBy(look, one.room);
    if (held !== null) {
      one.vain += 1;
      stand(one, held);
    } else if (one.refused !== null) stand(one, one.refused, true);
    else free(one);
  };

  const look = async (one: Watched, signal: AbortSignal): Promise<Looked> => {
    // Set before: what is told meanwhile makes it due once more.
    one.due = o.clock.now() + EVERY;
    const me = o.me();
    if (me === null) return { kind: "fault", code: "no_answer", until: null };
    const looked = await seen(one, me, signal);
    if (signal.aborted) return looked;
    if (looked.kind === "ok") judged(one, looked.look);
    else one.vain += 1;
    if (looked.kind === "held") stand(one, looked.held);
    if (looked.kind !== "ok" || one.standing?.held !== null)
      one.due = Math.min(one.due, o.clock.now() + pauseAfter(one.vain));
    return looked;
  };

  return {
    /** null: it was not looked at yet. */
    standing: (name: RoomName): RoomStanding | null => watched.get(name)?.standing ?? null,
    /** null: it was not looked at since the start, or is not there. */
    place(name: RoomName): RoomPlace | null {
      const one = watched.get(name);
      if (one === undefined || one.look === null) return null;
      const { look, chat, room } = one;
      const { editOthers, pin } = look.can;
      return {
        chat,
        topic: room.topic,
        kind: look.kind,
        title: look.title,
        canEditOthers: editOthers,
        canPin: pin,
      };
    },
    /** Whether a look, or somebody who sets it right, is what a send has to wait for. */
    awaited(name: RoomName): boolean {
      const one = watched.get(name);
      if (one === undefined) return false;
      if (one.standing === null) return one.vain === 0;
      return one.standing.held !== null && !one.standing.trial;
    },
    /** A group became a supergroup. */
    move: (from: ChatId, to: ChatId): void => move(from, to, null),
    /** Something was sent to a chat: it works. */
    worked(chat: ChatId, topic: TopicId | null): void {
      for (const one of inChat(chat)) {
        if (one.room.topic === topic && one.standing !== null && one.standing.held !== null) free(one);
      }
    },
    /** A send to a chat was refused for what concerns the place; a topic's trouble is that topic's alone. */
    refused(chat: ChatId, topic: TopicId | null, held: Held): void {
      const narrow = held === "topic_closed" || held === "topic_gone";
      for (const one of inChat(chat)) if (!narrow || one.room.topic === topic) hold(one, held);
    },
    /** The bot's own standing in a chat changed. */
    changed(chat: ChatId, inside: boolean): void {
      for (const one of inChat(chat)) {
        one.vain = 0;
        one.refused = null;
        if (!inside) stand(one, "out");
        soon(one);
      }
    },
    topic(chat: ChatId, topic: TopicId, closed: boolean): void {
      for (const one of inChat(chat)) {
        if (one.room.topic !== topic) continue;
        if (closed) hold(one, "topic_closed");
        else if (one.standing?.held === "topic_closed") {
          free(one);
          soon(one);
        }
      }
    },
    isRoom: (chat: ChatId): boolean => inChat(chat).length > 0,
    /** Looks at one room at once; null: there is no such room. */
    async look(name: RoomName, signal: AbortSignal): Promise<Looked | null> {
      const one = watched.get(name);
      return one === undefined ? null : look(one, signal);
    },
    /** Looks at the rooms until `signal` aborts. */
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        for (const one of watched.values()) {
          if (one.due <= o.clock.now() && !signal.aborted) await look(one, signal);
        }
        const next = Math.min(...[...watched.values()].map(({ due }) => due), o.clock.now() + EVERY);
        if (next > o.clock.now()) await bell.wait(next, signal);
      }
    },
  };
}
export type RoomWatch = ReturnType<typeof createRoomWatch>;

const pauseAfter = (vain: number): Millis =>
  Math.min(LONGEST, SOON * 2 ** Math.min(10, Math.max(0, vain - 1)));
