import type { RoomName } from "../../bridge/model/ids.ts";
import type { BotConfig, RoomConfig } from "../../config/config.ts";
import type { Change } from "../../config/edit.ts";
import type { Found } from "../operations/telegram.ts";

export interface NewPlace {
  readonly room: RoomName;
  /** What stands under that name already; null: nothing. */
  readonly known: RoomConfig | null;
  readonly bot: BotConfig;
  readonly place: Found;
  /** Whether posts are looked for by their button. */
  readonly probe: boolean;
  /** The place of the mapping that is to bring announcements; null: none, or it does already. */
  readonly mapping: number | null;
}

/** What is to be changed in the settings, so that a chat is a room's. */
export function changesFor({ room, known, bot, place, probe, mapping }: NewPlace): readonly Change[] {
  const { chat, topic, title } = place;
  const at = { bot: bot.name, chat, ...(topic === null ? {} : { topic }) };
  const mapped: readonly Change[] =
    mapping === null ? [] : [{ kind: "add", path: ["mappings", mapping, "rooms"], value: room }];
  const set = (path: readonly string[], value: Extract<Change, { kind: "set" }>["value"]): Change => ({
    kind: "set",
    path,
    value,
  });
  if (known === null) {
    const settings = {
      type: "telegram",
      ...at,
      title: titleOf(title, room),
      ...(probe ? {} : { probe: "off" }),
    };
    return [set(["rooms", room], settings), ...mapped];
  }
  const base = known.type === "sealed" ? ["rooms", room, "carrier"] : ["rooms", room];
  if (known.type === "sealed" && known.carrier === null) return [set(base, at), ...mapped];
  return [
    set([...base, "bot"], bot.name),
    set([...base, "chat"], chat),
    set([...base, "topic"], topic),
    ...(known.type === "telegram" && known.probe && !probe ? [set([...base, "probe"], "off")] : []),
    ...mapped,
  ];
}

/** The chat's own title, as a room's name may be. */
function titleOf(title: string, room: RoomName): string {
  const line = title.replaceAll(/\s+/g, " ").trim().slice(0, 100).trim();
  return line === "" ? room : line;
}

/** The same as lines that somebody writes by hand. */
export function linesFor(changes: readonly Change[]): string {
  return changes
    .map((change) => {
      const where = change.path.join(".");
      if (change.kind === "add") return `  ${where}: + ${change.value}`;
      if (change.value === null) return `  ${where}: -`;
      if (typeof change.value !== "object") return `  ${where}: ${change.value}`;
      const inner = Object.entries(change.value).map(
        ([key, value]) => `    ${key}: ${JSON.stringify(value)}`,
      );
      return [`  ${where}:`, ...inner].join("\n");
    })
    .join("\n");
}
