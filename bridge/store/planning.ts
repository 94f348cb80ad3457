import type { MappingName, Millis, RoomName, SourceName } from "../model/ids.ts";
import type { EditRule, RemovalRule } from "../model/mapping.ts";

/** When a room is told that a source is silent. */
export interface SilenceRule {
  readonly room: RoomName;
  /** The mapping in whose name it is told, and its time zone. */
  readonly mapping: MappingName;
  readonly zone: string;
  /** After so long without the source being read, ms. */
  readonly after: Millis;
}

/** What the configuration says that the outbox needs; null for a mapping that is no longer configured. */
export interface Planning {
  rules(mapping: MappingName): { readonly edits: EditRule; readonly removals: RemovalRule } | null;
  /** When a delivery accepted now is due in a room (slots, jitter, silent hours). */
  due(room: RoomName, mapping: MappingName, urgent: boolean): Millis;
  /** When the room's silent hours end, if now lies in them; null: it does not. */
  silentUntil(room: RoomName, mapping: MappingName): Millis | null;
  /** The rooms that are told of a source's silence, each once. */
  silence(source: SourceName): readonly SilenceRule[];
  /** For how many days what a room was given may be told to those who come later. */
  history(room: RoomName): number;
  /** For how long what a room was given can be taken out of it, ms; Infinity: always. */
  takesBack(room: RoomName): Millis;
  /** Language of the lines that Postern itself writes in a room. */
  lang(room: RoomName): "ru" | "en";
}
