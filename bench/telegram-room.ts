import { createClient } from "../adapters/telegram/client.ts";
import { telegramDestination } from "../adapters/telegram/destination.ts";
import { ChatId } from "../adapters/telegram/ids.ts";
import { createOwnPosts } from "../adapters/telegram/own-posts.ts";
import type { Bridge } from "../bridge/bridge.ts";
import { systemClock, systemRandom } from "../bridge/clock.ts";
import { noFailpoints } from "../bridge/failpoint.ts";
import type { RoomName } from "../bridge/model/ids.ts";
import type { Destination } from "../bridge/outbox/destination.ts";
import type { LocalHttp } from "./local-http.ts";

const chat = ChatId.parse(-1_001_000_000_001);
const MINUTES = 10 * 60_000;

/** A Telegram room whose bot has a Bot API server of its own: the bench's. Files pass as in a real one. */
export function telegramRoom(room: RoomName, bridge: Bridge, http: LocalHttp): Destination {
  return telegramDestination({
    room,
    api: createClient({
      token: () => "1:bench",
      root: http.url,
      proxy: null,
      ca: null,
      deadlines: { call: MINUTES, file: MINUTES },
      clock: systemClock,
    }),
    posts: createOwnPosts(),
    keep: bridge.store.kept.of("telegram.bench"),
    place: () => chat,
    topic: null,
    held: () => false,
    notBefore: () => 0,
    probe: () => true,
    unsure: "resend",
    changed: () => {},
    receiptOf: (announcement, part) => bridge.store.map.receiptOf(room, announcement, part),
    lang: "ru",
    allows: bridge.allows,
    largestFile: 2_000_000_000,
    elsewhere: () => null,
    spooled: bridge.spooled,
    clock: systemClock,
    random: systemRandom,
    failpoints: noFailpoints,
  });
}
