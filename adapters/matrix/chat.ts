import { createHash } from "node:crypto";
import { z } from "zod";
import type { Frame } from "../../bridge/chat/frame.ts";
import { boundedText } from "../../bridge/model/bounded.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Api } from "./api.ts";
import type { Engine } from "./engine.ts";
import type { RoomId, UserId } from "./ids.ts";
import type { Chat, Kept } from "./kept.ts";
import type { Members } from "./members.ts";
import { path } from "./path.ts";
import { createChat as createRoom, joinRoom, leaveRoom } from "./rooms-api.ts";
import type { ChatEvent, Invitation } from "./sync-rooms.ts";
import { Done, EventSent, type Fault, isPassing, read } from "./wire.ts";

export interface ChatsOptions {
  readonly api: Api;
  readonly bot: UserId;
  readonly engine: Pick<Engine, "decrypt" | "encrypt">;
  readonly members: Pick<Members, "of" | "forget">;
  readonly kept: Kept;
  readonly frame: Frame;
  readonly clock: Clock;
}

/** What came of a chat that the bot was told to open or to end. */
export type ChatChange = { readonly kind: "opened" | "ended" | "none" } | Fault;

/** A message whose key has not come yet is tried again so long, ms, and of so many. */
const PATIENCE: Millis = 5 * 60_000;
const WAITING = 20;

const Message = z.object({ msgtype: z.literal("m.text"), body: boundedText(0, 65_536) });
const TRUST = { strict: false, shareHistory: false } as const;

/**
 * The direct, encrypted chats of the bot with those it was told of (`matrix chat`): it hears, lets the frame decide, and
 * answers. It joins no other room, says nothing in clear, and keeps nothing of what is said.
 */
export function createChats(o: ChatsOptions) {
  const chats = (): readonly Chat[] => o.kept.chats.get() ?? [];
  /** Invitations that could not be taken for the moment: the server tells each once. */
  let invitations: readonly Invitation[] = [];
  let waiting: readonly { readonly event: ChatEvent; readonly until: Millis }[] = [];

  const say = async (room: RoomId, transaction: string, text: string, signal: AbortSignal): Promise<void> => {
    const members = await o.members.of(room, signal);
    if (members.kind === "fault") return;
    const content = { msgtype: "m.notice", body: text };
    const made = await o.engine.encrypt(room, members.value, TRUST, "m.room.message", content, signal);
    if ("kind" in made) return;
    const at = path`/_matrix/client/v3/rooms/${room}/send/m.room.encrypted/${transaction}`;
    // An answer that does not get through is asked for again by who wants it.
    read(EventSent, await o.api.call({ method: "PUT", path: at, body: JSON.parse(made.content) }, signal));
  };

  /** False: it does not open (yet). */
  const hear = async ({ room, event, from, raw }: ChatEvent, signal: AbortSignal): Promise<boolean> => {
    const clear = await o.engine.decrypt(room, raw);
    if (clear === null) return false;
    const message = clear.type === "m.room.message" ? Message.safeParse(clear.content) : null;
    if (message?.success !== true) return true;
    const told = chats().some((chat) => chat.room === room && chat.user === from);
    const members = await o.members.of(room, signal);
    // With somebody else in it, it is no direct chat.
    const direct = members.kind === "ok" && members.value.length <= 2;
    const answer = o.frame.hear({ from, known: told && direct, text: message.data.body });
    // The same message told again after a crash is answered under the same transaction.
    const transaction = `chat.${createHash("sha256").update(event).digest("base64url").slice(0, 22)}`;
    if (answer !== null) await say(room, transaction, answer, signal);
    return true;
  };

  /** Into a room of somebody whom the bot was told of: it takes the place of the chat of before. */
  const accept = async (room: RoomId, chat: Chat, signal: AbortSignal): Promise<void> => {
    const joined = await joinRoom(o.api, room, [], signal);
    if (joined.kind === "fault") {
      if (isPassing(joined)) invitations = [...invitations, { room, from: chat.user }].slice(-WAITING);
      return;
    }
    const at = path`/_matrix/client/v3/rooms/${room}/state/m.room.encryption/`;
    const encryption = read(
      z.object({ algorithm: z.string() }),
      await o.api.call({ method: "GET", path: at }, signal),
    );
    const members = await o.members.of(room, signal);
    const fits =
      encryption.kind === "ok" &&
      members.kind === "ok" &&
      members.value.every((user) => user === o.bot || user === chat.user);
    if (!fits) {
      o.members.forget(room);
      await leaveRoom(o.api, room, signal);
      return;
    }
    o.kept.chats.put(chats().map((one) => (one.user === chat.user ? { user: one.user, room } : one)));
    if (chat.room !== room) await leaveRoom(o.api, chat.room, signal);
  };

  /** Declines with one polite line. Another invitation of the same stranger is left unanswered. */
  const decline = async (room: RoomId, from: UserId, signal: AbortSignal): Promise<void> => {
    const reason = o.frame.stranger(from);
    if (reason === null) return;
    const at = path`/_matrix/client/v3/rooms/${room}/leave`;
    read(Done, await o.api.call({ method: "POST", path: at, body: { reason } }, signal));
  };

  const invited = async ({ room, from }: Invitation, signal: AbortSignal): Promise<void> => {
    if (from === null) return;
    const chat = chats().find((one) => one.user === from);
    if (chat === undefined) await decline(room, from, signal);
    else await accept(room, chat, signal);
  };

  return {
    rooms: (): ReadonlySet<RoomId> => new Set(chats().map((chat) => chat.room)),

    async event(event: ChatEvent, signal: AbortSignal): Promise<void> {
      if (await hear(event, signal)) return;
      waiting = [...waiting, { event, until: o.clock.now() + PATIENCE }].slice(-WAITING);
    },

    /** A key may have come with what the engine heard, and a join may do better now. */
    async again(signal: AbortSignal): Promise<void> {
      const untaken = invitations;
      invitations = [];
      for (const one of untaken) await invited(one, signal);
      const tried = waiting;
      waiting = [];
      const still: (typeof waiting)[number][] = [];
      for (const one of tried)
        if (one.until > o.clock.now() && !(await hear(one.event, signal))) still.push(one);
      waiting = [...still, ...waiting];
    },

    invited,

    /** Opens a chat with somebody, or a new one where there was one. */
    async open(user: UserId, signal: AbortSignal): Promise<ChatChange> {
      const made = await createRoom(o.api, user, signal);
      if (made.kind === "fault") return made;
      const before = chats().find((chat) => chat.user === user);
      o.kept.chats.put([...chats().filter((chat) => chat.user !== user), { user, room: made.value }]);
      if (before !== undefined) await leaveRoom(o.api, before.room, signal);
      return { kind: "opened" };
    },

    /** Ends the chat with somebody: the bot leaves and knows them no more. */
    async end(user: UserId, signal: AbortSignal): Promise<ChatChange> {
      const chat = chats().find((one) => one.user === user);
      if (chat === undefined) return { kind: "none" };
      o.kept.chats.put(chats().filter((one) => one.user !== user));
      await leaveRoom(o.api, chat.room, signal);
      return { kind: "ended" };
    },
  };
}
export type Chats = ReturnType<typeof createChats>;
