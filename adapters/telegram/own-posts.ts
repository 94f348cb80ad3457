import type { RoomName } from "../../bridge/model/ids.ts";
import type { ChatId, MessageId } from "./ids.ts";

interface Known {
  readonly own: Set<MessageId>;
  last: MessageId | null;
  /** The room whose send is under way or in doubt, and whether it waits for somebody to act. */
  turn: { readonly room: RoomName; readonly held: () => boolean } | null;
  readonly waiting: (() => void)[];
}

/** More of a chat's messages than this are never looked at again. */
const REMEMBERED = 400;

/**
 * What one bot knows of its posts in its chats, shared by all its rooms. Rooms that are topics of one group share a
 * chat: only one of them sends at a time, so that a message looked for can be nobody's but the one in doubt. Where that
 * room's topic was closed it may be in doubt for days: the others do not wait for it.
 */
export function createOwnPosts() {
  const chats = new Map<ChatId, Known>();
  const of = (chat: ChatId): Known => {
    const known = chats.get(chat) ?? { own: new Set(), last: null, turn: null, waiting: [] };
    chats.set(chat, known);
    return known;
  };
  const taken = ({ turn }: Known, room: RoomName): boolean =>
    turn !== null && turn.room !== room && !turn.held();
  return {
    /** These messages are ours, the newest ones. None: they are there, and nobody knows which they are. */
    sent(chat: ChatId, ids: readonly MessageId[]): void {
      const known = of(chat);
      if (ids.length === 0) known.last = null;
      for (const id of ids) {
        known.own.add(id);
        if (known.last === null || id > known.last) known.last = id;
      }
      for (const id of known.own) if (known.own.size > REMEMBERED) known.own.delete(id);
    },
    /**
     * The newest message of ours; null: it is not known, so nothing can be looked for: a look could take one of ours
     * for the one that is sought.
     */
    last: (chat: ChatId): MessageId | null => of(chat).last,
    ours: (chat: ChatId, id: MessageId): boolean => of(chat).own.has(id),
    /** Resolves when it is this room's turn to send there. False: the signal aborted before. */
    async enter(chat: ChatId, room: RoomName, held: () => boolean, signal: AbortSignal): Promise<boolean> {
      const known = of(chat);
      while (taken(known, room) && !signal.aborted)
        await new Promise<void>((resolve) => {
          known.waiting.push(resolve);
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      if (signal.aborted) return false;
      known.turn = { room, held };
      return true;
    },
    /** Whether another room's send is in doubt or under way there. */
    taken: (chat: ChatId, room: RoomName): boolean => taken(of(chat), room),
    leave(chat: ChatId, room: RoomName): void {
      const known = of(chat);
      if (known.turn?.room !== room) return;
      known.turn = null;
      for (const wake of known.waiting.splice(0)) wake();
    },
  };
}
export type OwnPosts = ReturnType<typeof createOwnPosts>;
