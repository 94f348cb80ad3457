import type { Chat } from "../model.ts";
import { seenChat } from "../seen.ts";
import type { Telegram } from "../telegram.ts";
import { icon, pageHtml, policy, script } from "./page.ts";
import { style } from "./style.ts";

export interface Served {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

const safe = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

const served = (
  body: string | Uint8Array,
  type: string,
  more: Readonly<Record<string, string>> = {},
): Served => ({
  status: 200,
  body,
  headers: { ...safe, "content-type": type, ...more },
});

const missing = (): Served => ({
  status: 404,
  body: "Такого чата или файла здесь нет",
  headers: { ...safe, "content-type": "text/plain; charset=utf-8" },
});

const statics: Readonly<Record<string, Served>> = {
  "/view/style.css": served(style, "text/css; charset=utf-8"),
  "/view/live.js": served(script, "text/javascript; charset=utf-8"),
  "/view/icon.svg": served(icon, "image/svg+xml"),
};

/** What a picture is by its beginning; anything else is for saving alone. */
function pictureType(head: Uint8Array): string | null {
  const [a, b, c] = head;
  if (a === 0xff && b === 0xd8) return "image/jpeg";
  if (a === 0x89 && b === 0x50) return "image/png";
  if (a === 0x47 && b === 0x49) return "image/gif";
  return a === 0x52 && b === 0x49 && c === 0x46 ? "image/webp" : null;
}

function fileOf(chat: Chat, messageId: number): Served {
  const content = chat.messages.get(messageId)?.content;
  if (content?.kind !== "media" || content.media.file.bytes === null) return missing();
  const { file, form } = content.media;
  const picture = form === "photo" ? pictureType(file.head) : null;
  if (picture !== null) return served(file.bytes ?? "", picture);
  const name = encodeURIComponent(file.name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return served(file.bytes ?? "", "application/octet-stream", {
    "content-disposition": `attachment; filename*=UTF-8''${name}`,
  });
}

/** The pages for looking at chats, `/chat/<id>` and what belongs to them; null: another path. Nothing can be changed here. */
export function createView(telegram: Telegram): (path: string) => Served | null {
  return (path) => {
    const fixed = statics[path];
    if (fixed !== undefined) return fixed;
    const found = /^\/chat\/(-?\d{1,16})(?:\/file\/(\d{1,16}))?$/.exec(path);
    if (found === null) return null;
    const bot = [...telegram.world.bots.values()][0];
    const chat = bot === undefined ? undefined : telegram.world.chatOf(bot, Number(found[1]));
    if (chat === undefined || chat.gone) return missing();
    if (found[2] !== undefined) return fileOf(chat, Number(found[2]));
    const members = [...chat.members.values()].filter((m) => m.status !== "left" && m.status !== "kicked");
    return served(pageHtml(seenChat(chat), members.length), "text/html; charset=utf-8");
  };
}
