import type { RoomName } from "../../bridge/model/ids.ts";
import type { Mapping } from "../../bridge/model/mapping.ts";
import { CHANNELS, ROOMS } from "./scenario.ts";
import type { TruePost, Version } from "./truth.ts";

/** The mapping under which a post stands in a room; null: it must not be there. Written anew, beside the policy. */
export function mappingOf(
  mappings: readonly Mapping[],
  post: TruePost,
  version: Version,
  room: RoomName,
): Mapping | null {
  if (post.old || post.sender === "stranger") return null;
  const tagged = (list: Mapping["include"]) =>
    list.some((selector) => selector.kind === "hashtag" && version.tags.includes(selector.tag));
  const found = mappings.find(
    (m) =>
      m.rooms.includes(room) &&
      m.channel === CHANNELS[post.channel] &&
      (post.sender === "channel" || m.senders.length > 0) &&
      (m.include.length === 0 || tagged(m.include)) &&
      !tagged(m.exclude),
  );
  return found ?? null;
}

/** Whether any room wants a post as it was first posted. */
export const isMirrored = (mappings: readonly Mapping[], post: TruePost): boolean =>
  post.versions.slice(0, 1).some((v) => ROOMS.some((room) => mappingOf(mappings, post, v, room) !== null));
