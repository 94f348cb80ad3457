import type { MappingName, Millis, RoomName } from "../model/ids.ts";
import type { EditRule, RemovalRule } from "../model/mapping.ts";

/** What the configuration says that the outbox needs; null for a mapping that is no longer configured. */
export interface Planning {
  rules(mapping: MappingName): { readonly edits: EditRule; readonly removals: RemovalRule } | null;
  /** When a delivery accepted now is due in a room (slots, jitter, silent hours). */
  due(room: RoomName, mapping: MappingName, urgent: boolean): Millis;
  /** When the room's silent hours end, if now lies in them; null: it does not. */
  silentUntil(room: RoomName, mapping: MappingName): Millis | null;
  /** Language of the lines that Postern itself writes in a room. */
  lang(room: RoomName): "ru" | "en";
}
