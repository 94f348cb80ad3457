import { z } from "zod";
import { boundedText } from "../../bridge/model/bounded.ts";
import type { RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import { ChatId, MessageId, TopicId } from "./ids.ts";
import { placeOf } from "./kept.ts";

const Place = z.object({ serial: z.int(), restart: z.int(), seq: z.int() });

/** A sealed file in the chat, and when it came there, ms. `message` null: it is not to come there. */
const File = z.object({
  id: boundedText(1, 64),
  chat: ChatId,
  message: MessageId.nullable(),
  at: z.number(),
});
export type CopiedFile = Readonly<z.infer<typeof File>>;

/** How far a room's log stands in a chat. */
export const Copied = z.object({
  /** The log that it is (hex): a room that was made anew has another. */
  log: boundedText(1, 64),
  /** As it is configured. */
  chat: ChatId,
  topic: TopicId.nullable(),
  /** The first record that is not there. */
  next: Place,
  /** The newest record when copying to this chat began. */
  old: Place.nullable(),
  files: z.array(File),
});
export type Copied = Readonly<z.infer<typeof Copied>>;

/** Where a bot keeps how far it has copied a room. */
export const copiedOf = (keep: Keep, room: RoomName) => placeOf<Copied>(keep, `carrier/${room}`, Copied);
