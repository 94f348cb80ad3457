import { type Answer, type Asked, error, json } from "./answer.ts";
import { fullMid } from "./ids.ts";
import { integer, list } from "./query.ts";
import type { Simulator } from "./simulator.ts";

const anyTime = { min: 0, max: Number.MAX_SAFE_INTEGER };

/**
 * GET /messages: by `message_ids`, or a chat's history, newest first. `before` and `after` exclude their moment,
 * the older `from` (upper) and `to` (lower end) include it. Of more than `count` the newest are given.
 */
export function getMessages(sim: Simulator, asked: Asked): Answer {
  const ids = list(asked, "message_ids");
  if (ids !== null) return byIds(sim, ids);
  const chatId = asked.query.get("chat_id");
  if (chatId === null) return error(400, "proto.payload", "chat_id or message_ids is required");
  const channel = sim.world.channels.get(chatId);
  if (channel === undefined || !channel.readable) {
    if (channel !== undefined) sim.stats.met.add("denied");
    return error(403, "chat.denied", "Bot has no access to the chat");
  }
  const count = integer(asked, "count", { missing: 50, min: 1, max: 100 });
  const before = integer(asked, "before", { missing: Number.MAX_SAFE_INTEGER, ...anyTime });
  const after = integer(asked, "after", { missing: -1, ...anyTime });
  const from = integer(asked, "from", { missing: Number.MAX_SAFE_INTEGER, ...anyTime });
  const to = integer(asked, "to", { missing: -1, ...anyTime });
  if (count === null || before === null || after === null || from === null || to === null) {
    return error(400, "proto.payload", "count: 1..100; before, after, from, to: milliseconds");
  }
  const messages = channel.messages
    .filter((m) => m.timestamp < before && m.timestamp > after && m.timestamp <= from && m.timestamp >= to)
    .slice(-count)
    .reverse();
  return json(200, { messages: messages.map((m) => sim.render.message(channel, m, true)) });
}

function byIds(sim: Simulator, ids: readonly string[]): Answer {
  const found = [...new Set(ids.map(fullMid))].flatMap((mid) => {
    const hit = sim.world.locate(mid);
    return hit?.channel.readable ? [hit] : [];
  });
  found.sort((a, b) => (a.message.body.seq < b.message.body.seq ? 1 : -1));
  return json(200, { messages: found.map((f) => sim.render.message(f.channel, f.message, true)) });
}

/** GET /messages/{mid} */
export function getMessage(sim: Simulator, mid: string): Answer {
  const hit = sim.world.locate(fullMid(mid));
  if (hit?.channel.readable === false) sim.stats.met.add("denied");
  if (!hit?.channel.readable) return error(404, "not.found", `Message ${mid} not found`);
  return json(200, sim.render.message(hit.channel, hit.message));
}

/** GET /videos/{token} */
export function getVideo(sim: Simulator, token: string): Answer {
  const video = sim.media.videos.get(token);
  const readable = video !== undefined && sim.world.channels.get(video.chatId)?.readable;
  if (video === undefined || !readable) return error(404, "not.found", "Video not found");
  const { width, height, duration } = video;
  if (!sim.settings.videoUrls) sim.stats.met.add("video_without_urls");
  const urls = Object.entries(video.qualities).map(([quality, id]) => [quality, sim.render.mediaUrl(id)]);
  const picture = video.thumbnail === null ? undefined : sim.media.get(video.thumbnail);
  return json(200, {
    token,
    urls: sim.settings.videoUrls ? Object.fromEntries(urls) : null,
    thumbnail: picture && {
      photo_id: picture.photoId,
      token: picture.token,
      url: sim.render.mediaUrl(picture.id),
    },
    width,
    height,
    duration,
  });
}
