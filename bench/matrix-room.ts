import { openHomeserver } from "../adapters/matrix/client.ts";
import { matrixDestination } from "../adapters/matrix/destination.ts";
import { DeviceId, RoomId, UserId } from "../adapters/matrix/ids.ts";
import { createUploads } from "../adapters/matrix/media.ts";
import type { Bridge } from "../bridge/bridge.ts";
import { systemClock, systemRandom } from "../bridge/clock.ts";
import { noFailpoints } from "../bridge/failpoint.ts";
import type { RoomName } from "../bridge/model/ids.ts";
import type { Destination } from "../bridge/outbox/destination.ts";
import type { LocalHttp } from "./local-http.ts";

const user = UserId.parse("@bot:localhost");
const place = RoomId.parse("!room:localhost");

/** A Matrix room on the bench's server. Files pass as in a real one; nobody has keys, so events are sealed by nothing. */
export function matrixRoom(room: RoomName, bridge: Bridge, http: LocalHttp): Destination {
  const server = openHomeserver({ baseUrl: http.url, proxy: null, ca: null, clock: systemClock });
  const api = server.api("token");
  const content = { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "AAAA", session_id: "session" };
  const { spooled, preview } = bridge;
  return matrixDestination({
    room,
    api,
    engine: {
      user,
      device: DeviceId.parse("BENCH"),
      encrypt: async () => ({ content: JSON.stringify(content), session: "session" }),
      share: async () => ({ session: "session", from: 0 }),
    },
    members: { of: async () => ({ kind: "ok", value: [user] }), forget() {} },
    place: () => place,
    held: () => false,
    trust: { strict: false, shareHistory: false },
    receiptOf: (announcement, part) => bridge.store.map.receiptOf(room, announcement, part),
    lang: "ru",
    zone: "Europe/Moscow",
    allows: bridge.allows,
    uploads: createUploads({ api, clock: systemClock, failpoints: noFailpoints, spooled, preview }),
    clock: systemClock,
    random: systemRandom,
    failpoints: noFailpoints,
  });
}
