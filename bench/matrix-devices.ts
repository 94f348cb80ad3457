import { createPrivateKey, generateKeyPairSync, type KeyObject, sign as signBytes } from "node:crypto";
import { z } from "zod";
import type { Api, ApiCall } from "../adapters/matrix/api.ts";
import { UserId } from "../adapters/matrix/ids.ts";

const Asked = z.object({
  device_keys: z.record(z.string(), z.unknown()).optional(),
  one_time_keys: z.record(z.string(), z.unknown()).optional(),
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
const publicOf = (key: KeyObject): string =>
  base64(key.export({ format: "der", type: "spki" }).subarray(-32));

/** A member's one device: what it uploads, signed as it must be, and a one-time key that is never used up. */
function device(user: UserId) {
  const id = "DEVICE";
  const signing = generateKeyPairSync("ed25519");
  const secret = createPrivateKey(signing.privateKey.export({ format: "pem", type: "pkcs8" }));
  // Keys come in the order of canonical JSON, in which they are signed.
  const signed = <T extends object>(body: T) => {
    const signature = base64(signBytes(null, Buffer.from(JSON.stringify(body)), secret));
    return { ...body, signatures: { [user]: { [`ed25519:${id}`]: signature } } };
  };
  const curve = (): string => publicOf(generateKeyPairSync("x25519").publicKey);
  return {
    id,
    keys: signed({
      algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
      device_id: id,
      keys: { [`curve25519:${id}`]: curve(), [`ed25519:${id}`]: publicOf(signing.publicKey) },
      user_id: user,
    }),
    oneTime: signed({ key: curve() }),
  };
}

export interface BenchRoom {
  readonly members: readonly UserId[];
  readonly api: Api;
  /** How many calls were made for keys so far. */
  calls(): number;
}

/** A room of `count` members with one device each, behind a homeserver that answers at once. */
export function benchRoom(count: number): BenchRoom {
  const members = Array.from({ length: count }, (_, i) => UserId.parse(`@member${i}:server`));
  const devices = new Map<string, ReturnType<typeof device>>(members.map((user) => [user, device(user)]));
  let calls = 0;
  const answer = ({ path, body }: ApiCall): unknown => {
    if (path.endsWith("/keys/upload")) return { one_time_key_counts: { signed_curve25519: 50 } };
    if (path.endsWith("/keys/query"))
      return { device_keys: mapped(Asked.parse(body).device_keys, ({ id, keys }) => ({ [id]: keys })) };
    if (path.endsWith("/keys/claim")) {
      const key = "signed_curve25519:AAAAAA";
      const asked = Asked.parse(body).one_time_keys;
      return { one_time_keys: mapped(asked, ({ id, oneTime }) => ({ [id]: { [key]: oneTime } })) };
    }
    return {};
  };
  /** For each user that is asked for; one that is no member has no device. */
  const mapped = (
    users: Readonly<Record<string, unknown>> | undefined,
    of: (found: ReturnType<typeof device>) => object,
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
