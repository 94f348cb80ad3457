import { type ChannelId, ForeignId, type Millis } from "../../bridge/model/ids.ts";
import type { SourceEvent } from "../../bridge/model/source.ts";
import { decodePost } from "./decode.ts";
import { ChatUpdate, MessageUpdate, RemovedUpdate, Update } from "./wire.ts";

/**
 * What one update means. `access`: the bot's place in a channel changed, its history must be looked at anew.
 * `channel`: whose post it is about; null for what is no post of ours. `at`: MAX's time of it, ms UTC; 0: not told.
 */
export interface Decoded {
  readonly event: SourceEvent;
  readonly access: boolean;
  readonly channel: ChannelId | null;
  readonly at: Millis;
}

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

/**
 * Decodes an update. What is new or broken is skipped and counted; it never stops anything. `latest`: MAX's time now;
 * nothing may claim to be later, or true edits would seem out of date ever after.
 */
export function decodeUpdate(item: unknown, channels: ReadonlySet<ChannelId>, latest: Millis): Decoded {
  const update = Update.safeParse(item);
  const at = Math.min(latest, update.data?.timestamp ?? 0);
  const skipped = (code: string, again = false): Decoded => ({
    event: { type: "skipped", code },
    access: again,
    channel: null,
    at,
  });
  if (!update.success) return skipped("odd_update");
  const type = update.data.update_type;
  if (type === "message_created" || type === "message_edited") {
    const found = MessageUpdate.safeParse(item);
    // The history shows it whole, or as what it is: the channel is looked at anew.
    if (!found.success) return skipped("odd_message", true);
    const post = decodePost(found.data.message);
    if (!channels.has(post.channel)) return skipped("other_chat");
    const posted = Math.min(latest, post.postedAt);
    return {
      access: false,
      channel: post.channel,
      at,
      event:
        type === "message_created"
          ? { type: "posted", post, at: posted }
          : // An edit is never older than its post.
            { type: "edited", post, at: Math.max(posted, at) },
    };
  }
  if (type === "message_removed") {
    const found = RemovedUpdate.safeParse(item);
    if (!found.success) return skipped("odd_removal", true);
    const channel = [...channels].find((c) => c === found.data.chat_id);
    if (channel === undefined) return skipped("other_chat");
    const foreignId = ForeignId.parse(found.data.message_id);
    return { access: false, channel, at, event: { type: "removed", channel, foreignId, at } };
  }
  if (access.has(type)) {
    const chat = ChatUpdate.safeParse(item);
    return skipped("access_changed", chat.success && [...channels].some((c) => c === chat.data.chat_id));
  }
  return skipped(passedOver.has(type) ? "no_announcement" : "unknown_update");
}
