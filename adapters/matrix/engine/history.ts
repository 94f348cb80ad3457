import {
  Attachment,
  CollectStrategy,
  RoomId as MachineRoom,
  UserId as MachineUser,
  type ToDeviceRequest,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import { z } from "zod";
import type { EngineFault } from "../engine.ts";
import type { RoomId, UserId } from "../ids.ts";
import { isPanic } from "./broken.ts";
import { faultOf } from "./requests.ts";
import { machineUsers, reach, sendAll, UNSIGNED } from "./share.ts";
import type { SignTools } from "./sign.ts";
import type { Sessions } from "./store/sessions.ts";

const UPLOAD = "/_matrix/media/v3/upload";

const Exported = z.array(
  z.looseObject({
    session_id: z.string(),
    /** Whether the room let its history be shared when the session was made. */
    "m.shared_history": z.boolean().optional(),
  }),
);
const Uploaded = z.object({ content_uri: z.string() });

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/**
 * See `Engine.shareHistory`. The engine's own bundle would hold every session that the room ever had: this one is made
 * of what the room's window allows, in the same format.
 */
export async function shareHistory(
  t: SignTools,
  sessions: Sessions,
  room: RoomId,
  invited: UserId,
  since: number,
  signal: AbortSignal,
): Promise<"shared" | "none" | EngineFault> {
  const allowed = (session: string): boolean => (sessions.day(room, session) ?? -1) >= since;
  const exported = await t.machine.exportRoomKeys(
    (session) => session.roomId.toString() === room && allowed(session.sessionId),
  );
  const keys = Exported.parse(JSON.parse(exported)).filter((key) => key["m.shared_history"] === true);
  if (keys.length === 0) return "none";

  // Asked anew, since the server tells nothing of whom we share no room with.
  const asked = await t.send(t.machine.queryKeysForUsers(machineUsers([invited])), signal);
  if (asked !== null) return asked;
  const reached = await reach(t.machine, t.send, [invited], signal);
  if (reached !== null) return reached;

  const bundle = Attachment.encrypt(Buffer.from(JSON.stringify({ room_keys: keys, withheld: [] })));
  const bytes = bundle.encryptedData;
  const answer = await t.api.call(
    {
      method: "POST",
      path: UPLOAD,
      stream: { from: once(bytes), size: bytes.length, type: "application/octet-stream" },
    },
    signal,
  );
  if (answer.kind !== "ok") return faultOf(answer, t.clock);
  const uploaded = Uploaded.safeParse(answer.body);
  if (!uploaded.success) return { kind: "fault", code: "malformed", at: null };

  const requests = async (): Promise<readonly ToDeviceRequest[] | EngineFault> => {
    try {
      return await t.machine.shareRoomKeyBundleData(
        new MachineUser(invited),
        new MachineRoom(room),
        uploaded.data.content_uri,
        bundle.mediaEncryptionInfo,
        // A bundle counts only between devices that their owners have signed.
        CollectStrategy.identityBasedStrategy(),
      );
    } catch (error) {
      if (isPanic(error)) throw error;
      return UNSIGNED;
    }
  };
  return (await sendAll(t.send, await requests(), signal)) ?? "shared";
}
