import { z } from "zod";
import { boundedText } from "./bounded.ts";

/**
 * Branded ids. A value of one kind never passes for another, and each is made only by parsing:
 * `RoomName.parse("faculty")` throws on a bug, `RoomName.safeParse(input)` decodes outside data.
 */

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "lower-case letters, digits, - and _ (63 at most)");

/** A source's name in the configuration. */
export const SourceName = name.brand("SourceName");
export type SourceName = z.infer<typeof SourceName>;

/** A room's name in the configuration. Never the id a messenger or a reader sees. */
export const RoomName = name.brand("RoomName");
export type RoomName = z.infer<typeof RoomName>;

/** The name in the configuration of an account with a messenger that serves several rooms. */
export const AccountName = name.brand("AccountName");
export type AccountName = z.infer<typeof AccountName>;

/** The name in the configuration of a Telegram bot. */
export const BotName = name.brand("BotName");
export type BotName = z.infer<typeof BotName>;

/** A mapping's name: given in the configuration, or `mapping-N` by its place there. */
export const MappingName = name.brand("MappingName");
export type MappingName = z.infer<typeof MappingName>;

/** Our own id of an announcement for its whole life: base64url of 8 random bytes, 11 characters. */
export const AnnouncementId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{11}$/)
  .brand("AnnouncementId");
export type AnnouncementId = z.infer<typeof AnnouncementId>;

/** A channel or chat of a source, in the source's own words; digits are kept as text, never rounded. */
export const ChannelId = boundedText(1, 128).brand("ChannelId");
export type ChannelId = z.infer<typeof ChannelId>;

/** The source's own id of a message (MAX: the `mid`). Secret: stored sealed or as a keyed hash only. */
export const ForeignId = boundedText(1, 512).brand("ForeignId");
export type ForeignId = z.infer<typeof ForeignId>;

/** A person's or bot's id within a source, as text. Used by the policy alone; never crosses the scrub. */
export const SenderId = boundedText(1, 128).brand("SenderId");
export type SenderId = z.infer<typeof SenderId>;

/** How far a source has been read: opaque to the core, written and read by that source only. Stored sealed. */
export const Cursor = z.string().brand("Cursor");
export type Cursor = z.infer<typeof Cursor>;

/** What a source needs to open one attachment again: opaque to the core. Stored sealed. */
export const MediaRef = z.string().brand("MediaRef");
export type MediaRef = z.infer<typeof MediaRef>;

/** Our own id of one attachment of one announcement: base64url of 8 random bytes. */
export const MediaId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{11}$/)
  .brand("MediaId");
export type MediaId = z.infer<typeof MediaId>;

/** Milliseconds since 1970-01-01 UTC. */
export type Millis = number;
