import { z } from "zod";
import type { Encrypted, Engine, EngineFault, RoomTrust } from "../../../adapters/matrix/engine.ts";
import { RoomId, UserId } from "../../../adapters/matrix/ids.ts";

export const ROOM = RoomId.parse("!room:server");
export const EVERYBODY: RoomTrust = { strict: false, shareHistory: false };
export const never = new AbortController().signal;

export const BOT = UserId.parse("@bot:server");
export const STUDENT = UserId.parse("@student:server");
export const SECOND = UserId.parse("@second:server");

const Message = z.object({ ciphertext: z.string(), session_id: z.string() });

export function encrypted(result: Encrypted | EngineFault): Encrypted {
  if ("kind" in result) throw new Error(`not encrypted: ${result.code}`);
  return result;
}

/** Says `text` in the room. */
export const say = async (engine: Engine, members: readonly UserId[], text: string): Promise<Encrypted> =>
  encrypted(
    await engine.encrypt(
      ROOM,
      members,
      EVERYBODY,
      "m.room.message",
      { msgtype: "m.text", body: text },
      never,
    ),
  );

let events = 0;

/** What a member reads of a message; null: nothing. */
export async function reads(engine: Engine, message: Encrypted, sender: UserId = BOT): Promise<unknown> {
  const event = {
    type: "m.room.encrypted",
    event_id: `$${++events}`,
    room_id: ROOM,
    sender,
    origin_server_ts: events,
    content: JSON.parse(message.content),
  };
  const clear = await engine.decrypt(ROOM, event);
  return clear === null ? null : z.object({ body: z.unknown() }).parse(clear.content).body;
}

/** The index in its session that a message was encrypted at: `03 08 <varint>` begins a Megolm message. */
export function indexOf(message: Encrypted): number {
  const bytes = Buffer.from(Message.parse(JSON.parse(message.content)).ciphertext, "base64");
  if (bytes[0] !== 3 || bytes[1] !== 8) throw new Error("no Megolm message");
  let value = 0;
  for (let i = 2, shift = 0; ; i++, shift += 7) {
    const byte = bytes[i] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
