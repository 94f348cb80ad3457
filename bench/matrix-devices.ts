import { z } from "zod";
import type { Api, ApiCall } from "../adapters/matrix/api.ts";
import { UserId } from "../adapters/matrix/ids.ts";
import { type SilentDevice, silentDevice } from "../tests/matrix/engine/silent-device.helper.ts";

const Asked = z.object({
  device_keys: z.record(z.string(), z.unknown()).optional(),
  one_time_keys: z.record(z.string(), z.unknown()).optional(),
});

export interface BenchRoom {
  readonly members: readonly UserId[];
  readonly api: Api;
  /** How many calls were made for keys so far. */
  calls(): number;
}

/** A room of `count` members with one device each, behind a homeserver that answers at once. */
export function benchRoom(count: number): BenchRoom {
  const members = Array.from({ length: count }, (_, i) => UserId.parse(`@member${i}:server`));
  const devices = new Map<string, SilentDevice>(members.map((user) => [user, silentDevice(user)]));
  let calls = 0;
  const answer = ({ path, body }: ApiCall): unknown => {
    if (path.endsWith("/keys/upload")) return { one_time_key_counts: { signed_curve25519: 50 } };
    if (path.endsWith("/keys/query"))
      return { device_keys: mapped(Asked.parse(body).device_keys, ({ id, keys }) => ({ [id]: keys })) };
    if (path.endsWith("/keys/claim")) {
      const asked = Asked.parse(body).one_time_keys;
      return {
        one_time_keys: mapped(asked, ({ id, oneTimeName, oneTime }) => ({
          [id]: { [oneTimeName]: oneTime },
        })),
      };
    }
    return {};
  };
  /** For each user that is asked for; one that is no member has no device. */
  const mapped = (
    users: Readonly<Record<string, unknown>> | undefined,
    of: (found: SilentDevice) => object,
  ) =>
    Object.fromEntries(
      Object.keys(users ?? {}).map((user) => {
        const found = devices.get(user);
        return [user, found === undefined ? {} : of(found)];
      }),
    );
  return {
    members,
    calls: () => calls,
    api: {
      call: async (call) => {
        calls++;
        return { kind: "ok", body: answer(call) };
      },
    },
  };
}
