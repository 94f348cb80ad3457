import { z } from "zod";
import type { RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import { ChatId, MessageId } from "./ids.ts";
import { placeOf } from "./kept.ts";

/** So many of a chat's last messages of ours are remembered: more than are looked at after a lost answer. */
const REMEMBERED = 40;

/** A step that may have happened. */
const Begun = z.object({
  step: z.int(),
  /** When it was begun, or its answer was lost, ms. */
  at: z.number(),
  /** The first message that it may have become and that was not looked at; null: it cannot be looked for. */
  next: MessageId.nullable(),
  /** Holes in a row that the looking has met. */
  holes: z.int(),
  /** Whether the admin is asked, and what the answer is. */
  asked: z.boolean(),
  answer: z.enum(["arrived", "missing"]).nullable(),
});
export type Begun = z.infer<typeof Begun>;

const Progress = z.object({
  /** Which delivery, in which form. */
  key: z.string(),
  chat: ChatId,
  /** Of each step that is done: the messages that it made. `line`: a text instead of the files. */
  done: z.array(z.object({ ids: z.array(MessageId), at: z.number(), line: z.boolean() })),
  begun: Begun.nullable(),
  /** Albums that were not taken and are sent file by file: which steps they were when they were refused. */
  apart: z.array(z.int()).default([]),
  /** A step that was sent again, and the first message below the new one that was not looked at. */
  again: z.object({ step: z.int(), next: MessageId }).nullable(),
});
export type Progress = z.infer<typeof Progress>;

const Row = z.object({
  delivery: Progress.nullable(),
  /** The last messages of ours in the chat, oldest first. */
  own: z.object({ chat: ChatId, ids: z.array(MessageId) }).nullable(),
});

/**
 * How far a room's delivery has come, durably: a process that dies between two messages sends neither twice. One row a
 * room, replaced by the next delivery; neither texts nor files nor links are in it.
 */
export function progressOf(keep: Keep, room: RoomName) {
  const place = placeOf(keep, `progress/${room}`, Row);
  let row = place.get() ?? { delivery: null, own: null };
  const put = (next: z.infer<typeof Row>): void => {
    place.put(next);
    row = next;
  };
  return {
    get: (): Progress | null => row.delivery,
    own: () => row.own,
    /** Reads again what a command may have changed. */
    reread(): Progress | null {
      row = place.get() ?? row;
      return row.delivery;
    },
    put: (delivery: Progress | null): void => put({ ...row, delivery }),
    /** A step is done; its messages are ours. None: they are there, but which they are is not known. */
    sent(delivery: Progress, chat: ChatId, ids: readonly MessageId[]): void {
      const before = row.own?.chat === chat && ids.length > 0 ? row.own.ids : [];
      put({ delivery, own: { chat, ids: [...before, ...ids].slice(-REMEMBERED) } });
    },
  };
}
export type RoomProgress = ReturnType<typeof progressOf>;
