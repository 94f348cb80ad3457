import { type ChannelId, ForeignId } from "../../bridge/model/ids.ts";
import type { SourceEvent } from "../../bridge/model/source.ts";
import { decodePost } from "./decode.ts";
import { ChatUpdate, MessageUpdate, RemovedUpdate, Update } from "./wire.ts";

/** What one update means. `access`: the bot's place in a channel changed, its history must be looked at anew. */
export interface Decoded {
  readonly event: SourceEvent;
  readonly access: boolean;
}

const skipped = (code: string): Decoded => ({ event: { type: "skipped", code }, access: false });

const passedOver = new Set([
  "chat_title_changed",
  "user_added",
  "user_removed",
  "bot_started",
  "bot_stopped",
  "message_callback",
  "comment_created",
  "comment_edited",
  "comment_removed",
  "dialog_muted",
  "dialog_unmuted",
  "dialog_cleared",
  "dialog_removed",
]);
const access = new Set(["bot_added", "bot_removed", "bot_admin_permissions_changed"]);

/** Decodes an update. What is new or broken is skipped and counted; it never stops anything. */
export function decodeUpdate(item: unknown, channels: ReadonlySet<ChannelId>): Decoded {
  const update = Update.safeParse(item);
  if (!update.success) return skipped("odd_update");
  const { update_type: type, timestamp: at } = update.data;
  if (type === "message_created" || type === "message_edited") {
    const found = MessageUpdate.safeParse(item);
    // The history shows it whole, or as what it is: the channel is looked at anew.
    if (!found.success) return { event: { type: "skipped", code: "odd_message" }, access: true };
    const post = decodePost(found.data.message);
    if (!channels.has(post.channel)) return skipped("other_chat");
    return {
      access: false,
      event:
        type === "message_created"
          ? { type: "posted", post, at: post.postedAt }
          : { type: "edited", post, at },
    };
  }
  if (type === "message_removed") {
    const found = RemovedUpdate.safeParse(item);
    if (!found.success) return { event: { type: "skipped", code: "odd_removal" }, access: true };
    const channel = [...channels].find((c) => c === found.data.chat_id);
    if (channel === undefined) return skipped("other_chat");
    return {
      access: false,
      event: { type: "removed", channel, foreignId: ForeignId.parse(found.data.message_id), at },
    };
  }
  if (access.has(type)) {
    const chat = ChatUpdate.safeParse(item);
    const ours = chat.success && [...channels].some((c) => c === chat.data.chat_id);
    return { event: { type: "skipped", code: "access_changed" }, access: ours };
  }
  return skipped(passedOver.has(type) ? "no_announcement" : "unknown_update");
}
