import type { Hint } from "./hints.ts";

/** One thing that is wrong (or odd) with the configuration, as data; texts.ts puts it into words. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly place: Place;
  readonly what: What;
}

/** `line` counts from 1; null where the trouble has no line (a missing file, the environment). */
export interface Place {
  readonly file: string;
  readonly line: number | null;
  /** `rooms.faculty.history`, `mappings[0].channel`; null: the file as a whole. */
  readonly key: string | null;
}

/** Values are shown as `found` only where they cannot be secrets. */
export type What =
  | { readonly code: "file_missing" | "file_unreadable" | "file_empty" | "not_utf8" }
  | { readonly code: "yaml_broken"; readonly kind: string }
  | { readonly code: "unknown_key"; readonly nearest: string | null; readonly known: readonly string[] }
  | { readonly code: "missing" }
  | { readonly code: "bad_value"; readonly hint: Hint; readonly found: string | null }
  | { readonly code: "not_one_of"; readonly allowed: readonly string[]; readonly found: string | null }
  | { readonly code: "bad_name"; readonly found: string }
  | {
      readonly code: "unknown_source" | "unknown_room" | "unknown_account" | "unknown_bot";
      readonly found: string;
      readonly nearest: string | null;
    }
  | {
      readonly code: "unused_source" | "unused_room" | "unused_account" | "unused_bot";
      readonly name: string;
    }
  | { readonly code: "nothing_mapped" }
  | { readonly code: "name_twice"; readonly found: string }
  | { readonly code: "channel_not_number"; readonly found: string }
  | { readonly code: "key_in_folder"; readonly folder: string }
  | { readonly code: "witness_in_folder"; readonly folder: string }
  | { readonly code: "data_in_feed" }
  | { readonly code: "monitor_not_local" | "monitor_on_feed" }
  | {
      readonly code: "no_history_edits" | "no_history_removals";
      readonly room: string;
      readonly rule: string;
    }
  | { readonly code: "above_sealed" | "above_telegram" | "pin_and_probe"; readonly room: string }
  | { readonly code: "chat_twice"; readonly room: string; readonly other: string }
  | { readonly code: "secret_missing"; readonly variables: readonly string[]; readonly key: string }
  | { readonly code: "secret_twice"; readonly keys: readonly string[] }
  | { readonly code: "secret_unreadable" | "secret_empty" | "secret_malformed"; readonly from: string }
  | { readonly code: "open_to_others"; readonly path: string; readonly mode: string }
  | { readonly code: "ca_unreadable" | "ca_not_pem"; readonly path: string };

export type Path = readonly (string | number)[];

/** `["mappings", 0, "rooms", 1]` → `mappings[0].rooms[1]`. */
export function keyText(path: Path): string | null {
  if (path.length === 0) return null;
  let text = "";
  for (const part of path) text += typeof part === "number" ? `[${part}]` : text === "" ? part : `.${part}`;
  return text;
}
